//! Stage: demo. Free loopback ports, and the wait until a server answers on one.

use anyhow::Context as _;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// How often a server is started anew because another process took its port between the search and the start.
pub const ATTEMPTS: u32 = 5;

/// A TCP port on 127.0.0.1 that nobody listened on a moment ago. Another process may still take it first, so
/// whoever starts a server on it tries again with a new one (up to [`ATTEMPTS`] times).
pub fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .context("no free TCP port on 127.0.0.1; is loopback up?")?;
    Ok(listener.local_addr()?.port())
}

/// The loopback address of `port`.
pub fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// What the server on `port` says first, if it speaks within `patience`; IMAP, SMTP and LMTP servers all do.
/// `None` means that nobody listens there yet, or that it stays silent.
pub fn greeting(port: u16, patience: Duration) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&loopback(port), patience).ok()?;
    stream.set_read_timeout(Some(patience)).ok()?;
    let mut buffer = [0_u8; 512];
    let count = stream.read(&mut buffer).ok()?;
    buffer
        .get(..count)
        .filter(|said| !said.is_empty())
        .map(<[u8]>::to_vec)
}

/// Asks `ready` every few milliseconds until it says yes; false when `patience` runs out first.
pub fn wait_until(patience: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if ready() {
            return true;
        }
        if start.elapsed() >= patience {
            return false;
        }
        std::thread::sleep(Duration::from_millis(4));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_port_can_be_listened_on() {
        let port = free_port().unwrap();
        TcpListener::bind(loopback(port)).unwrap();
    }

    #[test]
    fn a_port_without_a_server_has_no_greeting() {
        let port = free_port().unwrap();
        assert_eq!(greeting(port, Duration::from_millis(50)), None);
    }
}
