//! Where in a mail its decision stands. Comes in: the reading of a mail. Goes out: marks for the subject and
//! for each piece of the text. Secrets are named and never shown.

use std::ops::Range;

use super::inspect::Reading;
use super::underline::Mark;
use crate::inquiry::account_ids::{Candidate, Place, Rejected};
use crate::inquiry::classification::Field;
use crate::inquiry::redaction::find_all;
use crate::mail::InboundMessage;
use crate::mail::reply::PieceKind;
use crate::registry::AccountId;

/// The marks of one mail.
#[derive(Debug)]
pub(super) struct Marks {
    /// Under the subject.
    pub(super) subject: Vec<Mark>,
    /// Under each piece of the text.
    pub(super) pieces: Vec<Vec<Mark>>,
}

impl Marks {
    /// Everything that speaks for the decision, or was looked at and left alone.
    pub(super) fn of(mail: &InboundMessage, reading: &Reading, contracted: &[AccountId]) -> Self {
        let mut marks = Self {
            subject: Vec::new(),
            pieces: vec![Vec::new(); mail.reply.pieces.len()],
        };
        marks.rules(mail, reading);
        marks.accounts(mail, reading);
        for mention in &reading.coverage.restricted {
            let label = format!("restricted list: {}", mention.service);
            marks.in_field(mail, mention.field, &mention.range, &label);
        }
        marks.secrets(mail, contracted);
        marks
    }

    fn rules(&mut self, mail: &InboundMessage, reading: &Reading) {
        for evidence in &reading.classification.evidence {
            let label = match evidence.flag {
                Some(flag) => format!("{flag} ({})", evidence.rule),
                None => evidence.rule.clone(),
            };
            self.in_field(mail, evidence.field, &evidence.range, &label);
        }
    }

    fn accounts(&mut self, mail: &InboundMessage, reading: &Reading) {
        let findings = &reading.findings;
        for one in &findings.candidates {
            self.at_source(mail, (one.source, one.place), &one.range, account_label(one));
        }
        for one in &findings.rejected {
            self.at_source(mail, (one.source, one.place), &one.range, rejected_label(one));
        }
        for one in &findings.suggestions {
            let label = format!("perhaps {} ({})", one.id, one.kind);
            self.at_source(mail, (one.source, one.place), &one.range, label);
        }
    }

    fn secrets(&mut self, mail: &InboundMessage, contracted: &[AccountId]) {
        let marks = |text: &str| -> Vec<Mark> {
            let found = find_all(text, contracted).into_iter();
            found
                .map(|secret| mark(secret.range, '!', format!("secret: {}", secret.kind)))
                .collect()
        };
        self.subject.extend(marks(&mail.subject));
        for (own, piece) in self.pieces.iter_mut().zip(&mail.reply.pieces) {
            own.extend(marks(&piece.text));
        }
    }

    /// A stretch of one of the texts in which accounts are looked for (`inquiry::sources`).
    fn at_source(
        &mut self,
        mail: &InboundMessage,
        (source, place): (usize, Place),
        range: &Range<usize>,
        label: String,
    ) {
        if place == Place::Subject {
            return self.subject.push(mark(range.clone(), '~', label));
        }
        let searched = |kind| !matches!(kind, PieceKind::Disclaimer | PieceKind::Banner);
        let pieces = mail.reply.pieces.iter().enumerate();
        let mut pieces = pieces
            .filter(|(_, piece)| searched(piece.kind))
            .map(|(index, _)| index);
        // The subject comes first; names of attachments, behind the pieces, are not shown as text.
        let piece = source.checked_sub(1).and_then(|nth| pieces.nth(nth));
        if let Some(marks) = piece.and_then(|index| self.pieces.get_mut(index)) {
            marks.push(mark(range.clone(), '~', label));
        }
    }

    /// A stretch of one of the texts that rules look at: pieces joined, without blank lines around them.
    fn in_field(&mut self, mail: &InboundMessage, field: Field, range: &Range<usize>, label: &str) {
        let nothing_written = mail.reply.written().is_empty();
        let wanted = |kind| match field {
            Field::Subject => false,
            Field::Written => kind == PieceKind::Written || nothing_written,
            Field::Quoted => kind != PieceKind::Written,
        };
        if field == Field::Subject {
            return self.subject.push(mark(range.clone(), '^', label.to_owned()));
        }
        let pieces = mail.reply.pieces.iter().enumerate();
        let pieces: Vec<_> = pieces.filter(|(_, piece)| wanted(piece.kind)).collect();
        let blank = |text: &str| text.len() - text.trim_start_matches('\n').len();
        let whole = field == Field::Written && nothing_written;
        let mut skipped = 0;
        for (_, piece) in pieces.iter().take_while(|_| !whole) {
            skipped += blank(&piece.text);
            if blank(&piece.text) < piece.text.len() {
                break;
            }
        }
        let (start, end) = (range.start + skipped, range.end + skipped);
        let mut from = 0;
        for (index, piece) in pieces {
            let to = from + piece.text.len();
            let (first, last) = (start.max(from), end.min(to));
            if let Some(marks) = self.pieces.get_mut(index).filter(|_| first < last) {
                marks.push(mark(first - from..last - from, '^', label.to_owned()));
            }
            from = to;
        }
    }
}

fn mark(range: Range<usize>, sign: char, label: String) -> Mark {
    Mark { range, sign, label }
}

fn account_label(one: &Candidate) -> String {
    let own = if one.own { ", contracted" } else { "" };
    format!("account {} ({} {}{own})", one.id, one.evidence, one.score)
}

fn rejected_label(one: &Rejected) -> String {
    match one.owner {
        Some(owner) => format!("no account: {}, {owner}", one.reason),
        None => format!("no account: {}", one.reason),
    }
}

/// The text with every character of a secret covered; positions by column stay what they are.
pub(super) fn covered(text: &str, contracted: &[AccountId]) -> String {
    let secrets = find_all(text, contracted);
    let hidden = |at: usize| secrets.iter().any(|secret| secret.range.contains(&at));
    let cover = |(at, c): (usize, char)| match (hidden(at), c.len_utf8()) {
        (true, _) if c.is_whitespace() => c,
        // A character of as many octets and columns, so that marks still point at the right place.
        (true, 1) => '*',
        (true, 2) => '¤',
        (true, 3) => '＊',
        (true | false, _) => c,
    };
    text.char_indices().map(cover).collect()
}
