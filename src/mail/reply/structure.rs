//! What a mail's HTML says of its own parts: `gmail_quote`, `divRplyFwdMsg`, Outlook's bordered block,
//! `yahoo_quoted`, `moz-cite-prefix`, signature elements. Comes in: HTML of any quality. Goes out: marks with
//! the words that begin each part, to be found again in the text. One scan, no tree: depth cannot hurt.

use super::page::Page;
use super::segment::PieceKind;
use crate::mail::pattern::patterns;

/// Most HTML that is looked at, in octets; a quote's beginning lies within it in every real mail.
const MOST_HTML: usize = 2_000_000;

/// Letters of a part's beginning that are kept to find it again.
const HEAD_LETTERS: usize = 48;

/// Fewer letters than this could begin any quote.
const FEWEST_QUOTED: usize = 8;

/// Fewer letters than this are no name.
const FEWEST_SIGNED: usize = 2;

/// Most signature elements.
const MOST_MARKS: usize = 8;

/// An element with more letters than this holds more than a signature.
const MOST_SIGNED: usize = 1200;

/// A part of the HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// Quote or Signature.
    pub kind: PieceKind,
    /// Its first letters and digits, without spaces.
    pub head: String,
    /// How many letters and digits it holds (signatures).
    pub letters: usize,
    /// How many letters and digits stand before it.
    pub before: usize,
}

patterns! {
    quote_element = r#"(?i)(?:class|id|name|data-marker)\s?=\s?["']?[^"'>]*(?:__HEADERS__|__QUOTED_TEXT__|messageReplySection|tutanota_quote|gmail_quote|gmail_attr|divRplyFwdMsg|appendonsend|yahoo_quoted|yahoo_quote|moz-cite-prefix|moz-forward-container|OutlookMessageHeader|protonmail_quote|zmail_extra|reply-intro|mail-editor-reference-message|AppleMailQuote)|\btype\s?=\s?["']?cite|^div[^>]*border:\s?none;\s?border-top:\s?solid\s#?(?:E1E1E1|B5C4DF|[A-Z0-9]+)\s1\.0pt;\s?padding:\s?3\.0(?:pt|mm)|^div[^>]*border-(?:top:\s?1(?:\.0)?pt\ssolid|style:\s?solid\snone\snone)[^>]*padding:?[^>]*\b3(?:\.0)?pt"#;
    signature_element = r#"(?i)(?:class|id|name|data-smartmail)\s?=\s?["']?[^"'>]*signature|\b(?:id|data-marker)\s?=\s?["']?(?:_rc_sig|__SIG_)"#;
}

/// The parts the HTML names: the first quote, and the signatures before it.
pub(super) fn html_marks(html: &str) -> Vec<Mark> {
    let mut scan = Scan::default();
    let html = html.get(..html.floor_char_boundary(MOST_HTML)).unwrap_or(html);
    for chunk in html.split('<') {
        let (tag, text) = chunk.split_once('>').unwrap_or(("", chunk));
        scan.tag(tag);
        scan.text(text);
        if scan.is_done() {
            break;
        }
    }
    scan.finish()
}

#[derive(Debug, Default)]
struct Scan {
    marks: Vec<Mark>,
    letters: usize,
    hidden: bool,
    /// Elements of the same name open inside the signature that is being read.
    open: Option<(String, usize)>,
    /// An empty element said that the next one is a signature.
    announced: bool,
}

impl Scan {
    fn tag(&mut self, tag: &str) {
        let name: String = tag
            .chars()
            .take_while(|c| !c.is_whitespace())
            .take(12)
            .collect::<String>()
            .to_ascii_lowercase();
        match name.as_str() {
            "style" | "script" | "head" | "title" => self.hidden = true,
            "/style" | "/script" | "/head" | "/title" => self.hidden = false,
            _ => {}
        }
        self.count_depth(&name);
        let announced = std::mem::take(&mut self.announced);
        if tag.len() > 2000 || self.has_quote() || !(announced || tag.contains('=')) {
            return;
        }
        if quote_element().is_match(tag) {
            self.open = None;
            self.begin(PieceKind::Quote);
        } else if self.open.is_none() && self.marks.len() < MOST_MARKS {
            let named = signature_element().is_match(tag);
            if named && matches!(name.as_str(), "br" | "br/" | "hr" | "img") {
                self.announced = true;
            } else if named || (announced && !name.starts_with('/')) {
                self.begin(PieceKind::Signature);
                self.open = Some((name, 1));
            }
        }
    }

    fn begin(&mut self, kind: PieceKind) {
        self.marks.push(Mark {
            kind,
            head: String::new(),
            letters: 0,
            before: self.letters,
        });
    }

    fn count_depth(&mut self, name: &str) {
        let Some((element, depth)) = &mut self.open else {
            return;
        };
        if name == element {
            *depth = depth.saturating_add(1);
        } else if name.strip_prefix('/') == Some(element.as_str()) {
            *depth = depth.saturating_sub(1);
        }
        if *depth == 0 {
            self.open = None;
        }
    }

    fn text(&mut self, text: &str) {
        if self.hidden {
            return;
        }
        let reading = self.open.is_some() || self.has_quote();
        let mut skipping = false;
        for c in text.chars() {
            // A character reference is skipped: which letter it is matters less than its absence.
            skipping = (skipping && c != ';' && !c.is_whitespace()) || c == '&';
            if skipping || !c.is_alphanumeric() {
                continue;
            }
            self.letters = self.letters.saturating_add(1);
            if let Some(mark) = self.marks.last_mut().filter(|_| reading) {
                if mark.letters < HEAD_LETTERS {
                    mark.head.push(c);
                }
                mark.letters = mark.letters.saturating_add(1);
            }
        }
    }

    fn has_quote(&self) -> bool {
        self.marks
            .last()
            .is_some_and(|mark| mark.kind == PieceKind::Quote)
    }

    fn is_done(&self) -> bool {
        self.has_quote() && self.marks.last().is_some_and(|mark| mark.letters >= HEAD_LETTERS)
    }

    fn finish(mut self) -> Vec<Mark> {
        self.marks.retain(|mark| match mark.kind {
            PieceKind::Signature => (FEWEST_SIGNED..=MOST_SIGNED).contains(&mark.letters),
            PieceKind::Quote
            | PieceKind::Written
            | PieceKind::Forwarded
            | PieceKind::Disclaimer
            | PieceKind::Banner => mark.letters >= FEWEST_QUOTED,
        });
        self.marks
    }
}

/// The line of the text at which a part of the HTML begins: the occurrence of its first words that starts a
/// line and lies nearest to where the HTML has it. `None` where the text does not hold them.
pub(super) fn locate(text: &str, page: &Page<'_>, mark: &Mark) -> Option<usize> {
    let mut letters = String::with_capacity(text.len());
    let mut starts: Vec<(usize, usize, usize)> = Vec::new();
    let mut count: usize = 0;
    for (index, line) in page.lines(0..page.len()).iter().enumerate() {
        starts.push((letters.len(), count, index));
        for c in line.text.chars().filter(|c| c.is_alphanumeric()) {
            letters.push(c);
            count = count.saturating_add(1);
        }
    }
    let found = letters.match_indices(mark.head.as_str()).filter_map(|(at, _)| {
        // Of blank lines before the words, the last to share their place is the line that holds them.
        let after = starts.partition_point(|(offset, ..)| *offset <= at);
        starts
            .get(after.checked_sub(1)?)
            .filter(|(offset, ..)| *offset == at)
    });
    found
        .min_by_key(|(_, count, _)| count.abs_diff(mark.before))
        .map(|(_, _, index)| *index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outlooks_reply_element_is_found_again_in_the_text() {
        let html = "<style>p{x}</style><p>了解です。</p><div id=\"divRplyFwdMsg\"><b>Von:</b> Sato Hanako</div><p>old</p>";
        let text = "了解です。\n\nVon: Sato Hanako\n\nold\n";
        let marks = html_marks(html);
        assert_eq!(locate(text, &Page::read(text).unwrap(), &marks[0]), Some(2));
    }

    #[test]
    fn signature_elements_end_where_they_close() {
        let html = "<p>hi</p><div class=gmail_signature><div>Hanako Sato</div><div>Sample</div></div><p>PS. more</p>";
        let marks = html_marks(html);
        assert_eq!(
            (marks[0].kind, marks[0].head.as_str()),
            (PieceKind::Signature, "HanakoSatoSample")
        );
    }

    #[test]
    fn words_the_text_lacks_are_not_located() {
        let mark = Mark {
            kind: PieceKind::Quote,
            head: "absentwords".to_owned(),
            letters: 11,
            before: 0,
        };
        assert_eq!(locate("text", &Page::read("text").unwrap(), &mark), None);
    }
}
