//! What is known of a mail's author: the name and the address of the From field. Comes in: the mailbox, and
//! lines. Goes out: whether a line names its author. It must not decide alone: people are named in sentences
//! too.

use crate::mail::address::Mailbox;

/// Most letters of a line that only names somebody.
const MOST_LETTERS: usize = 24;

/// The words by which the author may sign.
#[derive(Debug, Default)]
pub(super) struct AuthorHints {
    /// The whole name, letters only.
    whole: String,
    /// Family and given name, each long enough to tell somebody.
    names: Vec<String>,
    address: String,
}

impl AuthorHints {
    /// What the From field tells.
    pub(super) fn of(author: Option<&Mailbox>) -> Self {
        let Some(mailbox) = author else {
            return Self::default();
        };
        let shown = mailbox.name.as_deref().unwrap_or_default();
        let names = shown
            .split(|c: char| !c.is_alphanumeric())
            .map(letters)
            .filter(|name| is_telling(name))
            .take(6)
            .collect();
        Self {
            whole: letters(shown),
            names,
            address: mailbox.address.to_string().to_lowercase(),
        }
    }

    /// The line holds the author's name and little else.
    pub(super) fn name_in(&self, text: &str) -> bool {
        let line = letters(text);
        if self.names.is_empty() || line.is_empty() || line.chars().count() > MOST_LETTERS {
            return false;
        }
        let whole = is_telling(&self.whole) && line.contains(self.whole.as_str());
        whole
            || self
                .names
                .iter()
                .any(|name| line.starts_with(name.as_str()) || line.ends_with(name.as_str()))
    }

    /// The line holds the author's own address.
    pub(super) fn address_in(&self, text: &str) -> bool {
        !self.address.is_empty() && text.to_lowercase().contains(self.address.as_str())
    }
}

fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .take(200)
        .flat_map(char::to_lowercase)
        .collect()
}

/// One kana or two Latin letters begin too many words.
fn is_telling(name: &str) -> bool {
    let count = name.chars().count();
    if name.is_ascii() { count >= 3 } else { count >= 2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::address::EmailAddress;

    fn hints(name: &str) -> AuthorHints {
        AuthorHints::of(Some(&Mailbox {
            name: Some(name.to_owned()),
            address: EmailAddress::parse("sato@customer.example").unwrap(),
        }))
    }

    #[test]
    fn a_line_that_names_its_author_is_known() {
        let sato = hints("佐藤 花子");
        for line in [
            "佐藤",
            "佐藤　花子",
            "開発部 佐藤花子",
            "佐藤 花子（さとう はなこ）",
        ] {
            assert!(sato.name_in(line), "{line}");
        }
        assert!(hints("Hanako Sato (Sample)").name_in("Hanako SATO, Sample Inc."));
        assert!(sato.address_in("Mail: Sato@customer.example"));
    }

    #[test]
    fn others_and_sentences_are_not() {
        let sato = hints("佐藤 花子");
        assert!(!sato.name_in("高橋 次郎"));
        assert!(!sato.name_in("昨日の打ち合わせで佐藤がお伝えしたとおりの手順で確認を進めております"));
        assert!(!AuthorHints::of(None).name_in("佐藤"));
    }
}
