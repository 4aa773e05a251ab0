//! Whether a machine answers us on a ticket (notes on loops, rule R11): too many mails in a short time, or
//! answers that come faster than a person writes. Comes in: instants. Goes out: a word. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// Mails of the customer's side within [`WINDOW`] from which on no person is behind them.
const MANY: usize = 10;

/// How far back mails are counted.
const WINDOW: TimeDelta = TimeDelta::minutes(10);

/// An answer that comes within this time of our mail was hardly read.
const AT_ONCE: TimeDelta = TimeDelta::seconds(120);

/// Answers at once that make a conversation of machines.
const ANSWERS_AT_ONCE: usize = 3;

/// How long nothing automatic is sent afterwards.
pub const QUIET_FOR: TimeDelta = TimeDelta::hours(24);

/// Whether the mails of the customer's side, the one at `now` included, look like a machine's answers to the
/// mails we sent.
pub fn is_ping_pong(inbound: &[DateTime<Utc>], sent: &[DateTime<Utc>], now: DateTime<Utc>) -> bool {
    let recent = inbound.iter().filter(|at| now - **at <= WINDOW).count();
    let at_once = inbound
        .iter()
        .filter(|came| sent.iter().any(|sent| is_at_once(*sent, **came)))
        .count();
    recent > MANY || at_once >= ANSWERS_AT_ONCE
}

fn is_at_once(sent: DateTime<Utc>, came: DateTime<Utc>) -> bool {
    came >= sent && came - sent <= AT_ONCE
}

/// Whether a new mail came right after an automatic mail of ours to its author.
pub fn answers_at_once(last_automatic: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    last_automatic.is_some_and(|sent| is_at_once(sent, now))
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
