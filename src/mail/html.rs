//! Stage: HTML to text. Comes in: the HTML of a mail, decoded. Goes out: readable text with its links, and
//! a problem where the HTML was too large or too nested for the renderer and only its tags were taken off.
//! Nothing is fetched and nothing is run.

use super::html_links::{LinkDecorator, drop_repeated_targets};
use super::message::Problem;

/// Largest HTML that is rendered, in octets; html2text needs about 200 times the memory.
const MAX_OCTETS: usize = 1024 * 1024;
/// Most tags that are rendered.
const MAX_TAGS: usize = 20_000;
/// Deepest nesting that is rendered: html2text's time is quadratic in it.
const MAX_DEPTH: usize = 500;
/// Width in columns: wide enough that a sentence is not broken where its author did not break it.
const WIDTH: usize = 2000;
/// Elements without an end tag, and those whose end tag may be left out: they do not nest (HTML §13.1.2).
const NOT_NESTING: [&str; 26] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "colgroup", "o:p",
];
/// Elements that end a line when only tags are taken off.
const LINE_ENDING: [&str; 12] = [
    "br",
    "p",
    "div",
    "tr",
    "li",
    "h1",
    "h2",
    "h3",
    "table",
    "blockquote",
    "hr",
    "pre",
];
/// Elements whose content is not text.
const HIDDEN: [&str; 3] = ["script", "style", "title"];

/// Deepest indentation that is rendered: each level is written before every line inside it.
const MAX_INDENT: usize = 40;
/// Elements whose lines are written with a mark or indentation before them.
const INDENTING: [&str; 5] = ["blockquote", "ul", "ol", "dl", "menu"];

/// What one mail's HTML parts may still cost; they share the bounds of a single one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    octets: usize,
    tags: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            octets: MAX_OCTETS,
            tags: MAX_TAGS,
        }
    }
}

/// Turns HTML to text, and takes what it cost off the budget.
pub(super) fn to_text(html: &str, budget: &mut Budget) -> (String, Option<Problem>) {
    if let Some(why) = too_complex(html, budget) {
        return (strip_tags(html), Some(Problem::new("html-too-complex", why)));
    }
    let rendered = html2text::config::with_decorator(LinkDecorator::default())
        .allow_width_overflow()
        .no_link_wrapping()
        .no_table_borders()
        .string_from_read(html.as_bytes(), WIDTH);
    match rendered {
        Ok(text) => (tidy(&text), None),
        Err(error) => (
            strip_tags(html),
            Some(Problem::new("html-not-rendered", error.to_string())),
        ),
    }
}

/// Takes off the padding of table cells and repeated link targets.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        out.push_str(&drop_repeated_targets(line.trim_end()));
        out.push('\n');
    }
    out
}

/// A tag as far as it matters here.
struct Tag<'h> {
    name: String,
    closes: bool,
    empty: bool,
    rest: &'h str,
}

/// The text before the next tag, and that tag; comments count as tags without a name.
fn next_tag(html: &str) -> Option<(&str, Tag<'_>)> {
    let (before, after) = html.split_once('<')?;
    if let Some(comment) = after.strip_prefix("!--") {
        let rest = comment.split_once("-->").map_or("", |(_, rest)| rest);
        return Some((
            before,
            Tag {
                name: String::new(),
                closes: false,
                empty: true,
                rest,
            },
        ));
    }
    let (inside, rest) = after.split_once('>').unwrap_or((after, ""));
    let closes = inside.starts_with('/');
    let name: String = inside
        .trim_start_matches('/')
        .chars()
        .take(20)
        .take_while(|c| c.is_ascii_alphanumeric() || *c == ':')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    Some((
        before,
        Tag {
            name,
            closes,
            empty: inside.ends_with('/'),
            rest,
        },
    ))
}

/// How deep elements are nested.
#[derive(Default)]
struct Nesting {
    now: usize,
    deepest: usize,
}

impl Nesting {
    fn count(&mut self, tag: &Tag<'_>) {
        self.now = if tag.closes {
            self.now.saturating_sub(1)
        } else {
            self.now.saturating_add(1)
        };
        self.deepest = self.deepest.max(self.now);
    }
}

/// Why the HTML is not given to the renderer; one pass.
fn too_complex(html: &str, budget: &mut Budget) -> Option<String> {
    let Some(octets) = budget.octets.checked_sub(html.len()) else {
        return Some(format!("{} octets, {} are rendered", html.len(), budget.octets));
    };
    let (mut tags, mut nesting, mut indent) = (0usize, Nesting::default(), Nesting::default());
    let mut rest = html;
    while let Some((_, tag)) = next_tag(rest) {
        rest = tag.rest;
        let name = tag.name.as_str();
        tags = tags.saturating_add(usize::from(!name.is_empty()));
        if !tag.empty && !NOT_NESTING.contains(&name) {
            nesting.count(&tag);
        }
        if INDENTING.contains(&name) {
            indent.count(&tag);
        }
    }
    let Some(tags_left) = budget.tags.checked_sub(tags) else {
        return Some(format!("{tags} tags, {} are rendered", budget.tags));
    };
    if nesting.deepest > MAX_DEPTH {
        return Some(format!("{} levels, {MAX_DEPTH} are rendered", nesting.deepest));
    }
    if indent.deepest > MAX_INDENT {
        return Some(format!(
            "{} quotes or lists in each other, {MAX_INDENT} are rendered",
            indent.deepest
        ));
    }
    *budget = Budget {
        octets,
        tags: tags_left,
    };
    None
}

/// The text without its tags, for HTML that is not rendered.
fn strip_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some((before, tag)) = next_tag(rest) {
        push_text(&mut out, before);
        if LINE_ENDING.contains(&tag.name.as_str()) && !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        let hides = !tag.closes && HIDDEN.contains(&tag.name.as_str());
        rest = if hides { after_end_of(&tag) } else { tag.rest };
    }
    push_text(&mut out, rest);
    out
}

/// What follows the element that a tag opened; its content is no markup.
fn after_end_of<'h>(tag: &Tag<'h>) -> &'h str {
    let mut rest = tag.rest;
    while let Some((_, after)) = rest.split_once("</") {
        let name = after.get(..tag.name.len()).unwrap_or_default();
        if name.eq_ignore_ascii_case(&tag.name) {
            return after.split_once('>').map_or("", |(_, tail)| tail);
        }
        rest = after;
    }
    ""
}

/// White space runs as one space, the common entities as their characters.
fn push_text(out: &mut String, text: &str) {
    let mut spaced = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' | '\t' | '\r' | '\n' if spaced.ends_with(' ') => {}
            ' ' | '\t' | '\r' | '\n' => spaced.push(' '),
            other => spaced.push(other),
        }
    }
    let text = if out.ends_with('\n') || out.is_empty() {
        spaced.trim_start()
    } else {
        &spaced
    };
    let decoded = text
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    out.push_str(&decoded);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(html: &str) -> (String, Option<Problem>) {
        to_text(html, &mut Budget::default())
    }

    #[test]
    fn paragraphs_stay_on_one_line_and_links_are_kept() {
        let (text, problem) = render(
            "<html><body><p>お世話に<b>なって</b>おります。</p><p><a href=\"https://a.example/x\">手順</a>と\
             <a href=\"https://b.example\">https://b.example</a></p></body></html>",
        );
        assert_eq!(problem, None);
        assert_eq!(
            text.trim_end(),
            "お世話になっております。\n\n手順 <https://a.example/x>とhttps://b.example"
        );
    }

    #[test]
    fn html_beyond_the_bounds_is_only_freed_of_its_tags() {
        for html in [
            format!("{}東京{}", "<div>".repeat(100_000), "</div>".repeat(100_000)),
            format!("{}東京", "<b>".repeat(100_000)),
            format!("東京{}", "<p>x</p>".repeat(50_000)),
            format!("{}東京{}", "<blockquote>".repeat(300), "<p>x".repeat(9000)),
        ] {
            let (text, problem) = render(&html);
            assert!(text.contains("東京"));
            assert_eq!(problem.map(|p| p.slug), Some("html-too-complex"));
        }
    }

    #[test]
    fn the_parts_of_one_mail_share_the_bounds() {
        let mut budget = Budget::default();
        let html = "<p>x</p>".repeat(6000);
        assert_eq!(to_text(&html, &mut budget).1, None);
        assert!(to_text(&html, &mut budget).1.is_some());
    }

    #[test]
    fn many_line_breaks_are_no_nesting() {
        let html = format!("<p>{}</p>", "一行<br>".repeat(2000));
        assert_eq!(render(&html).1, None);
    }

    #[test]
    fn scripts_and_styles_are_no_text() {
        let text = strip_tags("<style>p{}</style>a &amp;lt; b<script>if (a<b) x()</script><br>c");
        assert_eq!(text, "a &lt; b\nc");
    }
}
