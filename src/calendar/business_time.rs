//! Time counted in business hours. Comes in: instants. Goes out: whether the counter is open, when it next
//! opens, and instants and spans counted only while it is. The window is half open: 17:00:00 is after hours
//! (SPEC §11).

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};

use super::business_days::{Calendar, LONGEST_CLOSURE_DAYS};
use super::jst::{at_jst, to_jst};

/// Opening time of a business day, JST.
pub const OPENS_AT: NaiveTime = hour(9);
/// Closing time of a business day, JST; this instant is already closed.
pub const CLOSES_AT: NaiveTime = hour(17);

/// Spans are cut to this many days of calendar, about ten years: no promise reaches further.
const LONGEST_SPAN_DAYS: usize = 3_700;

const fn hour(hour: u32) -> NaiveTime {
    match NaiveTime::from_hms_opt(hour, 0, 0) {
        Some(time) => time,
        None => NaiveTime::MIN,
    }
}

impl Calendar {
    /// Whether the counter is open at that instant.
    pub fn is_open(&self, at: DateTime<Utc>) -> bool {
        let local = to_jst(at);
        let time = local.time();
        self.is_business_day(local.date_naive()) && OPENS_AT <= time && time < CLOSES_AT
    }

    /// The first instant at or after `at` at which the counter is open, on Japanese clocks.
    pub fn next_opening(&self, at: DateTime<Utc>) -> DateTime<FixedOffset> {
        let local = to_jst(at);
        if self.is_open(at) {
            return local;
        }
        let today = local.date_naive();
        let from = if local.time() < OPENS_AT {
            today
        } else {
            today.succ_opt().unwrap_or(today)
        };
        at_jst(self.business_day_from(from), OPENS_AT)
    }

    /// The instant that many business days later, never outside business hours: what somebody is reminded of
    /// is not said at night. A day on which nobody works counts as the next business day.
    pub fn business_days_after(&self, at: DateTime<Utc>, days: u32) -> DateTime<Utc> {
        let local = to_jst(at);
        let day = self.add_business_days(local.date_naive(), days);
        self.next_opening(at_jst(day, local.time()).to_utc()).to_utc()
    }

    /// The instant by which that much business time has passed since `at`.
    ///
    /// A span that ends exactly at closing time ends there, not at the next opening.
    pub fn add_business_time(&self, at: DateTime<Utc>, span: TimeDelta) -> DateTime<Utc> {
        let start = self.next_opening(at);
        let mut left = span.max(TimeDelta::zero());
        let mut reached = start;
        for day in self.business_days_from(start.date_naive()) {
            let opens = at_jst(day, OPENS_AT).max(start);
            let open_for = at_jst(day, CLOSES_AT) - opens;
            reached = opens + left.min(open_for);
            if left <= open_for {
                break;
            }
            left -= open_for;
        }
        reached.with_timezone(&Utc)
    }

    /// How much of the time between two instants lay within business hours; zero when `to` is not later.
    pub fn business_time_between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
        let (from, to) = (to_jst(from), to_jst(to));
        self.business_days_from(from.date_naive())
            .take_while(|day| *day <= to.date_naive())
            .map(|day| at_jst(day, CLOSES_AT).min(to) - at_jst(day, OPENS_AT).max(from))
            .filter(|open_for| *open_for > TimeDelta::zero())
            .fold(TimeDelta::zero(), |sum, open_for| sum + open_for)
    }

    fn business_days_from(&self, date: NaiveDate) -> impl Iterator<Item = NaiveDate> + '_ {
        date.iter_days()
            .take(LONGEST_SPAN_DAYS + LONGEST_CLOSURE_DAYS)
            .filter(|day| self.is_business_day(*day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Closures;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}+09:00")
            .parse::<DateTime<FixedOffset>>()
            .unwrap()
            .to_utc()
    }

    fn opening(calendar: &Calendar, text: &str) -> String {
        calendar
            .next_opening(at(text))
            .format("%Y-%m-%dT%H:%M:%S")
            .to_string()
    }

    #[test]
    fn the_desk_opens_as_the_table_says() {
        let calendar = Calendar::embedded();
        let table = [
            ("2025-02-28T16:59:59", "2025-02-28T16:59:59"),
            ("2025-02-28T17:00:00", "2025-03-03T09:00:00"),
            ("2025-05-02T17:30:00", "2025-05-07T09:00:00"),
            ("2026-05-02T10:00:00", "2026-05-07T09:00:00"),
            ("2026-09-18T17:00:00", "2026-09-24T09:00:00"),
            ("2027-03-19T17:00:01", "2027-03-23T09:00:00"),
            ("2025-11-22T12:00:00", "2025-11-25T09:00:00"),
            ("2025-03-03T08:59:59", "2025-03-03T09:00:00"),
        ];
        for (now, opens) in table {
            assert_eq!(opening(&calendar, now), opens, "{now}");
        }
    }

    #[test]
    fn the_desk_opens_after_the_companys_new_year() {
        let toml = "[[closed]]\nfrom = \"12-29\"\nto = \"01-03\"\nname = \"年末年始\"";
        let calendar = Calendar::embedded().with_closures(Closures::parse(toml).unwrap());
        assert_eq!(opening(&calendar, "2025-12-26T18:00:00"), "2026-01-05T09:00:00");
        assert_eq!(opening(&calendar, "2028-12-28T17:00:00"), "2029-01-04T09:00:00");
    }

    #[test]
    fn five_business_days_later_is_said_in_business_hours() {
        let calendar = Calendar::embedded();
        let table = [
            ("2026-03-04T10:30:00", "2026-03-11T10:30:00"),
            ("2026-03-06T18:00:00", "2026-03-16T09:00:00"),
            ("2026-03-07T11:00:00", "2026-03-16T11:00:00"),
            ("2026-03-04T03:00:00", "2026-03-11T09:00:00"),
            ("2026-04-28T12:00:00", "2026-05-11T12:00:00"),
        ];
        for (from, then) in table {
            assert_eq!(calendar.business_days_after(at(from), 5), at(then), "{from}");
        }
    }

    #[test]
    fn business_hours_run_over_a_weekend() {
        let calendar = Calendar::embedded();
        let due = calendar.add_business_time(at("2025-02-28T16:00:00"), TimeDelta::hours(4));
        assert_eq!(due, at("2025-03-03T12:00:00"));
        assert_eq!(
            calendar.business_time_between(at("2025-02-28T16:00:00"), due),
            TimeDelta::hours(4)
        );
    }

    #[test]
    fn a_span_ending_at_closing_time_ends_there() {
        let due = Calendar::embedded().add_business_time(at("2025-02-28T16:00:00"), TimeDelta::hours(1));
        assert_eq!(due, at("2025-02-28T17:00:00"));
    }

    #[test]
    fn the_ends_of_time_and_endless_closures_are_answered() {
        let closed = "[[closed]]\nfrom = \"01-01\"\nto = \"12-31\"\nname = \"閉鎖\"";
        let calendar = Calendar::embedded().with_closures(Closures::parse(closed).unwrap());
        for instant in [
            DateTime::<Utc>::MIN_UTC,
            DateTime::<Utc>::MAX_UTC,
            at("2025-01-01T00:00:00"),
        ] {
            calendar.next_opening(instant);
            calendar.add_business_time(instant, TimeDelta::MAX);
            calendar.business_time_between(instant, DateTime::<Utc>::MAX_UTC);
        }
    }
}
