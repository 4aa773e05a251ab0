//! `madoguchi inspect` for people: what a support engineer wants to see of a mail.

use std::fmt::Write;
use std::path::Path;

use super::inspect::{Reading, margin};
use crate::mail::InboundMessage;
use crate::registry::AccountId;

/// The reading of one mail as text; folded lines carry a letter in the margin.
pub(super) fn shown(file: &Path, mail: &InboundMessage, contracted: &[AccountId]) -> String {
    let reading = Reading::of(mail, contracted);
    let mut page = Page(format!("── {}\n", file.display()));
    page.head(mail);
    page.decisions(&reading);
    page.parts(mail);
    page.text(mail);
    page.0
}

/// A page of text that is being written.
struct Page(String);

impl Page {
    fn line(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(self.0, "{name:11} {value}");
        }
    }

    fn head(&mut self, mail: &InboundMessage) {
        let author = mail
            .single_author()
            .map(|m| format!("{} <{}>", m.name.as_deref().unwrap_or_default(), m.address));
        self.line("From", author.as_deref().unwrap_or("(ambiguous or missing)"));
        let to: Vec<String> = mail.to.iter().map(|m| m.address.to_string()).collect();
        self.line("To", &to.join(", "));
        self.line("Subject", &mail.subject);
        self.line(
            "Date",
            &mail.date.map(|date| date.to_rfc3339()).unwrap_or_default(),
        );
        self.line("Charset", mail.charset.as_deref().unwrap_or_default());
    }

    fn decisions(&mut self, reading: &Reading) {
        let (screening, account, found) = (&reading.screening, &reading.account, &reading.classification);
        self.line(
            "Screening",
            &format!("{}, acknowledge: {}", screening.kind, screening.acknowledge),
        );
        for reason in &screening.reasons {
            self.line(
                "",
                &format!("{} {} ({})", reason.rule, reason.slug, reason.evidence),
            );
        }
        let ids: Vec<String> = account.ids.iter().map(ToString::to_string).collect();
        self.line(
            "Account",
            &format!("{} {} ({})", account.outcome, ids.join(", "), account.reason),
        );
        self.line(
            "Category",
            &format!("{} ({:.0} % sure)", found.category, found.confidence * 100.0),
        );
        for evidence in &found.evidence {
            self.line(
                "",
                &format!("{} in {}: 「{}」", evidence.rule, evidence.field, evidence.text),
            );
        }
        let flags: Vec<String> = found.flags.iter().map(ToString::to_string).collect();
        self.line("Flags", &flags.join(", "));
    }

    fn parts(&mut self, mail: &InboundMessage) {
        for attachment in &mail.attachments {
            let name = attachment.name.as_deref().unwrap_or("(no name)");
            let inline = if attachment.inline { ", inline" } else { "" };
            let (kind, size) = (&attachment.media_type, attachment.size);
            self.line("Attachment", &format!("{name} ({kind}, {size} octets{inline})"));
        }
        for problem in &mail.problems {
            self.line("Problem", &format!("{} {}", problem.slug, problem.detail));
        }
    }

    fn text(&mut self, mail: &InboundMessage) {
        self.0.push('\n');
        for piece in &mail.reply.pieces {
            for text in piece.text.lines() {
                let _ = writeln!(self.0, "{}│ {text}", margin(piece.kind));
            }
        }
    }
}
