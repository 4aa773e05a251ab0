//! A TCP line that can be cut: it stands between the gateway and a server.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The proxy; it ends with its value.
#[derive(Debug)]
pub(crate) struct CutProxy {
    port: u16,
    target_port: u16,
    carrying: Mutex<Option<JoinHandle<()>>>,
    connections: Arc<AtomicUsize>,
}

impl CutProxy {
    pub(crate) async fn start(target_port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let proxy = Self {
            port: listener.local_addr().unwrap().port(),
            target_port,
            carrying: Mutex::new(None),
            connections: Arc::default(),
        };
        proxy.carry(listener);
        proxy
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// Ends every connection in the middle of whatever it carries and refuses new ones.
    pub(crate) async fn cut(&self) {
        let carrying = self.carrying.lock().unwrap().take();
        if let Some(carrying) = carrying {
            carrying.abort();
            let _ = carrying.await;
        }
    }

    /// Carries again on the same port.
    pub(crate) async fn restore(&self) {
        self.cut().await;
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        self.carry(listener);
    }

    fn carry(&self, listener: TcpListener) {
        let target_port = self.target_port;
        let connections = Arc::clone(&self.connections);
        let carrying = tokio::spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((mut client, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                lines.spawn(async move {
                    if let Ok(mut server) = TcpStream::connect(("127.0.0.1", target_port)).await {
                        let _ = copy_bidirectional(&mut client, &mut server).await;
                    }
                });
            }
        });
        *self.carrying.lock().unwrap() = Some(carrying);
    }
}

impl Drop for CutProxy {
    fn drop(&mut self) {
        if let Some(carrying) = self.carrying.lock().unwrap().take() {
            carrying.abort();
        }
    }
}
