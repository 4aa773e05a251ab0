//! The servers of a proof: a private Dovecot, and a private PostgreSQL where that is tried. They outlive
//! the rounds; each round has a mailbox user, a database and an SMTP server of its own.

use std::fmt;

use madoguchi::demo::{Dovecot, PrivateCluster};

/// Everybody's password.
pub(super) const PASSWORD: &str = "rehearsal";

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A file.
    Sqlite,
    /// A private cluster.
    Postgres,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        })
    }
}

/// Servers that run.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(super) dovecot: Dovecot,
    cluster: Option<PrivateCluster>,
}

impl Stage {
    /// Starts them.
    pub(crate) fn set(kind: Kind) -> anyhow::Result<Self> {
        let cluster = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(PrivateCluster::start()?),
        };
        Ok(Self {
            dovecot: Dovecot::start(PASSWORD)?,
            cluster,
        })
    }

    /// The URL of a new, empty database.
    pub(super) fn new_database(&self, folder: &std::path::Path, name: &str) -> anyhow::Result<String> {
        match &self.cluster {
            Some(cluster) => cluster.create_database(name),
            None => Ok(format!("sqlite:{}/{name}.db", folder.display())),
        }
    }
}
