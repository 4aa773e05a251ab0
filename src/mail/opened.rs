//! A mail laid open. Comes in: raw octets. Goes out: its fields, its parts (also those inside TNEF, S/MIME and
//! uuencode), and its text; still borrowed from the octets, so that a large mail is not copied.
//!
//! Reading a mail and fetching one attachment later both go through here: the number of a part means the
//! same to both.

use super::body::{self, BodyText};
use super::fields::{self, RawField};
use super::gate;
use super::leaf::Leaf;
use super::message::{Problem, TextSource};
use super::parse::UnreadableMail;
use super::tnef::{self, Tnef};
use super::tree::{self, Tree};
use super::{clean, html, html_scan};

/// A mail's fields, parts and text.
#[derive(Debug)]
pub(super) struct Opened<'a> {
    /// The header fields in order, not decoded.
    pub(super) fields: Vec<RawField>,
    /// The parts.
    pub(super) tree: Tree<'a>,
    /// The text.
    pub(super) body: BodyText,
    /// Leaves that were containers and whose contents follow as leaves of their own.
    pub(super) unpacked: Vec<usize>,
    /// Outlook's kind of message, where TNEF tells it.
    pub(super) message_class: Option<String>,
    /// What was damaged.
    pub(super) problems: Vec<Problem>,
}

/// Opens a mail.
pub(super) fn open(raw: &[u8]) -> Result<Opened<'_>, UnreadableMail> {
    let cut = gate::open(raw)?;
    let fields = fields::split(&cut.block);
    let tree = tree::split(&fields, raw.get(cut.body_at..).unwrap_or_default())?;
    let body = body::find(&tree);
    let mut opened = Opened {
        fields,
        tree,
        body,
        unpacked: Vec::new(),
        message_class: None,
        problems: cut.problems,
    };
    opened.unpack_tnef();
    opened.unpack_uuencode();
    opened.problems.append(&mut opened.tree.problems);
    opened.problems.append(&mut opened.body.problems);
    Ok(opened)
}

impl Opened<'_> {
    /// The HTML of the mail, whether the text came from it or not.
    pub(super) fn html(&mut self) -> Option<String> {
        self.body.html.take().or_else(|| {
            let leaf = self.tree.leaves.get(body::first_html(&self.tree)?)?;
            Some(leaf.text().0.text)
        })
    }

    fn unpack_tnef(&mut self) {
        for at in 0..self.tree.leaves.len() {
            let Some(leaf) = self.tree.leaves.get(at).filter(|leaf| is_tnef(leaf)) else {
                continue;
            };
            let Some(tnef) = tnef::open(&leaf.decoded().0) else {
                self.problems
                    .push(Problem::new("tnef-damaged", "winmail.dat could not be opened"));
                continue;
            };
            if tnef.whole {
                self.unpacked.push(at);
            } else {
                let words = "a part of winmail.dat could not be opened";
                self.problems.push(Problem::new("tnef-damaged", words));
            }
            self.take_text(&tnef);
            for file in &tnef.files {
                let leaf = Leaf::found(&file.name, media_type_of(&file.name), file.bytes.clone());
                self.tree.leaves.push(leaf);
            }
            self.message_class = Some(tnef.message_class).filter(|class| !class.is_empty());
        }
    }

    /// The text inside TNEF, where the mail has none outside.
    fn take_text(&mut self, tnef: &Tnef) {
        if !self.body.text.trim().is_empty() {
            return;
        }
        if let Some(text) = tnef.text.as_ref().filter(|text| !text.trim().is_empty()) {
            clean::text(text).trim_end().clone_into(&mut self.body.text);
            self.body.source = TextSource::Plain;
        } else if let Some(html) = &tnef.html {
            self.body.text = clean::text(&html::render(&html_scan::scan(html)).text);
            self.body.source = TextSource::Html;
        }
    }

    fn unpack_uuencode(&mut self) {
        for file in std::mem::take(&mut self.body.files) {
            self.tree
                .leaves
                .push(Leaf::found(&file.name, media_type_of(&file.name), file.bytes));
        }
    }
}

/// The bytes of the mails that a mail carries as attachments, at most so many; also where a client calls them files.
pub(super) fn contained_mails(raw: &[u8], most: usize) -> Vec<Vec<u8>> {
    let raw = gate::with_line_feeds(raw);
    let Ok(opened) = open(&raw) else {
        return Vec::new();
    };
    let is_mail = |leaf: &&Leaf<'_>| {
        let named = || {
            leaf.name()
                .is_some_and(|name| name.to_ascii_lowercase().ends_with(".eml"))
        };
        leaf.is_message() || (leaf.media_type == "application/octet-stream" && named())
    };
    let mails = opened.tree.leaves.iter().filter(is_mail).take(most);
    mails.map(|leaf| leaf.decoded().0.into_owned()).collect()
}

fn is_tnef(leaf: &Leaf<'_>) -> bool {
    matches!(
        leaf.media_type.as_str(),
        "application/ms-tnef" | "application/vnd.ms-tnef"
    ) || leaf
        .name()
        .is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"))
}

/// The media type of a file that has none but its name.
fn media_type_of(name: &str) -> &'static str {
    let extension = name
        .rsplit_once('.')
        .map(|(_, end)| end.to_ascii_lowercase())
        .unwrap_or_default();
    match extension.as_str() {
        "txt" | "log" | "csv" => "text/plain",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}
