//! Stage: mail out over SMTP.
//!
//! Comes in: due rows of the outbox, with final bytes, an envelope sender and one recipient. Goes out: what
//! the server made of them, and when to try again. Nothing here composes or changes a mail.

mod conversation;
mod dispatcher;
mod envelope;
mod error;
#[cfg(feature = "failpoints")]
mod faulty;
mod greeting;
mod login;
mod outcome;
mod pace;
mod recorder;
mod replies;
mod rewritten_id;
mod schedule;
mod standing;
mod token_login;

pub use conversation::{NotReady, SmtpConversation, SmtpSettings, SmtpTimeouts};
pub use dispatcher::Dispatcher;
pub use error::SmtpError;
pub use outcome::DeliveryOutcome;
pub use pace::SendingTerms;
pub use recorder::Recorder;
pub use rewritten_id::rewritten_id_domain;
pub use schedule::{Verdict, judge};
