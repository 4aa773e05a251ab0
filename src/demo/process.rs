//! Stage: demo. One server in the foreground of its own process group, ended exactly and completely.

use crate::demo::account::Account;
use crate::demo::leash::Leash;
use crate::demo::ports::wait_until;
use anyhow::Context as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How long a server may take to leave after its signal before its process group is killed.
const GRACE: Duration = Duration::from_secs(3);

/// A running server that did not detach itself. Dropping it ends it.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    signal: &'static str,
    _leash: Leash,
}

impl ServerProcess {
    /// Starts `command` under `account`, in a process group of its own so that a Ctrl-C reaches the demo and not
    /// its servers. `signal` is what ends the server in good order; `folder` goes when this process does.
    pub fn spawn(
        mut command: Command,
        account: &Account,
        signal: &'static str,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        account.lend_to(&mut command)?;
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .current_dir(folder)
            .stdin(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {program}; `make deb-packages` installs it"))?;
        match Leash::tie(child.id(), signal, folder) {
            Ok(leash) => Ok(Self {
                child,
                signal,
                _leash: leash,
            }),
            Err(error) => {
                end(&mut child, signal);
                Err(error)
            }
        }
    }

    /// Process id of the server's first process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the server has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        end(&mut self.child, self.signal);
    }
}

/// Signals the server, waits for it, and kills what is left of its process group.
fn end(child: &mut Child, signal: &str) {
    let pid = child.id().to_string();
    if matches!(child.try_wait(), Ok(None)) {
        send(signal, &pid);
        wait_until(GRACE, || !matches!(child.try_wait(), Ok(None)));
    }
    send("KILL", &format!("-{pid}"));
    let _killed = child.kill();
    let _status = child.wait();
}

/// Sends one signal by kill(1): the standard library can only send KILL, and only to its own child. A target that
/// is gone already is as good as one that was reached.
fn send(signal: &str, target: &str) {
    let _status = Command::new("kill")
        .args(["-s", signal, "--", target])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}
