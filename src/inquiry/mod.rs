//! Stage: decide. Comes in: a typed mail, the verdict on its author and everything stored that matters.
//! Goes out: one decision with its reason. Pure and total: no store, no clock, no I/O, no error.

pub mod account_ids;
mod aws_notice;
pub mod classification;
mod commands;
pub mod coverage;
mod customer;
mod decide;
mod decision;
pub mod duty_roster;
mod fixed_pattern;
pub mod folded_text;
mod quiet;
pub mod response_clock;
pub mod screening;
pub mod secrets;
mod situation;
mod staff;
mod subject;
mod threading;

pub use aws_notice::event_key;
pub use commands::{Command, StaffText, read_staff_text};
pub use customer::{named_accounts, sources};
pub use decide::decide;
pub use decision::{Acknowledgement, Decision, Effect, Hold, JoinTicket, NewTicket, StaffAct};
pub use situation::{Budget, Intake, KnownContact, Policy, Situation, Spent, TicketFacts};
pub use staff::NOTIFICATION_MARK;
pub use subject::{base_subject, reply_subject, same_base};
pub use threading::{Threading, belongs, thread};
