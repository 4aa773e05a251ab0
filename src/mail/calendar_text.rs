//! Stage: calendar parts (RFC 5545). Comes in: the decoded text of a text/calendar part. Goes out: a few
//! lines a person can read: what, when, where and the description. It must not accept or answer anything.

/// The properties that are shown, with the words they are shown with.
const SHOWN: [(&str, &str); 5] = [
    ("SUMMARY", "件名"),
    ("DTSTART", "開始"),
    ("DTEND", "終了"),
    ("LOCATION", "場所"),
    ("DESCRIPTION", ""),
];

/// Turns a calendar entry to text; empty where it holds no event.
pub(super) fn to_text(calendar: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for line in unfold(calendar) {
        if let Some(name) = line.strip_prefix("BEGIN:") {
            inside = matches!(name.trim(), "VEVENT" | "VTODO");
        }
        let Some((property, value)) = line.split_once(':').filter(|_| inside) else {
            continue;
        };
        let name = property.split(';').next().unwrap_or_default();
        let Some((_, words)) = SHOWN.iter().find(|(shown, _)| name.eq_ignore_ascii_case(shown)) else {
            continue;
        };
        let value = unescape(value);
        if !words.is_empty() {
            out.push_str(words);
            out.push_str(": ");
        }
        out.push_str(value.trim());
        out.push('\n');
    }
    super::text::clean_text(&out)
}

/// Joins folded lines (RFC 5545 §3.1).
fn unfold(calendar: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in calendar.lines() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(rest), Some(open)) => open.push_str(rest),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('n' | 'N') => out.push('\n'),
                Some(other) => out.push(other),
                None => {}
            },
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_becomes_a_few_lines() {
        let text = to_text(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:定例\r\nDTSTART;TZID=Asia/Tokyo:20261125T100000\r\n\
             DESCRIPTION:一行目\\n二行\r\n 目\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        );
        assert_eq!(text, "件名: 定例\n開始: 20261125T100000\n一行目\n二行目\n");
    }
}
