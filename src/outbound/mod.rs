//! Stage: mail out over SMTP.
//!
//! Comes in: final bytes, an envelope sender and one recipient. Goes out: what the server made of them.
//! Nothing here composes a mail or decides when to try again.

mod conversation;
mod envelope;
mod error;
mod greeting;
mod login;
mod outcome;
mod replies;

pub use conversation::{SmtpConversation, SmtpSettings, SmtpTimeouts};
pub use error::SmtpError;
pub use outcome::DeliveryOutcome;
