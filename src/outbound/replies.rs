//! The server's replies, brought into the shape that lettre reads rightly.
//!
//! Comes in: the octets of an open line. Goes out: one reply line at a time, of bounded length, in ASCII.
//! Between us and lettre, since what lettre cannot read after the dot leaves a mail's end unknown and the
//! mail is sent twice; and a reply that came before its command would be taken for the answer to the next.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::tls::WireStream;

/// Longest reply line, in octets (RFC 5321 §4.5.3.1.5 says 512; servers exceed it).
pub(super) const MAX_LINE_OCTETS: usize = 2_000;

/// How much is taken from the line at once, in octets.
const PART_OCTETS: usize = 1_024;

/// An open line whose replies are handed out one by one.
#[derive(Debug)]
pub(super) struct ReplyStream {
    wire: WireStream,
    /// Received and not yet cut into lines.
    received: Vec<u8>,
    /// A line on its way to lettre.
    line: Vec<u8>,
    /// Whether a reply was read since we wrote the last time: what comes next is a new command.
    was_answered: bool,
    /// Whether the server has offered to take commands in groups.
    offers_pipelining: Arc<AtomicBool>,
    /// Whether it has offered the login OAUTHBEARER.
    offers_oauth_bearer: Arc<AtomicBool>,
}

impl ReplyStream {
    /// `received` is what was read from the line before and is to be read again: lettre begins with the
    /// greeting, and a server greets only once.
    pub(super) fn new(wire: WireStream, received: Vec<u8>) -> Self {
        Self {
            wire,
            received,
            line: Vec::new(),
            was_answered: false,
            offers_pipelining: Arc::default(),
            offers_oauth_bearer: Arc::default(),
        }
    }

    /// Turns true when the server offers PIPELINING (RFC 2920), which lettre does not tell.
    pub(super) fn pipelining(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.offers_pipelining)
    }

    /// Turns true when the server offers OAUTHBEARER (RFC 7628), which lettre does not know.
    pub(super) fn oauth_bearer(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.offers_oauth_bearer)
    }

    /// Takes more octets off the line; `false` at its end.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut part = [0; PART_OCTETS];
        let mut part = ReadBuf::new(&mut part);
        ready!(Pin::new(&mut self.wire).poll_read(cx, &mut part))?;
        self.received.extend_from_slice(part.filled());
        Poll::Ready(Ok(!part.filled().is_empty()))
    }

    /// Cuts the next whole line off what was received.
    fn take_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let end = self.received.iter().position(|octet| *octet == b'\n');
        if end.unwrap_or(self.received.len()) > MAX_LINE_OCTETS {
            return Err(invalid("a reply line is too long"));
        }
        let line = end.map(|end| self.received.drain(..=end).collect::<Vec<u8>>());
        Ok(line.map(|line| readable(&line)))
    }

    /// Before a new command nothing may be waiting to be read.
    fn refuse_unasked(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.was_answered && self.received.is_empty() {
            match self.poll_receive(cx) {
                Poll::Ready(Ok(true)) | Poll::Pending => (),
                Poll::Ready(Ok(false)) => return Err(io::ErrorKind::ConnectionAborted.into()),
                Poll::Ready(Err(error)) => return Err(error),
            }
        }
        if self.received.is_empty() && self.line.is_empty() {
            self.was_answered = false;
            return Ok(());
        }
        Err(invalid("the server spoke before it was asked"))
    }
}

/// The line in ASCII with CRLF; a code alone gets the space after it that RFC 5321 §4.2 lets servers omit.
fn readable(line: &[u8]) -> Vec<u8> {
    let text = line.strip_suffix(b"\n").unwrap_or(line);
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    let mut readable: Vec<u8> = text
        .iter()
        .map(|octet| {
            if octet.is_ascii_control() || !octet.is_ascii() {
                b'?'
            } else {
                *octet
            }
        })
        .collect();
    if readable.len() == 3 {
        readable.push(b' ');
    }
    readable.extend_from_slice(b"\r\n");
    readable
}

/// Whether a line of the answer to EHLO offers PIPELINING.
fn is_pipelining(line: &[u8]) -> bool {
    let keyword = line.strip_prefix(b"250").and_then(|rest| rest.get(1..));
    keyword.is_some_and(|word| word.trim_ascii().eq_ignore_ascii_case(b"PIPELINING"))
}

/// Whether a line of the answer to EHLO offers the login OAUTHBEARER.
fn is_oauth_bearer(line: &[u8]) -> bool {
    let words = line.strip_prefix(b"250").and_then(|rest| rest.get(1..));
    let mut words = words
        .into_iter()
        .flat_map(|line| line.split(u8::is_ascii_whitespace));
    words
        .next()
        .is_some_and(|word| word.eq_ignore_ascii_case(b"AUTH"))
        && words.any(|word| word.eq_ignore_ascii_case(b"OAUTHBEARER"))
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl AsyncTokioStream for ReplyStream {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.wire.peer_addr()
    }
}

impl AsyncRead for ReplyStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        while this.line.is_empty() {
            if let Some(line) = this.take_line()? {
                if is_pipelining(&line) {
                    this.offers_pipelining.store(true, Ordering::Relaxed);
                }
                if is_oauth_bearer(&line) {
                    this.offers_oauth_bearer.store(true, Ordering::Relaxed);
                }
                this.line = line;
            } else if !ready!(this.poll_receive(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
        let count = this.line.len().min(buf.remaining());
        let now: Vec<u8> = this.line.drain(..count).collect();
        buf.put_slice(&now);
        this.was_answered = true;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ReplyStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.refuse_unasked(cx)?;
        Pin::new(&mut this.wire).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().wire).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_ascii_and_ends_in_crlf() {
        assert_eq!(readable(b"250 2.0.0 fine\r\n"), b"250 2.0.0 fine\r\n");
        assert_eq!(readable(b"250-fine\n"), b"250-fine\r\n");
        assert_eq!(readable("250 受\r\n".as_bytes()), b"250 ???\r\n");
        assert_eq!(readable(b"250 a\rb\r\n"), b"250 a?b\r\n");
    }

    #[test]
    fn pipelining_is_known_by_its_keyword_alone() {
        assert!(is_pipelining(b"250-PIPELINING\r\n"));
        assert!(is_pipelining(b"250 pipelining\r\n"));
        assert!(!is_pipelining(b"250-no PIPELINING here\r\n"));
        assert!(!is_pipelining(b"220 PIPELINING\r\n"));
    }

    #[test]
    fn oauthbearer_is_known_among_the_logins_alone() {
        assert!(is_oauth_bearer(b"250-AUTH PLAIN oauthbearer\r\n"));
        assert!(is_oauth_bearer(b"250 auth OAUTHBEARER\r\n"));
        assert!(!is_oauth_bearer(b"250-OAUTHBEARER AUTH\r\n"));
        assert!(!is_oauth_bearer(b"250 AUTH XOAUTH2\r\n"));
    }

    #[test]
    fn a_code_alone_is_a_reply() {
        assert_eq!(readable(b"250\r\n"), b"250 \r\n");
    }
}
