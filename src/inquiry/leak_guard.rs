//! What must not leave the desk in an answer, even when its author may speak (SPEC §13). Comes in: the text
//! that would go out and what is kept inside. Goes out: the first leak found. Pure, linear in both.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

use super::account_ids::{self, Place, Source};
use super::redaction::find_all;
use super::secrets::SecretKind;
use crate::registry::AccountId;

/// Characters in a row, blanks aside, that make a passage recognisable (SPEC §13).
const PASSAGE: usize = 20;

crate::slug_enum! {
    /// Why an answer is held although its author may speak.
    pub enum Leak {
        /// It names an account contracted to another customer.
        AccountOfAnotherCustomer = "leak-account",
        /// It carries an access key or another secret.
        Secret = "leak-secret",
        /// It carries a passage of an internal note or of a notification.
        Internal = "leak-internal",
    }
}

/// What is stored and must stay inside.
#[derive(Debug, Clone, Default)]
pub struct Inside {
    /// Accounts named in the mail that are contracted to customers other than the ticket's.
    pub accounts_elsewhere: Vec<AccountId>,
    /// Accounts of the ticket's customer.
    pub own_accounts: Vec<AccountId>,
    /// Notes and notifications of the ticket.
    pub texts: Vec<String>,
    /// What the customer wrote or was sent: a passage of it gives nothing away.
    pub known_to_customer: Vec<String>,
}

/// The first thing in a text that must not leave, with the words that show it.
pub fn find_leak(text: &str, inside: &Inside) -> Option<(Leak, String)> {
    account_leak(text, inside)
        .or_else(|| secret_leak(text, inside))
        .or_else(|| passage_leak(text, inside))
}

fn account_leak(text: &str, inside: &Inside) -> Option<(Leak, String)> {
    if inside.accounts_elsewhere.is_empty() {
        return None;
    }
    let source = Source {
        place: Place::Written,
        text,
    };
    account_ids::find(&[source], &inside.own_accounts)
        .best()
        .into_iter()
        .find(|candidate| inside.accounts_elsewhere.contains(&candidate.id))
        .map(|candidate| (Leak::AccountOfAnotherCustomer, candidate.id.to_string()))
}

/// A password that the customer needs told is people's business; keys of AWS never are.
fn secret_leak(text: &str, inside: &Inside) -> Option<(Leak, String)> {
    find_all(text, &inside.own_accounts)
        .into_iter()
        .find(|secret| secret.kind != SecretKind::Password)
        .map(|secret| (Leak::Secret, secret.kind.to_string()))
}

/// Looks for the answer's passages in what is kept inside: memory grows with the answer alone, time with both.
/// What the customer knows is looked at only where something was found.
fn passage_leak(text: &str, inside: &Inside) -> Option<(Leak, String)> {
    let letters = letters(text);
    let leaving: HashSet<&[char]> = letters.windows(PASSAGE).collect();
    let mut internal = met_in(&inside.texts, &leaving);
    if internal.is_empty() {
        return None;
    }
    for known in met_in(&inside.known_to_customer, &internal) {
        internal.remove(known);
    }
    letters
        .windows(PASSAGE)
        .find(|passage| internal.contains(passage))
        .map(|passage| (Leak::Internal, passage.iter().collect()))
}

/// Those of the passages that stand in one of the texts.
fn met_in<'a>(texts: &[String], passages: &HashSet<&'a [char]>) -> HashSet<&'a [char]> {
    let mut met = HashSet::new();
    for text in texts {
        let letters = letters(text);
        met.extend(letters.windows(PASSAGE).filter_map(|window| passages.get(window)));
    }
    met
}

/// The characters of a text by which a passage is recognised: blanks and quote marks are left out, for mail
/// clients rewrap text.
fn letters(text: &str) -> Vec<char> {
    text.nfkc()
        .filter(|c| !c.is_whitespace() && !c.is_control() && *c != '>')
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(text: &str) -> AccountId {
        AccountId::parse(text).unwrap()
    }

    #[test]
    fn an_account_of_another_customer_is_a_leak_in_any_form_and_the_customers_own_is_none() {
        let inside = Inside {
            accounts_elsewhere: vec![account("046425940015")],
            own_accounts: vec![account("480913372265")],
            ..Inside::default()
        };
        let leak = find_leak("アカウント 0464-2594-0015 をご確認ください。", &inside);
        assert_eq!(
            leak,
            Some((Leak::AccountOfAnotherCustomer, "046425940015".to_owned()))
        );
        assert_eq!(
            find_leak("アカウント 480913372265 をご確認ください。", &inside),
            None
        );
    }

    #[test]
    fn a_key_is_a_leak() {
        let leak = find_leak("キーは AKIAIOSFODNN7ABCDEFG です。", &Inside::default());
        assert_eq!(leak, Some((Leak::Secret, "access-key-id".to_owned())));
    }

    #[test]
    fn twenty_characters_of_a_note_are_a_leak_also_when_rewrapped_and_nineteen_are_none() {
        let inside = Inside {
            texts: vec!["この顧客は先月も支払いが遅れており与信に注意が必要".to_owned()],
            ..Inside::default()
        };
        let rewrapped = "> この顧客は先月も\n> 支払いが遅れており与信に注意\nです。";
        assert_eq!(
            find_leak(rewrapped, &inside).map(|(leak, _)| leak),
            Some(Leak::Internal)
        );
        assert_eq!(
            find_leak("この顧客は先月も支払いが遅れており与です", &inside),
            None
        );
    }

    #[test]
    fn what_the_customer_wrote_is_no_secret_to_the_customer() {
        let words = "セキュリティグループの設定を見直しましたが接続できません";
        let inside = Inside {
            texts: vec![format!("お客様の文面 {words}")],
            known_to_customer: vec![words.to_owned()],
            ..Inside::default()
        };
        assert_eq!(
            find_leak(&format!("> {words}\nポートをご確認ください。"), &inside),
            None
        );
    }
}
