//! How long a customer has waited, and until when the desk should answer. Comes in: one wait with its
//! pauses. Goes out: the instants at which staff are reminded and the target is missed.

use chrono::{DateTime, TimeDelta, Utc};

use super::policy::{Hours, ResponsePolicy};
use crate::calendar::Calendar;
use crate::ticket::{Category, Severity};

crate::slug_enum! {
    /// Which answer a target is about.
    pub enum Response {
        /// The first answer of a ticket.
        First = "first",
        /// Every later answer, counted from the customer's mail.
        Next = "next",
    }
}

/// A stretch in which the desk waited for somebody else (pending-customer, escalated).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when; `None` while it lasts.
    pub until: Option<DateTime<Utc>>,
}

/// One wait of a customer for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What the ticket is about now; re-categorising means asking again with the new one.
    pub category: Category,
    /// How hard the customer is hit now.
    pub severity: Severity,
    /// Which answer is awaited.
    pub response: Response,
    /// When the customer's mail came in.
    pub since: DateTime<Utc>,
    /// Stretches not counted against the desk, in any order.
    pub pauses: Vec<Pause>,
}

/// By when an answer is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When staff are reminded.
    pub remind_at: DateTime<Utc>,
    /// When the target is missed.
    pub at: DateTime<Utc>,
    /// Whether the customer may be told.
    pub published: bool,
}

crate::slug_enum! {
    /// What the clock asks staff to be told now.
    pub enum Reminder {
        /// The target is near.
        Approaching = "target-approaching",
        /// The target is missed.
        Breached = "target-breached",
    }
}

impl Waiting {
    /// When the answer is due, or `None` without a target or while a pause lasts.
    pub fn due(&self, policy: &ResponsePolicy, calendar: &Calendar) -> Option<Due> {
        if self.pauses.iter().any(|pause| pause.until.is_none()) {
            return None;
        }
        let target = policy.target(self.category, self.severity)?;
        let minutes = match self.response {
            Response::First => target.first_minutes,
            Response::Next => target.next_minutes,
        };
        let whole = TimeDelta::minutes(i64::from(minutes));
        let until_reminder = whole * i32::from(policy.remind_at_percent.min(100)) / 100;
        let hours = policy.hours_of(self.category.desk());
        Some(Due {
            remind_at: self.reached_after(until_reminder, hours, calendar),
            at: self.reached_after(whole, hours, calendar),
            published: target.published,
        })
    }

    /// How long the desk has kept the customer waiting at `now`, in the desk's working time.
    pub fn elapsed(&self, now: DateTime<Utc>, policy: &ResponsePolicy, calendar: &Calendar) -> TimeDelta {
        let hours = policy.hours_of(self.category.desk());
        self.counted_spans(now)
            .into_iter()
            .map(|(from, to)| working_time(hours, from, to, calendar))
            .fold(TimeDelta::zero(), |sum, span| sum + span)
    }

    /// What staff are to be told at `now`; the caller remembers what it has told already.
    pub fn reminder(
        &self,
        now: DateTime<Utc>,
        policy: &ResponsePolicy,
        calendar: &Calendar,
    ) -> Option<Reminder> {
        let due = self.due(policy, calendar)?;
        if now >= due.at {
            Some(Reminder::Breached)
        } else {
            (now >= due.remind_at).then_some(Reminder::Approaching)
        }
    }

    /// The instant at which that much working time outside pauses has passed.
    fn reached_after(&self, span: TimeDelta, hours: Hours, calendar: &Calendar) -> DateTime<Utc> {
        let mut left = span;
        let mut from = self.since;
        for pause in self.pauses_in_order() {
            let worked = working_time(hours, from, pause.from, calendar);
            if worked >= left {
                break;
            }
            left -= worked;
            from = pause.until.unwrap_or(pause.from);
        }
        match hours {
            Hours::Always => from.checked_add_signed(left).unwrap_or(DateTime::<Utc>::MAX_UTC),
            Hours::Business => calendar.add_business_time(from, left),
        }
    }

    /// The stretches up to `now` that count against the desk.
    fn counted_spans(&self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let mut spans = Vec::new();
        let mut from = self.since;
        for pause in self.pauses_in_order() {
            spans.push((from, pause.from.min(now)));
            from = pause.until.unwrap_or(now);
        }
        spans.push((from, now));
        spans.retain(|(from, to)| from < to);
        spans
    }

    /// Pauses after the start, sorted, overlapping ones joined.
    fn pauses_in_order(&self) -> Vec<Pause> {
        let mut sorted: Vec<Pause> = self.pauses.clone();
        sorted.retain(|pause| {
            pause
                .until
                .is_none_or(|until| until > self.since && until > pause.from)
        });
        sorted.sort_by_key(|pause| pause.from);
        let mut joined: Vec<Pause> = Vec::with_capacity(sorted.len());
        for mut pause in sorted {
            pause.from = pause.from.max(self.since);
            match joined.last_mut() {
                Some(last) if last.until.is_none_or(|until| until >= pause.from) => {
                    last.until = last.until.zip(pause.until).map(|(a, b)| a.max(b));
                }
                Some(_) | None => joined.push(pause),
            }
        }
        joined
    }
}

fn working_time(hours: Hours, from: DateTime<Utc>, to: DateTime<Utc>, calendar: &Calendar) -> TimeDelta {
    match hours {
        Hours::Always => (to - from).max(TimeDelta::zero()),
        Hours::Business => calendar.business_time_between(from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}+09:00")
            .parse::<DateTime<chrono::FixedOffset>>()
            .unwrap()
            .to_utc()
    }

    fn policy() -> ResponsePolicy {
        toml::from_str(
            "[[targets]]\ncategory = \"account-billing\"\nfirst_minutes = 240\nnext_minutes = 480\npublished = true\n\
             [[targets]]\nseverity = \"urgent\"\nfirst_minutes = 60\nnext_minutes = 120\n",
        )
        .unwrap()
    }

    fn waiting(category: Category, since: &str) -> Waiting {
        Waiting {
            category,
            severity: Severity::Normal,
            response: Response::First,
            since: at(since),
            pauses: Vec::new(),
        }
    }

    #[test]
    fn a_billing_target_runs_in_business_hours() {
        let due = waiting(Category::AccountBilling, "2025-02-28T16:00:00")
            .due(&policy(), &Calendar::embedded())
            .unwrap();
        assert_eq!(due.at, at("2025-03-03T12:00:00"));
        assert_eq!(due.remind_at, at("2025-03-03T11:00:00"));
        assert!(due.published);
    }

    #[test]
    fn time_waited_for_the_customer_is_not_counted() {
        let mut billing = waiting(Category::AccountBilling, "2025-03-03T09:00:00");
        billing.pauses.push(Pause {
            from: at("2025-03-03T10:00:00"),
            until: Some(at("2025-03-03T12:00:00")),
        });
        let (policy, calendar) = (policy(), Calendar::embedded());
        assert_eq!(
            billing.due(&policy, &calendar).unwrap().at,
            at("2025-03-03T15:00:00")
        );
        assert_eq!(
            billing.elapsed(at("2025-03-03T13:00:00"), &policy, &calendar),
            TimeDelta::hours(2)
        );
    }

    #[test]
    fn overlapping_pauses_count_once_and_an_open_one_stops_the_clock() {
        let mut billing = waiting(Category::AccountBilling, "2025-03-03T09:00:00");
        for (from, until) in [("10:00:00", "12:00:00"), ("11:00:00", "13:00:00")] {
            let until = Some(at(&format!("2025-03-03T{until}")));
            billing.pauses.push(Pause {
                from: at(&format!("2025-03-03T{from}")),
                until,
            });
        }
        let (policy, calendar) = (policy(), Calendar::embedded());
        assert_eq!(
            billing.due(&policy, &calendar).unwrap().at,
            at("2025-03-03T16:00:00")
        );
        billing.pauses.push(Pause {
            from: at("2025-03-03T14:00:00"),
            until: None,
        });
        assert_eq!(billing.due(&policy, &calendar), None);
        assert_eq!(
            billing.elapsed(at("2025-03-04T12:00:00"), &policy, &calendar),
            TimeDelta::hours(2)
        );
    }

    #[test]
    fn staff_are_reminded_before_and_at_the_breach() {
        let billing = waiting(Category::AccountBilling, "2025-03-03T09:00:00");
        let told = |text: &str| billing.reminder(at(text), &policy(), &Calendar::embedded());
        assert_eq!(told("2025-03-03T11:59:59"), None);
        assert_eq!(told("2025-03-03T12:00:00"), Some(Reminder::Approaching));
        assert_eq!(told("2025-03-03T13:00:00"), Some(Reminder::Breached));
    }

    #[test]
    fn without_a_target_nothing_is_due() {
        let technical = waiting(Category::Technical, "2025-03-03T09:00:00");
        assert_eq!(technical.due(&policy(), &Calendar::embedded()), None);
    }
}
