//! The mails a decision causes: values from the ticket, the text from its template, final bytes, and the
//! row in the outbox, in the decision's own transaction.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::writing::{Case, goes_out_at, origin_of};
use super::{Pipeline, PipelineError};
use crate::authentication::{Token, TokenPurpose};
use crate::correspondence::letter::{account_value, category_words, instant_words, quoted, salutation};
use crate::correspondence::values::{AcknowledgementValues, AnswerValues, ReceiptValues, ReturnedValues};
use crate::correspondence::{Automation, Draft, compose};
use crate::inquiry::account_ids::AccountReason;
use crate::inquiry::response_clock::Hours;
use crate::inquiry::{Acknowledgement, NOTIFICATION_MARK, NewTicket, StaffAct, reply_subject};
use crate::mail::{EmailAddress, MessageId};
use crate::registry::{Account, AnswerMode, Customer, StaffMember};
use crate::store::messages::Origin;
use crate::store::outbox::{OutboxEntry, OutboxState, Purpose, insert_outbox};
use crate::store::{Tx, messages, registry, tickets};
use crate::ticket::{Category, MessageKind, Ticket};

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
}

/// What has been queued for the customer's side, for the receipt.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) recipients: Vec<EmailAddress>,
    pub(super) text: String,
    pub(super) due_at: DateTime<Utc>,
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

impl Letters<'_> {
    /// A ticket that a decision names; it was read in the same transaction.
    pub(super) async fn ticket(&self, tx: &mut Tx, id: Uuid) -> Result<Ticket, PipelineError> {
        tickets::find_ticket(tx, id)
            .await?
            .ok_or(PipelineError::MissingTicket(id))
    }

    /// Acknowledges a new inquiry, to its author alone.
    pub(super) async fn acknowledge(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        new: &NewTicket,
    ) -> Result<(), PipelineError> {
        let template = match new.acknowledgement {
            Acknowledgement::Full => "acknowledgement.txt",
            Acknowledgement::Fixed => "acknowledgement-fixed.txt",
            Acknowledgement::TooLarge => "too-large.txt",
            Acknowledgement::None(_) => return Ok(()),
        };
        let accounts = self.accounts_of(tx, ticket).await?;
        let mut values = self.acknowledgement_values(ticket, new.customer.as_ref());
        values.asks_account = new.account_id.is_none() && new.acknowledgement == Acknowledgement::Full;
        let assumed = new.account.reason == AccountReason::OnlyAccount;
        values.account = ticket.account_id.map(|id| account_value(id, &accounts, assumed));
        let others = new.account.ids.iter().filter(|id| Some(**id) != new.account_id);
        let (also, unknown): (Vec<_>, Vec<_>) =
            others.partition(|id| accounts.iter().any(|account| account.account_id == **id));
        values.also_accounts = also.into_iter().map(ToString::to_string).collect();
        values.unknown_accounts = unknown.into_iter().map(ToString::to_string).collect();
        let templates = &self.pipeline.templates;
        let text = templates.render(ticket.language, template, &values)?;
        let subject = match new.acknowledgement {
            // No echo: the subject of a mail that may be forged is not sent to whom it names.
            Acknowledgement::Fixed => {
                templates.render(ticket.language, "acknowledgement-fixed.subject", &values)?
            }
            Acknowledgement::Full | Acknowledgement::TooLarge | Acknowledgement::None(_) => {
                self.subject(ticket)
            }
        };
        let name = Some(new.author_name.clone())
            .filter(|name| new.acknowledgement != Acknowledgement::Fixed && !name.is_empty());
        let draft = self
            .customer_draft(tx, ticket, (subject, text), Automation::Replied)
            .await?;
        let draft = Draft {
            to: vec![(name, ticket.author.clone())],
            ..draft
        };
        self.queue(
            tx,
            Outgoing {
                purpose: Purpose::Acknowledgement,
                ticket: Some(ticket.id),
                mail: self.cause.map(|case| case.stored.id),
                draft,
                recipients: std::slice::from_ref(&ticket.author),
                due_at: self.now,
            },
        )
        .await
    }

    /// Tells the author that the account ID has been filed.
    pub(super) async fn account_completed(&self, tx: &mut Tx, ticket: &Ticket) -> Result<(), PipelineError> {
        let accounts = self.accounts_of(tx, ticket).await?;
        let customer = self.customer_of(tx, ticket).await?;
        let mut values = self.acknowledgement_values(ticket, customer.as_ref());
        values.account = ticket.account_id.map(|id| account_value(id, &accounts, false));
        let text = self
            .pipeline
            .templates
            .render(ticket.language, "account-completed.txt", &values)?;
        let draft = self
            .customer_draft(tx, ticket, (self.subject(ticket), text), Automation::Replied)
            .await?;
        self.queue(
            tx,
            Outgoing {
                purpose: Purpose::AccountCompleted,
                ticket: Some(ticket.id),
                mail: self.cause.map(|case| case.stored.id),
                draft,
                recipients: std::slice::from_ref(&ticket.author),
                due_at: self.now,
            },
        )
        .await
    }

    /// Relays a staff answer to the author and everybody who takes part.
    pub(super) async fn answer(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        act: &StaffAct,
        mail: Uuid,
    ) -> Result<Queued, PipelineError> {
        let text = self.answer_text(tx, ticket, act).await?;
        let participants = tickets::list_participants(tx, ticket.id).await?;
        let draft = self
            .customer_draft(
                tx,
                ticket,
                (self.subject(ticket), text.clone()),
                Automation::Person,
            )
            .await?;
        let draft = Draft {
            cc: participants.clone(),
            ..draft
        };
        let recipients: Vec<EmailAddress> = std::iter::once(ticket.author.clone())
            .chain(participants.into_iter().filter(|p| *p != ticket.author))
            .collect();
        let due_at = goes_out_at(self.now, self.pipeline.settings.relay_delay_seconds);
        self.queue(
            tx,
            Outgoing {
                purpose: Purpose::Answer,
                ticket: Some(ticket.id),
                mail: Some(mail),
                draft,
                recipients: &recipients,
                due_at,
            },
        )
        .await?;
        Ok(Queued {
            recipients,
            text,
            due_at,
        })
    }

    /// The staff member's words as a letter, or the notice that an answer is registered.
    async fn answer_text(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        act: &StaffAct,
    ) -> Result<String, PipelineError> {
        let settings = &self.pipeline.settings;
        let customer = self.customer_of(tx, ticket).await?;
        let last = self.last_words(tx, ticket).await?;
        let notice = customer
            .as_ref()
            .is_some_and(|customer| customer.answer_mode == AnswerMode::Notice);
        let staff_name = self
            .staff_member(act.staff)
            .map(|member| member.name.clone())
            .unwrap_or_default();
        let values = AnswerValues {
            number: self.number(ticket),
            salutation: salutation(ticket.language, customer.as_ref(), &ticket.author_name),
            desk_name: settings.desk_names.text(ticket.language).to_owned(),
            text: act.text.clone(),
            quote: last.as_ref().map(|(_, words)| quoted(words)).unwrap_or_default(),
            quoted_at: last
                .map(|(at, _)| instant_words(ticket.language, at))
                .unwrap_or_default(),
            page: self.page(ticket),
            signature: format!("{}\n{staff_name}", settings.signatures.text(ticket.language)),
        };
        let template = if notice { "answer-notice.txt" } else { "answer.txt" };
        Ok(self
            .pipeline
            .templates
            .render(ticket.language, template, &values)?)
    }

    /// Tells the staff member what goes out, or what was recorded.
    pub(super) async fn receipt(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        act: &StaffAct,
        sent: Option<&Queued>,
    ) -> Result<(), PipelineError> {
        let language = self.pipeline.settings.staff_language;
        let values = ReceiptValues {
            mark: NOTIFICATION_MARK.to_owned(),
            number: self.number(ticket),
            subject: ticket.subject.clone(),
            recipients: sent
                .map(|sent| sent.recipients.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
            delayed: sent.is_some_and(|sent| sent.due_at > self.now),
            goes_out: sent
                .map(|sent| instant_words(language, sent.due_at))
                .unwrap_or_default(),
            status: ticket.status.to_string(),
            note: if sent.is_none() {
                act.text.clone()
            } else {
                String::new()
            },
            text: sent.map(|sent| sent.text.clone()).unwrap_or_default(),
        };
        let subject = self
            .pipeline
            .templates
            .render(language, "receipt.subject", &values)?;
        let text = self.pipeline.templates.render(language, "receipt.txt", &values)?;
        self.receipt_to(tx, ticket, (subject, text), act.staff).await
    }

    /// Sends a staff mail back because nothing was done.
    pub(super) async fn returned(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        staff: u32,
        line: &str,
    ) -> Result<(), PipelineError> {
        let language = self.pipeline.settings.staff_language;
        let values = ReturnedValues {
            mark: NOTIFICATION_MARK.to_owned(),
            number: self.number(ticket),
            subject: ticket.subject.clone(),
            line: line.to_owned(),
        };
        let subject = self
            .pipeline
            .templates
            .render(language, "returned.subject", &values)?;
        let text = self
            .pipeline
            .templates
            .render(language, "returned.txt", &values)?;
        self.receipt_to(tx, ticket, (subject, text), staff).await
    }

    async fn receipt_to(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (subject, text): (String, String),
        staff: u32,
    ) -> Result<(), PipelineError> {
        let Some(member) = self.staff_member(staff) else {
            return Ok(());
        };
        let Some(address) = member.addresses.first() else {
            return Ok(());
        };
        let answered = self.cause.and_then(|case| case.message.message_id.clone());
        let draft = Draft {
            in_reply_to: answered,
            ..self.staff_draft(ticket, member, subject, text)
        };
        self.queue(
            tx,
            Outgoing {
                purpose: Purpose::Receipt,
                ticket: Some(ticket.id),
                mail: self.cause.map(|case| case.stored.id),
                draft,
                recipients: std::slice::from_ref(address),
                due_at: self.now,
            },
        )
        .await
    }

    /// A mail to the customer, threaded onto the customer's own mails; staff identifiers are never named.
    async fn customer_draft(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (subject, text): (String, String),
        automation: Automation,
    ) -> Result<Draft, PipelineError> {
        let thread = messages::list_message_ids(tx, ticket.id).await?;
        let references: Vec<MessageId> = thread
            .iter()
            .filter(|(_, origin)| *origin != Origin::Staff)
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
            subject,
            text,
            in_reply_to: answered,
            references,
            automation,
            loop_mark: self.pipeline.keys.loop_mark(),
        })
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
        Draft {
            from_name: format!(
                "{} {}",
                self.pipeline
                    .settings
                    .desk_names
                    .text(self.pipeline.settings.staff_language),
                self.number(ticket)
            ),
            reply_to: self.pipeline.keys.address(&policy.contact, &token),
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
            references: self.thread_root(ticket).into_iter().collect(),
            automation: Automation::Generated,
            loop_mark: self.pipeline.keys.loop_mark(),
        }
    }

    /// The identifier under which all mails of a ticket to staff are threaded.
    fn thread_root(&self, ticket: &Ticket) -> Option<MessageId> {
        self.pipeline
            .keys
            .message_id(&self.pipeline.policy().contact, &ticket.id.simple().to_string())
    }

    /// Composes a mail and queues it once for each recipient, with the same bytes.
    pub(super) async fn queue(&self, tx: &mut Tx, out: Outgoing<'_>) -> Result<(), PipelineError> {
        let (pipeline, policy) = (self.pipeline, self.pipeline.policy());
        let unique = pipeline.clock.fresh_id().simple().to_string();
        let id = pipeline
            .keys
            .message_id(&policy.contact, &unique)
            .ok_or(PipelineError::NoTokenKey)?;
        let bytes = compose(&out.draft, &id, self.now)?;
        if let Some(ticket) = out.ticket {
            messages::insert_message_id(tx, &id, ticket, origin_of(out.purpose), self.now).await?;
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
        }
        Ok(())
    }

    fn acknowledgement_values(&self, ticket: &Ticket, customer: Option<&Customer>) -> AcknowledgementValues {
        let (settings, policy) = (&self.pipeline.settings, self.pipeline.policy());
        let start = policy.response.starts_at(ticket.desk, self.now, &policy.calendar);
        // A ticket that a person still has to sort names neither category nor desk hours (SPEC §9).
        let sorted = ticket.category != Category::NeedsTriage;
        AcknowledgementValues {
            number: self.number(ticket),
            salutation: salutation(ticket.language, customer, &ticket.author_name),
            desk_name: settings.desk_names.text(ticket.language).to_owned(),
            category: category_words(ticket.language, ticket.category).map(str::to_owned),
            account: None,
            also_accounts: Vec::new(),
            unknown_accounts: Vec::new(),
            asks_account: false,
            business_hours: sorted && start.hours == Hours::Business,
            starts_at_once: start.at_once,
            starts: start.spoken(ticket.language),
            limit_megabytes: settings.limit_megabytes,
            page: self.page(ticket),
            signature: settings.signatures.text(ticket.language).to_owned(),
        }
    }

    /// The customer's last words and when they came.
    async fn last_words(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
    ) -> Result<Option<(DateTime<Utc>, String)>, PipelineError> {
        let all = messages::list_messages(tx, ticket.id).await?;
        let last = all
            .into_iter()
            .rev()
            .find(|message| message.kind == MessageKind::FromCustomer);
        Ok(last.map(|message| {
            let words = if message.visible.is_empty() {
                message.body
            } else {
                message.visible
            };
            (message.created_at, words)
        }))
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

    pub(super) fn staff_member(&self, serial: u32) -> Option<&StaffMember> {
        self.staff.iter().find(|member| member.serial == serial)
    }

    /// The ticket's number as people see it.
    pub(super) fn number(&self, ticket: &Ticket) -> String {
        ticket.number.with_prefix(&self.pipeline.policy().number_prefix)
    }

    fn subject(&self, ticket: &Ticket) -> String {
        reply_subject(&ticket.subject, &self.pipeline.policy().number_prefix)
    }

    fn page(&self, ticket: &Ticket) -> Option<String> {
        self.pipeline
            .settings
            .page_url
            .as_ref()
            .map(|url| format!("{}/tickets/{}", url.trim_end_matches('/'), self.number(ticket)))
    }
}
