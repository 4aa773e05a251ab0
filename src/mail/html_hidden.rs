//! Text that HTML hides from its reader. Comes in: a tag and what follows it. Goes out: whether its element is
//! invisible: such text is not what the author wrote, and commands have been hidden in it.
//!
//! In doubt an element is visible: losing a customer's words is worse than showing a hidden line.

/// How far ahead the end of an element is looked for, in octets.
const LOOK_AHEAD_OCTETS: usize = 2_048;

/// The value of an attribute, as written.
pub(super) fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let lower = tag.to_ascii_lowercase();
    let at = lower.match_indices(name).map(|(at, _)| at).find(|at| {
        let before = lower.get(..*at).and_then(|text| text.chars().next_back());
        let after = lower.get(at.saturating_add(name.len())..).unwrap_or_default();
        before.is_some_and(|c| c.is_whitespace() || matches!(c, '"' | '\''))
            && after.trim_start().starts_with('=')
    })?;
    let value = tag
        .get(at.saturating_add(name.len())..)?
        .trim_start()
        .strip_prefix('=')?
        .trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quote {
        Some(quote) => value.get(1..)?.split(quote).next(),
        None => value.split([' ', '>', '\n', '\t']).next(),
    }
}

/// Whether the element that a tag opens is invisible.
pub(super) fn is_hidden(tag: &str, name: &str, after: &str) -> bool {
    if !tag.bytes().any(|b| b.is_ascii_whitespace()) {
        return false;
    }
    let Some(style) = attribute(tag, "style") else {
        return tag.contains(" hidden>") || tag.contains(" hidden ");
    };
    let style: String = style
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    style.split(';').any(|rule| {
        let (property, value) = rule.split_once(':').unwrap_or((rule, ""));
        let value = value.trim_end_matches("!important");
        match property {
            "display" => value == "none",
            "visibility" => value == "hidden",
            "opacity" => matches!(value, "0" | "0.0"),
            "font-size" => is_zero(value) && holds_only_text(name, after),
            _ => false,
        }
    })
}

fn is_zero(value: &str) -> bool {
    matches!(value, "0" | "0px" | "0pt" | "0em" | "0%" | "0.0px")
}

/// Newsletters set the font size of a container to nothing and that of each element inside to something:
/// only an element whose text inherits the nothing is hidden.
fn holds_only_text(name: &str, after: &str) -> bool {
    let near = after
        .get(..after.floor_char_boundary(LOOK_AHEAD_OCTETS))
        .unwrap_or(after);
    let end = near.find(&format!("</{name}"));
    end.and_then(|end| near.get(..end))
        .is_some_and(|inside| !inside.contains("font-size"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_elements_are_told_from_small_ones() {
        assert!(is_hidden("<p hidden>", "p", ""));
        assert!(is_hidden("<p style='DISPLAY : none !important'>", "p", ""));
        assert!(is_hidden("<p style=\"font-size:0\">", "p", "close</p>"));
        assert!(!is_hidden(
            "<p style=\"font-size:0.9em;display:block\">",
            "p",
            "a</p>"
        ));
    }

    #[test]
    fn a_container_without_font_size_shows_what_has_one() {
        let inside = "<div style=\"font-size:14px\">a</div></td>";
        assert!(!is_hidden("<td style=\"font-size:0px\">", "td", inside));
    }
}
