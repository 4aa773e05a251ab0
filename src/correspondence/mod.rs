//! Stage: correspondence. Comes in: values of a ticket and its people. Goes out: drafts, and from them the
//! final bytes. Pure. It must not decide who is written to: that is the decision's and the shell's.

mod asking_values;
mod compose;
mod hold_words;
pub mod letter;
pub mod list_values;
mod notification_kind;
pub mod outage_values;
pub mod remarks;
mod sample_letters;
mod sample_staff_mails;
mod samples;
mod sign_in_values;
pub mod staff_words;
mod templates;
mod trouble_words;
pub mod values;

pub use compose::{Automation, ComposeError, Draft, Enclosure, compose};
pub use notification_kind::NotificationKind;
pub use samples::{render_samples, render_variants};
pub use sign_in_values::SignInValues;
pub use templates::{Templates, override_files};
pub use trouble_words::trouble_words;
