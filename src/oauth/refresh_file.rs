//! The file that holds the refresh token, and how it is replaced without ever being lost.
//!
//! Comes in: the path. Goes out: the token and its age, under a lock that one process at a time can hold. The
//! new token is written aside with mode 0600, forced to disk, and takes the old one's place in one step. Room
//! and rights for that are made sure of *before* the old token is spent. The lock lies on the file itself, so
//! that no second file has to belong to the right account; who gets it looks whether the file is still the one.
//!
//! The first line is the token, as a person puts it there; the desk writes the time it got one beneath.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::NamedTempFile;

use super::error::TokenError;

/// Above the time limit of a question to the token server, which another process may be asking.
const LOCK_PATIENCE: Duration = Duration::from_secs(45);
/// Between two looks at the lock.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Room made sure of for the new token, in octets.
const RESERVED: usize = 16 * 1024;
/// What stands before the time in the second line.
const OBTAINED: &str = "obtained ";

/// A refresh token and when it was given out.
#[derive(Debug, Clone)]
pub(super) struct RefreshToken {
    pub(super) token: SecretString,
    pub(super) obtained: DateTime<Utc>,
}

/// The file, held by this process alone until dropped.
#[derive(Debug)]
pub(super) struct RefreshFile {
    path: PathBuf,
    held: File,
}

/// Room for the next token, beside the file.
#[derive(Debug)]
pub(super) struct Room(NamedTempFile);

impl RefreshFile {
    /// Waits for the lock.
    pub(super) async fn lock(path: &Path) -> Result<Self, TokenError> {
        let waited = async {
            loop {
                if let Some(held) = Self::try_lock(path).map_err(|error| file_error(path, &error))? {
                    return Ok(held);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let busy = || TokenError::Busy {
            file: path.to_owned(),
        };
        tokio::time::timeout(LOCK_PATIENCE, waited)
            .await
            .unwrap_or_else(|_elapsed| Err(busy()))
    }

    fn try_lock(path: &Path) -> io::Result<Option<Self>> {
        // A link is followed once: its target is what is replaced.
        let path = std::fs::canonicalize(path)?;
        let held = File::open(&path)?;
        match held.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let (mine, there) = (held.metadata()?, std::fs::metadata(&path)?);
        let same = (mine.dev(), mine.ino()) == (there.dev(), there.ino());
        Ok(same.then_some(Self { path, held }))
    }

    /// The token as it stands now.
    pub(super) fn read(&mut self) -> Result<RefreshToken, TokenError> {
        let read = self.held.rewind().and_then(|()| parse(&mut self.held));
        read.map_err(|error| file_error(&self.path, &error))
    }

    /// Makes room for the next token, with the owner of this one.
    pub(super) fn reserve(&self) -> Result<Room, TokenError> {
        let reserved = || {
            let folder = self.path.parent().unwrap_or_else(|| Path::new("/"));
            let mut aside = tempfile::Builder::new()
                .prefix(".refresh-token-")
                .tempfile_in(folder)?;
            let owner = self.held.metadata()?;
            let own = aside.as_file().metadata()?;
            if (own.uid(), own.gid()) != (owner.uid(), owner.gid()) {
                fchown(aside.as_file(), Some(owner.uid()), Some(owner.gid()))?;
            }
            aside.write_all(&[b'\n'; RESERVED])?;
            aside.as_file().sync_all()?;
            Ok(Room(aside))
        };
        reserved().map_err(|error: io::Error| TokenError::File {
            file: self.path.clone(),
            reason: format!(
                "it cannot be replaced by the next one ({error}); the file and its folder must belong to the \
                 account that the desk runs under"
            ),
        })
    }

    /// Puts the next token in this one's place.
    pub(super) fn replace(&self, room: Room, next: &RefreshToken) -> Result<(), TokenError> {
        let replaced = || {
            let mut aside = room.0;
            let at = next.obtained.to_rfc3339_opts(SecondsFormat::Secs, true);
            let text = format!("{}\n{OBTAINED}{at}\n", next.token.expose_secret());
            aside.rewind()?;
            aside.write_all(text.as_bytes())?;
            let end = aside.stream_position()?;
            aside.as_file().set_len(end)?;
            aside.as_file().sync_all()?;
            aside.persist(&self.path).map_err(|error| error.error)?;
            let folder = self.path.parent().unwrap_or_else(|| Path::new("/"));
            File::open(folder)?.sync_all()
        };
        replaced().map_err(|error: io::Error| file_error(&self.path, &error))
    }
}

/// The token as it stands now, whoever holds the lock: a file is replaced in one step.
pub(super) fn peek(path: &Path) -> Result<RefreshToken, TokenError> {
    let read = File::open(path).and_then(|mut file| parse(&mut file));
    read.map_err(|error| file_error(path, &error))
}

fn parse(file: &mut File) -> io::Result<RefreshToken> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let mut lines = text.lines();
    let token = lines.next().unwrap_or_default().trim();
    if token.is_empty() || !token.bytes().all(|octet| octet.is_ascii_graphic()) {
        let what = "its first line is no token";
        return Err(io::Error::new(io::ErrorKind::InvalidData, what));
    }
    let told = lines.next().and_then(|line| line.strip_prefix(OBTAINED));
    let told = told.and_then(|at| DateTime::parse_from_rfc3339(at.trim()).ok());
    let obtained = match told {
        Some(at) => at.to_utc(),
        None => file.metadata()?.modified()?.into(),
    };
    let token = token.into();
    Ok(RefreshToken { token, obtained })
}

fn file_error(path: &Path, error: &io::Error) -> TokenError {
    TokenError::File {
        file: path.to_owned(),
        reason: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn next() -> RefreshToken {
        RefreshToken {
            token: "second".into(),
            obtained: "2026-03-04T01:00:00Z".parse().unwrap(),
        }
    }

    async fn replaced(path: &Path) -> Result<(), TokenError> {
        let file = RefreshFile::lock(path).await?;
        let room = file.reserve()?;
        file.replace(room, &next())
    }

    #[tokio::test]
    async fn the_next_token_takes_the_place_of_the_old_one_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "first\n").unwrap();
        assert_eq!(peek(&path).unwrap().token.expose_secret(), "first");
        replaced(&path).await.unwrap();
        let read = peek(&path).unwrap();
        assert_eq!(read.token.expose_secret(), "second");
        assert_eq!(read.obtained, next().obtained);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("link"));
        std::fs::write(&target, "first\n").unwrap();
        symlink(&target, &link).unwrap();
        replaced(&link).await.unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(peek(&target).unwrap().token.expose_secret(), "second");
    }

    #[tokio::test]
    async fn who_waited_for_the_lock_sees_the_next_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "first\n").unwrap();
        let first = RefreshFile::lock(&path).await.unwrap();
        assert!(RefreshFile::try_lock(&path).unwrap().is_none());
        let waiting = tokio::spawn({
            let path = path.clone();
            async move { RefreshFile::lock(&path).await.unwrap().read().unwrap() }
        });
        tokio::task::yield_now().await;
        first.replace(first.reserve().unwrap(), &next()).unwrap();
        drop(first);
        assert_eq!(waiting.await.unwrap().token.expose_secret(), "second");
    }

    #[tokio::test]
    async fn a_file_that_is_no_token_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let missing = RefreshFile::lock(&path).await.unwrap_err();
        assert!(matches!(missing, TokenError::File { .. }), "{missing}");
        std::fs::write(&path, "two words\n").unwrap();
        let error = peek(&path).unwrap_err().to_string();
        assert!(
            error.ends_with("no token") && !error.contains("two words"),
            "{error}"
        );
    }
}
