//! Probes (SPEC §6): each staff member answers one from their own client, so that the anchor is seen to pass
//! before anything of theirs is relayed. Comes in: whom to ask, or an answer. Goes out: mails, and the record.

use super::holding::notice;
use super::letters::{Letters, Outgoing, answerable_by};
use super::{Pipeline, PipelineError};
use crate::authentication::{AnchorVerdict, Token, TokenPurpose};
use crate::correspondence::letter::anchor_words;
use crate::correspondence::values::ProbeValues;
use crate::mail::EmailAddress;
use crate::registry::StaffMember;
use crate::store::outbox::Purpose;
use crate::store::{Tx, authority, registry};
use crate::ticket::TicketNumber;

/// Days within which a probe may be answered: longer than a holiday.
const PROBE_DAYS: i64 = 30;

/// Where one staff address stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressStanding {
    /// Serial of its owner.
    pub serial: u32,
    /// Its owner's name.
    pub name: String,
    /// The address.
    pub address: EmailAddress,
    /// Whether the anchor was seen to pass for it.
    pub proven: bool,
}

impl Pipeline {
    /// Every address of enabled staff, with whether the anchor was seen to pass for it.
    pub async fn list_standing(&self) -> Result<Vec<AddressStanding>, PipelineError> {
        let mut tx = self.database.read().await?;
        let proven = authority::list_enrolled(&mut tx, &self.trust.anchor.to_string()).await?;
        let staff = registry::list_staff(&mut tx).await?;
        let of = |member: &StaffMember, address: &EmailAddress| AddressStanding {
            serial: member.serial,
            name: member.name.clone(),
            address: address.clone(),
            proven: proven.contains(&(member.serial, address.folded().to_owned())),
        };
        let enabled = staff.iter().filter(|member| member.is_enabled());
        Ok(enabled
            .flat_map(|member| member.addresses.iter().map(move |address| of(member, address)))
            .collect())
    }

    /// Sends a probe to that staff address, or to every one that is not proven; returns whom it went to.
    pub async fn send_probes(&self, only: Option<&EmailAddress>) -> Result<Vec<EmailAddress>, PipelineError> {
        let wanted = |one: &AddressStanding| only.map_or(!one.proven, |only| one.address == *only);
        let asked: Vec<AddressStanding> = self.list_standing().await?.into_iter().filter(wanted).collect();
        let mut tx = self.database.begin().await?;
        let staff = registry::list_staff(&mut tx).await?;
        let letters = self.letters(&staff);
        for one in &asked {
            let words = ("probe", false, "");
            send(&letters, &mut tx, (one.serial, &one.address), words).await?;
        }
        tx.commit().await?;
        Ok(asked.into_iter().map(|one| one.address).collect())
    }
}

/// Records an answer to a probe, and tells whether relay is on now.
pub(super) async fn answered(
    letters: &Letters<'_>,
    tx: &mut Tx,
    (staff, address): (u32, &EmailAddress),
    verdict: AnchorVerdict,
) -> Result<(), PipelineError> {
    let anchor = letters.pipeline.trust.anchor.to_string();
    let (passed, why) = match verdict {
        AnchorVerdict::Passes => (true, ""),
        AnchorVerdict::Fails(why) => (false, why),
        AnchorVerdict::Undetermined => (false, "dns-trouble"),
    };
    if passed {
        authority::mark_enrolled(tx, (staff, address), &anchor, letters.now).await?;
    }
    send(letters, tx, (staff, address), ("probe-answer", passed, why)).await
}

async fn send(
    letters: &Letters<'_>,
    tx: &mut Tx,
    (staff, address): (u32, &EmailAddress),
    (template, passed, why): (&str, bool, &str),
) -> Result<(), PipelineError> {
    let Some(member) = letters.staff_member(staff) else {
        return Ok(());
    };
    let (pipeline, policy) = (letters.pipeline, letters.pipeline.policy());
    let language = pipeline.settings.staff_language;
    let values = ProbeValues {
        mark: letters.mark(),
        staff_name: member.name.clone(),
        address: address.to_string(),
        passed,
        anchor: pipeline.trust.anchor.to_string(),
        reason: why.to_owned(),
        reason_text: anchor_words(language, why).to_owned(),
    };
    let subject = pipeline
        .templates
        .render(language, &format!("{template}.subject"), &values)?;
    let text = pipeline
        .templates
        .render(language, &format!("{template}.txt"), &values)?;
    let last_day = letters
        .now
        .timestamp()
        .div_euclid(86_400)
        .saturating_add(PROBE_DAYS);
    let token = Token {
        purpose: TokenPurpose::Probe,
        ticket: TicketNumber(0),
        staff,
        last_day: u16::try_from(last_day).unwrap_or(u16::MAX),
    };
    let path = pipeline
        .keys
        .answer_path(&policy.contact, &token)
        .filter(|_| !passed);
    let draft = answerable_by(path, notice(letters, member, subject, text));
    let outgoing = Outgoing {
        purpose: Purpose::Probe,
        ticket: None,
        mail: letters.cause.map(|case| case.stored.id),
        draft,
        recipients: std::slice::from_ref(address),
        due_at: letters.now,
    };
    letters.queue(tx, outgoing).await
}
