//! Stage: demo. A private Postfix: in come the demo's domains and a Dovecot's ports, out come two SMTP ports.
//!
//! The *border* port takes mail from outside for the demo's domains. The *submission* port takes mail from logins
//! that Dovecot knows, and says so in a topmost `Authentication-Results`. Mail for the demo's domains goes to
//! Dovecot over LMTP; no mail ever leaves the machine. Postfix must start as root, by `sudo -n` where need be.

use crate::demo::account::{as_root, fresh_folder};
use crate::demo::leash::Leash;
use crate::demo::ports::{ATTEMPTS, free_port, wait_until};
use crate::demo::postfix_config::{Plan, render};
use anyhow::{Context as _, ensure};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Where Debian keeps Postfix's daemons. The `postfix` command would first inspect the whole installation, which
/// takes longer than everything else together; `master -w` starts at once and still reports a port in use.
const MASTER: &str = "/usr/lib/postfix/sbin/master";

/// How long Postfix may take to leave after its signal before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// Makes the folders that Postfix wants to find, with the owners it insists on. Argument: the server's folder.
const MAKE_FOLDERS: &str = r#"
set -e
cd "$1"
install -d -m 755 queue queue/pid
install -d -m 700 -o postfix data
for part in active bounce corrupt defer deferred flush hold incoming maildrop private public saved trace; do
    install -d -m 700 -o postfix "queue/$part"
done
"#;

/// What a private Postfix serves and whom it delivers to.
#[derive(Debug, Clone)]
pub struct PostfixOptions {
    /// Its name in `Authentication-Results` (RFC 8601 §2.5) and in greetings, such as `mx.desk.example`.
    pub authserv_id: String,
    /// The domains it accepts mail for; every local part exists.
    pub domains: Vec<String>,
    /// The login (an address) that may send as any address of its own domain; everyone else only as themselves.
    pub desk_login: String,
    /// The loopback port of Dovecot's LMTP.
    pub lmtp_port: u16,
    /// The loopback port of Dovecot's authentication service.
    pub auth_port: u16,
}

/// A running Postfix. Dropping it ends it and removes its folder with every queued mail.
#[derive(Debug)]
pub struct Postfix {
    border_port: u16,
    submission_port: u16,
    master: u32,
    leash: Option<Leash>,
    folder: TempDir,
}

impl Postfix {
    /// Starts a Postfix; both ports accept connections when this returns.
    pub fn start(options: &PostfixOptions) -> anyhow::Result<Self> {
        check(options)?;
        ensure!(
            Path::new(MASTER).is_file(),
            "Postfix is not installed ({MASTER} is missing); `make deb-packages` installs it"
        );
        let folder = fresh_folder("postfix")?;
        fs::create_dir(folder.path().join("conf"))?;
        let mut make = as_root("sh")?;
        make.args(["-c", MAKE_FOLDERS, "folders"]).arg(folder.path());
        run(make)
            .context("Postfix needs root: start this as root, or as a user whose sudo asks no password")?;
        let mut attempt = 1;
        let (border_port, submission_port) = loop {
            let ports = (free_port()?, free_port()?);
            match launch(options, folder.path(), ports) {
                Ok(()) => break ports,
                Err(error) if attempt == ATTEMPTS => return Err(error),
                Err(_taken) => attempt += 1,
            }
        };
        let mut postfix = Self {
            border_port,
            submission_port,
            master: 0,
            leash: None,
            folder,
        };
        postfix.master = postfix.find_master()?;
        postfix.leash = Some(Leash::tie_as_root(postfix.master, "TERM", postfix.folder.path())?);
        Ok(postfix)
    }

    /// The port that takes mail from outside, without a password.
    pub fn border_port(&self) -> u16 {
        self.border_port
    }

    /// The port that takes mail from those who log in (AUTH PLAIN or LOGIN, without TLS).
    pub fn submission_port(&self) -> u16 {
        self.submission_port
    }

    /// What Postfix has logged so far.
    pub fn log(&self) -> String {
        read_log(self.folder.path())
    }

    /// The process id that Postfix wrote down, read as root, since only root may.
    fn find_master(&self) -> anyhow::Result<u32> {
        let mut read = as_root("cat")?;
        read.arg(self.folder.path().join("queue/pid/master.pid"));
        run(read)?.trim().parse().context("Postfix wrote no process id")
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if self.master != 0 {
            let gone = Path::new("/proc").join(self.master.to_string());
            send("TERM", &self.master.to_string());
            wait_until(GRACE, || !gone.exists());
            // Its daemons share the process group that master made for itself.
            send("KILL", &format!("-{}", self.master));
        }
        self.leash = None;
        if let Ok(mut remove) = as_root("rm") {
            remove
                .arg("-rf")
                .arg(self.folder.path().join("queue"))
                .arg(self.folder.path().join("data"));
            let _left = run(remove);
        }
    }
}

/// Refuses what would change the meaning of the configuration's tables.
fn check(options: &PostfixOptions) -> anyhow::Result<()> {
    let hosts = options.domains.iter().chain([&options.authserv_id]);
    for host in hosts {
        let plain = !host.is_empty()
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
        ensure!(plain, "{host:?} is not a host name");
    }
    let login = &options.desk_login;
    let plain = login
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@'));
    ensure!(plain && login.contains('@'), "{login:?} is not a plain address");
    Ok(())
}

fn launch(options: &PostfixOptions, folder: &Path, ports: (u16, u16)) -> anyhow::Result<()> {
    let stamp = format!("X-Login-{:032x}", rand::random::<u128>());
    let (border_port, submission_port) = ports;
    let plan = Plan {
        folder,
        options,
        border_port,
        submission_port,
        stamp: &stamp,
    };
    let conf = folder.join("conf");
    for (name, text) in render(&plan) {
        fs::write(conf.join(name), text)?;
    }
    let mut master = as_root(MASTER)?;
    master.arg("-c").arg(&conf).arg("-w");
    let status = master
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cannot start Postfix")?;
    ensure!(
        status.success(),
        "Postfix did not start; its log says:\n{}",
        read_log(folder)
    );
    Ok(())
}

fn read_log(folder: &Path) -> String {
    let Ok(mut read) = as_root("cat") else {
        return String::new();
    };
    read.arg(folder.join("postfix.log"));
    run(read).unwrap_or_default()
}

/// Signals by kill(1) as root. A target that is gone already is as good as one that was reached.
fn send(signal: &str, target: &str) {
    if let Ok(mut kill) = as_root("kill") {
        kill.args(["-s", signal, "--", target]);
        let _gone = run(kill);
    }
}

/// Runs a command to its end; gives its standard output, or its standard error as the error.
fn run(mut command: Command) -> anyhow::Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .context("cannot start sudo")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim_end().to_owned()
    );
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
