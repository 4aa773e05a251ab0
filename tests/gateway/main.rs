//! The suite: this list is its table of contents.

#![expect(unreachable_pub, missing_docs, missing_debug_implementations, reason = "a test binary has no outside")]

mod world;

// Stories of the main job.
mod delivery;
mod inquiries;
mod intake;
mod machines;
mod staff_answers;
mod strangers;

// What must hold for every part.
mod layering;
mod store_conformance;
mod templates;

// Real servers.
mod real_postfix;
