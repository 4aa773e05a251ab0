//! Where a text stood in the mail. An ID in the customer's own words counts in full; one in quoted or
//! attached text may belong to somebody else's question and counts less.

crate::slug_enum! {
    /// The part of a mail a text was taken from.
    pub enum Place {
        /// The Subject header.
        Subject = "subject",
        /// What the author wrote now.
        Written = "written",
        /// The author's signature.
        Signature = "signature",
        /// Quoted from an earlier mail.
        Quoted = "quoted",
        /// A forwarded mail.
        Forwarded = "forwarded",
        /// The name of an attachment.
        AttachmentName = "attachment-name",
        /// The text of an attachment.
        AttachmentText = "attachment-text",
    }
}

/// One text of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// Where it stood.
    pub place: Place,
    /// The text as written.
    pub text: &'a str,
}

impl Place {
    /// What evidence from here is worth, in percent of evidence in the author's own words.
    pub(super) const fn weight_percent(self) -> u32 {
        match self {
            Self::Subject | Self::Written => 100,
            Self::Forwarded | Self::AttachmentName => 60,
            Self::Quoted | Self::AttachmentText | Self::Signature => 50,
        }
    }

    /// Whether the author wrote it for this mail.
    pub(super) const fn is_fresh(self) -> bool {
        matches!(self, Self::Subject | Self::Written)
    }
}
