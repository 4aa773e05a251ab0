//! The search for secrets. Comes in: any text. Goes out: where they stand, and the text without them; linear in its
//! length.

use std::ops::Range;

use regex::Regex;

use super::patterns::{COMPILED, SPACED_NUMBER, SecretKind, TRIGGER, UNLABELLED};
use super::plausible::{is_mixed, is_plausible};
use crate::inquiry::account_ids::may_be_my_number;
use crate::inquiry::folded_text::{FoldedText, Folding};
use crate::registry::AccountId;

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
    let text = folded.as_str();
    let mut found = Vec::new();
    if TRIGGER.as_ref().is_some_and(|trigger| !trigger.is_match(text)) {
        return found;
    }
    for (kind, pattern) in COMPILED.iter() {
        let ranges = matches(text, pattern).filter(|range| is_plausible(*kind, text, range));
        found.extend(ranges.map(|range| (*kind, range)));
    }
    if found.iter().any(|(kind, _)| *kind == SecretKind::AccessKeyId) {
        let keys = matches(text, &UNLABELLED).filter(|range| is_mixed(text, range));
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
    fn passwords_are_found_however_they_are_given() {
        let given = [
            "PW: Xk29!qpz",
            "DB_PASSWORD=winter2026",
            "\"MasterUserPassword\": \"Abcd-1234\"",
            "初期パスワードは「Kx7#pLm2」です",
            "The password is Spring2026! and expires soon",
            "パスワード→ q8Zt-1mVp",
            "ﾊﾟｽﾜｰﾄﾞ：himawari\n",
            "postgres://app:S3cretPw9x@db.customer.example:5432/prod",
            "--master-user-password Abcd1234",
            "パスワード：20260401",
        ];
        for text in given {
            assert!(has_secret(text), "{text}");
        }
    }

    #[test]
    fn keys_and_tokens_are_found_however_they_are_given() {
        let given = [
            format!("シークレットアクセスキーは以下です。\n\n{SECRET}"),
            format!("Access key ID,Secret access key\nAKIAEXAMPLEEXAMPLE00,{SECRET}\n"),
            format!("| secret access key | {SECRET} |"),
            "apiキー：q8Jc2LmN0pRsTuVwXyZa9".to_owned(),
            "Authorization: Bearer q8Jc2LmN0pRsTuVwXyZa9".to_owned(),
            "-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQVY\n".to_owned(),
            "ＡＫＩＡＥＸＡＭＰＬＥＥＸＡＭＰＬＥ００".to_owned(),
        ];
        for text in given {
            assert!(has_secret(&text), "{text}");
        }
        assert_eq!(find_secrets(&given_pair(), &[]).len(), 2);
    }

    fn given_pair() -> String {
        format!("AKIAEXAMPLEEXAMPLE00 / {SECRET}")
    }

    #[test]
    fn talk_about_secrets_is_none() {
        let talk = [
            "パスワード：********",
            "password: <your password>",
            "DB_PASSWORD=${DB_PASSWORD}",
            "FATAL: password authentication failed for user app",
            "Your password is incorrect.",
            "パスワードはRoute 53ではなくIAMで変更できますか。",
            "パスワード: required",
            "APIキーの使用量プランを教えてください。",
            "シークレットはSecrets Managerに置くべきですか。",
            "https://console.aws.amazon.com/ec2/home?region=ap-northeast-1",
            "Tests pass: 10/10",
            "arn:aws:secretsmanager:ap-northeast-1:583920471638:secret:prod/db-AbCdEf",
        ];
        for text in talk {
            assert_eq!(find_secrets(text, &[]), [], "{text}");
        }
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
