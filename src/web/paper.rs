//! The words of a mail set on paper. Comes in: text. Goes out: paragraphs, and blocks that only hold together in a
//! fixed grid: drawn tables, columns of a console's output. Every character of the text is in one of them.

use serde::Serialize;

/// A stretch of text between blank lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Block {
    /// Whether its columns stand under each other.
    ruled: bool,
    text: String,
}

/// Lines of a grid that make a block of it: one alone may be chance.
const FEWEST_LINES: usize = 2;

/// Sets a text.
pub(super) fn set(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines().chain(std::iter::once("")) {
        if !line.trim().is_empty() {
            lines.push(line);
        } else if !lines.is_empty() {
            let ruled = lines.iter().filter(|line| is_of_a_grid(line)).count() >= FEWEST_LINES;
            let text = lines.join("\n");
            blocks.push(Block { ruled, text });
            lines.clear();
        }
    }
    blocks
}

/// Whether a line belongs to a drawn table or has columns; a line of nothing but a rule is a rule.
fn is_of_a_grid(line: &str) -> bool {
    let is_drawn = |c: char| ('\u{2500}'..='\u{257f}').contains(&c);
    let says_something = line.chars().any(char::is_alphanumeric);
    let corners = line
        .chars()
        .filter(|c| is_drawn(*c) && !matches!(c, '─' | '━'))
        .count();
    let bars = line.matches('|').count() >= 2 && line.trim().starts_with('|');
    let crossed = line.trim().starts_with("+-");
    corners > 0 || bars || crossed || (says_something && gaps(line) >= 2)
}

/// Stretches of three or more spaces inside a line.
fn gaps(line: &str) -> usize {
    let mut gaps: usize = 0;
    let mut spaces: usize = 0;
    for c in line.trim().chars() {
        if c == ' ' {
            spaces = spaces.saturating_add(1);
            if spaces == 3 {
                gaps = gaps.saturating_add(1);
            }
        } else {
            spaces = 0;
        }
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ruled(text: &str) -> Vec<bool> {
        set(text).iter().map(|block| block.ruled).collect()
    }

    #[test]
    fn drawn_tables_and_columns_keep_their_grid_and_letters_do_not() {
        assert_eq!(
            ruled("お世話になっております。\n\n┌──┐\n│名称│\n└──┘\n\n────────\n佐藤\n"),
            [false, true, false]
        );
        assert_eq!(
            ruled("NAME      STATUS    AGE\npod-1     Running   3d\n\n　1. 手順\n　2. 確認"),
            [true, false]
        );
        assert_eq!(ruled("| a | b |\n|---|---|\n| 1 | 2 |"), [true]);
    }

    #[test]
    fn no_word_is_lost() {
        let text = "一\n二\n\n\n三   四   五\n六   七   八\n\n 九";
        let joined: Vec<String> = set(text).into_iter().map(|block| block.text).collect();
        assert_eq!(joined.join("\n\n"), text.replace("\n\n\n", "\n\n"));
    }
}
