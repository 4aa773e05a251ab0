//! The line to the submission server up to the point where lettre takes over.
//!
//! Comes in: an endpoint. Goes out: a protected line that still has its greeting to be read. STARTTLS is
//! spoken here and not by lettre, which keeps what a man in the middle appended in plain text to the
//! server's answer and would read it as the answers of the protected session.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::error::SmtpError;
use super::outcome::short;
use super::replies::{MAX_LINE_OCTETS, ReplyStream};
use crate::tls::{Endpoint, Security, WireStream};

/// Most lines of one reply: a server has about a dozen extensions.
const MAX_LINES: usize = 100;

/// Opens the line; with STARTTLS, protects it.
pub(super) async fn open(endpoint: &Endpoint, hello_name: &str) -> Result<ReplyStream, SmtpError> {
    match endpoint.open().await? {
        WireStream::Plain(tcp) if endpoint.security == Security::StartTls => {
            start_tls(endpoint, tcp, hello_name).await
        }
        wire @ (WireStream::Plain(_) | WireStream::Tls(_)) => Ok(ReplyStream::new(wire, Vec::new())),
    }
}

async fn start_tls(
    endpoint: &Endpoint,
    mut tcp: TcpStream,
    hello_name: &str,
) -> Result<ReplyStream, SmtpError> {
    let greeting = expect(&mut tcp, "greeting", "220").await?;
    tcp.write_all(format!("EHLO {hello_name}\r\n").as_bytes())
        .await
        .map_err(|error| lost("EHLO", &error))?;
    let offered = expect(&mut tcp, "EHLO", "250").await?;
    let offers = |line: &str| {
        line.get(4..)
            .is_some_and(|word| word.trim_end().eq_ignore_ascii_case("STARTTLS"))
    };
    if !offered.iter().any(|line| offers(line)) {
        return Err(SmtpError::NoStartTls);
    }
    tcp.write_all(b"STARTTLS\r\n")
        .await
        .map_err(|error| lost("STARTTLS", &error))?;
    expect(&mut tcp, "STARTTLS", "220").await?;
    let wire = endpoint.protect(tcp).await?;
    Ok(ReplyStream::new(wire, greeting.concat().into_bytes()))
}

/// Reads one reply, which must have the given code.
async fn expect(tcp: &mut TcpStream, step: &'static str, code: &str) -> Result<Vec<String>, SmtpError> {
    let mut lines: Vec<String> = Vec::new();
    while lines.len() < MAX_LINES {
        let line = read_line(tcp).await.map_err(|error| lost(step, &error))?;
        let last = line.as_bytes().get(3) != Some(&b'-');
        let fits = line.starts_with(code);
        lines.push(line);
        match (last, fits) {
            (true, true) => return Ok(lines),
            (true, false) => {
                let reply = short(&lines.concat());
                return Err(SmtpError::Refused { step, reply });
            }
            (false, _) => (),
        }
    }
    let reason = "its reply has no end".to_owned();
    Err(SmtpError::Lost { step, reason })
}

/// Reads one line octet by octet, so that nothing behind it is taken out of the line: what follows the
/// answer to STARTTLS in plain text must break the handshake.
async fn read_line(tcp: &mut TcpStream) -> io::Result<String> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        if line.len() >= MAX_LINE_OCTETS {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a reply line is too long",
            ));
        }
        line.push(tcp.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&line).into_owned())
}

fn lost(step: &'static str, error: &io::Error) -> SmtpError {
    let reason = error.to_string();
    SmtpError::Lost { step, reason }
}
