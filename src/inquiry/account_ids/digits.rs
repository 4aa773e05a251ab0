//! Numbers in a text. Comes in: folded text. Goes out: every stretch of digits that could be read as twelve,
//! with the form it is written in. It does not ask what the number means.

use std::ops::Range;

/// How twelve digits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `480913372265`
    Plain,
    /// `4809-1337-2265`, also cut by a line break after a hyphen.
    Hyphens,
    /// `4809 1337 2265`
    Spaces,
    /// `512 376 450 918` or with hyphens: how meeting numbers are written.
    Triples,
    /// Any other grouping, such as `480913-372265`; only read when it is a contracted account.
    Odd,
}

/// Twelve digits and where they stand in the folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Twelve {
    pub(super) digits: String,
    pub(super) range: Range<usize>,
    pub(super) form: Form,
}

/// A stretch of digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) range: Range<usize>,
}

impl Run {
    fn len(&self) -> usize {
        self.range.len()
    }
}

/// More numbers than this in one text are not looked at: it is a log or a table.
const MOST_RUNS: usize = 20_000;

/// An account is never written in more pieces than this.
const MOST_PIECES: usize = 6;

/// All stretches of ASCII digits, in order.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().chain(std::iter::once(b' ')).enumerate() {
        match (byte.is_ascii_digit(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                runs.push(Run { range: from..at });
                start = None;
                if runs.len() == MOST_RUNS {
                    break;
                }
            }
            (true, Some(_)) | (false, None) => {}
        }
    }
    runs
}

/// Every way in which neighbouring runs make exactly twelve digits.
pub(super) fn twelves(text: &str, runs: &[Run]) -> Vec<Twelve> {
    let mut found = Vec::new();
    for first in 0..runs.len() {
        let pieces = runs.get(first..).unwrap_or_default();
        found.extend(twelve_from(
            text,
            pieces,
            runs.get(..first).and_then(<[Run]>::last),
        ));
    }
    found
}

fn twelve_from(text: &str, runs: &[Run], before: Option<&Run>) -> Option<Twelve> {
    let first = runs.first()?;
    let mut digits = String::with_capacity(12);
    let mut separators = Vec::new();
    for (index, run) in runs.iter().take(MOST_PIECES).enumerate() {
        if let Some(previous) = index.checked_sub(1).and_then(|previous| runs.get(previous)) {
            separators.push(separator(text, previous, run)?);
        }
        digits.push_str(text.get(run.range.clone())?);
        if digits.len() > 12 {
            return None;
        }
        if digits.len() == 12 {
            let used = runs.get(..=index)?;
            if separators.contains(&Separator::Mark) && !is_marked_form(used, &separators) {
                return None;
            }
            let form = form(used, &separators);
            let continues = |other: Option<Separator>| {
                index > 0 && other.is_some() && other == separators.last().copied()
            };
            let longer = continues(before.and_then(|run| separator(text, run, first)))
                || continues(runs.get(index + 1).and_then(|next| separator(text, run, next)));
            return (!longer || form == Form::Plain).then_some(Twelve {
                digits,
                range: first.range.start..run.range.end,
                form,
            });
        }
    }
    None
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Separator {
    Hyphen,
    Space,
    /// `.` and `/`, which also part dates, versions and addresses: only `4809.1337.2265` is read with them.
    Mark,
    Other,
}

/// What stands between two runs, where it is something people group digits with.
fn separator(text: &str, left: &Run, right: &Run) -> Option<Separator> {
    match text.get(left.range.end..right.range.start)? {
        "-" | " - " | "-\n" | "-\r\n" => Some(Separator::Hyphen),
        " " => Some(Separator::Space),
        "." | "/" => Some(Separator::Mark),
        "_" | "  " | "\t" | "・" => Some(Separator::Other),
        _ => None,
    }
}

/// `4809.1337.2265`, `4809/1337/2265`
fn is_marked_form(runs: &[Run], separators: &[Separator]) -> bool {
    runs.iter().all(|run| run.len() == 4) && separators.iter().all(|s| *s == Separator::Mark)
}

fn form(runs: &[Run], separators: &[Separator]) -> Form {
    let lengths: Vec<usize> = runs.iter().map(Run::len).collect();
    let all = |wanted: Separator| separators.iter().all(|separator| *separator == wanted);
    match lengths.as_slice() {
        [12] => Form::Plain,
        [4, 4, 4] if all(Separator::Hyphen) => Form::Hyphens,
        [4, 4, 4] if all(Separator::Space) => Form::Spaces,
        [3, 3, 3, 3] => Form::Triples,
        _ => Form::Odd,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<(String, Form)> {
        twelves(text, &runs(text))
            .into_iter()
            .map(|t| (t.digits, t.form))
            .collect()
    }

    #[test]
    fn the_usual_forms_are_read() {
        let id = || "480913372265".to_owned();
        assert_eq!(forms("x 480913372265."), [(id(), Form::Plain)]);
        assert_eq!(forms("4809-1337-\n2265"), [(id(), Form::Hyphens)]);
        assert_eq!(forms("4809 1337 2265"), [(id(), Form::Spaces)]);
        assert_eq!(forms("480-913-372-265"), [(id(), Form::Triples)]);
        assert_eq!(forms("480913-372265"), [(id(), Form::Odd)]);
        assert_eq!(forms("4809.1337.2265"), [(id(), Form::Odd)]);
        assert_eq!(forms("4809/1337/2265"), [(id(), Form::Odd)]);
    }

    #[test]
    fn a_card_number_holds_no_twelve_digits() {
        assert_eq!(forms("4111 1111 1111 1111"), []);
        assert_eq!(forms("4111-1111-1111-1111"), []);
    }

    #[test]
    fn longer_and_dotted_numbers_are_left_alone() {
        assert_eq!(forms("1740700800000 / 10.0.12.34 / 480,913,372,265"), []);
        assert_eq!(forms("480.913.372.265 2026/03/02 1122/3344/5566/7788"), []);
    }
}
