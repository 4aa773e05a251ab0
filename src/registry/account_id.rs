//! The 12-digit AWS account ID as a value.

use std::fmt;

/// An AWS account ID: exactly twelve ASCII digits, leading zeros kept.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId([u8; 12]);

/// Why a text is no account ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an AWS account ID: it has exactly 12 digits (a spreadsheet may have cut leading zeros)"
)]
pub struct InvalidAccountId(String);

impl AccountId {
    /// Reads twelve digits; hyphens in the form 4-4-4 and white space around are allowed.
    pub fn parse(text: &str) -> Result<Self, InvalidAccountId> {
        let trimmed = text.trim();
        let grouped = trimmed.len() == 14
            && trimmed
                .bytes()
                .enumerate()
                .all(|(i, b)| (b == b'-') == (i == 4 || i == 9));
        let digits: Vec<u8> = trimmed.bytes().filter(|b| !(grouped && *b == b'-')).collect();
        <[u8; 12]>::try_from(digits)
            .ok()
            .filter(|digits| digits.iter().all(u8::is_ascii_digit))
            .map(Self)
            .ok_or_else(|| InvalidAccountId(text.to_owned()))
    }

    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({})", self.as_str())
    }
}

impl std::str::FromStr for AccountId {
    type Err = InvalidAccountId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl serde::Serialize for AccountId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_zeros_are_kept_and_hyphens_dropped() {
        assert_eq!(
            AccountId::parse(" 0464-2594-0015 ").unwrap().as_str(),
            "046425940015"
        );
    }

    #[test]
    fn anything_but_twelve_digits_is_refused() {
        for text in ["46425940015", "4809133722650", "48091337226a", "480-913372265"] {
            assert!(AccountId::parse(text).is_err(), "{text}");
        }
    }
}
