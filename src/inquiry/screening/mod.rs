//! Stage: person or machine (SPEC §5). Comes in: a typed mail and the desk's own marks. Goes out: a
//! [`Screening`] with every reason for it. It must not decide what becomes of the mail, and it knows no
//! customers: whether a verified contact's reasons only delay is the decision's to say.

mod evidence;
mod headers;
mod rules;
mod verdict;

pub use evidence::is_aws_sender;
pub use rules::screen;
pub use verdict::{MachineKind, OwnIdentity, Screening, ScreeningReason, SenderKind};
