//! What a delivery report says, whatever system wrote it.

use crate::mail::address::EmailAddress;
use crate::mail::message_id::MessageId;

crate::slug_enum! {
    /// What happened to one recipient (RFC 3464 §2.3.3).
    pub enum BounceAction {
        /// Given up: the mail was not delivered.
        Failed = "failed",
        /// Still being tried.
        Delayed = "delayed",
        /// Handed to its mailbox.
        Delivered = "delivered",
        /// Handed to a system that sends no reports.
        Relayed = "relayed",
        /// Sent on to several addresses.
        Expanded = "expanded",
    }
}

/// What a report says of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct BouncedRecipient {
    /// The address that failed, as the report gives it.
    pub address: Option<EmailAddress>,
    /// Enhanced status code (RFC 3463) such as `5.1.1`, given or derived from the reply code.
    pub status: Option<String>,
    /// What happened.
    pub action: BounceAction,
    /// The remote server's words.
    pub diagnostic: Option<String>,
}

/// A machine's report about a mail sent earlier.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub enum Report {
    /// A delivery status notification, standard or not.
    Bounce {
        /// One entry a recipient.
        recipients: Vec<BouncedRecipient>,
        /// Message-ID of the mail that bounced, from the returned part or the text.
        original_message_id: Option<MessageId>,
    },
    /// A message disposition notification: opened, deleted (RFC 8098).
    Receipt {
        /// Message-ID of the mail it is about.
        original_message_id: Option<MessageId>,
    },
    /// An abuse feedback report (RFC 5965).
    Feedback {
        /// Message-ID of the mail it is about.
        original_message_id: Option<MessageId>,
    },
}
