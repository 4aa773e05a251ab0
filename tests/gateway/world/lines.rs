//! Settings of sessions and conversations with the servers of a story.

use std::time::Duration;

use madoguchi::inbound::{ImapSettings, ImapTimeouts};
use madoguchi::outbound::{SmtpSettings, SmtpTimeouts};
use madoguchi::tls::Security;

use super::SHORT;

/// A mailbox on this machine, with the time limits of a desk.
pub(crate) fn imap(port: u16) -> ImapSettings {
    ImapSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        user: "desk".to_owned(),
        password: "correct horse".into(),
        ca_file: None,
        timeouts: ImapTimeouts::default(),
    }
}

/// The same, for stories in which the server falls silent after the login.
pub(crate) fn impatient_imap(port: u16) -> ImapSettings {
    let timeouts = ImapTimeouts {
        command: SHORT,
        fetch: SHORT,
        ..ImapTimeouts::default()
    };
    ImapSettings {
        timeouts,
        ..imap(port)
    }
}

/// A submission server on this machine that nobody signs in to, with the time limits of a desk.
pub(crate) fn smtp(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        user: None,
        password: None,
        ca_file: None,
        hello_name: "desk.example".to_owned(),
        timeouts: SmtpTimeouts::default(),
    }
}

/// The same, for stories in which the server falls silent within a mail.
pub(crate) fn impatient_smtp(port: u16) -> SmtpSettings {
    let timeouts = SmtpTimeouts {
        mail: SHORT,
        recipient: SHORT,
        data: SHORT,
        megabyte: Duration::ZERO,
        dot: SHORT,
        ..SmtpTimeouts::default()
    };
    SmtpSettings {
        timeouts,
        ..smtp(port)
    }
}
