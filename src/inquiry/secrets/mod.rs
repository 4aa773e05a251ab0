//! Secrets that should not stand in a mail. Comes in: any text. Goes out: where AWS access keys, secret keys,
//! private keys, tokens, passwords and My Numbers stand in it, and the text without them. Used for the flag on
//! the ticket, for whatever is mailed on, and for what is passed to AWS (SPEC §9, §12, §17).

mod find;
mod patterns;
mod plausible;

pub use find::{REDACTED, Secret, find_secrets, has_secret, redact};
pub use patterns::SecretKind;
