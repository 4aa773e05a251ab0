//! The transitions of a ticket's status (SPEC §1); the only place that knows them.

use super::TicketStatus;

/// What can change a ticket's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// The customer's side wrote something that is no bare thanks.
    CustomerWrote,
    /// The account ID that was asked for arrived.
    AccountArrived,
    /// A staff answer was relayed.
    AnswerRelayed,
    /// Staff wait for the customer (`#pending`).
    PendingAsked,
    /// Staff or the customer call it done (`#close`).
    CloseAsked,
    /// A mail to the customer came back for good.
    AnswerBounced,
}

impl TicketStatus {
    /// The status after something happened.
    #[must_use]
    pub const fn after(self, happening: Happening) -> Self {
        match (self, happening) {
            (Self::AwaitingAccount, Happening::CustomerWrote) => Self::AwaitingAccount,
            (Self::New, Happening::CustomerWrote) | (Self::AwaitingAccount, Happening::AccountArrived) => {
                Self::New
            }
            (status, Happening::AccountArrived) => status,
            (_, Happening::CustomerWrote | Happening::AnswerBounced) => Self::Open,
            (_, Happening::AnswerRelayed) => Self::Answered,
            (_, Happening::PendingAsked) => Self::PendingCustomer,
            (_, Happening::CloseAsked) => Self::Closed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customers_mail_makes_an_answered_pending_or_closed_ticket_open_again() {
        for status in [
            TicketStatus::Answered,
            TicketStatus::PendingCustomer,
            TicketStatus::Closed,
        ] {
            assert_eq!(status.after(Happening::CustomerWrote), TicketStatus::Open);
        }
    }

    #[test]
    fn a_ticket_that_nobody_answered_stays_new_when_the_customer_adds_something() {
        assert_eq!(
            TicketStatus::New.after(Happening::CustomerWrote),
            TicketStatus::New
        );
    }

    #[test]
    fn the_account_id_completes_a_waiting_ticket_and_changes_no_other() {
        assert_eq!(
            TicketStatus::AwaitingAccount.after(Happening::AccountArrived),
            TicketStatus::New
        );
        assert_eq!(
            TicketStatus::Answered.after(Happening::AccountArrived),
            TicketStatus::Answered
        );
    }
}
