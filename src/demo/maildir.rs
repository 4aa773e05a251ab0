//! Stage: demo. Mail files as Dovecot keeps them: what lies in a user's folder, and a mail put there directly.
//!
//! It writes new mails the way a delivery agent does (whole file in `tmp`, then one rename into `new`), so that a
//! waiting IDLE wakes; it never touches a file the server already has.

use crate::demo::account::Account;
use anyhow::{Context as _, ensure};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers the mails of this process, so that their names differ and sort in the order of delivery.
static DELIVERED: AtomicU64 = AtomicU64::new(0);

/// The Maildirs of one Dovecot: `<root>/<user>/Maildir`.
#[derive(Debug)]
pub struct MaildirRoot {
    root: PathBuf,
    account: Account,
}

impl MaildirRoot {
    /// Makes the folder `root`, which `account` (that the server runs under) owns.
    pub fn create(root: PathBuf, account: Account) -> anyhow::Result<Self> {
        make_folder(&root, &account)?;
        Ok(Self { root, account })
    }

    /// Where the mails of `folder` lie (`INBOX`, or a name like `Processed`); it need not exist yet.
    pub fn folder(&self, user: &str, folder: &str) -> anyhow::Result<PathBuf> {
        for name in [user, folder] {
            let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0']);
            ensure!(plain, "{name:?} cannot be the name of a mailbox");
        }
        let inbox = self.root.join(user).join("Maildir");
        Ok(if folder.eq_ignore_ascii_case("INBOX") {
            inbox
        } else {
            inbox.join(format!(".{folder}"))
        })
    }

    /// Puts one mail into the user's INBOX, unread, in a single step.
    pub fn deliver(&self, user: &str, mail: &[u8]) -> anyhow::Result<()> {
        let inbox = self.folder(user, "INBOX")?;
        self.make_inbox(&inbox)?;
        let number = DELIVERED.fetch_add(1, Ordering::Relaxed);
        let name = format!("{number:010}.P{}.madoguchi", std::process::id());
        let draft = inbox.join("tmp").join(&name);
        fs::write(&draft, mail).with_context(|| format!("cannot write {}", draft.display()))?;
        self.account.own(&draft)?;
        fs::rename(&draft, inbox.join("new").join(&name))?;
        Ok(())
    }

    /// The raw mails of a user's folder, oldest first; none where the folder does not exist.
    pub fn mails(&self, user: &str, folder: &str) -> anyhow::Result<Vec<Vec<u8>>> {
        let mut files = self.files(user, folder)?;
        files.sort();
        let mut mails = Vec::with_capacity(files.len());
        for (_arrival, _name, path) in files {
            match fs::read(&path) {
                Ok(mail) => mails.push(mail),
                // The server renamed it (a flag was set) between the listing and now: look again.
                Err(error) if error.kind() == ErrorKind::NotFound => return self.mails(user, folder),
                Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
            }
        }
        Ok(mails)
    }

    /// The mail files of a folder with what orders them: the time of arrival, then the name without flags.
    fn files(
        &self,
        user: &str,
        folder: &str,
    ) -> anyhow::Result<Vec<(std::time::SystemTime, String, PathBuf)>> {
        let maildir = self.folder(user, folder)?;
        let mut files = Vec::new();
        for part in ["new", "cur"] {
            let entries = match fs::read_dir(maildir.join(part)) {
                Ok(entries) => entries,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => {
                    return Err(error).with_context(|| format!("cannot list {}", maildir.display()));
                }
            };
            for entry in entries {
                let entry = entry?;
                let Ok(about) = entry.metadata() else { continue };
                let name = entry.file_name().to_string_lossy().into_owned();
                let base = name.split(':').next().unwrap_or_default().to_owned();
                files.push((about.modified()?, base, entry.path()));
            }
        }
        Ok(files)
    }

    fn make_inbox(&self, inbox: &Path) -> anyhow::Result<()> {
        if inbox.join("new").is_dir() {
            return Ok(());
        }
        if let Some(home) = inbox.parent() {
            make_folder(home, &self.account)?;
        }
        make_folder(inbox, &self.account)?;
        // `new` last: its presence says that the others are there.
        for part in ["tmp", "cur", "new"] {
            make_folder(&inbox.join(part), &self.account)?;
        }
        Ok(())
    }
}

/// Makes one folder that `account` owns; one that is there already is left as it is.
pub(crate) fn make_folder(path: &Path, account: &Account) -> anyhow::Result<()> {
    match fs::create_dir(path) {
        Ok(()) => account.own(path),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).with_context(|| format!("cannot make {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> (tempfile::TempDir, MaildirRoot) {
        let folder = tempfile::tempdir().unwrap();
        let account = Account::for_servers().unwrap();
        let root = MaildirRoot::create(folder.path().join("mail with space"), account).unwrap();
        (folder, root)
    }

    #[test]
    fn delivered_mails_lie_in_the_inbox_in_their_order() {
        let (_folder, root) = fresh();
        root.deliver("sato@customer.example", b"first").unwrap();
        root.deliver("sato@customer.example", b"second").unwrap();
        let mails = root.mails("sato@customer.example", "INBOX").unwrap();
        assert_eq!(mails, [b"first".to_vec(), b"second".to_vec()]);
    }

    #[test]
    fn a_folder_that_does_not_exist_is_empty() {
        let (_folder, root) = fresh();
        assert!(
            root.mails("sato@customer.example", "Processed")
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_user_name_cannot_leave_the_root() {
        let (_folder, root) = fresh();
        assert!(root.deliver("../etc", b"x").is_err());
        assert!(root.deliver("a/b", b"x").is_err());
    }
}
