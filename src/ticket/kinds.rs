//! The closed sets a ticket is described by.

crate::slug_enum! {
    /// What an inquiry is about (SPEC §9).
    pub enum Category {
        /// A question about an AWS service or feature.
        Technical = "technical",
        /// Something broke or deviates from expectation now.
        Diagnosis = "diagnosis",
        /// Money, contract data, the root user.
        AccountBilling = "account-billing",
        /// May we, is it allowed, lift the restriction.
        Restriction = "restriction",
        /// The machine abstained; a person decides.
        NeedsTriage = "needs-triage",
    }
}

crate::slug_enum! {
    /// Who handles a ticket (SPEC §1).
    pub enum Desk {
        /// Technical and diagnosis, around the clock.
        Technical = "technical",
        /// Accounts and billing, business days 09:00–17:00 JST.
        Billing = "account-and-billing",
        /// Restriction consultations.
        Contract = "contract",
    }
}

crate::slug_enum! {
    /// How hard the customer is hit; set by people, `normal` until then (SPEC §9).
    pub enum Severity {
        /// General guidance.
        Low = "low",
        /// System impaired.
        Normal = "normal",
        /// Production system impaired.
        High = "high",
        /// Production system down.
        Urgent = "urgent",
        /// Business-critical system down.
        Critical = "critical",
    }
}

crate::slug_enum! {
    /// Where a ticket stands (SPEC §1).
    pub enum TicketStatus {
        /// Opened by the machine, nobody has answered.
        New = "new",
        /// The account ID was asked for; the clock runs.
        AwaitingAccount = "awaiting-account",
        /// The customer waits for the desk.
        Open = "open",
        /// A reply was relayed.
        Answered = "answered",
        /// Staff wait for the customer.
        PendingCustomer = "pending-customer",
        /// AWS Support was asked.
        Escalated = "escalated",
        /// Done.
        Closed = "closed",
    }
}

crate::slug_enum! {
    /// The language a customer is written to in.
    pub enum Language {
        /// Japanese.
        Japanese = "ja",
        /// English.
        English = "en",
    }
}

impl Category {
    /// The desk that handles the category; needs-triage goes to the technical desk (SPEC §9).
    pub const fn desk(self) -> Desk {
        match self {
            Self::Technical | Self::Diagnosis | Self::NeedsTriage => Desk::Technical,
            Self::AccountBilling => Desk::Billing,
            Self::Restriction => Desk::Contract,
        }
    }
}

crate::slug_enum! {
    /// What a message in a ticket is (SPEC §1).
    pub enum MessageKind {
        /// Written by the customer's side.
        FromCustomer = "from-customer",
        /// Sent to the customer by the desk.
        ToCustomer = "to-customer",
        /// For the desk's eyes only.
        Note = "note",
        /// Written by AWS Support.
        FromAws = "from-aws",
        /// Written by the desk's machine, or by a customer's machine.
        System = "system",
    }
}

crate::slug_enum! {
    /// What became of one mail (SPEC §2); every mail seen ends in exactly one.
    pub enum MailOutcome {
        /// A ticket was opened.
        NewTicket = "new-ticket",
        /// It joined a ticket.
        FollowUp = "follow-up",
        /// A staff answer, relayed.
        StaffReply = "staff-reply",
        /// A staff mail that only commands or notes.
        StaffCommand = "staff-command",
        /// A staff mail sent to the customer directly.
        AnsweredOutside = "answered-outside",
        /// A staff mail that was not trusted enough.
        Held = "held",
        /// A delivery report.
        Bounce = "bounce",
        /// A notice that a mail was opened or deleted.
        Receipt = "receipt",
        /// Written by a machine.
        AutoReply = "auto-reply",
        /// One of our own mails.
        OwnMail = "own-mail",
        /// A notice of AWS that concerns a customer.
        AwsNotice = "aws-notice",
        /// A notice nobody needs.
        IgnoredNotice = "ignored-notice",
        /// Could not be read; its bytes are kept.
        Quarantined = "quarantined",
        /// The same mail was taken before.
        Duplicate = "duplicate",
    }
}

crate::slug_enum! {
    /// What happened to a ticket.
    pub enum EventKind {
        /// It was opened.
        Opened = "opened",
        /// Somebody at the desk confirmed for whom it was opened.
        Confirmed = "confirmed",
        /// The customer's side wrote.
        CustomerWrote = "customer-wrote",
        /// Somebody new takes part.
        ParticipantJoined = "participant-joined",
        /// The missing account ID arrived.
        AccountCompleted = "account-completed",
        /// A staff answer was relayed.
        StaffReplied = "staff-replied",
        /// A staff member left a note.
        Noted = "noted",
        /// The status was changed.
        StatusChanged = "status-changed",
        /// Category, account, severity or assignee was corrected by a person.
        Corrected = "corrected",
        /// Somebody took it, or nobody has it any more.
        Assigned = "assigned",
        /// An answer was taken back before it went out.
        Recalled = "recalled",
        /// It goes on under another ticket, or another one goes on here.
        Merged = "merged",
        /// A mail of it became a ticket of its own.
        Split = "split",
        /// A person called it no inquiry.
        MarkedSpam = "marked-spam",
        /// A staff mail was held.
        Held = "held",
        /// A held mail was released.
        Released = "released",
        /// A mail of ours came back.
        Bounced = "bounced",
        /// A machine's mail was stored.
        MachineWrote = "machine-wrote",
        /// A mail of ours could not be delivered.
        DeliveryFailed = "delivery-failed",
        /// A person decided on a mail of ours that could not be delivered.
        DeliveryDecided = "delivery-decided",
    }
}
