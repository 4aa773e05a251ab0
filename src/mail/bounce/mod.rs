//! Stage: delivery reports. Comes in: the parts of a mail. Goes out: a [`Report`] for DSNs (RFC 3464), the
//! common non-standard bounces, MDNs (RFC 8098) and feedback reports (RFC 5965); `None` for everything
//! else. It must not decide what a report means for a ticket.

mod delivery_status;
mod event_json;
mod find;
mod human_text;
mod original;
mod person;
mod report;
mod source;
mod status;

pub use find::find_report;
pub use report::{BounceAction, BouncedRecipient, Report};
pub use source::{ReportPart, ReportSource};
