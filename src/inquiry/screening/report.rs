//! R1 and R2: reports of machines about mail sent earlier. Comes in: a mail, with its report where
//! `mail::bounce` found one. Goes out: the claim bounce, or auto-reply for receipts and feedback. A null
//! Return-Path alone is no bounce: Outlook's out-of-office answers have one (SPEC §5).

use super::{Findings, SenderKind};
use crate::mail::bounce::Report;
use crate::mail::{InboundMessage, ReturnPath};

pub(super) fn look(mail: &InboundMessage, findings: &mut Findings) {
    match &mail.report {
        Some(Report::Bounce { recipients, .. }) => {
            let evidence = format!("{} recipients", recipients.len());
            findings.claim(SenderKind::Bounce, "R1", "delivery-report", &evidence);
        }
        Some(Report::Receipt { .. }) => {
            findings.claim(
                SenderKind::AutoReply,
                "R2",
                "read-receipt",
                "disposition-notification",
            );
        }
        Some(Report::Feedback { .. }) => {
            findings.claim(SenderKind::AutoReply, "R2", "feedback-report", "feedback-report");
        }
        None => look_without_report(mail, findings),
    }
    if mail.return_path == ReturnPath::Null {
        findings.silence("R1", "null-return-path", "Return-Path: <>");
    }
}

/// The outer marks of a report whose inside could not be read.
fn look_without_report(mail: &InboundMessage, findings: &mut Findings) {
    let content_type = mail
        .header("Content-Type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    if content_type.starts_with("multipart/report") {
        if content_type.contains("disposition-notification") {
            findings.claim(SenderKind::AutoReply, "R2", "read-receipt", &content_type);
        } else if content_type.contains("feedback-report") {
            findings.claim(SenderKind::AutoReply, "R2", "feedback-report", &content_type);
        } else if content_type.contains("delivery-status") {
            findings.claim(SenderKind::Bounce, "R1", "delivery-report", &content_type);
        }
    }
    if let Some(failed) = mail.header("X-Failed-Recipients") {
        findings.claim(SenderKind::Bounce, "R1", "failed-recipients", failed);
    }
    let local = mail.single_author().map(|author| author.address.local_part());
    let is_daemon = local.is_some_and(|local| {
        local.eq_ignore_ascii_case("mailer-daemon") || local.eq_ignore_ascii_case("postmaster")
    });
    if is_daemon && mail.return_path == ReturnPath::Null {
        let evidence = local.unwrap_or_default();
        findings.claim(SenderKind::Bounce, "R1", "mailer-daemon-with-null-path", evidence);
    }
}
