//! Stage: decide. Comes in: a typed mail, the verdict on its author and everything stored that matters.
//! Goes out: one decision with its reason. Pure and total: no store, no clock, no I/O, no error.

pub mod account_ids;
mod acknowledging;
mod authority;
mod aws_notice;
pub mod classification;
mod commands;
mod copied;
pub mod coverage;
mod customer;
mod decide;
mod decision;
mod desk_answer;
pub mod duty_roster;
mod filing;
mod fixed_pattern;
pub mod folded_text;
mod language;
mod leak_guard;
mod notification_mark;
mod on_behalf;
pub mod passing;
pub mod ping_pong;
mod quiet;
pub mod redaction;
pub mod response_clock;
pub mod restricted_services;
pub mod screening;
pub mod secrets;
mod situation;
mod speaking;
mod staff;
mod subject;
mod threading;

pub use acknowledging::{WAITS_FOR, is_burst_in_name};
pub use aws_notice::event_key;
pub use commands::{
    Assignee, Command, CommandFacts, CommandTrouble, HeldChoice, Refused, StaffText, find_assignee,
    find_person, judge, read_category, read_staff_text,
};
pub use copied::waiting_copies;
pub use decide::decide;
pub use decision::{
    Acknowledgement, Decision, DeskAnswer, Effect, Hold, JoinTicket, NewTicket, Settled, StaffAct, Waiting,
};
pub use filing::sources;
pub use leak_guard::{Inside, Leak, find_leak};
pub use notification_mark::{notification_mark, without_marks};
pub use on_behalf::{FORWARDED_BY_STAFF, Forwarded, ProposalFacts, confirmed_ticket};
pub use situation::{
    AutomaticMail, Budget, Intake, KnownContact, Policy, Situation, Spent, StaffRequest, StaffStanding,
    TicketFacts,
};
pub use speaking::{SpeakingFacts, commands_of};
pub use staff::{ReleasedBy, decide_confirmed};
pub use subject::{base_subject, reply_subject, same_base};
pub use threading::{Threading, belongs, thread};
