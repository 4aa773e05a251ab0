//! Stage: attachments. Comes in: the tree of parts and the leaves that are the mail's text. Goes out: a
//! description of every other leaf; contents are decoded from the raw mail on demand. Names are made safe
//! to show; nothing is unpacked but `winmail.dat`, which is a mail's own envelope.

use std::collections::HashSet;

use super::encrypted::needs_password;
use super::gate;
use super::header::{HeaderBlock, clean_line, decode_value};
use super::message::{Attachment, Problem};
use super::mime::Part;
use super::mime_tree;
use super::smime;
use super::text::Body;
use super::tnef::{self, ContainedFile, Container};

/// Longest file name that is kept, in characters.
const MAX_NAME_CHARS: usize = 200;
/// Files inside a leaf are numbered in steps of this, above every number of a leaf.
const CONTAINED: usize = 10_000;
/// Media types of detached signatures inside multipart/signed: part of the envelope, not of the content.
const SIGNATURES: [&str; 3] = [
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
];

/// Describes every leaf that is not the text.
pub(super) fn list(root: &Part<'_>, body: &Body, problems: &mut Vec<Problem>) -> Vec<Attachment> {
    let used: HashSet<usize> = body.used.iter().copied().collect();
    let shown = body.html.as_deref().map(referred_ids).unwrap_or_default();
    root.leaves()
        .into_iter()
        .filter(|leaf| !used.contains(&leaf.leaf) && !SIGNATURES.contains(&leaf.media_type()))
        .filter(|leaf| !is_empty_text(leaf))
        .flat_map(|leaf| describe(leaf, &shown, problems))
        .collect()
}

/// An empty text part without a name: mailers leave these behind.
fn is_empty_text(leaf: &Part<'_>) -> bool {
    leaf.media_type().starts_with("text/") && leaf.is_shown() && leaf.body.trim_ascii().is_empty()
}

/// What a leaf holds: one file, or those of a `winmail.dat`.
fn describe(leaf: &Part<'_>, shown: &HashSet<&str>, problems: &mut Vec<Problem>) -> Vec<Attachment> {
    let (bytes, decoded) = leaf.decoded();
    if let Some(container) = contained(leaf, &bytes) {
        let files = container.files.iter().enumerate();
        return files
            .map(|(place, file)| describe_contained(leaf, place, file))
            .collect();
    }
    let name = leaf
        .file_name()
        .map(|name| safe_name(&name))
        .filter(|name| !name.is_empty());
    let name = name.or_else(|| inner_subject(leaf, &bytes));
    if decoded.damaged {
        problems.push(Problem::new("base64-garbage", name.clone().unwrap_or_default()));
    }
    vec![Attachment {
        encrypted: needs_password(&bytes),
        inline: is_shown_by_html(leaf, shown),
        media_type: leaf.media_type().to_owned(),
        size: octets(&bytes),
        part: leaf.leaf,
        name,
    }]
}

fn contained(leaf: &Part<'_>, bytes: &[u8]) -> Option<Container> {
    tnef::is_tnef(leaf.media_type()).then(|| tnef::read(bytes))?
}

fn describe_contained(leaf: &Part<'_>, place: usize, file: &ContainedFile) -> Attachment {
    let name = file
        .name
        .as_deref()
        .map(safe_name)
        .filter(|name| !name.is_empty());
    Attachment {
        encrypted: needs_password(&file.content),
        inline: false,
        media_type: "application/octet-stream".to_owned(),
        size: octets(&file.content),
        part: CONTAINED
            .saturating_mul(place.saturating_add(1))
            .saturating_add(leaf.leaf),
        name,
    }
}

fn octets(content: &[u8]) -> u64 {
    u64::try_from(content.len()).unwrap_or(u64::MAX)
}

/// A mail inside a mail is listed by its subject.
fn inner_subject(leaf: &Part<'_>, bytes: &[u8]) -> Option<String> {
    let inner = (leaf.media_type() == "message/rfc822").then(|| super::header::split_header(bytes))?;
    let subject = safe_name(&decode_value(inner.first("Subject")?));
    (!subject.is_empty()).then(|| format!("{subject}.eml"))
}

/// Every Content-ID that the HTML refers to (`src="cid:…"`, RFC 2392).
fn referred_ids(html: &str) -> HashSet<&str> {
    let ends = |c: char| matches!(c, '"' | '\'' | ')' | '>' | '&') || c.is_whitespace();
    html.split("cid:")
        .skip(1)
        .filter_map(|rest| rest.split(ends).next())
        .collect()
}

fn is_shown_by_html(leaf: &Part<'_>, shown: &HashSet<&str>) -> bool {
    let id = leaf.field("Content-ID").map(decode_value).unwrap_or_default();
    shown.contains(id.trim_matches(['<', '>', ' ']))
}

/// A name without directories and without characters that hide or forge its ending.
fn safe_name(name: &str) -> String {
    let line = clean_line(name);
    let last = line.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last
        .chars()
        .filter(|c| !matches!(c, '\u{200B}'..='\u{200D}' | '\u{2060}' | '\u{00AD}'))
        .map(|c| {
            if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') {
                '_'
            } else {
                c
            }
        })
        .collect();
    let visible = visible
        .trim()
        .trim_start_matches('.')
        .trim_end_matches(['.', ' ']);
    let count = visible.chars().count();
    if count <= MAX_NAME_CHARS {
        return visible.to_owned();
    }
    // The ending says what the file is, so the middle goes.
    let ending: String = visible.chars().skip(count.saturating_sub(20)).collect();
    let start: String = visible.chars().take(MAX_NAME_CHARS.saturating_sub(21)).collect();
    format!("{start}…{ending}")
}

/// The decoded content of the leaf numbered `part` ([`Attachment::part`]); `None` where the mail has no
/// such leaf.
pub fn attachment_bytes(raw: &[u8], part: usize) -> Option<Vec<u8>> {
    let block = gate::admit(raw).ok()?;
    match smime::opened(&block) {
        Some(opened) => content_of(gate::admit(&opened).ok()?, part),
        None => content_of(block, part),
    }
}

fn content_of(block: HeaderBlock<'_>, part: usize) -> Option<Vec<u8>> {
    let root = mime_tree::read_tree(block, &mut Vec::new());
    let leaf = root
        .leaves()
        .into_iter()
        .find(|leaf| leaf.leaf == part % CONTAINED)?;
    let bytes = leaf.decoded().0;
    match (part / CONTAINED).checked_sub(1) {
        None => Some(bytes.into_owned()),
        Some(place) => {
            let files = contained(leaf, &bytes)?.files;
            files.into_iter().nth(place).map(|file| file.content)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_leave_their_directory_or_hide_their_ending() {
        assert_eq!(safe_name("../../etc/passwd"), "passwd");
        assert_eq!(safe_name("C:\\temp\\請求書.pdf"), "請求書.pdf");
        assert_eq!(safe_name("\u{202e}fdp.exe"), "fdp.exe");
        assert_eq!(safe_name(".hta\u{200b}ccess"), "htaccess");
        assert_eq!(safe_name("a\r\nX: b.txt"), "a X_ b.txt");
        let long = safe_name(&format!("{}.pdf", "あ".repeat(500)));
        assert_eq!(
            (long.chars().count(), long.rsplit('.').next()),
            (200, Some("pdf"))
        );
    }
}
