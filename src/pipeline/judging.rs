//! Who wrote a mail, as far as the pipeline has to ask for it: the check in DNS before any transaction, the
//! situation inside it, and held mail that DNS trouble has kept from being judged.

use chrono::TimeDelta;

use super::confirming;
use super::forwarding::passed_on;
use super::letters::Letters;
use super::situation::{Surroundings, gather, proofs_of};
use super::speaking::DeskPeople;
use super::writing::{self, Case};
use super::{Pipeline, PipelineError};
use crate::authentication::{Arrived, OwnCheck, authenticate};
use crate::inquiry::{Effect, Policy, Situation, decide};
use crate::mail::InboundMessage;
use crate::mail::parse::parse_mail;
use crate::registry::StaffMember;
use crate::store::held::HeldMail;
use crate::store::mails::StoredMail;
use crate::store::{Tx, authority, held, mails, registry};

/// How long acted-upon staff mails are remembered (SPEC §6: replay).
const REMEMBERED: TimeDelta = TimeDelta::days(30);

/// Held mails that are judged again in one round.
const JUDGED_AT_ONCE: i64 = 20;

/// First pause before a mail is judged again; it grows with the time the mail has waited.
const FIRST_RETRY: TimeDelta = TimeDelta::minutes(1);

/// Longest such pause.
const LAST_RETRY: TimeDelta = TimeDelta::hours(1);

impl Pipeline {
    /// Whether a mail's sender has to be verified by the desk itself.
    pub(super) fn wants_check(&self, message: &InboundMessage, staff: &[StaffMember]) -> bool {
        self.trust
            .wants_check(message, self.speaks_for_desk(message, staff))
    }

    /// Whether From is an address of the desk or of its people, for whom the strict rules hold.
    fn speaks_for_desk(&self, message: &InboundMessage, staff: &[StaffMember]) -> bool {
        message.single_author().is_some_and(|author| {
            let own = |member: &StaffMember| member.addresses.contains(&author.address);
            staff.iter().any(own) || self.policy().own_addresses.contains(&author.address)
        })
    }

    /// Verifies a mail's sender; the time it takes grows with the mail's size and no faster.
    pub(super) async fn check_sender(
        &self,
        message: &InboundMessage,
        stored: &StoredMail,
        staff: &[StaffMember],
    ) -> OwnCheck {
        self.trust
            .check(message, &stored.raw, self.speaks_for_desk(message, staff))
            .await
    }

    /// Everything the decision on a mail looks at.
    pub(super) async fn situation(
        &self,
        tx: &mut Tx,
        stored: &StoredMail,
        (message, own): (&InboundMessage, &OwnCheck),
        staff: &[StaffMember],
    ) -> Result<Situation, PipelineError> {
        let policy = self.policy();
        let arrived = Arrived {
            mailbox: stored.in_mailbox.then_some(stored.mailbox.as_str()),
            at: stored.arrived_at.unwrap_or(stored.received_at),
        };
        let authentication = authenticate(message, &policy.contact, &self.keys, (&*self.trust, own), arrived);
        let anchor = self.trust.anchor.to_string();
        let around = self.surroundings((&policy, &anchor), staff);
        let mut situation = gather(tx, stored, message, authentication, around).await?;
        // On the heap: few mails are a colleague's forward, and all would carry it.
        situation.forwarded = Box::pin(passed_on(tx, stored, message, &situation, around)).await?;
        Ok(situation)
    }

    /// What gathering needs beside a mail.
    pub(super) fn surroundings<'a>(
        &'a self,
        (policy, anchor): (&'a Policy, &'a str),
        staff: &'a [StaffMember],
    ) -> Surroundings<'a> {
        Surroundings {
            desk: DeskPeople {
                now: self.clock.now(),
                number_prefix: &policy.number_prefix,
                staff,
                own_addresses: &policy.own_addresses,
            },
            keys: &self.keys,
            anchor,
            budget: policy.budget,
        }
    }

    /// Remembers a staff mail that was acted upon, so that a replay of it does nothing.
    pub(super) async fn remember(&self, tx: &mut Tx, case: &Case<'_>) -> Result<(), PipelineError> {
        let Some(staff) = case.decision.acted_for() else {
            return Ok(());
        };
        let (proofs, id) = proofs_of(case.stored, case.message, &case.situation.authentication);
        let now = case.situation.now;
        for proof in proofs {
            authority::insert_replay(tx, (staff, proof, id), case.stored.id, now).await?;
        }
        Ok(())
    }

    /// What time brings for held mail: requests whose turn has come are sent, mails that DNS trouble has kept
    /// from being judged are judged again, and replays are forgotten. Says how much was done.
    pub async fn mind_held(&self) -> Result<usize, PipelineError> {
        let now = self.clock.now();
        let mut tx = self.database.read().await?;
        let staff = registry::list_staff(&mut tx).await?;
        let waiting = held::list_held_to_retry(&mut tx, now, JUDGED_AT_ONCE).await?;
        let due = authority::list_staff_to_ask(&mut tx, now - confirming::ASKED_EVERY).await?;
        drop(tx);
        for row in &waiting {
            Box::pin(self.judge_again(row, &staff)).await?;
        }
        let mut tx = self.database.begin().await?;
        let letters = self.letters(&staff);
        for serial in &due {
            confirming::ask(&letters, &mut tx, *serial).await?;
        }
        authority::delete_replays(&mut tx, now - REMEMBERED).await?;
        tx.commit().await?;
        Ok(waiting.len().saturating_add(due.len()))
    }

    /// Letters that no mail causes.
    pub(super) fn letters<'a>(&'a self, staff: &'a [StaffMember]) -> Letters<'a> {
        Letters {
            pipeline: self,
            now: self.clock.now(),
            staff,
            cause: None,
            fresh: None,
        }
    }

    async fn judge_again(&self, row: &HeldMail, staff: &[StaffMember]) -> Result<(), PipelineError> {
        let mut tx = self.database.read().await?;
        let stored = mails::find_mail(&mut tx, row.mail_id).await?;
        drop(tx);
        let read = stored.and_then(|stored| parse_mail(&stored.raw).ok().map(|message| (stored, message)));
        let mut tx;
        let Some((stored, message)) = read else {
            tx = self.database.begin().await?;
            held::set_held_retry(&mut tx, row.id, None).await?;
            return Ok(tx.commit().await?);
        };
        let own = self.check_sender(&message, &stored, staff).await;
        tx = self.database.begin().await?;
        if own == OwnCheck::Undetermined {
            held::set_held_retry(&mut tx, row.id, Some(self.clock.now() + pause(self, row))).await?;
            return Ok(tx.commit().await?);
        }
        let situation = self.situation(&mut tx, &stored, (&message, &own), staff).await?;
        let decision = decide(&message, &situation, &self.policy());
        let case = Case {
            stored: &stored,
            message: &message,
            situation: &situation,
            decision: &decision,
            staff,
        };
        if let Effect::Hold(_) = decision.effect {
            if !held::mark_held_judged(&mut tx, row.id, decision.reason, &decision.detail).await? {
                return Ok(tx.rollback().await?);
            }
            let judged = HeldMail {
                reason: decision.reason.to_owned(),
                detail: decision.detail.clone(),
                ..row.clone()
            };
            confirming::request(&self.letters(staff), &mut tx, &judged, &stored.content_hash).await?;
        } else if held::mark_held_released(&mut tx, row.id, "the desk, once DNS answered", situation.now)
            .await?
        {
            held::set_held_retry(&mut tx, row.id, None).await?;
            Box::pin(writing::write(self, &mut tx, &case)).await?;
            self.remember(&mut tx, &case).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// When a mail that cannot be judged now is judged again.
pub(super) fn first_retry(now: chrono::DateTime<chrono::Utc>) -> chrono::DateTime<chrono::Utc> {
    now + FIRST_RETRY
}

fn pause(pipeline: &Pipeline, row: &HeldMail) -> TimeDelta {
    (pipeline.clock.now() - row.held_at).clamp(FIRST_RETRY, LAST_RETRY)
}
