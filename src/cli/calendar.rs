//! `madoguchi calendar`: months and the next opening as text. Comes in: a calendar, the month to begin with
//! and an instant. Goes out: text for a terminal. It prints nothing itself.

use std::fmt::Write as _;

use chrono::{
    DateTime, Datelike, Days, FixedOffset, Months, NaiveDate, NaiveDateTime, NaiveTime, Utc, Weekday,
};

use crate::calendar::{Calendar, jst, to_jst};

/// Nobody reads more months than this at once.
const MOST_MONTHS: u32 = 36;

/// `months` months from the one that holds `first`: `*` marks days without business, with their names below.
pub fn months_text(calendar: &Calendar, first: NaiveDate, months: u32) -> String {
    let begin = first.with_day(1).unwrap_or(first);
    (0..months.min(MOST_MONTHS))
        .filter_map(|later| begin.checked_add_months(Months::new(later)))
        .map(|month| month_text(calendar, month))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Whether the counter is open at `at`, and when it next opens.
pub fn opening_text(calendar: &Calendar, at: DateTime<Utc>) -> String {
    let now = to_jst(at).format("%Y-%m-%d %H:%M:%S JST");
    if calendar.is_open(at) {
        return format!("{now}: open\n");
    }
    let opens = calendar.next_opening(at);
    let forecast = if calendar.is_forecast(opens.date_naive()) {
        " (forecast)"
    } else {
        ""
    };
    format!(
        "{now}: closed, opens {}{forecast}\n",
        opens.format("%Y-%m-%d (%a) %H:%M JST")
    )
}

/// Reads an instant as people write it: a date, with a time or without, on Japanese clocks where no offset stands.
pub fn instant(text: &str) -> Result<DateTime<FixedOffset>, String> {
    let text = text.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant);
    }
    let written = text.replace('T', " ");
    let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
    let local = forms
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&written, form).ok())
        .or_else(|| Some(written.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN)));
    local
        .and_then(|local| local.and_local_timezone(jst()).single())
        .ok_or_else(|| format!("`{text}` is no instant; write it as 2026-05-02T10:00"))
}

/// What to say where the official list does not reach far enough ahead.
pub fn list_warning(calendar: &Calendar, today: NaiveDate) -> Option<String> {
    let last = calendar.official_list_ends_early(today)?;
    Some(format!(
        "the official holiday list ends in {last}; later days are a forecast. Download syukujitsu.csv and set it in the configuration.\n"
    ))
}

fn month_text(calendar: &Calendar, first: NaiveDate) -> String {
    let days = || first.iter_days().take_while(|day| day.month() == first.month());
    let business = days().filter(|day| calendar.is_business_day(*day)).count();
    let forecast = if calendar.is_forecast(first) {
        ", forecast"
    } else {
        ""
    };
    let mut text = format!("{} ({business} business days{forecast})\n", first.format("%Y-%m"));
    text.push_str(" Mon Tue Wed Thu Fri Sat Sun\n");
    let blanks = usize::try_from(first.weekday().num_days_from_monday()).unwrap_or_default();
    text.push_str(&"    ".repeat(blanks));
    for day in days() {
        let mark = if calendar.is_business_day(day) { "" } else { "*" };
        let end = if ends_the_line(day) { "\n" } else { "" };
        let label = format!("{mark}{}", day.day());
        let _ = write!(text, "{label:>4}{end}");
    }
    for day in days() {
        if let Some(name) = calendar
            .extra_open_name(day)
            .or_else(|| calendar.day_off_name(day))
        {
            let _ = writeln!(text, "  {} {name}", day.format("%m-%d"));
        }
    }
    text
}

fn ends_the_line(day: NaiveDate) -> bool {
    let tomorrow = day.checked_add_days(Days::new(1));
    day.weekday() == Weekday::Sun || tomorrow.is_none_or(|next| next.month() != day.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_shows_its_days_off_by_name() {
        let text = months_text(&Calendar::embedded(), "2026-05-17".parse().unwrap(), 1);
        insta::assert_snapshot!(text, @r"
2026-05 (18 business days)
 Mon Tue Wed Thu Fri Sat Sun
                   1  *2  *3
  *4  *5  *6   7   8  *9 *10
  11  12  13  14  15 *16 *17
  18  19  20  21  22 *23 *24
  25  26  27  28  29 *30 *31
  05-03 憲法記念日
  05-04 みどりの日
  05-05 こどもの日
  05-06 休日
");
    }

    #[test]
    fn a_closed_counter_says_when_it_opens() {
        let at = "2026-05-02T01:00:00Z".parse().unwrap();
        let text = opening_text(&Calendar::embedded(), at);
        assert_eq!(
            text,
            "2026-05-02 10:00:00 JST: closed, opens 2026-05-07 (Thu) 09:00 JST\n"
        );
    }

    #[test]
    fn an_instant_is_read_as_people_write_it() {
        for text in [
            "2026-05-02T10:00:00+09:00",
            "2026-05-02T01:00:00Z",
            "2026-05-02T10:00",
            "2026-05-02 10:00:00",
        ] {
            assert_eq!(
                instant(text).unwrap().to_utc().to_rfc3339(),
                "2026-05-02T01:00:00+00:00",
                "{text}"
            );
        }
        assert_eq!(
            instant("2026-05-02").unwrap().to_rfc3339(),
            "2026-05-02T00:00:00+09:00"
        );
        assert!(instant("05-02").unwrap_err().contains("05-02"));
    }

    #[test]
    fn days_beyond_the_list_are_called_a_forecast() {
        let text = months_text(&Calendar::embedded(), "2032-09-01".parse().unwrap(), 1);
        assert!(
            text.starts_with("2032-09 (") && text.contains("forecast") && text.contains("09-21 休日"),
            "{text}"
        );
    }
}
