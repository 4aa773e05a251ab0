//! National holidays by rule. Comes in: a date. Goes out: the name of the holiday on it. The rules are
//! those of the 国民の祝日に関する法律 as it stands since 2007; earlier years are answered by the same rules and
//! are only approximate. Equinoxes follow the astronomical formula valid for 1980–2099, so years whose dates
//! the Cabinet Office has not announced yet are a forecast.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// What the Cabinet Office calls substitute days and days between two holidays.
const EXTRA_DAY: &str = "休日";

/// The name of the national holiday on that date, `None` on any other day.
pub(super) fn name_by_rule(date: NaiveDate) -> Option<&'static str> {
    named(date).or_else(|| (is_substitute(date) || is_between_two(date)).then_some(EXTRA_DAY))
}

/// Holidays with a name of their own (§2), without those that §3 derives from them.
fn named(date: NaiveDate) -> Option<&'static str> {
    let usual = || fixed(date).or_else(|| monday(date)).or_else(|| equinox(date));
    enacted_once(date).or_else(|| usual().filter(|_| !is_lifted(date)))
}

/// Dates moved or added for one year by a law of their own.
fn enacted_once(date: NaiveDate) -> Option<&'static str> {
    let name = match (date.year(), date.month(), date.day()) {
        (2019, 5, 1) | (2019, 10, 22) => "休日（祝日扱い）",
        (2020, 7, 23) | (2021, 7, 22) => "海の日",
        (2020, 7, 24) | (2021, 7, 23) => "スポーツの日",
        (2020, 8, 10) | (2021, 8, 8) => "山の日",
        _ => return None,
    };
    Some(name)
}

/// Whether that year's law moved the day's usual holiday elsewhere.
fn is_lifted(date: NaiveDate) -> bool {
    let games = matches!(date.year(), 2020 | 2021);
    games && matches!((date.month(), date.day()), (7, 19 | 20) | (8, 11) | (10, 11 | 12))
}

fn fixed(date: NaiveDate) -> Option<&'static str> {
    let name = match (date.month(), date.day()) {
        (1, 1) => "元日",
        (2, 11) => "建国記念の日",
        (2, 23) if date.year() >= 2020 => "天皇誕生日",
        (4, 29) => "昭和の日",
        (5, 3) => "憲法記念日",
        (5, 4) => "みどりの日",
        (5, 5) => "こどもの日",
        (8, 11) if date.year() >= 2016 => "山の日",
        (11, 3) => "文化の日",
        (11, 23) => "勤労感謝の日",
        (12, 23) if date.year() <= 2018 => "天皇誕生日",
        _ => return None,
    };
    Some(name)
}

/// Holidays on the second or third Monday of a month.
fn monday(date: NaiveDate) -> Option<&'static str> {
    let nth = (date.day() - 1) / 7 + 1;
    let name = match (date.month(), nth) {
        (1, 2) => "成人の日",
        (7, 3) => "海の日",
        (9, 3) => "敬老の日",
        (10, 2) if date.year() >= 2020 => "スポーツの日",
        (10, 2) if date.year() == 2019 => "体育の日（スポーツの日）",
        (10, 2) => "体育の日",
        _ => return None,
    };
    (date.weekday() == Weekday::Mon).then_some(name)
}

fn equinox(date: NaiveDate) -> Option<&'static str> {
    let (base, name) = match date.month() {
        3 => (208_431, "春分の日"),
        9 => (232_488, "秋分の日"),
        _ => return None,
    };
    (i64::from(date.day()) == equinox_day(base, date.year())).then_some(name)
}

/// Day of the month of an equinox; `base` is its moment in 1980 in 1/10,000 day. Whole numbers keep the
/// formula `base + 0.242194 (year − 1980) − ⌊(year − 1980) / 4⌋` exact.
fn equinox_day(base: i64, year: i32) -> i64 {
    let years = i64::from(year) - 1980;
    (base * 100 + 242_194 * years).div_euclid(1_000_000) - years.div_euclid(4)
}

/// §3.2: a holiday on a Sunday is made up on the next day that is no holiday itself.
fn is_substitute(date: NaiveDate) -> bool {
    let run = date
        .iter_days()
        .rev()
        .skip(1)
        .take_while(|day| named(*day).is_some());
    run.take(7).any(|day| day.weekday() == Weekday::Sun)
}

/// §3.3: a day between two holidays is a day off.
fn is_between_two(date: NaiveDate) -> bool {
    let holiday = |day: Option<NaiveDate>| day.is_some_and(|day| named(day).is_some());
    date.weekday() != Weekday::Sun
        && holiday(date.checked_sub_days(Days::new(1)))
        && holiday(date.checked_add_days(Days::new(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Option<&'static str> {
        name_by_rule(text.parse().unwrap())
    }

    #[test]
    fn a_sundays_holiday_is_made_up_after_the_whole_run() {
        assert_eq!(name("2026-05-06"), Some("休日"));
        assert_eq!(name("2026-05-07"), None);
    }

    #[test]
    fn a_day_between_two_holidays_is_off() {
        for day in ["2026-09-22", "2032-09-21", "2037-09-22"] {
            assert_eq!(name(day), Some("休日"), "{day}");
        }
    }

    #[test]
    fn the_emperors_birthday_moved_and_2019_had_none() {
        assert_eq!(name("2018-12-23"), Some("天皇誕生日"));
        assert_eq!((name("2019-02-23"), name("2019-12-23")), (None, None));
        assert_eq!(name("2020-02-23"), Some("天皇誕生日"));
    }

    #[test]
    fn the_days_around_the_enthronement_are_off() {
        let off = ["2019-04-30", "2019-05-01", "2019-05-02"];
        assert!(off.iter().all(|day| name(day).is_some()));
    }

    #[test]
    fn the_games_moved_three_holidays_twice() {
        assert_eq!((name("2020-10-12"), name("2021-08-09")), (None, Some("休日")));
    }
}
