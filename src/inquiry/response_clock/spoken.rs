//! Instants in the words of a letter, in the customer's language.

use chrono::{DateTime, Datelike, FixedOffset, Timelike, Weekday};

use crate::ticket::Language;

/// An instant in the words of a letter, without the year.
pub fn spoken(at: DateTime<FixedOffset>, language: Language) -> String {
    let (afternoon, hour12) = at.hour12();
    match language {
        Language::Japanese => {
            let hour = if afternoon { at.hour() - 12 } else { at.hour() };
            let half = if afternoon { "午後" } else { "午前" };
            let minutes = if at.minute() == 0 {
                String::new()
            } else {
                format!("{}分", at.minute())
            };
            format!("{}{half}{hour}時{minutes}", spoken_day(at, language))
        }
        Language::English => {
            let half = if afternoon { "p.m." } else { "a.m." };
            format!(
                "{hour12}:{:02} {half} (JST) on {}",
                at.minute(),
                spoken_day(at, language)
            )
        }
    }
}

/// A day in the words of a letter, without the year: `3月3日(月)`, `Monday, March 3`.
pub fn spoken_day(at: DateTime<FixedOffset>, language: Language) -> String {
    match language {
        Language::Japanese => {
            let day = japanese_weekday(at.weekday());
            format!("{}月{}日({day})", at.month(), at.day())
        }
        Language::English => at.format("%A, %B %-d").to_string(),
    }
}

fn japanese_weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "月",
        Weekday::Tue => "火",
        Weekday::Wed => "水",
        Weekday::Thu => "木",
        Weekday::Fri => "金",
        Weekday::Sat => "土",
        Weekday::Sun => "日",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noon_and_midnight_are_said_as_people_say_them() {
        let said = |text: &str| spoken(format!("{text}+09:00").parse().unwrap(), Language::Japanese);
        assert_eq!(said("2026-03-02T12:00:00"), "3月2日(月)午後0時");
        assert_eq!(said("2026-03-02T00:30:00"), "3月2日(月)午前0時30分");
    }

    #[test]
    fn english_letters_name_the_time_zone() {
        let said = spoken("2026-03-02T13:05:00+09:00".parse().unwrap(), Language::English);
        assert_eq!(said, "1:05 p.m. (JST) on Monday, March 2");
    }
}
