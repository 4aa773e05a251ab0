//! Stage: the visible reply. Comes in: the text of a mail (and the HTML it came from). Goes out: the same
//! text cut into pieces, each with its kind: what the author wrote now, and what is quote, signature,
//! disclaimer or gateway banner. The pieces joined are the text again: nothing is ever lost.

mod attribution;
mod contact_lines;
mod drawn_rule;
mod header_block;
mod hints;
mod history;
mod machine_paragraphs;
mod page;
mod pasted;
mod segment;
mod sent_on;
mod separate;
mod signature;
mod structure;
mod unruled_signature;
mod wording;

pub use header_block::{ForwardedHeader, find_forwarded};
pub use segment::{Piece, PieceKind, VisibleReply};
pub use sent_on::{SentOn, find_sent_on};
pub use separate::{separate, separate_from};
