//! The company's own days. Comes in: the text of `closures.toml`. Goes out: which days the company is
//! closed beside weekends and holidays, and on which such days it works all the same (SPEC §11).
//!
//! ```toml
//! [[closed]]
//! from = "12-29"        # every year; a range may run over the new year
//! to = "01-03"
//! name = "年末年始休業"
//!
//! [[open]]
//! on = "2026-05-02"     # one day of one year
//! name = "振替営業日"
//! ```

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;

/// Company closures and extra open days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Closures {
    closed: Vec<Span>,
    open: Vec<Span>,
}

/// Why a closures file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ClosuresError {
    /// No TOML, or an unknown key.
    #[error("the closures file does not read: {0}")]
    Syntax(String),
    /// A date that does not exist or is written in another form.
    #[error("`{0}` is no day: write `MM-DD` for every year or `YYYY-MM-DD` for one")]
    Day(String),
    /// `from` and `to` do not belong together, or `on` stands beside them.
    #[error("`{0}`: write either `on`, or `from` and `to` in the same form and order")]
    Range(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    days: Days,
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Days {
    EveryYear { from: (u32, u32), to: (u32, u32) },
    Once { from: NaiveDate, to: NaiveDate },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    closed: Vec<Entry>,
    #[serde(default)]
    open: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    on: Option<String>,
    from: Option<String>,
    to: Option<String>,
    name: String,
}

impl Closures {
    /// Reads the file's text.
    pub fn parse(toml: &str) -> Result<Self, ClosuresError> {
        let file: File = toml::from_str(toml).map_err(|error| ClosuresError::Syntax(error.to_string()))?;
        let spans = |entries: Vec<Entry>| entries.into_iter().map(Span::parse).collect::<Result<_, _>>();
        Ok(Self {
            closed: spans(file.closed)?,
            open: spans(file.open)?,
        })
    }

    /// The closure's name, where the company is closed on that date.
    pub fn closed_for(&self, date: NaiveDate) -> Option<&str> {
        name_on(&self.closed, date)
    }

    /// The extra open day's name, where the company works on that date whatever else it is.
    pub fn open_for(&self, date: NaiveDate) -> Option<&str> {
        name_on(&self.open, date)
    }
}

fn name_on(spans: &[Span], date: NaiveDate) -> Option<&str> {
    spans
        .iter()
        .find(|span| span.days.contain(date))
        .map(|span| span.name.as_str())
}

impl Span {
    fn parse(entry: Entry) -> Result<Self, ClosuresError> {
        let days = match (&entry.on, &entry.from, &entry.to) {
            (Some(on), None, None) => Days::parse(on, on),
            (None, Some(from), Some(to)) => Days::parse(from, to),
            _ => Err(ClosuresError::Range(entry.name.clone())),
        }?;
        Ok(Self {
            days,
            name: entry.name,
        })
    }
}

impl Days {
    fn parse(from: &str, to: &str) -> Result<Self, ClosuresError> {
        match (full_date(from), full_date(to)) {
            (Some(from), Some(to)) if from <= to => Ok(Self::Once { from, to }),
            (None, None) => Ok(Self::EveryYear {
                from: day_of_year(from)?,
                to: day_of_year(to)?,
            }),
            _ => Err(ClosuresError::Range(format!("{from} – {to}"))),
        }
    }

    fn contain(self, date: NaiveDate) -> bool {
        let day = (date.month(), date.day());
        match self {
            Self::Once { from, to } => from <= date && date <= to,
            Self::EveryYear { from, to } if from <= to => from <= day && day <= to,
            Self::EveryYear { from, to } => from <= day || day <= to,
        }
    }
}

fn full_date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

fn day_of_year(text: &str) -> Result<(u32, u32), ClosuresError> {
    // 2024 is a leap year, so 02-29 can be written.
    NaiveDate::parse_from_str(&format!("2024-{text}"), "%Y-%m-%d")
        .map(|date| (date.month(), date.day()))
        .map_err(|_| ClosuresError::Day(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_yearly_range_runs_over_the_new_year() {
        let toml = "[[closed]]\nfrom = \"12-29\"\nto = \"01-03\"\nname = \"年末年始\"";
        let closures = Closures::parse(toml).unwrap();
        assert_eq!(closures.closed_for(day("2030-12-31")), Some("年末年始"));
        assert_eq!(closures.closed_for(day("2031-01-03")), Some("年末年始"));
        assert_eq!(closures.closed_for(day("2031-01-04")), None);
    }

    #[test]
    fn a_day_of_one_year_stays_in_that_year() {
        let closures = Closures::parse("[[open]]\non = \"2026-05-02\"\nname = \"振替\"").unwrap();
        assert_eq!(closures.open_for(day("2026-05-02")), Some("振替"));
        assert_eq!(closures.open_for(day("2027-05-02")), None);
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named() {
        let bad = [
            ("[[closed]]\non = \"13-01\"\nname = \"x\"", "13-01"),
            (
                "[[closed]]\nfrom = \"2026-08-10\"\nto = \"08-14\"\nname = \"x\"",
                "2026-08-10 – 08-14",
            ),
            ("[[closed]]\nfrom = \"08-10\"\nname = \"夏季\"", "夏季"),
            ("[[shut]]\non = \"01-01\"\nname = \"x\"", "shut"),
        ];
        for (toml, part) in bad {
            let error = Closures::parse(toml).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
