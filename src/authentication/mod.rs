//! Stage: authentication. Comes in: a typed mail, the desk's keys and its pinned border. Goes out: an
//! [`Authentication`], which the decision gets as an argument. It must not look at tickets or the registry.

mod results;
mod token;
mod verdict;

pub use results::{MethodResult, find_border_results};
pub use token::{Token, TokenKeys, TokenPurpose};
pub use verdict::{Anchor, Authentication, SenderVerdict, authenticate};
