//! Secrets that should not stand in a mail. Comes in: any text. Goes out: where AWS access keys, secret keys
//! and private keys stand in it, and the text without them. Used for the flag on the ticket, for whatever is
//! mailed on, and for what is passed to AWS (SPEC §9, §12, §17).

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::account_ids::may_be_my_number;
use super::fixed_pattern::regex;
use super::folded_text::{FoldedText, Folding};
use crate::registry::AccountId;

crate::slug_enum! {
    /// What kind of secret it is.
    pub enum SecretKind {
        /// `AKIA…` or `ASIA…`: half of a pair, but AWS treats it as leaked.
        AccessKeyId = "access-key-id",
        /// The forty characters that go with it.
        SecretAccessKey = "secret-access-key",
        /// A PEM private key.
        PrivateKey = "private-key",
        /// A session token behind its label.
        SessionToken = "session-token",
        /// A token of a well-known service, by its prefix.
        ServiceToken = "service-token",
        /// A password behind its label.
        Password = "password",
        /// A person's My Number: behind its label, or in its usual form with the right check digit.
        MyNumber = "my-number",
    }
}

/// A secret and its bytes in the text that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// What it is.
    pub kind: SecretKind,
    /// Where it stands; of labelled secrets only the value.
    pub range: Range<usize>,
}

/// What stands in the place of a secret in redacted text.
pub const REDACTED: &str = "[REDACTED]";

/// Patterns over folded text; where there is a group, it is the secret itself.
const PATTERNS: &[(SecretKind, &str)] = &[
    (
        SecretKind::PrivateKey,
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[A-Za-z0-9+/=\s\\:,.>-]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\z)",
    ),
    (
        SecretKind::AccessKeyId,
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    ),
    (
        SecretKind::SecretAccessKey,
        r#"(?i)(?:secret[ _-]?(?:access)?[ _-]?key|シークレット(?:アクセス)?キー?|SecretAccessKey)["']?\s{0,3}(?:[:=は]|is)?\s{0,3}["'「]?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)"#,
    ),
    (
        SecretKind::SessionToken,
        r#"(?i)(?:session[ _-]?token)["']?\s{0,3}[:=]\s{0,3}["']?([A-Za-z0-9/+=]{60,})"#,
    ),
    (
        SecretKind::ServiceToken,
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}|xox[abprs]-[A-Za-z0-9-]{20,}|AIza[A-Za-z0-9_-]{35}|sk_live_[A-Za-z0-9]{20,})",
    ),
    (
        SecretKind::Password,
        r#"(?i)(?:\bpassword\b|\bpasswd\b|パスワード|\bpwd\b)["']?\s{0,3}[:=]\s{0,3}["'「]?([!-~]{6,64})"#,
    ),
    (
        SecretKind::MyNumber,
        r"(?i)(?:マイナンバー?|個人番号|\bmy ?number\b)[^0-9\n]{0,20}([0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4})(?:[^0-9]|\z)",
    ),
];

/// A secret key pasted beneath its key id without a label: forty characters alone on their line.
const UNLABELLED_KEY: &str = r"(?m)^[ \t>]{0,8}([A-Za-z0-9/+]{40})[ \t\r]{0,8}$";

static COMPILED: LazyLock<Vec<(SecretKind, Regex)>> = LazyLock::new(|| {
    PATTERNS
        .iter()
        .map(|(kind, pattern)| (*kind, regex(pattern)))
        .collect()
});
static UNLABELLED: LazyLock<Regex> = LazyLock::new(|| regex(UNLABELLED_KEY));
static SPACED_NUMBER: LazyLock<Regex> = LazyLock::new(|| regex(r"\b[0-9]{4} [0-9]{4} [0-9]{4}\b"));

/// Every secret in the text, in order, not overlapping. A number that merely has the form of a My Number is
/// one unless it is among `accounts`, the accounts known to be contracted.
pub fn find_secrets(text: &str, accounts: &[AccountId]) -> Vec<Secret> {
    let folded = FoldedText::new(text, Folding::Numbers);
    let mut found = plain_secrets(&folded);
    let spaced = SPACED_NUMBER.find_iter(folded.as_str());
    let spaced = spaced
        .filter(|number| !is_among(number.as_str(), accounts))
        .map(|number| number.range());
    let spaced = spaced.filter(|range| may_be_my_number(folded.as_str(), range));
    found.extend(spaced.map(|range| (SecretKind::MyNumber, range)));
    in_order(found, &folded)
}

/// Secrets that their own form or a label gives away.
fn plain_secrets(folded: &FoldedText) -> Vec<(SecretKind, Range<usize>)> {
    let mut found = Vec::new();
    for (kind, pattern) in COMPILED.iter() {
        found.extend(matches(folded.as_str(), pattern).map(|range| (*kind, range)));
    }
    if found.iter().any(|(kind, _)| *kind == SecretKind::AccessKeyId) {
        let keys = matches(folded.as_str(), &UNLABELLED);
        found.extend(keys.map(|range| (SecretKind::SecretAccessKey, range)));
    }
    found
}

fn is_among(spaced: &str, accounts: &[AccountId]) -> bool {
    let digits = spaced.replace(' ', "");
    accounts.iter().any(|id| id.as_str() == digits)
}

/// Whether a secret stands in the text that its own form or a label gives away.
pub fn has_secret(text: &str) -> bool {
    !plain_secrets(&FoldedText::new(text, Folding::Numbers)).is_empty()
}

/// The text with every secret replaced by [`REDACTED`]; `accounts` as for [`find_secrets`].
pub fn redact(text: &str, accounts: &[AccountId]) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for secret in find_secrets(text, accounts) {
        kept.push_str(text.get(at..secret.range.start).unwrap_or_default());
        kept.push_str(REDACTED);
        at = secret.range.end;
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    kept
}

fn matches<'a>(text: &'a str, pattern: &'a Regex) -> impl Iterator<Item = Range<usize>> + 'a {
    pattern
        .captures_iter(text)
        .filter_map(|found| found.get(1).or_else(|| found.get(0)).map(|part| part.range()))
}

fn in_order(found: Vec<(SecretKind, Range<usize>)>, folded: &FoldedText) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = found
        .into_iter()
        .map(|(kind, range)| Secret {
            kind,
            range: folded.original_range(&range),
        })
        .collect();
    secrets.sort_by_key(|secret| (secret.range.start, std::cmp::Reverse(secret.range.end)));
    let mut reached = 0;
    secrets.retain(|secret| {
        let apart = secret.range.start >= reached;
        if apart {
            reached = secret.range.end;
        }
        apart
    });
    secrets
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzzzz";

    #[test]
    fn keys_are_found_and_taken_out() {
        let text = format!("キーは AKIAEXAMPLEEXAMPLE00 と secret_access_key = {SECRET} です");
        assert_eq!(
            redact(&text, &[]),
            "キーは [REDACTED] と secret_access_key = [REDACTED] です"
        );
    }

    #[test]
    fn a_bare_secret_beneath_its_key_id_is_found() {
        let text = format!("ASIAEXAMPLEEXAMPLE00\n{SECRET}\n");
        assert_eq!(find_secrets(&text, &[]).len(), 2);
        assert!(
            !has_secret(&format!("{SECRET}\n")),
            "forty characters alone may be a git commit"
        );
    }

    #[test]
    fn a_private_key_is_taken_out_whole_even_when_cut_off() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK==\n-----END RSA PRIVATE KEY-----";
        assert_eq!(redact(&format!("a\n{key}\nb"), &[]), "a\n[REDACTED]\nb");
        assert_eq!(redact("-----BEGIN PRIVATE KEY-----\nMIIEow", &[]), "[REDACTED]");
    }

    #[test]
    fn my_numbers_are_taken_out_and_accounts_stay() {
        assert_eq!(
            redact("マイナンバー：1234-5678-9018", &[]),
            "マイナンバー：[REDACTED]"
        );
        assert_eq!(
            redact("番号は 1234 5678 9018 です", &[]),
            "番号は [REDACTED] です"
        );
        let account = AccountId::parse("123456789018").unwrap();
        for (text, accounts) in [
            ("AWSアカウント 1234 5678 9018", vec![]),
            ("1234 5678 9018", vec![account]),
        ] {
            assert_eq!(redact(text, &accounts), text);
        }
    }

    #[test]
    fn labelled_passwords_and_known_tokens_are_taken_out() {
        assert_eq!(
            redact("パスワード：Tr0ub4dor&3 です", &[]),
            "パスワード：[REDACTED] です"
        );
        let token = format!("ghp_{}", "a1".repeat(18));
        assert_eq!(redact(&token, &[]), REDACTED);
    }

    #[test]
    fn ordinary_text_has_no_secret() {
        assert!(!has_secret(
            "パスワードを再設定したい。AKIAで始まるキーとは何ですか。"
        ));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_redaction_panic_or_touch_what_is_no_secret(text in "\\PC{0,200}") {
            if find_secrets(&text, &[]).is_empty() {
                proptest::prop_assert_eq!(redact(&text, &[]), text);
            }
        }

        #[test]
        fn a_key_is_taken_out_wherever_it_stands(before in "[ぁ-ん 。\n]{0,30}", behind in "[ぁ-ん 。\n]{0,30}") {
            let text = format!("{before}AKIAEXAMPLEEXAMPLE00{behind}");
            proptest::prop_assert_eq!(redact(&text, &[]), format!("{before}{REDACTED}{behind}"));
        }
    }
}
