//! The encrypted line below both network stages (`inbound`, `outbound`).
//!
//! Comes in: host, port, the kind of protection and perhaps an extra authority. Goes out: an open
//! [`WireStream`], or an error that says what stood in the way. Nothing here speaks IMAP or SMTP, and
//! nothing here ever falls back to an unprotected line.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::net::sockopt;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

crate::slug_enum! {
    /// How the line to a mail server is protected (SPEC §3, §14).
    pub enum Security {
        /// TLS from the first byte (RFC 8314 §3).
        Tls = "tls",
        /// TLS after the server's greeting; a server that does not offer it is refused.
        StartTls = "starttls",
        /// No protection: loopback only.
        Plain = "plain",
    }
}

/// Silence after which the peer is asked whether it is there, how often, and how many times in vain.
const KEEPALIVE_AFTER: Duration = Duration::from_mins(1);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(20);
const KEEPALIVE_TRIES: u32 = 3;

/// Where a server is and how the line to it is protected.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Name or address of the server; the name its certificate must carry.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Protection of the line.
    pub security: Security,
    /// PEM file with authorities trusted besides the system's.
    pub ca_file: Option<PathBuf>,
}

/// Why no line could be opened.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// An unprotected line to another machine was asked for.
    #[error(
        "an unprotected line to `{host}` is refused: `plain` is for loopback only, use `tls` or `starttls`"
    )]
    Unprotected {
        /// The server asked for.
        host: String,
    },
    /// The file of extra authorities cannot be used.
    #[error("the authorities in {} cannot be read: {reason}", file.display())]
    Authorities {
        /// The configured file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS cannot be used with this host at all.
    #[error("TLS cannot be set up for `{host}`: {reason}")]
    Setup {
        /// The server asked for.
        host: String,
        /// What rustls said.
        reason: String,
    },
    /// The TCP connection was not made.
    #[error("no connection to {host}:{port}: {source}")]
    Tcp {
        /// The server asked for.
        host: String,
        /// Its port.
        port: u16,
        /// What the operating system said.
        source: io::Error,
    },
    /// The handshake failed: an untrusted certificate, or no TLS on that port.
    #[error("the TLS handshake with `{host}` failed: {source}")]
    Handshake {
        /// The server asked for.
        host: String,
        /// What rustls said.
        source: io::Error,
    },
}

impl ConnectError {
    /// Whether trying again may help without anybody changing the configuration.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Tcp { .. } | Self::Handshake { .. } => true,
            Self::Unprotected { .. } | Self::Authorities { .. } | Self::Setup { .. } => false,
        }
    }
}

/// The system's authorities, read once: a hundred files on most systems.
static SYSTEM_AUTHORITIES: LazyLock<RootCertStore> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
});

impl Endpoint {
    /// Opens the line: protected already for [`Security::Tls`], otherwise as plain TCP that the caller
    /// turns into TLS with [`Endpoint::protect`].
    pub(crate) async fn open(&self) -> Result<WireStream, ConnectError> {
        self.refuse_unprotected(is_loopback_name(&self.host))?;
        let tcp = TcpStream::connect((self.host.trim_matches(['[', ']']), self.port))
            .await
            .map_err(|source| self.tcp_error(source))?;
        tcp.set_nodelay(true).map_err(|source| self.tcp_error(source))?;
        keep_alive(&tcp).map_err(|source| self.tcp_error(source.into()))?;
        let peer = tcp.peer_addr().map_err(|source| self.tcp_error(source))?;
        self.refuse_unprotected(peer.ip().is_loopback())?;
        match self.security {
            Security::Tls => self.protect(tcp).await,
            Security::StartTls | Security::Plain => Ok(WireStream::Plain(tcp)),
        }
    }

    /// Makes a TLS line of a plain one.
    pub(crate) async fn protect(&self, tcp: TcpStream) -> Result<WireStream, ConnectError> {
        let name = self.host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(|error| self.setup_error(&error))?;
        let config = self.client_config()?;
        TlsConnector::from(Arc::new(config))
            .connect(name, tcp)
            .await
            .map(|stream| WireStream::Tls(Box::new(stream)))
            .map_err(|source| ConnectError::Handshake {
                host: self.host.clone(),
                source,
            })
    }

    fn client_config(&self) -> Result<ClientConfig, ConnectError> {
        let mut roots = SYSTEM_AUTHORITIES.clone();
        if let Some(file) = &self.ca_file {
            trust_file(&mut roots, file).map_err(|reason| ConnectError::Authorities {
                file: file.clone(),
                reason,
            })?;
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| self.setup_error(&error))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(config)
    }

    /// `loopback`: whether what is known of the server so far says that it is this machine.
    fn refuse_unprotected(&self, loopback: bool) -> Result<(), ConnectError> {
        if self.security == Security::Plain && !loopback {
            return Err(ConnectError::Unprotected {
                host: self.host.clone(),
            });
        }
        Ok(())
    }

    fn tcp_error(&self, source: io::Error) -> ConnectError {
        ConnectError::Tcp {
            host: self.host.clone(),
            port: self.port,
            source,
        }
    }

    fn setup_error(&self, error: &dyn std::error::Error) -> ConnectError {
        ConnectError::Setup {
            host: self.host.clone(),
            reason: error.to_string(),
        }
    }
}

/// Has the system ask a silent peer whether it is still there, so that a line that a firewall has forgotten ends in
/// minutes and not in hours.
fn keep_alive(tcp: &TcpStream) -> rustix::io::Result<()> {
    sockopt::set_socket_keepalive(tcp, true)?;
    sockopt::set_tcp_keepidle(tcp, KEEPALIVE_AFTER)?;
    sockopt::set_tcp_keepintvl(tcp, KEEPALIVE_EVERY)?;
    sockopt::set_tcp_keepcnt(tcp, KEEPALIVE_TRIES)
}

fn trust_file(roots: &mut RootCertStore, file: &Path) -> Result<(), String> {
    let pem = std::fs::read(file).map_err(|error| error.to_string())?;
    let mut found = false;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
        found = true;
    }
    if found {
        Ok(())
    } else {
        Err("it holds no certificate".to_owned())
    }
}

fn is_loopback_name(host: &str) -> bool {
    let host = host.trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// An open line, protected or (on loopback, or before STARTTLS) plain.
#[derive(Debug)]
pub enum WireStream {
    /// Bare TCP.
    Plain(TcpStream),
    /// TLS over TCP.
    Tls(Box<TlsStream<TcpStream>>),
}

impl WireStream {
    /// Address and port of the server.
    pub(crate) fn peer_addr(&self) -> io::Result<std::net::SocketAddr> {
        match self {
            Self::Plain(tcp) => tcp.peer_addr(),
            Self::Tls(stream) => stream.get_ref().0.peer_addr(),
        }
    }
}

impl AsyncRead for WireStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for WireStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(host: &str, security: Security) -> Endpoint {
        Endpoint {
            host: host.to_owned(),
            port: 9,
            security,
            ca_file: None,
        }
    }

    #[tokio::test]
    async fn an_unprotected_line_to_another_machine_is_refused_before_a_byte_is_sent() {
        let refused = endpoint("mail.desk.example", Security::Plain).open().await;
        assert!(matches!(refused, Err(ConnectError::Unprotected { .. })));
    }

    #[tokio::test]
    async fn a_silent_peer_is_asked_after_a_minute_whether_it_is_there() {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let endpoint = Endpoint {
            port,
            ..endpoint("127.0.0.1", Security::Plain)
        };
        let Ok(WireStream::Plain(tcp)) = endpoint.open().await else {
            panic!("the line was not opened");
        };
        assert!(sockopt::socket_keepalive(&tcp).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&tcp).unwrap(), Duration::from_mins(1));
    }

    #[test]
    fn loopback_is_known_by_name_and_by_number() {
        assert!(
            ["localhost", "127.0.0.1", "::1", "[::1]"]
                .into_iter()
                .all(is_loopback_name)
        );
        assert!(
            !["localhost.desk.example", "10.0.0.1", "127.desk.example"]
                .into_iter()
                .any(is_loopback_name)
        );
    }

    #[test]
    fn a_file_without_certificates_is_named_in_the_error() {
        let mut endpoint = endpoint("localhost", Security::Tls);
        let file = tempfile::NamedTempFile::new().unwrap();
        endpoint.ca_file = Some(file.path().to_owned());
        let error = endpoint.client_config().unwrap_err().to_string();
        assert!(
            error.contains(file.path().to_str().unwrap()) && error.ends_with("no certificate"),
            "{error}"
        );
    }

    #[test]
    fn the_kinds_of_protection_are_written_as_in_the_configuration() {
        assert_eq!("starttls".parse(), Ok(Security::StartTls));
    }
}
