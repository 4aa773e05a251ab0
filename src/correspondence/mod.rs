//! Stage: correspondence. Comes in: values of a ticket and its people. Goes out: drafts, and from them the
//! final bytes. Pure. It must not decide who is written to: that is the decision's and the shell's.

mod compose;
pub mod letter;
pub mod remarks;
mod templates;
pub mod values;

pub use compose::{Automation, ComposeError, Draft, compose};
pub use templates::Templates;
