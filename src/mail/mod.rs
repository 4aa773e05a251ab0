//! Stage: the language of mail. Comes in: bytes. Goes out: a typed [`InboundMessage`], or for outgoing
//! mail the final bytes. Pure: no I/O, no clock, no randomness, and no panic whatever the bytes are.

pub mod address;
mod address_list;
mod archive;
mod attachments;
mod body;
pub mod bounce;
mod calendar_part;
pub mod charset;
mod clean;
mod date;
mod fields;
mod flowed;
mod gate;
mod html;
mod html_hidden;
mod html_scan;
mod iso2022;
mod leaf;
pub mod message;
pub mod message_id;
mod opened;
mod originator;
mod params;
pub mod parse;
mod password_notice;
pub(crate) mod pattern;
pub(crate) mod question;
pub mod reply;
mod report_parts;
mod smime;
mod sniff;
mod special;
mod tnef;
mod transfer;
mod tree;
mod utf7;
mod uuencode;
mod words;

pub use address::{EmailAddress, Mailbox};
pub use message::{Attachment, Author, Header, InboundMessage, Problem, ReturnPath, TextSource};
pub use message_id::MessageId;
pub use special::{SpecialMail, recalled_subject};
