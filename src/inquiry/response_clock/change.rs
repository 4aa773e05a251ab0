//! Re-categorising. Comes in: the old and the new category. Goes out: what it means for the clock and whether
//! the customer is told (SPEC §11).

use chrono::{DateTime, Utc};

use super::policy::{ResponsePolicy, Start};
use crate::calendar::Calendar;
use crate::ticket::{Category, Desk};

/// What a change of category means for the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockChange {
    /// The desk before and after.
    pub desks: (Desk, Desk),
    /// When the new desk starts.
    pub start: Start,
    /// Whether the customer is told: only where the working hours they were told about change.
    pub tell_customer: bool,
}

/// The clock after a re-categorising at `now`, or `None` where the desk stays the same.
pub fn recategorised(
    change: (Category, Category),
    now: DateTime<Utc>,
    policy: &ResponsePolicy,
    calendar: &Calendar,
) -> Option<ClockChange> {
    let desks = (change.0.desk(), change.1.desk());
    (desks.0 != desks.1).then(|| ClockChange {
        desks,
        start: policy.starts_at(desks.1, now, calendar),
        tell_customer: policy.hours_of(desks.0) != policy.hours_of(desks.1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::Language;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}+09:00")
            .parse::<DateTime<chrono::FixedOffset>>()
            .unwrap()
            .to_utc()
    }

    #[test]
    fn a_change_to_the_billing_desk_is_told_to_the_customer() {
        let change = |from, to| {
            recategorised(
                (from, to),
                at("2025-03-01T10:00:00"),
                &ResponsePolicy::default(),
                &Calendar::embedded(),
            )
        };
        let told = change(Category::NeedsTriage, Category::AccountBilling).unwrap();
        assert!(told.tell_customer && told.start.spoken(Language::Japanese) == "3月3日(月)午前9時");
        assert!(
            !change(Category::Technical, Category::Restriction)
                .unwrap()
                .tell_customer
        );
        assert_eq!(change(Category::Technical, Category::Diagnosis), None);
    }
}
