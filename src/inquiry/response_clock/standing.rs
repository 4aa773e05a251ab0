//! What the passing of time asks for. Comes in: where a ticket stands, since when, and what was caused
//! already. Goes out: what is to be done now, and when to look again (SPEC §1, §11). It does nothing itself.

use chrono::{DateTime, TimeDelta, Utc};

use super::policy::ResponsePolicy;
use super::waiting::{Reminder, Waiting};
use crate::calendar::Calendar;
use crate::ticket::TicketStatus;

/// Business days after which the customer is reminded of the desk's question, and again as many after which
/// the ticket is closed (SPEC §1).
const REMIND_AFTER_DAYS: u32 = 5;

/// Business days after an answer at which a ticket that nobody writes to is closed (SPEC §1).
const CLOSE_AFTER_DAYS: u32 = 10;

/// A ticket as the passing of time sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Its status.
    pub status: TicketStatus,
    /// Since when.
    pub since: DateTime<Utc>,
    /// The customer's wait, where one lasts.
    pub waiting: Option<Waiting>,
    /// The gravest reminder staff have had about that wait.
    pub reminded: Option<Reminder>,
    /// The last call to an on-call line that nobody has answered, where a further line is left.
    pub call: Option<Call>,
    /// When the customer was reminded of the desk's question.
    pub customer_reminded_at: Option<DateTime<Utc>>,
}

/// A call to an on-call line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The line, 0 being the first.
    pub line: usize,
    /// When.
    pub at: DateTime<Utc>,
}

/// Something that time asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Staff are reminded of the target.
    RemindStaff(Reminder),
    /// The call goes to that line.
    CallLine(usize),
    /// The customer is reminded of the desk's question.
    RemindCustomer,
    /// The ticket is closed because the customer did not answer, and is told so.
    CloseUnanswered,
    /// The ticket is closed in silence because the answer was enough.
    CloseAnswered,
}

/// What is to be done now, and when to look again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agenda {
    /// To be done now.
    pub due: Vec<Task>,
    /// When the next thing comes due, were nothing else to happen.
    pub look_at: Option<DateTime<Utc>>,
}

impl Agenda {
    fn add(&mut self, at: DateTime<Utc>, task: Task, now: DateTime<Utc>) {
        if at <= now {
            self.due.push(task);
        } else {
            self.look_at = Some(self.look_at.map_or(at, |earlier| earlier.min(at)));
        }
    }

    /// When the ticket must be looked at: at once where something is due.
    pub fn next_look(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if self.due.is_empty() {
            self.look_at
        } else {
            Some(now)
        }
    }
}

impl Standing {
    /// What time asks for at `now`.
    pub fn agenda(&self, now: DateTime<Utc>, policy: &ResponsePolicy, calendar: &Calendar) -> Agenda {
        let mut agenda = Agenda::default();
        match self.status {
            TicketStatus::New | TicketStatus::AwaitingAccount | TicketStatus::Open => {
                self.add_reminder(&mut agenda, now, (policy, calendar));
                if let Some(call) = self.call {
                    let patience = TimeDelta::minutes(i64::from(policy.next_line_minutes));
                    agenda.add(
                        call.at + patience,
                        Task::CallLine(call.line.saturating_add(1)),
                        now,
                    );
                }
            }
            TicketStatus::PendingCustomer => match self.customer_reminded_at {
                None => {
                    let at = calendar.business_days_after(self.since, REMIND_AFTER_DAYS);
                    agenda.add(at, Task::RemindCustomer, now);
                }
                // Counted from the reminder: nobody is closed who was not reminded in time.
                Some(reminded) => {
                    let at = calendar.business_days_after(reminded, REMIND_AFTER_DAYS);
                    agenda.add(at, Task::CloseUnanswered, now);
                }
            },
            TicketStatus::Answered => {
                let at = calendar.business_days_after(self.since, CLOSE_AFTER_DAYS);
                agenda.add(at, Task::CloseAnswered, now);
            }
            TicketStatus::Escalated | TicketStatus::Closed => {}
        }
        agenda
    }

    /// A missed target is told as missed alone: that it was near is no news then.
    fn add_reminder(
        &self,
        agenda: &mut Agenda,
        now: DateTime<Utc>,
        (policy, calendar): (&ResponsePolicy, &Calendar),
    ) {
        let due = self
            .waiting
            .as_ref()
            .and_then(|waiting| waiting.due(policy, calendar));
        let Some(due) = due.filter(|_| self.reminded != Some(Reminder::Breached)) else {
            return;
        };
        agenda.add(due.at, Task::RemindStaff(Reminder::Breached), now);
        if now < due.at && self.reminded.is_none() {
            agenda.add(due.remind_at, Task::RemindStaff(Reminder::Approaching), now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::waiting::Response;
    use super::*;
    use crate::ticket::{Category, Severity};

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}+09:00")
            .parse::<DateTime<chrono::FixedOffset>>()
            .unwrap()
            .to_utc()
    }

    fn standing(status: TicketStatus, since: &str) -> Standing {
        Standing {
            status,
            since: at(since),
            waiting: None,
            reminded: None,
            call: None,
            customer_reminded_at: None,
        }
    }

    fn policy() -> ResponsePolicy {
        toml::from_str("[[targets]]\nfirst_minutes = 240\nnext_minutes = 480\n").unwrap()
    }

    fn agenda(standing: &Standing, now: &str) -> Agenda {
        standing.agenda(at(now), &policy(), &Calendar::embedded())
    }

    fn waiting() -> Standing {
        Standing {
            waiting: Some(Waiting {
                category: Category::Technical,
                severity: Severity::Normal,
                response: Response::First,
                since: at("2026-03-04T10:00:00"),
                pauses: Vec::new(),
            }),
            ..standing(TicketStatus::New, "2026-03-04T10:00:00")
        }
    }

    #[test]
    fn a_waiting_ticket_is_looked_at_before_and_at_the_breach() {
        let mut ticket = waiting();
        let early = agenda(&ticket, "2026-03-04T12:59:59");
        assert_eq!(
            (early.due.len(), early.look_at),
            (0, Some(at("2026-03-04T13:00:00")))
        );
        let near = agenda(&ticket, "2026-03-04T13:00:00");
        assert_eq!(near.due, [Task::RemindStaff(Reminder::Approaching)]);
        ticket.reminded = Some(Reminder::Approaching);
        let told = agenda(&ticket, "2026-03-04T13:00:00");
        assert_eq!(
            (told.due.len(), told.look_at),
            (0, Some(at("2026-03-04T14:00:00")))
        );
        assert_eq!(
            agenda(&ticket, "2026-03-04T14:00:00").due,
            [Task::RemindStaff(Reminder::Breached)]
        );
        ticket.reminded = Some(Reminder::Breached);
        assert_eq!(agenda(&ticket, "2026-03-05T14:00:00"), Agenda::default());
    }

    #[test]
    fn after_a_long_standstill_only_the_breach_is_told() {
        assert_eq!(
            agenda(&waiting(), "2026-03-06T10:00:00").due,
            [Task::RemindStaff(Reminder::Breached)]
        );
    }

    #[test]
    fn an_unanswered_call_goes_to_the_next_line() {
        let ticket = Standing {
            call: Some(Call {
                line: 0,
                at: at("2026-03-04T10:00:00"),
            }),
            ..standing(TicketStatus::New, "2026-03-04T10:00:00")
        };
        assert_eq!(agenda(&ticket, "2026-03-04T10:29:59").due, []);
        assert_eq!(agenda(&ticket, "2026-03-04T10:30:00").due, [Task::CallLine(1)]);
    }

    #[test]
    fn a_question_to_the_customer_is_repeated_once_and_then_given_up() {
        let mut ticket = standing(TicketStatus::PendingCustomer, "2026-03-04T10:00:00");
        assert_eq!(agenda(&ticket, "2026-03-11T09:59:59").due, []);
        assert_eq!(agenda(&ticket, "2026-03-11T10:00:00").due, [Task::RemindCustomer]);
        ticket.customer_reminded_at = Some(at("2026-03-11T10:00:00"));
        assert_eq!(agenda(&ticket, "2026-03-18T09:59:59").due, []);
        assert_eq!(
            agenda(&ticket, "2026-03-18T10:00:00").due,
            [Task::CloseUnanswered]
        );
    }

    #[test]
    fn an_answered_ticket_is_closed_after_ten_business_days_and_an_escalated_one_never() {
        let answered = standing(TicketStatus::Answered, "2026-03-04T10:00:00");
        assert_eq!(agenda(&answered, "2026-03-18T09:59:59").due, []);
        assert_eq!(
            agenda(&answered, "2026-03-18T10:00:00").due,
            [Task::CloseAnswered]
        );
        let escalated = standing(TicketStatus::Escalated, "2026-03-04T10:00:00");
        assert_eq!(agenda(&escalated, "2027-03-04T10:00:00"), Agenda::default());
    }
}
