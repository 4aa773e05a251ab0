//! A server that answers each line with the next of its answers, whatever it was: for stories about exactly
//! what goes over a line.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// The server of one connection; it ends with its value.
#[derive(Debug)]
pub(crate) struct LineScript {
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl LineScript {
    /// `{tag}` in an answer stands for the last tag of an IMAP command. After the last answer the line stays open.
    pub(crate) async fn start(greeting: &'static str, answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&lines);
        let serving = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut line = BufReader::new(stream);
            line.get_mut().write_all(greeting.as_bytes()).await.unwrap();
            let mut tag = String::new();
            for answer in answers {
                let mut text = String::new();
                line.read_line(&mut text).await.unwrap();
                if let Some((first, _)) = text.split_once(' ') {
                    first.clone_into(&mut tag);
                }
                heard.lock().unwrap().push(text);
                let answer = answer.replace("{tag}", &tag);
                line.get_mut().write_all(answer.as_bytes()).await.unwrap();
            }
            let _ = line.read_to_end(&mut Vec::new()).await;
        });
        Self { port, lines, serving }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What was heard, with line ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl Drop for LineScript {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
