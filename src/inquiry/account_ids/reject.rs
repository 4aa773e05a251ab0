//! Why twelve digits are no account ID. Comes in: the digits with the text around them. Goes out: the reason
//! for leaving them alone, if there is one. Accounts contracted to the sender never come here.

use std::ops::Range;

use chrono::{NaiveDate, NaiveTime};

use super::context::{before, line_before};
use super::digits::{Form, Twelve};
use super::known_owners::{is_placeholder, owner_of};
use super::labels::{Naming, named_before};
use super::source::Place;

crate::slug_enum! {
    /// Why a number was not taken for an account.
    pub enum Rejection {
        /// It belongs to AWS or a well-known vendor.
        KnownOwner = "known-owner",
        /// Documentation uses it as an example.
        Placeholder = "placeholder",
        /// A telephone or fax number.
        Phone = "phone",
        /// A person's My Number, or something that may be one; its digits are kept nowhere.
        MyNumber = "my-number",
        /// A label names it as another number: order, invoice, meeting, card, case.
        OtherNumber = "other-number",
        /// `YYYYMMDDhhmm`.
        Timestamp = "timestamp",
        /// Letters touch it: a hash, a resource ID.
        InsideWord = "inside-word",
        /// Dots or commas make it part of a longer figure.
        Figure = "figure",
        /// An amount of money.
        Money = "money",
        /// Part of a request ID, case ID or technical header.
        Masked = "masked",
        /// Part of a link that is not AWS's.
        ForeignLink = "foreign-link",
        /// Grouped as meeting numbers are, and not labelled as an account.
        MeetingForm = "meeting-form",
    }
}

/// A number that was looked at and left alone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rejected {
    /// Why.
    pub reason: Rejection,
    /// Whose account it is, where that is known.
    pub owner: Option<&'static str>,
    /// Which of the given texts.
    pub source: usize,
    /// Where that text stood.
    pub place: Place,
    /// Bytes of that text.
    pub range: Range<usize>,
}

/// Whether letters or digits touch the number, as in a hash. A label written against it (アカウントID4809…) does
/// not make it part of a word.
pub(super) fn touches_a_word(before: &str, behind: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (before.ends_with(letter) && !ends_with_label(before)) || behind.starts_with(letter)
}

/// Whether the last word is one that people write against a number.
pub(super) fn ends_with_label(before: &str) -> bool {
    let word = before
        .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .next()
        .unwrap_or_default();
    ["id", "no", "account", "acct", "accountid"]
        .iter()
        .any(|label| word.eq_ignore_ascii_case(label))
}

/// What the surroundings alone say against an account.
pub(super) fn by_surroundings(twelve: &Twelve, before: &str, behind: &str) -> Option<Rejection> {
    let previous = before.trim_end_matches(' ').chars().next_back();
    let next_two = || behind.chars().take(2).collect::<Vec<_>>();
    let figure_goes_on = matches!(next_two().as_slice(), ['.' | ',', digit] if digit.is_ascii_digit());
    if touches_a_word(before, behind) || is_mailbox(behind) {
        Some(Rejection::InsideWord)
    } else if before.ends_with('+') {
        Some(Rejection::Phone)
    } else if matches!(previous, Some('¥' | '$' | '€' | '£' | '\\')) || is_amount(behind) {
        Some(Rejection::Money)
    } else if figure_goes_on || is_after_figure(before) || is_quantity(behind) {
        Some(Rejection::Figure)
    } else if is_in_foreign_link(before) {
        Some(Rejection::ForeignLink)
    } else if twelve.form == Form::Spaces && is_my_number(&twelve.digits) {
        Some(Rejection::MyNumber)
    } else {
        None
    }
}

/// What the digits alone say against an account.
pub(super) fn by_digits(twelve: &Twelve) -> Option<Rejection> {
    if owner_of(&twelve.digits).is_some() {
        Some(Rejection::KnownOwner)
    } else if is_placeholder(&twelve.digits) {
        Some(Rejection::Placeholder)
    } else if matches!(twelve.form, Form::Plain | Form::Hyphens) && is_timestamp(&twelve.digits) {
        Some(Rejection::Timestamp)
    } else if twelve.form == Form::Triples {
        Some(Rejection::MeetingForm)
    } else {
        None
    }
}

/// `819012345678@mobile.example`
fn is_mailbox(behind: &str) -> bool {
    let mut next = behind.chars();
    next.next() == Some('@') && next.next().is_some_and(|c| c.is_ascii_alphanumeric())
}

fn is_amount(behind: &str) -> bool {
    let behind = behind.trim_start_matches(' ');
    ["円", "ドル", "USD", "JPY", "yen"]
        .iter()
        .any(|unit| behind.starts_with(unit))
}

fn is_quantity(behind: &str) -> bool {
    let behind = behind.trim_start_matches(' ');
    [
        "バイト",
        "byte",
        "Byte",
        "件",
        "ミリ秒",
        "ms",
        "ns",
        "回",
        "行",
        "%",
    ]
    .iter()
    .any(|unit| behind.starts_with(unit))
}

/// `12.480913372265`, `1,480…`: the figure began earlier.
fn is_after_figure(before: &str) -> bool {
    let mut last = before.chars().rev();
    matches!((last.next(), last.next()), (Some('.' | ','), Some(digit)) if digit.is_ascii_digit())
}

/// A link that leads elsewhere than to AWS: the digits are a meeting, a document or a tracking code.
fn is_in_foreign_link(before: &str) -> bool {
    let word_start = before
        .rfind(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '「' | '（' | '('))
        .map_or(0, |at| {
            at + before
                .get(at..)
                .and_then(|t| t.chars().next())
                .map_or(1, char::len_utf8)
        });
    let word = before.get(word_start..).unwrap_or_default();
    let Some((_, rest)) = word.split_once("://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let aws = [
        "amazonaws.com",
        "aws.amazon.com",
        "awsapps.com",
        "on.aws",
        "amazonaws.com.cn",
        "aws.dev",
    ];
    word.starts_with("http")
        && !host.is_empty()
        && rest.len() > host.len()
        && !aws.iter().any(|a| host.ends_with(a))
}

/// `YYYYMMDDhhmm` of a date that exists, 1990–2099.
fn is_timestamp(digits: &str) -> bool {
    let field = |range: Range<usize>| digits.get(range).and_then(|text| text.parse::<u32>().ok());
    let date = || {
        let year = i32::try_from(field(0..4)?)
            .ok()
            .filter(|year| (1990..=2099).contains(year))?;
        NaiveDate::from_ymd_opt(year, field(4..6)?, field(6..8)?)
    };
    let time = || NaiveTime::from_hms_opt(field(8..10)?, field(10..12)?, 0);
    date().is_some() && time().is_some()
}

/// Whether a spaced number in folded text may be a My Number: its check digit is right and no label calls it
/// an account.
pub(in crate::inquiry) fn may_be_my_number(text: &str, range: &Range<usize>) -> bool {
    let digits: String = text.get(range.clone()).unwrap_or_default().replace(' ', "");
    let line = line_before(before(text, range.start));
    let touched = line.ends_with([' ', '-']) && {
        line.trim_end_matches([' ', '-'])
            .ends_with(|c: char| c.is_ascii_digit())
    };
    !touched && is_my_number(&digits) && named_before(line) != Some(Naming::Account)
}

/// Whether the last digit is the check digit of a My Number (番号法総務省令 §5).
fn is_my_number(digits: &str) -> bool {
    let values: Vec<u32> = digits.chars().rev().filter_map(|c| c.to_digit(10)).collect();
    let Some((check, body)) = values.split_first().filter(|(_, body)| body.len() == 11) else {
        return false;
    };
    let weights = (2..=7).chain(2..=6);
    let sum: u32 = body
        .iter()
        .zip(weights)
        .map(|(digit, weight)| digit * weight)
        .sum();
    let expected = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    *check == expected
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(digits: &str) -> Twelve {
        Twelve {
            digits: digits.to_owned(),
            range: 0..12,
            form: Form::Plain,
        }
    }

    #[test]
    fn a_date_that_exists_is_a_timestamp() {
        assert!(is_timestamp("202502281200") && is_timestamp("202402292359"));
        assert!(!is_timestamp("202502301200") && !is_timestamp("480913372265"));
    }

    #[test]
    fn the_check_digit_of_a_my_number_is_known() {
        assert!(is_my_number("123456789018"));
        assert!(!is_my_number("123456789012"));
    }

    #[test]
    fn surroundings_speak_against_an_account() {
        let id = plain("480913372265");
        let table = [
            ("MD5 ", "abcdef", Rejection::InsideWord),
            ("TEL +", "", Rejection::Phone),
            ("¥", "", Rejection::Money),
            ("", " 円です", Rejection::Money),
            ("1.", "", Rejection::Figure),
            ("", ".5", Rejection::Figure),
            ("https://meet.example/j/", "?pwd=x", Rejection::ForeignLink),
        ];
        for (before, behind, reason) in table {
            assert_eq!(
                by_surroundings(&id, before, behind),
                Some(reason),
                "{before}…{behind}"
            );
        }
        assert_eq!(by_surroundings(&id, "ID: ", "。"), None);
    }
}
