//! Stage: authentication. Comes in: a typed mail with its bytes, the desk's keys and what it trusts. Goes out:
//! an [`Authentication`], which the decision gets as an argument. What needs the network ([`Trust::check`]) is
//! asked before any transaction, and only where the border's word does not answer already; the rest is pure.
//! It must not look at tickets or the registry.

mod anchor;
mod carried;
mod carrier;
mod confirmation;
mod resolver;
mod results;
mod signature;
mod token;
mod verdict;

pub use anchor::{ANCHORS_IN_WORDS, Anchor, Border};
pub use carrier::{AnswerPath, Carrier};
pub use confirmation::ConfirmationClaim;
pub use resolver::{ResolverChoice, ResolverError};
pub use results::{MethodResult, find_border_results};
pub use signature::{Beside, OwnCheck, Verifier};
pub use token::{Token, TokenKeys, TokenPurpose};
pub use verdict::{AnchorVerdict, Arrived, Authentication, SenderVerdict, Trust, authenticate};
