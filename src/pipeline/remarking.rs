//! What a notification tells staff beside the customer's words: how the account was found, what may be out of
//! scope and why, which secrets stand in the mail, and the prepared replies.

use super::PipelineError;
use super::letters::Letters;
use super::writing::Case;
use crate::correspondence::letter::named_account;
use crate::correspondence::remarks::{
    account_note, contract_words, draft_words, flag_words, other_account_words, restricted_words,
    secret_words,
};
use crate::correspondence::values::{DeclineValues, DraftValue, RemarkValue};
use crate::inquiry::classification::Flag;
use crate::inquiry::coverage::CoverageRemark;
use crate::inquiry::secrets::SecretKind;
use crate::inquiry::{Acknowledgement, Effect, JoinTicket, NewTicket};
use crate::registry::Account;
use crate::ticket::{Category, Language, Ticket};

/// The part of a notification that explains the decision.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    pub(super) account_note: String,
    pub(super) told: Vec<RemarkValue>,
    pub(super) secrets: Vec<String>,
    pub(super) drafts: Vec<DraftValue>,
}

impl Letters<'_> {
    /// What staff should know of the mail that is told of.
    pub(super) fn remarks(
        &self,
        ticket: &Ticket,
        case: &Case<'_>,
        accounts: &[Account],
    ) -> Result<Remarks, PipelineError> {
        let language = self.pipeline.settings.staff_language;
        match &case.decision.effect {
            Effect::Open(new) => Ok(Remarks {
                account_note: account_note(language, &new.account, accounts, asked(new)),
                told: remarks_of(language, new, accounts),
                secrets: secrets_of(language, &new.secrets),
                drafts: self.drafts(ticket, new)?,
            }),
            Effect::Join(join) => Ok(Remarks {
                told: other_accounts(language, join, accounts),
                secrets: secrets_of(language, &join.secrets),
                ..Remarks::default()
            }),
            Effect::Nothing
            | Effect::OpenFor { .. }
            | Effect::Store { .. }
            | Effect::Relay(_)
            | Effect::Inside(_)
            | Effect::Record { .. }
            | Effect::Return { .. }
            | Effect::Hold(_)
            | Effect::Answered(_)
            | Effect::AddNotice { .. }
            | Effect::Bounce { .. } => Ok(Remarks::default()),
        }
    }

    /// The prepared replies that fit, in the customer's language.
    fn drafts(&self, ticket: &Ticket, new: &NewTicket) -> Result<Vec<DraftValue>, PipelineError> {
        let coverage = &new.coverage;
        let mut fitting: Vec<&'static str> = coverage
            .remarks
            .iter()
            .filter_map(|remark| remark.prepared_reply())
            .collect();
        // A question about the service as such may be answered; whether it may be used is what the list tells.
        let listed = !coverage.restricted.is_empty() && ticket.category == Category::Restriction;
        fitting.extend(
            CoverageRemark::RestrictedService
                .prepared_reply()
                .filter(|_| listed),
        );
        fitting.dedup();
        let values = DeclineValues {
            services: coverage
                .restricted
                .iter()
                .map(|mention| mention.service.clone())
                .collect(),
            partly_in_scope: coverage.partly_in_scope,
        };
        let draft = |template: &'static str| {
            let name = format!("{template}.txt");
            let text = self.pipeline.templates.render(ticket.language, &name, &values)?;
            let about = draft_words(self.pipeline.settings.staff_language, template).to_owned();
            Ok(DraftValue { about, text })
        };
        fitting.into_iter().map(draft).collect()
    }
}

/// Whether the customer was asked for the account.
fn asked(new: &NewTicket) -> bool {
    new.account_id.is_none() && new.acknowledgement == Acknowledgement::Full
}

fn remarks_of(language: Language, new: &NewTicket, accounts: &[Account]) -> Vec<RemarkValue> {
    let found = &new.classification;
    // Secrets have a line of their own, with what to do.
    let flags = found.flags.iter().filter(|flag| **flag != Flag::SecretInMail);
    let flags = flags.map(|flag| {
        let shown = found.evidence.iter().filter(|one| one.flag == Some(*flag));
        RemarkValue {
            words: flag_words(language, *flag).to_owned(),
            evidence: shown.map(|one| one.text.clone()).collect(),
        }
    });
    let plain = |words| RemarkValue {
        words,
        evidence: Vec::new(),
    };
    let coverage = &new.coverage;
    let contracts = coverage
        .contracts
        .iter()
        .map(|remark| plain(contract_words(language, remark, accounts)));
    let listed = coverage.restricted.iter();
    let listed = listed.map(|mention| plain(restricted_words(language, mention, coverage.list_confirmed)));
    flags.chain(contracts).chain(listed).collect()
}

fn other_accounts(language: Language, join: &JoinTicket, accounts: &[Account]) -> Vec<RemarkValue> {
    let named = |id: &_| named_account(language, *id, accounts);
    let evidence: Vec<String> = join.other_accounts.iter().map(named).collect();
    let remark = RemarkValue {
        words: other_account_words(language).to_owned(),
        evidence,
    };
    Some(remark)
        .filter(|remark| !remark.evidence.is_empty())
        .into_iter()
        .collect()
}

fn secrets_of(language: Language, kinds: &[SecretKind]) -> Vec<String> {
    kinds
        .iter()
        .map(|kind| secret_words(language, *kind).to_owned())
        .collect()
}
