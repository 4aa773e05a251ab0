//! Which parts of a mail are its text. Comes in: the tree of parts. Goes out: the text a person reads, where it
//! came from, and the parts it used, so that all others can be listed as attachments.

use super::charset::Decoded;
use super::html_scan::{self, Scan};
use super::leaf::Leaf;
use super::message::{Problem, TextSource};
use super::tree::{self, Node, Tree};
use super::uuencode::{self, UuFile};
use super::{calendar_part, clean, enriched, flowed, html};

/// How deep mails inside mails are read for want of a text of their own.
const MAX_CONTAINED: usize = 4;
/// How many mails side by side are read so: a digest has some dozen.
const MAX_CONTAINED_MAILS: usize = 50;

/// The text of a mail.
#[derive(Debug)]
pub(super) struct BodyText {
    /// The whole text.
    pub(super) text: String,
    /// Where it came from.
    pub(super) source: TextSource,
    /// The decoder of its first part.
    pub(super) charset: Option<String>,
    /// The HTML of the mail, where it had to be read.
    pub(super) html: Option<String>,
    /// The leaves that were used.
    pub(super) used: Vec<usize>,
    /// Content-IDs that the HTML shows.
    pub(super) content_ids: Vec<String>,
    /// Files that stood in the text itself.
    pub(super) files: Vec<UuFile>,
    /// What was damaged or guessed.
    pub(super) problems: Vec<Problem>,
}

/// Finds the text of a mail.
pub(super) fn find(tree: &Tree<'_>) -> BodyText {
    let mut body = BodyText {
        text: String::new(),
        source: TextSource::None,
        charset: None,
        html: None,
        used: Vec::new(),
        content_ids: Vec::new(),
        files: Vec::new(),
        problems: Vec::new(),
    };
    for strictness in [Strictness::NoFiles, Strictness::NamedText, Strictness::AnyText] {
        body.used = picked(&tree.root, tree, strictness);
        if !body.used.is_empty() {
            break;
        }
    }
    let mut first_html = scan_html(&mut body, tree);
    for at in body.used.clone() {
        if let Some(leaf) = tree.leaves.get(at) {
            let scanned = first_html
                .take_if(|(scanned, _)| *scanned == at)
                .map(|(_, scan)| scan);
            body.append(leaf, scanned);
        }
    }
    if body.text.trim().is_empty() {
        body.append_calendar(tree);
    }
    if body.text.trim().is_empty() {
        body.append_contained(tree);
    }
    body.text.truncate(body.text.trim_end().len());
    body
}

/// Where the first HTML of a mail is that is no file.
pub(super) fn first_html(tree: &Tree<'_>) -> Option<usize> {
    let is_html = |leaf: &Leaf<'_>| leaf.media_type == "text/html" && !leaf.is_file();
    tree.leaves.iter().position(is_html)
}

/// Scans the first HTML for what it shows, where there is something to show; the scan serves its rendering
/// too, where it is the text.
fn scan_html(body: &mut BodyText, tree: &Tree<'_>) -> Option<(usize, Scan)> {
    let at = first_html(tree)?;
    if !body.used.contains(&at) && tree.leaves.iter().all(|leaf| leaf.content_id.is_none()) {
        return None;
    }
    let (decoded, _) = tree.leaves.get(at)?.text();
    let mut scan = html_scan::scan(&decoded.text);
    body.content_ids = std::mem::take(&mut scan.content_ids);
    body.html = Some(decoded.text);
    Some((at, scan))
}

/// What may be taken for text when nothing better is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strictness {
    /// Text parts without a file name.
    NoFiles,
    /// Also a text part with a name that is not marked as an attachment.
    NamedText,
    /// A mail that is one text part, whatever it says of itself.
    AnyText,
}

fn picked(node: &Node, tree: &Tree<'_>, strictness: Strictness) -> Vec<usize> {
    match node {
        Node::Leaf(at) => {
            let fits = tree
                .leaves
                .get(*at)
                .is_some_and(|leaf| is_text(leaf, tree, strictness));
            if fits { vec![*at] } else { Vec::new() }
        }
        Node::Multipart(subtype, children) => {
            let mut each = children.iter().map(|child| picked(child, tree, strictness));
            match subtype.as_str() {
                "alternative" => best_alternative(each.collect(), tree),
                "signed" | "report" => each.next().unwrap_or_default(),
                "related" => each.find(|picks| !picks.is_empty()).unwrap_or_default(),
                "encrypted" => Vec::new(),
                _ => each.flatten().collect(),
            }
        }
    }
}

fn is_text(leaf: &Leaf<'_>, tree: &Tree<'_>, strictness: Strictness) -> bool {
    let readable = matches!(
        leaf.media_type.as_str(),
        "text/plain" | "text/html" | "text/enriched" | "text/richtext"
    );
    readable
        && match strictness {
            Strictness::NoFiles => !leaf.is_file(),
            Strictness::NamedText => leaf.disposition.value != "attachment",
            Strictness::AnyText => tree.leaves.len() == 1 && !leaf.has_file_name(),
        }
}

/// Plain text where it says something, else HTML.
fn best_alternative(choices: Vec<Vec<usize>>, tree: &Tree<'_>) -> Vec<usize> {
    let is_html = |at: &usize| {
        tree.leaves
            .get(*at)
            .is_some_and(|leaf| leaf.media_type == "text/html")
    };
    let (html, plain): (Vec<_>, Vec<_>) = choices
        .into_iter()
        .filter(|picks| !picks.is_empty())
        .partition(|picks| picks.iter().any(is_html));
    let html = html.into_iter().next();
    let speaks = |picks: &Vec<usize>| {
        picks
            .iter()
            .filter_map(|at| tree.leaves.get(*at))
            .any(|leaf| says_something(leaf, html.is_some()))
    };
    plain
        .iter()
        .find(|picks| speaks(picks))
        .cloned()
        .or(html)
        .or_else(|| plain.into_iter().next())
        .unwrap_or_default()
}

/// A blank part, or one that only says that the mail is HTML, is no alternative.
fn says_something(leaf: &Leaf<'_>, html_is_there: bool) -> bool {
    if leaf.body.len() > 1_000 {
        return true;
    }
    let (decoded, _) = leaf.text();
    let text = decoded.text.trim();
    let points_to_html =
        html_is_there && text.chars().count() < 150 && text.to_ascii_lowercase().contains("html");
    !text.is_empty() && !points_to_html
}

/// Whether HTML beside a text says the same again: some mailers put both where one belongs.
fn repeats(text: &str, html: &str) -> bool {
    let bare = |text: &str| {
        text.chars()
            .filter(|c| !c.is_whitespace() && *c != '>')
            .take(2_000)
            .collect::<String>()
    };
    let start: String = bare(html).chars().take(80).collect();
    !start.is_empty() && bare(text).contains(&start)
}

impl BodyText {
    fn append(&mut self, leaf: &Leaf<'_>, scanned: Option<Scan>) {
        let (decoded, damage) = leaf.text();
        self.problems.extend(damage);
        self.note_charset(&decoded, leaf);
        let source = if leaf.media_type == "text/plain" {
            TextSource::Plain
        } else {
            TextSource::Html
        };
        let text = match source {
            TextSource::Plain => self.plain(&decoded.text, leaf),
            TextSource::Html | TextSource::Calendar | TextSource::Contained | TextSource::None => {
                match leaf.media_type.as_str() {
                    "text/html" => self.rendered(&scanned.unwrap_or_else(|| html_scan::scan(&decoded.text))),
                    other => {
                        let old = other == "text/richtext";
                        clean::text(&enriched::plain(&decoded.text, old))
                            .trim_end()
                            .to_owned()
                    }
                }
            }
        };
        if source == TextSource::Html && repeats(&self.text, &text) {
            return;
        }
        if !self.text.is_empty() && !text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(&text);
        if self.source != TextSource::Plain {
            self.source = source;
        }
    }

    fn note_charset(&mut self, decoded: &Decoded, leaf: &Leaf<'_>) {
        if decoded.guessed {
            let label = leaf.content_type.charset();
            let slug = if label.is_some() {
                "charset-mislabelled"
            } else {
                "charset-unlabelled"
            };
            self.problems.push(Problem::new(
                slug,
                format!(
                    "{} read as {}",
                    label.as_deref().unwrap_or("no charset"),
                    decoded.charset
                ),
            ));
        }
        if decoded.damaged {
            self.problems
                .push(Problem::new("charset-damaged", decoded.charset.clone()));
        }
        if self.charset.is_none() {
            self.charset = Some(decoded.charset.clone());
        }
    }

    fn plain(&mut self, text: &str, leaf: &Leaf<'_>) -> String {
        let parameter = |name, value: &str| {
            leaf.content_type
                .plain(name)
                .is_some_and(|found| found.eq_ignore_ascii_case(value))
        };
        let mut text = clean::text(text);
        if parameter("format", "flowed") {
            text = flowed::unfold(&text, parameter("delsp", "yes"));
        }
        if text.contains("\nbegin ") || text.starts_with("begin ") {
            let files = uuencode::find(&text);
            text = uuencode::without(&text, &files);
            self.files.extend(files);
        }
        text.truncate(text.trim_end_matches('\n').len());
        text
    }

    fn rendered(&mut self, scan: &Scan) -> String {
        let rendered = html::render(scan);
        if rendered.plain_fallback {
            self.problems
                .push(Problem::new("html-too-complex", "only its tags were taken out"));
        }
        if rendered.hidden {
            self.problems
                .push(Problem::new("hidden-text", "text that nobody sees was left out"));
        }
        clean::text(&rendered.text)
    }

    /// A mail that is nothing but another one, or several: their text is what there is to read.
    fn append_contained(&mut self, tree: &Tree<'_>) {
        let is_report = matches!(&tree.root, Node::Multipart(subtype, _) if subtype == "report");
        if is_report || tree.depth >= MAX_CONTAINED {
            return;
        }
        let contained = tree.leaves.iter().filter(|leaf| leaf.holds_a_mail());
        for leaf in contained.take(MAX_CONTAINED_MAILS) {
            let (octets, _) = leaf.decoded();
            let Some(inner) = tree::split_contained(&octets, tree.depth.saturating_add(1)) else {
                continue;
            };
            let inner = find(&inner);
            if !self.text.is_empty() && !inner.text.is_empty() {
                self.text.push_str("\n\n");
            }
            self.text.push_str(&inner.text);
            if self.charset.is_none() {
                self.charset = inner.charset;
            }
        }
        if !self.text.is_empty() {
            self.source = TextSource::Contained;
        }
    }

    fn append_calendar(&mut self, tree: &Tree<'_>) {
        let leaf = tree.leaves.iter().find(|leaf| leaf.media_type == "text/calendar");
        let Some((decoded, _)) = leaf.map(Leaf::text) else {
            return;
        };
        let text = calendar_part::parse(&clean::text(&decoded.text)).text();
        if !text.is_empty() {
            self.text = text;
            self.source = TextSource::Calendar;
            self.charset = Some(decoded.charset);
        }
    }
}
