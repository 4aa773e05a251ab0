//! Debian's `smtp-sink` on a free loopback port: it accepts every mail and forgets it.

use anyhow::Context as _;
use madoguchi::demo::account::{Account, fresh_folder};
use madoguchi::demo::ports::{ATTEMPTS, free_port, greeting, wait_until};
use madoguchi::demo::process::ServerProcess;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// Where Debian's postfix package puts it.
const PROGRAM: &str = "/usr/sbin/smtp-sink";

/// How many connections may wait to be accepted.
const BACKLOG: &str = "256";

/// A running sink. Dropping it ends it.
#[derive(Debug)]
pub struct SmtpSink {
    _server: ServerProcess,
    port: u16,
    _folder: TempDir,
}

impl SmtpSink {
    /// Starts a sink and waits until it greets.
    pub fn start() -> anyhow::Result<Self> {
        let account = Account::for_servers()?;
        for _attempt in 0..ATTEMPTS {
            let folder = fresh_folder("sink")?;
            let port = free_port()?;
            let mut command = Command::new(PROGRAM);
            command
                .arg(format!("127.0.0.1:{port}"))
                .arg(BACKLOG)
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let server = ServerProcess::spawn(command, &account, "TERM", folder.path())?;
            if wait_until(Duration::from_secs(5), || {
                greeting(port, Duration::from_secs(1)).is_some()
            }) {
                return Ok(Self {
                    _server: server,
                    port,
                    _folder: folder,
                });
            }
        }
        None.context("smtp-sink did not start on 127.0.0.1")
    }

    /// The port it takes mail on.
    pub fn port(&self) -> u16 {
        self.port
    }
}
