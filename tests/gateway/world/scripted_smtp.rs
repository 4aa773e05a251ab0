//! A submission server on a free loopback port that keeps what it accepts, and misbehaves when told to.
//!
//! Without a script it accepts every mail. [`ScriptedSmtp::next`] changes its answer at the next
//! occurrence of a verb; answers for one verb queue up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::PATIENCE;

/// A place in the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Greeting,
    Ehlo,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The lone dot: the mail has been read.
    Dot,
    Rset,
    Quit,
}

/// What the server does there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// This reply instead of the usual one. At [`Verb::Dot`] the mail is kept only with 250; 421 also ends
    /// the connection.
    Reply(u16, &'static str),
    /// These octets as the answer, whatever they are; at [`Verb::Dot`] the mail is kept.
    Octets(&'static [u8]),
    /// The usual reply, when so much time has passed; at [`Verb::Dot`] the mail is kept.
    After(std::time::Duration),
    /// No reply, and the line stays open.
    Stall,
    /// The line ends without a reply; the mail is not kept.
    Drop,
    /// At [`Verb::Dot`] the mail is kept and the line ends without a reply; elsewhere the line ends after
    /// the usual reply.
    AcceptThenDrop,
}

/// A mail the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReceivedMail {
    /// The return path without its brackets; empty for `<>`.
    pub(crate) sender: String,
    /// The recipient as written in RCPT, without brackets.
    pub(crate) recipient: String,
    /// The mail as it was before dots were doubled.
    pub(crate) bytes: Vec<u8>,
}

#[derive(Debug, Default)]
struct Book {
    script: VecDeque<(Verb, Act)>,
    mails: Vec<ReceivedMail>,
    commands: Vec<String>,
    connections: usize,
}

/// The server; it ends with its value.
#[derive(Debug)]
pub(crate) struct ScriptedSmtp {
    port: u16,
    book: Arc<Mutex<Book>>,
    count: Arc<watch::Sender<usize>>,
    serving: Mutex<Option<JoinHandle<()>>>,
    /// Lines of its answer to EHLO beside the usual ones.
    extensions: &'static str,
}

impl ScriptedSmtp {
    pub(crate) async fn start() -> Self {
        Self::start_offering("").await
    }

    /// A server that takes commands in groups, as most do (RFC 2920).
    pub(crate) async fn start_pipelining() -> Self {
        Self::start_offering("250-PIPELINING\r\n").await
    }

    async fn start_offering(extensions: &'static str) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server = Self {
            port: listener.local_addr().unwrap().port(),
            book: Arc::default(),
            count: Arc::new(watch::Sender::new(0)),
            serving: Mutex::new(None),
            extensions,
        };
        server.serve(listener);
        server
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What the server does at the next occurrence of this verb.
    pub(crate) fn next(&self, verb: Verb, act: Act) {
        self.book.lock().unwrap().script.push_back((verb, act));
    }

    /// Every mail kept so far, in order.
    pub(crate) fn mails(&self) -> Vec<ReceivedMail> {
        self.book.lock().unwrap().mails.clone()
    }

    /// Waits until `count` mails were kept; more are welcome.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<ReceivedMail> {
        let mut kept = self.count.subscribe();
        let enough = tokio::time::timeout(PATIENCE, kept.wait_for(|kept| *kept >= count)).await;
        let mails = self.mails();
        assert!(
            enough.is_ok(),
            "waited for {count} mails, there came {}",
            mails.len()
        );
        mails
    }

    /// Every command line so far, over all connections.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.book.lock().unwrap().commands.clone()
    }

    /// How many connections were made so far.
    pub(crate) fn connections(&self) -> usize {
        self.book.lock().unwrap().connections
    }

    /// Ends every connection and refuses new ones.
    pub(crate) async fn down(&self) {
        let serving = self.serving.lock().unwrap().take();
        if let Some(serving) = serving {
            serving.abort();
            let _ = serving.await;
        }
    }

    /// Listens again on the same port.
    pub(crate) async fn up(&self) {
        self.down().await;
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.serve(listener);
    }

    fn serve(&self, listener: TcpListener) {
        let (book, count) = (Arc::clone(&self.book), Arc::clone(&self.count));
        let extensions = self.extensions;
        let serving = tokio::spawn(async move {
            let mut clients = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (book, count) = (Arc::clone(&book), Arc::clone(&count));
                book.lock().unwrap().connections += 1;
                clients.spawn(async move {
                    // The client leaving early is part of many stories.
                    let _ = Conversation::new(stream, book, count, extensions).run().await;
                });
            }
        });
        *self.serving.lock().unwrap() = Some(serving);
    }
}

impl Drop for ScriptedSmtp {
    fn drop(&mut self) {
        if let Some(serving) = self.serving.lock().unwrap().take() {
            serving.abort();
        }
    }
}

/// One connection.
struct Conversation {
    line: BufReader<TcpStream>,
    book: Arc<Mutex<Book>>,
    count: Arc<watch::Sender<usize>>,
    sender: String,
    recipients: Vec<String>,
    extensions: &'static str,
}

/// The reason a connection ends.
type Ended = std::io::Error;

impl Conversation {
    fn new(
        stream: TcpStream,
        book: Arc<Mutex<Book>>,
        count: Arc<watch::Sender<usize>>,
        extensions: &'static str,
    ) -> Self {
        Self {
            line: BufReader::new(stream),
            book,
            count,
            sender: String::new(),
            recipients: Vec::new(),
            extensions,
        }
    }

    async fn run(mut self) -> Result<(), Ended> {
        self.answer(Verb::Greeting, "220 submission.desk.example at your service")
            .await?;
        loop {
            let mut command = String::new();
            if self.line.read_line(&mut command).await? == 0 {
                return Ok(());
            }
            let command = command.trim_end().to_owned();
            self.book.lock().unwrap().commands.push(command.clone());
            self.obey(&command).await?;
        }
    }

    async fn obey(&mut self, command: &str) -> Result<(), Ended> {
        let word = command
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        match word.as_str() {
            "EHLO" => {
                let more = self.extensions;
                let extensions = format!(
                    "250-submission.desk.example\r\n{more}250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN"
                );
                self.answer(Verb::Ehlo, &extensions).await
            }
            "AUTH" => self.answer(Verb::Auth, "235 2.7.0 welcome").await,
            "MAIL" => {
                self.sender = in_brackets(command);
                self.recipients.clear();
                self.answer(Verb::Mail, "250 2.1.0 fine").await
            }
            "RCPT" => {
                let code = self.answer(Verb::Rcpt, "250 2.1.5 fine").await?;
                if code < 400 {
                    self.recipients.push(in_brackets(command));
                }
                Ok(code)
            }
            "DATA" => {
                let goes_on = self.answer(Verb::Data, "354 go on").await;
                if goes_on? == 354 {
                    self.take_mail().await
                } else {
                    Ok(354)
                }
            }
            "RSET" => self.answer(Verb::Rset, "250 2.0.0 forgotten").await,
            "QUIT" => {
                self.answer(Verb::Quit, "221 2.0.0 goodbye").await?;
                return Err(ended());
            }
            _ => self.answer_plainly("502 5.5.1 unknown").await,
        }
        .map(|_code| ())
    }

    async fn take_mail(&mut self) -> Result<u16, Ended> {
        let mut bytes = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.line.read_until(b'\n', &mut line).await? == 0 {
                return Err(ended());
            }
            if line == b".\r\n" {
                break;
            }
            bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
        let act = self.scripted(Verb::Dot);
        let kept = matches!(
            act,
            None | Some(Act::AcceptThenDrop | Act::After(_) | Act::Octets(_) | Act::Reply(250, _))
        );
        if kept {
            let mails: Vec<_> = self
                .recipients
                .iter()
                .map(|recipient| ReceivedMail {
                    sender: self.sender.clone(),
                    recipient: recipient.clone(),
                    bytes: bytes.clone(),
                })
                .collect();
            let mails = {
                let mut book = self.book.lock().unwrap();
                book.mails.extend(mails);
                book.mails.len()
            };
            self.count.send_replace(mails);
        }
        match act {
            Some(Act::AcceptThenDrop) => Err(ended()),
            other => self.act(other, "250 2.0.0 taken").await,
        }
    }

    async fn answer(&mut self, verb: Verb, usual: &str) -> Result<u16, Ended> {
        let act = self.scripted(verb);
        self.act(act, usual).await
    }

    async fn act(&mut self, act: Option<Act>, usual: &str) -> Result<u16, Ended> {
        match act {
            None => self.answer_plainly(usual).await,
            Some(Act::Reply(code, text)) => {
                self.answer_plainly(&format!("{code} {text}")).await?;
                if code == 421 { Err(ended()) } else { Ok(code) }
            }
            Some(Act::Octets(octets)) => {
                self.line.get_mut().write_all(octets).await?;
                let code = octets.get(..3).map(String::from_utf8_lossy);
                Ok(code.and_then(|code| code.parse().ok()).unwrap_or(0))
            }
            Some(Act::After(wait)) => {
                tokio::time::sleep(wait).await;
                self.answer_plainly(usual).await
            }
            Some(Act::Stall) => {
                let mut ignored = Vec::new();
                self.line.read_to_end(&mut ignored).await?;
                Err(ended())
            }
            Some(Act::Drop) => Err(ended()),
            Some(Act::AcceptThenDrop) => {
                self.answer_plainly(usual).await?;
                Err(ended())
            }
        }
    }

    async fn answer_plainly(&mut self, reply: &str) -> Result<u16, Ended> {
        self.line
            .get_mut()
            .write_all(format!("{reply}\r\n").as_bytes())
            .await?;
        Ok(reply.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0))
    }

    fn scripted(&self, verb: Verb) -> Option<Act> {
        let mut book = self.book.lock().unwrap();
        let at = book.script.iter().position(|(when, _)| *when == verb)?;
        book.script.remove(at).map(|(_, act)| act)
    }
}

fn ended() -> Ended {
    std::io::ErrorKind::ConnectionAborted.into()
}

fn in_brackets(command: &str) -> String {
    let inner = command.split_once('<').map_or("", |(_, rest)| rest);
    inner
        .rsplit_once('>')
        .map_or(inner, |(address, _)| address)
        .to_owned()
}
