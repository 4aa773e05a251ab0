//! A TCP line that breaks or falls silent after a given number of octets in one direction, or carries them
//! one by one.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The line; it ends with its value.
#[derive(Debug)]
pub(crate) struct WornLine {
    port: u16,
    carrying: JoinHandle<()>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wear {
    /// After so many octets of the server it ends.
    BreaksAfterHeard(u64),
    /// After so many octets of the client it ends.
    BreaksAfterSaid(u64),
    /// After so many octets of the server it carries nothing more, either way, and stays open.
    SilentAfterHeard(u64),
    /// The same after so many octets of the client.
    SilentAfterSaid(u64),
    /// Octets go one by one, either way.
    Drips,
}

impl WornLine {
    /// Carries one connection to a port on this machine.
    pub(crate) async fn to(target_port: u16, wear: Wear) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let carrying = tokio::spawn(async move {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(("127.0.0.1", target_port)).await.unwrap();
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let (heard, said) = match wear {
                Wear::BreaksAfterHeard(octets) | Wear::SilentAfterHeard(octets) => (octets, u64::MAX),
                Wear::BreaksAfterSaid(octets) | Wear::SilentAfterSaid(octets) => (u64::MAX, octets),
                Wear::Drips => (u64::MAX, u64::MAX),
            };
            // When one way is at its end, so is the line.
            tokio::select! {
                _ = carry(from_client, to_server, said, wear) => {}
                _ = carry(from_server, to_client, heard, wear) => {}
            }
        });
        Self { port, carrying }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for WornLine {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

async fn carry(
    from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    octets: u64,
    wear: Wear,
) -> std::io::Result<()> {
    let mut from = from.take(octets);
    if wear == Wear::Drips {
        loop {
            to.write_u8(from.read_u8().await?).await?;
        }
    }
    tokio::io::copy(&mut from, &mut to).await?;
    let silent = matches!(wear, Wear::SilentAfterHeard(_) | Wear::SilentAfterSaid(_));
    if silent && from.limit() == 0 {
        std::future::pending::<()>().await;
    }
    Ok(())
}
