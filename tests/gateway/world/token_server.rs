//! A token server on a free loopback port (RFC 6749), strict about its refresh tokens, and the address where
//! mail servers ask what a token is good for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The client's identifier and secret; the secret holds what forms and URLs must escape.
pub(crate) const CLIENT: (&str, &str) = ("desk-client", "s3cr&t+= %41");
/// The mailbox that tokens are for.
pub(crate) const MAILBOX: &str = "aws_tec@desk.example";
/// The refresh token that is good in the beginning.
pub(crate) const FIRST: &str = "refresh-0";

#[derive(Debug)]
struct Book {
    script: VecDeque<String>,
    forms: Vec<BTreeMap<String, String>>,
    /// Access tokens that are good.
    good: Vec<String>,
    issued: usize,
    /// The one refresh token that is good.
    refresh: String,
    rotates: bool,
    expires_in: Option<i64>,
}

/// The server; it ends with its value.
#[derive(Debug)]
pub(crate) struct TokenServer {
    port: u16,
    book: Arc<Mutex<Book>>,
    open: Arc<watch::Sender<bool>>,
    serving: JoinHandle<()>,
}

impl TokenServer {
    /// Tokens last an hour, refresh tokens for one use.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let book = Arc::new(Mutex::new(Book {
            script: VecDeque::new(),
            forms: Vec::new(),
            good: Vec::new(),
            issued: 0,
            refresh: FIRST.to_owned(),
            rotates: true,
            expires_in: Some(3_600),
        }));
        let open = Arc::new(watch::Sender::new(true));
        let serving = tokio::spawn(serve(listener, Arc::clone(&book), Arc::clone(&open)));
        Self {
            port,
            book,
            open,
            serving,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/token", self.port)
    }

    /// Where a mail server asks about a token.
    pub(crate) fn tokeninfo_url(&self) -> String {
        format!("http://127.0.0.1:{}/tokeninfo?access_token=", self.port)
    }

    /// The next answer: status line and headers, an empty line, the body.
    pub(crate) fn next(&self, answer: &str) {
        self.book.lock().unwrap().script.push_back(answer.to_owned());
    }

    /// The next answer is this JSON with this status.
    pub(crate) fn next_json(&self, status: &str, body: &str) {
        self.next(&format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n{body}"
        ));
    }

    /// Does the work of a question, but holds its answer back until opened again.
    pub(crate) fn hold_answers(&self, held: bool) {
        self.open.send_replace(!held);
    }

    /// What was asked so far.
    pub(crate) fn forms(&self) -> Vec<BTreeMap<String, String>> {
        self.book.lock().unwrap().forms.clone()
    }

    /// No access token given out so far is good any more.
    pub(crate) fn revoke_access(&self) {
        self.book.lock().unwrap().good.clear();
    }

    /// Only this refresh token is good from now on.
    pub(crate) fn accept_refresh(&self, token: &str) {
        token.clone_into(&mut self.book.lock().unwrap().refresh);
    }

    pub(crate) fn rotate(&self, rotates: bool) {
        self.book.lock().unwrap().rotates = rotates;
    }

    pub(crate) fn expires_in(&self, seconds: Option<i64>) {
        self.book.lock().unwrap().expires_in = seconds;
    }

    pub(crate) async fn wait_for_forms(&self, count: usize) {
        while self.forms().len() < count {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, book: Arc<Mutex<Book>>, open: Arc<watch::Sender<bool>>) {
    let mut clients = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (book, mut open) = (Arc::clone(&book), open.subscribe());
        clients.spawn(async move {
            let mut line = BufReader::new(stream);
            while let Some(question) = read_question(&mut line).await {
                let answer = book.lock().unwrap().answer(&question);
                if open.wait_for(|open| *open).await.is_err() {
                    return;
                }
                // A client that has gone away is part of some stories.
                let _ = line.get_mut().write_all(framed(&answer).as_bytes()).await;
            }
        });
    }
}

/// With the length of its body.
fn framed(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

struct Question {
    line: String,
    authorization: String,
    body: String,
}

async fn read_question(line: &mut BufReader<TcpStream>) -> Option<Question> {
    let mut head = Vec::new();
    loop {
        let mut text = String::new();
        if line.read_line(&mut text).await.ok()? == 0 {
            return None;
        }
        let text = text.trim_end().to_owned();
        if text.is_empty() {
            break;
        }
        head.push(text);
    }
    let header = |name: &str| {
        head.iter().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    line.read_exact(&mut body).await.ok()?;
    Some(Question {
        line: head[0].clone(),
        authorization: header("authorization").unwrap_or_default(),
        body: String::from_utf8(body).unwrap(),
    })
}

impl Book {
    fn answer(&mut self, question: &Question) -> String {
        if let Some((_, rest)) = question.line.split_once("access_token=") {
            return self.tell(rest.split(' ').next().unwrap());
        }
        let mut form: BTreeMap<String, String> = question
            .body
            .split('&')
            .filter_map(|field| field.split_once('='))
            .map(|(name, value)| (plain(name), plain(value)))
            .collect();
        if let Some(pair) = question.authorization.strip_prefix("Basic ") {
            let pair = String::from_utf8(BASE64.decode(pair.as_bytes()).unwrap()).unwrap();
            let (id, secret) = pair.split_once(':').unwrap();
            form.insert("client_id".to_owned(), plain(id));
            form.insert("client_secret".to_owned(), plain(secret));
        }
        self.forms.push(form.clone());
        match self.script.pop_front() {
            Some(answer) => answer,
            None => self.grant(&form),
        }
    }

    fn grant(&mut self, form: &BTreeMap<String, String>) -> String {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if (field("client_id"), field("client_secret")) != CLIENT {
            return json("401 Unauthorized", r#"{"error":"invalid_client"}"#);
        }
        let refresh = match field("grant_type") {
            "refresh_token" if field("refresh_token") != self.refresh => {
                return json("400 Bad Request", r#"{"error":"invalid_grant"}"#);
            }
            "refresh_token" if self.rotates => {
                self.refresh = format!("refresh-{}", self.issued + 1);
                format!(r#","refresh_token":"{}""#, self.refresh)
            }
            "client_credentials" | "refresh_token" => String::new(),
            _ => return json("400 Bad Request", r#"{"error":"unsupported_grant_type"}"#),
        };
        self.issued += 1;
        // As long as Microsoft's.
        let token = format!("{:0>1600}", format!("access.token-{}", self.issued));
        self.good.push(token.clone());
        let life = self
            .expires_in
            .map(|seconds| format!(r#","expires_in":{seconds}"#));
        let life = life.unwrap_or_default();
        json(
            "200 OK",
            &format!(r#"{{"access_token":"{token}","token_type":"Bearer"{life}{refresh}}}"#),
        )
    }

    fn tell(&self, token: &str) -> String {
        if self.good.iter().any(|good| good == token) {
            json("200 OK", &format!(r#"{{"email":"{MAILBOX}","active":"true"}}"#))
        } else {
            json("401 Unauthorized", r#"{"error":"invalid_token"}"#)
        }
    }
}

fn json(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\r\n{body}")
}

/// Undoes the form's escapes.
fn plain(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        bytes.push(match octet {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}
