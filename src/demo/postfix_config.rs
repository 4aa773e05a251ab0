//! Stage: demo. The texts of a private Postfix's configuration: the border, its submission port and their tables.

use crate::demo::postfix::PostfixOptions;
use std::path::Path;

/// Everything the configuration depends on.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) options: &'a PostfixOptions,
    pub(crate) border_port: u16,
    pub(crate) submission_port: u16,
    /// Name of the header that carries the login from `smtpd` to `cleanup`. It never leaves the server, and nobody
    /// outside can guess it: that is what tells our own stamp from a forged one.
    pub(crate) stamp: &'a str,
}

/// The files of the configuration folder, each with its text.
pub(crate) fn render(plan: &Plan<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("main.cf", main(plan)),
        ("master.cf", master(plan)),
        ("login_stamp", format!("/^(.+)$/ PREPEND {}: $1\n", plan.stamp)),
        ("border_headers", strip_own_results(plan)),
        ("submission_headers", stamp_results(plan)),
        ("sender_logins", sender_logins(plan.options)),
    ]
}

fn main(plan: &Plan<'_>) -> String {
    let folder = plan.folder.display();
    let options = plan.options;
    format!(
        "compatibility_level = 3.6\n\
         config_directory = {folder}/conf\n\
         queue_directory = {folder}/queue\n\
         data_directory = {folder}/data\n\
         maillog_file = {folder}/postfix.log\n\
         maillog_file_prefixes = {folder}\n\
         myhostname = {host}\n\
         myorigin = $myhostname\n\
         mydestination =\n\
         mynetworks =\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         biff = no\n\
         notify_classes =\n\
         alias_maps =\n\
         alias_database =\n\
         disable_dns_lookups = yes\n\
         smtp_host_lookup = native\n\
         smtpd_peername_lookup = no\n\
         in_flow_delay = 0\n\
         message_size_limit = 62914560\n\
         mailbox_size_limit = 0\n\
         recipient_delimiter = +\n\
         virtual_mailbox_domains = {domains}\n\
         lmtp_destination_recipient_limit = 1\n\
         virtual_transport = lmtp:inet:127.0.0.1:{lmtp}\n\
         local_transport = error:no local mailboxes here\n\
         default_transport = error:mail never leaves this machine\n\
         relay_transport = error:mail never leaves this machine\n\
         queue_run_delay = 2s\n\
         minimal_backoff_time = 2s\n\
         maximal_backoff_time = 10s\n\
         smtpd_tls_security_level = none\n\
         smtpd_relay_restrictions = reject_unauth_destination\n\
         smtpd_recipient_restrictions = reject_unauth_destination\n\
         smtpd_sasl_type = dovecot\n\
         smtpd_sasl_path = inet:127.0.0.1:{auth}\n\
         smtpd_sender_login_maps = regexp:{folder}/conf/sender_logins\n\
         nested_header_checks =\n",
        host = options.authserv_id,
        domains = options.domains.join(", "),
        lmtp = options.lmtp_port,
        auth = options.auth_port,
    )
}

fn master(plan: &Plan<'_>) -> String {
    let Plan {
        border_port,
        submission_port,
        ..
    } = plan;
    let conf = plan.folder.join("conf");
    let conf = conf.display();
    // The stamp is set in the data restrictions: those run once a mail, the others once a recipient.
    format!(
        "127.0.0.1:{border_port} inet n - n - - smtpd\n  \
           -o cleanup_service_name=border_cleanup\n\
         127.0.0.1:{submission_port} inet n - n - - smtpd\n  \
           -o cleanup_service_name=submission_cleanup\n  \
           -o smtpd_sasl_auth_enable=yes\n  \
           -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n  \
           -o smtpd_sender_restrictions=reject_sender_login_mismatch\n  \
           -o {{smtpd_data_restrictions=check_sasl_access regexp:{conf}/login_stamp}}\n\
         border_cleanup unix n - n - 0 cleanup\n  \
           -o header_checks=regexp:{conf}/border_headers\n\
         submission_cleanup unix n - n - 0 cleanup\n  \
           -o header_checks=regexp:{conf}/submission_headers\n\
         cleanup unix n - n - 0 cleanup\n\
         qmgr unix n - n 300 1 qmgr\n\
         rewrite unix - - n - - trivial-rewrite\n\
         bounce unix - - n - 0 bounce\n\
         defer unix - - n - 0 bounce\n\
         trace unix - - n - 0 bounce\n\
         lmtp unix - - n - - lmtp flags=O\n\
         error unix - - n - - error\n\
         retry unix - - n - - error\n\
         proxymap unix - - n - - proxymap\n\
         anvil unix - - n - 1 anvil\n\
         postlog unix-dgram n - n - 1 postlogd\n"
    )
}

/// Drops every `Authentication-Results` that names us, or could by quoting (RFC 8601 §5): only we may write those.
fn strip_own_results(plan: &Plan<'_>) -> String {
    let id = escaped(&plan.options.authserv_id);
    format!(
        "/^Authentication-Results[[:space:]]*:.*{id}/ IGNORE\n\
         /^Authentication-Results[[:space:]]*:[^;]*\"/ IGNORE\n"
    )
}

/// As for the border; then the login that `smtpd` passed on becomes our own statement.
fn stamp_results(plan: &Plan<'_>) -> String {
    format!(
        "{strip}/^{stamp}: (.+)$/ REPLACE Authentication-Results: {id}; auth=pass smtp.auth=$1\n",
        strip = strip_own_results(plan),
        stamp = plan.stamp,
        id = plan.options.authserv_id,
    )
}

/// Who may send as whom: everyone as themselves (with any extension), the desk as anyone in its own domain.
fn sender_logins(options: &PostfixOptions) -> String {
    let desk_domain = options
        .desk_login
        .rsplit_once('@')
        .map_or("", |(_local, domain)| domain);
    format!(
        "/^([^+@]+)(\\+[^@]*)?@({domain})$/ $1@$3, {desk}\n/^([^+@]+)(\\+[^@]*)?@([^@]+)$/ $1@$3\n",
        domain = escaped(desk_domain),
        desk = options.desk_login,
    )
}

/// A host name as a POSIX pattern that matches only itself.
fn escaped(host: &str) -> String {
    host.replace('.', "\\.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options() -> PostfixOptions {
        PostfixOptions {
            authserv_id: "mx.desk.example".to_owned(),
            domains: vec!["desk.example".to_owned(), "customer.example".to_owned()],
            desk_login: "aws_tec@desk.example".to_owned(),
            lmtp_port: 2424,
            auth_port: 1212,
        }
    }

    #[test]
    fn nothing_is_sent_outside() {
        let options = options();
        let plan = Plan {
            folder: Path::new("/tmp/x"),
            options: &options,
            border_port: 2525,
            submission_port: 5587,
            stamp: "X-Stamp",
        };
        assert!(main(&plan).contains("\ndefault_transport = error:"));
        assert!(main(&plan).contains("\nvirtual_mailbox_domains = desk.example, customer.example\n"));
    }

    #[test]
    fn the_desk_may_send_as_anyone_in_its_own_domain_only() {
        assert_eq!(
            sender_logins(&options()),
            "/^([^+@]+)(\\+[^@]*)?@(desk\\.example)$/ $1@$3, aws_tec@desk.example\n\
             /^([^+@]+)(\\+[^@]*)?@([^@]+)$/ $1@$3\n"
        );
    }
}
