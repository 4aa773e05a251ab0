//! Stage: demo. The text of a private Dovecot's configuration.

use crate::demo::account::Account;
use std::path::Path;

/// Everything the configuration depends on.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) account: &'a Account,
    pub(crate) password: &'a str,
    pub(crate) imap_port: u16,
    pub(crate) imaps_port: Option<u16>,
    pub(crate) lmtp_port: Option<u16>,
    pub(crate) auth_port: Option<u16>,
}

/// The configuration for `plan`, for a server that never is root: no chroot, one account for everything.
pub(crate) fn render(plan: &Plan<'_>) -> String {
    let folder = plan.folder.display();
    let protocols = if plan.lmtp_port.is_some() {
        "imap lmtp"
    } else {
        "imap"
    };
    let mut text = format!(
        "protocols = {protocols}\n\
         listen = 127.0.0.1\n\
         base_dir = \"{folder}/run\"\n\
         state_dir = \"{folder}/run\"\n\
         log_path = \"{folder}/dovecot.log\"\n\
         mail_location = maildir:~/Maildir\n\
         disable_plaintext_auth = no\n\
         auth_mechanisms = plain login\n\
         auth_failure_delay = 0\n\
         auth_username_format = %Lu\n\
         recipient_delimiter = +\n\
         lmtp_save_to_detail_mailbox = no\n\
         lda_mailbox_autocreate = yes\n\
         mail_max_userip_connections = 1000\n"
    );
    text.push_str(&accounts(plan));
    text.push_str(&services(plan));
    text
}

fn accounts(plan: &Plan<'_>) -> String {
    let Account {
        name,
        group,
        uid,
        gid,
    } = plan.account;
    format!(
        "default_login_user = {name}\n\
         default_internal_user = {name}\n\
         default_internal_group = {group}\n\
         first_valid_uid = {uid}\n\
         last_valid_uid = {uid}\n\
         first_valid_gid = {gid}\n\
         passdb {{\n  driver = static\n  args = password={password}\n}}\n\
         userdb {{\n  driver = static\n  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes\n}}\n",
        password = plan.password,
        folder = plan.folder.display(),
    )
}

fn services(plan: &Plan<'_>) -> String {
    let name = &plan.account.name;
    let mut text = "service anvil {\n  chroot =\n}\nservice stats {\n  chroot =\n}\n".to_owned();
    text.push_str(&format!(
        "service imap-login {{\n  chroot =\n  service_count = 0\n  process_min_avail = 1\n  \
         inet_listener imap {{\n    port = {}\n  }}\n  \
         inet_listener imaps {{\n    port = {}\n    ssl = yes\n  }}\n}}\n\
         service imap {{\n  process_min_avail = 1\n  service_count = 200\n}}\n",
        plan.imap_port,
        plan.imaps_port.unwrap_or(0),
    ));
    if plan.imaps_port.is_some() {
        let folder = plan.folder.display();
        text.push_str(&format!(
            "ssl = yes\nssl_cert = <{folder}/cert.pem\nssl_key = <{folder}/key.pem\nssl_min_protocol = TLSv1.2\n"
        ));
    } else {
        text.push_str("ssl = no\n");
    }
    if let Some(port) = plan.lmtp_port {
        text.push_str(&format!(
            "service lmtp {{\n  user = {name}\n  inet_listener lmtp {{\n    port = {port}\n  }}\n}}\n"
        ));
    }
    if let Some(port) = plan.auth_port {
        text.push_str(&format!(
            "service auth {{\n  inet_listener auth {{\n    port = {port}\n  }}\n}}\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(lmtp_port: Option<u16>) -> String {
        let account = Account {
            name: "hana".to_owned(),
            group: "staff".to_owned(),
            uid: 1000,
            gid: 1001,
        };
        render(&Plan {
            folder: Path::new("/tmp/x"),
            account: &account,
            password: "s3cret",
            imap_port: 1143,
            imaps_port: None,
            lmtp_port,
            auth_port: None,
        })
    }

    #[test]
    fn lmtp_is_served_only_when_asked_for() {
        assert!(rendered(Some(2424)).contains("protocols = imap lmtp\n"));
        assert!(!rendered(None).contains("lmtp {"));
    }

    #[test]
    fn without_a_certificate_tls_is_off() {
        assert!(rendered(None).contains("ssl = no\n"));
    }
}
