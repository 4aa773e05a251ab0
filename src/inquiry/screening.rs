//! Person or machine (SPEC §5): first shape.

use std::collections::BTreeSet;

use crate::mail::{EmailAddress, InboundMessage};

crate::slug_enum! {
    /// Who or what wrote a mail.
    pub enum SenderKind {
        /// A person.
        Person = "person",
        /// A machine.
        AutoReply = "auto-reply",
        /// A delivery report.
        Bounce = "bounce",
        /// A mailing list.
        MailingList = "mailing-list",
        /// This desk.
        OwnMail = "own-mail",
    }
}

/// The desk's own marks.
#[derive(Debug, Clone, Default)]
pub struct OwnIdentity {
    /// Its addresses.
    pub addresses: BTreeSet<EmailAddress>,
    /// Its loop header's value.
    pub loop_token: Option<String>,
    /// Its host name.
    pub host_name: Option<String>,
}

/// The result.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Screening {
    /// Who or what.
    pub kind: SenderKind,
    /// Whether an acknowledgement may be sent.
    pub acknowledge: bool,
}

impl Screening {
    /// Whether AWS wrote it.
    pub fn is_aws_notice(&self) -> bool {
        false
    }
}

/// Screens a mail.
pub fn screen(_mail: &InboundMessage, _own: &OwnIdentity) -> Screening {
    Screening {
        kind: SenderKind::Person,
        acknowledge: true,
    }
}
