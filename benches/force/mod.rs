//! The proof by force: the built program on real servers, killed again and again, then its books compared
//! with what was written to it and with what an SMTP server saw.
//!
//! Comes in: a [`Round`]: one database, so many mails, a list of kills. Goes out: a [`Report`] with every
//! difference between the promises of SPEC §3 and §14 and what was found. The judge ([`audit`]) knows only
//! mails, rows and the server's records, nothing of how the desk works.

mod audit;
mod books;
mod chance;
mod inquiries;
mod program;
mod round;
mod sink;
mod stage;

pub(crate) use round::{Kill, Report, Round, play};
pub(crate) use stage::{Kind, Stage};
