//! HTML to text. Comes in: the HTML of a mail. Goes out: what a person reads, with the addresses of its links.
//! html2text renders what passed the limits of `html_scan`; larger or deeper HTML only loses its tags.

use html2text::render::TextDecorator;

use super::html_scan::{self, Scan};

/// Wide enough that no paragraph of a mail is broken into lines.
const WIDTH: usize = 10_000;

/// How many times longer than its HTML a text may be, and the length that is always allowed.
const MAX_GROWTH: usize = 4;
const MIN_LIMIT_OCTETS: usize = 64 * 1024;

/// Marks around a link while html2text works; they are taken out of the input before.
const LINK_START: char = '\u{F8F0}';
const LINK_URL: char = '\u{F8F1}';
const LINK_END: char = '\u{F8F2}';

/// What became of HTML.
#[derive(Debug)]
pub(super) struct Rendered {
    /// The text.
    pub(super) text: String,
    /// The HTML was beyond the limits, and only its tags were taken out.
    pub(super) plain_fallback: bool,
    /// Hidden text was taken out.
    pub(super) hidden: bool,
}

/// Renders HTML that was scanned.
pub(super) fn render(scan: &Scan) -> Rendered {
    let rendered = scan.is_within_limits().then(|| draw(&scan.visible));
    // Each line inside nested quotes repeats all their marks: fifty kilobytes can become ten megabytes.
    let limit = scan
        .visible
        .len()
        .saturating_mul(MAX_GROWTH)
        .saturating_add(MIN_LIMIT_OCTETS);
    let rendered = rendered.flatten().filter(|text| text.len() <= limit);
    let plain_fallback = rendered.is_none();
    let text = rendered.unwrap_or_else(|| html_scan::strip(&scan.visible));
    Rendered {
        text: tidy(&resolve_links(&text)),
        plain_fallback,
        hidden: scan.hidden,
    }
}

/// The text as the renderer draws it; `None` where it cannot. A table that makes it panic must not cost the mail.
fn draw(visible: &str) -> Option<String> {
    let drawn = std::panic::catch_unwind(|| {
        html2text::config::with_decorator(MailText::default())
            .raw_mode(true)
            .allow_width_overflow()
            .string_from_read(visible.as_bytes(), WIDTH)
    });
    drawn.ok()?.ok()
}

/// Puts the address behind the words of a link, unless the words are the address.
fn resolve_links(text: &str) -> String {
    let mut resolved = String::with_capacity(text.len());
    let mut pieces = text.split(LINK_START);
    resolved.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (words, rest) = piece.split_once(LINK_URL).unwrap_or((piece, ""));
        let (url, after) = rest.split_once(LINK_END).unwrap_or(("", rest));
        resolved.push_str(words);
        if is_worth_showing(words, url) {
            resolved.extend([" <", url, ">"]);
        }
        resolved.push_str(after);
    }
    resolved.retain(|c| !matches!(c, LINK_URL | LINK_END));
    resolved
}

fn is_worth_showing(words: &str, url: &str) -> bool {
    let bare = |text: &str| {
        let text = text.trim().trim_end_matches('/');
        let schemes = ["https://", "http://", "mailto:", "tel:"];
        let bare = schemes
            .iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .unwrap_or(text);
        bare.to_lowercase()
    };
    let goes_out = ["http://", "https://", "mailto:", "ftp://"]
        .iter()
        .any(|scheme| url.starts_with(scheme));
    goes_out && !words.trim().is_empty() && bare(words) != bare(url)
}

/// No trailing white space, no runs of blank lines, ordinary spaces.
fn tidy(text: &str) -> String {
    let mut tidied = String::with_capacity(text.len());
    let mut blanks = 0_usize;
    for line in text.lines() {
        let line = line.trim_end();
        if line.is_empty() {
            blanks = blanks.saturating_add(1);
            continue;
        }
        if !tidied.is_empty() {
            tidied.push_str(if blanks > 0 { "\n\n" } else { "\n" });
        }
        blanks = 0;
        tidied.extend(line.chars().map(|c| if c == '\u{A0}' { ' ' } else { c }));
    }
    tidied
}

/// How elements look in the text of a mail: nothing is added but quotes, list marks and link addresses.
#[derive(Debug, Clone, Default)]
struct MailText {
    url: String,
}

impl TextDecorator for MailText {
    type Annotation = ();

    fn decorate_link_start(&mut self, url: &str) -> (String, ()) {
        url.clone_into(&mut self.url);
        (LINK_START.to_string(), ())
    }

    fn decorate_link_end(&mut self) -> String {
        let url: String = self
            .url
            .chars()
            .filter(|c| !c.is_whitespace() && !c.is_control())
            .collect();
        format!("{LINK_URL}{url}{LINK_END}")
    }

    fn decorate_em_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_em_end(&self) -> String {
        String::new()
    }

    fn decorate_strong_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strong_end(&self) -> String {
        String::new()
    }

    fn decorate_strikeout_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }

    fn decorate_code_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_code_end(&self) -> String {
        String::new()
    }

    fn decorate_preformat_first(&self) {}

    fn decorate_preformat_cont(&self) {}

    fn decorate_image(&mut self, _src: &str, title: &str) -> (String, ()) {
        (
            if title.is_empty() {
                String::new()
            } else {
                format!("[{title}]")
            },
            (),
        )
    }

    fn header_prefix(&self, _level: usize) -> String {
        String::new()
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        "* ".to_owned()
    }

    fn ordered_item_prefix(&self, i: i64) -> String {
        format!("{i}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        render(&html_scan::scan(html)).text
    }

    #[test]
    fn paragraphs_quotes_and_lists_keep_their_shape() {
        assert_eq!(
            text("<p>お世話に<b>なります</b>。</p><p>b<br>c</p>"),
            "お世話になります。\n\nb\nc"
        );
        assert_eq!(text("a<blockquote>b<br>c</blockquote>"), "a\n\n> b\n> c");
        assert_eq!(text("<ul><li>a<li>b</ul>"), "* a\n* b");
    }

    #[test]
    fn links_keep_their_address_once() {
        assert_eq!(
            text("<a href='https://a.example/x'>手順</a>です"),
            "手順 <https://a.example/x>です"
        );
        assert_eq!(
            text("<a href='https://a.example/'>https://a.example</a>"),
            "https://a.example"
        );
        assert_eq!(text("<a href='javascript:x()'>a</a>"), "a");
    }

    #[test]
    fn html_beyond_the_limits_loses_only_its_tags() {
        let deep = format!("{}お願いします", "<div>".repeat(2_000));
        let rendered = render(&html_scan::scan(&deep));
        assert!(rendered.plain_fallback);
        assert_eq!(rendered.text, "お願いします");
    }

    #[test]
    fn tables_whose_cells_span_rows_that_never_come_are_read() {
        let html = "<table><tr><th>a<TD colspan=2 rowspan=\"3\">b<tr><td>c</table>";
        assert_eq!(text(html), "a\nb\nc");
    }

    #[test]
    fn numbered_lists_start_where_they_say_within_reason() {
        assert_eq!(text("<ol start=3><li>a<li>b</ol>"), "3. a\n4. b");
        for start in [i64::MIN, i64::MAX] {
            assert_eq!(text(&format!("<ol start={start}><li>a</ol>")), "1. a");
            assert_eq!(text(&format!("<ol start={start}></ol>a")), "a");
        }
    }

    #[test]
    fn what_stands_between_the_items_of_a_list_is_kept() {
        for (html, read) in [
            (
                "<ol><li>a</li>\n<ol><li>b</li></ol><li>c</li></ol>",
                "1. a\n   1. b\n2. c",
            ),
            ("<UL><LI>a</LI><UL><LI>b</LI></UL></UL>", "* a\n  * b"),
            ("<ol>a<li>b</ol>", "1. a\n2. b"),
            ("<ol><li>a</li></ol>", "1. a"),
            ("<dl><div><dt>a<dd>b</div>c</dl>", "a\n  b\nc"),
            ("<table><caption>a</caption><tr><td>b</table>", "a\n\nb"),
        ] {
            assert_eq!(text(html), read, "{html}");
        }
    }

    #[test]
    fn quotes_nested_without_end_do_not_grow_without_end() {
        let html = format!("{}{}", "<blockquote>".repeat(490), "x<br>".repeat(2_000));
        assert!(text(&html).len() < 20_000);
    }

    #[test]
    fn rules_and_hard_spaces_are_made_usual() {
        assert_eq!(text("<p>a&nbsp;b</p><hr>c"), "a b\n\n────────\nc");
    }
}
