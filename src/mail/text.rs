//! Stage: the text of a mail. Comes in: the tree of parts. Goes out: the text a person reads, where it
//! came from, and which leaves it used up: text/plain where there is any (format=flowed unfolded), else
//! HTML or a calendar entry turned to text. Line ends are LF; control characters are gone. It must not
//! separate quotes from what was written.

use super::charset::DecodedText;
use super::header::is_invisible_control;
use super::message::{Problem, TextSource};
use super::mime::Part;
use super::{calendar_text, html, tnef};

/// What was chosen to be read.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// The text with LF line ends.
    pub(super) text: String,
    /// The HTML it was taken from, or the HTML form beside it.
    pub(super) html: Option<String>,
    /// Where the text came from.
    pub(super) source: Option<TextSource>,
    /// Decoder of the first text used.
    pub(super) charset: Option<&'static str>,
    /// Leaves that are the text, or another form of it: these are no attachments.
    pub(super) used: Vec<usize>,
}

impl Body {
    fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// How well a form serves as the text.
    fn rank(&self) -> u8 {
        match (self.is_blank(), self.source) {
            (false, Some(TextSource::Plain)) => 3,
            (false, Some(TextSource::Html)) => 2,
            (false, Some(TextSource::Calendar)) => 1,
            _ => 0,
        }
    }

    /// The leaves that need not be listed when another form is read. An invitation is always shown.
    fn used_as_text(&self) -> Vec<usize> {
        match self.source {
            Some(TextSource::Calendar) => Vec::new(),
            Some(TextSource::Plain | TextSource::Html | TextSource::None) | None => self.used.clone(),
        }
    }

    fn append(&mut self, other: Self) {
        if !other.text.is_empty() {
            if !self.text.is_empty() && !self.text.ends_with('\n') {
                self.text.push('\n');
            }
            self.text.push_str(&other.text);
        }
        self.html = self.html.take().or(other.html);
        self.source = self.source.or(other.source);
        self.charset = self.charset.or(other.charset);
        self.used.extend(other.used);
    }
}

/// Chooses the text of a mail; `charset` reads it by that label, whatever the octets look like.
pub(super) fn choose(root: &Part<'_>, charset: Option<&str>, problems: &mut Vec<Problem>) -> Body {
    let mut chooser = Chooser {
        problems,
        charset,
        html_budget: html::Budget::default(),
        renders_html: true,
    };
    let body = chooser.body_of(root);
    if body.is_blank() {
        chooser.named_text(root).unwrap_or(body)
    } else {
        body
    }
}

struct Chooser<'p> {
    problems: &'p mut Vec<Problem>,
    charset: Option<&'p str>,
    html_budget: html::Budget,
    /// A plain text of the same content was not found yet.
    renders_html: bool,
}

impl Chooser<'_> {
    fn body_of(&mut self, part: &Part<'_>) -> Body {
        match part.media_type() {
            _ if part.children.is_empty() => self.leaf(part),
            "multipart/alternative" => self.alternative(part),
            "multipart/related" | "multipart/signed" => {
                // The root comes first (RFC 2387 §3.2, RFC 1847 §2.1); what follows is shown by it or signs it.
                let root = part.children.first();
                root.map(|root| self.body_of(root)).unwrap_or_default()
            }
            _ => self.mixed(part),
        }
    }

    /// Text after text: mailers put attachments between paragraphs. HTML after a text is the same text
    /// again or a file, and left to the attachments.
    fn mixed(&mut self, part: &Part<'_>) -> Body {
        let mut body = Body::default();
        for child in &part.children {
            let repeats = match child.media_type() {
                "text/html" => body.source == Some(TextSource::Plain),
                "text/calendar" => true,
                other if tnef::is_tnef(other) => true,
                _ => false,
            };
            if body.is_blank() || !repeats {
                body.append(self.body_of(child));
            }
        }
        body
    }

    /// The best form of several: plain text where it says anything, else the last form that does. HTML
    /// beside a plain text is kept for its structure and not rendered.
    fn alternative(&mut self, part: &Part<'_>) -> Body {
        let renders = self.renders_html;
        let mut forms: Vec<Body> = Vec::new();
        for child in &part.children {
            let form = self.body_of(child);
            self.renders_html &= form.is_blank() || form.source != Some(TextSource::Plain);
            forms.push(form);
        }
        self.renders_html = renders;
        let html = forms.iter_mut().find_map(|form| form.html.take());
        let used: Vec<usize> = forms.iter().flat_map(Body::used_as_text).collect();
        let mut best = forms.into_iter().rev().max_by_key(Body::rank).unwrap_or_default();
        best.html = html;
        best.used.extend(used);
        best.used.sort_unstable();
        // Without this, alternatives in alternatives double the list at each level.
        best.used.dedup();
        best
    }

    fn leaf(&mut self, part: &Part<'_>) -> Body {
        if tnef::is_tnef(part.media_type()) {
            return contained_text(part);
        }
        if part.is_shown() {
            self.text_of(part)
        } else {
            Body::default()
        }
    }

    /// Some mailers give the text itself a file name; it is read where there is no other text.
    fn named_text(&mut self, root: &Part<'_>) -> Option<Body> {
        let leaves = root.leaves();
        let mut named = leaves.iter().filter(|leaf| leaf.disposition.word != "attachment");
        let leaf = named.find(|leaf| matches!(leaf.media_type(), "text/plain" | "text/html"))?;
        Some(self.text_of(leaf)).filter(|body| !body.is_blank())
    }

    fn text_of(&mut self, part: &Part<'_>) -> Body {
        let source = match part.media_type() {
            "text/plain" | "text/enriched" => TextSource::Plain,
            "text/html" => TextSource::Html,
            "text/calendar" => TextSource::Calendar,
            _ => return Body::default(),
        };
        let decoded = self.decode(part);
        let mut body = Body {
            charset: Some(decoded.charset),
            source: Some(source),
            used: vec![part.leaf],
            ..Body::default()
        };
        match source {
            TextSource::Html if !self.renders_html => body.html = Some(decoded.text),
            TextSource::Html => {
                let (text, problem) = html::to_text(&decoded.text, &mut self.html_budget);
                self.problems.extend(problem);
                body.text = clean_text(&text);
                body.html = Some(decoded.text);
            }
            TextSource::Calendar => body.text = calendar_text::to_text(&decoded.text),
            TextSource::Plain | TextSource::None => body.text = plain_text(part, &decoded.text),
        }
        body
    }

    fn decode(&mut self, part: &Part<'_>) -> DecodedText {
        let decoded = part.text(self.charset);
        if let Some(slug) = decoded.problem {
            let label = part.content_type.parameter("charset").unwrap_or_default();
            let detail = format!("label `{label}`, read as {}", decoded.charset);
            self.problems.push(Problem::new(slug, detail));
        }
        decoded
    }
}

/// The text inside a `winmail.dat`, for a mail that has no other.
fn contained_text(part: &Part<'_>) -> Body {
    let text = tnef::read(&part.decoded().0).and_then(|container| container.text);
    text.map_or_else(Body::default, |text| Body {
        text: clean_text(&text),
        source: Some(TextSource::Plain),
        ..Body::default()
    })
}

fn plain_text(part: &Part<'_>, text: &str) -> String {
    let clean = clean_text(text);
    let parameter = |name: &str| {
        part.content_type
            .parameter(name)
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    if parameter("format") == "flowed" {
        unfold_flowed(&clean, parameter("delsp") == "yes")
    } else {
        clean
    }
}

/// LF line ends, no control characters but tab, no characters that turn the direction of text.
pub(super) fn clean_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (content, end) = line
            .strip_suffix('\n')
            .map_or((line, ""), |content| (content, "\n"));
        let content = content.strip_suffix('\r').unwrap_or(content);
        if content.bytes().any(may_need_cleaning) {
            clean_into(content, &mut out);
        } else {
            out.push_str(content);
        }
        out.push_str(end);
    }
    out
}

/// Octets that begin every character [`clean_into`] changes; most lines hold none of them.
fn may_need_cleaning(octet: u8) -> bool {
    matches!(octet, 0..=8 | 0x0A..=0x1F | 0x7F | 0xC2 | 0xD8 | 0xE2 | 0xEF)
}

fn clean_into(line: &str, out: &mut String) {
    for c in line.chars() {
        match c {
            '\t' => out.push(c),
            '\r' | '\u{2028}' | '\u{2029}' | '\u{85}' | '\u{0C}' => out.push('\n'),
            other if is_invisible_control(other) => {}
            other => out.push(other),
        }
    }
}

/// Joins the lines of format=flowed text (RFC 3676 §4.2) that have the same quote depth.
fn unfold_flowed(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open_depth: Option<usize> = None;
    for line in text.split_inclusive('\n') {
        let (content, end) = line
            .strip_suffix('\n')
            .map_or((line, ""), |content| (content, "\n"));
        let unquoted = content.trim_start_matches('>');
        let depth = content.len().saturating_sub(unquoted.len());
        let unstuffed = unquoted.strip_prefix(' ').unwrap_or(unquoted);
        let signature = unstuffed == "-- ";
        match open_depth {
            Some(open) if open == depth && !signature => {}
            Some(_) => {
                out.push('\n');
                start_line(&mut out, depth);
            }
            None => start_line(&mut out, depth),
        }
        let flows = unstuffed.ends_with(' ') && !signature;
        let kept = if flows && delete_space {
            unstuffed.strip_suffix(' ')
        } else {
            None
        };
        out.push_str(kept.unwrap_or(unstuffed));
        open_depth = flows.then_some(depth);
        if !flows {
            out.push_str(end);
        }
    }
    out
}

fn start_line(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n('>', depth));
    if depth > 0 {
        out.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::header::split_header;

    #[test]
    fn flowed_lines_join_within_one_quote_depth() {
        let text = "a \nb\n> c \n> d\n>e\n-- \nSato\n";
        assert_eq!(unfold_flowed(text, false), "a b\n> c d\n> e\n-- \nSato\n");
        assert_eq!(unfold_flowed("東京 \n都\n", true), "東京都\n");
    }

    #[test]
    fn control_characters_go_and_line_ends_become_lf() {
        assert_eq!(clean_text("a\r\nb\rc\0\u{1b}[31m\u{202e}d\te"), "a\nb\nc[31md\te");
    }

    #[test]
    fn alternatives_in_alternatives_use_each_leaf_once() {
        let open = |n: usize| format!("Content-Type: multipart/alternative; boundary=b{n}\n\n--b{n}\n");
        let mail: String = (0..45).map(open).chain(["\nx\n".to_owned()]).collect();
        let mut problems = Vec::new();
        let root = crate::mail::mime_tree::read_tree(split_header(mail.as_bytes()), &mut problems);
        let body = choose(&root, None, &mut problems);
        assert_eq!(
            (body.text.as_str(), body.used.as_slice()),
            ("x\n", [0].as_slice())
        );
    }
}
