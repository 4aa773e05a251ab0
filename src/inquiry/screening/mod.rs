//! Stage: decide, screening (SPEC §5, rules R0–R9). Comes in: a typed mail and what the desk knows of
//! itself. Goes out: a [`Screening`]: person or machine, with every piece of evidence, and whether an
//! acknowledgement may be sent. It must not drop a mail: only own loops and reports are kept from becoming
//! tickets, by the caller, and weak evidence takes nothing away but the acknowledgement.

mod automatic;
mod bulk;
mod forwarded;
mod own;
mod report;
mod role;
mod wording;

use std::collections::BTreeSet;

use crate::mail::{EmailAddress, InboundMessage};

crate::slug_enum! {
    /// What sent a mail, from the least to the most certain machine.
    pub enum SenderKind {
        /// A human being, or nothing that says otherwise.
        Person = "person",
        /// A person or a machine writing through a list or in bulk; treated as a person, never acknowledged.
        MailingList = "mailing-list",
        /// A machine's answer or notice, a read receipt, a feedback report.
        AutoReply = "auto-reply",
        /// A delivery status notification, standard or not.
        Bounce = "bounce",
        /// The desk's own mail coming back.
        OwnMail = "own-mail",
    }
}

/// What the desk knows of itself when it looks for its own mail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnIdentity {
    /// Every address the desk receives or sends with.
    pub addresses: BTreeSet<EmailAddress>,
    /// The value of the `X-Madoguchi-Loop` header on all mail of this desk.
    pub loop_token: Option<String>,
    /// The host name that stands in the desk's `Received` lines and Message-IDs.
    pub host_name: Option<String>,
}

impl OwnIdentity {
    /// Whether the address is the desk's; a `+tag` in the local part belongs to the same mailbox.
    pub fn owns(&self, address: &EmailAddress) -> bool {
        if self.addresses.contains(address) {
            return true;
        }
        let (local, domain) = (address.local_part(), address.domain());
        let Some((base, _)) = local.split_once('+') else {
            return false;
        };
        EmailAddress::parse(&format!("{base}@{domain}")).is_ok_and(|plain| self.addresses.contains(&plain))
    }
}

/// One piece of evidence, with the rule that found it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ScreeningReason {
    /// The rule, such as `R3`; `aws` for the list of AWS senders.
    pub rule: &'static str,
    /// Stable kebab-case slug such as `auto-submitted`.
    pub slug: &'static str,
    /// What was seen, cut to a line.
    pub evidence: String,
}

/// Person or machine, why, and whether to acknowledge.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Screening {
    /// What sent the mail: the strongest claim among the evidence.
    pub kind: SenderKind,
    /// All evidence, in the order of the rules.
    pub reasons: Vec<ScreeningReason>,
    /// Whether these rules allow an acknowledgement; budgets (R10, R11) may still forbid it.
    pub acknowledge: bool,
}

impl Screening {
    /// Whether an AWS sender wrote it; only a DMARC pass of its domain makes that true (SPEC §5).
    pub fn is_aws_notice(&self) -> bool {
        self.has("aws-notice")
    }

    /// Whether it says that its author is away (SPEC §5: a colleague's warns the desk).
    pub fn is_out_of_office(&self) -> bool {
        self.has("out-of-office-agent") || self.has("out-of-office-subject")
    }

    /// Whether a piece of evidence of that slug was found.
    pub fn has(&self, slug: &str) -> bool {
        self.reasons.iter().any(|reason| reason.slug == slug)
    }
}

/// Looks at a mail's headers, report and subject for the marks of machines.
pub fn screen(mail: &InboundMessage, own: &OwnIdentity) -> Screening {
    let mut findings = Findings::default();
    own::look(mail, own, &mut findings);
    report::look(mail, &mut findings);
    automatic::look(mail, own, &mut findings);
    bulk::look(mail, own, &mut findings);
    role::look(mail, own, &mut findings);
    wording::look(mail, &mut findings);
    Screening {
        acknowledge: findings.kind == SenderKind::Person && !findings.silenced,
        kind: findings.kind,
        reasons: findings.reasons,
    }
}

/// The longest evidence kept, in characters: enough for a header value a person can judge.
const MAX_EVIDENCE: usize = 160;

/// Evidence as it is gathered.
#[derive(Debug)]
struct Findings {
    kind: SenderKind,
    silenced: bool,
    reasons: Vec<ScreeningReason>,
}

impl Default for Findings {
    fn default() -> Self {
        Self {
            kind: SenderKind::Person,
            silenced: false,
            reasons: Vec::new(),
        }
    }
}

impl Findings {
    /// Evidence that the mail is of that kind; the strongest kind stays.
    fn claim(&mut self, kind: SenderKind, rule: &'static str, slug: &'static str, evidence: &str) {
        self.kind = self.kind.max(kind);
        self.record(rule, slug, evidence);
    }

    /// Evidence that takes the acknowledgement away and nothing else.
    fn silence(&mut self, rule: &'static str, slug: &'static str, evidence: &str) {
        self.silenced = true;
        self.record(rule, slug, evidence);
    }

    /// Something worth knowing that changes nothing.
    fn record(&mut self, rule: &'static str, slug: &'static str, evidence: &str) {
        self.reasons.push(ScreeningReason {
            rule,
            slug,
            evidence: evidence.chars().take(MAX_EVIDENCE).collect(),
        });
    }
}

#[cfg(test)]
pub(crate) mod tests;
