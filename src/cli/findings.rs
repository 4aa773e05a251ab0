//! What was found in a ticket's mails, for `madoguchi ticket show`.

use crate::store::findings::{EvidenceLine, TicketFindings};

/// One line a flag and a line a piece of evidence.
pub(super) fn lines(found: Option<&TicketFindings>) -> Vec<String> {
    let Some(found) = found else {
        return Vec::new();
    };
    let flags = found.flags.join(", ");
    let head = [
        format!("rules     {}", found.rules_version),
        format!("flags     {flags}"),
    ];
    let shown = [!found.rules_version.is_empty(), !flags.is_empty()];
    let head = head.into_iter().zip(shown).filter(|(_, shown)| *shown);
    head.map(|(line, _)| line)
        .chain(found.evidence.iter().map(line))
        .collect()
}

fn line(one: &EvidenceLine) -> String {
    let place = match one.place.as_str() {
        "" => String::new(),
        place => format!(", {place}"),
    };
    let text = match one.text.as_str() {
        "" => String::new(),
        text => format!(": 「{}」", text.replace('\n', " ")),
    };
    format!("          {} by {}{place}{text}", one.about, one.rule)
}
