//! What outgoing mails are for: who reads them, and which go first (SPEC §14).

crate::slug_enum! {
    /// What an outgoing mail is for.
    pub enum Purpose {
        /// Tells the customer that the inquiry has arrived.
        Acknowledgement = "acknowledgement",
        /// Tells the customer that the account ID was filed.
        AccountCompleted = "account-completed",
        /// Tells the customer that other hours apply.
        ClockChanged = "clock-changed",
        /// Reminds the customer of a question of the desk.
        Reminder = "reminder",
        /// Tells the customer that the inquiry was closed without their answer.
        Closed = "closed",
        /// A staff answer to the customer.
        Answer = "answer",
        /// Tells the staff member what went out.
        Receipt = "receipt",
        /// Tells staff of a new or updated ticket.
        Notification = "notification",
        /// Asks the registered address whether a held mail is theirs, or says why it was held.
        HeldNotice = "held-notice",
        /// Tells staff of trouble with a mail.
        Alarm = "alarm",
        /// Tells staff and the on-call address of a target, or of a grave ticket.
        Warning = "warning",
        /// Asks a staff member to show that the anchor passes, or says whether it did.
        Probe = "probe",
        /// Leads somebody who asked for it into the page.
        SignIn = "entry-link",
        /// A mail to ourselves that proves the whole way.
        SelfProbe = "self-probe",
    }
}

impl Purpose {
    /// Whether it is written to the customer's side; everything else is for staff.
    pub const fn is_to_customer(self) -> bool {
        match self {
            Self::Acknowledgement
            | Self::AccountCompleted
            | Self::ClockChanged
            | Self::Reminder
            | Self::Closed
            | Self::Answer => true,
            Self::Receipt
            | Self::Notification
            | Self::HeldNotice
            | Self::Alarm
            | Self::Warning
            | Self::Probe
            | Self::SignIn
            | Self::SelfProbe => false,
        }
    }

    /// Whether nobody of the desk has asked for it: it stops where a machine answers us (SPEC §5).
    pub const fn is_automatic(self) -> bool {
        match self {
            Self::Acknowledgement
            | Self::AccountCompleted
            | Self::ClockChanged
            | Self::Reminder
            | Self::Closed
            | Self::Notification
            | Self::Warning => true,
            Self::Answer
            | Self::Receipt
            | Self::HeldNotice
            | Self::Alarm
            | Self::Probe
            | Self::SelfProbe
            | Self::SignIn => false,
        }
    }

    /// Lower goes first: customers before staff (SPEC §14).
    pub const fn priority(self) -> i64 {
        match self {
            Self::Acknowledgement | Self::AccountCompleted | Self::ClockChanged | Self::SignIn => 1,
            Self::Answer | Self::Reminder | Self::Closed => 2,
            Self::Alarm | Self::HeldNotice | Self::Warning => 3,
            Self::Notification | Self::Receipt | Self::Probe | Self::SelfProbe => 4,
        }
    }
}
