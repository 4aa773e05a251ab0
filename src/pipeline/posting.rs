//! What a customer does on the page, as the same operations that their mail causes: a reply becomes a mail of
//! theirs and takes the way of every mail; calling it solved is a change of status with its event. Comes in: a
//! ticket that the caller found by what the visitor may see. Goes out: what became of it.

use uuid::Uuid;

use super::intake::Arrival;
use super::writing::set_status;
use super::{Pipeline, PipelineError};
use crate::correspondence::{Automation, Draft, compose};
use crate::inquiry::reply_subject;
use crate::mail::{EmailAddress, MessageId};
use crate::store::mails::StoredMail;
use crate::store::messages::{self, Origin};
use crate::store::{registry, tickets};
use crate::ticket::{Actor, Happening, MailOutcome, Ticket, TicketStatus};

/// In place of a mailbox, for what was written on the page; no file's or mailbox's usual name.
const PAGE: &str = "(page)";

/// A reply that was written on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The ticket it answers.
    pub ticket: Uuid,
    /// Who wrote it.
    pub author: EmailAddress,
    /// Their name; empty where unknown.
    pub name: String,
    /// What they wrote.
    pub text: String,
    /// The form it was written in: sent twice, it counts once.
    pub form: Uuid,
}

/// What became of a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posting {
    /// It stands in the ticket.
    Joined,
    /// The ticket was closed too long ago; this one was opened in its place.
    Opened(Uuid),
    /// It is kept, and is taken through as soon as that works again.
    Kept,
}

/// Where the Message-ID of something from the customer's side comes from.
pub(super) fn customers_origin(stored: &StoredMail) -> Origin {
    if stored.mailbox == PAGE && !stored.in_mailbox {
        Origin::Page
    } else {
        Origin::Customer
    }
}

impl Pipeline {
    /// Takes a reply on the page through like a mail of its author.
    pub async fn post_reply(&self, post: &Post) -> Result<Posting, PipelineError> {
        let now = self.clock.now();
        let contact = self.policy().contact.clone();
        let id = MessageId::parse(&format!("{}.page@{}", post.form.simple(), contact.domain()))
            .ok_or(PipelineError::NoTokenKey)?;
        let mut tx = self.database.read().await?;
        if !messages::find_tickets_by_message_id(&mut tx, &id)
            .await?
            .is_empty()
        {
            return Ok(Posting::Joined);
        }
        let ticket = tickets::find_ticket(&mut tx, post.ticket)
            .await?
            .ok_or(PipelineError::MissingTicket(post.ticket))?;
        let thread = messages::list_message_ids(&mut tx, ticket.id).await?;
        tx.commit().await?;
        let thread: Vec<MessageId> = thread
            .into_iter()
            .filter(|(_, origin)| origin.is_known_outside())
            .map(|(id, _)| id)
            .collect();
        let draft = Draft {
            from_name: post.name.clone(),
            from: post.author.clone(),
            to: vec![(None, contact)],
            cc: Vec::new(),
            reply_to: None,
            answer_mark: None,
            subject: reply_subject(&ticket.subject, &self.policy().number_prefix),
            text: post.text.clone(),
            in_reply_to: thread.last().cloned(),
            references: thread,
            automation: Automation::Outside,
            loop_mark: String::new(),
            enclosures: Vec::new(),
        };
        let raw = compose(&draft, &id, now)?;
        let arrival = Arrival {
            source: "page",
            mailbox: PAGE,
            place: None,
            arrived_at: None,
            size: u64::try_from(raw.len()).unwrap_or(u64::MAX),
            raw: raw.into(),
            whole: true,
            acknowledge: true,
        };
        Ok(match self.take_signed_in(arrival).await? {
            Some(done) if done.outcome == MailOutcome::NewTicket => {
                done.ticket.map_or(Posting::Kept, Posting::Opened)
            }
            Some(_) => Posting::Joined,
            None => Posting::Kept,
        })
    }

    /// Calls a ticket solved on its customer's word.
    pub async fn mark_solved(&self, ticket: Uuid, by: &EmailAddress) -> Result<Ticket, PipelineError> {
        let mut tx = self.database.begin().await?;
        let staff = registry::list_staff(&mut tx).await?;
        let mut found = tickets::lock_ticket(&mut tx, ticket)
            .await?
            .ok_or(PipelineError::MissingTicket(ticket))?;
        if found.status != TicketStatus::Closed {
            let letters = self.letters(&staff);
            let status = found.status.after(Happening::CloseAsked);
            let actor = Actor::Person(by.clone());
            set_status(&letters, &mut tx, &mut found, status, actor).await?;
        }
        tx.commit().await?;
        Ok(found)
    }
}
