//! How HTML is written as text: no marks for bold or italics, headings as they are, and each link's target
//! after its text. Comes in: calls of html2text. Goes out: the strings it puts around text.

use html2text::render::TextDecorator;

/// Writes `text <target>` for a link whose text is not already its target.
#[derive(Debug, Default, Clone)]
pub(super) struct LinkDecorator {
    open: Vec<String>,
}

impl TextDecorator for LinkDecorator {
    type Annotation = ();

    fn decorate_link_start(&mut self, url: &str) -> (String, ()) {
        self.open.push(url.to_owned());
        (String::new(), ())
    }

    fn decorate_link_end(&mut self) -> String {
        let url = self.open.pop().unwrap_or_default();
        let shown = ["http://", "https://", "ftp://"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        if shown { format!(" <{url}>") } else { String::new() }
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
        let text = if title.is_empty() {
            String::new()
        } else {
            format!("[{title}]")
        };
        (text, ())
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

    fn decorate_superscript_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_superscript_end(&self) -> String {
        String::new()
    }
}

/// Takes off a target that repeats the text before it: `https://a.example <https://a.example>`.
pub(super) fn drop_repeated_targets(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once(" <") {
        out.push_str(before);
        match after.split_once('>') {
            Some((target, tail)) if is_same_target(&out, target) => rest = tail,
            _ => {
                out.push_str(" <");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn is_same_target(before: &str, target: &str) -> bool {
    let short = target.trim_end_matches('/');
    let bare = short.split_once("://").map_or(short, |(_, rest)| rest);
    !bare.is_empty() && before.trim_end_matches('/').ends_with(bare)
}
