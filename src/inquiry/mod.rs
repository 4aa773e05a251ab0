//! Stage: decide. Comes in: a typed mail, the verdict on its author and everything stored that matters.
//! Goes out: one decision with its reason. Pure and total: no store, no clock, no I/O, no error.

pub mod account_ids;
pub mod classification;
pub mod coverage;
pub mod duty_roster;
mod fixed_pattern;
pub mod folded_text;
pub mod response_clock;
pub mod secrets;
