//! What screening says: the kind of sender, the reasons, and whether a mail may be acknowledged.

use std::collections::BTreeSet;

use crate::mail::{EmailAddress, InboundMessage};

/// The marks by which the desk knows its own mail.
#[derive(Debug, Clone, Default)]
pub struct OwnIdentity {
    /// Every address the desk receives or sends with.
    pub addresses: BTreeSet<EmailAddress>,
    /// The value of our `X-Madoguchi-Loop` header; `None` takes any value for ours.
    pub loop_token: Option<String>,
    /// The name our mail server writes into Received, in lower case.
    pub host_name: Option<String>,
}

crate::slug_enum! {
    /// Who sent a mail (SPEC §5).
    pub enum SenderKind {
        /// A person, or nothing says otherwise.
        Person = "person",
        /// A machine: an automatic answer, a receipt, a feedback report, a notice.
        AutoReply = "auto-reply",
        /// A delivery report.
        Bounce = "bounce",
        /// A mailing list or a bulk sender.
        MailingList = "mailing-list",
        /// The desk itself.
        OwnMail = "own-mail",
    }
}

crate::slug_enum! {
    /// Which machine wrote a mail, where that matters.
    pub enum MachineKind {
        /// A message disposition notification (RFC 8098).
        Receipt = "receipt",
        /// An abuse feedback report (RFC 5965).
        Feedback = "feedback",
        /// A notice of AWS; it counts only with a DMARC pass of its domain.
        AwsNotice = "aws-notice",
        /// An absence note or another automatic answer.
        AutomaticAnswer = "automatic-answer",
        /// A monitor, a batch, a ticket system.
        Generated = "generated",
    }
}

/// One sign that was found, whether it decided or not.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ScreeningReason {
    /// The rule, `R0` to `R9` (notes of SPEC §5).
    pub rule: &'static str,
    /// Stable kebab-case name of the sign.
    pub slug: &'static str,
    /// What was seen, as it stood in the mail, cut to 200 octets.
    pub evidence: String,
    /// How strongly it speaks for a machine; 100 suffices alone.
    pub weight: u8,
    /// It forbids an acknowledgement.
    pub silences: bool,
}

impl ScreeningReason {
    /// Whether for a verified registered contact this reason only delays and bundles (SPEC §5).
    pub fn only_delays_contacts(&self) -> bool {
        matches!(self.rule, "R4" | "R5" | "R7" | "R8")
    }
}

/// Person or machine, and why.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Screening {
    /// The kind of sender.
    pub kind: SenderKind,
    /// Every sign found, in the order of the rules.
    pub reasons: Vec<ScreeningReason>,
    /// An automatic acknowledgement may be sent, as far as the mail itself says.
    pub acknowledge: bool,
    /// Which machine, where the kind is `auto-reply`.
    pub machine_kind: Option<MachineKind>,
}

impl Screening {
    /// A notice from an AWS domain; authentic only with a DMARC pass of that domain.
    pub fn is_aws_notice(&self) -> bool {
        self.machine_kind == Some(MachineKind::AwsNotice)
    }

    /// The reasons that forbid an acknowledgement.
    pub fn silencing(&self) -> impl Iterator<Item = &ScreeningReason> {
        self.reasons.iter().filter(|reason| reason.silences)
    }

    /// Whether the author is a mail system's or a list's own address, which nothing automatic is ever sent to
    /// (SPEC §5), whoever may be registered under it.
    pub fn is_never_answered(&self, mail: &InboundMessage) -> bool {
        let Some(author) = mail.single_author().map(|author| &author.address) else {
            return true;
        };
        let local = author.local_part().to_ascii_lowercase();
        let daemon = local.contains("mailer-daemon")
            || ["daemon", "nobody", "bounce", "bounces"].contains(&local.as_str());
        let posts = |field: &str| field.to_lowercase().contains(author.folded());
        let list = mail.headers_named("List-Post").any(posts)
            || mail.headers_named("Mailing-List").any(posts)
            || mail
                .headers_named("List-Id")
                .any(|id| id.to_lowercase().contains(&author.folded().replacen('@', ".", 1)));
        daemon || list
    }

    /// A person's mail whose every silencing reason only delays where the author is a verified contact.
    pub fn only_delays_contacts(&self) -> bool {
        matches!(self.kind, SenderKind::Person | SenderKind::MailingList)
            && self.silencing().all(ScreeningReason::only_delays_contacts)
    }
}
