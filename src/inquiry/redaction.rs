//! What must not leave the desk in clear, taken out of a text. Comes in: a text and the accounts contracted to
//! its author. Goes out: the text without access keys, private keys, labelled passwords and My Numbers, and
//! which of them stood in it. The raw mail is untouched: staff erase it (SPEC §8, §9, §12).

use std::borrow::Cow;

use super::account_ids::{self, Findings, Place, Rejection, Source};
use super::secrets::{REDACTED, Secret, SecretKind, find_secrets};
use crate::mail::InboundMessage;
use crate::registry::AccountId;

/// The text without what must not leave; `accounts` are never taken for a My Number.
pub fn redacted<'a>(text: &'a str, accounts: &[AccountId]) -> Cow<'a, str> {
    let secrets = find_all(text, accounts);
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    for secret in secrets {
        kept.push_str(text.get(at..secret.range.start).unwrap_or_default());
        kept.push_str(REDACTED);
        at = secret.range.end;
    }
    kept.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(kept)
}

/// Everything in a text that must not leave, in order, not overlapping. Beside what gives itself away these
/// are the numbers that the search for accounts has left alone as a My Number.
pub fn find_all(text: &str, accounts: &[AccountId]) -> Vec<Secret> {
    let mut found = find_secrets(text, accounts);
    if text.chars().any(char::is_numeric) {
        let source = Source {
            place: Place::Written,
            text,
        };
        let findings = account_ids::find(&[source], accounts);
        let numbers = findings.rejected.iter();
        let numbers = numbers.filter(|number| number.reason == Rejection::MyNumber);
        found.extend(numbers.map(|number| Secret {
            kind: SecretKind::MyNumber,
            range: number.range.clone(),
        }));
    }
    found.sort_by_key(|secret| (secret.range.start, std::cmp::Reverse(secret.range.end)));
    let mut reached = 0;
    found.retain(|secret| {
        let apart = secret.range.start >= reached;
        reached = reached.max(secret.range.end);
        apart
    });
    found
}

/// The kinds of secrets in a mail, each once; `findings` are those of the same mail.
pub fn kinds_in(mail: &InboundMessage, findings: &Findings, accounts: &[AccountId]) -> Vec<SecretKind> {
    let texts = [mail.subject.as_str(), mail.text.as_str()];
    let mut kinds: Vec<SecretKind> = texts
        .iter()
        .flat_map(|text| find_secrets(text, accounts))
        .map(|secret| secret.kind)
        .collect();
    kinds.extend(findings.has_my_number().then_some(SecretKind::MyNumber));
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_my_number_beneath_its_heading_is_taken_out() {
        let text = "マイナンバー:\n1234 5678 9018\nアカウントID: 480913372265";
        assert_eq!(
            redacted(text, &[]),
            "マイナンバー:\n[REDACTED]\nアカウントID: 480913372265"
        );
    }

    #[test]
    fn ordinary_text_is_not_copied() {
        assert!(matches!(
            redacted("480913372265 のEC2に接続できません。", &[]),
            Cow::Borrowed(_)
        ));
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_the_secrets_is_taken_out(text in "[マイナンバー:0-9 \n]{0,60}|\\PC{0,120}") {
            let (mut kept, mut at) = (String::new(), 0);
            for secret in find_all(&text, &[]) {
                kept.push_str(text.get(at..secret.range.start).unwrap());
                kept.push_str(REDACTED);
                at = secret.range.end;
            }
            proptest::prop_assert_eq!(redacted(&text, &[]), kept + text.get(at..).unwrap());
        }
    }
}
