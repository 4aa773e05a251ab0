//! The ticket of a mail that names none: a password's file was sent shortly before, a recall bears the subject
//! of what it takes back, AWS writes of one event once for each account. Comes in: the mail. Goes out: the
//! ticket, where there is one. Other mails are not looked up.

use chrono::{DateTime, TimeDelta, Utc};

use super::situation::facts;
use crate::inquiry::screening::is_aws_sender;
use crate::inquiry::{KnownContact, TicketFacts, event_key, same_base};
use crate::mail::parse::parse_mail;
use crate::mail::{EmailAddress, InboundMessage, SpecialMail, recalled_subject};
use crate::store::{StoreError, Tx, mails, messages, tickets};

/// A password follows its file within this time (SPEC §4).
const PASSWORD_MINUTES: i64 = 60;

/// Notices of one event within this time are one ticket (SPEC §5).
const SAME_EVENT_HOURS: i64 = 24;

/// A mail is taken back within this time, or it has been dealt with.
const RECALL_DAYS: i64 = 14;

/// Tickets that are looked through.
const MOST_TICKETS: i64 = 50;

/// Files of a gateway's domain that are looked at for an encrypted one.
const MOST_FILES: i64 = 5;

/// What is known when the ticket is looked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) message: &'a InboundMessage,
    pub(super) contacts: &'a [KnownContact],
    pub(super) number_prefix: &'a str,
    pub(super) now: DateTime<Utc>,
}

impl Beside<'_> {
    /// Finds the ticket.
    pub(super) async fn find(&self, tx: &mut Tx) -> Result<Option<TicketFacts>, StoreError> {
        let Some(author) = self.message.single_author().map(|author| &author.address) else {
            return Ok(None);
        };
        if is_aws_sender(author) {
            self.same_event(tx, author).await
        } else if self.message.special == Some(SpecialMail::Recall) {
            self.recalled(tx).await
        } else if self.message.is_password_notice() {
            self.file_before(tx, author).await
        } else {
            Ok(None)
        }
    }

    async fn same_event(
        &self,
        tx: &mut Tx,
        author: &EmailAddress,
    ) -> Result<Option<TicketFacts>, StoreError> {
        let since = self.now - TimeDelta::hours(SAME_EVENT_HOURS);
        let key = event_key(&self.message.subject, &self.message.text);
        for ticket in tickets::list_recent_notices(tx, author, since, MOST_TICKETS).await? {
            // The subject is most of the key: the text is fetched only where it can still agree.
            if event_key(&ticket.subject, "") != event_key(&self.message.subject, "") {
                continue;
            }
            let first = messages::list_messages(tx, ticket.id).await?.into_iter().next();
            if first.is_some_and(|first| event_key(&ticket.subject, &first.body) == key) {
                return facts(tx, ticket.id).await;
            }
        }
        Ok(None)
    }

    async fn recalled(&self, tx: &mut Tx) -> Result<Option<TicketFacts>, StoreError> {
        let subject = recalled_subject(&self.message.subject);
        let since = self.now - TimeDelta::days(RECALL_DAYS);
        for known in self.contacts {
            let recent = tickets::list_recent_tickets_of(tx, &known.customer.id, since, MOST_TICKETS).await?;
            let found = recent
                .into_iter()
                .find(|ticket| same_base(&ticket.subject, subject, self.number_prefix));
            if let Some(ticket) = found {
                return facts(tx, ticket.id).await;
            }
        }
        Ok(None)
    }

    /// The author's own last mail; a gateway's notice goes with the last encrypted file from behind it.
    async fn file_before(
        &self,
        tx: &mut Tx,
        author: &EmailAddress,
    ) -> Result<Option<TicketFacts>, StoreError> {
        let since = self.now - TimeDelta::minutes(PASSWORD_MINUTES);
        if let Some(ticket) = messages::find_last_ticket_of(tx, author, since).await? {
            return facts(tx, ticket).await;
        }
        for (ticket, mail, sender) in
            messages::list_mails_since(tx, since, MOST_FILES, author.domain()).await?
        {
            let behind = EmailAddress::parse(&sender).is_ok_and(|sender| is_related(&sender, author));
            if behind && carries_encrypted_file(tx, mail).await? {
                return facts(tx, ticket).await;
            }
        }
        Ok(None)
    }
}

/// One domain is the other's or lies below it, as a gateway's does; a top-level domain relates nobody.
fn is_related(one: &EmailAddress, other: &EmailAddress) -> bool {
    let below = |inner: &str, outer: &str| {
        outer.contains('.')
            && inner
                .strip_suffix(outer)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    below(one.domain(), other.domain()) || below(other.domain(), one.domain())
}

async fn carries_encrypted_file(tx: &mut Tx, mail: uuid::Uuid) -> Result<bool, StoreError> {
    let Some(stored) = mails::find_mail(tx, mail).await? else {
        return Ok(false);
    };
    let encrypted = |message: InboundMessage| message.attachments.iter().any(|file| file.encrypted);
    Ok(parse_mail(&stored.raw).is_ok_and(encrypted))
}
