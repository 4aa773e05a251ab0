//! Stage: one part of a mail (RFC 2045, RFC 2183). Comes in: its header fields and encoded body. Goes out:
//! its media type, file name and decoded content. It must not decide what is text and what is a file.

use std::borrow::Cow;

use super::charset::{self, DecodedText};
use super::encoding::{Decoded, TransferEncoding};
use super::header::{RawField, decode_value};
use super::params::Structured;

/// One part: a leaf, or a container of parts.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Its header fields.
    pub(super) fields: Vec<RawField<'a>>,
    /// Content-Type; `text/plain` where there is none.
    pub(super) content_type: Structured,
    /// Content-Disposition.
    pub(super) disposition: Structured,
    /// Content-Transfer-Encoding.
    pub(super) encoding: TransferEncoding,
    /// The encoded body; empty for a container.
    pub(super) body: &'a [u8],
    /// The parts inside.
    pub(super) children: Vec<Part<'a>>,
    /// Number among the leaves, depth first from 0.
    pub(super) leaf: usize,
}

impl Part<'_> {
    /// The decoded body.
    pub(super) fn decoded(&self) -> (Cow<'_, [u8]>, Decoded) {
        self.encoding.decode(self.body)
    }

    /// The decoded body as text: by the charset that is asked for, else by the part's own.
    pub(super) fn text(&self, charset: Option<&str>) -> DecodedText {
        let (bytes, decoded) = self.decoded();
        let label = self.content_type.parameter("charset");
        let asked = charset.and_then(|charset| charset::decode_as(&bytes, charset));
        let mut text = asked.unwrap_or_else(|| charset::decode(&bytes, label.as_deref()));
        if !decoded.footer.is_empty() {
            text.text.push('\n');
            text.text
                .push_str(&charset::decode(&decoded.footer, label.as_deref()).text);
        }
        text
    }

    /// The text of the first `octets` of the encoded body.
    pub(super) fn beginning(&self, octets: usize) -> String {
        let start = self.body.get(..octets).unwrap_or(self.body);
        let label = self.content_type.parameter("charset");
        charset::decode(&self.encoding.decode(start).0, label.as_deref()).text
    }

    /// Whether the part may be shown as text of the mail rather than listed.
    pub(super) fn is_shown(&self) -> bool {
        self.disposition.word != "attachment" && self.file_name().is_none()
    }

    /// The file name as sent, decoded: Content-Disposition's, else Content-Type's.
    pub(super) fn file_name(&self) -> Option<String> {
        let given = self.disposition.parameter("filename");
        given.or_else(|| self.content_type.parameter("name"))
    }

    /// The raw value of its topmost field of that name.
    pub(super) fn field(&self, name: &str) -> Option<&[u8]> {
        let named = self
            .fields
            .iter()
            .find(|field| field.name.eq_ignore_ascii_case(name));
        named.map(|field| field.value)
    }

    /// Media type in lower case.
    pub(super) fn media_type(&self) -> &str {
        &self.content_type.word
    }

    /// Every leaf, depth first.
    pub(super) fn leaves(&self) -> Vec<&Self> {
        let mut found = Vec::new();
        let mut waiting = vec![self];
        while let Some(part) = waiting.pop() {
            if part.children.is_empty() {
                found.push(part);
            }
            waiting.extend(part.children.iter().rev());
        }
        found
    }
}

/// A part with its header read and its body still to be found.
pub(super) fn describe<'a>(fields: Vec<RawField<'a>>, default_type: &str) -> Part<'a> {
    let first = |name: &str| {
        fields
            .iter()
            .find(|f| f.name.eq_ignore_ascii_case(name))
            .map(|f| f.value)
    };
    let mut content_type = first("Content-Type").map(Structured::parse).unwrap_or_default();
    if !content_type.word.contains('/') {
        default_type_for(&content_type.word, default_type).clone_into(&mut content_type.word);
    }
    let disposition = first("Content-Disposition")
        .map(Structured::parse)
        .unwrap_or_default();
    let encoding = first("Content-Transfer-Encoding").map_or(TransferEncoding::Identity, |raw| {
        TransferEncoding::parse(&decode_value(raw))
    });
    Part {
        fields,
        content_type,
        disposition,
        encoding,
        body: &[],
        children: Vec::new(),
        leaf: 0,
    }
}

/// `Content-Type: text` and `html` occur in old mailers.
fn default_type_for<'d>(word: &str, default_type: &'d str) -> &'d str {
    match word {
        "html" => "text/html",
        "text" | "plain" => "text/plain",
        _ => default_type,
    }
}
