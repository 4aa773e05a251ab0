//! Arguments of IMAP commands as they go over the line.
//!
//! Comes in: UIDs and names of mailboxes. Goes out: text that is safe inside a command line. async-imap
//! checks none of it in the commands that we write ourselves.

use data_encoding::{BASE64_NOPAD, Encoding};

use super::error::ImapError;

/// Longest set of UIDs in one command, in octets: servers must take lines of 8000 (RFC 7162 §4), and many
/// refuse more.
const MAX_SET_OCTETS: usize = 7_000;

/// Writes UIDs as sequence sets (`1:3,7`), ascending, cut so that each fits a command line.
///
/// 0 is no UID and is left out.
pub(super) fn uid_sets(uids: &[u32]) -> Vec<String> {
    let mut sorted: Vec<u32> = uids.iter().copied().filter(|uid| *uid != 0).collect();
    sorted.sort_unstable();
    sorted.dedup();
    let mut sets: Vec<String> = Vec::new();
    for run in sorted.chunk_by(|before, after| before.checked_add(1) == Some(*after)) {
        let range = match run {
            [] => continue,
            [only] => only.to_string(),
            [first, .., last] => format!("{first}:{last}"),
        };
        match sets.last_mut() {
            Some(set) if set.len().saturating_add(range.len()) < MAX_SET_OCTETS => {
                set.push(',');
                set.push_str(&range);
            }
            Some(_) | None => sets.push(range),
        }
    }
    sets
}

/// Writes a mailbox name as a quoted string in modified UTF-7 (RFC 3501 §5.1.3).
///
/// A control character is an error: a line break would start another command.
pub(super) fn quoted_mailbox(name: &str) -> Result<String, ImapError> {
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(ImapError::Argument {
            what: "the mailbox name",
        });
    }
    let escaped = modified_utf7(name).replace('\\', "\\\\").replace('"', "\\\"");
    Ok(format!("\"{escaped}\""))
}

fn modified_utf7(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    let characters: Vec<char> = name.chars().collect();
    for run in characters.chunk_by(|a, b| a.is_ascii() == b.is_ascii()) {
        let text: String = run.iter().collect();
        if text.is_ascii() {
            written.push_str(&text.replace('&', "&-"));
        } else {
            let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            written.push('&');
            written.push_str(&encode_base64(&BASE64_NOPAD, &utf16));
            written.push('-');
        }
    }
    written
}

/// Modified UTF-7 writes `,` where base64 writes `/`, which separates levels of mailboxes.
fn encode_base64(base64: &Encoding, bytes: &[u8]) -> String {
    base64.encode(bytes).replace('/', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_written_as_ranges_in_ascending_order() {
        assert_eq!(uid_sets(&[9, 3, 1, 2, 2, 7, 0]), ["1:3,7,9"]);
        assert_eq!(uid_sets(&[u32::MAX]), ["4294967295"]);
        assert!(uid_sets(&[]).is_empty());
    }

    #[test]
    fn a_long_set_is_cut_into_lines_that_servers_take() {
        let odd: Vec<u32> = (0..10_000).map(|n| n * 2 + 1).collect();
        let sets = uid_sets(&odd);
        assert!(sets.len() > 1 && sets.iter().all(|set| set.len() <= MAX_SET_OCTETS));
        assert_eq!(sets.join(",").split(',').count(), odd.len());
    }

    #[test]
    fn japanese_names_travel_in_modified_utf7() {
        assert_eq!(quoted_mailbox("迷惑メール").unwrap(), "\"&j,dg0TDhMPww6w-\"");
        assert_eq!(quoted_mailbox("R&D \"a\\b\"").unwrap(), "\"R&-D \\\"a\\\\b\\\"\"");
    }

    #[test]
    fn a_line_break_in_a_name_is_refused() {
        assert!(quoted_mailbox("INBOX\r\nA1 DELETE INBOX").is_err());
    }
}
