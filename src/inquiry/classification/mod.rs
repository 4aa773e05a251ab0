//! What an inquiry is about (SPEC §9). Comes in: subject and visible text, and the rules that staff edit.
//! Goes out: a category with a calibrated confidence, flags, and every rule that matched with its place in
//! the text. Below the threshold it abstains: needs-triage. It never changes what a person has decided.

#[cfg(test)]
mod boundaries;
mod check;
mod confidence;
mod evaluate;
mod flag;
mod inquiry;
mod learned;
mod lexicon;
mod matching;
mod pattern;
mod report;
mod rules;
mod rules_file;
mod scoring;
mod sentences;
#[cfg(test)]
mod table;

pub use check::{BrokenExample, CheckReport};
pub use evaluate::{Evaluation, LabelError, Labelled};
pub use flag::Flag;
pub use inquiry::{Field, Inquiry};
pub use rules::Rules;
pub use rules_file::RulesError;
pub use scoring::{CategoryScore, Classification, Evidence};
