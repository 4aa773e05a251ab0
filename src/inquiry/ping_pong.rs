//! Whether a machine answers us (notes on loops, rule R11): on a ticket by too many mails in a short time or
//! answers that come faster than a person writes, at an address by new mails that answer our automatic ones.
//! Comes in: instants and texts. Goes out: a word. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::situation::AutomaticMail;
use super::subject::base_subject;
use crate::mail::InboundMessage;

/// Mails of the customer's side within [`WINDOW`] from which on no person is behind them.
const MANY: usize = 10;

/// How far back mails are counted.
const WINDOW: TimeDelta = TimeDelta::minutes(10);

/// An answer that comes within this time of our mail was hardly read.
const AT_ONCE: TimeDelta = TimeDelta::seconds(120);

/// Within this time of our mail nobody has read it and written another one.
const UNREAD: TimeDelta = TimeDelta::seconds(30);

/// Mails of ours answered at once that make a conversation of machines.
const ANSWERED_AT_ONCE: usize = 3;

/// Automatic mails of ours that were each met by a new mail at once: a person who writes twice in a row does
/// it once, a machine every time.
const MET_BY_NEW_MAIL: usize = 2;

/// Characters from which on a line of ours in a mail is a quote and no coincidence.
const QUOTED_LINE: usize = 12;

/// Characters from which on a subject of ours inside another one tells something.
const TELLING_SUBJECT: usize = 2;

/// How long nothing automatic is sent afterwards.
pub const QUIET_FOR: TimeDelta = TimeDelta::hours(24);

/// Whether the mails of the customer's side, the one at `now` included, look like a machine's answers to the
/// mails we sent.
pub fn is_ping_pong(inbound: &[DateTime<Utc>], sent: &[DateTime<Utc>], now: DateTime<Utc>) -> bool {
    let recent = inbound.iter().filter(|at| now - **at <= WINDOW).count();
    recent > MANY || answered_at_once(inbound, sent) >= ANSWERED_AT_ONCE
}

/// How many of our mails were answered at once. Several answers to one mail are a person who adds something.
fn answered_at_once(inbound: &[DateTime<Utc>], sent: &[DateTime<Utc>]) -> usize {
    sent.iter()
        .filter(|sent| inbound.iter().any(|came| is_at_once(**sent, *came)))
        .count()
}

fn is_at_once(sent: DateTime<Utc>, came: DateTime<Utc>) -> bool {
    came > sent && came - sent <= AT_ONCE
}

/// Whether a mail came right after an automatic mail of ours to its author and bears that mail's subject or
/// text: an automatic answer without any header.
pub fn answers_automatic_mail(
    mail: &InboundMessage,
    automatic: &[AutomaticMail],
    (number_prefix, now): (&str, DateTime<Utc>),
) -> bool {
    let subject = folded(&mail.subject);
    let quotes = |ours: &AutomaticMail| {
        let lines = ours.text.lines().map(str::trim);
        let mut long = lines.filter(|line| line.chars().count() >= QUOTED_LINE);
        long.any(|line| mail.text.contains(line))
    };
    let bears = |ours: &AutomaticMail| {
        let base = folded(&base_subject(&ours.subject, number_prefix));
        base.chars().count() >= TELLING_SUBJECT && subject.contains(&base)
    };
    let mut fresh = automatic.iter().filter(|ours| is_at_once(ours.at, now));
    fresh.any(|ours| bears(ours) || quotes(ours))
}

/// Whether a new mail came so soon after an automatic mail of ours that it is hardly a second question.
pub fn comes_unread(automatic: &[AutomaticMail], came: DateTime<Utc>) -> bool {
    let mut soon = automatic.iter().map(|ours| came - ours.at);
    soon.any(|after| after > TimeDelta::zero() && after <= UNREAD)
}

/// Whether new mails have met our automatic mails at once, again and again, the one at `now` included.
pub fn is_machine_at_address(
    openings: &[DateTime<Utc>],
    automatic: &[AutomaticMail],
    now: DateTime<Utc>,
) -> bool {
    let sent: Vec<DateTime<Utc>> = automatic.iter().map(|ours| ours.at).collect();
    let came: Vec<DateTime<Utc>> = openings.iter().copied().chain([now]).collect();
    answered_at_once(&came, &sent) >= MET_BY_NEW_MAIL
}

fn folded(subject: &str) -> String {
    subject.to_lowercase().split_whitespace().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(all: &[i64]) -> Vec<DateTime<Utc>> {
        all.iter()
            .map(|m| DateTime::UNIX_EPOCH + TimeDelta::minutes(*m))
            .collect()
    }

    #[test]
    fn three_answers_within_two_minutes_of_our_mails_are_a_machines() {
        let sent = minutes(&[0, 60, 120]);
        let last = DateTime::UNIX_EPOCH + TimeDelta::minutes(121);
        assert!(is_ping_pong(&minutes(&[1, 61, 121]), &sent, last));
        assert!(!is_ping_pong(&minutes(&[1, 61, 130]), &sent, last));
    }

    #[test]
    fn a_person_who_adds_things_to_one_mail_is_no_machine() {
        let last = DateTime::UNIX_EPOCH + TimeDelta::minutes(2);
        assert!(!is_ping_pong(&minutes(&[1, 1, 2, 2]), &minutes(&[0]), last));
    }

    #[test]
    fn two_automatic_mails_each_met_by_a_new_mail_are_answered_by_a_machine() {
        let ours = |at: &DateTime<Utc>| AutomaticMail {
            subject: "Re: EC2".to_owned(),
            text: String::new(),
            at: *at,
        };
        let sent: Vec<_> = minutes(&[0, 20]).iter().map(ours).collect();
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(21);
        assert!(is_machine_at_address(&minutes(&[1, 10]), &sent, now));
        assert!(!is_machine_at_address(&minutes(&[5, 10]), &sent, now));
        assert!(!is_machine_at_address(
            &minutes(&[0, 20]),
            &sent,
            now + TimeDelta::minutes(9)
        ));
    }

    #[test]
    fn a_mail_that_was_on_its_way_before_ours_is_no_answer_to_it() {
        let ours = AutomaticMail {
            subject: String::new(),
            text: String::new(),
            at: DateTime::UNIX_EPOCH,
        };
        let seconds = |s| DateTime::UNIX_EPOCH + TimeDelta::seconds(s);
        for (came, unread) in [(-5, false), (0, false), (5, true), (30, true), (31, false)] {
            assert_eq!(
                comes_unread(std::slice::from_ref(&ours), seconds(came)),
                unread,
                "{came}"
            );
        }
    }

    #[test]
    fn eleven_mails_in_ten_minutes_are_no_persons() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(10);
        assert!(is_ping_pong(
            &minutes(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
            &[],
            now
        ));
        assert!(!is_ping_pong(
            &minutes(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
            &[],
            now
        ));
        assert!(!is_ping_pong(
            &minutes(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 30]),
            &[],
            now + TimeDelta::hours(1)
        ));
    }
}
