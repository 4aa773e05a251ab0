//! A held mail on its way after all (SPEC §6). Comes in: the word of the person whose mail it is, or of an
//! administrator. Goes out: what the mail was meant to do — an answer with its files, a note, commands, the
//! record of an answer given outside — in the transaction that uses that word up. The mail is judged again: a
//! remark meant for colleagues is sent on nobody's word.

use uuid::Uuid;

use super::answering::{inside, record_outside, relay};
use super::letters::Letters;
use super::situation::facts;
use super::writing::Case;
use super::{Pipeline, PipelineError};
use crate::authentication::OwnCheck;
use crate::correspondence::letter::hold_reason_words;
use crate::correspondence::trouble_words;
use crate::inquiry::{Decision, Effect, ReleasedBy, TicketFacts, decide_confirmed};
use crate::mail::parse::parse_mail;
use crate::registry::StaffMember;
use crate::store::held::{HeldMail, HeldState};
use crate::store::mails::StoredMail;
use crate::store::{Tx, authority, held, mails, registry, tickets};
use crate::ticket::{Actor, EventKind, Language, MailOutcome, TicketNumber};

/// Lets a held mail do what it was meant to, on its owner's word.
pub(super) async fn release(
    letters: &Letters<'_>,
    tx: &mut Tx,
    (number, id, staff): (i64, Uuid, u32),
) -> Result<Result<Uuid, &'static str>, PipelineError> {
    let (Some(row), Some(request)) = (
        held::find_held(tx, id).await?,
        authority::find_held_request(tx, number).await?,
    ) else {
        return Ok(Err("confirmation-used"));
    };
    let (Some(stored), Some(ticket)) = (mails::find_mail(tx, row.mail_id).await?, row.ticket_id) else {
        return Ok(Err("nothing-to-send"));
    };
    let (Some(member), Some(facts)) = (letters.staff_member(staff), facts(tx, ticket).await?) else {
        return Ok(Err("nothing-to-send"));
    };
    if stored.content_hash != request.content_hash {
        return Ok(Err("content-changed"));
    }
    let released = Released {
        row: &row,
        stored: &stored,
        member: Some(member),
        facts: &facts,
    };
    let who = format!("staff {staff} by mail");
    if let Err(decision) = released.let_go(letters, tx, ReleasedBy::Author, &who).await? {
        return Ok(Err(decision.map_or("nothing-to-send", |decision| decision.reason)));
    }
    if !authority::mark_held_request_used(tx, number, letters.now).await? {
        return Err(PipelineError::DecidedMeanwhile(id));
    }
    Ok(Ok(facts.ticket.id))
}

/// A held mail with everything that its release needs.
struct Released<'a> {
    row: &'a HeldMail,
    stored: &'a StoredMail,
    /// In whose name it is carried out; a mail in the desk's own name has nobody.
    member: Option<&'a StaffMember>,
    facts: &'a TicketFacts,
}

impl Released<'_> {
    /// Carries out what the mail asks for. Where even so it can do nothing, nothing is written; the decision
    /// says why, where the mail can be read at all.
    async fn let_go(
        &self,
        letters: &Letters<'_>,
        tx: &mut Tx,
        by: ReleasedBy,
        who: &str,
    ) -> Result<Result<MailOutcome, Option<Decision>>, PipelineError> {
        let pipeline = letters.pipeline;
        let Ok(message) = parse_mail(&self.stored.raw) else {
            return Ok(Err(None));
        };
        let own = OwnCheck::NotMade;
        let mut situation = pipeline
            .situation(tx, self.stored, (&message, &own), letters.staff)
            .await?;
        situation.speaking = pipeline.speaking(tx, &message, self.facts, letters.staff).await?;
        let decision = decide_confirmed(
            &message,
            &situation,
            (self.member, self.facts),
            &pipeline.policy(),
            by,
        );
        let case = Case {
            stored: self.stored,
            message: &message,
            situation: &situation,
            decision: &decision,
            staff: letters.staff,
        };
        if !write_released(pipeline, tx, &case).await? {
            return Ok(Err(Some(decision)));
        }
        if !held::mark_held_released(tx, self.row.id, who, letters.now).await? {
            // Somebody decided between the look and the act; the whole transaction is tried again.
            return Err(PipelineError::DecidedMeanwhile(self.row.id));
        }
        pipeline.remember(tx, &case).await?;
        let actor = match (by, self.member) {
            (ReleasedBy::Author, Some(member)) => Actor::Staff(member.serial),
            _ => Actor::Operator,
        };
        let detail = format!("{} by {who}", self.row.id);
        letters
            .keep_event(tx, &self.facts.ticket, (actor, EventKind::Released), detail)
            .await?;
        Ok(Ok(decision.outcome))
    }
}

/// Writes what a held mail does once it is released; `false`: it can do nothing even so, and nothing was
/// written.
async fn write_released(pipeline: &Pipeline, tx: &mut Tx, case: &Case<'_>) -> Result<bool, PipelineError> {
    let letters = Letters {
        cause: Some(case),
        fresh: None,
        ..pipeline.letters(case.staff)
    };
    match &case.decision.effect {
        Effect::Relay(act) => relay(&letters, tx, case, act).await.map(|_| true),
        Effect::Inside(act) => inside(&letters, tx, case, act).await.map(|_| true),
        Effect::Record { ticket, staff } => record_outside(&letters, tx, case, *ticket, *staff)
            .await
            .map(|_| true),
        Effect::Nothing
        | Effect::Open(_)
        | Effect::OpenFor { .. }
        | Effect::Join(_)
        | Effect::Store { .. }
        | Effect::AddNotice { .. }
        | Effect::Answered(_)
        | Effect::Return { .. }
        | Effect::Hold(_)
        | Effect::Bounce { .. } => Ok(false),
    }
}

/// What an administrator adds to a held mail that does not say it itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReleaseTarget {
    /// The ticket it is about.
    pub ticket: Option<TicketNumber>,
    /// In whose name it is carried out: a serial of the staff list.
    pub staff: Option<u32>,
}

/// Why a held mail was not released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseRefusal {
    /// There is none with that id.
    #[error("no held mail has the id {0}; `madoguchi held list` shows them")]
    Missing(Uuid),
    /// A person decided before.
    #[error("this held mail was decided before")]
    Decided,
    /// Nobody knows which ticket it is about.
    #[error("this held mail names no ticket; say which one it is about with --ticket NUMBER")]
    NoTicket,
    /// Nobody knows in whose name it is to be carried out.
    #[error("this held mail names no staff member; say in whose name it is carried out with --staff SERIAL")]
    NoStaff,
    /// There is no such ticket.
    #[error("there is no ticket {0}")]
    NoSuchTicket(String),
    /// There is no such staff member.
    #[error("nobody on the staff list has the serial {0}; `madoguchi staff list` shows them")]
    NoSuchStaff(u32),
    /// Even so it can do nothing: a command in the middle of its text, one that cannot be carried out, or
    /// nothing written.
    #[error("nothing was done: {0}; write it anew in answer to a notification of the ticket")]
    Undoable(String),
}

impl Pipeline {
    /// Lets a held mail do what it was meant to, on an administrator's word.
    pub async fn release_held(
        &self,
        id: Uuid,
        by: &str,
    ) -> Result<Result<MailOutcome, ReleaseRefusal>, PipelineError> {
        self.release_held_to(id, by, ReleaseTarget::default()).await
    }

    /// The same, where the mail does not say by itself which ticket it is about or whose it is.
    pub async fn release_held_to(
        &self,
        id: Uuid,
        by: &str,
        target: ReleaseTarget,
    ) -> Result<Result<MailOutcome, ReleaseRefusal>, PipelineError> {
        // On the heap: what a held mail may do is all that a mail may do.
        Box::pin(self.let_go(id, by, target)).await
    }

    async fn let_go(
        &self,
        id: Uuid,
        by: &str,
        target: ReleaseTarget,
    ) -> Result<Result<MailOutcome, ReleaseRefusal>, PipelineError> {
        let mut tx = self.database.begin().await?;
        let staff = registry::list_staff(&mut tx).await?;
        let letters = self.letters(&staff);
        let Some(row) = held::find_held(&mut tx, id).await? else {
            return Ok(Err(ReleaseRefusal::Missing(id)));
        };
        if row.state == HeldState::Released {
            return Ok(Err(ReleaseRefusal::Decided));
        }
        let facts = match self.target_of(&mut tx, &row, target).await? {
            Ok(facts) => facts,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let serial = row.staff_serial.or(target.staff);
        let member = serial.and_then(|serial| letters.staff_member(serial));
        if let (Some(serial), None) = (serial, member) {
            return Ok(Err(ReleaseRefusal::NoSuchStaff(serial)));
        }
        let Some(stored) = mails::find_mail(&mut tx, row.mail_id).await? else {
            return Ok(Err(ReleaseRefusal::Missing(id)));
        };
        let released = Released {
            row: &row,
            stored: &stored,
            member,
            facts: &facts,
        };
        match released
            .let_go(&letters, &mut tx, ReleasedBy::Administrator, by)
            .await?
        {
            Ok(outcome) => {
                tx.commit().await?;
                Ok(Ok(outcome))
            }
            Err(_) if member.is_none() => Ok(Err(ReleaseRefusal::NoStaff)),
            Err(decision) => Ok(Err(ReleaseRefusal::Undoable(undoable(decision.as_ref())))),
        }
    }

    async fn target_of(
        &self,
        tx: &mut Tx,
        row: &HeldMail,
        target: ReleaseTarget,
    ) -> Result<Result<TicketFacts, ReleaseRefusal>, PipelineError> {
        let named = match target.ticket {
            Some(number) => tickets::find_ticket_by_number(tx, number).await?,
            None => None,
        };
        if let (Some(number), None) = (target.ticket, &named) {
            let written = number.with_prefix(&self.policy().number_prefix);
            return Ok(Err(ReleaseRefusal::NoSuchTicket(written)));
        }
        let Some(id) = row.ticket_id.or(named.map(|ticket| ticket.id)) else {
            return Ok(Err(ReleaseRefusal::NoTicket));
        };
        Ok(facts(tx, id).await?.ok_or(ReleaseRefusal::NoTicket))
    }
}

/// Why a mail can do nothing, in the words of the command line.
fn undoable(decision: Option<&Decision>) -> String {
    let Some(decision) = decision else {
        return "it cannot be read".to_owned();
    };
    if let Effect::Return {
        refused: Some(refused),
        ..
    } = &decision.effect
    {
        let why = trouble_words(Language::English, refused.trouble);
        return format!("{}: {}", refused.line, why.trim_end_matches('.'));
    }
    let why = hold_reason_words(Language::English, decision.reason);
    match decision.detail.as_str() {
        "" => why.to_owned(),
        detail => format!("{why} ({detail})"),
    }
}
