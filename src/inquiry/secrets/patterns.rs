//! What secrets look like. Comes in: nothing. Goes out: the patterns, over folded text; whether a match is one is
//! asked elsewhere.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use regex::Regex;

use crate::inquiry::fixed_pattern::regex;

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

/// Patterns over folded text; where there is a group, it is the secret itself.
const PATTERNS: &[(SecretKind, &str)] = &[
    (
        SecretKind::PrivateKey,
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[A-Za-z0-9+/=\s\\:,.>-]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|\z)",
    ),
    (
        SecretKind::PrivateKey,
        r"\bPuTTY-User-Key-File-[0-9]:[A-Za-z0-9+/=\s\\:,.>@_-]*?(?:Private-MAC:[ 0-9a-f]{0,80}|\z)",
    ),
    (
        SecretKind::AccessKeyId,
        r"(?:\b|_)(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    ),
    (
        SecretKind::SecretAccessKey,
        r#"(?i)(?:secret[ _-]?(?:access)?[ _-]?key|secret[ _-]?key|シークレット(?:アクセス)?(?:キー?|鍵)?|秘密(?:アクセス)?キー|SecretAccessKey)(?:[^A-Za-z0-9/+=]|=|[^\S\n]is\b|as follows|below){0,60}["'「(]?([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|\z)"#,
    ),
    (
        SecretKind::SessionToken,
        r#"(?i)(?:session[ _-]?token|security[ _-]?token|セッショントークン)["']?\s{0,3}[:=は]\s{0,3}["']?([A-Za-z0-9/+=]{60,})"#,
    ),
    (
        SecretKind::ServiceToken,
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_-]{20,}|npm_[A-Za-z0-9]{36}|xox[abeoprs]-[A-Za-z0-9-]{20,}|AIza[A-Za-z0-9_-]{35}|[sr]k_live_[A-Za-z0-9]{20,}|sk-[A-Za-z0-9_-]{32,}|SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{40,44}|hf_[A-Za-z0-9]{30,}|ABSK[A-Za-z0-9+/=]{60,}|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,})",
    ),
    (
        SecretKind::ServiceToken,
        r"hooks\.slack\.com/services/(T[A-Za-z0-9]{6,}/B[A-Za-z0-9]{6,}/[A-Za-z0-9]{16,})",
    ),
    (
        SecretKind::ServiceToken,
        r#"(?i)(?:\bapi[ _-]?key|\bapi[ _-]?token|access[ _-]?token|client[ _-]?secret|apiキー?|apiトークン|アクセストークン|\bbearer)["']?\s{0,3}[:=は]?\s{0,3}["'「]?([A-Za-z0-9_+/.~-]{20,}={0,2})"#,
    ),
    (
        SecretKind::Password,
        r"\b[A-Za-z][A-Za-z0-9+.-]{1,24}://[^\s:/@]{1,64}:([^\s/@]{3,128})@[A-Za-z0-9]",
    ),
    (
        SecretKind::Password,
        r#"(?i)(?:[a-z0-9]{0,40}(?:password|passwd|passphrase|passwort)|パスワード|パスフレーズ|暗証番号|合言葉|\b(?:pwd|pw|pass|psw)|(?:初期|仮)pw)["'」]?\s{0,3}(?:[:=]|→|=>)\s{0,3}["'「]?([!-~]{4,64})"#,
    ),
    (
        SecretKind::Password,
        r#"(?i)(?:password|passwd|passphrase|パスワード|パスフレーズ|\bpw)(?:[^\S\n]+is[^\S\n]+|は、?\s{0,2}|が|[^\S\n]|「|\(|--?)["'「(]?([!-~]{6,64})"#,
    ),
    (
        SecretKind::Password,
        r#"(?i)--[a-z-]{0,40}password[ =]["']?([!-~]{6,64})"#,
    ),
    (
        SecretKind::MyNumber,
        r"(?i)(?:マイナンバー?|個人番号|\bmy ?number\b)[^0-9\n]{0,20}\n?[^0-9\n]{0,8}([0-9]{4}[ -]?[0-9]{4}[ -]?[0-9]{4})(?:[^0-9]|\z)",
    ),
];

/// A secret key pasted near its key id without a label: forty characters on their own.
const UNLABELLED_KEY: &str = r"(?:^|[^A-Za-z0-9/+=])([A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)";

pub(super) static COMPILED: LazyLock<Vec<(SecretKind, Regex)>> = LazyLock::new(|| {
    PATTERNS
        .iter()
        .map(|(kind, pattern)| (*kind, regex(pattern)))
        .collect()
});
pub(super) static UNLABELLED: LazyLock<Regex> = LazyLock::new(|| regex(UNLABELLED_KEY));
pub(super) static SPACED_NUMBER: LazyLock<Regex> = LazyLock::new(|| regex(r"\b[0-9]{4} [0-9]{4} [0-9]{4}\b"));

/// Without one of these no pattern can match, which spares most mails the search.
const TRIGGERS: &[&str] = &[
    "private key",
    "putty-user-key",
    "akia",
    "asia",
    "abia",
    "acca",
    "secret",
    "シークレット",
    "秘密",
    "token",
    "トークン",
    "gh",
    "glpat-",
    "npm_",
    "xox",
    "aiza",
    "_live_",
    "sk-",
    "sg.",
    "hf_",
    "absk",
    "eyj",
    "hooks.slack",
    "api",
    "bearer",
    "://",
    "pass",
    "パス",
    "暗証番号",
    "合言葉",
    "pw",
    "psw",
    "マイナンバ",
    "個人番号",
    "my number",
    "mynumber",
];
pub(super) static TRIGGER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(TRIGGERS)
        .ok()
});
