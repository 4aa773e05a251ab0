//! The marks that mail programs leave in HTML around an earlier mail. Comes in: the lines of the text and
//! the HTML of the same mail. Goes out: the line where the earlier mail begins, for texts that do not show
//! it. Without a doubtless match of both there is no cut; text behind the quote means an answer below it,
//! and then the quote is left alone.

use super::header_block::{Cut, CutKind};
use super::lines::Line;

/// Characters, white space left out, by which the place is found again in the text.
const NEEDLE: usize = 32;
/// Fewer characters than this could stand anywhere.
const MIN_NEEDLE: usize = 8;

/// Attribute texts of the elements that open an earlier mail, in lower case.
const MARKS: [&str; 9] = [
    "gmail_quote",
    "divrplyfwdmsg",
    "appendonsend",
    "yahoo_quoted",
    "moz-cite-prefix",
    "moz-forward-container",
    "outlookmessageheader",
    "mail-editor-reference-message-container",
    "type=\"cite\"",
];

/// The cut that the HTML shows and the text does not.
pub(super) fn find_cut(lines: &[Line<'_>], html: &str) -> Option<Cut> {
    if lines.iter().any(Line::is_quoted) {
        return None;
    }
    let (tag, inside) = first_marked(html)?;
    let needle: String = visible(inside).take(NEEDLE).collect();
    if needle.chars().count() < MIN_NEEDLE || has_text_behind(tag, inside) {
        return None;
    }
    let start = line_that_begins_with(lines, &needle)?;
    Some(Cut {
        start,
        kind: if tag.attributes.contains("moz-forward-container") {
            CutKind::Forward
        } else {
            CutKind::Reply
        },
    })
}

/// An opening tag.
#[derive(Debug, Clone, Copy)]
struct Tag<'h> {
    name: &'h str,
    attributes: &'h str,
}

/// The first marked tag, and the HTML behind it.
fn first_marked(html: &str) -> Option<(Tag<'_>, &str)> {
    let mut rest = html;
    while let Some((_, behind)) = rest.split_once('<') {
        let (inner, after) = behind.split_once('>')?;
        let (name, attributes) = inner
            .split_once(|c: char| c.is_ascii_whitespace())
            .unwrap_or((inner, ""));
        // Only short tags are compared: a mark is an attribute of a few words.
        if !attributes.is_empty() && attributes.len() < 2000 {
            let folded = attributes.to_ascii_lowercase();
            if MARKS.iter().any(|mark| folded.contains(mark)) {
                return Some((Tag { name, attributes }, after));
            }
        }
        rest = after;
    }
    None
}

/// Whether something visible follows the marked element; an element that is only a heading of the earlier
/// mail has nothing but that mail behind it.
fn has_text_behind(tag: Tag<'_>, inside: &str) -> bool {
    let folded = tag.attributes.to_ascii_lowercase();
    let encloses = [
        "gmail_quote",
        "yahoo_quoted",
        "type=\"cite\"",
        "moz-forward-container",
    ]
    .iter()
    .any(|mark| folded.contains(mark));
    if folded.contains("moz-cite-prefix") {
        let quote = inside
            .split_once("<blockquote")
            .and_then(|(_, rest)| behind_element("blockquote", rest));
        return quote.is_none_or(|rest| visible(rest).next().is_some());
    }
    encloses && behind_element(tag.name, inside).is_some_and(|rest| visible(rest).next().is_some())
}

/// The HTML behind the end of an element whose inside begins the text; `None` where it never ends.
fn behind_element<'h>(name: &str, inside: &'h str) -> Option<&'h str> {
    let mut depth: usize = 1;
    let mut rest = inside;
    while let Some((_, behind)) = rest.split_once('<') {
        let (inner, after) = behind.split_once('>')?;
        let (closes, inner) = inner
            .strip_prefix('/')
            .map_or((false, inner), |inner| (true, inner));
        let found = inner
            .split(|c: char| c.is_ascii_whitespace() || c == '/')
            .next()
            .unwrap_or_default();
        if found.eq_ignore_ascii_case(name) {
            depth = if closes {
                depth.saturating_sub(1)
            } else {
                depth.saturating_add(1)
            };
            if depth == 0 {
                return Some(after);
            }
        }
        rest = after;
    }
    None
}

/// The visible characters of HTML, white space left out.
fn visible(html: &str) -> impl Iterator<Item = char> + '_ {
    let mut rest = html;
    std::iter::from_fn(move || {
        loop {
            let next = rest.chars().next()?;
            if next == '<' {
                rest = behind_tag(rest);
                continue;
            }
            let (found, length) = match next {
                '&' => entity(rest).unwrap_or(('&', 1)),
                other => (other, other.len_utf8()),
            };
            rest = rest.get(length..).unwrap_or_default();
            if !found.is_whitespace() && !is_invisible(found) {
                return Some(found);
            }
        }
    })
}

/// Behind the tag (or comment, or the whole style element) that begins here.
fn behind_tag(html: &str) -> &str {
    let end = |mark: &str| html.split_once(mark).map_or("", |(_, rest)| rest);
    let begins = |name: &str| {
        html.get(..name.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(name))
    };
    if html.starts_with("<!--") {
        end("-->")
    } else if begins("<style") {
        html.split_once("</style")
            .or_else(|| html.split_once("</STYLE"))
            .map_or("", |(_, rest)| rest.split_once('>').map_or("", |(_, rest)| rest))
    } else {
        end(">")
    }
}

/// The character that an entity at the beginning of a text means, and its length in octets.
fn entity(html: &str) -> Option<(char, usize)> {
    let end = html.char_indices().take(10).find(|(_, c)| *c == ';')?.0;
    let name = html.get(1..end)?;
    let meant = match name {
        "nbsp" | "ensp" | "emsp" => ' ',
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((meant, end.saturating_add(1)))
}

/// Characters that mail programs put in and that no text shows.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}')
}

/// The one line at whose beginning the needle stands, white space and bold marks left out.
fn line_that_begins_with(lines: &[Line<'_>], needle: &str) -> Option<usize> {
    let needle: String = needle.chars().filter(|c| *c != '*').collect();
    let mut places = (0..lines.len()).filter(|index| {
        let from_here = lines.get(*index..).unwrap_or_default();
        let mut shown = from_here
            .iter()
            .take(NEEDLE)
            .flat_map(|line| line.body.chars())
            .filter(|c| !c.is_whitespace() && *c != '*' && !is_invisible(*c));
        let is_blank = lines.get(*index).is_none_or(Line::is_blank);
        !is_blank && needle.chars().all(|c| shown.next() == Some(c))
    });
    let place = places.next()?;
    places.next().is_none().then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::reply::lines::split;

    fn cut(text: &str, html: &str) -> Option<usize> {
        find_cut(&split(text), html).map(|cut| cut.start)
    }

    #[test]
    fn an_element_that_encloses_the_earlier_mail_shows_where_it_begins() {
        let html = "<p>はい。</p><div class=\"gmail_quote\"><p>お世話に&nbsp;なって おります。</p></div>";
        assert_eq!(cut("はい。\n\nお世話になって\nおります。\n", html), Some(2));
    }

    #[test]
    fn an_answer_below_the_quote_leaves_it_alone() {
        let html = "<div class=\"gmail_quote\"><div>お世話になっております。</div></div><p>はい。</p>";
        assert_eq!(cut("お世話になっております。\nはい。\n", html), None);
    }

    #[test]
    fn html_that_never_ends_is_no_trouble() {
        assert_eq!(cut("a", "<div class=gmail_quote>&#xFFFFFFFF;&<"), None);
    }
}
