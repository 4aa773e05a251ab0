//! The suite: this list is its table of contents.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::future_not_send,
    reason = "in a story a surprise ends the story; the lints' own exemption does not reach the world's actors"
)]

mod world;

// Stories of the main job.
mod delivery;
mod inquiries;
mod intake;
mod machines;
mod staff_answers;
mod strangers;

// The network stages alone, against servers that misbehave.
mod imap_session;
mod protected_lines;
mod smtp_conversation;

// What must hold for every part.
mod layering;
mod reading;
mod replies;
mod store_conformance;
mod templates;

// Real servers.
mod real_postfix;
