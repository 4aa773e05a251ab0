//! Tickets that a staff member's forward opens on a customer's behalf (SPEC §13): opened with the word to whoever
//! passed the mail on, and made the customer's once somebody at the desk has confirmed whose it is. In the
//! decision's own transaction. Nothing goes to a customer before that.

use uuid::Uuid;

use super::PipelineError;
use super::commanding::Order;
use super::forwarding::{of_sender, original_of};
use super::letters::{Letters, Outgoing};
use super::notifying::Notice;
use super::writing::{Case, keep_message, open, set_status};
use crate::authentication::SenderVerdict;
use crate::correspondence::NotificationKind;
use crate::correspondence::letter::{account_value, staff_category_words};
use crate::correspondence::values::ProposalValues;
use crate::inquiry::redaction::redacted;
use crate::inquiry::response_clock::Hours;
use crate::inquiry::{Acknowledgement, Decision, Effect, Forwarded, NewTicket, confirmed_ticket};
use crate::mail::EmailAddress;
use crate::mail::parse::parse_mail;
use crate::registry::StaffMember;
use crate::store::mails::StoredMail;
use crate::store::messages::Origin;
use crate::store::outbox::Purpose;
use crate::store::proposals::{self, Proposal};
use crate::store::{Tx, findings, mails, messages, tickets};
use crate::ticket::{Actor, EventKind, MessageKind, Ticket, TicketStatus};

/// Opens a ticket on a customer's behalf.
pub(super) async fn open_for(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    (new, staff): (&NewTicket, u32),
) -> Result<Uuid, PipelineError> {
    let Some(forwarded) = case.situation.forwarded.as_deref() else {
        return Err(PipelineError::MissingTicket(case.stored.id));
    };
    let stored = as_forwarded(case.stored, forwarded.raw.as_ref());
    let decision = Decision {
        effect: Effect::Open(Box::new(new.clone())),
        ..case.decision.clone()
    };
    let original = Case {
        stored: &stored,
        message: &forwarded.original,
        situation: &forwarded.situation,
        decision: &decision,
        staff: case.staff,
    };
    let within = Letters {
        cause: Some(&original),
        ..*letters
    };
    let id = open(&within, tx, &original, new).await?;
    let ticket = letters.ticket(tx, id).await?;
    let proposal = Proposal {
        ticket_id: id,
        mail_id: case.stored.id,
        staff_serial: staff,
        senders: forwarded.senders.clone(),
        proposed_at: letters.now,
        confirmed_at: None,
        confirmed_by: None,
    };
    proposals::insert_proposal(tx, &proposal).await?;
    letters.keep_remark(tx, case, &ticket, forwarded).await?;
    letters.propose(tx, case, &ticket, (forwarded, staff)).await?;
    Ok(id)
}

/// The stored mail whose parts are those of the original.
fn as_forwarded(stored: &StoredMail, raw: Option<&Vec<u8>>) -> StoredMail {
    StoredMail {
        raw: raw.unwrap_or(&stored.raw).clone(),
        ..stored.clone()
    }
}

impl Letters<'_> {
    /// What the staff member wrote above the mail stays inside; the forward's own identifier leads to the ticket.
    async fn keep_remark(
        &self,
        tx: &mut Tx,
        case: &Case<'_>,
        ticket: &Ticket,
        forwarded: &Forwarded,
    ) -> Result<(), PipelineError> {
        if forwarded.remark.is_empty() {
            if let Some(id) = &case.message.message_id {
                messages::insert_message_id(tx, id, ticket.id, Origin::Staff, self.now).await?;
            }
            return Ok(());
        }
        let mut remark = case.message.clone();
        remark.text.clone_from(&forwarded.remark);
        remark.reply = crate::mail::reply::VisibleReply::all_written(&forwarded.remark);
        let noted = Case {
            message: &remark,
            ..*case
        };
        keep_message(self, tx, &noted, ticket, MessageKind::Note).await
    }

    /// Tells whoever passed the mail on as whose it was read, and how to confirm it.
    async fn propose(
        &self,
        tx: &mut Tx,
        case: &Case<'_>,
        ticket: &Ticket,
        (forwarded, staff): (&Forwarded, u32),
    ) -> Result<(), PipelineError> {
        let Some(member) = self.staff_member(staff) else {
            return Ok(());
        };
        let (settings, templates) = (&self.pipeline.settings, &self.pipeline.templates);
        let values = self.proposal_values(ticket, forwarded, &member.name);
        let subject = templates.render(settings.staff_language, "proposal.subject", &values)?;
        let text = templates.render(settings.staff_language, "proposal.txt", &values)?;
        let mut draft = self.staff_draft(ticket, member, subject, text);
        draft.in_reply_to.clone_from(&case.message.message_id);
        self.queue(
            tx,
            Outgoing {
                purpose: Purpose::Notification,
                ticket: Some(ticket.id),
                mail: Some(case.stored.id),
                draft,
                recipients: std::slice::from_ref(&ticket.author),
                due_at: self.now,
            },
        )
        .await
    }

    fn proposal_values(&self, ticket: &Ticket, forwarded: &Forwarded, staff_name: &str) -> ProposalValues {
        let (language, policy) = (self.pipeline.settings.staff_language, self.pipeline.policy());
        let contacts = &forwarded.situation.contacts;
        let accounts: Vec<_> = contacts
            .iter()
            .flat_map(|known| known.accounts.iter().chain(&known.dormant))
            .cloned()
            .collect();
        let own: Vec<_> = accounts.iter().map(|account| account.account_id).collect();
        let start = policy.response.starts_at(ticket.desk, self.now, &policy.calendar);
        let words = forwarded.original.reply.own_words(&forwarded.original.text);
        ProposalValues {
            mark: self.mark(),
            number: self.number(ticket),
            staff_name: staff_name.to_owned(),
            senders: forwarded.senders.iter().map(ToString::to_string).collect(),
            person: ticket.author_name.clone(),
            customers: contacts.iter().map(|known| known.customer.name.clone()).collect(),
            subject: ticket.subject.clone(),
            account: ticket.account_id.map(|id| account_value(id, &accounts, false)),
            category: staff_category_words(language, ticket.category).to_owned(),
            starts: start.spoken(language),
            business_hours: start.hours == Hours::Business,
            text: redacted(&words, &own).trim().to_owned(),
        }
    }

    /// Makes a ticket that person's for whom it was opened, on the word of somebody at the desk: from now on it is
    /// as if they had written to the desk themselves.
    pub(super) async fn confirm_sender(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        whom: Option<&str>,
        order: Order<'_>,
    ) -> Result<(), PipelineError> {
        let by = order.by;
        let Some(proposal) = proposals::find_proposal(tx, ticket.id).await? else {
            return Ok(());
        };
        let named = whom.and_then(|whom| EmailAddress::parse(whom).ok());
        let Some(author) = named.or_else(|| proposal.senders.first().cloned()) else {
            return Ok(());
        };
        let missing = PipelineError::MissingTicket(ticket.id);
        let Some(stored) = mails::find_mail(tx, proposal.mail_id).await? else {
            return Err(missing);
        };
        if !proposals::mark_proposal_confirmed(tx, ticket.id, &format!("staff:{}", by.serial), self.now)
            .await?
        {
            return Ok(());
        }
        let policy = self.pipeline.policy();
        let anchor = self.pipeline.trust.anchor.to_string();
        let around = self.pipeline.surroundings((&policy, &anchor), self.staff);
        let read = parse_mail(&stored.raw).ok();
        let Some(original) = read.and_then(|mail| original_of(&stored, &mail, &author, around)) else {
            return Err(missing);
        };
        let message = &original.message;
        let situation = of_sender(tx, &stored, message, SenderVerdict::Verified, around).await?;
        let new = confirmed_ticket(message, &author, &situation, &policy);
        let stored = as_forwarded(&stored, original.raw.as_ref());
        let Some(word) = self.cause else {
            return Err(missing);
        };
        let case = Case {
            stored: &stored,
            message,
            situation: &situation,
            decision: word.decision,
            staff: self.staff,
        };
        let within = Letters {
            cause: Some(&case),
            ..*self
        };
        within
            .take_over(tx, ticket, &new, proposal.senders.len() != 1)
            .await?;
        let detail = format!("{author}; {}", acknowledged(new.acknowledgement));
        let who = (Actor::Staff(by.serial), EventKind::Confirmed);
        within.keep_event(tx, ticket, who, detail).await?;
        set_status(&within, tx, ticket, ticket.status, Actor::Staff(by.serial)).await?;
        let greeted = within.take_in(tx, ticket, order).await?;
        if !greeted && !matches!(new.acknowledgement, Acknowledgement::None(_)) {
            within.acknowledge(tx, ticket, &new).await?;
        }
        within
            .tell_of_confirmation(tx, ticket, proposal.staff_serial, by)
            .await
    }

    /// What the same person has written meanwhile in the thread that was passed on opened a ticket of its own,
    /// for this one was nobody's; now it moves here. Says whether the person was acknowledged there: nobody is
    /// acknowledged twice for one inquiry.
    async fn take_in(&self, tx: &mut Tx, ticket: &Ticket, order: Order<'_>) -> Result<bool, PipelineError> {
        let mut greeted = false;
        for id in proposals::list_related(tx, ticket.id).await? {
            let mut other = self.ticket(tx, id).await?;
            if other.author != ticket.author || other.customer_id != ticket.customer_id {
                continue;
            }
            greeted |= self.has_written_openly(tx, &other).await?;
            self.merge(tx, &mut other, ticket.clone(), order).await?;
        }
        Ok(greeted)
    }

    /// Whoever passed the mail on hears that a colleague has confirmed it.
    async fn tell_of_confirmation(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        forwarder: u32,
        by: &StaffMember,
    ) -> Result<(), PipelineError> {
        let member = self.staff_member(forwarder);
        let Some(member) = member.filter(|member| member.is_enabled() && member.serial != by.serial) else {
            return Ok(());
        };
        let notice = Notice {
            colleague: Some(by),
            ..Notice::of(NotificationKind::Confirmed)
        };
        self.notify_members(tx, ticket, notice, &[member]).await
    }

    /// Writes the author's particulars into the ticket. What a person has corrected meanwhile stays.
    async fn take_over(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        new: &NewTicket,
        chosen: bool,
    ) -> Result<(), PipelineError> {
        proposals::set_author(tx, ticket, &new.author, new.language).await?;
        ticket.author = new.author.clone();
        ticket.language = new.language;
        ticket.author_name.clone_from(&new.author_name);
        ticket.customer_id = new.customer.as_ref().map(|customer| customer.id.clone());
        ticket.account_id = new.account_id;
        new.account
            .outcome
            .as_str()
            .clone_into(&mut ticket.account_outcome);
        if ticket.status == TicketStatus::New {
            ticket.status = new.status;
        }
        tickets::update_ticket(tx, ticket).await?;
        for address in &new.participants {
            tickets::insert_participant(tx, ticket.id, address, "cc").await?;
        }
        if let Some(case) = self.cause {
            let found = super::explaining::findings_of(new, case.situation);
            findings::upsert_findings(tx, ticket.id, &found).await?;
            // Words that were nobody's yet become the customer's; of several people's only the one's who is meant.
            if chosen {
                keep_message(self, tx, case, ticket, MessageKind::FromCustomer).await?;
            } else {
                messages::set_message_author(tx, (ticket.id, case.stored.id), &new.author).await?;
            }
        }
        Ok(())
    }
}

fn acknowledged(acknowledgement: Acknowledgement) -> String {
    match acknowledgement {
        Acknowledgement::None(why) => format!("not acknowledged: {why}"),
        Acknowledgement::Later(_) => "acknowledged later, together with others".to_owned(),
        Acknowledgement::Full
        | Acknowledgement::Fixed
        | Acknowledgement::TooLarge
        | Acknowledgement::CannotRead => "acknowledged".to_owned(),
    }
}
