//! Stage: demo. A private PostgreSQL cluster for the tests: in comes nothing, out comes a URL per database.
//!
//! Data lie in a temporary folder and are written as durably as in earnest (fsync stays on); only `initdb` skips
//! its final sync, since nothing it wrote outlives the run.

use crate::demo::account::{Account, fresh_folder};
use crate::demo::maildir::make_folder;
use crate::demo::ports::{ATTEMPTS, free_port, wait_until};
use crate::demo::process::ServerProcess;
use anyhow::{Context as _, bail, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;

/// How long the cluster may take until it accepts connections.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where Debian installs one folder per major version.
const INSTALLED: &str = "/usr/lib/postgresql";

/// The superuser of the cluster; loopback and socket connections need no password.
const SUPERUSER: &str = "postgres";

/// A running PostgreSQL. Dropping it ends it and removes its data.
#[derive(Debug)]
pub struct PrivateCluster {
    _server: ServerProcess,
    binaries: PathBuf,
    port: u16,
    folder: TempDir,
}

impl PrivateCluster {
    /// The one cluster of this process, started by the first caller; it ends with the process.
    pub fn shared() -> anyhow::Result<&'static Self> {
        static SHARED: OnceLock<Result<PrivateCluster, String>> = OnceLock::new();
        SHARED
            .get_or_init(|| Self::start().map_err(|error| format!("{error:#}")))
            .as_ref()
            .map_err(|error| anyhow::anyhow!("{error}"))
    }

    /// Makes a new cluster and waits until it accepts connections.
    pub fn start() -> anyhow::Result<Self> {
        let binaries = find_binaries(Path::new(INSTALLED))?;
        let account = Account::for_servers()?;
        let folder = fresh_folder("postgres")?;
        account.own(folder.path())?;
        make_folder(&folder.path().join("run"), &account)?;
        initialise(&binaries, &account, folder.path())?;
        let mut last = None;
        for _attempt in 0..ATTEMPTS {
            let port = free_port()?;
            match launch(&binaries, &account, folder.path(), port) {
                Ok(server) => {
                    return Ok(Self {
                        _server: server,
                        binaries,
                        port,
                        folder,
                    });
                }
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("PostgreSQL was never tried")))
    }

    /// The URL of database `name`, over loopback TCP.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}/{name}", self.port)
    }

    /// The folder of the cluster's Unix socket.
    pub fn socket_folder(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// Makes the empty database `name` (lower-case letters, digits, `_`) and gives its URL.
    pub fn create_database(&self, name: &str) -> anyhow::Result<String> {
        let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        ensure!(plain, "{name:?} cannot be the name of a database");
        let mut command = Command::new(self.binaries.join("createdb"));
        command
            .arg("-h")
            .arg(self.socket_folder())
            .args(["-p", &self.port.to_string(), "-U", SUPERUSER]);
        // template0 has no connections that would stand in the way of parallel copies.
        command.args(["-T", "template0", name]);
        run(command)?;
        Ok(self.url(name))
    }
}

/// The newest installed version's programs under `installed`.
fn find_binaries(installed: &Path) -> anyhow::Result<PathBuf> {
    let versions = fs::read_dir(installed).with_context(|| {
        format!(
            "{} is missing; `make deb-packages` installs postgresql",
            installed.display()
        )
    })?;
    let newest = versions
        .filter_map(Result::ok)
        .filter(|entry| entry.path().join("bin/initdb").is_file())
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse::<u32>().ok()?,
                entry.path().join("bin"),
            ))
        })
        .max();
    newest
        .map(|(_version, path)| path)
        .context("no PostgreSQL server; `make deb-packages` installs postgresql")
}

fn initialise(binaries: &Path, account: &Account, folder: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(binaries.join("initdb"));
    command.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
    command
        .args(["--username", SUPERUSER, "--pgdata"])
        .arg(folder.join("data"))
        .current_dir(folder);
    account.lend_to(&mut command)?;
    run(command)
}

fn launch(binaries: &Path, account: &Account, folder: &Path, port: u16) -> anyhow::Result<ServerProcess> {
    let log = folder.join("postgres.log");
    let mut command = Command::new(binaries.join("postgres"));
    command
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-p")
        .arg(port.to_string());
    let sockets = format!("unix_socket_directories={}", folder.join("run").display());
    command.args([
        "-c",
        "listen_addresses=127.0.0.1",
        "-c",
        &sockets,
        "-c",
        "max_connections=300",
    ]);
    command.stdout(Stdio::null()).stderr(fs::File::create(&log)?);
    // QUIT: at once and without a last checkpoint, for the data are removed anyway.
    let mut server = ServerProcess::spawn(command, account, "QUIT", folder)?;
    let pid_file = folder.join("data/postmaster.pid");
    // The server itself writes "ready" there once it accepts connections.
    let is_ready =
        || fs::read_to_string(&pid_file).is_ok_and(|text| text.lines().any(|l| l.trim_end() == "ready"));
    let mut ready = false;
    wait_until(PATIENCE, || {
        ready = is_ready();
        ready || server.has_ended()
    });
    if !ready || server.has_ended() {
        let said = fs::read_to_string(&log).unwrap_or_default();
        bail!("PostgreSQL did not start on 127.0.0.1:{port}; its log says:\n{said}");
    }
    Ok(server)
}

/// Runs a command to its end; its standard error becomes the error.
fn run(mut command: Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {program}"))?;
    ensure!(
        output.status.success(),
        "{program} failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}
