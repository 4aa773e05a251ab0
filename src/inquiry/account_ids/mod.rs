//! Which AWS account a mail is about (SPEC §8). Comes in: the texts of a mail with where each stood, and the
//! accounts contracted to the sender's customer. Goes out: every account ID found with its evidence, every
//! number rejected with its reason, and one outcome. It must never take a My Number for an account, and it
//! never repairs a number by itself.

mod context;
mod decide;
mod digits;
mod evidence;
mod find;
mod known_owners;
mod labels;
mod list_heading;
mod masks;
mod reject;
mod repair;
mod source;
#[cfg(test)]
mod table;

pub use decide::{AccountDecision, AccountOutcome, AccountReason, Contracts, decide};
pub use evidence::EvidenceKind;
pub use find::{Candidate, Findings, find};
pub use known_owners::owner_of;
pub(super) use reject::may_be_my_number;
pub use reject::{Rejected, Rejection};
pub use repair::{RepairKind, Suggestion};
pub use source::{Place, Source};
