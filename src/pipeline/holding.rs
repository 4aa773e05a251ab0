//! Held staff mail: kept, told to the registered address, released only by a person (SPEC §6).

use uuid::Uuid;

use super::answering::relay_released;
use super::judging::first_retry;
use super::letters::Letters;
use super::writing::Case;
use super::{Pipeline, PipelineError, confirming};
use crate::correspondence::{Automation, Draft};
use crate::inquiry::{Hold, StaffAct, StaffText, read_staff_text};
use crate::registry::StaffMember;
use crate::store::held::{HeldMail, HeldState};
use crate::store::{Tx, held, registry};
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

/// Why a held mail was not released.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseRefusal {
    /// There is none with that id.
    #[error("no held mail has the id {0}; `madoguchi held list` shows them")]
    Missing(Uuid),
    /// A person decided before.
    #[error("this held mail was decided before")]
    Decided,
    /// It names no ticket or no staff member, so there is nobody to send it to or to sign it.
    #[error(
        "this held mail names no ticket and staff member, so it cannot be sent; answer the customer from a notification instead"
    )]
    NoTarget,
    /// It holds a command where it is no command, or nothing at all.
    #[error("what it holds cannot be sent to a customer ({0}); answer from a notification instead")]
    NotSendable(&'static str),
}

impl Pipeline {
    /// Sends a held mail to the customer on a person's word. The text is judged again: a command inside it
    /// stays a reason not to send.
    pub async fn release_held(
        &self,
        id: Uuid,
        by: &str,
    ) -> Result<Result<(), ReleaseRefusal>, PipelineError> {
        let mut tx = self.database.begin().await?;
        let staff = registry::list_staff(&mut tx).await?;
        let Some(row) = held::find_held(&mut tx, id).await? else {
            return Ok(Err(ReleaseRefusal::Missing(id)));
        };
        let act = match sendable(&row, &self.policy().number_prefix) {
            Ok(act) => act,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let now = self.clock.now();
        if !held::mark_held_released(&mut tx, id, by, now).await? {
            return Ok(Err(ReleaseRefusal::Decided));
        }
        let letters = Letters {
            pipeline: self,
            now,
            staff: &staff,
            cause: None,
        };
        relay_released(&letters, &mut tx, row.mail_id, &act).await?;
        let ticket = letters.ticket(&mut tx, act.ticket).await?;
        let detail = format!("{id} by {by}");
        letters
            .keep_event(&mut tx, &ticket, (Actor::Operator, EventKind::Released), detail)
            .await?;
        tx.commit().await?;
        Ok(Ok(()))
    }
}

fn sendable(row: &HeldMail, number_prefix: &str) -> Result<StaffAct, ReleaseRefusal> {
    if row.state == HeldState::Released {
        return Err(ReleaseRefusal::Decided);
    }
    let (Some(ticket), Some(staff)) = (row.ticket_id, row.staff_serial) else {
        return Err(ReleaseRefusal::NoTarget);
    };
    match read_staff_text(&row.body, number_prefix) {
        StaffText::Answer { text, commands } => Ok(StaffAct {
            ticket,
            staff,
            text,
            commands,
        }),
        StaffText::Empty => Err(ReleaseRefusal::NotSendable("it is empty")),
        StaffText::CommandInText(_) => Err(ReleaseRefusal::NotSendable("a command stands in its text")),
        StaffText::Note { .. } | StaffText::CommandsOnly(_) | StaffText::Refused(_) => {
            Err(ReleaseRefusal::NotSendable("it is a note or a command"))
        }
    }
}
