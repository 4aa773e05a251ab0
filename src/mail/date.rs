//! The Date field. Comes in: its value. Goes out: the instant with the sender's offset, or nothing.

use chrono::{DateTime, FixedOffset, TimeZone};

/// Longest value that is looked at; a real one has about forty characters.
const MAX_CHARS: usize = 120;

/// Reads a date (RFC 5322 §3.3); what is obsolete or broken goes through `mailparse`, which is lenient.
pub(super) fn parse(value: &str) -> Option<DateTime<FixedOffset>> {
    let value: String = value.split('(').next()?.chars().take(MAX_CHARS).collect();
    let value = value.trim();
    if let Ok(date) = DateTime::parse_from_rfc2822(value) {
        return Some(date);
    }
    if let Ok(date) = DateTime::parse_from_rfc3339(value) {
        return Some(date);
    }
    if let Some(date) = with_named_zone(value) {
        return Some(date);
    }
    // A value without any date comes out of it as the second 0.
    let seconds = mailparse::dateparse(value).ok().filter(|seconds| *seconds != 0)?;
    offset_of(value).timestamp_opt(seconds, 0).single()
}

/// Zones that mailers name and RFC 5322 does not know.
const ZONES: &[(&str, &str)] = &[
    ("JST", "+0900"),
    ("KST", "+0900"),
    ("SGT", "+0800"),
    ("HKT", "+0800"),
    ("CET", "+0100"),
    ("CEST", "+0200"),
    ("BST", "+0100"),
    ("AEST", "+1000"),
    ("AEDT", "+1100"),
];

fn with_named_zone(value: &str) -> Option<DateTime<FixedOffset>> {
    let (date, name) = value.rsplit_once(' ')?;
    let (_, offset) = ZONES.iter().find(|(zone, _)| zone.eq_ignore_ascii_case(name))?;
    DateTime::parse_from_rfc2822(&format!("{date} {offset}")).ok()
}

/// The numeric offset at the end of the value, else UTC.
fn offset_of(value: &str) -> FixedOffset {
    let utc = FixedOffset::east_opt(0);
    let named = value.split_whitespace().rev().find_map(|word| {
        let digits = word.strip_prefix(['+', '-']).filter(|d| d.len() == 4)?;
        let number: i32 = digits.parse().ok()?;
        let seconds = (number / 100)
            .checked_mul(3600)?
            .checked_add((number % 100).checked_mul(60)?)?;
        FixedOffset::east_opt(if word.starts_with('-') {
            seconds.checked_neg()?
        } else {
            seconds
        })
    });
    named
        .or(utc)
        .unwrap_or_else(|| DateTime::<chrono::Utc>::UNIX_EPOCH.fixed_offset().timezone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Option<String> {
        parse(value).map(|date| date.to_rfc3339())
    }

    #[test]
    fn dates_are_read_with_their_offset() {
        let expected = Some("2026-11-25T09:05:00+09:00".to_owned());
        assert_eq!(read("Wed, 25 Nov 2026 09:05:00 +0900 (JST)"), expected);
        assert_eq!(read("Wen, 25 Nov 2026 09:05:00 +0900"), expected);
        assert_eq!(read("25 Nov 26 09:05:00 +0900"), expected);
        assert_eq!(read("25 Nov 26 09:05 JST"), expected);
        assert_eq!(
            read("Wed, 25 Nov 2026 00:05:00 GMT").unwrap(),
            "2026-11-25T00:05:00+00:00"
        );
    }

    #[test]
    fn what_is_no_date_is_none() {
        assert_eq!(read("yesterday"), None);
        assert_eq!(read("1 Jan 4294967295 00:00:00 +9999"), None);
        assert_eq!(read(""), None);
    }
}
