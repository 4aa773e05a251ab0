//! Who is on duty (SPEC §1). Comes in: the text of the duty roster file, the registered staff and an instant.
//! Goes out: whom a ticket of a desk is told to, and whom an urgent one or a breach is told to, line after
//! line. Nobody is never the answer while anybody is registered.
//!
//! ```toml
//! [technical]
//! on-call = ["oncall@desk.example", "lead@desk.example"]   # first line, next line
//!
//! [[technical.shift]]
//! days = ["mon", "tue", "wed", "thu", "fri"]
//! from = "09:00"
//! to = "18:00"          # a shift may run over midnight; 24:00 is the end of the day
//! staff = ["田中", "sato@desk.example", "sato", "3"]   # name, address, its part before the @, or serial
//! ```

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, Datelike, NaiveTime, Utc, Weekday};
use serde::Deserialize;
use toml::Spanned;

use crate::calendar::to_jst;
use crate::mail::EmailAddress;
use crate::registry::{Role, StaffMember};
use crate::ticket::{Desk, Severity};

/// The week of every desk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DutyRoster {
    desks: BTreeMap<Desk, DeskDuty>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct DeskDuty {
    on_call: Vec<EmailAddress>,
    shifts: Vec<Shift>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Shift {
    days: Vec<Weekday>,
    from: NaiveTime,
    to: NaiveTime,
    staff: Vec<Named>,
}

/// Somebody as the file writes them, with the line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: String,
    line: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DeskEntry {
    #[serde(default)]
    on_call: Vec<Spanned<String>>,
    #[serde(default)]
    shift: Vec<ShiftEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShiftEntry {
    days: Spanned<Vec<Spanned<String>>>,
    from: Spanned<String>,
    to: Spanned<String>,
    staff: Spanned<Vec<Spanned<String>>>,
}

/// Why a roster is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DutyRosterError {
    /// No TOML, an unknown desk or key; the words name line and column.
    #[error("the duty roster does not read: {0}")]
    Syntax(String),
    /// A value that means nothing.
    #[error("line {line} of the duty roster: {problem}")]
    Value {
        /// Counted from 1.
        line: usize,
        /// What is wrong, and what to write.
        problem: String,
    },
}

/// The file's text, to tell lines by.
#[derive(Clone, Copy)]
struct Lines<'a>(&'a str);

impl Lines<'_> {
    fn at(self, span: &Range<usize>) -> usize {
        let before = self.0.bytes().take(span.start);
        before.filter(|byte| *byte == b'\n').count().saturating_add(1)
    }

    fn refuse<T>(self, span: &Range<usize>, problem: String) -> Result<T, DutyRosterError> {
        Err(DutyRosterError::Value {
            line: self.at(span),
            problem,
        })
    }
}

impl DutyRoster {
    /// Reads the file's text.
    pub fn parse(toml: &str) -> Result<Self, DutyRosterError> {
        let file: BTreeMap<Desk, DeskEntry> =
            toml::from_str(toml).map_err(|error| DutyRosterError::Syntax(error.to_string()))?;
        let lines = Lines(toml);
        let desks = file
            .into_iter()
            .map(|(desk, entry)| Ok((desk, DeskDuty::read(&entry, lines)?)))
            .collect::<Result<_, _>>()?;
        Ok(Self { desks })
    }

    /// The enabled staff on duty for a desk at an instant, each once, in the order of the file.
    pub fn on_duty<'s>(
        &self,
        desk: Desk,
        at: DateTime<Utc>,
        staff: &'s [StaffMember],
    ) -> Vec<&'s StaffMember> {
        let mut found: Vec<&StaffMember> = Vec::new();
        let shifts = self.desks.get(&desk).into_iter().flat_map(|duty| &duty.shifts);
        for named in shifts
            .filter(|shift| shift.covers(at))
            .flat_map(|shift| &shift.staff)
        {
            let meant = staff
                .iter()
                .filter(|member| member.is_enabled() && named.means(member));
            for member in meant {
                if !found.iter().any(|known| known.serial == member.serial) {
                    found.push(member);
                }
            }
        }
        found
    }

    /// The on-call address of a desk's line, 0 being the first; unanswered, the next line is told.
    pub fn on_call(&self, desk: Desk, line: usize) -> Option<&EmailAddress> {
        self.desks.get(&desk)?.on_call.get(line)
    }

    /// Whether any line calls that address.
    pub fn calls(&self, address: &EmailAddress) -> bool {
        self.desks.values().any(|duty| duty.on_call.contains(address))
    }

    /// Who is told of a ticket of that desk: the assignee, else who is on duty, else the whole desk, else the
    /// leads, else everybody. A ticket that nobody hears of is the one that is never answered.
    pub fn told<'s>(
        &self,
        (desk, assignee): (Desk, Option<u32>),
        at: DateTime<Utc>,
        staff: &'s [StaffMember],
    ) -> Vec<&'s StaffMember> {
        let enabled = |wanted: &dyn Fn(&StaffMember) -> bool| -> Vec<&'s StaffMember> {
            let fits =
                |member: &&StaffMember| member.is_enabled() && !member.addresses.is_empty() && wanted(member);
            staff.iter().filter(fits).collect()
        };
        let first_of = |groups: [Vec<&'s StaffMember>; 5]| {
            let found = groups.into_iter().find(|group| !group.is_empty());
            found.unwrap_or_default()
        };
        let mut on_duty = self.on_duty(desk, at, staff);
        on_duty.retain(|member| !member.addresses.is_empty());
        first_of([
            enabled(&|member| Some(member.serial) == assignee),
            on_duty,
            enabled(&|member| member.desks.contains(&desk)),
            enabled(&|member| matches!(member.role, Role::Lead | Role::Admin)),
            enabled(&|_| true),
        ])
    }

    /// Whom the file names and the registry does not know, with the line.
    pub fn unknown(&self, staff: &[StaffMember]) -> Vec<(usize, &str)> {
        let named = self
            .desks
            .values()
            .flat_map(|duty| &duty.shifts)
            .flat_map(|shift| &shift.staff);
        named
            .filter(|named| !staff.iter().any(|member| named.means(member)))
            .map(|named| (named.line, named.name.as_str()))
            .collect()
    }
}

/// Whether a ticket of that severity is told to the on-call address at once.
pub const fn calls_out(severity: Severity) -> bool {
    match severity {
        Severity::High | Severity::Urgent | Severity::Critical => true,
        Severity::Low | Severity::Normal => false,
    }
}

impl Named {
    fn means(&self, member: &StaffMember) -> bool {
        let spaceless = |text: &str| text.replace([' ', '\u{3000}'], "");
        let by_address = |address: &EmailAddress| {
            address.folded() == self.name.to_lowercase()
                || address.local_part().eq_ignore_ascii_case(&self.name)
        };
        spaceless(&member.name) == spaceless(&self.name)
            || member.serial.to_string() == self.name
            || member.addresses.iter().any(by_address)
    }
}

impl DeskDuty {
    fn read(entry: &DeskEntry, lines: Lines<'_>) -> Result<Self, DutyRosterError> {
        let address = |text: &Spanned<String>| {
            EmailAddress::parse(text.get_ref())
                .or_else(|error| lines.refuse(&text.span(), format!("on-call: {error}")))
        };
        Ok(Self {
            on_call: entry.on_call.iter().map(address).collect::<Result<_, _>>()?,
            shifts: entry
                .shift
                .iter()
                .map(|shift| Shift::read(shift, lines))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Shift {
    fn read(entry: &ShiftEntry, lines: Lines<'_>) -> Result<Self, DutyRosterError> {
        for (list, what) in [(&entry.days, "days"), (&entry.staff, "staff")] {
            if list.get_ref().is_empty() {
                return lines.refuse(
                    &list.span(),
                    format!("`{what}` is empty: nobody would be on duty"),
                );
            }
        }
        let days = entry.days.get_ref().iter().map(|day| weekday(day, lines));
        let staff = entry.staff.get_ref().iter().map(|name| Named {
            name: name.get_ref().trim().to_owned(),
            line: lines.at(&name.span()),
        });
        Ok(Self {
            days: days.collect::<Result<_, _>>()?,
            from: time(&entry.from, lines)?,
            to: time(&entry.to, lines)?,
            staff: staff.collect(),
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

fn weekday(text: &Spanned<String>, lines: Lines<'_>) -> Result<Weekday, DutyRosterError> {
    let day = text.get_ref();
    day.parse().or_else(|_| {
        lines.refuse(
            &text.span(),
            format!("`{day}` is no weekday: write `mon` … `sun`"),
        )
    })
}

fn time(text: &Spanned<String>, lines: Lines<'_>) -> Result<NaiveTime, DutyRosterError> {
    let written = text.get_ref();
    if written == "24:00" {
        return Ok(NaiveTime::MIN);
    }
    NaiveTime::parse_from_str(written, "%H:%M").or_else(|_| {
        lines.refuse(
            &text.span(),
            format!("`{written}` is no time: write it as `09:00`"),
        )
    })
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
staff = ["田中 一郎", "sato"]
[[technical.shift]]
days = ["fri"]
from = "18:00"
to = "09:00"
staff = ["suzuki@desk.example"]
[[technical.shift]]
days = ["sun"]
from = "00:00"
to = "24:00"
staff = ["2"]
"#;

    fn staff() -> Vec<StaffMember> {
        let member = |serial, name: &str, address: &str, desks: &[Desk], role| StaffMember {
            serial,
            name: name.to_owned(),
            addresses: vec![EmailAddress::parse(address).unwrap()],
            desks: desks.to_vec(),
            role,
        };
        vec![
            member(
                1,
                "田中一郎",
                "tanaka@desk.example",
                &[Desk::Technical],
                Role::Agent,
            ),
            member(2, "佐藤", "sato@desk.example", &[Desk::Technical], Role::Agent),
            member(3, "鈴木", "suzuki@desk.example", &[Desk::Technical], Role::Agent),
            member(4, "高橋", "takahashi@desk.example", &[], Role::Lead),
            member(
                5,
                "渡辺",
                "watanabe@desk.example",
                &[Desk::Billing],
                Role::Disabled,
            ),
        ]
    }

    fn instant(at: &str) -> DateTime<Utc> {
        at.parse::<DateTime<chrono::FixedOffset>>().unwrap().to_utc()
    }

    fn on_duty(at: &str) -> Vec<u32> {
        let roster = DutyRoster::parse(ROSTER).unwrap();
        let staff = staff();
        let found = roster.on_duty(Desk::Technical, instant(at), &staff);
        found.into_iter().map(|member| member.serial).collect()
    }

    fn told(roster: &DutyRoster, desk: Desk, assignee: Option<u32>, at: &str) -> Vec<u32> {
        let staff = staff();
        let found = roster.told((desk, assignee), instant(at), &staff);
        found.into_iter().map(|member| member.serial).collect()
    }

    #[test]
    fn a_shift_holds_in_its_hours_only() {
        assert_eq!(on_duty("2026-03-06T09:00:00+09:00"), [1, 2]);
        assert_eq!(on_duty("2026-03-05T09:00:00+09:00"), Vec::<u32>::new());
    }

    #[test]
    fn a_night_shift_runs_into_the_next_day_and_a_whole_day_ends_at_midnight() {
        assert_eq!(on_duty("2026-03-07T08:59:00+09:00"), [3]);
        assert_eq!(on_duty("2026-03-07T09:00:00+09:00"), Vec::<u32>::new());
        assert_eq!(on_duty("2026-03-08T23:59:59+09:00"), [2]);
        assert_eq!(on_duty("2026-03-09T00:00:00+09:00"), Vec::<u32>::new());
    }

    #[test]
    fn the_next_line_follows_the_first() {
        let roster = DutyRoster::parse(ROSTER).unwrap();
        let line = |n| roster.on_call(Desk::Technical, n).map(ToString::to_string);
        assert_eq!(line(1).as_deref(), Some("lead@desk.example"));
        assert_eq!(line(2), None);
    }

    #[test]
    fn somebody_is_always_told() {
        let roster = DutyRoster::parse(ROSTER).unwrap();
        let none = DutyRoster::default();
        let (busy, empty) = ("2026-03-06T10:00:00+09:00", "2026-03-05T10:00:00+09:00");
        assert_eq!(told(&roster, Desk::Technical, Some(3), busy), [3], "the assignee");
        assert_eq!(
            told(&roster, Desk::Technical, Some(5), busy),
            [1, 2],
            "the assignee has left"
        );
        assert_eq!(
            told(&roster, Desk::Technical, None, empty),
            [1, 2, 3],
            "the whole desk"
        );
        assert_eq!(told(&none, Desk::Technical, None, busy), [1, 2, 3], "no roster");
        assert_eq!(
            told(&none, Desk::Billing, None, busy),
            [4],
            "nobody left on that desk: the leads"
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (from, to, line, part) in [
            ("\"mon\"", "\"montag\"", "line 5 ", "montag"),
            ("09:00", "25:00", "line 6 ", "25:00"),
            ("\"lead@desk.example\"", "\"lead\"", "line 3 ", "lead"),
            ("[\"suzuki@desk.example\"]", "[]", "line 13 ", "staff"),
            ("[technical]", "[sales]", "line 2", "sales"),
            ("from =", "since =", "line 6", "since"),
        ] {
            let error = DutyRoster::parse(&ROSTER.replacen(from, to, 1))
                .unwrap_err()
                .to_string();
            assert!(error.contains(part) && error.contains(line), "{error}");
        }
    }

    #[test]
    fn a_name_nobody_has_is_found_with_its_line() {
        let roster = DutyRoster::parse(&ROSTER.replace("\"sato\"", "\"satou\"")).unwrap();
        assert_eq!(roster.unknown(&staff()), [(8, "satou")]);
    }
}
