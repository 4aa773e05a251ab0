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
