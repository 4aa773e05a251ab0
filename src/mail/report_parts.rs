//! The parts of a mail that a delivery report may be read from. Comes in: the opened mail. Goes out: their
//! types and decoded beginnings. Other parts are never decoded for this: attachments can be large.

use std::borrow::Cow;

use super::leaf::Leaf;
use super::opened::Opened;

/// Most parts that are looked at; reports have three.
const MOST_PARTS: usize = 12;

/// Longest part that is decoded, in octets as it travelled; a returned mail may be longer and is then cut.
const LONGEST: usize = 131_072;

/// Media type and text of each part that can belong to a report; `text` is the text of the mail.
pub(super) fn contents<'a>(opened: &'a Opened<'_>, text: &'a str) -> Vec<(&'a str, Cow<'a, str>)> {
    // A text that was read from one plain part is not decoded again.
    let only = match *opened.body.used {
        [at] => Some(at),
        _ => None,
    };
    opened
        .tree
        .leaves
        .iter()
        .enumerate()
        .filter(|(_, leaf)| is_candidate(&leaf.media_type))
        .take(MOST_PARTS)
        .map(|(at, leaf)| {
            let read = only == Some(at) && leaf.media_type == "text/plain";
            let text = if read { text.into() } else { beginning(leaf).into() };
            (leaf.media_type.as_str(), text)
        })
        .collect()
}

fn is_candidate(media_type: &str) -> bool {
    let readable = media_type.starts_with("message/") || media_type.starts_with("text/");
    readable && media_type != "text/html" && media_type != "text/calendar"
}

fn beginning(leaf: &Leaf<'_>) -> String {
    let mut short = leaf.clone();
    short.body = leaf.body.get(..LONGEST).unwrap_or(&leaf.body).to_vec().into();
    short.text().0.text
}
