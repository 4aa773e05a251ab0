//! Debian's `smtp-sink` on a free loopback port: it accepts every mail and forgets it.

use anyhow::Context as _;
use madoguchi::demo::free_port;
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where Debian's postfix package puts it.
const PROGRAM: &str = "/usr/sbin/smtp-sink";

/// How many connections may wait to be accepted.
const BACKLOG: &str = "256";

/// How long it may take until it accepts connections; it needs some milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// A running sink. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct SmtpSink {
    child: Child,
    port: u16,
}

impl SmtpSink {
    /// Starts a sink and waits until it accepts connections.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(PROGRAM);
        // It refuses to stay root, and knows the option only there.
        if std::fs::metadata("/proc/self")?.uid() == 0 {
            command.args(["-u", "nobody"]);
        }
        let child = command
            .args([format!("127.0.0.1:{port}"), BACKLOG.to_owned()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {PROGRAM}; `make install-debian` installs it"))?;
        let sink = Self { child, port };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            anyhow::ensure!(
                begun.elapsed() < PATIENCE,
                "smtp-sink does not answer on port {port}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(sink)
    }

    /// The port it takes mail on.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for SmtpSink {
    fn drop(&mut self) {
        // It keeps nothing that a gentler end could save.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
