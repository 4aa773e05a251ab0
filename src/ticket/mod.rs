//! Tickets: what one inquiry is, its number, its states and the events that change it. Pure data and
//! rules; rows live in `store`.

mod kinds;

pub use kinds::{Category, Desk, Language, Severity, TicketStatus};
