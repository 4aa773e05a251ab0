//! Lists of numbers under a heading. Comes in: a number that stands alone in its line. Goes out: what the
//! line above the list calls its items (対象アカウントID, 伝票番号).

use super::context::{before, line_before};
use super::digits::Twelve;
use super::labels::{Naming, named_by_heading};

/// Remembers what the last item was called, so that a long list is read once.
#[derive(Debug, Default)]
pub(super) struct ListHeading {
    /// Where the last item ended and what it was called.
    last: Option<(usize, Option<Naming>)>,
}

impl ListHeading {
    /// What the list around a number calls its items, where the number stands alone in its line.
    pub(super) fn naming(&mut self, text: &str, twelve: &Twelve) -> Option<Naming> {
        let before = before(text, twelve.range.start);
        let lead = line_before(before);
        if !is_item_lead(lead) {
            return None;
        }
        let naming = match self.last {
            Some((end, naming)) if is_next_item(text.get(end..twelve.range.start)) => naming,
            Some(_) | None => {
                let above = before.strip_suffix(lead).unwrap_or_default().trim_end();
                named_by_heading(line_before(above))
            }
        };
        self.last = Some((twelve.range.end, naming));
        naming
    }
}

/// Whether only the rest of a line and blank lines stand between two items.
fn is_next_item(between: Option<&str>) -> bool {
    let lines: Vec<&str> = between.unwrap_or_default().split('\n').take(4).collect();
    match lines.as_slice() {
        [_rest, _lead] => true,
        [_rest, blank, _lead] => blank.trim().is_empty(),
        _ => false,
    }
}

/// What may stand before an item of a list: a bullet, and a short name with a colon.
fn is_item_lead(lead: &str) -> bool {
    let name = lead.trim_start_matches(is_bullet).trim_end();
    name.is_empty() || (name.chars().count() <= 12 && name.ends_with([':', '(', '=', '「']))
}

fn is_bullet(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '-' | '*' | '・' | '●' | '○' | '■' | '□' | '◆' | '▼' | '(' | ')' | '.' | '>'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inquiry::account_ids::digits::{runs, twelves};

    fn namings(text: &str) -> Vec<Option<Naming>> {
        let mut list = ListHeading::default();
        let found = twelves(text, &runs(text));
        found.iter().map(|twelve| list.naming(text, twelve)).collect()
    }

    #[test]
    fn every_item_is_called_what_the_heading_says() {
        let account = Some(Naming::Account);
        assert_eq!(
            namings("アカウントID\n\n・583920471638\n・027481936505\n"),
            [account, account]
        );
    }

    #[test]
    fn a_sentence_between_ends_the_list() {
        let text = "アカウントID\n583920471638\n以上です。\n\n694027158341";
        assert_eq!(namings(text), [Some(Naming::Account), None]);
    }
}
