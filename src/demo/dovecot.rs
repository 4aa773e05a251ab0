//! Stage: demo. A private Dovecot: in come a password and what to serve, out come ports on 127.0.0.1.
//!
//! Any user logs in with the one password; mailboxes are Maildirs in the server's own temporary folder.

use crate::demo::account::{Account, fresh_folder};
use crate::demo::dovecot_config::{Plan, render};
use crate::demo::maildir::{MaildirRoot, make_folder};
use crate::demo::ports::{ATTEMPTS, free_port, greeting, wait_until};
use crate::demo::process::ServerProcess;
use anyhow::{Context as _, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// How long Dovecot may take until it greets; it needs about a tenth of a second on an idle machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where Debian puts the program; `/usr/sbin` is not on every user's path.
const PROGRAM: &str = "/usr/sbin/dovecot";

/// What a private Dovecot serves, beside IMAP without TLS.
#[derive(Debug, Clone, Default)]
pub struct DovecotOptions {
    /// The password of every user: ASCII letters and digits.
    pub password: String,
    /// Serve IMAP over TLS too, with this certificate.
    pub tls: Option<Certificate>,
    /// Serve LMTP on a loopback port, for Postfix to deliver to.
    pub lmtp: bool,
    /// Serve Dovecot's authentication protocol on a loopback port, for Postfix to ask.
    pub auth: bool,
}

/// A TLS certificate chain and its private key, both as PEM text.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The chain, the server's own certificate first.
    pub chain_pem: String,
    /// Its private key.
    pub key_pem: String,
}

/// The ports of one Dovecot, all on 127.0.0.1.
#[derive(Debug, Clone, Copy)]
struct Ports {
    imap: u16,
    imaps: Option<u16>,
    lmtp: Option<u16>,
    auth: Option<u16>,
}

/// A running Dovecot. Dropping it ends it and removes its folder.
#[derive(Debug)]
pub struct Dovecot {
    server: Option<ServerProcess>,
    account: Account,
    options: DovecotOptions,
    ports: Ports,
    maildirs: MaildirRoot,
    folder: TempDir,
}

impl Dovecot {
    /// Starts a Dovecot and waits until it greets on its IMAP port.
    pub fn start(options: DovecotOptions) -> anyhow::Result<Self> {
        let plain =
            !options.password.is_empty() && options.password.chars().all(|c| c.is_ascii_alphanumeric());
        ensure!(plain, "the demo's password must be ASCII letters and digits");
        let account = Account::for_servers()?;
        let folder = fresh_folder("dovecot")?;
        account.own(folder.path())?;
        make_folder(&folder.path().join("run"), &account)?;
        write_certificate(folder.path(), options.tls.as_ref(), &account)?;
        let maildirs = MaildirRoot::create(folder.path().join("mail"), account.clone())?;
        let ports = Ports::find(&options)?;
        let mut dovecot = Self {
            server: None,
            account,
            options,
            ports,
            maildirs,
            folder,
        };
        for _attempt in 1..ATTEMPTS {
            if dovecot.launch().is_ok() {
                return Ok(dovecot);
            }
            dovecot.ports = Ports::find(&dovecot.options)?;
        }
        dovecot.launch()?;
        Ok(dovecot)
    }

    /// The port that serves IMAP without TLS.
    pub fn imap_port(&self) -> u16 {
        self.ports.imap
    }

    /// The port that serves IMAP over TLS, if a certificate was given.
    pub fn imaps_port(&self) -> Option<u16> {
        self.ports.imaps
    }

    /// The port that serves LMTP, if asked for.
    pub fn lmtp_port(&self) -> Option<u16> {
        self.ports.lmtp
    }

    /// The port that answers Postfix's questions about passwords, if asked for.
    pub fn auth_port(&self) -> Option<u16> {
        self.ports.auth
    }

    /// The password every user logs in with.
    pub fn password(&self) -> &str {
        &self.options.password
    }

    /// Puts one mail into the INBOX of `user` (the login name, lower case) as a delivery agent would.
    pub fn deliver(&self, user: &str, mail: &[u8]) -> anyhow::Result<()> {
        self.maildirs.deliver(user, mail)
    }

    /// The raw mails in a user's folder, read and unread, oldest first.
    pub fn mails(&self, user: &str, folder: &str) -> anyhow::Result<Vec<Vec<u8>>> {
        self.maildirs.mails(user, folder)
    }

    /// Where the Maildir of a user's folder lies on disk.
    pub fn maildir(&self, user: &str, folder: &str) -> anyhow::Result<PathBuf> {
        self.maildirs.folder(user, folder)
    }

    /// Ends the server and cuts its connections; the mails and the ports stay reserved for
    /// [`Dovecot::restart_on_same_port`].
    pub fn stop(&mut self) {
        self.server = None;
    }

    /// Starts the server again, on the same ports and with the same mails; stops it first where it still runs.
    pub fn restart_on_same_port(&mut self) -> anyhow::Result<()> {
        self.stop();
        self.launch()
    }

    /// What Dovecot has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("dovecot.log")).unwrap_or_default()
    }

    fn launch(&mut self) -> anyhow::Result<()> {
        let config = self.folder.path().join("dovecot.conf");
        fs::write(&config, render(&self.plan()))?;
        let mut command = Command::new(PROGRAM);
        // Dovecot's own environment is clean: a MAIL or HOME of the caller must not reach it.
        command
            .arg("-F")
            .arg("-c")
            .arg(&config)
            .env_clear()
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut server = ServerProcess::spawn(command, &self.account, "TERM", self.folder.path())?;
        let mut greeted = false;
        wait_until(PATIENCE, || {
            greeted = greeting(self.ports.imap, PATIENCE).is_some_and(|said| said.starts_with(b"* OK"));
            greeted || server.has_ended()
        });
        if !greeted || server.has_ended() {
            bail!(
                "Dovecot did not start on 127.0.0.1:{}; its log says:\n{}",
                self.ports.imap,
                self.log()
            );
        }
        self.server = Some(server);
        Ok(())
    }

    fn plan(&self) -> Plan<'_> {
        Plan {
            folder: self.folder.path(),
            account: &self.account,
            password: &self.options.password,
            imap_port: self.ports.imap,
            imaps_port: self.ports.imaps,
            lmtp_port: self.ports.lmtp,
            auth_port: self.ports.auth,
        }
    }
}

impl Ports {
    fn find(options: &DovecotOptions) -> anyhow::Result<Self> {
        Ok(Self {
            imap: free_port()?,
            imaps: options.tls.as_ref().map(|_| free_port()).transpose()?,
            lmtp: options.lmtp.then(free_port).transpose()?,
            auth: options.auth.then(free_port).transpose()?,
        })
    }
}

fn write_certificate(
    folder: &Path,
    certificate: Option<&Certificate>,
    account: &Account,
) -> anyhow::Result<()> {
    let Some(certificate) = certificate else {
        return Ok(());
    };
    for (name, pem) in [
        ("cert.pem", &certificate.chain_pem),
        ("key.pem", &certificate.key_pem),
    ] {
        let path = folder.join(name);
        fs::write(&path, pem).with_context(|| format!("cannot write {}", path.display()))?;
        account.own(&path)?;
    }
    Ok(())
}
