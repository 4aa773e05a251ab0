//! A held mail on its way after all (SPEC §6): comes in: the word of the person whose mail it is. Goes out: what
//! the mail was meant to do, in the transaction that uses the request up.

use uuid::Uuid;

use super::answering::{inside, record_outside, relay};
use super::letters::Letters;
use super::situation::facts;
use super::writing::Case;
use super::{Pipeline, PipelineError};
use crate::authentication::OwnCheck;
use crate::inquiry::{Effect, decide_confirmed};
use crate::mail::parse::parse_mail;
use crate::store::{Tx, authority, held, mails};
use crate::ticket::{Actor, EventKind};

/// Lets a held mail do what it was meant to, on its owner's word.
pub(super) async fn release(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
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
    let Ok(message) = parse_mail(&stored.raw) else {
        return Ok(Err("nothing-to-send"));
    };
    if stored.content_hash != request.content_hash {
        return Ok(Err("content-changed"));
    }
    let pipeline = letters.pipeline;
    let own = OwnCheck::NotMade;
    let mut situation = pipeline
        .situation(tx, &stored, (&message, &own), letters.staff)
        .await?;
    situation.speaking = pipeline.speaking(tx, &message, &facts, letters.staff).await?;
    let decision = decide_confirmed(&message, &situation, (member, &facts), &pipeline.policy());
    let released = Case {
        stored: &stored,
        message: &message,
        situation: &situation,
        decision: &decision,
        staff: case.staff,
    };
    if !write_released(pipeline, tx, &released).await? {
        return Ok(Err(decision.reason));
    }
    let by = format!("staff {staff} by mail");
    let used = authority::mark_held_request_used(tx, number, letters.now).await?;
    let open = held::mark_held_released(tx, id, &by, letters.now).await?;
    if !(used && open) {
        // Somebody decided between the look and the act; the whole transaction is tried again.
        return Err(PipelineError::DecidedMeanwhile(id));
    }
    pipeline.remember(tx, &released).await?;
    let detail = format!("{id} by {by}");
    letters
        .keep_event(
            tx,
            &facts.ticket,
            (Actor::Staff(staff), EventKind::Released),
            detail,
        )
        .await?;
    Ok(Ok(ticket))
}

/// Writes what a held mail does once it is released; `false`: it can do nothing even so, and nothing was
/// written.
async fn write_released(pipeline: &Pipeline, tx: &mut Tx, case: &Case<'_>) -> Result<bool, PipelineError> {
    let letters = Letters {
        cause: Some(case),
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
