//! Mails of the demo's people: what they write, and what they read.

use std::fmt::Write;

use crate::mail::parse::parse_mail;
use crate::mail::{InboundMessage, Mailbox, MessageId};

/// A mail as its receiver reads it.
#[derive(Debug, Clone)]
pub struct Letter {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// What they say.
    pub message: InboundMessage,
}

impl Letter {
    /// Reads the bytes; `None` for what is no mail.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            message: parse_mail(bytes).ok()?,
            bytes: bytes.to_vec(),
        })
    }

    /// Where a reply goes: Reply-To, else From.
    pub fn reply_address(&self) -> Option<&Mailbox> {
        self.message
            .reply_to
            .first()
            .or_else(|| self.message.single_author())
    }

    /// Whether it lies in the thread of that mail: it names it, and the subjects agree.
    pub fn threads_with(&self, id: &MessageId, subject: &str) -> bool {
        let base = |subject: &str| subject.trim_start_matches("Re: ").to_owned();
        self.message.references.contains(id) && base(&self.message.subject) == base(subject)
    }

    /// The mail as a person sees it in a mail client.
    pub fn shown(&self) -> String {
        let mut out = String::new();
        let people = |list: &[Mailbox]| {
            let one = |m: &Mailbox| {
                m.name
                    .as_ref()
                    .map_or_else(|| m.address.to_string(), |name| format!("{name} <{}>", m.address))
            };
            list.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        let from: Vec<Mailbox> = self.message.single_author().cloned().into_iter().collect();
        for (name, value) in [
            ("From", people(&from)),
            ("To", people(&self.message.to)),
            ("Cc", people(&self.message.cc)),
            ("Subject", self.message.subject.clone()),
        ] {
            if !value.is_empty() {
                // Writing to a string cannot fail.
                let _ = writeln!(out, "│ {name:8} {value}");
            }
        }
        out.push_str("│\n");
        for line in self.message.text.trim_end().lines() {
            let _ = writeln!(out, "│ {line}");
        }
        out
    }
}

/// A mail that somebody writes.
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    /// Display name and address.
    pub from: (&'a str, &'a str),
    /// Recipient.
    pub to: &'a str,
    /// Subject.
    pub subject: &'a str,
    /// The mail it answers.
    pub answers: Option<&'a Letter>,
    /// The text written now.
    pub text: &'a str,
    /// What makes its Message-ID unique.
    pub unique: String,
}

impl Outgoing<'_> {
    /// Its Message-ID.
    pub fn id(&self) -> Option<MessageId> {
        let domain = self.from.1.rsplit('@').next().unwrap_or("invalid");
        MessageId::parse(&format!("{}@{domain}", self.unique))
    }

    /// The bytes, as a plain mail client writes them; an answer quotes what it answers.
    pub fn bytes(&self, date: chrono::DateTime<chrono::Utc>) -> Vec<u8> {
        let mut raw = String::new();
        let word = |text: &str| format!("=?UTF-8?B?{}?=", data_encoding::BASE64.encode(text.as_bytes()));
        let id = self.id().map(|id| id.to_string()).unwrap_or_default();
        let _ = write!(
            raw,
            "From: {} <{}>\r\nTo: <{}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: {id}\r\n",
            word(self.from.0),
            self.from.1,
            self.to,
            word(self.subject),
            date.to_rfc2822(),
        );
        if let Some((letter, answered)) = self
            .answers
            .and_then(|l| l.message.message_id.as_ref().map(|id| (l, id)))
        {
            let chain: Vec<String> = letter
                .message
                .references
                .iter()
                .chain(Some(answered))
                .map(ToString::to_string)
                .collect();
            let _ = write!(
                raw,
                "In-Reply-To: {answered}\r\nReferences: {}\r\n",
                chain.join("\r\n ")
            );
        }
        raw.push_str("MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
        let mut text = self.text.to_owned();
        if let Some(letter) = self.answers {
            let author = letter
                .message
                .single_author()
                .map(|m| m.address.to_string())
                .unwrap_or_default();
            let _ = write!(text, "\n\n{} {author}:\n", date.format("%Y/%m/%d %H:%M"));
            for line in letter.message.text.lines() {
                let _ = writeln!(text, "> {line}");
            }
        }
        let encoded = data_encoding::BASE64.encode(text.as_bytes());
        for line in encoded.as_bytes().chunks(76) {
            raw.push_str(&String::from_utf8_lossy(line));
            raw.push_str("\r\n");
        }
        raw.into_bytes()
    }
}
