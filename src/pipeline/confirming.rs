//! Requests about held mail (SPEC §6): the registered mailbox is asked whether a held mail is its owner's,
//! at most once in ten minutes with the rest in a digest, and an answer lets exactly that mail go, once.

use chrono::TimeDelta;
use uuid::Uuid;

use super::holding::notice;
use super::letters::{Letters, Outgoing, answerable_by};
use super::{PipelineError, probing, releasing};
use crate::authentication::AnswerPath;
use crate::correspondence::Draft;
use crate::correspondence::letter::{anchor_words, hold_reason_words, quoted};
use crate::correspondence::values::{HeldAnswerValues, HeldDigestValues, HeldEntry, HeldValues};
use crate::inquiry::DeskAnswer;
use crate::inquiry::redaction::redacted;
use crate::registry::{AccountId, Role, StaffMember};
use crate::store::authority::{self, HeldRequest};
use crate::store::held::{self, HeldMail};
use crate::store::outbox::Purpose;
use crate::store::{Tx, tickets};
use crate::ticket::{Language, Ticket};

/// One request to a person within this time; the rest waits and comes as a list.
pub(super) const ASKED_EVERY: TimeDelta = TimeDelta::minutes(10);

/// How long a request may be answered.
pub(super) const CONFIRM_WITHIN: TimeDelta = TimeDelta::hours(72);

/// Held mails in one list; more are counted.
const MAX_IN_DIGEST: usize = 20;

/// Characters of a held text that are shown to the person who is asked.
const MAX_SHOWN: usize = 4_000;

/// Why a mail is held that no answer by mail lets go: a remark meant for colleagues, or a desk that is not
/// theirs.
const NEVER_BY_MAIL: &[&str] = &[
    "command-in-text",
    "command-in-html",
    "not-on-this-desk",
    "own-address",
];

/// Notes whom a held mail concerns, and tells them now if they were not told of another one just before.
pub(super) async fn request(
    letters: &Letters<'_>,
    tx: &mut Tx,
    row: &HeldMail,
    content_hash: &str,
) -> Result<(), PipelineError> {
    let named = row
        .staff_serial
        .and_then(|serial| letters.staff_member(serial))
        .filter(|member| member.is_enabled());
    let confirms =
        named.is_some() && row.ticket_id.is_some() && !NEVER_BY_MAIL.contains(&row.reason.as_str());
    let leads = || {
        let lead = |member: &&StaffMember| matches!(member.role, Role::Lead | Role::Admin);
        letters.staff.iter().filter(lead).collect()
    };
    let told: Vec<&StaffMember> = named.map_or_else(leads, |member| vec![member]);
    for member in told {
        let whom = (row.id, member.serial);
        authority::insert_held_request(tx, whom, content_hash, confirms, letters.now).await?;
        let free = authority::list_staff_to_ask(tx, letters.now - ASKED_EVERY).await?;
        if free.contains(&member.serial) {
            ask(letters, tx, member.serial).await?;
        }
    }
    Ok(())
}

/// Tells a person of everything that waits for them: one mail as a request, several as a list.
pub(super) async fn ask(letters: &Letters<'_>, tx: &mut Tx, serial: u32) -> Result<(), PipelineError> {
    let Some(member) = letters.staff_member(serial).filter(|member| member.is_enabled()) else {
        return Ok(());
    };
    let limit = i64::try_from(MAX_IN_DIGEST.saturating_mul(50)).unwrap_or(i64::MAX);
    let mut waiting = Vec::new();
    for request in authority::list_unasked(tx, serial, limit).await? {
        if authority::mark_asked(tx, request.number, letters.now).await? {
            waiting.push(request);
        }
    }
    match waiting.as_slice() {
        [] => Ok(()),
        [one] => ask_one(letters, tx, member, one).await,
        several => ask_several(letters, tx, member, several).await,
    }
}

async fn ask_one(
    letters: &Letters<'_>,
    tx: &mut Tx,
    member: &StaffMember,
    request: &HeldRequest,
) -> Result<(), PipelineError> {
    let Some(row) = held::find_held(tx, request.held_id).await? else {
        return Ok(());
    };
    let ticket = ticket_of(tx, &row).await?;
    let accounts = match &ticket {
        Some(ticket) => letters.accounts_of(tx, ticket).await?,
        None => Vec::new(),
    };
    let accounts: Vec<AccountId> = accounts.iter().map(|account| account.account_id).collect();
    let shown: String = row.body.chars().take(MAX_SHOWN).collect();
    let language = letters.pipeline.settings.staff_language;
    let named = row.staff_serial.and_then(|serial| letters.staff_member(serial));
    let values = HeldValues {
        mark: letters.mark(),
        number: ticket.as_ref().map(|ticket| letters.number(ticket)),
        staff_name: named.map_or_else(|| nobody(language).to_owned(), |member| member.name.clone()),
        reason: row.reason.clone(),
        reason_text: hold_reason_words(language, &row.reason).to_owned(),
        detail: if row.reason == "anchor-failed" {
            format!("{} [{}]", anchor_words(language, &row.detail), row.detail)
        } else {
            redacted(&row.detail, &accounts).into_owned()
        },
        held_id: row.id.to_string(),
        confirms: request.confirms,
        hours: CONFIRM_WITHIN.num_hours(),
        recipient: ticket.as_ref().map(|ticket| ticket.author.to_string()),
        // A key that keeps the mail back is not mailed around either.
        text: quoted(&redacted(&shown, &accounts)),
    };
    let path = path(letters, request);
    let mail = (ticket.as_ref().map(|ticket| ticket.id), Some(row.mail_id));
    let rendered = render(letters, "held-notice", &values)?;
    tell(letters, tx, member, (rendered, path), mail).await
}

async fn ask_several(
    letters: &Letters<'_>,
    tx: &mut Tx,
    member: &StaffMember,
    requests: &[HeldRequest],
) -> Result<(), PipelineError> {
    let language = letters.pipeline.settings.staff_language;
    let mut entries = Vec::new();
    for request in requests.iter().take(MAX_IN_DIGEST) {
        let Some(row) = held::find_held(tx, request.held_id).await? else {
            continue;
        };
        let ticket = ticket_of(tx, &row).await?;
        let first = row.body.lines().find(|line| !line.trim().is_empty());
        entries.push(HeldEntry {
            number: ticket.map(|ticket| letters.number(&ticket)),
            reason: row.reason.clone(),
            reason_text: hold_reason_words(language, &row.reason).to_owned(),
            held_id: row.id.to_string(),
            first_line: redacted(first.unwrap_or_default(), &[])
                .chars()
                .take(80)
                .collect(),
            // One Message-ID cannot let each of several mails go; those are released at the desk.
            send_to: path(letters, request).and_then(|path| path.address().map(ToString::to_string)),
        });
    }
    let values = HeldDigestValues {
        mark: letters.mark(),
        count: requests.len(),
        more: requests.len().saturating_sub(entries.len()),
        hours: CONFIRM_WITHIN.num_hours(),
        entries,
    };
    let rendered = render(letters, "held-digest", &values)?;
    tell(letters, tx, member, (rendered, None), (None, None)).await
}

/// Whose name a mail bears that bears nobody's.
const fn nobody(language: Language) -> &'static str {
    match language {
        Language::Japanese => "担当者ではない差出人",
        Language::English => "somebody who is no member of the desk",
    }
}

/// How an answer lets the mail go, where one does.
fn path(letters: &Letters<'_>, request: &HeldRequest) -> Option<AnswerPath> {
    let policy = letters.pipeline.policy();
    let whose = (request.number, request.staff_serial);
    request
        .confirms
        .then(|| {
            letters
                .pipeline
                .keys
                .confirmation_path(&policy.contact, whose, &request.content_hash)
        })
        .flatten()
}

async fn ticket_of(tx: &mut Tx, row: &HeldMail) -> Result<Option<Ticket>, PipelineError> {
    match row.ticket_id {
        Some(id) => Ok(tickets::find_ticket(tx, id).await?),
        None => Ok(None),
    }
}

fn render(
    letters: &Letters<'_>,
    name: &str,
    values: &impl serde::Serialize,
) -> Result<(String, String), PipelineError> {
    let (templates, language) = (
        &letters.pipeline.templates,
        letters.pipeline.settings.staff_language,
    );
    let subject = templates.render(language, &format!("{name}.subject"), values)?;
    Ok((
        subject,
        templates.render(language, &format!("{name}.txt"), values)?,
    ))
}

async fn tell(
    letters: &Letters<'_>,
    tx: &mut Tx,
    member: &StaffMember,
    ((subject, text), path): ((String, String), Option<AnswerPath>),
    (ticket, mail): (Option<Uuid>, Option<Uuid>),
) -> Result<(), PipelineError> {
    let Some(address) = member.addresses.first() else {
        return Ok(());
    };
    let draft = Draft {
        references: ticket
            .and_then(|id| letters.thread_root(id))
            .into_iter()
            .collect(),
        ..answerable_by(path, notice(letters, member, subject, text))
    };
    let outgoing = Outgoing {
        purpose: Purpose::HeldNotice,
        ticket,
        mail,
        draft,
        recipients: std::slice::from_ref(address),
        due_at: letters.now,
    };
    letters.queue(tx, outgoing).await
}

/// Carries out what a staff member answered the desk; returns the ticket it concerns.
pub(super) async fn answered(
    letters: &Letters<'_>,
    tx: &mut Tx,
    answer: &DeskAnswer,
) -> Result<Option<Uuid>, PipelineError> {
    match answer {
        DeskAnswer::Probe {
            staff,
            address,
            verdict,
        } => {
            probing::answered(letters, tx, (*staff, address), *verdict).await?;
            Ok(None)
        }
        DeskAnswer::Confirmation {
            number,
            held,
            staff,
            enrols,
        } => {
            if let Some(address) = enrols {
                let anchor = letters.pipeline.trust.anchor.to_string();
                authority::mark_enrolled(tx, (*staff, address), &anchor, letters.now).await?;
            }
            match releasing::release(letters, tx, (*number, *held, *staff)).await? {
                Ok(ticket) => Ok(Some(ticket)),
                Err(why) => refuse(letters, tx, (*held, *staff), why).await,
            }
        }
        DeskAnswer::Refused { held, staff, why } => refuse(letters, tx, (*held, *staff), why).await,
    }
}

/// Says that nothing was done, and why.
async fn refuse(
    letters: &Letters<'_>,
    tx: &mut Tx,
    (id, staff): (Uuid, u32),
    why: &'static str,
) -> Result<Option<Uuid>, PipelineError> {
    let Some(member) = letters.staff_member(staff) else {
        return Ok(None);
    };
    let row = held::find_held(tx, id).await?;
    let ticket = match &row {
        Some(row) => ticket_of(tx, row).await?,
        None => None,
    };
    let language = letters.pipeline.settings.staff_language;
    let values = HeldAnswerValues {
        mark: letters.mark(),
        number: ticket.as_ref().map(|ticket| letters.number(ticket)),
        held_id: id.to_string(),
        reason: why.to_owned(),
        reason_text: hold_reason_words(language, why).to_owned(),
    };
    let ticket = ticket.map(|ticket| ticket.id);
    let rendered = render(letters, "held-answer", &values)?;
    let mail = letters.cause.map(|case| case.stored.id);
    tell(letters, tx, member, (rendered, None), (ticket, mail)).await?;
    Ok(ticket)
}
