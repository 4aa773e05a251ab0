//! The suite: this list is its table of contents.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unused_async,
    clippy::too_many_lines,
    clippy::format_push_string,
    reason = "in a story a surprise ends the story, and a story is read from top to bottom"
)]

mod world;

// Stories of the main job.
mod aws_notices;
mod delivery;
mod inquiries;
mod intake;
mod machines;
mod special_mail;
mod staff_answers;
mod strangers;

// The network stages alone, against servers that misbehave.
mod broken_lines;
mod imap_session;
mod protected_lines;
mod server_dialects;
mod smtp_conversation;

// The program as a person calls it.
mod command_line;

// What must hold for every part.
mod layering;
mod reading;
mod replies;
mod store_conformance;
mod templates;

// Real servers.
mod real_postfix;
