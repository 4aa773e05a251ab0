//! What the gateway promises, told in stories; this list is their table of contents.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a story a surprise ends the story; the lints' own exemption does not reach the world's actors"
)]

mod broken_lines;
mod imap_session;
mod protected_lines;
mod server_dialects;
mod smtp_conversation;
mod world;
