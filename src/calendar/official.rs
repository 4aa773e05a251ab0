//! The Cabinet Office's list of holidays. Comes in: the bytes of `syukujitsu.csv` (CP932 as published, or
//! UTF-8). Goes out: the days with their names and the years they cover. A file that looks cut off is
//! refused: a missing holiday would promise work on a day nobody works.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

/// Our copy of the list, 2007 to 2027, in UTF-8 (<https://www8.cao.go.jp/chosei/shukujitsu/>).
const EMBEDDED: &[u8] = include_bytes!("syukujitsu.csv");

/// The law has known at least nine holidays in every year the list covers.
const FEWEST_IN_A_YEAR: usize = 9;

/// Every year has had a holiday in this month since 1948 (勤労感謝の日); a list ending earlier was cut off.
const LAST_MONTH: u32 = 11;

/// Official holidays of whole years.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OfficialHolidays {
    days: BTreeMap<NaiveDate, String>,
}

/// Why a file is not taken as the official list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OfficialCsvError {
    /// Neither UTF-8 nor CP932.
    #[error("the holiday list is neither CP932 nor UTF-8")]
    Encoding,
    /// A line that is no `YYYY/M/D,name`.
    #[error("line {line} of the holiday list is no `YYYY/M/D,name`: `{text}`")]
    Line {
        /// Counted from 1.
        line: usize,
        /// The line itself.
        text: String,
    },
    /// A year with too few holidays, so the file was probably cut off.
    #[error("the holiday list has only {count} holidays in {year}; it looks incomplete")]
    Incomplete {
        /// The year in question.
        year: i32,
        /// Holidays the file has in it.
        count: usize,
    },
}

impl OfficialHolidays {
    /// Reads the published CSV: a header line, then `YYYY/M/D,name` lines.
    pub fn parse(bytes: &[u8]) -> Result<Self, OfficialCsvError> {
        let text = decode(bytes)?;
        let mut days = BTreeMap::new();
        for (index, line) in text
            .lines()
            .enumerate()
            .skip(1)
            .filter(|(_, l)| !l.trim().is_empty())
        {
            let (date, name) = parse_line(line).ok_or_else(|| OfficialCsvError::Line {
                line: index + 1,
                text: line.to_owned(),
            })?;
            days.insert(date, name);
        }
        let holidays = Self { days };
        holidays.check_whole_years()?;
        Ok(holidays)
    }

    /// The list that is compiled in.
    pub(super) fn embedded() -> Self {
        // The unit test below holds the file to be readable; should it ever not be, the rules answer alone.
        Self::parse(EMBEDDED).unwrap_or_default()
    }

    /// The holiday's name on that date.
    pub(super) fn name(&self, date: NaiveDate) -> Option<&str> {
        self.days.get(&date).map(String::as_str)
    }

    /// Whether the list speaks about that date's year.
    pub fn covers(&self, date: NaiveDate) -> bool {
        self.years()
            .is_some_and(|(first, last)| (first..=last).contains(&date.year()))
    }

    /// The first and the last year of the list.
    pub fn years(&self) -> Option<(i32, i32)> {
        let first = self.days.keys().next()?;
        let last = self.days.keys().next_back()?;
        Some((first.year(), last.year()))
    }

    fn check_whole_years(&self) -> Result<(), OfficialCsvError> {
        let Some((first, last)) = self.years() else {
            return Err(OfficialCsvError::Incomplete { year: 0, count: 0 });
        };
        let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
        for date in self.days.keys() {
            *counts.entry(date.year()).or_default() += 1;
        }
        // A far-fetched year in the file must not make this loop long.
        let years = (first..=last).take(500);
        for (year, count) in years.map(|year| (year, counts.get(&year).copied().unwrap_or(0))) {
            let cut_off = !self
                .days
                .keys()
                .any(|d| d.year() == year && d.month() >= LAST_MONTH);
            if count < FEWEST_IN_A_YEAR || cut_off {
                return Err(OfficialCsvError::Incomplete { year, count });
            }
        }
        Ok(())
    }
}

fn decode(bytes: &[u8]) -> Result<String, OfficialCsvError> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.trim_start_matches('\u{feff}').to_owned());
    }
    encoding_rs::SHIFT_JIS
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned)
        .ok_or(OfficialCsvError::Encoding)
}

fn parse_line(line: &str) -> Option<(NaiveDate, String)> {
    let (date, name) = line.split_once(',')?;
    let mut fields = date.trim().split('/');
    let year = fields
        .next()?
        .parse()
        .ok()
        .filter(|year| (1900..=2500).contains(year))?;
    let month = fields.next()?.parse().ok()?;
    let day = fields.next()?.parse().ok()?;
    let date = NaiveDate::from_ymd_opt(year, month, day).filter(|_| fields.next().is_none())?;
    let name = name.trim();
    (!name.is_empty()).then(|| (date, name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_list_is_readable_and_covers_2007_to_2027() {
        assert_eq!(
            OfficialHolidays::parse(EMBEDDED).unwrap().years(),
            Some((2007, 2027))
        );
    }

    #[test]
    fn the_published_encoding_is_read() {
        let text = String::from_utf8(EMBEDDED.to_vec())
            .unwrap()
            .replace('\n', "\r\n");
        let (cp932, _, lossy) = encoding_rs::SHIFT_JIS.encode(&text);
        assert!(!lossy);
        assert_eq!(OfficialHolidays::parse(&cp932), OfficialHolidays::parse(EMBEDDED));
    }

    #[test]
    fn a_list_that_was_cut_off_is_refused() {
        let text = String::from_utf8(EMBEDDED.to_vec()).unwrap();
        let cut: Vec<&str> = text.lines().take(30).collect();
        let error = OfficialHolidays::parse(cut.join("\n").as_bytes()).unwrap_err();
        assert!(
            matches!(error, OfficialCsvError::Incomplete { year: 2008, .. }),
            "{error}"
        );
    }

    #[test]
    fn a_line_that_is_no_date_is_named() {
        let error = OfficialHolidays::parse("見出し\n2026/2/30,元日\n".as_bytes()).unwrap_err();
        assert!(error.to_string().starts_with("line 2 "), "{error}");
    }
}
