//! What the fuzz targets share: the dictionary of mail tokens, and changes that keep a mail a mail.
//!
//! The input of every target is a mail as it travels, so the fixtures are its first corpus and a finding is
//! a fixture as it lies there.

pub mod dictionary;
pub mod mutation;

mod dice;
