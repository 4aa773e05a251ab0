//! Stage: the visible reply. Comes in: the text of a mail (and the HTML it came from). Goes out: the same
//! text cut into pieces, each with its kind: what the author wrote now, and what is quote, signature,
//! disclaimer or gateway banner. The pieces joined are the text again: nothing is ever lost.

mod segment;

pub use segment::{Piece, PieceKind, VisibleReply};
