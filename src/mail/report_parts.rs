//! The parts of a mail that a delivery report may be read from. Comes in: the tree of parts. Goes out: their
//! types and decoded beginnings. Other parts are never decoded for this: attachments can be large.

use super::tree::Tree;

/// Most parts that are looked at; reports have three.
const MOST_PARTS: usize = 12;

/// Longest part that is decoded, in octets as it travelled; a returned mail may be longer and is then cut.
const LONGEST: usize = 131_072;

/// Media type and text of each part that can belong to a report.
pub(super) fn contents(tree: &Tree<'_>) -> Vec<(String, String)> {
    tree.leaves
        .iter()
        .filter(|leaf| leaf.media_type.starts_with("message/") || leaf.media_type.starts_with("text/"))
        .filter(|leaf| leaf.media_type != "text/html" && leaf.media_type != "text/calendar")
        .take(MOST_PARTS)
        .map(|leaf| {
            let start = leaf.body.get(..LONGEST).unwrap_or(&leaf.body).to_vec();
            let mut short = leaf.clone();
            short.body = start.into();
            (leaf.media_type.clone(), short.text().0.text)
        })
        .collect()
}
