//! Why a command is not carried out, as data: the letters to staff and the page put it into words.

use strsim::damerau_levenshtein;

use super::command::WORDS;

crate::slug_enum! {
    /// Why a command is not carried out. Nothing of the mail is done then.
    pub enum CommandTrouble {
        /// No command has this name.
        UnknownCommand = "unknown-command",
        /// The command needs a word after it.
        ArgumentMissing = "argument-missing",
        /// The word after it is none that the command knows.
        ArgumentUnknown = "argument-unknown",
        /// The account is not contracted to the ticket's customer.
        AccountNotOfCustomer = "account-not-of-customer",
        /// Nobody on the staff list has this name.
        StaffUnknown = "staff-unknown",
        /// More than one on the staff list could be meant.
        StaffAmbiguous = "staff-ambiguous",
        /// That member does not serve the ticket's desk.
        StaffNotOnDesk = "staff-not-on-desk",
        /// There is no ticket with this number.
        TicketUnknown = "ticket-unknown",
        /// The other ticket belongs to another customer, or to none.
        TicketOfAnotherCustomer = "ticket-of-another-customer",
        /// A ticket cannot be merged with itself, nor with one that was merged into it.
        TicketItself = "ticket-itself",
        /// The address belongs to a contact of another customer.
        AddressOfAnotherCustomer = "address-of-another-customer",
        /// The address is the desk's own, or a staff member's.
        AddressOfDesk = "address-of-desk",
        /// Nobody waits to be accepted on this ticket.
        NothingToAccept = "nothing-to-accept",
        /// A colleague has confirmed already for whom the ticket was opened.
        AlreadyConfirmed = "already-confirmed",
        /// The ticket was closed before anybody confirmed for whom it was opened.
        ClosedBeforeConfirmed = "closed-before-confirmed",
        /// Nobody has confirmed yet for whom the ticket was opened.
        NotConfirmed = "not-confirmed",
        /// Nobody has confirmed yet for whom the ticket was opened that the author wants to join.
        RelatedNotConfirmed = "related-not-confirmed",
        /// No single sender was read from the forward; the address has to be named.
        SenderNotNamed = "sender-not-named",
        /// Nobody among the customer's contacts has this name or address.
        PersonUnknown = "person-unknown",
        /// There is only one mail of the customer, so nothing can be split off.
        NothingToSplit = "nothing-to-split",
        /// Nothing of this ticket waits to be sent.
        NothingToRecall = "nothing-to-recall",
        /// The answer has been sent already.
        TooLateToRecall = "too-late-to-recall",
        /// Nothing of this ticket is held.
        NothingHeld = "nothing-held",
        /// What is held of this ticket is let go by nobody's mail.
        HeldForGood = "held-for-good",
        /// Several mails are held, or one that its owner has not seen yet: it has to be named.
        HeldToChoose = "held-to-choose",
        /// No held mail of the ticket has this name.
        HeldUnknown = "held-unknown",
        /// It stands alone in a mail, so that it is clear what goes out.
        SendAlone = "send-alone",
        /// A held mail goes out by an answer to the request that was sent about it.
        SendElsewhere = "send-elsewhere",
        /// A note keeps everything inside, and this command sends something.
        NotWithNote = "not-with-note",
        /// This version does not have it.
        NotAvailable = "not-available",
    }
}

/// A command that is not carried out, with what its author wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The line as written.
    pub line: String,
    /// Why.
    pub trouble: CommandTrouble,
    /// What may have been meant, or what could be written instead.
    pub hint: String,
}

impl Refused {
    /// A refusal without a hint.
    pub fn new(line: &str, trouble: CommandTrouble) -> Self {
        Self {
            line: line.trim().to_owned(),
            trouble,
            hint: String::new(),
        }
    }

    /// The same with what could be written instead.
    #[must_use]
    pub fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// No command has this name; the nearest one is offered.
    pub(super) fn unknown(line: &str, word: &str) -> Self {
        /// A word this far away is another word, not a slip of the finger.
        const FARTHEST: usize = 2;
        let nearest = WORDS
            .iter()
            .map(|known| (damerau_levenshtein(word, known), known))
            .min_by_key(|(distance, _)| *distance)
            .filter(|(distance, _)| *distance <= FARTHEST);
        let refused = Self::new(line, CommandTrouble::UnknownCommand);
        match nearest {
            Some((_, known)) => refused.hinting(format!("#{known}")),
            None => refused,
        }
    }
}
