//! Processes and ports of private servers.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;

/// The unprivileged account that servers run under when we are root: they refuse root, rightly.
const NOBODY: u32 = 65534;

/// A free TCP port on loopback; taken by nobody at the moment of asking.
pub fn free_port() -> anyhow::Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("no free port on loopback")?;
    Ok(listener.local_addr()?.port())
}

/// Whether this process is root.
pub(super) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}

/// The account private servers run under, and its group.
pub(super) fn server_account() -> anyhow::Result<(u32, u32)> {
    let me = std::fs::metadata("/proc/self").context("/proc is needed to know who we are")?;
    Ok(if me.uid() == 0 {
        (NOBODY, NOBODY)
    } else {
        (me.uid(), me.gid())
    })
}

/// A new folder that the servers' account owns. It lies in the system's temporary folder, whose path is
/// short and has no spaces: socket paths are limited to 108 octets.
pub(super) fn server_folder(prefix: &str) -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new()
        .prefix(prefix)
        .tempdir_in("/tmp")
        .context("no temporary folder")?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    give_to_servers(folder.path())?;
    Ok(folder)
}

/// Gives a file or folder to the servers' account.
pub(super) fn give_to_servers(path: &Path) -> anyhow::Result<()> {
    if is_root() {
        chown(path, Some(NOBODY), Some(NOBODY)).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// A command that runs under the servers' account.
pub(super) fn server_command(program: &Path) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        command.uid(NOBODY).gid(NOBODY);
    }
    // Its own group: Ctrl-C in the terminal reaches us alone, and we stop it in order.
    command
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/");
    command
}

/// The first of these paths that exists.
pub(super) fn find_program(candidates: &[&str], package: &str) -> anyhow::Result<std::path::PathBuf> {
    candidates
        .iter()
        .map(std::path::PathBuf::from)
        .find(|path| path.exists())
        .with_context(|| {
            format!(
                "{} is not installed; `make install-debian` installs it (Debian package {package})",
                candidates.join(" or ")
            )
        })
}

/// Waits until a port of loopback answers, while the process lives.
pub(super) fn wait_for_port(port: u16, child: &mut Child, what: &str) -> anyhow::Result<()> {
    /// Far above what a start takes on a slow machine.
    const PATIENCE: Duration = Duration::from_secs(20);
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            anyhow::bail!("{what} ended at once ({status})");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    anyhow::bail!("{what} did not answer on port {port}")
}

/// Ends a process we started: asks first, then insists.
pub(super) fn end(child: &mut Child, as_root: bool) {
    end_by("-TERM", child, as_root);
}

/// Ends a PostgreSQL we started without waiting for its clients to leave.
pub(super) fn end_quickly(child: &mut Child) {
    end_by("-INT", child, false);
}

fn end_by(signal: &str, child: &mut Child, as_root: bool) {
    let pid = child.id().to_string();
    let kill = |signal: &str| {
        let mut command = if as_root && !is_root() {
            Command::new("sudo")
        } else {
            Command::new("kill")
        };
        if as_root && !is_root() {
            command.args(["-n", "kill"]);
        }
        drop(
            command
                .args([signal, &pid])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status(),
        );
    };
    kill(signal);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(5) {
        if child.try_wait().is_ok_and(|status| status.is_some()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    kill("-KILL");
    drop(child.wait());
}
