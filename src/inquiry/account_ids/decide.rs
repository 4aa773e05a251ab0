//! Which account the inquiry is filed under. Comes in: what was found, the contracts of the sender's
//! customer, and which of the found IDs belong to somebody else. Goes out: one outcome with its reason. What
//! the customer is told does not differ between an unknown account and another customer's (SPEC §8).

use super::find::{Candidate, Findings};
use crate::registry::AccountId;

crate::slug_enum! {
    /// What is known about the account of an inquiry.
    pub enum AccountOutcome {
        /// Exactly one contracted account.
        Resolved = "resolved",
        /// Several contracted accounts, the first is the primary one.
        Several = "several",
        /// Probably this, to be confirmed by the customer.
        Confirm = "confirm",
        /// Named, but contracted by nobody we know.
        NotContracted = "not-contracted",
        /// Named, but another customer's; staff see it, the customer reads the same as not-contracted.
        OtherCustomer = "other-customer",
        /// No account is named.
        None = "none",
    }
}

crate::slug_enum! {
    /// Why the outcome is what it is.
    pub enum AccountReason {
        /// The customer's own words name it.
        Named = "account-named",
        /// Only quoted, forwarded or attached text names it.
        NamedInOldText = "account-named-in-old-text",
        /// The customer has exactly one running contract and named none.
        OnlyAccount = "only-account",
        /// A contracted account and a plainly labelled foreign one compete.
        Conflict = "account-conflict",
        /// A damaged number fits one contracted account.
        Repair = "account-repair",
        /// A number that may be an account, while the only contracted one is another.
        WeakAgainstOnly = "weak-id-against-only-account",
        /// A labelled or structural ID that is not contracted to this customer.
        NotTheirs = "account-not-theirs",
        /// Numbers without any sign that they are accounts.
        OnlyWeak = "only-weak-ids",
        /// Nothing was found.
        NothingFound = "no-account-found",
    }
}

/// The outcome with its accounts.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AccountDecision {
    /// What is known.
    pub outcome: AccountOutcome,
    /// Why.
    pub reason: AccountReason,
    /// The accounts the outcome is about, the primary one first.
    pub ids: Vec<AccountId>,
}

/// What is contracted, as far as it matters for one mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contracts<'a> {
    /// Running contracts of the sender's customer.
    pub own: &'a [AccountId],
    /// Those of the found IDs that are contracted to other customers.
    pub elsewhere: &'a [AccountId],
}

/// From this score on, an ID that is not contracted was plainly meant as an account.
const PLAINLY_MEANT: u32 = 50;

/// From this score on, the evidence is a label or a form of AWS's own.
const LABELLED: u32 = 70;

impl AccountDecision {
    fn new(outcome: AccountOutcome, reason: AccountReason, ids: Vec<AccountId>) -> Self {
        Self { outcome, reason, ids }
    }

    /// The account to file under, where it is certain.
    pub fn filed_under(&self) -> Option<AccountId> {
        let certain = matches!(self.outcome, AccountOutcome::Resolved | AccountOutcome::Several);
        self.ids.first().copied().filter(|_| certain)
    }

    /// Whether the mail names another account than the one its ticket is bound to; the ticket is never bound
    /// anew by a mail.
    pub fn differs_from(&self, bound: AccountId) -> bool {
        let named = self.reason == AccountReason::Named && self.outcome != AccountOutcome::None;
        named && !self.ids.contains(&bound)
    }
}

/// Decides which account an inquiry is about.
pub fn decide(findings: &Findings, contracts: Contracts<'_>) -> AccountDecision {
    let best = findings.best();
    let own: Vec<&Candidate> = best.iter().copied().filter(|c| c.own).collect();
    let foreign: Vec<&Candidate> = best.iter().copied().filter(|c| !c.own).collect();
    if own.is_empty() {
        without_own(findings, &foreign, contracts)
    } else {
        with_own(findings, &own, &foreign)
    }
}

fn with_own(findings: &Findings, own: &[&Candidate], foreign: &[&Candidate]) -> AccountDecision {
    let fresh_ids = fresh(findings, own);
    let (ids, reason) = if fresh_ids.is_empty() {
        (ids(own), AccountReason::NamedInOldText)
    } else {
        (fresh_ids, AccountReason::Named)
    };
    let strongest_own = own.first().map_or(0, |c| c.score);
    let rival = foreign.iter().find(|c| c.place.is_fresh() && c.score >= LABELLED);
    if let Some(rival) = rival.filter(|_| strongest_own < PLAINLY_MEANT) {
        let ids = ids.into_iter().chain([rival.id]).collect();
        return AccountDecision::new(AccountOutcome::Confirm, AccountReason::Conflict, ids);
    }
    match (ids.len(), reason) {
        (1, _) => AccountDecision::new(AccountOutcome::Resolved, reason, ids),
        (_, AccountReason::NamedInOldText) => AccountDecision::new(AccountOutcome::Confirm, reason, ids),
        _ => AccountDecision::new(AccountOutcome::Several, reason, ids),
    }
}

fn without_own(findings: &Findings, foreign: &[&Candidate], contracts: Contracts<'_>) -> AccountDecision {
    let suggested: Vec<AccountId> = unique(findings.suggestions.iter().map(|s| s.id));
    if !suggested.is_empty() {
        return AccountDecision::new(AccountOutcome::Confirm, AccountReason::Repair, suggested);
    }
    let meant: Vec<AccountId> = unique(foreign.iter().filter(|c| c.score >= PLAINLY_MEANT).map(|c| c.id));
    if !meant.is_empty() {
        let known = meant.iter().any(|id| contracts.elsewhere.contains(id));
        let outcome = if known {
            AccountOutcome::OtherCustomer
        } else {
            AccountOutcome::NotContracted
        };
        return AccountDecision::new(outcome, AccountReason::NotTheirs, meant);
    }
    let weak = ids(foreign);
    match (contracts.own, weak.is_empty()) {
        ([only], true) => {
            AccountDecision::new(AccountOutcome::Resolved, AccountReason::OnlyAccount, vec![*only])
        }
        ([only], false) => AccountDecision::new(
            AccountOutcome::Confirm,
            AccountReason::WeakAgainstOnly,
            vec![*only],
        ),
        (_, false) => AccountDecision::new(AccountOutcome::None, AccountReason::OnlyWeak, weak),
        (_, true) => AccountDecision::new(AccountOutcome::None, AccountReason::NothingFound, weak),
    }
}

/// Own accounts that the author's own words name, labelled ones first, then in the order of the mail.
fn fresh(findings: &Findings, own: &[&Candidate]) -> Vec<AccountId> {
    let mut named: Vec<&Candidate> = own
        .iter()
        .filter_map(|best| {
            let of_id = findings
                .candidates
                .iter()
                .filter(|c| c.id == best.id && c.place.is_fresh());
            of_id.max_by_key(|c| c.score)
        })
        .collect();
    named.sort_by_key(|c| (c.score < LABELLED, c.source, c.range.start));
    ids(&named)
}

fn ids(candidates: &[&Candidate]) -> Vec<AccountId> {
    candidates.iter().map(|c| c.id).collect()
}

fn unique(ids: impl Iterator<Item = AccountId>) -> Vec<AccountId> {
    let mut seen = Vec::new();
    for id in ids {
        if !seen.contains(&id) {
            seen.push(id);
        }
    }
    seen
}
