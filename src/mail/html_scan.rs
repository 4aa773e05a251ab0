//! HTML before any HTML parser sees it. Comes in: the HTML of a mail. Goes out: the same HTML without what
//! nobody sees (scripts, styles, comments, hidden elements, embedded pictures), and its measures.
//!
//! One pass (two or three where elements never end), time linear in the input: the tree builder behind it is quadratic in depth and needs two hundred
//! times the memory of its input, so only what was measured here goes on to it.

use super::html_hidden::{attribute, is_hidden};

/// Longest HTML that is turned to text by the tree builder, after this pass, in octets.
const MAX_OCTETS: usize = 1024 * 1024;
/// Most tags.
const MAX_TAGS: usize = 20_000;
/// Deepest nesting.
const MAX_DEPTH: usize = 500;
/// What stands for a rule, which the renderer leaves out.
const RULE: &str = "<div>────────</div>";

/// What a pass over HTML found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// The HTML that a person would see.
    pub(super) visible: String,
    /// Content-IDs that the HTML shows (`cid:`).
    pub(super) content_ids: Vec<String>,
    /// Elements that were hidden from the reader were taken out.
    pub(super) hidden: bool,
    tags: usize,
    deepest: usize,
}

impl Scan {
    /// Whether the tree builder can be given the HTML.
    pub(super) fn is_within_limits(&self) -> bool {
        self.visible.len() <= MAX_OCTETS && self.tags <= MAX_TAGS && self.deepest <= MAX_DEPTH
    }
}

/// Reads HTML once; again, and more trustingly, where an element that is passed over never ends, so that
/// nothing is lost by it.
pub(super) fn scan(html: &str) -> Scan {
    let mut scanner = Scanner::default();
    for (hide, silence) in [(true, true), (false, true), (false, false)] {
        scanner = Scanner {
            hide,
            silence,
            ..Scanner::default()
        };
        scanner.run(html);
        if scanner.skipping.is_none() {
            break;
        }
    }
    scanner.scan
}

/// Elements whose contents are never text.
const SILENT: &[&str] = &[
    "script", "style", "title", "template", "noscript", "object", "svg", "select",
];
/// Elements that have no end tag.
const VOID: &[&str] = &[
    "br", "img", "hr", "input", "meta", "link", "col", "base", "wbr", "area", "embed", "param", "source",
];

#[derive(Debug, Default)]
struct Scanner {
    scan: Scan,
    /// Whether hidden elements are taken out.
    hide: bool,
    /// Whether scripts, styles and the like are taken out.
    silence: bool,
    /// The element that is being passed over, and how many of its name are open.
    skipping: Option<(String, usize)>,
    /// A quotation mark in a tag was never closed: from there on, `>` ends a tag.
    quotes_broken: bool,
    depth: usize,
}

impl Scanner {
    fn run(&mut self, html: &str) {
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            self.text(rest.get(..at).unwrap_or_default());
            let from = rest.get(at..).unwrap_or_default();
            let length = self.markup(from);
            rest = from.get(length..).unwrap_or_default();
        }
        self.text(rest);
    }

    fn text(&mut self, text: &str) {
        if self.skipping.is_none() {
            // The renderer's own marks must not come from outside.
            let clean = text.chars().filter(|c| !('\u{F8F0}'..='\u{F8F2}').contains(c));
            self.scan.visible.extend(clean);
        }
    }

    /// Reads what starts with `<`; answers its length.
    fn markup(&mut self, from: &str) -> usize {
        if from.starts_with("<!--") {
            return from.find("-->").map_or(from.len(), |end| end.saturating_add(3));
        }
        let starts_tag = from
            .chars()
            .nth(1)
            .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        if !starts_tag {
            self.text("<");
            return 1;
        }
        let length = self.tag_length(from);
        let tag = from.get(..length).unwrap_or_default();
        if tag.starts_with("<!") || tag.starts_with("<?") {
            return length;
        }
        self.tag(tag, from.get(length..).unwrap_or_default());
        length
    }

    fn tag_length(&mut self, from: &str) -> usize {
        let mut quote = None;
        if !self.quotes_broken {
            for (at, b) in from.bytes().enumerate() {
                match (quote, b) {
                    (None, b'"' | b'\'') => quote = Some(b),
                    (Some(open), b) if open == b => quote = None,
                    (None, b'>') => return at.saturating_add(1),
                    _ => {}
                }
            }
            self.quotes_broken = true;
        }
        from.find('>').map_or(from.len(), |at| at.saturating_add(1))
    }

    /// Reads a tag; `after` is what follows it.
    fn tag(&mut self, tag: &str, after: &str) {
        let closes = tag.starts_with("</");
        let name: String = tag
            .chars()
            .skip(if closes { 2 } else { 1 })
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '-'))
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let lone = VOID.contains(&name.as_str()) || tag.ends_with("/>");
        if let Some((skipped, open)) = &mut self.skipping {
            if *skipped == name && !lone {
                *open = if closes {
                    open.saturating_sub(1)
                } else {
                    open.saturating_add(1)
                };
                if *open == 0 {
                    self.skipping = None;
                }
            }
            return;
        }
        let silent = self.silence && SILENT.contains(&name.as_str());
        if !closes && !lone && (silent || (self.hide && is_hidden(tag, &name, after))) {
            self.scan.hidden |= !silent;
            self.skipping = Some((name, 1));
            return;
        }
        self.measure(closes, lone);
        // What stands between the items of a list goes with the item above: the renderer would lose it.
        if closes && name == "li" && !goes_on_with(after, &["<li", "</ol", "</ul"]) {
            return;
        }
        self.copy(tag, &name);
        if !closes && name == "ol" && !goes_on_with(after, &["<li", "</ol"]) {
            self.scan.visible.push_str("<li>");
        }
    }

    fn measure(&mut self, closes: bool, lone: bool) {
        self.scan.tags = self.scan.tags.saturating_add(1);
        if closes {
            self.depth = self.depth.saturating_sub(1);
        } else if !lone {
            self.depth = self.depth.saturating_add(1);
            self.scan.deepest = self.scan.deepest.max(self.depth);
        }
    }

    fn copy(&mut self, tag: &str, name: &str) {
        // Most tags are too short to show anything.
        if tag.len() >= "<a b=cid:c>".len() {
            for piece in tag.split("cid:").skip(1) {
                let end = piece.find(['"', '\'', ' ', '>', ')']).unwrap_or(piece.len());
                self.scan.content_ids.extend(piece.get(..end).map(str::to_owned));
            }
        }
        if name == "hr" {
            self.scan.visible.push_str(RULE);
            return;
        }
        if matches!(name, "dl" | "caption") {
            // The renderer loses captions, and what is no term or description in its list.
            let closes = tag.starts_with("</");
            self.scan
                .visible
                .push_str(if closes { "</div>" } else { "<div>" });
            return;
        }
        if let Some(opening) = unmeasured(tag, name) {
            self.scan.visible.push_str(&opening);
            return;
        }
        if name == "img" {
            // An embedded picture is megabytes of address; only what stands in for it is text.
            match attribute(tag, "alt").filter(|alt| !alt.trim().is_empty()) {
                Some(alt) => {
                    let alt = alt.replace(['<', '>', '"'], " ");
                    self.scan.visible.extend(["<img src=\"x\" alt=\"", &alt, "\">"]);
                }
                None => self.text(" "),
            }
            return;
        }
        self.text(tag);
    }
}

/// Whether the next thing is one of these tags, a comment, or the end.
fn goes_on_with(after: &str, tags: &[&str]) -> bool {
    let next = after.trim_start();
    let begins = |tag: &&str| {
        next.get(..tag.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(tag))
    };
    next.is_empty() || next.starts_with("<!") || tags.iter().any(begins)
}

/// The opening tags of cells and numbered lists without measures that make the renderer panic: cells that span
/// rows that never come, and lists that start beyond all numbers. Cells stand below each other in the text.
fn unmeasured(tag: &str, name: &str) -> Option<String> {
    if tag.starts_with("</") || !matches!(name, "td" | "th" | "ol") {
        return None;
    }
    let start = if name == "ol" {
        attribute(tag, "start").and_then(|start| start.trim().parse().ok())
    } else {
        None
    };
    match start.filter(|start: &u32| *start < 1_000_000) {
        Some(start) => Some(format!("<{name} start=\"{start}\">")),
        None => Some(format!("<{name}>")),
    }
}

/// The text of HTML by taking its tags out: for what is too large or too deep for the tree builder.
pub(super) fn strip(visible: &str) -> String {
    let mut text = String::with_capacity(visible.len() / 2);
    let mut rest = visible;
    while let Some(at) = rest.find('<') {
        text.push_str(rest.get(..at).unwrap_or_default());
        let tag = rest.get(at..).unwrap_or_default();
        let length = tag.find('>').map_or(tag.len(), |end| end.saturating_add(1));
        let name = tag.trim_start_matches(['<', '/']);
        let blocks = [
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
            "BR",
            "P",
            "DIV",
            "TR",
        ];
        let ends = |c: char| !c.is_ascii_alphanumeric();
        if blocks.contains(&name.split(ends).next().unwrap_or_default()) && !text.ends_with('\n') {
            text.push('\n');
        }
        rest = tag.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    let named = [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    named
        .iter()
        .fold(text, |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_taken_out() {
        let html = "<style>p{}</style><p>a<span style='display: none'>x<span>y</span></span>b<!-- c --></p>";
        let scan = scan(html);
        assert_eq!((scan.visible.as_str(), scan.hidden), ("<p>ab</p>", true));
    }

    #[test]
    fn a_hidden_element_that_never_ends_hides_nothing() {
        assert_eq!(
            scan("<div style=\"display:none\">a<p>b").visible,
            "<div style=\"display:none\">a<p>b"
        );
        assert_eq!(scan("<p>a<select>b<p>c").visible, "<p>a<select>b<p>c");
    }

    #[test]
    fn measures_bound_what_goes_on() {
        assert!(scan("<p>a</p>").is_within_limits());
        assert!(!scan(&"<div>".repeat(501)).is_within_limits());
        assert!(!scan(&"<br>".repeat(20_001)).is_within_limits());
        assert!(!scan(&"a".repeat(1_048_577)).is_within_limits());
        assert!(!scan(&"<a href=\"".repeat(200_000)).is_within_limits());
    }

    #[test]
    fn pictures_are_known_by_their_content_id() {
        let found = scan("<IMG alt=\"図\" src=\"cid:a@b\"><td background=cid:c@d>");
        assert_eq!(found.content_ids, ["a@b", "c@d"]);
        assert!(found.visible.starts_with("<img src=\"x\" alt=\"図\">"));
    }

    #[test]
    fn tags_are_stripped_to_lines() {
        assert_eq!(strip("<p>a &lt;b&gt;</p><div>c<br>d</div>"), "\na <b>\nc\nd\n");
    }
}
