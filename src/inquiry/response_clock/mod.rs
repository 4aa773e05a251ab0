//! The response clock (SPEC §11). Comes in: a ticket's category and severity, the instants at which it
//! waited for the desk, the calendar and the configured policy. Goes out: when the desk starts, what the
//! acknowledgement says about it, by when it should have answered, and when staff are to be reminded. It
//! never delays intake, and it looks at no clock of its own.

mod change;
mod policy;
mod spoken;
mod standing;
mod waiting;

pub use change::{ClockChange, recategorised};
pub use policy::{Hours, ResponsePolicy, Start, Target};
pub use spoken::{spoken, spoken_day};
pub use standing::{Agenda, Call, Standing, Task};
pub use waiting::{Due, Pause, Reminder, Response, Waiting};
