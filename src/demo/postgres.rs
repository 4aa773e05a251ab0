//! A private PostgreSQL on loopback, for the tests.

use std::path::PathBuf;
use std::process::Child;

use anyhow::Context;

use super::leash::Leash;
use super::process::{end_quickly, free_port, server_command, server_folder, wait_for_port};

/// A running cluster; dropped, it ends and its folder is removed.
#[derive(Debug)]
pub struct PrivateCluster {
    folder: tempfile::TempDir,
    child: Option<Child>,
    leash: Option<Leash>,
    port: u16,
    programs: PathBuf,
}

impl PrivateCluster {
    /// Makes a cluster and starts it.
    pub fn start() -> anyhow::Result<Self> {
        let programs = programs()?;
        let folder = server_folder("madoguchi-postgres-")?;
        let data = folder.path().join("data");
        let made = server_command(&programs.join("initdb"))
            .arg("-D")
            .arg(&data)
            .args([
                "-U",
                "desk",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ])
            .status()
            .context("initdb cannot be run")?;
        anyhow::ensure!(made.success(), "initdb failed ({made})");
        let mut cluster = Self {
            folder,
            child: None,
            leash: None,
            port: free_port()?,
            programs,
        };
        cluster.up()?;
        Ok(cluster)
    }

    /// Starts the server again on the same port, with the same databases.
    pub fn up(&mut self) -> anyhow::Result<()> {
        let mut child = server_command(&self.programs.join("postgres"))
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string(), "-k"])
            .arg(self.folder.path())
            .args(["-c", "max_connections=300"])
            .spawn()
            .context("postgres cannot be started")?;
        self.leash = Some(Leash::tie(child.id(), "INT", self.folder.path())?);
        let ready = wait_for_port(self.port, &mut child, "postgres");
        self.child = Some(child);
        ready
    }

    /// Ends the server with every connection to it, as an administrator's restart does.
    pub fn down(&mut self) {
        drop(self.leash.take());
        if let Some(mut child) = self.child.take() {
            end_quickly(&mut child);
        }
    }

    /// Makes an empty database and returns its URL.
    pub fn create_database(&self, name: &str) -> anyhow::Result<String> {
        /// The port answers a moment before the server takes commands.
        const TRIES: u32 = 100;
        for _ in 0..TRIES {
            let made = server_command(&self.programs.join("createdb"))
                .args([
                    "-h",
                    "127.0.0.1",
                    "-p",
                    &self.port.to_string(),
                    "-U",
                    "desk",
                    name,
                ])
                .status()?;
            if made.success() {
                return Ok(format!("postgres://desk@127.0.0.1:{}/{name}", self.port));
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        anyhow::bail!(
            "the database {name} cannot be made in {}",
            self.folder.path().display()
        )
    }

    /// The process id of the server, 0 while it is down, so that a test process can see to its end.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        self.down();
    }
}

/// The newest PostgreSQL of Debian's packages.
fn programs() -> anyhow::Result<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|path| path.join("initdb").exists())
        .collect();
    versions.sort();
    versions
        .pop()
        .context("PostgreSQL is not installed; `make install-debian` installs it (Debian package postgresql)")
}
