//! The typed mail: what every later stage looks at instead of bytes.
//!
//! Comes in: nothing (pure data; `mail::parse` fills it). Goes out: [`InboundMessage`]. All text in it is
//! decoded, free of NUL and control characters, with LF line ends; every address was split out of its
//! header before decoding.

use chrono::{DateTime, FixedOffset};

use super::address::{EmailAddress, Mailbox};
use super::bounce::Report;
use super::clean;
use super::message_id::MessageId;
use super::reply::VisibleReply;
use super::special::SpecialMail;

/// Longest detail of a problem, in characters: it may quote what the mail says of itself.
const MAX_DETAIL_CHARS: usize = 200;

/// One mail as the desk understands it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct InboundMessage {
    /// Who From says wrote it; a claim until `authentication` has looked at it.
    pub author: Author,
    /// Sender, where it names exactly one mailbox.
    pub sender: Option<Mailbox>,
    /// Reply-To mailboxes.
    pub reply_to: Vec<Mailbox>,
    /// To mailboxes.
    pub to: Vec<Mailbox>,
    /// Cc mailboxes.
    pub cc: Vec<Mailbox>,
    /// Delivered-To, X-Original-To and Envelope-To: where mail servers say it went.
    pub delivered_to: Vec<EmailAddress>,
    /// Return-Path as the last server wrote it.
    pub return_path: ReturnPath,
    /// Decoded Subject on one line; empty where there is none.
    pub subject: String,
    /// Date header.
    pub date: Option<DateTime<FixedOffset>>,
    /// Message-ID header.
    pub message_id: Option<MessageId>,
    /// In-Reply-To identifiers.
    pub in_reply_to: Vec<MessageId>,
    /// References identifiers, oldest first.
    pub references: Vec<MessageId>,
    /// All header fields in order, decoded.
    pub headers: Vec<Header>,
    /// The whole text, from the best text part.
    pub text: String,
    /// Where [`text`](Self::text) came from.
    pub text_source: TextSource,
    /// The decoder that was used for the text, such as `iso-2022-jp`.
    pub charset: Option<String>,
    /// What was newly written, and what was folded away; the pieces cover all of `text`.
    pub reply: VisibleReply,
    /// Attachments in order; contents are read from the raw mail on demand.
    pub attachments: Vec<Attachment>,
    /// The machine-readable report of a DSN, MDN or feedback mail, or of a non-standard bounce.
    pub report: Option<Report>,
    /// What the mail is besides a message: encrypted, an invitation, a reaction.
    pub special: Option<SpecialMail>,
    /// What was damaged, guessed or cut; nothing here stops the mail.
    pub problems: Vec<Problem>,
}

impl InboundMessage {
    /// The single author, or `None` where From is missing or ambiguous.
    pub fn single_author(&self) -> Option<&Mailbox> {
        match &self.author {
            Author::One(mailbox) => Some(mailbox),
            Author::Ambiguous { .. } | Author::Missing => None,
        }
    }

    /// The mailbox to show as the author's: the single one, else the first that could be meant. Only shown,
    /// never trusted.
    pub fn shown_author(&self) -> Option<&Mailbox> {
        match &self.author {
            Author::One(mailbox) => Some(mailbox),
            Author::Ambiguous { seen, .. } => seen.first(),
            Author::Missing => None,
        }
    }

    /// The values of every header of that name, topmost first; case is ignored.
    pub fn headers_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.headers
            .iter()
            .filter(move |h| h.name.eq_ignore_ascii_case(name))
            .map(|h| h.value.as_str())
    }

    /// The topmost header of that name.
    pub fn header<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.headers_named(name).next()
    }

    /// Every identifier this mail says it answers: In-Reply-To first, then References from the newest.
    pub fn answered_ids(&self) -> impl Iterator<Item = &MessageId> {
        self.in_reply_to.iter().chain(self.references.iter().rev())
    }

    /// Every address the mail was sent to or delivered to.
    pub fn recipients(&self) -> impl Iterator<Item = &EmailAddress> {
        self.to
            .iter()
            .chain(&self.cc)
            .map(|m| &m.address)
            .chain(&self.delivered_to)
    }
}

/// Who wrote a mail, as From tells it (RFC 5322 §3.6.2, SPEC §6).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub enum Author {
    /// Exactly one From field with exactly one mailbox.
    One(Mailbox),
    /// Two From fields, several mailboxes, a group, or a From that reads in two ways.
    Ambiguous {
        /// What is ambiguous, kebab-case.
        why: &'static str,
        /// Every mailbox that could be meant.
        seen: Vec<Mailbox>,
    },
    /// No From, or no address in it.
    Missing,
}

/// The envelope sender as the delivering server recorded it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub enum ReturnPath {
    /// No Return-Path header.
    Absent,
    /// `<>`: a bounce or an automatic answer.
    Null,
    /// An ordinary sender.
    Address(EmailAddress),
}

/// One header field.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Header {
    /// Field name as written, trimmed.
    pub name: String,
    /// Decoded value on one line.
    pub value: String,
}

crate::slug_enum! {
    /// Which part of a mail its text was taken from.
    pub enum TextSource {
        /// A text/plain part.
        Plain = "plain",
        /// An HTML part, turned to text.
        Html = "html",
        /// A calendar part, turned to text.
        Calendar = "calendar",
        /// A mail inside the mail, which has no text of its own: other people's words.
        Contained = "contained",
        /// No text part at all.
        None = "none",
    }
}

/// An attachment as a person sees it listed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Attachment {
    /// Decoded file name, made safe to show; `None` where the mail gives none.
    pub name: Option<String>,
    /// Media type in lower case, `type/subtype`.
    pub media_type: String,
    /// Decoded size in octets.
    pub size: u64,
    /// Shown inside the HTML text rather than listed (by the HTML's reference, not only the header).
    pub inline: bool,
    /// Which leaf part of the raw mail holds it, counted depth first from 0.
    pub part: usize,
    /// An archive or document that needs a password.
    pub encrypted: bool,
    /// The name by which the text refers to it (RFC 2392), without brackets.
    #[serde(skip)]
    pub content_id: Option<String>,
}

/// Something about a mail that was damaged, guessed or cut.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Problem {
    /// Stable kebab-case slug such as `base64-garbage`.
    pub slug: &'static str,
    /// Where or what, for the person who looks.
    pub detail: String,
}

impl Problem {
    /// A problem with its detail, which is made safe to show.
    pub fn new(slug: &'static str, detail: impl Into<String>) -> Self {
        let detail = clean::line(&detail.into());
        Self {
            slug,
            detail: detail.chars().take(MAX_DETAIL_CHARS).collect(),
        }
    }
}
