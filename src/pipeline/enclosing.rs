//! Files that go along with a mail. Comes in: the mail that brought them. Goes out: their contents under safe
//! names, and in words what stays behind (SPEC §13).

use super::PipelineError;
use super::letters::Letters;
use super::writing::Case;
use crate::correspondence::Enclosure;
use crate::correspondence::letter::stays_behind_words;
use crate::correspondence::values::DeclineValues;
use crate::inquiry::passing::{Passing, to_customer, to_staff};
use crate::inquiry::{Command, StaffAct};
use crate::mail::parse::attachment_contents;
use crate::registry::StaffMember;
use crate::store::{Tx, findings, messages};
use crate::ticket::{Language, MessageKind, Ticket};

/// What goes along, and what does not.
#[derive(Debug, Default)]
pub(super) struct Enclosed {
    /// The text, with the places of its pictures.
    pub(super) text: String,
    /// The files.
    pub(super) files: Vec<Enclosure>,
    /// What stays behind.
    pub(super) left_behind: Vec<Passing>,
}

/// The files of a staff member's answer.
pub(super) fn to_customer_of(case: &Case<'_>, text: &str) -> Enclosed {
    let signature = case.message.reply.signature();
    let (text, passings) = to_customer(&case.message.attachments, text, &signature);
    sorted(case, text, passings)
}

/// The files of a customer's mail.
pub(super) fn to_staff_of(case: &Case<'_>) -> Enclosed {
    sorted(case, String::new(), to_staff(&case.message.attachments))
}

fn sorted(case: &Case<'_>, text: String, passings: Vec<Passing>) -> Enclosed {
    let (go, left_behind): (Vec<Passing>, Vec<Passing>) =
        passings.into_iter().partition(|passing| passing.stays.is_none());
    let parts: Vec<usize> = go.iter().map(|passing| passing.part).collect();
    let contents = if parts.is_empty() {
        Vec::new()
    } else {
        attachment_contents(&case.stored.raw, &parts)
    };
    let files = go.into_iter().zip(contents).filter_map(|(passing, bytes)| {
        bytes.map(|bytes| Enclosure {
            name: passing.name,
            media_type: passing.media_type,
            bytes,
        })
    });
    Enclosed {
        text,
        files: files.collect(),
        left_behind,
    }
}

/// What stays behind, a line each.
pub(super) fn left_behind_words(language: Language, left_behind: &[Passing]) -> Vec<String> {
    let line = |passing: &Passing| {
        let why = passing
            .stays
            .map_or("", |stays| stays_behind_words(language, stays));
        format!("{} ({why})", passing.name)
    };
    left_behind.iter().map(line).collect()
}

impl Letters<'_> {
    /// The answer with the prepared replies that its commands ask for beneath the person's own words.
    pub(super) async fn with_prepared(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        act: &StaffAct,
    ) -> Result<StaffAct, PipelineError> {
        let mut texts = vec![act.text.clone()];
        for command in &act.commands {
            let Command::Decline(remark) = command else {
                continue;
            };
            let Some(template) = remark.prepared_reply() else {
                continue;
            };
            let values = decline_values(tx, ticket).await?;
            let name = format!("{template}.txt");
            texts.push(self.pipeline.templates.render(ticket.language, &name, &values)?);
        }
        texts.retain(|text| !text.trim().is_empty());
        Ok(StaffAct {
            text: texts.join("\n\n"),
            ..act.clone()
        })
    }

    /// The colleagues who have answered the customer's last question before.
    pub(super) async fn others_who_answered(
        &self,
        tx: &mut Tx,
        ticket: &Ticket,
        staff: u32,
    ) -> Result<Vec<&StaffMember>, PipelineError> {
        let all = messages::list_messages(tx, ticket.id).await?;
        let last_question = all.iter().rposition(|one| one.kind == MessageKind::FromCustomer);
        let since = all.get(last_question.unwrap_or_default()..).unwrap_or_default();
        let answers = since.iter().filter(|one| one.kind == MessageKind::ToCustomer);
        let authors: Vec<&str> = answers.map(|one| one.author.as_str()).collect();
        let wrote = |address: String| authors.contains(&address.as_str());
        let others = self.staff.iter().filter(|member| {
            member.serial != staff
                && (wrote(format!("staff:{}", member.serial))
                    || member
                        .addresses
                        .iter()
                        .any(|address| wrote(address.folded().to_owned())))
        });
        Ok(others.collect())
    }
}

async fn decline_values(tx: &mut Tx, ticket: &Ticket) -> Result<DeclineValues, PipelineError> {
    let found = findings::find_findings(tx, ticket.id).await?;
    let found = found.unwrap_or_default();
    let listed = found
        .evidence
        .iter()
        .filter(|line| line.about.starts_with("restricted-list"));
    let mut services: Vec<String> = Vec::new();
    for line in listed {
        if !services.contains(&line.rule) {
            services.push(line.rule.clone());
        }
    }
    Ok(DeclineValues {
        services,
        partly_in_scope: found.flags.iter().any(|flag| flag == "partly-in-scope"),
    })
}
