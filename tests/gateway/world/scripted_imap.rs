//! An IMAP server on a free loopback port with one mailbox, which misbehaves when told to.
//!
//! Without a script it serves its mails as a good server does. [`ScriptedImap::next`] replaces the answer
//! to the next command that begins with the given words; this is for what a real server never does.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The answer to one command. `{tag}` in the text stands for the command's tag.
#[derive(Debug, Clone)]
pub(crate) enum Say {
    /// These lines (CRLF is added to the end), nothing else.
    Lines(&'static str),
    /// These octets, then the end of the line.
    ThenEnd(&'static str),
    /// The usual answer after these lines.
    Before(&'static str),
    /// Nothing, and the line stays open.
    Silence,
}

#[derive(Debug)]
struct Book {
    script: VecDeque<(&'static str, Say)>,
    mails: Vec<(u32, Vec<u8>)>,
    validity: u32,
    capabilities: String,
    commands: Vec<String>,
}

/// The server; it ends with its value.
#[derive(Debug)]
pub(crate) struct ScriptedImap {
    port: u16,
    book: Arc<Mutex<Book>>,
    count: Arc<watch::Sender<usize>>,
    serving: JoinHandle<()>,
}

impl ScriptedImap {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let book = Arc::new(Mutex::new(Book {
            script: VecDeque::new(),
            mails: Vec::new(),
            validity: 7,
            capabilities: "IMAP4rev1 MOVE UIDPLUS IDLE".to_owned(),
            commands: Vec::new(),
        }));
        let count = Arc::new(watch::Sender::new(0));
        let serving = tokio::spawn(serve(listener, Arc::clone(&book), Arc::clone(&count)));
        Self {
            port,
            book,
            count,
            serving,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The answer to the next command that begins with these words; `"greeting"` is the greeting, `"DONE"`
    /// what follows the end of IDLE.
    pub(crate) fn next(&self, command: &'static str, say: Say) {
        self.book.lock().unwrap().script.push_back((command, say));
    }

    /// Leaves one extension out.
    pub(crate) fn without(&self, capability: &str) {
        let mut book = self.book.lock().unwrap();
        let kept: Vec<&str> = book
            .capabilities
            .split(' ')
            .filter(|one| *one != capability)
            .collect();
        book.capabilities = kept.join(" ");
    }

    /// All mails get the next UIDs from 101 on, under another UIDVALIDITY.
    pub(crate) fn numbers_its_mails_anew(&self) {
        let mut book = self.book.lock().unwrap();
        book.validity += 1;
        for (uid, (own, _)) in (101..).zip(&mut book.mails) {
            *own = uid;
        }
    }

    /// Puts a mail into the mailbox and tells whoever idles.
    pub(crate) fn deliver(&self, uid: u32, bytes: &[u8]) {
        let count = {
            let mut book = self.book.lock().unwrap();
            book.mails.push((uid, bytes.to_vec()));
            book.mails.len()
        };
        self.count.send_replace(count);
    }

    /// Every command so far, without its tag.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.book.lock().unwrap().commands.clone()
    }
}

impl Drop for ScriptedImap {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, book: Arc<Mutex<Book>>, count: Arc<watch::Sender<usize>>) {
    let mut clients = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let client = Client {
            line: BufReader::new(stream),
            book: Arc::clone(&book),
            count: count.subscribe(),
        };
        clients.spawn(async move {
            // The client leaving early is part of many stories.
            let _ = client.run().await;
        });
    }
}

struct Client {
    line: BufReader<TcpStream>,
    book: Arc<Mutex<Book>>,
    count: watch::Receiver<usize>,
}

impl Client {
    async fn run(mut self) -> std::io::Result<()> {
        self.answer("greeting", "*", "* OK ready\r\n").await?;
        loop {
            let line = self.read_line().await?;
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            self.book.lock().unwrap().commands.push(command.to_owned());
            if command == "IDLE" {
                self.idle(tag).await?;
                continue;
            }
            if command.starts_with("SELECT") {
                // What is in the mailbox now is told by EXISTS; what comes later is told inside IDLE.
                self.count.mark_unchanged();
            }
            let say = self.book.lock().unwrap().scripted(command);
            // What is answered otherwise is not done either.
            let usual = match say {
                None | Some(Say::Before(_)) => self.book.lock().unwrap().usual(tag, command),
                Some(_) => String::new(),
            };
            self.say(say, tag, &usual).await?;
        }
    }

    async fn read_line(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        if self.line.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::ConnectionAborted.into());
        }
        Ok(line.trim_end().to_owned())
    }

    async fn idle(&mut self, tag: &str) -> std::io::Result<()> {
        self.answer("IDLE", tag, "+ idling\r\n").await?;
        let mut line = String::new();
        loop {
            tokio::select! {
                told = self.count.changed() => {
                    told.map_err(std::io::Error::other)?;
                    let count = *self.count.borrow_and_update();
                    self.line.get_mut().write_all(format!("* {count} EXISTS\r\n").as_bytes()).await?;
                }
                read = self.line.read_line(&mut line) => {
                    if read? == 0 || !line.starts_with("DONE") {
                        return Err(std::io::ErrorKind::ConnectionAborted.into());
                    }
                    return self.answer("DONE", tag, &format!("{tag} OK done\r\n")).await;
                }
            }
        }
    }

    async fn answer(&mut self, command: &str, tag: &str, usual: &str) -> std::io::Result<()> {
        let say = self.book.lock().unwrap().scripted(command);
        self.say(say, tag, usual).await
    }

    async fn say(&mut self, say: Option<Say>, tag: &str, usual: &str) -> std::io::Result<()> {
        let (text, ends) = match say {
            None => (usual.to_owned(), false),
            Some(Say::Lines(lines)) => (format!("{}\r\n", lines.replace("{tag}", tag)), false),
            Some(Say::ThenEnd(octets)) => (octets.replace("{tag}", tag), true),
            Some(Say::Before(lines)) => (format!("{lines}\r\n{usual}"), false),
            Some(Say::Silence) => {
                self.line.read_to_end(&mut Vec::new()).await?;
                return Err(std::io::ErrorKind::ConnectionAborted.into());
            }
        };
        self.line.get_mut().write_all(text.as_bytes()).await?;
        if ends {
            Err(std::io::ErrorKind::ConnectionAborted.into())
        } else {
            Ok(())
        }
    }
}

impl Book {
    fn scripted(&mut self, command: &str) -> Option<Say> {
        let at = self
            .script
            .iter()
            .position(|(begins, _)| command.starts_with(begins))?;
        self.script.remove(at).map(|(_, say)| say)
    }

    fn usual(&mut self, tag: &str, command: &str) -> String {
        let mut told = String::new();
        let words: Vec<&str> = command.split(' ').collect();
        match words.as_slice() {
            ["CAPABILITY"] => write!(told, "* CAPABILITY {}\r\n", self.capabilities).unwrap(),
            ["SELECT", ..] => {
                write!(
                    told,
                    "* {} EXISTS\r\n* OK [UIDVALIDITY {}] valid\r\n",
                    self.mails.len(),
                    self.validity
                )
                .unwrap();
            }
            ["UID", "SEARCH", ..] => {
                // Descending, since no order is promised.
                let uids = self.mails.iter().rev().map(|(uid, _)| format!(" {uid}"));
                write!(told, "* SEARCH{}\r\n", uids.collect::<String>()).unwrap();
            }
            ["UID", "FETCH", "1:*", "(UID)"] => {
                for (before, (uid, _)) in self.mails.iter().enumerate() {
                    write!(told, "* {} FETCH (UID {uid})\r\n", before + 1).unwrap();
                }
            }
            ["UID", "FETCH", set, _, item] => self.tell_fetched(&mut told, set, item.trim_end_matches(')')),
            ["UID", "MOVE" | "EXPUNGE", set, ..] => self.mails.retain(|(uid, _)| !in_set(set, *uid)),
            ["LOGOUT"] => told.push_str("* BYE goodbye\r\n"),
            _ => (),
        }
        write!(told, "{tag} OK done\r\n").unwrap();
        told
    }

    fn tell_fetched(&self, told: &mut String, set: &str, item: &str) {
        let asked = self
            .mails
            .iter()
            .enumerate()
            .filter(|(_, (uid, _))| in_set(set, *uid));
        for (before, (uid, bytes)) in asked {
            let text = String::from_utf8_lossy(bytes);
            let head = text.split_inclusive("\r\n\r\n").next().unwrap_or_default();
            let (name, text) = match item {
                "FLAGS" => {
                    write!(told, "* {} FETCH (UID {uid} FLAGS (\\Seen))\r\n", before + 1).unwrap();
                    continue;
                }
                "RFC822.SIZE" => {
                    write!(
                        told,
                        "* {} FETCH (UID {uid} RFC822.SIZE {})\r\n",
                        before + 1,
                        bytes.len()
                    )
                    .unwrap();
                    continue;
                }
                "BODY.PEEK[HEADER]" => ("BODY[HEADER]", head),
                _ => ("BODY[]", text.as_ref()),
            };
            write!(
                told,
                "* {} FETCH (UID {uid} {name} {{{}}}\r\n{text})\r\n",
                before + 1,
                text.len()
            )
            .unwrap();
        }
    }
}

fn in_set(set: &str, uid: u32) -> bool {
    set.split(',').any(|range| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        (first.parse().unwrap()..=last.parse().unwrap()).contains(&uid)
    })
}
