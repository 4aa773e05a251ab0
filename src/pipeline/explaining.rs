//! What was found in a mail, as it is kept with its ticket for the people who answer it. Comes in: a decision
//! and its situation. Goes out: flags and evidence lines, without secrets.

use super::PipelineError;
use super::writing::Case;
use crate::inquiry::account_ids::Candidate;
use crate::inquiry::classification::Evidence;
use crate::inquiry::coverage::ContractRemark;
use crate::inquiry::restricted_services::RestrictedMention;
use crate::inquiry::secrets::SecretKind;
use crate::inquiry::{JoinTicket, NewTicket, Situation};
use crate::registry::AccountId;
use crate::store::findings::{EvidenceLine, TicketFindings};
use crate::store::{Tx, findings};

/// Places of one account that are kept: a log names the same one a thousand times.
const MOST_PLACES: usize = 3;

/// The flag of a mail with a secret in it.
const SECRET: &str = "secret-in-mail";

/// What an account's contract is kept under.
const CONTRACT: &str = "contract";

/// The mark of a ticket whose customer names another account than the one it is filed under.
const ANOTHER_ACCOUNT: &str = "account-differs";

/// Everything found in the mail that opened a ticket.
pub(super) fn findings_of(new: &NewTicket, situation: &Situation) -> TicketFindings {
    let found = &new.classification;
    let rules = found
        .evidence
        .iter()
        .map(|one| of_rule(one, found.category.as_str()));
    let accounts = new.account.ids.iter().flat_map(|id| of_account(*id, situation));
    let listed = new.coverage.restricted.iter();
    let restricted = listed.map(|mention| of_mention(mention, new.coverage.list_confirmed));
    let contracts = new.coverage.contracts.iter().map(of_contract);
    TicketFindings {
        flags: found.flags.iter().map(|flag| flag.as_str().to_owned()).collect(),
        evidence: rules
            .chain(accounts)
            .chain(contracts)
            .chain(restricted)
            .chain(of_secrets(&new.secrets))
            .collect(),
        rules_version: found.rules_version.clone(),
    }
}

/// What a further mail of the ticket holds that its people should know.
pub(super) async fn keep_remarks(
    tx: &mut Tx,
    case: &Case<'_>,
    join: &JoinTicket,
) -> Result<(), PipelineError> {
    if !join.secrets.is_empty() {
        findings::add_findings(tx, join.ticket, SECRET, of_secrets(&join.secrets)).await?;
    }
    let places = join
        .other_accounts
        .iter()
        .flat_map(|id| of_account(*id, case.situation));
    if !join.other_accounts.is_empty() {
        findings::add_findings(tx, join.ticket, ANOTHER_ACCOUNT, places.collect()).await?;
    }
    Ok(())
}

/// Which kinds of secrets a mail holds; their text is kept nowhere.
fn of_secrets(kinds: &[SecretKind]) -> Vec<EvidenceLine> {
    let line = |kind: &SecretKind| line(SECRET, kind.as_str(), "", "");
    kinds.iter().map(line).collect()
}

/// Where an account stands in the mail.
fn of_account(id: AccountId, situation: &Situation) -> Vec<EvidenceLine> {
    let candidates = situation.findings.candidates.iter();
    let mut places: Vec<&Candidate> = candidates.filter(|c| c.id == id).collect();
    places.sort_by_key(|c| std::cmp::Reverse(c.score));
    let line = |c: &&Candidate| line("account", c.evidence.as_str(), c.place.as_str(), &c.text);
    places.iter().take(MOST_PLACES).map(line).collect()
}

fn of_rule(one: &Evidence, category: &str) -> EvidenceLine {
    let about = one.flag.map_or(category, |flag| flag.as_str());
    line(about, &one.rule, one.field.as_str(), &one.text)
}

fn of_mention(mention: &RestrictedMention, confirmed: bool) -> EvidenceLine {
    let about = if confirmed {
        "restricted-list"
    } else {
        "restricted-list-unconfirmed"
    };
    line(about, &mention.service, mention.field.as_str(), &mention.text)
}

fn of_contract(remark: &ContractRemark) -> EvidenceLine {
    let day = remark.day.map(|day| day.to_string()).unwrap_or_default();
    line(CONTRACT, remark.standing.as_str(), &day, remark.account.as_str())
}

/// The remarks on contracts, as they were kept.
pub(super) fn contracts_of(found: &TicketFindings) -> Vec<ContractRemark> {
    let kept = found.evidence.iter().filter(|line| line.about == CONTRACT);
    let remark = |line: &EvidenceLine| {
        Some(ContractRemark {
            account: AccountId::parse(&line.text).ok()?,
            standing: line.rule.parse().ok()?,
            day: line.place.parse().ok(),
        })
    };
    kept.filter_map(remark).collect()
}

fn line(about: &str, rule: &str, place: &str, text: &str) -> EvidenceLine {
    EvidenceLine {
        about: about.to_owned(),
        rule: rule.to_owned(),
        place: place.to_owned(),
        text: text.to_owned(),
    }
}
