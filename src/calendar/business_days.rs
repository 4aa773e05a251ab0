//! Which days the company works. Comes in: a date. Goes out: business day or not, and why not. The
//! official list decides for the years it covers, the rules of `holidays` for all others.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::closures::Closures;
use super::holidays::name_by_rule;
use super::official::{OfficialCsvError, OfficialHolidays};

/// No closure is longer than this many days; it bounds every search for the next business day.
pub(super) const LONGEST_CLOSURE_DAYS: usize = 400;

/// The list should reach this many months ahead; the Cabinet Office publishes next year's each February.
const COVER_AHEAD_MONTHS: u32 = 13;

/// Holidays, closures and extra open days of one company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    official: OfficialHolidays,
    closures: Closures,
}

impl Default for Calendar {
    fn default() -> Self {
        Self::embedded()
    }
}

impl Calendar {
    /// The compiled-in holidays without company closures.
    pub fn embedded() -> Self {
        Self {
            official: OfficialHolidays::embedded(),
            closures: Closures::default(),
        }
    }

    /// The same calendar with another official list (the bytes of `syukujitsu.csv`, CP932 or UTF-8).
    pub fn with_official_csv(self, bytes: &[u8]) -> Result<Self, OfficialCsvError> {
        Ok(Self {
            official: OfficialHolidays::parse(bytes)?,
            ..self
        })
    }

    /// The same calendar with the company's closures.
    #[must_use]
    pub fn with_closures(self, closures: Closures) -> Self {
        Self { closures, ..self }
    }

    /// Whether the company works on that date.
    pub fn is_business_day(&self, date: NaiveDate) -> bool {
        self.closures.open_for(date).is_some() || (!is_weekend(date) && self.day_off_name(date).is_none())
    }

    /// The national holiday on that date (substitute and in-between days are 休日).
    pub fn holiday_name(&self, date: NaiveDate) -> Option<&str> {
        if self.official.covers(date) {
            self.official.name(date)
        } else {
            name_by_rule(date)
        }
    }

    /// The holiday's or closure's name, where there is one; weekends have none.
    pub fn day_off_name(&self, date: NaiveDate) -> Option<&str> {
        self.holiday_name(date).or_else(|| self.closures.closed_for(date))
    }

    /// The extra open day's name, where the company works although it usually would not.
    pub fn extra_open_name(&self, date: NaiveDate) -> Option<&str> {
        self.closures.open_for(date)
    }

    /// Whether that date's holidays are computed rather than announced.
    pub fn is_forecast(&self, date: NaiveDate) -> bool {
        !self.official.covers(date)
    }

    /// The last year the official list covers, where it does not reach 13 months beyond `today`.
    pub fn official_list_ends_early(&self, today: NaiveDate) -> Option<i32> {
        let wanted = today.checked_add_months(chrono::Months::new(COVER_AHEAD_MONTHS))?;
        let (_, last) = self.official.years()?;
        (last < wanted.year()).then_some(last)
    }

    /// The first business day on or after that date.
    pub fn business_day_from(&self, date: NaiveDate) -> NaiveDate {
        date.iter_days()
            .take(LONGEST_CLOSURE_DAYS)
            .find(|day| self.is_business_day(*day))
            .unwrap_or(date)
    }

    /// The business day that many business days after that date; with 0 the first on or after it.
    pub fn add_business_days(&self, date: NaiveDate, days: u32) -> NaiveDate {
        (0..days).fold(self.business_day_from(date), |day, _| {
            day.checked_add_days(Days::new(1))
                .map_or(day, |next| self.business_day_from(next))
        })
    }
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_rules_equal_the_official_list_on_every_day_it_covers() {
        let official = OfficialHolidays::embedded();
        let days = day("2007-01-01").iter_days().take_while(|d| d.year() <= 2027);
        let wrong: Vec<_> = days
            .filter(|d| name_by_rule(*d).is_some() != official.name(*d).is_some())
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn the_rules_name_most_holidays_as_the_list_does() {
        let official = OfficialHolidays::embedded();
        let days = day("2007-01-01").iter_days().take_while(|d| d.year() <= 2027);
        let wrong: Vec<_> = days
            .filter(|d| name_by_rule(*d) != official.name(*d))
            .map(|d| (d, name_by_rule(d), official.name(d)))
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn five_business_days_over_golden_week_take_thirteen_days() {
        let calendar = Calendar::embedded();
        assert_eq!(
            calendar.add_business_days(day("2026-04-28"), 5),
            day("2026-05-11")
        );
    }

    #[test]
    fn an_extra_open_day_beats_weekend_and_closure() {
        let toml =
            "[[closed]]\non = \"2026-05-02\"\nname = \"a\"\n[[open]]\non = \"2026-05-02\"\nname = \"b\"";
        let calendar = Calendar::embedded().with_closures(Closures::parse(toml).unwrap());
        assert!(calendar.is_business_day(day("2026-05-02")));
    }

    #[test]
    fn years_beyond_the_list_are_a_forecast() {
        let calendar = Calendar::embedded();
        assert!(calendar.is_forecast(day("2028-01-01")) && !calendar.is_forecast(day("2027-12-31")));
        assert_eq!(calendar.official_list_ends_early(day("2027-01-10")), Some(2027));
        assert_eq!(calendar.official_list_ends_early(day("2026-10-10")), None);
    }
}
