//! One leaf of a mail's MIME tree. Comes in: a part's fields and its encoded body. Goes out: answers about
//! it; its contents are decoded when somebody asks.

use std::borrow::Cow;

use super::charset::{self, Decoded};
use super::fields::{self, RawField};
use super::message::Problem;
use super::params::Params;
use super::transfer::{self, TransferEncoding};
use super::{clean, words};

/// A part that holds no other parts (a message/rfc822 part is a leaf: it stays closed).
#[derive(Debug, Clone)]
pub(super) struct Leaf<'a> {
    /// `type/subtype`, lower case.
    pub(super) media_type: String,
    /// Content-Type with its parameters.
    pub(super) content_type: Params,
    /// Content-Disposition with its parameters.
    pub(super) disposition: Params,
    /// How the body is encoded.
    pub(super) encoding: TransferEncoding,
    /// Content-ID without its angle brackets.
    pub(super) content_id: Option<String>,
    /// The body as it travelled.
    pub(super) body: Cow<'a, [u8]>,
}

impl<'a> Leaf<'a> {
    /// A leaf from a part's fields; `default_type` stands in where there is no Content-Type (RFC 2046 §5.1.5).
    pub(super) fn new(fields: &[RawField], body: Cow<'a, [u8]>, default_type: &str) -> Self {
        let content_type = Params::parse(fields::first(fields, "Content-Type").unwrap_or(default_type));
        let media_type = if content_type.value.contains('/') {
            content_type.value.clone()
        } else {
            bare_type(&content_type.value, default_type).to_owned()
        };
        Self {
            media_type,
            disposition: Params::parse(fields::first(fields, "Content-Disposition").unwrap_or_default()),
            encoding: TransferEncoding::parse(
                fields::first(fields, "Content-Transfer-Encoding").unwrap_or_default(),
            ),
            content_id: fields::first(fields, "Content-ID").and_then(bare_id),
            content_type,
            body,
        }
    }

    /// A leaf that was found inside another one (TNEF, uuencode).
    pub(super) fn found(name: &str, media_type: &str, contents: Vec<u8>) -> Leaf<'static> {
        Leaf {
            media_type: media_type.to_owned(),
            content_type: Params::default(),
            disposition: Params::named("attachment", "filename", name),
            encoding: TransferEncoding::Identity,
            content_id: None,
            body: contents.into(),
        }
    }

    /// The decoded octets, and what was damaged about them.
    pub(super) fn decoded(&self) -> (Cow<'_, [u8]>, Option<Problem>) {
        transfer::decode(&self.body, self.encoding)
    }

    /// The decoded size in octets.
    pub(super) fn size(&self) -> usize {
        transfer::decoded_size(&self.body, self.encoding)
    }

    /// The body as text by its own charset, unfiltered, and what was damaged.
    pub(super) fn text(&self) -> (Decoded, Option<Problem>) {
        let (octets, problem) = self.decoded();
        let label = self.content_type.charset().or_else(|| {
            let html = self.media_type == "text/html";
            html.then(|| meta_charset(&octets)).flatten()
        });
        (charset::decode(&octets, label.as_deref()), problem)
    }

    /// The name the mail gives the part, made safe to show.
    pub(super) fn name(&self) -> Option<String> {
        self.disposition
            .get("filename")
            .or_else(|| self.content_type.get("name"))
            .or_else(|| self.disposition.get("name"))
            .or_else(|| self.content_type.get("filename"))
            .and_then(|name| clean::file_name(&name))
            .or_else(|| self.subject_of_contents())
    }

    /// Whether the part says it is a file rather than text to read; Apple's mailers call files `inline` too.
    pub(super) fn is_file(&self) -> bool {
        self.disposition.value == "attachment" || self.has_file_name()
    }

    /// Whether the mail gives the part a file name.
    pub(super) fn has_file_name(&self) -> bool {
        self.disposition.has("filename") || self.content_type.has("name")
    }

    /// Whether the part is a whole mail.
    pub(super) fn is_message(&self) -> bool {
        matches!(
            self.media_type.as_str(),
            "message/rfc822" | "message/global" | "message/news"
        )
    }

    /// Whether the part holds a mail, or the beginning of one (RFC 2046 §5.2.2).
    pub(super) fn holds_a_mail(&self) -> bool {
        let first_piece =
            self.media_type == "message/partial" && self.content_type.plain("number") == Some("1");
        self.is_message() || first_piece
    }

    /// A forwarded mail is listed by its subject.
    fn subject_of_contents(&self) -> Option<String> {
        if !self.is_message() {
            return None;
        }
        let (octets, _) = self.decoded();
        let cut = super::gate::open(&octets).ok()?;
        let inner = fields::split(&cut.block);
        clean::file_name(&words::decode(fields::first(&inner, "Subject")?))
    }

    /// The leaf with its own copy of the body.
    pub(super) fn into_owned(self) -> Leaf<'static> {
        Leaf {
            body: self.body.into_owned().into(),
            ..self
        }
    }
}

/// The charset that HTML names in its own head, where the header of the part does not.
fn meta_charset(html: &[u8]) -> Option<String> {
    let head = String::from_utf8_lossy(html.get(..1024).unwrap_or(html)).to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let name = after
        .trim_start_matches(['"', '\''])
        .split(['"', '\'', '>', ' ', ';', '/'])
        .next()?;
    (!name.is_empty()).then(|| name.to_owned())
}

fn bare_id(value: &str) -> Option<String> {
    let id = value.trim().trim_start_matches('<').trim_end_matches('>');
    (!id.is_empty()).then(|| id.to_owned())
}

/// `Content-Type: text` (RFC 1049 mailers) and unreadable types.
fn bare_type<'a>(value: &str, default_type: &'a str) -> &'a str {
    match value {
        "text" | "plain" | "" => default_type,
        "html" => "text/html",
        "multipart" => "multipart/mixed",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(header: &str, body: &'static [u8]) -> Leaf<'static> {
        Leaf::new(&fields::split(header.as_bytes()), body.into(), "text/plain")
    }

    #[test]
    fn a_forwarded_mail_is_named_after_its_subject() {
        let forwarded = leaf(
            "Content-Type: message/rfc822\n",
            b"Subject: =?UTF-8?B?5pel5pys?=\n\nx",
        );
        assert_eq!(forwarded.name().as_deref(), Some("日本"));
    }

    #[test]
    fn html_names_its_charset_itself() {
        let html = leaf(
            "Content-Type: text/html\n",
            b"<meta charset='windows-1251'>\xcf\xf0\xe8\xe2\xe5\xf2",
        );
        assert_eq!(html.text().0.text, "<meta charset='windows-1251'>Привет");
    }

    #[test]
    fn types_without_a_subtype_are_understood() {
        assert_eq!(
            leaf("Content-Type: text; charset=x\n", b"").media_type,
            "text/plain"
        );
        assert_eq!(
            leaf("Content-Type: zip\n", b"").media_type,
            "application/octet-stream"
        );
        assert_eq!(leaf("X: y\n", b"").media_type, "text/plain");
    }
}
