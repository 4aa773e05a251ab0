//! What the servers and libraries alone can do in the same run, so that the desk's own figure has a measure.

use anyhow::Context as _;
use madoguchi::store::Database;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Commits that are timed; each waits for the disk.
const COMMITS: u32 = 200;

/// What one inquiry costs where nothing but the named work is done.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Baseline {
    /// Dovecot hands one mail over.
    pub(crate) fetch: Duration,
    /// The server takes one mail over one connection, commands in groups.
    pub(crate) accept: Duration,
    /// The database makes one small transaction durable.
    pub(crate) commit: Duration,
    /// mailparse reads one mail.
    pub(crate) parse: Duration,
}

impl Baseline {
    /// The cost of one inquiry at the least: one mail in, two mails out, and its share of the commits, of which
    /// `commits` are made for every inquiry.
    pub(crate) fn of_inquiry(&self, commits: f64) -> Duration {
        self.fetch + self.accept * 2 + self.parse + self.commit.mul_f64(commits)
    }
}

/// The time of one mail in a fetch of all that wait, headers and bodies.
pub(crate) fn fetch(port: u16, user: &str, password: &str) -> anyhow::Result<Duration> {
    let mut line = BufReader::new(TcpStream::connect(("127.0.0.1", port))?);
    let mut text = String::new();
    line.read_line(&mut text)?;
    command(&mut line, &format!("a login {user} {password}"))?;
    command(&mut line, "a examine INBOX")?;
    let begun = Instant::now();
    let mails = command(&mut line, "a uid fetch 1:* (UID BODY.PEEK[])")?;
    Ok(begun.elapsed() / mails.max(1))
}

/// Says one command and counts the literals of its answer.
fn command(line: &mut BufReader<TcpStream>, text: &str) -> anyhow::Result<u32> {
    line.get_mut().write_all(format!("{text}\r\n").as_bytes())?;
    let mut literals = 0;
    loop {
        let mut answer = Vec::new();
        anyhow::ensure!(line.read_until(b'\n', &mut answer)? > 0, "the IMAP server left");
        let answer = String::from_utf8_lossy(&answer);
        if let Some(status) = answer.strip_prefix("a ") {
            anyhow::ensure!(status.starts_with("OK"), "IMAP: {status}");
            return Ok(literals);
        }
        if let Some(octets) = literal(&answer) {
            std::io::copy(&mut line.by_ref().take(octets), &mut std::io::sink())?;
            literals += 1;
        }
    }
}

fn literal(answer: &str) -> Option<u64> {
    let (_, octets) = answer.trim_end().strip_suffix('}')?.rsplit_once('{')?;
    octets.parse().ok()
}

/// The time of one mail of this size to a server that takes commands in groups.
pub(crate) fn accept(port: u16, count: u32, octets: usize) -> anyhow::Result<Duration> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    let mut line = BufReader::new(stream);
    expect(&mut line, "220")?;
    line.get_mut().write_all(b"EHLO bench.desk.example\r\n")?;
    expect(&mut line, "250")?;
    let mut body = b"Subject: bench\r\n\r\n".to_vec();
    while body.len() < octets {
        body.extend_from_slice(b"0123456789012345678901234567890123456789012345678901234567890123\r\n");
    }
    body.extend_from_slice(b".\r\n");
    let begun = Instant::now();
    for _ in 0..count {
        line.get_mut()
            .write_all(b"RSET\r\nMAIL FROM:<a@desk.example>\r\nRCPT TO:<b@customer.example>\r\nDATA\r\n")?;
        for code in ["250", "250", "250", "354"] {
            expect(&mut line, code)?;
        }
        line.get_mut().write_all(&body)?;
        expect(&mut line, "250")?;
    }
    Ok(begun.elapsed() / count.max(1))
}

fn expect(line: &mut BufReader<TcpStream>, code: &str) -> anyhow::Result<()> {
    loop {
        let mut reply = String::new();
        anyhow::ensure!(line.read_line(&mut reply)? > 0, "the SMTP server left");
        anyhow::ensure!(reply.starts_with(code), "SMTP: {reply}");
        if reply.as_bytes().get(3) != Some(&b'-') {
            return Ok(());
        }
    }
}

/// The time of one small transaction, made durable before the next begins.
pub(crate) async fn commit(database: &Database) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    for _ in 0..COMMITS {
        let mut tx = database.begin().await?;
        madoguchi::store::tickets::next_ticket_number(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(begun.elapsed() / COMMITS)
}

/// The time mailparse needs for one of these mails, every body decoded.
pub(crate) fn parse(mails: &[Vec<u8>]) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    for mail in mails {
        // What mailparse cannot read it has still looked at.
        if let Ok(read) = mailparse::parse_mail(mail) {
            for part in read.parts() {
                std::hint::black_box(part.get_body_raw().ok());
            }
        }
    }
    let count = u32::try_from(mails.len()).context("too many mails")?;
    Ok(begun.elapsed() / count.max(1))
}
