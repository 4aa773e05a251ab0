//! Tickets: what one inquiry is, its number, its states and the events that change it. Pure data and
//! rules; rows live in `store`.

mod kinds;
mod status;
#[expect(
    clippy::module_inception,
    reason = "the type and the stage share the field's word"
)]
mod ticket;

pub use kinds::{Category, Desk, EventKind, Language, MailOutcome, MessageKind, Severity, TicketStatus};
pub use status::Happening;
pub use ticket::{Actor, Message, Ticket, TicketEvent, TicketNumber};
