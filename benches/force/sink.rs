//! An SMTP server of its own that treats mail badly and writes down what it saw: of a hundred transactions
//! five are deferred, five dropped before they are accepted, eight accepted and then dropped before the
//! answer, ten answered late. Some addresses it refuses for good, after the dot.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::chance::Chance;
use super::inquiries::is_refused;

/// What became of a whole mail at the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Answered with 4xx.
    Deferred,
    /// Answered with 5xx.
    Refused,
    /// Thrown away, the line ended.
    Dropped,
    /// Accepted; the answer was not written.
    Kept,
    /// Accepted, and 250 was written.
    Answered,
}

impl Fate {
    /// Whether the server has the mail.
    pub(crate) const fn is_accepted(self) -> bool {
        matches!(self, Self::Kept | Self::Answered)
    }
}

/// A mail whose dot the server has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its Message-ID, without brackets.
    pub(crate) message_id: String,
    /// The recipient of RCPT.
    pub(crate) recipient: String,
    /// SHA-256 of the mail as it was before dots were doubled.
    pub(crate) digest: [u8; 32],
    /// What became of it.
    pub(crate) fate: Fate,
}

/// The digest that [`Seen`] holds, for comparing.
pub(crate) fn digest(mail: &[u8]) -> [u8; 32] {
    Sha256::digest(mail).into()
}

/// What the server is going to do to one transaction.
#[derive(Debug, Clone, Copy)]
enum Plan {
    Accept,
    AcceptLate(Duration),
    AcceptAndDrop,
    DeferRecipient,
    DeferMail,
    DropAtMail,
    DropAtRecipient,
    DropWithin,
    DropAfterDot,
}

#[derive(Debug)]
struct Book {
    chance: Chance,
    seen: Vec<Seen>,
}

impl Book {
    fn plan(&mut self) -> Plan {
        match self.chance.below(100) {
            0..2 => Plan::DeferRecipient,
            2..5 => Plan::DeferMail,
            5 => Plan::DropAtMail,
            6 => Plan::DropAtRecipient,
            7 => Plan::DropWithin,
            8..10 => Plan::DropAfterDot,
            10..18 => Plan::AcceptAndDrop,
            18..28 => Plan::AcceptLate(Duration::from_millis(5 + self.chance.below(40))),
            _ => Plan::Accept,
        }
    }
}

/// The server; it ends with its value.
#[derive(Debug)]
pub(crate) struct Sink {
    port: u16,
    book: Arc<Mutex<Book>>,
    serving: JoinHandle<()>,
}

impl Sink {
    /// Listens on a free port of loopback.
    pub(crate) async fn start(seed: u64) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let book = Arc::new(Mutex::new(Book {
            chance: Chance::new(seed),
            seen: Vec::new(),
        }));
        let serving = tokio::spawn(serve(listener, Arc::clone(&book)));
        Ok(Self { port, book, serving })
    }

    /// Where it listens.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Every mail whose dot was read, in order.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        book.seen.clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, book: Arc<Mutex<Book>>) {
    let mut clients = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let book = Arc::clone(&book);
        // Clients that are killed in the middle are what this server is for.
        clients.spawn(async move {
            let line = BufReader::new(stream);
            let _ended = Client { line, book }.talk().await;
        });
        while clients.try_join_next().is_some() {}
    }
}

/// One connection.
struct Client {
    line: BufReader<TcpStream>,
    book: Arc<Mutex<Book>>,
}

/// The server ends the line.
fn ended<T>() -> std::io::Result<T> {
    Err(std::io::ErrorKind::ConnectionAborted.into())
}

impl Client {
    async fn talk(mut self) -> std::io::Result<()> {
        self.say("220 sink.desk.example ready").await?;
        let mut plan = Plan::Accept;
        let mut recipient = String::new();
        loop {
            let line = self.read_line().await?;
            let command = String::from_utf8_lossy(&line).trim_end().to_owned();
            let verb: String = command.chars().take(4).collect();
            match (verb.to_ascii_uppercase().as_str(), plan) {
                ("EHLO", _) => self.say("250-sink.desk.example\r\n250 8BITMIME").await?,
                ("MAIL", _) => {
                    plan = self.locked(Book::plan);
                    if matches!(plan, Plan::DropAtMail) {
                        return ended();
                    }
                    self.say("250 2.1.0 fine").await?;
                }
                ("RCPT", Plan::DropAtRecipient) => return ended(),
                ("RCPT", Plan::DeferRecipient) => self.say("451 4.7.1 later").await?,
                ("RCPT", _) => {
                    recipient = in_brackets(&command);
                    self.say("250 2.1.5 fine").await?;
                }
                ("DATA", _) => {
                    self.say("354 go on").await?;
                    self.take_mail(plan, &recipient).await?;
                }
                ("RSET", _) => self.say("250 2.0.0 forgotten").await?,
                ("QUIT", _) => {
                    self.say("221 2.0.0 goodbye").await?;
                    return Ok(());
                }
                _ => self.say("502 5.5.1 unknown").await?,
            }
        }
    }

    async fn take_mail(&mut self, plan: Plan, recipient: &str) -> std::io::Result<()> {
        let mut mail = Vec::new();
        loop {
            let line = self.read_line().await?;
            if line == b".\r\n" {
                break;
            }
            mail.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
            if matches!(plan, Plan::DropWithin) {
                return ended();
            }
        }
        let fate = match plan {
            _ if is_refused(recipient) => Fate::Refused,
            Plan::DeferMail => Fate::Deferred,
            Plan::DropAfterDot => Fate::Dropped,
            Plan::Accept
            | Plan::AcceptLate(_)
            | Plan::AcceptAndDrop
            // These never come here.
            | Plan::DeferRecipient
            | Plan::DropAtMail
            | Plan::DropAtRecipient
            | Plan::DropWithin => Fate::Kept,
        };
        let place = self.note(&mail, recipient, fate);
        match (fate, plan) {
            (Fate::Refused, _) => self.say("552 5.2.2 mailbox full").await,
            (Fate::Deferred, _) => self.say("451 4.3.0 later").await,
            (Fate::Dropped, _) | (_, Plan::AcceptAndDrop) => ended(),
            _ => {
                if let Plan::AcceptLate(wait) = plan {
                    tokio::time::sleep(wait).await;
                }
                // Noted before it is written: a client may act on it at once.
                self.locked(|book| {
                    if let Some(seen) = book.seen.get_mut(place) {
                        seen.fate = Fate::Answered;
                    }
                });
                self.say("250 2.0.0 taken").await
            }
        }
    }

    fn note(&self, mail: &[u8], recipient: &str, fate: Fate) -> usize {
        let head = String::from_utf8_lossy(mail);
        let message_id = head
            .lines()
            .take_while(|line| !line.is_empty())
            .find_map(|line| line.strip_prefix("Message-ID:"))
            .map(in_brackets)
            .unwrap_or_default();
        let seen = Seen {
            message_id,
            recipient: recipient.to_owned(),
            digest: digest(mail),
            fate,
        };
        self.locked(|book| {
            book.seen.push(seen);
            book.seen.len().saturating_sub(1)
        })
    }

    fn locked<T>(&self, work: impl FnOnce(&mut Book) -> T) -> T {
        work(&mut self.book.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn read_line(&mut self) -> std::io::Result<Vec<u8>> {
        let mut line = Vec::new();
        if self.line.read_until(b'\n', &mut line).await? == 0 {
            return ended();
        }
        Ok(line)
    }

    async fn say(&mut self, reply: &str) -> std::io::Result<()> {
        self.line
            .get_mut()
            .write_all(format!("{reply}\r\n").as_bytes())
            .await
    }
}

fn in_brackets(text: &str) -> String {
    let inner = text.split_once('<').map_or("", |(_, rest)| rest);
    inner
        .split_once('>')
        .map_or(inner, |(inside, _)| inside)
        .to_owned()
}
