//! The line that opens every mail of the desk to its staff, in the language of the staff. Comes in: a text that
//! would go out. Goes out: whether a piece of such a mail stands in it. Both languages count whatever the
//! setting is: a desk may have changed it, and old mails are quoted for years.

use crate::ticket::Language;

/// The line in one language; text that carries it must not reach a customer.
pub const fn notification_mark(language: Language) -> &'static str {
    match language {
        Language::Japanese => "──── 窓口からの通知(お客様には送信されません) ────",
        Language::English => "──── From the desk to its staff (not sent to customers) ────",
    }
}

/// Whether text meant for the customer still holds the mark of a notification, also one that a mail client has
/// wrapped, quoted or stripped of its rules.
pub(super) fn carries_notification(text: &str) -> bool {
    let folded = squeezed(text);
    Language::ALL
        .iter()
        .any(|language| folded.contains(&squeezed(notification_mark(*language))))
}

/// A text of ours without its marks, which are no secret by themselves.
pub fn without_marks(text: &str) -> String {
    let marks = Language::ALL.iter().map(|language| notification_mark(*language));
    marks.fold(text.to_owned(), |text, mark| text.replace(mark, ""))
}

/// Only what a mail client leaves as it is.
fn squeezed(text: &str) -> String {
    let kept = |c: &char| !c.is_whitespace() && !matches!(c, '─' | '>' | '＞');
    text.chars().filter(kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_seen_in_both_languages_however_a_client_has_bent_it() {
        for text in [
            "> ──── 窓口からの通知(お客様には送信されません) ────",
            "窓口からの通知\n(お客様には送信されません)",
            ">> ──── From the desk to its staff (not\n>> sent to customers) ────",
        ] {
            assert!(carries_notification(text), "{text}");
        }
        assert!(!carries_notification("窓口からの通知をお待ちください。"));
        assert!(!carries_notification(
            "A notice from the desk to its staff is not what you need."
        ));
    }

    #[test]
    fn a_text_without_marks_keeps_its_words() {
        let text = format!("{}\nDESK-000001", notification_mark(Language::English));
        assert_eq!(without_marks(&text).trim(), "DESK-000001");
    }
}
