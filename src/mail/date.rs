//! Stage: dates (RFC 5322 §3.3). Comes in: the text of a Date field. Goes out: the instant with the zone it
//! was written in; `None` where it names none. Two-digit years, zones by name, dashes for spaces, missing
//! seconds or a missing zone (taken as UTC) are read, and so is RFC 3339.

use chrono::{DateTime, FixedOffset, NaiveDate, TimeZone};

/// Longest date that is read, in characters.
const MAX_CHARS: usize = 100;
/// First letters of the months, in order.
const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
/// Zones that mailers name (RFC 5322 §4.3, and Japan), in hours east of Greenwich.
const ZONES: [(&str, i32); 12] = [
    ("jst", 9),
    ("gmt", 0),
    ("ut", 0),
    ("utc", 0),
    ("z", 0),
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("pst", -8),
    ("pdt", -7),
];

/// Reads a date.
pub(super) fn parse(value: &str) -> Option<DateTime<FixedOffset>> {
    let value: String = value.chars().take(MAX_CHARS).collect();
    if let Ok(date) = DateTime::parse_from_rfc3339(value.trim()) {
        return Some(date);
    }
    // The comment names the zone once more; a weekday says nothing new and is often wrong.
    let bare = value
        .split('(')
        .next()?
        .replace(['-', ','], " ")
        .replace('+', " +");
    let signed = value.split('(').next()?.contains(" -");
    let mut words = bare
        .split_whitespace()
        .skip_while(|word| !word.starts_with(|c: char| c.is_ascii_digit()));
    let day = words.next()?.parse().ok()?;
    let month = month(words.next()?)?;
    let year = year(words.next()?)?;
    let (hour, minute, second) = time(words.next()?)?;
    let zone = words.next().map_or(Some(0), |word| zone_seconds(word, signed))?;
    let local = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, minute, second)?;
    FixedOffset::east_opt(zone)?.from_local_datetime(&local).single()
}

fn month(word: &str) -> Option<u32> {
    let start = word.get(..3)?.to_ascii_lowercase();
    let index = MONTHS.iter().position(|month| *month == start)?;
    u32::try_from(index).ok()?.checked_add(1)
}

/// Two digits mean 1950 to 2049, three are years since 1900 (RFC 5322 §4.3).
fn year(word: &str) -> Option<i32> {
    let year: i32 = word.parse().ok()?;
    match (word.len(), year) {
        (2, 0..50) => year.checked_add(2000),
        (2 | 3, _) => year.checked_add(1900),
        (4, _) => Some(year),
        _ => None,
    }
}

fn time(word: &str) -> Option<(u32, u32, u32)> {
    let mut parts = word.split([':', '.']).map(|part| part.parse::<u32>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    // A leap second is the last second of its minute here.
    Some((hour, minute, parts.next().flatten().unwrap_or(0).min(59)))
}

fn zone_seconds(word: &str, west: bool) -> Option<i32> {
    let digits = word.trim_start_matches('+').replace(':', "");
    if digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()) {
        let number: i32 = digits.parse().ok()?;
        let seconds = (number / 100)
            .checked_mul(3600)?
            .checked_add((number % 100).checked_mul(60)?)?;
        return Some(if west && !word.starts_with('+') {
            -seconds
        } else {
            seconds
        });
    }
    // An unknown name stands for UTC (RFC 5322 §4.3).
    let known = ZONES.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
    Some(known.map_or(0, |(_, hours)| hours.saturating_mul(3600)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> String {
        parse(value).map_or_else(|| "none".to_owned(), |date| date.to_rfc3339())
    }

    #[test]
    fn dates_are_read_in_the_ways_mailers_write_them() {
        for value in [
            "Wed, 25 Nov 2026 10:15:00 +0900",
            "Wed, 25 Nov 2026 10:15:00 +0900 (JST)",
            "25 Nov 26 10:15 JST",
            "Wed,25-Nov-2026 10:15:00 +09:00",
            "Mon, 25 November 2026 10:15:00 +0900",
            "水, 25 Nov 2026 10:15:00 +0900",
            "2026-11-25T10:15:00+09:00",
        ] {
            assert_eq!(read(value), "2026-11-25T10:15:00+09:00", "{value}");
        }
        assert_eq!(
            read("Wed, 25 Nov 2026 10:15:00 -0530"),
            "2026-11-25T10:15:00-05:30"
        );
        assert_eq!(read("Wed, 25 Nov 2026 10:15:60"), "2026-11-25T10:15:59+00:00");
    }

    #[test]
    fn what_names_no_instant_is_none() {
        for value in [
            "",
            "tomorrow",
            "32 Nov 2026 10:15:00",
            "25 Nov 2026",
            "25 Nov 2026 25:00:00",
            "(((((",
            "25 あいう 2026 1:1",
        ] {
            assert_eq!(read(value), "none", "{value}");
        }
    }
}
