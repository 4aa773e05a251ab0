//! Instants as the page writes them. Comes in: an instant and a language. Goes out: its words and its machine form,
//! both on Japanese clocks. Nothing is said relative to now: a page may lie open for days.

use chrono::{DateTime, Datelike, FixedOffset, Utc, Weekday};
use serde::Serialize;

use crate::calendar::to_jst;
use crate::ticket::Language;

/// An instant for a `<time>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Time {
    /// RFC 3339 with +09:00.
    machine: String,
    /// In running text.
    words: String,
    /// In tables.
    short: String,
}

impl Time {
    /// An instant; the year is written where it is not that of `now`.
    pub(super) fn of(at: DateTime<Utc>, now: DateTime<Utc>, language: Language) -> Self {
        let (at, this_year) = (to_jst(at), to_jst(now).year());
        let (words, short) = match language {
            Language::Japanese => japanese(at, this_year),
            Language::English => english(at, this_year),
        };
        Self {
            machine: at.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            words,
            short,
        }
    }
}

fn japanese(at: DateTime<FixedOffset>, this_year: i32) -> (String, String) {
    let day = match at.weekday() {
        Weekday::Mon => "月",
        Weekday::Tue => "火",
        Weekday::Wed => "水",
        Weekday::Thu => "木",
        Weekday::Fri => "金",
        Weekday::Sat => "土",
        Weekday::Sun => "日",
    };
    let time = at.format("%H:%M");
    let (month, date) = (at.month(), at.day());
    if at.year() == this_year {
        (
            format!("{month}月{date}日({day}) {time}"),
            format!("{month}/{date}({day}) {time}"),
        )
    } else {
        let year = at.year();
        (
            format!("{year}年{month}月{date}日({day}) {time}"),
            format!("{year}/{month}/{date} {time}"),
        )
    }
}

fn english(at: DateTime<FixedOffset>, this_year: i32) -> (String, String) {
    let short = if at.year() == this_year {
        at.format("%a %-d %b, %H:%M")
    } else {
        at.format("%-d %b %Y, %H:%M")
    };
    (
        at.format("%a %-d %b %Y, %H:%M JST").to_string(),
        short.to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_is_written_where_it_is_another_one() {
        let at = "2026-11-24T03:41:00Z".parse().unwrap();
        let words = |now: &str| Time::of(at, now.parse().unwrap(), Language::Japanese);
        assert_eq!(words("2026-01-01T00:00:00Z").words, "11月24日(火) 12:41");
        assert_eq!(words("2027-01-01T00:00:00Z").words, "2026年11月24日(火) 12:41");
        assert_eq!(words("2026-01-01T00:00:00Z").machine, "2026-11-24T12:41:00+09:00");
        let english = Time::of(at, at, Language::English);
        assert_eq!(
            (english.words.as_str(), english.short.as_str()),
            ("Tue 24 Nov 2026, 12:41 JST", "Tue 24 Nov, 12:41")
        );
    }
}
