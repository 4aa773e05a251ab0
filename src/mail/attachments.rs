//! What a mail carries besides its text. Comes in: the opened mail. Goes out: its attachments in order, with
//! names a person can read; contents stay in the raw mail.

use super::archive;
use super::leaf::Leaf;
use super::message::Attachment;
use super::opened::Opened;
use super::smime;
use super::tree::Node;

/// Parts that serve the mail itself and mean nothing to a person.
const SERVICE_TYPES: &[&str] = &[
    "application/pkcs7-signature",
    "application/x-pkcs7-signature",
    "application/pgp-signature",
    "application/pgp-encrypted",
    "application/ms-tnef-signature",
    "message/delivery-status",
    "message/global-delivery-status",
    "message/disposition-notification",
    "message/feedback-report",
    "text/rfc822-headers",
    "text/vnd.google.email-reaction+json",
    "text/x-amp-html",
];

/// Lists the attachments of a mail.
pub(super) fn list(opened: &Opened<'_>) -> Vec<Attachment> {
    let mut siblings = Vec::new();
    text_alternatives(&opened.tree.root, false, &mut siblings);
    let leaves = opened.tree.leaves.iter().enumerate();
    leaves
        .filter(|(at, leaf)| {
            let is_variant = siblings.contains(at) && leaf.media_type.starts_with("text/") && !leaf.is_file();
            !opened.body.used.contains(at)
                && !opened.unpacked.contains(at)
                && !SERVICE_TYPES.contains(&leaf.media_type.as_str())
                && !is_variant
                && !is_blank_text(leaf)
        })
        .map(|(at, leaf)| describe(at, leaf, &opened.body.content_ids))
        .collect()
}

/// Leaves inside a multipart/alternative: other forms of the text.
fn text_alternatives(node: &Node, inside: bool, found: &mut Vec<usize>) {
    match node {
        Node::Leaf(at) => found.extend(inside.then_some(*at)),
        Node::Multipart(subtype, children) => {
            for child in children {
                text_alternatives(child, inside || subtype == "alternative", found);
            }
        }
    }
}

fn is_blank_text(leaf: &Leaf<'_>) -> bool {
    !leaf.is_file() && leaf.media_type == "text/plain" && leaf.body.iter().all(u8::is_ascii_whitespace)
}

fn describe(part: usize, leaf: &Leaf<'_>, content_ids: &[String]) -> Attachment {
    let name = leaf.name();
    let content_id = leaf.content_id.as_deref();
    let shown = content_id.is_some_and(|id| content_ids.iter().any(|shown| shown == id));
    Attachment {
        size: u64::try_from(leaf.size()).unwrap_or(u64::MAX),
        inline: shown,
        encrypted: is_encrypted(leaf, name.as_deref()),
        media_type: leaf.media_type.clone(),
        content_id: content_id.map(str::to_owned),
        name,
        part,
    }
}

fn is_encrypted(leaf: &Leaf<'_>, name: Option<&str>) -> bool {
    if smime::is_candidate(leaf) {
        return smime::is_encrypted(&leaf.decoded().0);
    }
    archive::could_be_encrypted(name, &leaf.media_type) && archive::is_encrypted(&leaf.decoded().0)
}
