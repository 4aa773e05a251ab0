//! What one attempt means for an outgoing mail (SPEC §14): pure, so that the whole table can be read here.

use chrono::{DateTime, TimeDelta, Utc};

use super::outcome::DeliveryOutcome;
use crate::store::outbox::{OutboxEntry, OutboxState};

/// Minutes until the next attempt, by attempts made; the last one repeats.
const BACKOFF_MINUTES: &[i64] = &[1, 5, 15, 30, 60];

/// Days after which a mail that is still deferred is given up.
const GIVE_UP_DAYS: i64 = 5;

/// Hours after which staff are told that a mail is late.
const TELL_HOURS: i64 = 4;

/// Minutes until the one further attempt of a mail that may have been accepted.
const UNKNOWN_MINUTES: i64 = 15;

/// How an attempt changes its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The new state.
    pub state: OutboxState,
    /// When the next attempt is due.
    pub due_at: Option<DateTime<Utc>>,
    /// The server's words, or what went wrong.
    pub reply: String,
    /// Whether the mail may have been accepted all the same.
    pub unknown: bool,
    /// Whether staff are told now.
    pub tell: bool,
}

/// Judges an attempt.
pub fn judge(entry: &OutboxEntry, outcome: DeliveryOutcome, now: DateTime<Utc>) -> Verdict {
    let end = |state, reply, tell| Verdict {
        state,
        due_at: None,
        reply,
        unknown: false,
        tell,
    };
    match outcome {
        DeliveryOutcome::Accepted { reply } => end(OutboxState::Sent, reply, false),
        DeliveryOutcome::Refused { reply } => end(OutboxState::Failed, reply, true),
        // A mail that is not tried again because of us is not tried too often either.
        DeliveryOutcome::Forbidden { reply } => judge(entry, DeliveryOutcome::Deferred { why: reply }, now),
        DeliveryOutcome::Deferred { why } if now - entry.created_at >= TimeDelta::days(GIVE_UP_DAYS) => end(
            OutboxState::Failed,
            format!("given up after {GIVE_UP_DAYS} days: {why}"),
            true,
        ),
        DeliveryOutcome::Deferred { why } => Verdict {
            state: OutboxState::Deferred,
            due_at: Some(now + backoff(entry.attempts)),
            reply: why,
            unknown: false,
            tell: entry.told_at.is_none() && now - entry.created_at >= TimeDelta::hours(TELL_HOURS),
        },
        DeliveryOutcome::Unknown { why } if entry.unknowns == 0 => Verdict {
            state: OutboxState::Deferred,
            due_at: Some(now + TimeDelta::minutes(UNKNOWN_MINUTES)),
            reply: why,
            unknown: true,
            tell: false,
        },
        DeliveryOutcome::Unknown { why } => Verdict {
            unknown: true,
            ..end(OutboxState::Unknown, why, true)
        },
    }
}

fn backoff(attempts: i64) -> TimeDelta {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or_default();
    let minutes = BACKOFF_MINUTES
        .get(place)
        .or(BACKOFF_MINUTES.last())
        .copied()
        .unwrap_or(60);
    TimeDelta::minutes(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{EmailAddress, MessageId};
    use crate::store::outbox::Purpose;

    fn entry(attempts: i64) -> OutboxEntry {
        let address = EmailAddress::parse("sato@customer.example").unwrap();
        OutboxEntry {
            id: uuid::Uuid::nil(),
            ticket_id: None,
            mail_id: None,
            purpose: Purpose::Acknowledgement,
            sender: address.clone(),
            recipient: address,
            message_id: MessageId::parse("<a@x>").unwrap(),
            subject: String::new(),
            bytes: Vec::new(),
            state: OutboxState::Sending,
            attempts,
            due_at: DateTime::UNIX_EPOCH,
            last_reply: None,
            created_at: DateTime::UNIX_EPOCH,
            finished_at: None,
            unknowns: 0,
            told_at: None,
        }
    }

    fn after(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn deferred() -> DeliveryOutcome {
        DeliveryOutcome::Deferred {
            why: "451 later".to_owned(),
        }
    }

    #[test]
    fn attempts_come_further_apart() {
        let waits: Vec<i64> = (1..8)
            .map(|n| (judge(&entry(n), deferred(), after(0)).due_at.unwrap() - after(0)).num_minutes())
            .collect();
        assert_eq!(waits, [1, 5, 15, 30, 60, 60, 60]);
    }

    #[test]
    fn staff_are_told_once_after_four_hours_and_it_ends_after_five_days() {
        assert!(!judge(&entry(5), deferred(), after(239)).tell);
        assert!(judge(&entry(5), deferred(), after(240)).tell);
        let told = OutboxEntry {
            told_at: Some(after(240)),
            ..entry(6)
        };
        assert!(!judge(&told, deferred(), after(300)).tell);
        assert_eq!(
            judge(&told, deferred(), after(5 * 24 * 60)).state,
            OutboxState::Failed
        );
    }

    #[test]
    fn a_mail_that_may_have_gone_is_tried_exactly_once_more() {
        let lost = || DeliveryOutcome::Unknown {
            why: "lost after the dot".to_owned(),
        };
        let first = judge(&entry(1), lost(), after(0));
        assert_eq!(
            (first.state, first.due_at, first.unknown),
            (OutboxState::Deferred, Some(after(15)), true)
        );
        let second = judge(
            &OutboxEntry {
                unknowns: 1,
                ..entry(2)
            },
            lost(),
            after(15),
        );
        assert_eq!((second.state, second.tell), (OutboxState::Unknown, true));
    }

    #[test]
    fn a_refused_mail_is_failed_at_once() {
        let refused = judge(
            &entry(1),
            DeliveryOutcome::Refused {
                reply: "550 no".to_owned(),
            },
            after(0),
        );
        assert_eq!((refused.state, refused.tell), (OutboxState::Failed, true));
    }
}
