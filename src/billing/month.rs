//! The month a report bills. Usage may lie outside of it: a domain is renewed for days to come.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, Months, NaiveDate};

/// A billing month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BillingMonth(NaiveDate);

impl BillingMonth {
    /// The month that holds `day`.
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Month `month` (1–12) of `year`.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, 1).map(Self)
    }

    /// The month before.
    #[must_use]
    pub fn previous(self) -> Self {
        Self(self.0.checked_sub_months(Months::new(1)).unwrap_or(self.0))
    }

    /// Its year.
    pub fn year(self) -> i32 {
        self.0.year()
    }

    /// Its number in the year, 1–12.
    pub fn number(self) -> u32 {
        self.0.month()
    }

    /// The month of a report's instant, such as `2025-02-01T00:00:00Z` or `2025-02-01 00:00:00`.
    pub(super) fn of_instant(text: &str) -> Option<Self> {
        let date = text.split(['T', ' ']).next()?;
        date.parse().ok().map(Self::of)
    }

    /// As Japanese texts write it.
    pub fn spoken(self) -> String {
        format!("{}年{}月", self.year(), self.number())
    }
}

impl fmt::Display for BillingMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.format("%Y-%m").to_string())
    }
}

/// A text that is no month.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no month; write it as 2025-02")]
pub struct InvalidMonth(String);

impl FromStr for BillingMonth {
    type Err = InvalidMonth;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        format!("{text}-01")
            .parse()
            .ok()
            .filter(|_| text.len() == "2025-02".len())
            .map(Self)
            .ok_or_else(|| InvalidMonth(text.to_owned()))
    }
}

impl serde::Serialize for BillingMonth {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_from_what_reports_and_people_write() {
        let february = BillingMonth::new(2025, 2);
        for instant in ["2025-02-01T00:00:00Z", "2025-02-01 00:00:00.000", "2025-02-01"] {
            assert_eq!(BillingMonth::of_instant(instant), february, "{instant}");
        }
        assert_eq!("2025-02".parse().ok(), february);
        for wrong in ["2025", "2025-2", "2025-13", "202502", "2025-02-01", ""] {
            assert!(wrong.parse::<BillingMonth>().is_err(), "{wrong}");
        }
        assert_eq!(BillingMonth::of_instant("02/01/2025"), None);
        assert_eq!(
            BillingMonth::new(2025, 1).unwrap().previous().to_string(),
            "2024-12"
        );
    }
}
