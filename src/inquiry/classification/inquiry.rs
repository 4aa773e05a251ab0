//! What classification looks at.

crate::slug_enum! {
    /// The part of a mail a rule looks at.
    pub enum Field {
        /// The Subject header.
        Subject = "subject",
        /// What the author wrote now.
        Written = "written",
        /// What was quoted or forwarded.
        Quoted = "quoted",
    }
}

/// One inquiry, as far as its content matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Inquiry<'a> {
    /// Decoded subject.
    pub subject: &'a str,
    /// The visible text without quotes and signature.
    pub written: &'a str,
    /// Quoted and forwarded text; only flags are read from it.
    pub quoted: &'a str,
    /// The author's address is one of AWS's own.
    pub sender_is_aws: bool,
}

impl<'a> Inquiry<'a> {
    /// The text of one field.
    pub const fn text(&self, field: Field) -> &'a str {
        match field {
            Field::Subject => self.subject,
            Field::Written => self.written,
            Field::Quoted => self.quoted,
        }
    }
}
