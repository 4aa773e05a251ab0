//! `Name: value` fields in the text of a report part, unfolded. The part is machine text, but not all
//! machines keep to the grammar: what is no field is skipped.

/// The longest value kept, in characters: remote servers put pages into a diagnostic.
const MAX_VALUE: usize = 1000;

/// One field, or the blank line that ends a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// Name in lower case, and value on one line.
    Field(String, String),
    /// A blank line.
    Gap,
}

/// Reads all fields of a text.
pub(super) fn read(text: &str) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in text.lines() {
        if line.trim().is_empty() {
            entries.push(Entry::Gap);
        } else if line.starts_with([' ', '\t']) {
            if let Some(Entry::Field(_, value)) = entries.last_mut() {
                let room = MAX_VALUE.saturating_sub(value.len());
                value.push(' ');
                value.extend(line.trim().chars().take(room));
            }
        } else if let Some((name, value)) = line.split_once(':')
            && !name.contains(' ')
        {
            let value = value.trim().chars().take(MAX_VALUE).collect();
            entries.push(Entry::Field(name.to_ascii_lowercase(), value));
        }
    }
    entries
}

/// The first value of a field in a text, searched to the first blank line after any field.
pub(super) fn find<'e>(entries: &'e [Entry], wanted: &str) -> Option<&'e str> {
    entries.iter().find_map(|entry| match entry {
        Entry::Field(name, value) if name == wanted => Some(value.as_str()),
        Entry::Field(..) | Entry::Gap => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_fields_are_one_line() {
        let entries = read("Status: 5.1.1\nDiagnostic-Code: smtp; 550\n  no such\n\tuser\n\nX: y\n");
        assert_eq!(find(&entries, "diagnostic-code"), Some("smtp; 550 no such user"));
        assert_eq!(entries.get(2), Some(&Entry::Gap));
    }
}
