//! The language a customer is written to in (SPEC §12). Comes in: the mail and the author's contact rows. Goes
//! out: what the contact's row says, else the language of the mail, else that of the customer. It must not
//! look at quotes: they are often our own words.

use super::situation::KnownContact;
use crate::mail::InboundMessage;
use crate::ticket::Language;

/// Hiragana from which on a text is Japanese: particles and verb endings, which no label or name has.
const SENTENCE: usize = 3;

/// Everyday English words from which on a text without Japanese sentences is English: a log has fewer.
const PROSE: usize = 3;

/// The language to write in.
pub(super) fn language_of(
    mail: &InboundMessage,
    contacts: &[KnownContact],
    known: Option<&KnownContact>,
) -> Language {
    let said_by = |language: fn(&KnownContact) -> Option<Language>| match known {
        Some(known) => language(known),
        None => agreed(contacts.iter().map(language)),
    };
    let written = mail.reply.written();
    let text = if written.is_empty() { &mail.text } else { &written };
    said_by(|known| known.contact.language)
        .or_else(|| written_in(&mail.subject, text))
        .or_else(|| said_by(|known| Some(known.customer.language)))
        .unwrap_or_else(|| by_letters(&mail.subject, text))
}

/// What all say, where all say the same.
fn agreed(mut all: impl Iterator<Item = Option<Language>>) -> Option<Language> {
    let first = all.next().flatten()?;
    all.all(|other| other == Some(first)).then_some(first)
}

/// The language that sentences of the text are in, where there are any.
fn written_in(subject: &str, text: &str) -> Option<Language> {
    let hiragana = |c: &char| matches!(c, '\u{3041}'..='\u{3096}');
    if subject.chars().chain(text.chars()).filter(hiragana).count() >= SENTENCE {
        return Some(Language::Japanese);
    }
    let words = text.split(|c: char| !c.is_ascii_alphabetic() && c != '\'');
    let everyday = words.filter(|word| is_everyday(word)).take(PROSE).count();
    (everyday >= PROSE).then_some(Language::English)
}

/// Words of letters between people; logs and configurations do without them.
fn is_everyday(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "we", "our", "you", "your", "i", "my", "please", "would", "could", "can", "how", "what", "why",
        "when", "which", "the", "an", "are", "do", "does", "have", "has", "this", "that", "there", "thank",
        "thanks", "hello", "hi", "dear", "regards", "it", "us",
    ];
    WORDS.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// A text without sentences: Japanese where it is empty or has a Japanese letter.
fn by_letters(subject: &str, text: &str) -> Language {
    let japanese =
        |c: char| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ff66}'..='\u{ff9f}');
    let mut letters = subject.chars().chain(text.chars()).peekable();
    if letters.peek().is_none() || letters.any(japanese) {
        Language::Japanese
    } else {
        Language::English
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_tell_the_language_and_names_or_logs_do_not() {
        let english = "Our instance in 480913372265 (本番) refuses SSH. Could you look into it?";
        assert_eq!(written_in("EC2", english), Some(Language::English));
        let pasted = "次のエラーが出ます。\nThe request could not be completed because we have reached the limit that you set.";
        assert_eq!(written_in("EC2", pasted), Some(Language::Japanese));
        let log = "2026-03-04T01:00:00Z ERROR connection refused errno=111 host=10.0.0.1";
        assert_eq!(written_in("ログ", log), None);
    }

    #[test]
    fn a_text_without_sentences_goes_by_its_letters() {
        assert_eq!(by_letters("", ""), Language::Japanese);
        assert_eq!(by_letters("接続不可", "errno=111"), Language::Japanese);
        assert_eq!(by_letters("EC2", "errno=111"), Language::English);
    }

    #[test]
    fn rows_that_disagree_say_nothing() {
        let (ja, en) = (Some(Language::Japanese), Some(Language::English));
        assert_eq!(agreed([ja, ja].into_iter()), ja);
        assert_eq!(agreed([ja, en].into_iter()), None);
        assert_eq!(agreed([None, ja].into_iter()), None);
    }
}
