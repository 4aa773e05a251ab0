//! Stage: mail in. Comes in: a mailbox by IMAP. Goes out: kept mails. It must not read what they say.

mod backoff;
mod poller;
mod session;

pub use backoff::backoff;
pub use poller::{IntakeError, Poller, PollerSettings, StepReport};
pub use session::{IdleOutcome, ImapError, ImapSession, ImapSettings, ImapTimeouts, Selected};
