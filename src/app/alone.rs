//! One running desk a SQLite file: a second process would send and answer beside the first. Comes in: the
//! database's URL. Goes out: a lock that the system lets go of with the process, or a refusal that names who
//! holds it. Commands that do one thing and end need no lock.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;

/// The right to run; dropped, it is given up.
#[derive(Debug)]
pub struct Alone {
    _file: File,
}

impl Alone {
    /// Makes sure that no other desk runs on the same SQLite file; `None` where several processes may run.
    pub fn on(url: &str) -> anyhow::Result<Option<Self>> {
        let Some(path) = url.strip_prefix("sqlite:") else {
            return Ok(None);
        };
        let path = path
            .trim_start_matches("//")
            .split('?')
            .next()
            .unwrap_or_default();
        let lock = PathBuf::from(format!("{path}.lock"));
        let context = || lock.display().to_string();
        // Not cut off before the lock is held: until then the number in it is another process's.
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&lock)
            .with_context(context)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).with_context(context)?;
                file.rewind().with_context(context)?;
                writeln!(file, "{}", std::process::id()).with_context(context)?;
                Ok(Some(Self { _file: file }))
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder).with_context(context)?;
                anyhow::bail!(
                    "another desk is running on this database (process {} holds {}); stop it first, or use \
                     PostgreSQL for several processes",
                    holder.trim(),
                    lock.display()
                )
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(context),
        }
    }
}
