//! A private Postfix on loopback: the border that outsiders write to, and the submission port where people
//! sign in. It delivers to Dovecot and sends nothing anywhere else.
//!
//! It is the pinned border of the `authserv` anchor: it strips outside copies of its own
//! Authentication-Results and stamps `auth=pass` for whoever signed in, and only lets a login send as itself.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::Context;

use super::leash::Leash;
use super::process::{end, find_program, free_port, is_root, wait_for_port};

/// What the border needs to know.
#[derive(Debug, Clone)]
pub struct PostfixOptions<'a> {
    /// Its authserv-id and host name.
    pub authserv_id: &'a str,
    /// Domains it takes mail for.
    pub domains: &'a [&'a str],
    /// Dovecot's LMTP port.
    pub lmtp_port: u16,
    /// Dovecot's sign-in port.
    pub auth_port: u16,
}

/// A running Postfix; dropped, it ends and its folder is removed.
#[derive(Debug)]
pub struct Postfix {
    folder: Option<tempfile::TempDir>,
    child: Child,
    leash: Option<Leash>,
    border_port: u16,
    submission_port: u16,
}

impl Postfix {
    /// Starts one. Postfix must be started by root; as an ordinary user, `sudo` is asked without a prompt.
    pub fn start(options: &PostfixOptions<'_>) -> anyhow::Result<Self> {
        let master = find_program(&["/usr/lib/postfix/sbin/master"], "postfix")?;
        let folder = tempfile::Builder::new()
            .prefix("madoguchi-postfix-")
            .tempdir_in("/tmp")?;
        open_to_postfix(folder.path())?;
        let (border_port, submission_port) = (free_port()?, free_port()?);
        write_configuration(folder.path(), options, border_port, submission_port)?;
        let conf = folder.path().join("conf");
        let checked = as_root("postfix")?
            .arg("-c")
            .arg(&conf)
            .arg("check")
            .stdin(Stdio::null())
            .output()
            .context("postfix check cannot be run")?;
        anyhow::ensure!(
            checked.status.success(),
            "postfix check: {}",
            String::from_utf8_lossy(&checked.stderr)
        );
        let mut child = as_root(&master.display().to_string())?
            .arg("-c")
            .arg(&conf)
            .arg("-d")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("postfix cannot be started")?;
        let leash = Leash::tie_as_root(child.id(), "TERM", folder.path())?;
        wait_for_port(border_port, &mut child, "postfix").with_context(|| {
            std::fs::read_to_string(folder.path().join("postfix.log")).unwrap_or_default()
        })?;
        Ok(Self {
            folder: Some(folder),
            child,
            leash: Some(leash),
            border_port,
            submission_port,
        })
    }

    /// Port that outsiders write to.
    pub fn border_port(&self) -> u16 {
        self.border_port
    }

    /// Port where people sign in.
    pub fn submission_port(&self) -> u16 {
        self.submission_port
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        drop(self.leash.take());
        end(&mut self.child, true);
        if let Some(folder) = self.folder.take() {
            // Postfix's queue belongs to its own accounts, so an ordinary user cannot remove it alone.
            if !is_root() {
                let path = folder.path().display().to_string();
                drop(
                    Command::new("sudo")
                        .args(["-n", "rm", "-rf", "--", &path])
                        .status(),
                );
            }
            drop(folder);
        }
    }
}

/// A command that runs as root.
pub(super) fn as_root(program: &str) -> anyhow::Result<Command> {
    if is_root() {
        let mut command = Command::new(program);
        set_own_group(&mut command);
        return Ok(command);
    }
    anyhow::ensure!(
        Command::new("sudo")
            .args(["-n", "true"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|s| s.success()),
        "Postfix must be started by root: run as root, or run `sudo -v` first"
    );
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    set_own_group(&mut command);
    Ok(command)
}

fn set_own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0).current_dir("/");
}

fn open_to_postfix(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    for name in ["conf", "queue", "data"] {
        std::fs::create_dir(folder.join(name))?;
    }
    let data: PathBuf = folder.join("data");
    let owned = as_root("chown")?.arg("postfix").arg(&data).status()?;
    anyhow::ensure!(
        owned.success(),
        "the account postfix is missing; is the Debian package postfix installed?"
    );
    Ok(())
}

fn write_configuration(
    folder: &Path,
    options: &PostfixOptions<'_>,
    border: u16,
    submission: u16,
) -> anyhow::Result<()> {
    let root = folder.display();
    let id = options.authserv_id;
    let escaped = id.replace('.', "\\.");
    let conf = folder.join("conf");
    std::fs::write(
        conf.join("strip"),
        format!("/^Authentication-Results[[:space:]]*:.*{escaped}/ IGNORE\n"),
    )?;
    std::fs::write(
        conf.join("stamp"),
        format!("/^(.+)$/ PREPEND Authentication-Results: {id}; auth=pass smtp.auth=$1\n"),
    )?;
    // A login owns its own address and the plus forms of it.
    std::fs::write(
        conf.join("logins"),
        "/^([^+]+)\\+[^@]*@(.+)$/ $1@$2\n/^(.+)$/ $1\n",
    )?;
    std::fs::write(
        conf.join("main.cf"),
        format!(
            "compatibility_level = 3.6\nconfig_directory = {root}/conf\nqueue_directory = {root}/queue\n\
             data_directory = {root}/data\ncommand_directory = /usr/sbin\n\
             daemon_directory = /usr/lib/postfix/sbin\nmail_owner = postfix\nsetgid_group = postdrop\n\
             maillog_file = {root}/postfix.log\nmaillog_file_prefixes = /tmp\n\
             inet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmyhostname = {id}\nmydestination =\n\
             mynetworks =\nalias_maps =\nbiff = no\nsmtpd_client_connection_rate_limit = 0\n\
             virtual_mailbox_domains = {}\nvirtual_mailbox_maps = static:all\n\
             virtual_transport = lmtp:inet:127.0.0.1:{}\nlmtp_destination_recipient_limit = 1\n\
             default_transport = error:this server sends nothing outside\n\
             relay_transport = error:this server sends nothing outside\nrecipient_delimiter = +\n\
             smtpd_recipient_restrictions = reject_unauth_destination\n\
             smtpd_relay_restrictions = reject_unauth_destination\n\
             header_checks = regexp:{root}/conf/strip\nsmtpd_sasl_type = dovecot\n\
             smtpd_sasl_path = inet:127.0.0.1:{}\nsmtpd_sasl_security_options = noanonymous\n\
             smtpd_sender_login_maps = regexp:{root}/conf/logins\n",
            options.domains.join(", "),
            options.lmtp_port,
            options.auth_port,
        ),
    )?;
    std::fs::write(
        conf.join("master.cf"),
        services(&root.to_string(), border, submission),
    )?;
    Ok(())
}

/// The services: one smtpd for outsiders whose cleanup strips, one for people who sign in, whose stamp is
/// put on top and must not be stripped.
fn services(root: &str, border: u16, submission: u16) -> String {
    format!(
        "127.0.0.1:{border} inet n - n - - smtpd\n\
         127.0.0.1:{submission} inet n - n - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n  -o cleanup_service_name=stamped\n\
         \x20 -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n\
         \x20 -o {{ smtpd_sender_restrictions = reject_sender_login_mismatch, check_sasl_access regexp:{root}/conf/stamp }}\n\
         \x20 -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n\
         cleanup unix n - n - 0 cleanup\nstamped unix n - n - 0 cleanup\n  -o header_checks=\n\
         qmgr unix n - n 300 1 qmgr\ntlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\n\
         bounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\n\
         verify unix - - n - 1 verify\nflush unix n - n 1000? 0 flush\nproxymap unix - - n - - proxymap\n\
         proxywrite unix - - n - 1 proxymap\nshowq unix n - n - - showq\nerror unix - - n - - error\n\
         retry unix - - n - - error\ndiscard unix - - n - - discard\nlmtp unix - - n - - lmtp\n\
         anvil unix - - n - 1 anvil\nscache unix - - n - 1 scache\npostlog unix-dgram n - n - 1 postlogd\n"
    )
}
