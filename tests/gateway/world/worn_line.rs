//! A TCP line that breaks after a given number of the server's octets, or carries them one by one.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The line; it ends with its value.
#[derive(Debug)]
pub(crate) struct WornLine {
    port: u16,
    carrying: JoinHandle<()>,
}

#[derive(Debug, Clone, Copy)]
enum Wear {
    BreaksAfter(u64),
    Drips,
}

impl WornLine {
    /// Carries one connection to a port on this machine, and `octets` of what comes back on it.
    pub(crate) async fn that_breaks_after(octets: u64, target_port: u16) -> Self {
        Self::start(target_port, Wear::BreaksAfter(octets)).await
    }

    /// Carries one connection to a port on this machine, each octet of what comes back on its own.
    pub(crate) async fn that_drips(target_port: u16) -> Self {
        Self::start(target_port, Wear::Drips).await
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    async fn start(target_port: u16, wear: Wear) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let carrying = tokio::spawn(async move {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(("127.0.0.1", target_port)).await.unwrap();
            client.set_nodelay(true).unwrap();
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            // When the way back is at its end, so is the line.
            tokio::select! {
                _ = forth(from_client, to_server) => {}
                _ = back(from_server, to_client, wear) => {}
            }
        });
        Self { port, carrying }
    }
}

impl Drop for WornLine {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

async fn forth(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> std::io::Result<u64> {
    tokio::io::copy(&mut from, &mut to).await
}

async fn back(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, wear: Wear) -> std::io::Result<()> {
    match wear {
        Wear::BreaksAfter(octets) => {
            tokio::io::copy(&mut from.take(octets), &mut to).await?;
            Ok(())
        }
        Wear::Drips => loop {
            to.write_u8(from.read_u8().await?).await?;
        },
    }
}
