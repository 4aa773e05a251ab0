//! A private PostgreSQL on loopback, for the tests.

use std::path::PathBuf;
use std::process::Child;

use anyhow::Context;

use super::leash::Leash;
use super::process::{end, free_port, server_command, server_folder, wait_for_port};

/// A running cluster; dropped, it ends and its folder is removed.
#[derive(Debug)]
pub struct PrivateCluster {
    folder: tempfile::TempDir,
    child: Child,
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
        let port = free_port()?;
        let socket = folder.path().display().to_string();
        let mut child = server_command(&programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &port.to_string(),
                "-k",
                &socket,
                "-c",
                "max_connections=300",
            ])
            .spawn()
            .context("postgres cannot be started")?;
        let leash = Some(Leash::tie(child.id(), "INT", folder.path())?);
        wait_for_port(port, &mut child, "postgres")?;
        Ok(Self {
            folder,
            child,
            leash,
            port,
            programs,
        })
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

    /// The process id of the server, so that a test process can see to its end.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        drop(self.leash.take());
        end(&mut self.child, false);
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
