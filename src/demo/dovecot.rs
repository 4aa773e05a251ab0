//! A private Dovecot on loopback: IMAP, LMTP, and the sign-in service that Postfix asks.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::SystemTime;

use anyhow::Context;

use super::leash::Leash;
use super::process::{
    end, find_program, free_port, give_to_servers, server_account, server_command, server_folder,
    wait_for_port,
};

/// How access tokens sign in.
#[derive(Debug, Clone)]
pub struct TokenLogin {
    /// The address that tells what a token is good for, up to the token itself; of one that is good it tells
    /// the `email` and `"active": "true"`.
    pub tokeninfo_url: String,
    /// SASL mechanisms, such as `xoauth2 oauthbearer`.
    pub mechanisms: String,
}

/// A running Dovecot; dropped, it ends and its folder is removed.
#[derive(Debug)]
pub struct Dovecot {
    folder: tempfile::TempDir,
    child: Option<Child>,
    leash: Option<Leash>,
    imap_port: u16,
    lmtp_port: u16,
    auth_port: u16,
    tls_port: Option<u16>,
    password: String,
    tokens: Option<TokenLogin>,
    delivered: std::sync::atomic::AtomicU64,
}

/// How often a server is started: between its being found free and its being taken, somebody else may take a port.
const STARTS: u32 = 3;

impl Dovecot {
    /// Starts one; every user `name@domain` signs in with the password.
    pub fn start(password: &str) -> anyhow::Result<Self> {
        Self::start_serving(password, None, None)
    }

    /// The same with IMAP over TLS beside, from a certificate and its key in PEM.
    pub fn start_with(password: &str, certificate: Option<(&str, &str)>) -> anyhow::Result<Self> {
        Self::start_serving(password, certificate, None)
    }

    /// The same with access tokens beside passwords.
    pub fn start_with_tokens(password: &str, tokens: TokenLogin) -> anyhow::Result<Self> {
        Self::start_serving(password, None, Some(tokens))
    }

    fn start_serving(
        password: &str,
        certificate: Option<(&str, &str)>,
        tokens: Option<TokenLogin>,
    ) -> anyhow::Result<Self> {
        let mut server = Self {
            folder: server_folder("madoguchi-dovecot-")?,
            child: None,
            leash: None,
            imap_port: free_port()?,
            lmtp_port: free_port()?,
            auth_port: free_port()?,
            tls_port: certificate.map(|_| free_port()).transpose()?,
            password: password.to_owned(),
            tokens,
            delivered: std::sync::atomic::AtomicU64::new(0),
        };
        if let Some((certificate, key)) = certificate {
            for (name, text) in [("cert.pem", certificate), ("key.pem", key)] {
                std::fs::write(server.path(name), text)?;
                give_to_servers(&server.path(name))?;
            }
        }
        if let Some(tokens) = &server.tokens {
            let text = format!(
                "tokeninfo_url = {}\nusername_attribute = email\nactive_attribute = active\nactive_value = true\n",
                tokens.tokeninfo_url
            );
            std::fs::write(server.path("oauth2.conf"), text)?;
            give_to_servers(&server.path("oauth2.conf"))?;
        }
        for _ in 1..STARTS {
            match server.begin() {
                Err(error) if format!("{error:#}").contains("Address already in use") => {
                    server.down();
                    server.take_other_ports()?;
                }
                begun => return begun.map(|()| server),
            }
        }
        server.begin()?;
        Ok(server)
    }

    fn begin(&mut self) -> anyhow::Result<()> {
        std::fs::write(self.path("dovecot.conf"), self.configuration()?)?;
        self.up()
    }

    fn take_other_ports(&mut self) -> anyhow::Result<()> {
        self.imap_port = free_port()?;
        self.lmtp_port = free_port()?;
        self.auth_port = free_port()?;
        self.tls_port = self.tls_port.map(|_| free_port()).transpose()?;
        Ok(())
    }

    /// Starts the server again on the same ports, with the same mail.
    pub fn up(&mut self) -> anyhow::Result<()> {
        let program = find_program(&["/usr/sbin/dovecot"], "dovecot-imapd")?;
        let mut child = server_command(&program)
            .arg("-F")
            .arg("-c")
            .arg(self.path("dovecot.conf"))
            .spawn()
            .context("dovecot cannot be started")?;
        self.leash = Some(Leash::tie(child.id(), "TERM", self.folder.path())?);
        let ready = wait_for_port(self.imap_port, &mut child, "dovecot")
            .with_context(|| std::fs::read_to_string(self.path("dovecot.log")).unwrap_or_default());
        self.child = Some(child);
        ready
    }

    /// Ends the server; mail and ports stay reserved for [`up`](Self::up).
    pub fn down(&mut self) {
        drop(self.leash.take());
        if let Some(mut child) = self.child.take() {
            end(&mut child, false);
        }
    }

    /// Port of plain IMAP.
    pub fn imap_port(&self) -> u16 {
        self.imap_port
    }

    /// Port of IMAP over TLS, where a certificate was given.
    pub fn tls_port(&self) -> Option<u16> {
        self.tls_port
    }

    /// Port of LMTP.
    pub fn lmtp_port(&self) -> u16 {
        self.lmtp_port
    }

    /// Port of the sign-in service.
    pub fn auth_port(&self) -> u16 {
        self.auth_port
    }

    /// Lays a mail into a user's inbox, as a delivery agent would: written aside, then renamed.
    pub fn deliver(&self, user: &str, raw: &[u8]) -> anyhow::Result<()> {
        self.lay(user, raw, None)
    }

    /// The same at another instant, which the server then tells as INTERNALDATE.
    pub fn deliver_at(&self, user: &str, raw: &[u8], at: SystemTime) -> anyhow::Result<()> {
        self.lay(user, raw, Some(at))
    }

    fn lay(&self, user: &str, raw: &[u8], at: Option<SystemTime>) -> anyhow::Result<()> {
        let inbox = self.maildir(user, "INBOX");
        for sub in ["", "tmp", "new", "cur"] {
            let path = inbox.join(sub);
            std::fs::create_dir_all(&path)?;
            for owned in path.ancestors().take_while(|p| p.starts_with(self.folder.path())) {
                give_to_servers(owned)?;
            }
        }
        let number = self.delivered.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        // The order of names is the order of UIDs that Dovecot gives to mails it finds together.
        let name = format!(
            "{:010}.M{number:08}P{}.desk",
            1_700_000_000_u64.saturating_add(number),
            std::process::id()
        );
        let aside = inbox.join("tmp").join(&name);
        std::fs::write(&aside, raw)?;
        if let Some(at) = at {
            let file = std::fs::File::options().write(true).open(&aside)?;
            file.set_modified(at)?;
        }
        give_to_servers(&aside)?;
        std::fs::rename(&aside, inbox.join("new").join(&name))?;
        Ok(())
    }

    /// All mails of a user's folder, oldest name first.
    pub fn mails(&self, user: &str, folder: &str) -> anyhow::Result<Vec<Vec<u8>>> {
        let mut paths: Vec<PathBuf> = Vec::new();
        for sub in ["new", "cur"] {
            let Ok(entries) = std::fs::read_dir(self.maildir(user, folder).join(sub)) else {
                continue;
            };
            paths.extend(entries.flatten().map(|entry| entry.path()));
        }
        paths.sort_by_key(|path| delivered_at(path));
        // A file may be renamed by the server between listing and reading; it is listed next time.
        Ok(paths.iter().filter_map(|path| std::fs::read(path).ok()).collect())
    }

    /// The Maildir of a user's folder.
    pub fn maildir(&self, user: &str, folder: &str) -> PathBuf {
        let (name, domain) = user.split_once('@').unwrap_or((user, ""));
        let home = self
            .folder
            .path()
            .join("mail")
            .join(domain.to_lowercase())
            .join(name.to_lowercase());
        if folder == "INBOX" {
            home
        } else {
            home.join(format!(".{folder}"))
        }
    }

    /// The password all users sign in with.
    pub fn password(&self) -> &str {
        &self.password
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configuration(&self) -> anyhow::Result<String> {
        let (uid, gid) = server_account()?;
        let root = self.folder.path().display();
        let tls = match self.tls_port {
            Some(port) => format!(
                "ssl = yes\nssl_cert = <{root}/cert.pem\nssl_key = <{root}/key.pem\nservice imap-login {{\n  inet_listener imaps {{\n    address = 127.0.0.1\n    port = {port}\n    ssl = yes\n  }}\n}}\n"
            ),
            None => {
                "ssl = no\nservice imap-login {\n  inet_listener imaps {\n    port = 0\n  }\n}\n".to_owned()
            }
        };
        let (mechanisms, passdb) = match &self.tokens {
            Some(tokens) => (
                format!(" {}", tokens.mechanisms),
                format!(
                    "passdb {{\n  driver = oauth2\n  mechanisms = {}\n  args = {root}/oauth2.conf\n}}\n",
                    tokens.mechanisms
                ),
            ),
            None => (String::new(), String::new()),
        };
        let account = account_name(uid)?;
        let group = group_name(gid)?;
        Ok(format!(
            "base_dir = {root}/run\nstate_dir = {root}/state\nlog_path = {root}/dovecot.log\n\
             protocols = imap lmtp\nlisten = 127.0.0.1\n\
             default_internal_user = {account}\ndefault_internal_group = {group}\ndefault_login_user = {account}\n\
             mail_location = maildir:{root}/mail/%Ld/%Ln\nfirst_valid_uid = 1\nfirst_valid_gid = 1\n\
             disable_plaintext_auth = no\nauth_mechanisms = plain login{mechanisms}\nauth_username_format = %Lu\n\
             recipient_delimiter = +\nmail_max_userip_connections = 100\n\
             {passdb}passdb {{\n  driver = static\n  mechanisms = plain login\n  args = password={}\n}}\n\
             userdb {{\n  driver = static\n  args = uid={uid} gid={gid} home={root}/mail/%Ld/%Ln allow_all_users=yes\n}}\n\
             namespace inbox {{\n  inbox = yes\n  separator = /\n}}\n\
             service anvil {{\n  chroot =\n}}\n\
             service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {}\n  }}\n}}\n\
             service lmtp {{\n  inet_listener lmtp {{\n    address = 127.0.0.1\n    port = {}\n  }}\n}}\n\
             service auth {{\n  inet_listener {{\n    address = 127.0.0.1\n    port = {}\n  }}\n}}\n{tls}",
            self.password, self.imap_port, self.lmtp_port, self.auth_port,
        ))
    }
}

impl Drop for Dovecot {
    fn drop(&mut self) {
        self.down();
    }
}

fn account_name(uid: u32) -> anyhow::Result<String> {
    name_of(Path::new("/etc/passwd"), uid)
}

fn group_name(gid: u32) -> anyhow::Result<String> {
    name_of(Path::new("/etc/group"), gid)
}

/// The name of a number in a file of the passwd form; Dovecot wants names.
fn name_of(file: &Path, number: u32) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let wanted = number.to_string();
    text.lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.get(2) == Some(&wanted.as_str()))
        .and_then(|fields| fields.first().map(|name| (*name).to_owned()))
        .with_context(|| format!("{}: no name for {number}", file.display()))
}

/// Second, microsecond and the rest of a Maildir name (`1764079562.M4711P22.desk`), so that 4711 comes before 12345.
fn delivered_at(path: &Path) -> (u64, u64, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (second, rest) = name.split_once(".M").unwrap_or((&name, ""));
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (microsecond, rest) = rest.split_at(digits);
    let number = |text: &str| text.parse().unwrap_or_default();
    (number(second), number(microsecond), rest.to_owned())
}
