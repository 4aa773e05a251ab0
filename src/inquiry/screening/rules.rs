//! The rules in their order (R0 to R9): first the sure ones that decide alone, then the weighing. Comes in:
//! a mail and the desk's own marks. Goes out: the screening. It must never lose a mail by a guess: what is
//! uncertain stays a person's mail and only goes without an acknowledgement.

use super::evidence::{aws_notice, indirect, null_sender, quiet_mail, reason, role_sender, words};
use super::headers::{asked_for_silence, auto_submitted, list, machine_fields, other_report};
use super::{MachineKind, OwnIdentity, Screening, ScreeningReason, SenderKind};
use crate::mail::InboundMessage;
use crate::mail::bounce::Report;

/// Our own automatic mails carry it.
const LOOP_HEADER: &str = "X-Madoguchi-Loop";

/// As many hops as no mail makes that is not looping (RFC 5321 §6.3 asks for at least 100; loops of two
/// desks grow by a handful each turn).
const MOST_HOPS: usize = 50;

/// Passing our own server more often than this is a loop.
const MOST_OWN_HOPS: usize = 3;

/// Together, signs of this weight make a machine.
const MACHINE: u32 = 100;

/// Says who sent a mail, with every sign that was found (SPEC §5, R0–R9).
pub fn screen(mail: &InboundMessage, own: &OwnIdentity) -> Screening {
    let loops = own_loop(mail, own);
    if !loops.is_empty() {
        return Screening {
            kind: SenderKind::OwnMail,
            reasons: loops,
            acknowledge: false,
            machine_kind: None,
        };
    }
    let reported = mail.report.as_ref().map(report_reason);
    let aws = aws_notice(mail);
    let (headers, lists) = (header_reasons(mail), list(mail, own));
    let mut weak = null_sender(mail);
    weak.extend(asked_for_silence(mail));
    weak.extend(role_sender(mail));
    weak.extend(words(mail));
    let (kind, machine_kind) = judge(mail, aws.is_some(), &headers, &lists, &weak);
    let mut reasons: Vec<ScreeningReason> = reported
        .into_iter()
        .chain(aws)
        .chain(headers)
        .chain(lists)
        .chain(weak)
        .collect();
    reasons.extend(quiet_mail(mail));
    reasons.extend(indirect(mail, own));
    reasons.sort_by_key(|reason| reason.rule);
    let silenced = reasons.iter().any(|reason| reason.silences);
    Screening {
        kind,
        reasons,
        acknowledge: kind == SenderKind::Person && !silenced,
        machine_kind,
    }
}

fn header_reasons(mail: &InboundMessage) -> Vec<ScreeningReason> {
    let mut reasons = auto_submitted(mail);
    reasons.extend(machine_fields(mail));
    reasons.extend(other_report(mail));
    reasons.extend(
        mail.header(LOOP_HEADER)
            .map(|value| reason("R6", "another-desk", value, 100)),
    );
    reasons
}

/// R0: the desk's own marks, or a mail that has gone round too often.
fn own_loop(mail: &InboundMessage, own: &OwnIdentity) -> Vec<ScreeningReason> {
    let mut reasons: Vec<ScreeningReason> = mail
        .headers_named(LOOP_HEADER)
        .filter(|value| {
            own.loop_token
                .as_deref()
                .is_none_or(|token| value.trim() == token)
        })
        .map(|value| reason("R0", "own-loop-header", value, 100))
        .collect();
    // Our own address in From alone proves nothing: it may be forged, or a colleague's "send as" (SPEC §6).
    let hops = mail.headers_named("Received").count();
    if hops >= MOST_HOPS {
        reasons.push(reason("R0", "too-many-hops", &hops.to_string(), 100));
    }
    let host = own.host_name.as_deref().filter(|host| !host.is_empty());
    let own_hops = host.map_or(0, |host| {
        mail.headers_named("Received")
            .filter(|hop| received_by(hop, host))
            .count()
    });
    if own_hops > MOST_OWN_HOPS {
        reasons.push(reason(
            "R0",
            "passed-our-server-too-often",
            &own_hops.to_string(),
            100,
        ));
    }
    reasons
}

/// Whether a Received field says `by` this host.
fn received_by(hop: &str, host: &str) -> bool {
    let mut words = hop.split_ascii_whitespace();
    words.any(|word| word == "by")
        && words
            .next()
            .is_some_and(|by| by.trim_end_matches(';').eq_ignore_ascii_case(host))
}

/// R1 and R2: the report the mail carries.
fn report_reason(report: &Report) -> ScreeningReason {
    match report {
        Report::Bounce { recipients, .. } => {
            let first = recipients.iter().find_map(|entry| entry.address.as_ref());
            reason(
                "R1",
                "delivery-report",
                first.map_or("", |address| address.as_str()),
                100,
            )
        }
        Report::Receipt { .. } => reason("R2", "disposition-notification", "", 100),
        Report::Feedback { .. } => reason("R2", "feedback-report", "", 100),
    }
}

fn judge(
    mail: &InboundMessage,
    aws: bool,
    headers: &[ScreeningReason],
    lists: &[ScreeningReason],
    weak: &[ScreeningReason],
) -> (SenderKind, Option<MachineKind>) {
    match &mail.report {
        Some(Report::Bounce { .. }) => return (SenderKind::Bounce, None),
        Some(Report::Receipt { .. }) => return (SenderKind::AutoReply, Some(MachineKind::Receipt)),
        Some(Report::Feedback { .. }) => return (SenderKind::AutoReply, Some(MachineKind::Feedback)),
        None => {}
    }
    if aws {
        return (SenderKind::AutoReply, Some(MachineKind::AwsNotice));
    }
    let sum =
        |reasons: &[ScreeningReason]| reasons.iter().map(|reason| u32::from(reason.weight)).sum::<u32>();
    let listed = lists
        .iter()
        .map(|reason| u32::from(reason.weight))
        .max()
        .unwrap_or(0);
    let bulk = lists
        .iter()
        .filter(|reason| reason.slug == "precedence-bulk")
        .map(|reason| u32::from(reason.weight))
        .max();
    // List software marks what it carries as generated; an answer's own fields outweigh that.
    let answers = headers
        .iter()
        .any(|reason| reason.weight >= 100 && reason.slug != "auto-generated");
    if listed >= MACHINE && !answers {
        return (SenderKind::MailingList, None);
    }
    if sum(headers)
        .saturating_add(sum(weak))
        .saturating_add(bulk.unwrap_or(0))
        >= MACHINE
    {
        return (SenderKind::AutoReply, Some(machine_of(headers, weak)));
    }
    if bulk.is_some() {
        (SenderKind::MailingList, None)
    } else {
        (SenderKind::Person, None)
    }
}

fn machine_of(headers: &[ScreeningReason], weak: &[ScreeningReason]) -> MachineKind {
    let answers = |reason: &ScreeningReason| {
        matches!(
            reason.slug,
            "auto-submitted"
                | "autoreply-header"
                | "autoreply-precedence"
                | "subject-of-an-answer"
                | "subject-of-absence"
        )
    };
    if headers.iter().chain(weak).any(answers) {
        MachineKind::AutomaticAnswer
    } else {
        MachineKind::Generated
    }
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
