//! What staff do to a ticket, by mail or on the page: the commands, how they are read out of a mail, and
//! whether what is stored allows them (SPEC §13). Pure; the pipeline carries them out.

mod command;
mod judge;
mod proposed;
mod read;
mod trouble;

pub use command::{Assignee, Command, read_category};
pub(super) use judge::choose_held;
pub use judge::{CommandFacts, HeldChoice, find_assignee, find_person, judge};
pub use read::{StaffText, read_staff_text};
pub use trouble::{CommandTrouble, Refused};
