//! Held staff mail: kept, told to the registered address, released only by a person (SPEC §6).

use uuid::Uuid;

use super::judging::first_retry;
use super::letters::Letters;
use super::writing::Case;
use super::{PipelineError, confirming};
use crate::correspondence::{Automation, Draft};
use crate::inquiry::Hold;
use crate::registry::StaffMember;
use crate::store::held::{HeldMail, HeldState};
use crate::store::{Tx, held};
use crate::ticket::{Actor, EventKind};

/// Keeps a held mail and tells the person whose name it bears, or the leads where nobody is known.
pub(super) async fn hold(
    letters: &Letters<'_>,
    tx: &mut Tx,
    case: &Case<'_>,
    hold: &Hold,
) -> Result<Option<Uuid>, PipelineError> {
    let row = HeldMail {
        id: letters.pipeline.clock.fresh_id(),
        mail_id: case.stored.id,
        ticket_id: hold.ticket,
        staff_serial: hold.staff,
        reason: case.decision.reason.to_owned(),
        detail: case.decision.detail.clone(),
        body: hold.body.clone(),
        state: HeldState::Waiting,
        held_at: letters.now,
        decided_at: None,
        decided_by: None,
    };
    held::insert_held(tx, &row).await?;
    let ticket = match hold.ticket {
        Some(id) => Some(letters.ticket(tx, id).await?),
        None => None,
    };
    if let Some(ticket) = &ticket {
        let detail = format!("{} ({})", case.decision.reason, row.id);
        letters
            .keep_event(tx, ticket, (Actor::System, EventKind::Held), detail)
            .await?;
    }
    if row.reason == "anchor-undetermined" {
        held::set_held_retry(tx, row.id, Some(first_retry(letters.now))).await?;
    }
    confirming::request(letters, tx, &row, &case.stored.content_hash).await?;
    Ok(hold.ticket)
}

/// A notice without a reply address: answering it must not speak to anybody.
pub(super) fn notice(letters: &Letters<'_>, member: &StaffMember, subject: String, text: String) -> Draft {
    Draft {
        from_name: letters
            .pipeline
            .settings
            .desk_names
            .text(letters.pipeline.settings.staff_language)
            .to_owned(),
        from: letters.pipeline.policy().contact.clone(),
        to: member
            .addresses
            .first()
            .map(|address| (Some(member.name.clone()), address.clone()))
            .into_iter()
            .collect(),
        cc: Vec::new(),
        reply_to: None,
        answer_mark: None,
        subject,
        text,
        in_reply_to: None,
        references: Vec::new(),
        automation: Automation::Generated,
        loop_mark: letters.pipeline.keys.loop_mark(),
        enclosures: Vec::new(),
    }
}
