//! `madoguchi inspect` for people: what a support engineer wants to see of a mail, and the decision with its
//! evidence underlined in the text.

use std::fmt::Write;
use std::path::Path;

use super::inspect::{Reading, margin};
use super::inspect_marks::{Marks, covered};
use super::screen::harmless;
use super::underline::underlined;
use crate::inquiry::account_ids::AccountOutcome;
use crate::inquiry::redaction::redacted;
use crate::mail::bounce::Report;
use crate::mail::reply::PieceKind;
use crate::mail::{InboundMessage, Mailbox};
use crate::registry::AccountId;

/// Columns of the names at the left.
const NAMES: usize = 12;

/// The reading of one mail as text; folded lines carry a letter in the margin.
pub(super) fn shown(file: &Path, mail: &InboundMessage, contracted: &[AccountId]) -> String {
    let reading = Reading::of(mail, contracted);
    let marks = Marks::of(mail, &reading, contracted);
    let mut page = Page {
        text: format!("── {}\n", file.display()),
        contracted,
    };
    page.head(mail, &marks);
    page.screening(&reading, mail);
    page.decision(&reading);
    page.coverage(&reading);
    page.parts(mail);
    page.body(mail, &marks);
    harmless(&page.text).into_owned()
}

/// A page of text that is being written.
struct Page<'a> {
    text: String,
    contracted: &'a [AccountId],
}

impl Page<'_> {
    fn line(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            // Writing to a string cannot fail.
            let _ = writeln!(self.text, "{name:NAMES$}{value}");
        }
    }

    fn head(&mut self, mail: &InboundMessage, marks: &Marks) {
        let author = mail.single_author().map(named);
        self.line("From", author.as_deref().unwrap_or("(ambiguous or missing)"));
        for (name, boxes) in [("Reply-To", &mail.reply_to), ("To", &mail.to), ("Cc", &mail.cc)] {
            self.line(name, &boxes.iter().map(named).collect::<Vec<_>>().join(", "));
        }
        let subject = covered(&mail.subject, self.contracted);
        let rows = underlined(&subject, &marks.subject);
        for (index, row) in rows.iter().enumerate() {
            self.line(if index == 0 { "Subject" } else { "" }, row);
        }
        self.line(
            "Date",
            &mail.date.map(|date| date.to_rfc3339()).unwrap_or_default(),
        );
        let id = |id: &crate::mail::MessageId| id.to_string();
        self.line(
            "Message-ID",
            &mail.message_id.as_ref().map(id).unwrap_or_default(),
        );
        self.line(
            "Answers",
            &mail.in_reply_to.iter().map(id).collect::<Vec<_>>().join(" "),
        );
        let charset = mail.charset.as_deref().unwrap_or("-");
        self.line("Text from", &format!("{}, {charset}", mail.text_source));
        self.text.push('\n');
    }

    fn screening(&mut self, reading: &Reading, mail: &InboundMessage) {
        let screening = &reading.screening;
        let answered = if screening.acknowledge {
            "may be answered"
        } else {
            "is not answered"
        };
        self.line("Screening", &format!("{}, {answered}", screening.kind));
        for reason in &screening.reasons {
            let evidence = Some(reason.evidence.clone()).filter(|evidence| !evidence.is_empty());
            let evidence = evidence
                .map(|evidence| format!(" ({evidence})"))
                .unwrap_or_default();
            self.line("", &format!("{} {}{evidence}", reason.rule, reason.slug));
        }
        if let Some(Report::Bounce { recipients, .. }) = &mail.report {
            for one in recipients {
                let address = one
                    .address
                    .as_ref()
                    .map_or_else(|| "-".to_owned(), ToString::to_string);
                let status = one.status.as_deref().unwrap_or("-");
                self.line("Bounced", &format!("{address} {} {status}", one.action));
                self.line("", one.diagnostic.as_deref().unwrap_or_default());
            }
        }
        if let Some(special) = &mail.special {
            self.line("Kind", &special.to_string());
        }
    }

    fn decision(&mut self, reading: &Reading) {
        let (account, found) = (&reading.account, &reading.classification);
        let ids: Vec<String> = account.ids.iter().map(ToString::to_string).collect();
        let ids = if ids.is_empty() {
            String::new()
        } else {
            format!(" {}", ids.join(", "))
        };
        let unknown = self.contracted.is_empty() && account.outcome != AccountOutcome::None;
        let hint = if unknown {
            "; no --contracted was given"
        } else {
            ""
        };
        self.line(
            "Account",
            &format!("{}{ids} ({}{hint})", account.outcome, account.reason),
        );
        let sure = format!("{:.0} % sure", found.confidence * 100.0);
        let best = if found.category == found.best_category {
            String::new()
        } else {
            format!("best guess {}, ", found.best_category)
        };
        self.line("Category", &format!("{} ({best}{sure})", found.category));
        let points: Vec<String> = found
            .scores
            .iter()
            .map(|score| format!("{} {:.1}", score.category, score.points))
            .collect();
        self.line(
            "",
            &format!("points: {}; rules {}", points.join(", "), found.rules_version),
        );
        let flags: Vec<&str> = found.flags.iter().map(|flag| flag.as_str()).collect();
        self.line("Flags", &flags.join(", "));
        if let Some(severity) = found.proposed_severity {
            self.line("Severity", &format!("{severity} is proposed"));
        }
    }

    fn coverage(&mut self, reading: &Reading) {
        let coverage = &reading.coverage;
        let confirmed = if coverage.list_confirmed {
            ""
        } else {
            ", an unconfirmed example list"
        };
        for mention in &coverage.restricted {
            self.line(
                "Restricted",
                &format!("{} ({}{confirmed})", mention.service, mention.source),
            );
        }
        for reply in coverage
            .remarks
            .iter()
            .filter_map(|remark| remark.prepared_reply())
        {
            self.line("Prepared", reply);
        }
        let secrets: Vec<&str> = reading.secrets.iter().map(|kind| kind.as_str()).collect();
        if !secrets.is_empty() {
            self.line("Secrets", &format!("{} (covered below)", secrets.join(", ")));
        }
    }

    fn parts(&mut self, mail: &InboundMessage) {
        for attachment in &mail.attachments {
            let name = attachment.name.as_deref().unwrap_or("(no name)");
            let name = redacted(name, self.contracted);
            let inline = if attachment.inline { ", inline" } else { "" };
            let locked = if attachment.encrypted {
                ", needs a password"
            } else {
                ""
            };
            let (kind, size) = (&attachment.media_type, attachment.size);
            self.line(
                "Attachment",
                &format!("{name} ({kind}, {size} octets{inline}{locked})"),
            );
        }
        for problem in &mail.problems {
            self.line(
                "Problem",
                format!("{} {}", problem.slug, problem.detail).trim_end(),
            );
        }
    }

    fn body(&mut self, mail: &InboundMessage, marks: &Marks) {
        let kinds: Vec<PieceKind> = mail.reply.pieces.iter().map(|piece| piece.kind).collect();
        let folded: Vec<String> = PieceKind::ALL
            .iter()
            .filter(|kind| **kind != PieceKind::Written && kinds.contains(kind))
            .map(|kind| format!("{} {kind}", margin(*kind).trim_end()))
            .collect();
        self.text.push('\n');
        self.line("Folded", &folded.join(", "));
        for (piece, marks) in mail.reply.pieces.iter().zip(&marks.pieces) {
            let text = covered(&piece.text, self.contracted);
            for row in underlined(text.trim_end_matches('\n'), marks) {
                let _ = writeln!(
                    self.text,
                    "{}",
                    format!("{}│ {row}", margin(piece.kind)).trim_end()
                );
            }
        }
    }
}

fn named(mailbox: &Mailbox) -> String {
    match mailbox.name.as_deref() {
        Some(name) if !name.is_empty() => format!("{name} <{}>", mailbox.address),
        _ => mailbox.address.to_string(),
    }
}
