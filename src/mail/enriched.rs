//! text/enriched (RFC 1896) and its forerunner text/richtext (RFC 1341). Comes in: decoded text. Goes out: what a
//! person reads, without formatting.

/// Takes the formatting out; `old` says that the text is text/richtext.
pub(super) fn plain(text: &str, old: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut unfilled = 0_usize;
    let mut hidden = 0_usize;
    let mut rest = text;
    loop {
        let at = memchr::memchr2(b'<', b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        if hidden == 0 {
            plain.push_str(before);
        }
        if from.is_empty() {
            return plain;
        }
        let taken = if from.starts_with('\n') {
            let breaks = from
                .len()
                .saturating_sub(from.trim_start_matches(['\n', '\r']).len());
            if hidden == 0 {
                push_breaks(
                    from.get(..breaks).unwrap_or_default(),
                    old,
                    unfilled > 0,
                    &mut plain,
                );
            }
            breaks
        } else if from.starts_with("<<") && !old {
            plain.push('<');
            2
        } else {
            let Some(end) = tag_end(from) else {
                plain.push('<');
                rest = from.get(1..).unwrap_or_default();
                continue;
            };
            let name = from.get(1..end).unwrap_or_default().trim().to_ascii_lowercase();
            match name.as_str() {
                "nofill" => unfilled = unfilled.saturating_add(1),
                "/nofill" => unfilled = unfilled.saturating_sub(1),
                "param" | "comment" => hidden = hidden.saturating_add(1),
                "/param" | "/comment" => hidden = hidden.saturating_sub(1),
                "nl" | "np" | "paragraph" | "/paragraph" if old => plain.push('\n'),
                "lt" if old => plain.push('<'),
                _ => {}
            }
            end.saturating_add(1)
        };
        rest = from.get(taken..).unwrap_or_default();
    }
}

/// One line end is a space, more are one line end less (RFC 1896 §2); in richtext all are spaces.
fn push_breaks(breaks: &str, old: bool, unfilled: bool, plain: &mut String) {
    let count = breaks.matches('\n').count();
    if unfilled {
        plain.extend(std::iter::repeat_n('\n', count));
    } else if old || count == 1 {
        plain.push(' ');
    } else {
        plain.extend(std::iter::repeat_n('\n', count.saturating_sub(1)));
    }
}

/// Commands are short words (RFC 1896 §3); any other `<` is text.
fn tag_end(from: &str) -> Option<usize> {
    let name = from.as_bytes().get(1..62).or_else(|| from.as_bytes().get(1..))?;
    let end = name.iter().position(|b| *b == b'>')?;
    let word = name.get(..end)?;
    let is_command = !word.is_empty()
        && word
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b' '));
    is_command.then(|| end.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formatting_goes_and_paragraphs_stay() {
        let text = "<bold>重要</bold>です。<<tag>\nつづき\n\n<color><param>red</param>次</color> a < b";
        assert_eq!(plain(text, false), "重要です。<tag> つづき\n次 a < b");
        assert_eq!(plain("<nofill>a\nb</nofill>", false), "a\nb");
        assert_eq!(plain("<bold>Hi</bold><nl>there<lt>x\ny", true), "Hi\nthere<x y");
    }
}
