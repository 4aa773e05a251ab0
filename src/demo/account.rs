//! Stage: demo. The Unix account the servers run under: an unprivileged one, whoever starts them.

use anyhow::Context as _;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// The account that a root process lends to its servers; every Unix has it, and it owns nothing.
const UNPRIVILEGED: &str = "nobody";

/// A Unix account as Dovecot and PostgreSQL want it named and numbered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Login name.
    pub name: String,
    /// Name of its primary group.
    pub group: String,
    /// Numeric user id.
    pub uid: u32,
    /// Numeric id of its primary group.
    pub gid: u32,
}

impl Account {
    /// The account for servers started by this process: `nobody` where the process is root, its own otherwise.
    pub fn for_servers() -> anyhow::Result<Self> {
        let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let groups = fs::read_to_string("/etc/group").context("cannot read /etc/group")?;
        let own = own_uid()?;
        find_account(&passwd, &groups, |name, uid| {
            if own == 0 {
                name == UNPRIVILEGED
            } else {
                uid == own
            }
        })
        .context("/etc/passwd has no line for the account the demo's servers would run under")
    }

    /// Makes `command` run under this account; nothing to do for a process that already does.
    pub fn lend_to(&self, command: &mut Command) -> anyhow::Result<()> {
        if own_uid()? == 0 {
            command.uid(self.uid).gid(self.gid);
        }
        Ok(())
    }

    /// Gives `path` to this account.
    pub fn own(&self, path: &Path) -> anyhow::Result<()> {
        if own_uid()? == 0 {
            chown(path, Some(self.uid), Some(self.gid))
                .with_context(|| format!("cannot give {} to {}", path.display(), self.name))?;
        }
        Ok(())
    }
}

/// A fresh folder for one server, named after it. It lies in `/tmp` whatever `TMPDIR` says: Unix sockets allow
/// 107 bytes of path, and the servers' accounts must be able to walk down to it.
pub fn fresh_folder(server: &str) -> anyhow::Result<TempDir> {
    let folder = tempfile::Builder::new()
        .prefix(&format!("madoguchi-{server}-"))
        .tempdir_in("/tmp")
        .context("cannot make a folder in /tmp")?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    Ok(folder)
}

/// Whether this process is root.
pub fn is_root() -> anyhow::Result<bool> {
    Ok(own_uid()? == 0)
}

/// A command that runs `program` as root: directly for root, through `sudo -n` (never asking) for anyone else.
pub fn as_root(program: &str) -> anyhow::Result<Command> {
    if is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("sudo");
    command.args(["-n", "--", program]);
    Ok(command)
}

/// The owner of this process, as the kernel's own view of it in /proc says.
fn own_uid() -> anyhow::Result<u32> {
    Ok(fs::metadata("/proc/self")
        .context("cannot read /proc/self")?
        .uid())
}

/// The first line of passwd(5) text that `wanted` (name, uid) accepts, with its group's name from group(5) text.
fn find_account(passwd: &str, groups: &str, wanted: impl Fn(&str, u32) -> bool) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        let uid = fields.next()?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        let group = group_name(groups, gid)?.to_owned();
        wanted(name, uid).then(|| Account {
            name: name.to_owned(),
            group,
            uid,
            gid,
        })
    })
}

fn group_name(groups: &str, gid: u32) -> Option<&str> {
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        (fields.next()?.parse() == Ok(gid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nbroken\nhana:x:1000:1001::/home/hana:/bin/sh\n";
    const GROUPS: &str = "root:x:0:\nstaff:x:1001:hana\n";

    #[test]
    fn an_account_is_found_by_its_number_with_its_groups_name() {
        let hana = find_account(PASSWD, GROUPS, |_, uid| uid == 1000).unwrap();
        assert_eq!(
            (hana.name.as_str(), hana.group.as_str(), hana.gid),
            ("hana", "staff", 1001)
        );
    }

    #[test]
    fn an_unknown_account_is_absent() {
        assert_eq!(find_account(PASSWD, GROUPS, |name, _| name == "taro"), None);
    }
}
