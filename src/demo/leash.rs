//! Stage: demo. Ends a server and removes its folder when the process that started it is gone.
//!
//! A small shell waits on a pipe whose other end this process holds. The kernel closes that end whatever ends the
//! process: an exit with a server in a static, a panic, `kill -9`. The shell then stops the server and cleans up.
//! A server that was stopped in the ordinary way lets go of its leash first.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::Context as _;

use super::postfix::as_root;

/// Arguments: signal, process id, folder. It reads one word; only a closed pipe means that the holder is gone.
/// The signal is given five seconds, then the server's whole process group is killed.
const WATCH: &str = r#"
if read -r word; then exit 0; fi
kill -s "$1" "$2" 2>/dev/null
left=50
while kill -0 "$2" 2>/dev/null && [ "$left" -gt 0 ]; do sleep 0.1; left=$((left - 1)); done
kill -s KILL -- "-$2" 2>/dev/null
rm -rf -- "$3"
"#;

/// The line between this process and one server.
#[derive(Debug)]
pub(super) struct Leash {
    watcher: Child,
}

impl Leash {
    /// Ties the process `pid`, which runs under this process's own account or `nobody`, to this process: should
    /// this process end first, `pid` gets `signal` (a name as kill(1) takes it) and `folder` is removed.
    pub(super) fn tie(pid: u32, signal: &str, folder: &Path) -> anyhow::Result<Self> {
        Self::watch(Command::new("sh"), pid, signal, folder)
    }

    /// As [`Leash::tie`], for a server that runs as root even where this process does not.
    pub(super) fn tie_as_root(pid: u32, signal: &str, folder: &Path) -> anyhow::Result<Self> {
        Self::watch(as_root("sh")?, pid, signal, folder)
    }

    fn watch(mut shell: Command, pid: u32, signal: &str, folder: &Path) -> anyhow::Result<Self> {
        let watcher = shell
            .args(["-c", WATCH, "leash", signal, &pid.to_string()])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A Ctrl-C at the terminal goes to the whole foreground group; the watcher must outlive it.
            .process_group(0)
            .spawn()
            .context("cannot start sh")?;
        Ok(Self { watcher })
    }
}

impl Drop for Leash {
    /// Lets go: the watcher leaves without touching anything.
    fn drop(&mut self) {
        if let Some(mut pipe) = self.watcher.stdin.take() {
            // A watcher that is gone already needs no telling.
            let _gone = pipe.write_all(b"leave\n");
        }
        let _status = self.watcher.wait();
    }
}
