//! What a mail's own header tells of its text: who signs, and which subject an answered mail has. Comes in:
//! the From mailbox, the subject, and lines. Goes out: whether a line names the author or the subject. It
//! must not decide alone: people are named in sentences too.

use crate::mail::address::Mailbox;

/// Most letters of a line that only names somebody.
const MOST_LETTERS: usize = 24;

/// The words by which the author may sign, and the subject.
#[derive(Debug, Default)]
pub(super) struct Hints {
    /// Letters of the subject.
    subject: String,
    /// The whole name, letters only.
    whole: String,
    /// Family and given name, each long enough to tell somebody.
    names: Vec<String>,
    address: String,
}

impl Hints {
    /// What the From field and the subject tell.
    pub(super) fn of(author: Option<&Mailbox>, subject: &str) -> Self {
        let subject = letters(subject);
        let Some(mailbox) = author else {
            return Self {
                subject,
                ..Self::default()
            };
        };
        let shown = mailbox.name.as_deref().unwrap_or_default();
        let names = shown
            .split(|c: char| !c.is_alphanumeric())
            .map(letters)
            .filter(|name| is_telling(name))
            .take(6)
            .collect();
        Self {
            subject,
            whole: letters(shown),
            names,
            address: mailbox.address.to_string().to_lowercase(),
        }
    }

    /// The line holds the author's name and little else.
    pub(super) fn name_in(&self, text: &str) -> bool {
        let line = letters(text);
        // What follows a colon is said of that person.
        let said = text.contains([':', '：', '→', '=']);
        if said || self.names.is_empty() || line.is_empty() || line.chars().count() > MOST_LETTERS {
            return false;
        }
        let whole = is_telling(&self.whole) && line.contains(self.whole.as_str());
        whole
            || self
                .names
                .iter()
                .any(|name| line.starts_with(name.as_str()) || line.ends_with(name.as_str()))
    }

    /// The line holds the author's name among other words, each apart.
    pub(super) fn name_among(&self, text: &str) -> bool {
        let mut words = text.split(|c: char| !c.is_alphanumeric());
        words.any(|word| self.names.iter().any(|name| *name == letters(word)))
    }

    /// The mail answers or forwards one with this subject; marks like `Re:` may stand before either.
    pub(super) fn subject_is(&self, subject: &str) -> bool {
        let shown = letters(subject);
        let (longer, shorter) = if shown.len() > self.subject.len() {
            (shown.as_str(), self.subject.as_str())
        } else {
            (self.subject.as_str(), shown.as_str())
        };
        let bare = without_prefixes(shorter);
        !bare.is_empty() && longer.ends_with(bare)
    }

    /// The line holds the author's own address.
    pub(super) fn address_in(&self, text: &str) -> bool {
        !self.address.is_empty() && text.to_lowercase().contains(self.address.as_str())
    }
}

fn without_prefixes(letters: &str) -> &str {
    let mut rest = letters;
    while let Some(after) = ["re", "fwd", "fw", "返信", "転送", "社外", "外部", "external"]
        .iter()
        .find_map(|prefix| rest.strip_prefix(prefix))
    {
        rest = after;
    }
    rest
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

    fn hints(name: &str) -> Hints {
        let mailbox = Mailbox {
            name: Some(name.to_owned()),
            address: EmailAddress::parse("sato@customer.example").unwrap(),
        };
        Hints::of(Some(&mailbox), "Re: 障害について")
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
        assert!(!Hints::default().name_in("佐藤"));
    }

    #[test]
    fn the_subject_answered_is_known_behind_its_marks() {
        let sato = hints("佐藤 花子");
        for subject in ["障害について", "RE: [社外] 障害について", "Re: Re: 障害について"]
        {
            assert!(sato.subject_is(subject), "{subject}");
        }
        assert!(!sato.subject_is("通信断") && !sato.subject_is(""));
        assert!(!Hints::default().subject_is("通信断"));
    }
}
