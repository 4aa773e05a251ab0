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
mod accounts;
mod attacks;
mod attacks_on_people;
mod attacks_on_text;
mod aws_notices;
mod bundles;
mod clock_jumps;
mod commands;
mod coverage;
mod delivery;
mod edited_files;
mod english_staff;
mod floods;
mod forwards;
mod full_disk;
mod held_mail;
mod hostile_contents;
mod inquiries;
mod intake;
mod junk;
mod letting_go;
mod loops;
mod machines;
mod on_behalf;
mod on_behalf_slips;
mod relayed_files;
mod secrets;
mod signed_staff;
mod special_mail;
mod staff_answers;
mod steadiness;
mod strangers;
mod threading;
mod token_carriers;

// What a person sets right, what time asks for, and who hears of it.
mod corrections;
mod duty;
mod reminders;
mod response_clock;
mod sending_terms;
mod silence;
mod who_is_told;

// The network stages alone, against servers that misbehave.
mod broken_lines;
mod imap_session;
mod imap_trouble;
mod mailbox_surprises;
mod oauth;
mod oauth_desk;
mod oauth_sign_in;
mod protected_lines;
mod server_dialects;
mod signatures;
mod smtp_conversation;
mod smtp_pipelining;
mod smtp_replies;
mod smtp_states;

// The support page, asked over a real connection.
mod web_customer;
mod web_frame;
mod web_sign_in;

// The program as a person calls it.
mod command_line;
mod inspecting;
mod notice_mode;
mod support_fee;

// What must hold for every part.
mod hostile_mails;
mod layering;
mod letters;
mod reading;
mod replies;
mod store_conformance;
mod templates;

// Real servers, and several desks beside each other.
mod processes;
mod real_postfix;
