//! Stage: mail in over IMAP.
//!
//! Comes in: a mailbox on a server. Goes out: its UIDs and the raw bytes of its mails. Nothing here reads
//! a mail or decides upon it.

mod arguments;
mod backoff;
mod error;
mod idle;
mod login;
mod session;
mod strict;
mod told;

pub use backoff::backoff;
pub use error::ImapError;
pub use session::{IdleOutcome, ImapSession, ImapSettings, ImapTimeouts, Selected};
