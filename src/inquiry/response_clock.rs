//! The response clock (SPEC §11). Comes in: a ticket's category and severity, the instants at which it
//! waited for the desk, the calendar and the configured policy. Goes out: when the desk starts, what the
//! acknowledgement says about it, by when it should have answered, and when staff are to be reminded. It
//! never delays intake, and it looks at no clock of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, FixedOffset, TimeDelta, Timelike, Utc, Weekday};
use serde::Deserialize;

use crate::calendar::Calendar;
use crate::ticket::{Category, Desk, Language, Severity};

crate::slug_enum! {
    /// When a desk works.
    pub enum Hours {
        /// Around the clock, every day.
        Always = "always",
        /// Business days 09:00–17:00 JST.
        Business = "business",
    }
}

crate::slug_enum! {
    /// Which answer a target is about.
    pub enum Response {
        /// The first answer of a ticket.
        First = "first",
        /// Every later answer, counted from the customer's mail.
        Next = "next",
    }
}

/// Working hours and targets, as configured.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResponsePolicy {
    /// Working hours of each desk; a desk that is not named keeps the default of SPEC §1.
    pub hours: BTreeMap<Desk, Hours>,
    /// Targets; the first that fits category and severity counts.
    pub targets: Vec<Target>,
    /// How long before the breach staff are reminded, in percent of the target.
    pub remind_at_percent: u8,
}

/// A promise to answer within a time, for the tickets it fits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Only tickets of this category; all where absent.
    pub category: Option<Category>,
    /// Only tickets of this severity; all where absent.
    pub severity: Option<Severity>,
    /// Minutes of the desk's working time until the first answer.
    pub first_minutes: u32,
    /// Minutes of the desk's working time until every later answer.
    pub next_minutes: u32,
    /// Whether customers may be told; otherwise it only reminds staff.
    #[serde(default)]
    pub published: bool,
}

impl Default for ResponsePolicy {
    fn default() -> Self {
        Self {
            hours: BTreeMap::new(),
            targets: Vec::new(),
            remind_at_percent: 75,
        }
    }
}

impl ResponsePolicy {
    /// When that desk works.
    pub fn hours_of(&self, desk: Desk) -> Hours {
        self.hours.get(&desk).copied().unwrap_or(match desk {
            Desk::Technical | Desk::Contract => Hours::Always,
            Desk::Billing => Hours::Business,
        })
    }

    /// When that desk starts on something that came in at `at`.
    pub fn starts_at(&self, desk: Desk, at: DateTime<Utc>, calendar: &Calendar) -> Start {
        let hours = self.hours_of(desk);
        let starts = match hours {
            Hours::Always => crate::calendar::to_jst(at),
            Hours::Business => calendar.next_opening(at),
        };
        Start {
            hours,
            at: starts,
            at_once: starts.to_utc() <= at,
            forecast: hours == Hours::Business && calendar.is_forecast(starts.date_naive()),
        }
    }

    /// The target that applies, where one is configured.
    pub fn target(&self, category: Category, severity: Severity) -> Option<&Target> {
        self.targets.iter().find(|target| {
            target.category.is_none_or(|wanted| wanted == category)
                && target.severity.is_none_or(|wanted| wanted == severity)
        })
    }
}

/// When a desk starts, with what an acknowledgement needs to say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// The desk's working hours.
    pub hours: Hours,
    /// The instant, on Japanese clocks.
    pub at: DateTime<FixedOffset>,
    /// The desk is at work already.
    pub at_once: bool,
    /// The date rests on holidays that are not announced yet.
    pub forecast: bool,
}

impl Start {
    /// The instant in words: `3月3日(月)午前9時`, `9:00 a.m. (JST) on Monday, March 3`.
    pub fn spoken(&self, language: Language) -> String {
        spoken(self.at, language)
    }
}

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
            let day = japanese_weekday(at.weekday());
            format!("{}月{}日({day}){half}{hour}時{minutes}", at.month(), at.day())
        }
        Language::English => {
            let half = if afternoon { "p.m." } else { "a.m." };
            format!(
                "{hour12}:{:02} {half} (JST) on {}",
                at.minute(),
                at.format("%A, %B %-d")
            )
        }
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

/// A stretch in which the desk waited for somebody else (pending-customer, escalated).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub from: DateTime<Utc>,
    /// Until when; `None` while it lasts.
    pub until: Option<DateTime<Utc>>,
}

/// One wait of a customer for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// What the ticket is about now; re-categorising means asking again with the new one.
    pub category: Category,
    /// How hard the customer is hit now.
    pub severity: Severity,
    /// Which answer is awaited.
    pub response: Response,
    /// When the customer's mail came in.
    pub since: DateTime<Utc>,
    /// Stretches not counted against the desk, in any order.
    pub pauses: Vec<Pause>,
}

/// By when an answer is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// When staff are reminded.
    pub remind_at: DateTime<Utc>,
    /// When the target is missed.
    pub at: DateTime<Utc>,
    /// Whether the customer may be told.
    pub published: bool,
}

crate::slug_enum! {
    /// What the clock asks staff to be told now.
    pub enum Reminder {
        /// The target is near.
        Approaching = "target-approaching",
        /// The target is missed.
        Breached = "target-breached",
    }
}

impl Waiting {
    /// When the answer is due, or `None` without a target or while a pause lasts.
    pub fn due(&self, policy: &ResponsePolicy, calendar: &Calendar) -> Option<Due> {
        if self.pauses.iter().any(|pause| pause.until.is_none()) {
            return None;
        }
        let target = policy.target(self.category, self.severity)?;
        let minutes = match self.response {
            Response::First => target.first_minutes,
            Response::Next => target.next_minutes,
        };
        let whole = TimeDelta::minutes(i64::from(minutes));
        let until_reminder = whole * i32::from(policy.remind_at_percent.min(100)) / 100;
        let hours = policy.hours_of(self.category.desk());
        Some(Due {
            remind_at: self.reached_after(until_reminder, hours, calendar),
            at: self.reached_after(whole, hours, calendar),
            published: target.published,
        })
    }

    /// How long the desk has kept the customer waiting at `now`, in the desk's working time.
    pub fn elapsed(&self, now: DateTime<Utc>, policy: &ResponsePolicy, calendar: &Calendar) -> TimeDelta {
        let hours = policy.hours_of(self.category.desk());
        self.counted_spans(now)
            .into_iter()
            .map(|(from, to)| working_time(hours, from, to, calendar))
            .fold(TimeDelta::zero(), |sum, span| sum + span)
    }

    /// What staff are to be told at `now`; the caller remembers what it has told already.
    pub fn reminder(
        &self,
        now: DateTime<Utc>,
        policy: &ResponsePolicy,
        calendar: &Calendar,
    ) -> Option<Reminder> {
        let due = self.due(policy, calendar)?;
        if now >= due.at {
            Some(Reminder::Breached)
        } else {
            (now >= due.remind_at).then_some(Reminder::Approaching)
        }
    }

    /// The instant at which that much working time outside pauses has passed.
    fn reached_after(&self, span: TimeDelta, hours: Hours, calendar: &Calendar) -> DateTime<Utc> {
        let mut left = span;
        let mut from = self.since;
        for pause in self.pauses_in_order() {
            let worked = working_time(hours, from, pause.from, calendar);
            if worked >= left {
                break;
            }
            left -= worked;
            from = pause.until.unwrap_or(pause.from);
        }
        match hours {
            Hours::Always => from.checked_add_signed(left).unwrap_or(DateTime::<Utc>::MAX_UTC),
            Hours::Business => calendar.add_business_time(from, left),
        }
    }

    /// The stretches up to `now` that count against the desk.
    fn counted_spans(&self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let mut spans = Vec::new();
        let mut from = self.since;
        for pause in self.pauses_in_order() {
            spans.push((from, pause.from.min(now)));
            from = pause.until.unwrap_or(now);
        }
        spans.push((from, now));
        spans.retain(|(from, to)| from < to);
        spans
    }

    /// Pauses after the start, sorted, overlapping ones joined.
    fn pauses_in_order(&self) -> Vec<Pause> {
        let mut sorted: Vec<Pause> = self.pauses.clone();
        sorted.retain(|pause| {
            pause
                .until
                .is_none_or(|until| until > self.since && until > pause.from)
        });
        sorted.sort_by_key(|pause| pause.from);
        let mut joined: Vec<Pause> = Vec::with_capacity(sorted.len());
        for mut pause in sorted {
            pause.from = pause.from.max(self.since);
            match joined.last_mut() {
                Some(last) if last.until.is_none_or(|until| until >= pause.from) => {
                    last.until = last.until.zip(pause.until).map(|(a, b)| a.max(b));
                }
                Some(_) | None => joined.push(pause),
            }
        }
        joined
    }
}

fn working_time(hours: Hours, from: DateTime<Utc>, to: DateTime<Utc>, calendar: &Calendar) -> TimeDelta {
    match hours {
        Hours::Always => (to - from).max(TimeDelta::zero()),
        Hours::Business => calendar.business_time_between(from, to),
    }
}

/// What a change of category means for the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockChange {
    /// The desk before and after.
    pub desks: (Desk, Desk),
    /// When the new desk starts.
    pub start: Start,
    /// Whether the customer is told: only where the working hours they were told about change.
    pub tell_customer: bool,
}

/// The clock after a re-categorising at `now`, or `None` where the desk stays the same.
pub fn recategorised(
    change: (Category, Category),
    now: DateTime<Utc>,
    policy: &ResponsePolicy,
    calendar: &Calendar,
) -> Option<ClockChange> {
    let desks = (change.0.desk(), change.1.desk());
    (desks.0 != desks.1).then(|| ClockChange {
        desks,
        start: policy.starts_at(desks.1, now, calendar),
        tell_customer: policy.hours_of(desks.0) != policy.hours_of(desks.1),
    })
}
