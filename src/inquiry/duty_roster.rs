//! Who is on duty (SPEC §1). Comes in: the text of the duty roster file and an instant. Goes out: whom a new
//! ticket of a desk is told to, and whom an urgent one or a breach is told to, line after line.
//!
//! ```toml
//! [technical]
//! on-call = ["oncall@desk.example", "lead@desk.example"]   # first line, next line
//!
//! [[technical.shift]]
//! days = ["mon", "tue", "wed", "thu", "fri"]
//! from = "09:00"
//! to = "18:00"          # a shift may run over midnight
//! staff = ["tanaka", "sato"]
//! ```

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveTime, Utc, Weekday};
use serde::Deserialize;

use crate::calendar::to_jst;
use crate::ticket::{Desk, Severity};

/// The week of every desk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DutyRoster {
    desks: BTreeMap<Desk, DeskDuty>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct DeskDuty {
    on_call: Vec<String>,
    shifts: Vec<Shift>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Shift {
    days: Vec<Weekday>,
    from: NaiveTime,
    to: NaiveTime,
    staff: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DeskEntry {
    #[serde(default)]
    on_call: Vec<String>,
    #[serde(default)]
    shift: Vec<ShiftEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftEntry {
    days: Vec<String>,
    from: String,
    to: String,
    staff: Vec<String>,
}

/// Why a roster is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DutyRosterError {
    /// No TOML, an unknown desk or key.
    #[error("the duty roster does not read: {0}")]
    Syntax(String),
    /// A weekday or time that does not exist.
    #[error("`{0}` in the duty roster: write days as `mon` … `sun` and times as `09:00`")]
    Value(String),
}

impl DutyRoster {
    /// Reads the file's text.
    pub fn parse(toml: &str) -> Result<Self, DutyRosterError> {
        let file: BTreeMap<Desk, DeskEntry> =
            toml::from_str(toml).map_err(|error| DutyRosterError::Syntax(error.to_string()))?;
        let desks = file
            .into_iter()
            .map(|(desk, entry)| {
                let shifts = entry
                    .shift
                    .into_iter()
                    .map(Shift::parse)
                    .collect::<Result<_, _>>()?;
                Ok((
                    desk,
                    DeskDuty {
                        on_call: entry.on_call,
                        shifts,
                    },
                ))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { desks })
    }

    /// The staff on duty for a desk at an instant, each once, in the order of the file.
    pub fn on_duty(&self, desk: Desk, at: DateTime<Utc>) -> Vec<&str> {
        let mut staff: Vec<&str> = Vec::new();
        let shifts = self.desks.get(&desk).into_iter().flat_map(|duty| &duty.shifts);
        for name in shifts
            .filter(|shift| shift.covers(at))
            .flat_map(|shift| &shift.staff)
        {
            if !staff.contains(&name.as_str()) {
                staff.push(name);
            }
        }
        staff
    }

    /// The on-call address of a desk's line, 0 being the first; unanswered, the next line is told.
    pub fn on_call(&self, desk: Desk, line: usize) -> Option<&str> {
        self.desks.get(&desk)?.on_call.get(line).map(String::as_str)
    }
}

/// Whether a ticket of that severity is told to the on-call address at once.
pub const fn calls_out(severity: Severity) -> bool {
    match severity {
        Severity::High | Severity::Urgent | Severity::Critical => true,
        Severity::Low | Severity::Normal => false,
    }
}

impl Shift {
    fn parse(entry: ShiftEntry) -> Result<Self, DutyRosterError> {
        Ok(Self {
            days: entry
                .days
                .iter()
                .map(|day| weekday(day))
                .collect::<Result<_, _>>()?,
            from: time(&entry.from)?,
            to: time(&entry.to)?,
            staff: entry.staff,
        })
    }

    /// A shift that ends at or before its beginning ends on the next day.
    fn covers(&self, at: DateTime<Utc>) -> bool {
        let local = to_jst(at);
        let (day, time) = (local.weekday(), local.time());
        let on = |day: Weekday| self.days.contains(&day);
        if self.from < self.to {
            on(day) && self.from <= time && time < self.to
        } else {
            (on(day) && self.from <= time) || (on(day.pred()) && time < self.to)
        }
    }
}

fn weekday(text: &str) -> Result<Weekday, DutyRosterError> {
    text.parse().map_err(|_| DutyRosterError::Value(text.to_owned()))
}

fn time(text: &str) -> Result<NaiveTime, DutyRosterError> {
    NaiveTime::parse_from_str(text, "%H:%M").map_err(|_| DutyRosterError::Value(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROSTER: &str = r#"
[technical]
on-call = ["oncall@desk.example", "lead@desk.example"]
[[technical.shift]]
days = ["mon", "fri"]
from = "09:00"
to = "18:00"
staff = ["tanaka", "sato"]
[[technical.shift]]
days = ["fri"]
from = "18:00"
to = "09:00"
staff = ["suzuki"]
"#;

    fn on_duty(at: &str) -> Vec<String> {
        let roster = DutyRoster::parse(ROSTER).unwrap();
        let at = at.parse::<DateTime<chrono::FixedOffset>>().unwrap().to_utc();
        roster
            .on_duty(Desk::Technical, at)
            .into_iter()
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn a_shift_holds_in_its_hours_only() {
        assert_eq!(on_duty("2026-03-06T09:00:00+09:00"), ["tanaka", "sato"]);
        assert_eq!(on_duty("2026-03-05T09:00:00+09:00"), Vec::<String>::new());
    }

    #[test]
    fn a_night_shift_runs_into_the_next_day() {
        assert_eq!(on_duty("2026-03-07T08:59:00+09:00"), ["suzuki"]);
        assert_eq!(on_duty("2026-03-07T09:00:00+09:00"), Vec::<String>::new());
    }

    #[test]
    fn the_next_line_follows_the_first() {
        let roster = DutyRoster::parse(ROSTER).unwrap();
        assert_eq!(roster.on_call(Desk::Technical, 1), Some("lead@desk.example"));
        assert_eq!(roster.on_call(Desk::Technical, 2), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (from, to, part) in [
            ("\"mon\"", "\"montag\"", "montag"),
            ("09:00", "25:00", "25:00"),
            ("[technical]", "[sales]", "sales"),
        ] {
            let error = DutyRoster::parse(&ROSTER.replacen(from, to, 1))
                .unwrap_err()
                .to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
