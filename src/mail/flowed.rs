//! format=flowed (RFC 3676). Comes in: text whose long lines were broken with a trailing space. Goes out: the
//! paragraphs as they were written.

/// Joins flowed lines; `delete_space` is the `DelSp` parameter (Japanese has no spaces between words).
pub(super) fn unfold(text: &str, delete_space: bool) -> String {
    let mut joined = String::with_capacity(text.len());
    // The quote depth of an unfinished paragraph.
    let mut open: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\r', '\n']);
        let unquoted = content.trim_start_matches('>');
        let depth = content.len().saturating_sub(unquoted.len());
        let body = unquoted.strip_prefix(' ').unwrap_or(unquoted);
        let signature = body == "-- ";
        if open.is_some_and(|depth_before| depth_before != depth || signature) {
            joined.push('\n');
            open = None;
        }
        if open.is_none() && depth > 0 {
            joined.push_str(content.get(..depth).unwrap_or_default());
            joined.push(' ');
        }
        let flows = body.ends_with(' ') && !signature;
        if flows && delete_space {
            joined.push_str(body.strip_suffix(' ').unwrap_or(body));
        } else {
            joined.push_str(body);
        }
        open = flows.then_some(depth);
        if !flows && line.len() > content.len() {
            joined.push('\n');
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_joined_within_their_quote_depth() {
        assert_eq!(
            unfold("a \nb\n> c \n> d\n>> e \nf\n", false),
            "a b\n> c d\n>> e \nf\n"
        );
        assert_eq!(unfold("日本 \n語\n", true), "日本語\n");
    }

    #[test]
    fn signature_lines_and_stuffed_spaces_stay() {
        assert_eq!(unfold("a \n-- \n  b\n >c\n", false), "a \n-- \n b\n>c\n");
    }
}
