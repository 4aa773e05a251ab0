//! Stage: the language of mail. Comes in: bytes. Goes out: a typed [`InboundMessage`], or for outgoing
//! mail the final bytes. Pure: no I/O, no clock, no randomness, and no panic whatever the bytes are.

pub mod address;
pub mod bounce;
pub mod charset;
pub mod message;
pub mod message_id;
pub mod parse;
pub(crate) mod pattern;
pub mod reply;

mod attachments;
mod author;
mod calendar_text;
mod content_hash;
mod date;
mod encoded_word;
mod encoding;
mod encrypted;
mod gate;
mod header;
mod html;
mod html_links;
mod iso2022jp;
mod mailboxes;
mod mime;
mod mime_tree;
mod params;
mod smime;
mod text;
mod tnef;

pub use address::{EmailAddress, Mailbox};
pub use message::{Attachment, Author, Header, InboundMessage, Problem, ReturnPath, TextSource};
pub use message_id::MessageId;
