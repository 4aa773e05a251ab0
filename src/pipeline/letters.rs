//! The mails a decision causes: how they are threaded and addressed, their final bytes, and the row in the
//! outbox, in the decision's own transaction. What they say is in `customer_letters`, `staff_letters` and
//! `notifying`.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::posting::customers_origin;
use super::writing::{Case, origin_of};
use super::{Pipeline, PipelineError};
use crate::authentication::{AnswerPath, Token, TokenPurpose};
use crate::correspondence::{Automation, Draft, compose};
use crate::inquiry::{notification_mark, reply_subject};
use crate::mail::{EmailAddress, MessageId};
use crate::registry::{Account, Customer, StaffMember};
use crate::store::messages::Origin;
use crate::store::outbox::{OutboxEntry, OutboxState, Purpose, insert_outbox};
use crate::store::{Tx, budgets, messages, registry, tickets};
use crate::ticket::Ticket;

/// Days a reply token counts at the longest; every notification brings a fresh one.
const TOKEN_DAYS: i64 = 730;

/// Writes the mails of one decision.
#[derive(Debug, Clone, Copy)]
pub(super) struct Letters<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) now: DateTime<Utc>,
    pub(super) staff: &'a [StaffMember],
    /// The mail that causes the letters, where one does.
    pub(super) cause: Option<&'a Case<'a>>,
    /// The ticket that the mail opens, of which nothing can be known yet.
    pub(super) fresh: Option<Uuid>,
}

/// A mail ready to be composed and queued.
pub(super) struct Outgoing<'a> {
    pub(super) purpose: Purpose,
    pub(super) ticket: Option<Uuid>,
    pub(super) mail: Option<Uuid>,
    pub(super) draft: Draft,
    pub(super) recipients: &'a [EmailAddress],
    pub(super) due_at: DateTime<Utc>,
}

/// The same mail, with what an answer has to bring back.
pub(super) fn answerable_by(path: Option<AnswerPath>, draft: Draft) -> Draft {
    match path {
        Some(AnswerPath::Address(address)) => Draft {
            reply_to: Some(address),
            ..draft
        },
        Some(AnswerPath::MessageId(mark)) => Draft {
            answer_mark: Some(mark),
            ..draft
        },
        None => draft,
    }
}

impl Letters<'_> {
    /// A ticket that a decision names; it was read in the same transaction.
    pub(super) async fn ticket(&self, tx: &mut Tx, id: Uuid) -> Result<Ticket, PipelineError> {
        tickets::find_ticket(tx, id)
            .await?
            .ok_or(PipelineError::MissingTicket(id))
    }

    /// A mail to the customer, threaded onto the customer's own mails; staff identifiers are never named.
    pub(super) async fn customer_draft(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (subject, text): (String, String),
        automation: Automation,
    ) -> Result<Draft, PipelineError> {
        let thread = self.thread(tx, ticket).await?;
        let references: Vec<MessageId> = thread
            .iter()
            .filter(|(_, origin)| origin.is_known_outside())
            .map(|(id, _)| id.clone())
            .collect();
        let answered = thread
            .iter()
            .rev()
            .find(|(_, origin)| *origin == Origin::Customer)
            .map(|(id, _)| id.clone());
        // The answered mail comes last in References (RFC 5322 §3.6.4).
        let references = references
            .into_iter()
            .filter(|id| Some(id) != answered.as_ref())
            .chain(answered.clone())
            .collect();
        let name = Some(ticket.author_name.clone()).filter(|name| !name.is_empty());
        Ok(Draft {
            from_name: self.pipeline.settings.desk_names.text(ticket.language).to_owned(),
            from: self.pipeline.policy().contact.clone(),
            to: vec![(name, ticket.author.clone())],
            cc: Vec::new(),
            reply_to: None,
            answer_mark: None,
            subject,
            text,
            in_reply_to: answered,
            references,
            automation,
            loop_mark: self.pipeline.keys.loop_mark(),
            enclosures: Vec::new(),
        })
    }

    /// The identifiers of a ticket's mails so far; one that is just being opened has but the mail that opens it.
    async fn thread(&self, tx: &mut Tx, ticket: &Ticket) -> Result<Vec<(MessageId, Origin)>, PipelineError> {
        match self.cause.filter(|_| self.fresh == Some(ticket.id)) {
            Some(case) => {
                let opening = case.message.message_id.clone();
                let origin = customers_origin(case.stored);
                Ok(opening.into_iter().map(|id| (id, origin)).collect())
            }
            None => Ok(messages::list_message_ids(tx, ticket.id).await?),
        }
    }

    /// A mail to a staff member, answerable by its own token address, threaded under the ticket.
    pub(super) fn staff_draft(
        &self,
        ticket: &Ticket,
        member: &StaffMember,
        subject: String,
        text: String,
    ) -> Draft {
        let policy = self.pipeline.policy();
        let last_day = self.now.timestamp().div_euclid(86_400).saturating_add(TOKEN_DAYS);
        let token = Token {
            purpose: TokenPurpose::Reply,
            ticket: ticket.number,
            staff: member.serial,
            last_day: u16::try_from(last_day).unwrap_or(u16::MAX),
        };
        let path = self.pipeline.keys.answer_path(&policy.contact, &token);
        let draft = Draft {
            from_name: format!(
                "{} {}",
                self.pipeline
                    .settings
                    .desk_names
                    .text(self.pipeline.settings.staff_language),
                self.number(ticket)
            ),
            reply_to: None,
            answer_mark: None,
            from: policy.contact.clone(),
            to: member
                .addresses
                .first()
                .map(|address| (Some(member.name.clone()), address.clone()))
                .into_iter()
                .collect(),
            cc: Vec::new(),
            subject,
            text,
            in_reply_to: None,
            references: self.thread_root(ticket.id).into_iter().collect(),
            automation: Automation::Generated,
            loop_mark: self.pipeline.keys.loop_mark(),
            enclosures: Vec::new(),
        };
        answerable_by(path, draft)
    }

    /// The identifier under which all mails of a ticket to staff are threaded.
    pub(super) fn thread_root(&self, ticket: Uuid) -> Option<MessageId> {
        self.pipeline
            .keys
            .message_id(&self.pipeline.policy().contact, &ticket.simple().to_string())
    }

    /// Composes a mail and queues it once for each recipient, with the same bytes; nothing automatic where a
    /// machine answers us.
    pub(super) async fn queue(&self, tx: &mut Tx, out: Outgoing<'_>) -> Result<(), PipelineError> {
        let id = self.fresh_id_bearing(out.draft.answer_mark.as_deref())?;
        self.queue_under(tx, out, &id).await
    }

    /// An identifier of a mail to come.
    pub(super) fn fresh_message_id(&self) -> Result<MessageId, PipelineError> {
        self.fresh_id_bearing(None)
    }

    fn fresh_id_bearing(&self, mark: Option<&str>) -> Result<MessageId, PipelineError> {
        let unique = self.pipeline.clock.fresh_id().simple().to_string();
        let unique = mark.map_or_else(|| unique.clone(), |mark| format!("{unique}.{mark}"));
        self.pipeline
            .keys
            .message_id(&self.pipeline.policy().contact, &unique)
            .ok_or(PipelineError::NoTokenKey)
    }

    /// The same under an identifier that was made before.
    pub(super) async fn queue_under(
        &self,
        tx: &mut Tx,
        out: Outgoing<'_>,
        id: &MessageId,
    ) -> Result<(), PipelineError> {
        if self.is_stopped(tx, &out).await? {
            return Ok(());
        }
        let (pipeline, policy) = (self.pipeline, self.pipeline.policy());
        let bytes = compose(&out.draft, id, self.now)?;
        if let Some(ticket) = out.ticket {
            messages::insert_message_id(tx, id, ticket, origin_of(out.purpose), self.now).await?;
        }
        for recipient in out.recipients {
            let entry = OutboxEntry {
                id: pipeline.clock.fresh_id(),
                ticket_id: out.ticket,
                mail_id: out.mail,
                purpose: out.purpose,
                sender: policy.contact.clone(),
                recipient: recipient.clone(),
                message_id: id.clone(),
                subject: out.draft.subject.clone(),
                bytes: bytes.clone(),
                state: OutboxState::Queued,
                attempts: 0,
                due_at: out.due_at,
                last_reply: None,
                created_at: self.now,
                finished_at: None,
                unknowns: 0,
                told_at: None,
            };
            insert_outbox(tx, &entry).await?;
            if let (Purpose::Acknowledgement, Some(ticket)) = (out.purpose, out.ticket) {
                budgets::insert_acknowledgement(tx, ticket, recipient, self.now).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn customer_of(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
    ) -> Result<Option<Customer>, PipelineError> {
        match &ticket.customer_id {
            Some(id) => Ok(registry::find_customer(tx, id).await?),
            None => Ok(None),
        }
    }

    pub(super) async fn accounts_of(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
    ) -> Result<Vec<Account>, PipelineError> {
        match &ticket.customer_id {
            Some(id) => Ok(registry::list_accounts_of(tx, id).await?),
            None => Ok(Vec::new()),
        }
    }

    /// The line that opens every mail to staff.
    pub(super) fn mark(&self) -> String {
        notification_mark(self.pipeline.settings.staff_language).to_owned()
    }

    pub(super) fn staff_member(&self, serial: u32) -> Option<&StaffMember> {
        self.staff.iter().find(|member| member.serial == serial)
    }

    /// The ticket's number as people see it.
    pub(super) fn number(&self, ticket: &Ticket) -> String {
        ticket.number.with_prefix(&self.pipeline.policy().number_prefix)
    }

    pub(super) fn subject(&self, ticket: &Ticket) -> String {
        reply_subject(&ticket.subject, &self.pipeline.policy().number_prefix)
    }

    pub(super) fn page(&self, ticket: &Ticket) -> Option<String> {
        self.pipeline
            .settings
            .page_url
            .as_ref()
            .map(|url| format!("{}/tickets/{}", url.trim_end_matches('/'), self.number(ticket)))
    }
}
