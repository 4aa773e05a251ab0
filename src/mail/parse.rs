//! Bytes to a typed mail. Comes in: the raw mail. Goes out: an [`InboundMessage`], or the one reason why
//! the mail must go to quarantine.

use super::message::InboundMessage;

/// Why a mail could not be read at all; it goes to quarantine with its bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the mail cannot be read ({slug}): {detail}")]
pub struct UnreadableMail {
    /// Stable kebab-case slug such as `header-too-large`.
    pub slug: &'static str,
    /// What was found where.
    pub detail: String,
}

/// Reads a raw mail.
pub fn parse_mail(raw: &[u8]) -> Result<InboundMessage, UnreadableMail> {
    Err(UnreadableMail {
        slug: "not-built",
        detail: format!("{} octets", raw.len()),
    })
}

/// SHA-256 over the mail without its trace lines (Received, Return-Path, Delivered-To, X-*…), lower-case
/// hex: the same mail delivered twice has the same hash.
pub fn content_hash(raw: &[u8]) -> String {
    use sha2::Digest;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(raw))
}
