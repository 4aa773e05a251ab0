//! A name server on loopback that answers TXT questions, denies, fails, stays silent, or cuts its answer.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

/// What is said of one name.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    /// This text.
    Text(String),
    /// There is no such name; also said of every name that is not listed.
    NoSuchName,
    /// The server has trouble.
    ServerFailure,
    /// The server refuses.
    Refused,
    /// Nothing at all.
    Nothing,
    /// By UDP only that the answer is cut; by TCP this text.
    CutThen(String),
}

/// A running server; it ends with its value.
pub(crate) struct NameServer {
    address: SocketAddr,
    names: Arc<Mutex<HashMap<String, Says>>>,
    asked: Arc<Mutex<Vec<String>>>,
    tasks: tokio::task::JoinSet<()>,
}

impl NameServer {
    /// Starts it on a free port, the same for UDP and TCP.
    pub(crate) async fn start(names: &[(&str, Says)]) -> Self {
        let (udp, tcp) = loop {
            let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
            if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let mut server = Self {
            address: tcp.local_addr().unwrap(),
            names: Arc::default(),
            asked: Arc::default(),
            tasks: tokio::task::JoinSet::new(),
        };
        for (name, says) in names {
            server.says(name, says.clone());
        }
        let (names, asked) = (Arc::clone(&server.names), Arc::clone(&server.asked));
        server.tasks.spawn(async move {
            let mut question = [0_u8; 2_048];
            while let Ok((length, from)) = udp.recv_from(&mut question).await {
                if let Some(answer) = answer(&question[..length], &names, &asked, false) {
                    udp.send_to(&answer, from).await.unwrap();
                }
            }
        });
        let (names, asked) = (Arc::clone(&server.names), Arc::clone(&server.asked));
        server.tasks.spawn(async move {
            while let Ok((mut line, _)) = tcp.accept().await {
                let (names, asked) = (Arc::clone(&names), Arc::clone(&asked));
                tokio::spawn(async move {
                    while let Ok(length) = line.read_u16().await {
                        let mut question = vec![0_u8; usize::from(length)];
                        line.read_exact(&mut question).await.unwrap();
                        if let Some(answer) = answer(&question, &names, &asked, true) {
                            line.write_u16(u16::try_from(answer.len()).unwrap())
                                .await
                                .unwrap();
                            line.write_all(&answer).await.unwrap();
                        }
                    }
                });
            }
        });
        server
    }

    /// From now on it says this of that name.
    pub(crate) fn says(&self, name: &str, says: Says) {
        self.names.lock().unwrap().insert(name.to_lowercase(), says);
    }

    /// Its address with port.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every name it was asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The answer to one question (RFC 1035 §4); `None` for silence.
fn answer(
    question: &[u8],
    names: &Mutex<HashMap<String, Says>>,
    asked: &Mutex<Vec<String>>,
    by_tcp: bool,
) -> Option<Vec<u8>> {
    let mut at = 12;
    let mut labels = Vec::new();
    while question[at] != 0 {
        let end = at + 1 + usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..end]).to_lowercase());
        at = end;
    }
    let name = labels.join(".");
    asked.lock().unwrap().push(name.clone());
    let says = names
        .lock()
        .unwrap()
        .get(&name)
        .cloned()
        .unwrap_or(Says::NoSuchName);
    let (code, cut, text) = match says {
        Says::Nothing => return None,
        Says::NoSuchName => (3, false, None),
        Says::ServerFailure => (2, false, None),
        Says::Refused => (5, false, None),
        Says::Text(text) => (0, false, Some(text)),
        Says::CutThen(text) => (0, !by_tcp, by_tcp.then_some(text)),
    };
    let mut out = question[..2].to_vec();
    out.push(0x81 | if cut { 0x02 } else { 0 });
    out.push(0x80 | code);
    out.extend([0, 1, 0, u8::from(text.is_some()), 0, 0, 0, 0]);
    out.extend(&question[12..at + 5]);
    if let Some(text) = text {
        out.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
        let pieces: Vec<&[u8]> = text.as_bytes().chunks(255).collect();
        let length = text.len() + pieces.len();
        out.extend(u16::try_from(length).unwrap().to_be_bytes());
        for piece in pieces {
            out.push(u8::try_from(piece.len()).unwrap());
            out.extend(piece);
        }
    }
    Some(out)
}
