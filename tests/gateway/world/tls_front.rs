//! A TLS front before a scripted server, with a certificate of an authority of its own.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What is said in plain text before TLS begins: each line of the client gets the next answer, the last of
/// which is the answer to STARTTLS.
pub(crate) type Preface = &'static [&'static str];

/// The preface of an SMTP server (RFC 3207).
pub(crate) const SMTP: Preface = &[
    "220 submission.desk.example\r\n",
    "250-submission.desk.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n",
    "220 go on\r\n",
];
/// The preface of an IMAP server (RFC 9051 §6.2.1); async-imap begins with this tag.
pub(crate) const IMAP: Preface = &["* OK ready\r\n", "A0001 OK go on\r\n"];

/// The front; it ends with its value.
#[derive(Debug)]
pub(crate) struct TlsFront {
    port: u16,
    authority: tempfile::NamedTempFile,
    serving: JoinHandle<()>,
}

impl TlsFront {
    /// TLS from the first octet where the preface is empty.
    pub(crate) async fn start(target_port: u16, preface: Preface) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (acceptor, authority) = acceptor();
        let serving = tokio::spawn(async move {
            let mut clients = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                clients.spawn(async move {
                    // A client that breaks off is part of many stories.
                    let _ = carry(client, acceptor, target_port, preface).await;
                });
            }
        });
        Self {
            port,
            authority,
            serving,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The PEM file of the authority to trust.
    pub(crate) fn ca_file(&self) -> PathBuf {
        self.authority.path().to_owned()
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn carry(
    client: TcpStream,
    acceptor: TlsAcceptor,
    target_port: u16,
    preface: Preface,
) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    for (before, answer) in preface.iter().enumerate() {
        if before > 0 {
            client.read_line(&mut String::new()).await?;
        }
        client.write_all(answer.as_bytes()).await?;
    }
    let mut client = acceptor.accept(client.into_inner()).await?;
    let mut server = BufReader::new(TcpStream::connect(("127.0.0.1", target_port)).await?);
    if !preface.is_empty() {
        // The client was greeted already.
        server.read_line(&mut String::new()).await?;
    }
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

fn acceptor() -> (TlsAcceptor, tempfile::NamedTempFile) {
    let mut authority = CertificateParams::new([]).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(authority_certificate.pem().as_bytes()).unwrap();

    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = server
        .signed_by(&key, &Issuer::new(authority, authority_key))
        .unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
    (TlsAcceptor::from(Arc::new(config)), file)
}
