//! What a notification is about, as its template and the code that sends it name it.

crate::slug_enum! {
    /// Why the people of a desk are told of a ticket.
    pub enum NotificationKind {
        /// A new inquiry.
        New = "new",
        /// A colleague has passed on a customer's mail, and whose it is waits to be confirmed.
        Proposed = "proposed",
        /// A colleague has confirmed whose mail it is that the reader passed on.
        Confirmed = "confirmed",
        /// The customer has written again.
        Update = "update",
        /// Another desk had it until now.
        Moved = "moved",
        /// A mail to the customer came back.
        Bounced = "bounced",
        /// A notice of AWS.
        AwsNotice = "aws-notice",
        /// A colleague has given it to the reader.
        Assigned = "assigned",
        /// A colleague has taken it from the reader.
        TakenOver = "taken-over",
        /// A mail of another ticket became a ticket of its own.
        Split = "split",
        /// A colleague has answered what the reader had answered or has taken.
        Answered = "answered",
    }
}

impl NotificationKind {
    /// Whether a command of a colleague causes it, whose own words are no customer's: the customer's last words
    /// are shown once more.
    pub const fn is_told_again(self) -> bool {
        match self {
            Self::Confirmed
            | Self::Moved
            | Self::Assigned
            | Self::TakenOver
            | Self::Split
            | Self::Answered => true,
            Self::New | Self::Proposed | Self::Update | Self::Bounced | Self::AwsNotice => false,
        }
    }
}
