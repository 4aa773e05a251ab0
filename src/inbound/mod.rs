//! Stage: mail in over IMAP.
//!
//! Comes in: a mailbox on a server. Goes out: kept and processed mails, and the mailbox tidied. Nothing here
//! reads a mail or decides upon it; the pipeline does.

mod arguments;
mod backoff;
mod error;
mod idle;
mod junk;
mod login;
mod poller;
mod reconcile;
mod session;
mod strict;
mod token_login;
mod told;
mod work;

pub use backoff::backoff;
pub use error::ImapError;
pub use poller::{IntakeError, Poller, PollerSettings, StepReport};
pub use reconcile::{Reconciliation, Wish, reconcile};
pub use session::{IdleOutcome, ImapSession, ImapSettings, ImapTimeouts, Selected};
