//! The judge: mails that were written, rows that were found, and what the server saw, compared. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::books::{Books, MailRow, OutboxRow};
use super::inquiries::{Inquiry, STAFF};
use super::sink::{Fate, Seen, digest};

/// What a round showed, as numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Tally {
    /// Mails written to the desk.
    pub(crate) mails: usize,
    /// Tickets it has.
    pub(crate) tickets: usize,
    /// Outgoing mails it has.
    pub(crate) outgoing: usize,
    /// Those that the server accepted more than once; the copies are the same mail.
    pub(crate) repeated: usize,
    /// Those that a person has to look at: unknown after one further attempt.
    pub(crate) unknown: usize,
    /// Those the server refused.
    pub(crate) refused: usize,
}

/// Every difference between promise and finding, in words; none is what is hoped for.
pub(crate) fn differences(written: &[Inquiry], books: &Books, seen: &[Seen]) -> Vec<String> {
    let mut found = Vec::new();
    let mut of_mail: BTreeMap<&str, Vec<&MailRow>> = BTreeMap::new();
    for row in &books.mails {
        match row.message_id.as_deref() {
            Some(id) => of_mail.entry(id).or_default().push(row),
            None => found.push(format!(
                "mail {} was kept and never read: {:?}",
                row.id, row.outcome
            )),
        }
    }
    for inquiry in written {
        let rows = of_mail
            .get(inquiry.message_id.as_str())
            .map_or(&[][..], Vec::as_slice);
        intake(inquiry, rows, &books.outbox, &mut found);
    }
    if books.tickets != written.len() {
        found.push(format!("{} mails made {} tickets", written.len(), books.tickets));
    }
    let mut at_server: BTreeMap<(&str, &str), Vec<&Seen>> = BTreeMap::new();
    for one in seen {
        at_server
            .entry((&one.message_id, &one.recipient))
            .or_default()
            .push(one);
    }
    for row in &books.outbox {
        let records = at_server.remove(&(row.message_id.as_str(), row.recipient.as_str()));
        delivery(row, &records.unwrap_or_default(), &mut found);
    }
    for ((id, recipient), records) in at_server {
        found.push(format!(
            "{recipient} was sent <{id}> {} times, and the desk knows of none",
            records.len()
        ));
    }
    found
}

/// One mail: exactly one effect, and everything that it causes.
fn intake(inquiry: &Inquiry, rows: &[&MailRow], outbox: &[OutboxRow], found: &mut Vec<String>) {
    let id = &inquiry.message_id;
    let effects: Vec<&&MailRow> = rows
        .iter()
        .filter(|row| row.outcome.as_deref() == Some("new-ticket"))
        .collect();
    for row in rows {
        if !matches!(row.outcome.as_deref(), Some("new-ticket" | "duplicate")) {
            found.push(format!("<{id}> ended as {:?}", row.outcome));
        }
    }
    let ticket = match effects.as_slice() {
        [] => return found.push(format!("<{id}> is lost")),
        [one] => one.ticket_id,
        several => return found.push(format!("<{id}> made {} tickets", several.len())),
    };
    for (purpose, recipient) in [
        ("acknowledgement", inquiry.author.as_str()),
        ("notification", STAFF),
    ] {
        let caused = outbox
            .iter()
            .filter(|row| row.ticket_id == ticket && row.purpose == purpose && row.recipient == recipient);
        let count = caused.count();
        if count != 1 {
            found.push(format!("<{id}> caused {count} {purpose}s to {recipient}"));
        }
    }
}

/// One outgoing mail: where it stands, against what the server saw.
fn delivery(row: &OutboxRow, records: &[&Seen], found: &mut Vec<String>) {
    let mut wrong = |what: String| {
        found.push(format!("{} <{}> {what}", row.purpose, row.message_id));
    };
    let accepted = records.iter().filter(|seen| seen.fate.is_accepted()).count();
    let has = |fate: Fate| records.iter().any(|seen| seen.fate == fate);
    match row.state.as_str() {
        "sent" if !has(Fate::Answered) => wrong(format!("is shown as sent; the server: {records:?}")),
        "failed" if !has(Fate::Refused) => wrong("is shown as failed, and no server refused it".to_owned()),
        "unknown" if row.unknowns != 2 => wrong(format!("is unknown after {} such attempts", row.unknowns)),
        "unknown" | "failed" if row.told_at.is_none() => {
            wrong(format!("is {} and nobody was told", row.state));
        }
        "sent" | "failed" | "unknown" => {}
        other => wrong(format!("was left {other}")),
    }
    if i64::try_from(records.len()).unwrap_or(i64::MAX) > row.attempts {
        wrong(format!(
            "came to the server {} times in {} recorded attempts",
            records.len(),
            row.attempts
        ));
    }
    let explained = row.unknowns + i64::from(row.state == "sent");
    if i64::try_from(accepted).unwrap_or(i64::MAX) > explained {
        wrong(format!(
            "was accepted {accepted} times, of which the desk knows {explained}"
        ));
    }
    let own = digest(&row.bytes);
    if records.iter().any(|seen| seen.digest != own) {
        wrong("reached the server with other bytes than were kept".to_owned());
    }
}

/// The round in numbers.
pub(crate) fn tally(written: &[Inquiry], books: &Books, seen: &[Seen]) -> Tally {
    let in_state = |state: &str| books.outbox.iter().filter(|row| row.state == state).count();
    let mut once = BTreeSet::new();
    let accepted = seen.iter().filter(|one| one.fate.is_accepted());
    let again: BTreeSet<_> = accepted
        .map(|one| (&one.message_id, &one.recipient))
        .filter(|key| !once.insert(*key))
        .collect();
    Tally {
        mails: written.len(),
        tickets: books.tickets,
        outgoing: books.outbox.len(),
        repeated: again.len(),
        unknown: in_state("unknown"),
        refused: in_state("failed"),
    }
}
