//! Whether a match is a secret. Comes in: the kind, the folded text and where the value stands. Goes out: yes or
//! no; words of a sentence, place holders and links are none.

use std::ops::Range;

use super::patterns::SecretKind;

/// Whether what stands where a secret would stand is one, and not a word or a place holder.
pub(super) fn is_plausible(kind: SecretKind, text: &str, range: &Range<usize>) -> bool {
    match kind {
        SecretKind::Password => is_password(text, range),
        SecretKind::ServiceToken => {
            let value = text.get(range.clone()).unwrap_or_default();
            let digits = value.bytes().filter(u8::is_ascii_digit).count();
            digits >= 2 && is_no_placeholder(value)
        }
        SecretKind::AccessKeyId
        | SecretKind::SecretAccessKey
        | SecretKind::PrivateKey
        | SecretKind::SessionToken
        | SecretKind::MyNumber => true,
    }
}

/// Words that stand behind パスワード: and are none.
const NO_PASSWORDS: &[&str] = &[
    "required",
    "invalid",
    "incorrect",
    "unknown",
    "none",
    "null",
    "expired",
    "correct",
    "wrong",
    "changed",
    "reset",
    "same",
    "secret",
    "hidden",
    "masked",
    "redacted",
    "false",
    "true",
    "password",
    "error",
    "missing",
    "disabled",
    "enabled",
    "unchanged",
    "string",
    "failed",
    "denied",
];

/// Whether the value behind a word for a password is one: behind a colon nearly anything, in a sentence only what
/// no word of it looks like.
fn is_password(text: &str, range: &Range<usize>) -> bool {
    let value = text.get(range.clone()).unwrap_or_default();
    if !is_no_placeholder(value) {
        return false;
    }
    let before = text.get(..range.start).unwrap_or_default();
    let label = before.trim_end_matches([' ', '"', '\'', '「', '(']);
    let marked = label.ends_with([':', '=', '→', '>']);
    let behind = text.get(range.end..).unwrap_or_default();
    if marked && value.bytes().all(|byte| byte.is_ascii_digit()) {
        let label = label.trim_end_matches([':', '=', '→', '>', ' ']).to_lowercase();
        return ["パスワード", "暗証番号", "password"]
            .iter()
            .any(|word| label.ends_with(word));
    }
    let alone = behind.is_empty() || behind.starts_with(['\n', '\r']);
    let a_word = value.len() >= 6 && value.bytes().all(|byte| byte.is_ascii_lowercase());
    let chosen_word = a_word && alone && !NO_PASSWORDS.contains(&value);
    let has_letter = value.bytes().any(|byte| byte.is_ascii_alphabetic());
    let in_link = behind.starts_with('@');
    let plainly = (marked || in_link) && has_letter && looks_chosen(value, 1);
    plainly || (marked && chosen_word) || (has_letter && looks_chosen_in_a_sentence(value))
}

/// `<password>`, `${DB_PASSWORD}`, `********`, `xxxxxxxx`, links and variables stand for a password.
fn is_no_placeholder(value: &str) -> bool {
    let first = value.chars().next();
    let repeated = value.chars().all(|c| Some(c) == first)
        || value
            .chars()
            .all(|c| matches!(c, '*' | 'x' | 'X' | '.' | '-' | '●'));
    let variable =
        value.starts_with(['<', '$', '{', '%', '*']) || value.contains("***") || value.contains("REDACTED");
    let link = value.contains("://") && !value.contains('@');
    !repeated && !variable && !link
}

/// Whether a value has what words lack: a digit, a symbol, or an upper-case letter inside.
fn looks_chosen(value: &str, kinds: usize) -> bool {
    let value = without_marks(value);
    let seen = |is: fn(&u8) -> bool| usize::from(value.bytes().any(|byte| is(&byte)));
    let upper_inside = usize::from(value.bytes().skip(1).any(|byte| byte.is_ascii_uppercase()));
    value.len() >= 4 && seen(u8::is_ascii_digit) + seen(u8::is_ascii_punctuation) + upper_inside >= kinds
}

/// Within a sentence a digit must be among it, and more than a name such as `Route53` has.
fn looks_chosen_in_a_sentence(value: &str) -> bool {
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    has_digit && (looks_chosen(value, 2) || without_marks(value).len() >= 8)
}

fn without_marks(value: &str) -> &str {
    value.trim_end_matches(['.', ',', ';', ':', ')', '"', '\'', '?', '!'])
}

/// Forty characters of both cases and digits; a git commit has one case.
pub(super) fn is_mixed(text: &str, range: &Range<usize>) -> bool {
    let value = text.get(range.clone()).unwrap_or_default().as_bytes();
    value.iter().any(u8::is_ascii_lowercase)
        && value.iter().any(u8::is_ascii_uppercase)
        && value.iter().any(u8::is_ascii_digit)
}
