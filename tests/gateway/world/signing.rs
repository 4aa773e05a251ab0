//! Keys made in the test, and mails really signed with them.

use std::io::Write;
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use mail_auth::common::crypto::{Algorithm, Ed25519Key, Sha1, Sha256, SigningKey};
use mail_auth::common::headers::{HeaderWriter, Writable};
use mail_auth::dkim::DkimSigner;

/// The fields every honest signature here covers.
pub(crate) const HONEST: &[&str] = &["From", "To", "Subject", "Date", "Message-ID", "Content-Type"];

/// A key pair of a signing server.
pub(crate) struct Key {
    pkcs8: Vec<u8>,
}

impl Key {
    /// A fresh Ed25519 key.
    pub(crate) fn new() -> Self {
        Self {
            pkcs8: Ed25519Key::generate_pkcs8().unwrap(),
        }
    }

    fn signing(&self) -> Ed25519Key {
        Ed25519Key::from_pkcs8_der(&self.pkcs8).unwrap()
    }

    /// Its record in DNS.
    pub(crate) fn record(&self) -> String {
        format!(
            "v=DKIM1; k=ed25519; p={}",
            BASE64.encode(&self.signing().public_key())
        )
    }

    /// The mail with an honest signature of that domain, selector `s1`.
    pub(crate) fn signs(&self, domain: &str, mail: &str) -> String {
        self.signs_with(domain, mail, HONEST, |signer| signer)
    }

    /// The same with a signature that covers the thread too.
    pub(crate) fn signs_threads(&self, domain: &str, mail: &str) -> String {
        let fields = [HONEST, &["In-Reply-To", "References"]].concat();
        self.signs_with(domain, mail, &fields, |signer| signer)
    }

    /// The same under another selector.
    pub(crate) fn signs_as(&self, selector: &str, domain: &str, mail: &str) -> String {
        let signer = DkimSigner::from_key(self.signing())
            .domain(domain)
            .selector(selector);
        let signature = signer
            .headers(HONEST.iter().copied())
            .sign(mail.as_bytes())
            .unwrap();
        format!("{}{mail}", signature.to_header())
    }

    /// The same with a signature that was to count for a second in 1970. The library signs for now alone, so
    /// this one is put together by hand around the library's own canonical form.
    pub(crate) fn signs_long_ago(&self, domain: &str, mail: &str) -> String {
        let today = self.signs(domain, mail);
        let bh = today.split("bh=").nth(1).unwrap().split(';').next().unwrap();
        let bh: String = bh.split_whitespace().collect();
        let written = |b: &str| {
            format!(
                "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d={domain}; s=s1; t=999; x=1000;\r\n\t\
                 h={}; bh={bh};\r\n\tb={b}\r\n{mail}",
                HONEST.join(":")
            )
        };
        let blank = written("AAAA");
        let message = mail_auth::AuthenticatedMessage::parse(blank.as_bytes()).unwrap();
        let runtime = futures_util::future::FutureExt::now_or_never(message.get_canonicalized_header());
        let canonical = runtime.unwrap().unwrap();
        written(&BASE64.encode(&self.signing().sign(canonical.as_slice()).unwrap()))
    }

    /// The same over other fields and with other tags.
    pub(crate) fn signs_with(
        &self,
        domain: &str,
        mail: &str,
        fields: &[&str],
        tags: impl FnOnce(
            DkimSigner<Ed25519Key, mail_auth::dkim::Done>,
        ) -> DkimSigner<Ed25519Key, mail_auth::dkim::Done>,
    ) -> String {
        let signer = DkimSigner::from_key(self.signing())
            .domain(domain)
            .selector("s1")
            .headers(fields.iter().copied());
        let signature = tags(signer).sign(mail.as_bytes()).unwrap();
        format!("{}{mail}", signature.to_header())
    }
}

/// An RSA key of the openssl program, which signs what modern libraries refuse to.
pub(crate) struct OldKey {
    folder: tempfile::TempDir,
    digest: &'static str,
}

impl OldKey {
    /// A fresh key of so many bits, signing with that digest.
    pub(crate) fn new(bits: u32, digest: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("key.pem");
        let made = Command::new("openssl")
            .args(["genrsa", "-out", key.to_str().unwrap(), &bits.to_string()])
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success());
        Self { folder, digest }
    }

    fn openssl(&self, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let mut child = Command::new("openssl")
            .args(arguments)
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        let done = child.wait_with_output().unwrap();
        assert!(
            done.status.success() && !done.stdout.is_empty(),
            "openssl {arguments:?}"
        );
        done.stdout
    }

    /// Its record in DNS.
    pub(crate) fn record(&self) -> String {
        let public = self.openssl(&["rsa", "-in", "key.pem", "-pubout", "-outform", "DER"], b"");
        format!("v=DKIM1; k=rsa; p={}", BASE64.encode(&public))
    }

    /// The mail with an honest signature of that domain, selector `s1`.
    pub(crate) fn signs(&self, domain: &str, mail: &str) -> String {
        let signature = if self.digest == "sha1" {
            let signer = DkimSigner::from_key(Sha1Signer(self))
                .domain(domain)
                .selector("s1");
            signer.headers(HONEST.iter().copied()).sign(mail.as_bytes())
        } else {
            let signer = DkimSigner::from_key(Sha256Signer(self))
                .domain(domain)
                .selector("s1");
            signer.headers(HONEST.iter().copied()).sign(mail.as_bytes())
        };
        format!("{}{mail}", signature.unwrap().to_header())
    }

    fn sign(&self, input: impl Writable) -> Vec<u8> {
        let mut bytes = Vec::new();
        input.write(&mut bytes);
        self.openssl(
            &["dgst", &format!("-{}", self.digest), "-sign", "key.pem"],
            &bytes,
        )
    }
}

struct Sha1Signer<'a>(&'a OldKey);
struct Sha256Signer<'a>(&'a OldKey);

impl SigningKey for Sha1Signer<'_> {
    type Hasher = Sha1;

    fn sign(&self, input: impl Writable) -> mail_auth::Result<Vec<u8>> {
        Ok(self.0.sign(input))
    }

    fn algorithm(&self) -> Algorithm {
        Algorithm::RsaSha1
    }
}

impl SigningKey for Sha256Signer<'_> {
    type Hasher = Sha256;

    fn sign(&self, input: impl Writable) -> mail_auth::Result<Vec<u8>> {
        Ok(self.0.sign(input))
    }

    fn algorithm(&self) -> Algorithm {
        Algorithm::RsaSha256
    }
}
