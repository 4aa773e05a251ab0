//! Carries out what staff ask for, by mail or on the page: each command as changes of rows with their event,
//! in the caller's transaction (SPEC §13). Whether it is allowed was judged before, over the same facts.

use super::PipelineError;
use super::correcting::{Correction, correct};
use super::letters::Letters;
use super::notifying::Notice;
use super::writing::set_status;
use crate::correspondence::NotificationKind;
use crate::inquiry::classification::Inquiry;
use crate::inquiry::{Assignee, Command, CommandFacts, find_assignee, find_person};
use crate::mail::EmailAddress;
use crate::registry::{Contact, Reach, StaffMember};
use crate::store::{Tx, mails, messages, outbox, registry, threads, tickets};
use crate::ticket::{Actor, EventKind, Happening, Message, MessageKind, Severity, Ticket, TicketStatus};

/// Who gives the command, and over which facts it was judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order<'a> {
    pub(super) by: &'a StaffMember,
    pub(super) facts: &'a CommandFacts,
}

impl Order<'_> {
    fn actor(&self) -> Actor {
        Actor::Staff(self.by.serial)
    }

    /// Whether nobody has confirmed yet for whom the ticket was opened.
    fn awaits_confirmation(&self) -> bool {
        self.facts
            .proposal
            .as_ref()
            .is_some_and(|proposal| !proposal.confirmed)
    }
}

impl Letters<'_> {
    /// Carries out one command on a ticket.
    pub(super) async fn carry_out(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        command: &Command,
        order: Order<'_>,
    ) -> Result<(), PipelineError> {
        match command {
            Command::Close => self.change_status(tx, ticket, Happening::CloseAsked, order).await,
            Command::Pending => {
                self.change_status(tx, ticket, Happening::PendingAsked, order)
                    .await
            }
            Command::Assign(assignee) => self.assign(tx, ticket, assignee, order).await,
            Command::Cc(addresses) => self.add_participants(tx, ticket, addresses, order.actor()).await,
            Command::Accept(whom) if order.awaits_confirmation() => {
                self.confirm_sender(tx, ticket, whom.as_deref(), order).await
            }
            Command::Accept(whom) => self.accept(tx, ticket, whom.as_deref(), order).await,
            Command::Merge(_) => match &order.facts.merge_into {
                Some(into) => self.merge(tx, ticket, into.clone(), order).await,
                None => Ok(()),
            },
            Command::Spam => self.mark_spam(tx, ticket, order).await,
            Command::Recall => self.recall(tx, ticket, order).await,
            Command::Category(_) | Command::Account(_) | Command::Severity(_) => {
                correct(self, tx, ticket, &correction_of(command), order.actor()).await
            }
            Command::Split => self.split(tx, ticket, order).await,
            // The prepared reply goes out as an answer (`answering`); a held mail is let go elsewhere.
            Command::Decline(_) | Command::Send(_) => Ok(()),
        }
    }

    async fn change_status(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        happening: Happening,
        order: Order<'_>,
    ) -> Result<(), PipelineError> {
        let status = ticket.status.after(happening);
        set_status(self, tx, ticket, status, order.actor()).await
    }

    async fn assign(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        assignee: &Assignee,
        order: Order<'_>,
    ) -> Result<(), PipelineError> {
        let Ok(member) = find_assignee(assignee, order.by, ticket, order.facts) else {
            return Ok(());
        };
        let member = member.cloned();
        let before = std::mem::replace(&mut ticket.assignee, member.as_ref().map(|member| member.serial));
        ticket.updated_at = self.now;
        tickets::update_ticket(tx, ticket).await?;
        let detail = member
            .as_ref()
            .map_or_else(|| "nobody".to_owned(), |member| member.name.clone());
        let who = (order.actor(), EventKind::Assigned);
        self.keep_event(tx, ticket, who, detail).await?;
        self.tell_of_assignment(tx, ticket, (before, member), order.by)
            .await
    }

    /// Tells whoever has got a ticket and whoever has lost it, unless they did it themselves.
    async fn tell_of_assignment(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        (before, now): (Option<u32>, Option<StaffMember>),
        by: &StaffMember,
    ) -> Result<(), PipelineError> {
        let lost = before.filter(|serial| now.as_ref().is_none_or(|now| now.serial != *serial));
        let lost = lost.and_then(|serial| self.staff_member(serial));
        for (member, kind) in [
            (now.as_ref(), NotificationKind::Assigned),
            (lost, NotificationKind::TakenOver),
        ] {
            let Some(member) = member.filter(|member| member.is_enabled() && member.serial != by.serial)
            else {
                continue;
            };
            let notice = Notice {
                colleague: Some(by),
                ..Notice::of(kind)
            };
            self.notify_members(tx, ticket, notice, &[member]).await?;
        }
        Ok(())
    }

    /// Lets addresses take part in a ticket from now on.
    async fn add_participants(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        addresses: &[EmailAddress],
        actor: Actor,
    ) -> Result<(), PipelineError> {
        for address in addresses {
            tickets::insert_participant(tx, ticket.id, address, &actor.to_string()).await?;
            let who = (actor.clone(), EventKind::ParticipantJoined);
            self.keep_event(tx, ticket, who, address.to_string()).await?;
        }
        Ok(())
    }

    /// The author of this ticket belongs to the related one, as a participant or as a person already known;
    /// what they wrote moves there.
    async fn accept(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        whom: Option<&str>,
        order: Order<'_>,
    ) -> Result<(), PipelineError> {
        let Some(related) = &order.facts.related else {
            return Ok(());
        };
        if let Some(person) = whom.and_then(|whom| find_person(whom, &order.facts.persons)) {
            let row = Contact {
                reach: Reach::Address(ticket.author.clone()),
                ..person.clone()
            };
            registry::upsert_contact(tx, &row).await?;
        } else {
            let author = std::slice::from_ref(&ticket.author);
            self.add_participants(tx, related, author, order.actor()).await?;
        }
        self.merge(tx, ticket, related.clone(), order).await
    }

    /// Lets the ticket go on under another one; the author takes part there.
    pub(super) async fn merge(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        mut into: Ticket,
        order: Order<'_>,
    ) -> Result<(), PipelineError> {
        threads::merge_ticket(tx, ticket.id, into.id, self.now).await?;
        if ticket.author != into.author {
            tickets::insert_participant(tx, into.id, &ticket.author, &order.actor().to_string()).await?;
        }
        let merged = |number: String| (order.actor(), EventKind::Merged, number);
        for (one, (actor, kind, number)) in [
            (&*ticket, merged(format!("→ {}", self.number(&into)))),
            (&into, merged(format!("← {}", self.number(ticket)))),
        ] {
            self.keep_event(tx, one, (actor, kind), number).await?;
        }
        if matches!(
            into.status,
            TicketStatus::Closed | TicketStatus::Answered | TicketStatus::PendingCustomer
        ) && waits_for_the_desk(ticket.status)
        {
            set_status(self, tx, &mut into, TicketStatus::Open, order.actor()).await?;
        }
        set_status(self, tx, ticket, TicketStatus::Closed, order.actor()).await
    }

    /// The customer's last mail becomes a ticket of its own, with its own number and clock.
    async fn split(&self, tx: &mut Tx, ticket: &mut Ticket, order: Order<'_>) -> Result<(), PipelineError> {
        let all = messages::list_messages(tx, ticket.id).await?;
        let last = all
            .into_iter()
            .rfind(|message| message.kind == MessageKind::FromCustomer);
        let Some(last) = last else {
            return Ok(());
        };
        let divided = self.divided(tx, ticket, &last).await?;
        tickets::insert_ticket(tx, &divided).await?;
        self.start_clock(tx, &divided).await?;
        tickets::copy_participants(tx, ticket.id, divided.id).await?;
        let message_id = match last.mail_id {
            Some(mail) => mails::find_message_id(tx, mail).await?,
            None => None,
        };
        let ids = (ticket.id, divided.id);
        threads::move_message(tx, last.id, message_id.as_deref(), ids).await?;
        for (one, other) in [(&*ticket, &divided), (&divided, &*ticket)] {
            let who = (order.actor(), EventKind::Split);
            self.keep_event(tx, one, who, self.number(other)).await?;
        }
        if self.has_written_openly(tx, ticket).await? {
            self.acknowledge_divided(tx, &divided).await?;
        }
        self.notify(tx, &divided, Notice::of(NotificationKind::Split))
            .await
    }

    /// The ticket that a mail becomes: the same people and account, its own category.
    async fn divided(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        message: &Message,
    ) -> Result<Ticket, PipelineError> {
        let policy = self.pipeline.policy();
        let found = policy.rules.classify(&Inquiry {
            subject: &message.subject,
            written: &message.visible,
            ..Inquiry::default()
        });
        let desk = found.category.desk();
        Ok(Ticket {
            id: self.pipeline.clock.fresh_id(),
            number: tickets::next_ticket_number(tx).await?,
            status: TicketStatus::New,
            category: found.category,
            confidence: found.confidence,
            severity: Severity::Normal,
            desk,
            subject: message.subject.clone(),
            assignee: None,
            related_to: Some(ticket.id),
            opened_at: self.now,
            updated_at: self.now,
            clock_starts_at: policy
                .response
                .starts_at(desk, self.now, &policy.calendar)
                .at
                .to_utc(),
            answered_at: None,
            closed_at: None,
            ..ticket.clone()
        })
    }

    async fn mark_spam(
        &self,
        tx: &mut Tx,
        ticket: &mut Ticket,
        order: Order<'_>,
    ) -> Result<(), PipelineError> {
        let who = (order.actor(), EventKind::MarkedSpam);
        self.keep_event(tx, ticket, who, String::new()).await?;
        set_status(self, tx, ticket, TicketStatus::Closed, order.actor()).await
    }

    /// Takes back the answers that have not gone out. What they said stays as a note.
    async fn recall(&self, tx: &mut Tx, ticket: &mut Ticket, order: Order<'_>) -> Result<(), PipelineError> {
        let actor = order.actor();
        let mails = outbox::recall_answers(tx, ticket.id, &actor.to_string(), self.now).await?;
        for mail in &mails {
            messages::mark_recalled(tx, ticket.id, *mail).await?;
        }
        let detail = format!("{} answer(s)", mails.len());
        self.keep_event(tx, ticket, (actor.clone(), EventKind::Recalled), detail)
            .await?;
        let all = messages::list_messages(tx, ticket.id).await?;
        let answered = all.iter().filter(|one| one.kind == MessageKind::ToCustomer);
        ticket.answered_at = answered.map(|one| one.created_at).min();
        let status = if ticket.answered_at.is_none() {
            TicketStatus::New
        } else {
            TicketStatus::Open
        };
        set_status(self, tx, ticket, status, actor).await
    }
}

/// What a command corrects.
fn correction_of(command: &Command) -> Correction {
    let mut correction = Correction::default();
    if let Command::Category(category) = command {
        correction.category = Some(*category);
    }
    if let Command::Account(account) = command {
        correction.account = Some(*account);
    }
    if let Command::Severity(severity) = command {
        correction.severity = Some(*severity);
    }
    correction
}

/// Whether somebody at the desk still has to do something.
const fn waits_for_the_desk(status: TicketStatus) -> bool {
    matches!(
        status,
        TicketStatus::New | TicketStatus::AwaitingAccount | TicketStatus::Open
    )
}
