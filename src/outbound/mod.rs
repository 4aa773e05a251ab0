//! Stage: mail out. Comes in: due rows of the outbox. Goes out: SMTP conversations and what became of each
//! attempt. It must not compose or change a mail.

// mod conversation;
// mod dispatcher;
// mod schedule;

// pub use conversation::{DeliveryOutcome, SmtpConversation, SmtpError, SmtpSettings, SmtpTimeouts};
// pub use dispatcher::Dispatcher;
// pub use schedule::{Verdict, judge};
