//! Numbers that are nearly an account of the sender's customer. Comes in: folded text and the contracted
//! accounts. Goes out: suggestions for a person to confirm; nothing is ever repaired by itself (SPEC §8).

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::context::{before, behind, line_before, line_behind};
use super::digits::Run;
use super::labels::{Naming, mentions_account, named_before};
use super::source::Place;
use crate::inquiry::fixed_pattern::regex;
use crate::registry::AccountId;

crate::slug_enum! {
    /// What seems to have happened to a number.
    pub enum RepairKind {
        /// A spreadsheet cut the leading zeros.
        LeadingZeros = "leading-zeros",
        /// A spreadsheet turned it into `4.80913E+11`.
        Scientific = "scientific-notation",
        /// One digit differs, or two neighbours are swapped.
        Typo = "typo",
    }
}

/// A contracted account that a number probably means.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Suggestion {
    /// The account to ask about.
    pub id: AccountId,
    /// What seems to have happened.
    pub kind: RepairKind,
    /// Which of the given texts.
    pub source: usize,
    /// Where that text stood.
    pub place: Place,
    /// Bytes of that text.
    pub range: Range<usize>,
}

/// Mantissas shorter than this fit too many accounts.
const FEWEST_MANTISSA_DIGITS: usize = 4;

static SCIENTIFIC: LazyLock<Regex> = LazyLock::new(|| regex(r"\b([0-9])\.([0-9]{1,11})[Ee]\+?(1[01])\b"));

/// Contracted accounts whose leading zeros were cut: 9 to 11 digits in a line with an account label.
pub(super) fn leading_zeros(text: &str, runs: &[Run], own: &[AccountId]) -> Vec<(AccountId, Range<usize>)> {
    runs.iter()
        .filter(|run| (9..=11).contains(&run.range.len()))
        .filter_map(|run| {
            let padded = format!("{:0>12}", text.get(run.range.clone())?);
            let id = own.iter().find(|id| id.as_str() == padded)?;
            let (line, rest) = (
                line_before(before(text, run.range.start)),
                line_behind(behind(text, run.range.end)),
            );
            let named = match named_before(line) {
                Some(naming) => naming == Naming::Account,
                None => mentions_account(rest),
            };
            named.then(|| (*id, run.range.clone()))
        })
        .collect()
}

/// Contracted accounts that a spreadsheet would have shown as the scientific figures in the text.
pub(super) fn scientific(text: &str, own: &[AccountId]) -> Vec<(AccountId, Range<usize>)> {
    SCIENTIFIC
        .captures_iter(text)
        .take(64)
        .filter_map(|found| {
            let mantissa = format!("{}{}", found.get(1)?.as_str(), found.get(2)?.as_str());
            let zeros = usize::from(found.get(3)?.as_str() == "10");
            let mut fitting = own.iter().filter(|id| rounds_to(id, zeros, &mantissa));
            let only = fitting.next().filter(|_| fitting.next().is_none())?;
            Some((*only, found.get(0)?.range()))
        })
        .collect()
}

fn rounds_to(id: &AccountId, zeros: usize, mantissa: &str) -> bool {
    let leading = id.as_str().bytes().take_while(|byte| *byte == b'0').count();
    let significant = id.as_str().get(leading..).unwrap_or_default();
    let shown = mantissa.trim_end_matches('0');
    let digits = shown.len().max(1);
    let rounded = || {
        let value: u64 = significant.parse().ok()?;
        let unit = 10_u64.checked_pow(u32::try_from(significant.len().checked_sub(digits)?).ok()?)?;
        Some(((value + unit / 2) / unit).to_string())
    };
    leading == zeros && mantissa.len() >= FEWEST_MANTISSA_DIGITS && rounded().is_some_and(|r| r == shown)
}

/// The one contracted account that differs in one digit or by two swapped neighbours.
pub(super) fn typo_of(digits: &str, own: &[AccountId]) -> Option<AccountId> {
    let mut near = own
        .iter()
        .filter(|id| is_near(digits.as_bytes(), id.as_str().as_bytes()));
    near.next().copied().filter(|_| near.next().is_none())
}

fn is_near(a: &[u8], b: &[u8]) -> bool {
    let different: Vec<(usize, (&u8, &u8))> =
        a.iter().zip(b).enumerate().filter(|(_, (x, y))| x != y).collect();
    match different.as_slice() {
        [_] => a.len() == b.len(),
        [(i, (a1, b1)), (j, (a2, b2))] => *j == i + 1 && a1 == b2 && a2 == b1,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::account_ids::digits::runs;

    fn own() -> Vec<AccountId> {
        ["480913372265", "046425940015"]
            .map(|id| AccountId::parse(id).unwrap())
            .to_vec()
    }

    #[test]
    fn cut_zeros_are_suggested_behind_a_label_only() {
        let found = |text: &str| leading_zeros(text, &runs(text), &own()).len();
        assert_eq!(found("アカウントID: 46425940015"), 1);
        assert_eq!(found("番号 46425940015"), 0);
        assert_eq!(found("アカウントID: 48091337226"), 0);
    }

    #[test]
    fn a_spreadsheets_rounding_is_suggested() {
        let found = |text: &str| scientific(text, &own()).first().map(|(id, _)| id.to_string());
        assert_eq!(found("4.80913E+11").as_deref(), Some("480913372265"));
        assert_eq!(found("4.64259E+10").as_deref(), Some("046425940015"));
        assert_eq!(found("4.81E+11"), None);
    }

    #[test]
    fn one_wrong_digit_or_a_swap_is_a_typo() {
        assert_eq!(
            typo_of("480913372266", &own())
                .map(|id| id.to_string())
                .as_deref(),
            Some("480913372265")
        );
        assert!(typo_of("480913372256", &own()).is_some());
        assert!(typo_of("480913372999", &own()).is_none());
    }
}
