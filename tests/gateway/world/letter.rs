//! A mail the desk has sent, as its receiver sees it.

use madoguchi::mail::InboundMessage;
use madoguchi::mail::parse::parse_mail;

/// One received mail.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    /// Envelope sender.
    pub(crate) envelope_sender: String,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// What they say.
    pub(crate) message: InboundMessage,
}

impl Letter {
    /// Reads the bytes with the desk's own reader.
    pub(crate) fn read(sender: &str, bytes: &[u8]) -> Self {
        let message = parse_mail(bytes).unwrap();

        Self {
            envelope_sender: sender.to_owned(),
            bytes: bytes.to_vec(),
            message,
        }
    }

    /// Its Message-ID with angle brackets.
    pub(crate) fn id(&self) -> String {
        self.message.message_id.as_ref().unwrap().to_string()
    }

    /// The address a reply goes to.
    pub(crate) fn reply_address(&self) -> String {
        let author = self.message.single_author().unwrap();
        self.message
            .reply_to
            .first()
            .unwrap_or(author)
            .address
            .to_string()
    }

    /// One header.
    pub(crate) fn header(&self, name: &str) -> String {
        self.message.header(name).unwrap_or_default().to_owned()
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.message.text
    }

    /// Whether a mail client would show it below the other one: it names it, and the subjects agree.
    pub(crate) fn threads_with(&self, other: &Letter) -> bool {
        let named = self
            .message
            .references
            .contains(other.message.message_id.as_ref().unwrap());
        let base = |letter: &Letter| letter.message.subject.trim_start_matches("Re: ").to_owned();
        named && base(self) == base(other)
    }

    /// The mail as a person reads it, with what changes from run to run blanked.
    pub(crate) fn shown(&self) -> String {
        let list = |boxes: &[madoguchi::mail::Mailbox]| {
            boxes
                .iter()
                .map(|m| format!("{} <{}>", m.name.as_deref().unwrap_or(""), m.address))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let mut out = String::new();
        let author: Vec<_> = self.message.single_author().cloned().into_iter().collect();
        let mut line = |name: &str, value: String| {
            if !value.is_empty() {
                out.push_str(&format!("{name}: {value}\n"));
            }
        };
        line("From", list(&author));
        line("To", list(&self.message.to));
        line("Cc", list(&self.message.cc));
        line("Subject", self.message.subject.clone());
        line("Auto-Submitted", self.header("Auto-Submitted"));
        format!("{out}\n{}", self.message.text.trim_end())
    }
}
