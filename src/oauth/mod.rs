//! Signing in with an access token instead of a password (OAuth 2.0, RFC 6749).
//!
//! Comes in: how the mail provider's token server is reached and what it knows us by. Goes out: an access
//! token that IMAP and SMTP share, renewed before it expires, and the SASL messages that carry it. No token
//! and no secret may reach a log or an error; the words of the token server are never repeated.
//!
//! There are two grants. With *client credentials* (RFC 6749 §4.4) the client secret is all there is. With a
//! *refresh token* (§6) the server may give out a new one at every renewal and refuse the old one from then
//! on, so the new one is safe on disk before anything else happens (`refresh_file`); where a process dies
//! in the moment between the server's answer and the disk, the old one is still there, and servers that leave
//! it good for a while take it. Machines that share a mailbox each need a refresh token of their own.

mod answer;
mod credential;
mod error;
mod keeper;
mod post;
mod refresh_file;
mod sasl;
mod settings;
mod source;
mod token;

pub use credential::Credential;
pub use error::TokenError;
pub use keeper::{Kept, TokenKeeper};
pub(crate) use sasl::told_status;
pub use sasl::{SaslExchange, SaslMechanism};
pub use settings::{ClientAuthentication, Grant, TokenServer, TokenSettings};
pub use source::{Standing, TokenSource};
pub use token::AccessToken;
