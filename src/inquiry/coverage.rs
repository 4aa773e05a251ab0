//! Whether an inquiry is covered (SPEC §10). Comes in: the accounts it names, the day of the inquiry, its
//! flags and text, and the list of restricted services. Goes out: remarks for staff with the prepared reply
//! each of them may send. It never refuses anything: that is a person's word.

use chrono::{DateTime, NaiveDate, Utc};

use super::classification::{Flag, Inquiry};
use super::restricted_services::{RestrictedMention, RestrictedServices};
use crate::calendar::to_jst;
use crate::registry::{Account, AccountId};

crate::slug_enum! {
    /// Where a contract stands on a day.
    pub enum ContractStanding {
        /// The day lies within the contract.
        Running = "running",
        /// The contract has not begun.
        NotBegun = "not-begun",
        /// The contract is over.
        Ended = "ended",
    }
}

impl ContractStanding {
    /// Where an account's contract stands at an instant; days begin at midnight in Japan.
    pub fn of(account: &Account, at: DateTime<Utc>) -> Self {
        let today = to_jst(at).date_naive();
        if account.starts.is_some_and(|first| today < first) {
            Self::NotBegun
        } else if account.ends.is_some_and(|last| last < today) {
            Self::Ended
        } else {
            Self::Running
        }
    }
}

/// An account of the customer's that the mail names and whose contract does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRemark {
    /// The account.
    pub account: AccountId,
    /// Where its contract stands.
    pub standing: ContractStanding,
    /// The first day of a contract that has not begun, the last day of one that is over.
    pub day: Option<NaiveDate>,
}

impl ContractRemark {
    /// The accounts among those named whose contract does not run at an instant.
    pub fn of(named: &[AccountId], accounts: &[&Account], at: DateTime<Utc>) -> Vec<Self> {
        let remark = |account: &&Account| {
            let standing = ContractStanding::of(account, at);
            let day = match standing {
                ContractStanding::Running => return None,
                ContractStanding::NotBegun => account.starts,
                ContractStanding::Ended => account.ends,
            };
            named.contains(&account.account_id).then_some(Self {
                account: account.account_id,
                standing,
                day,
            })
        };
        accounts.iter().filter_map(remark).collect()
    }
}

crate::slug_enum! {
    /// What staff should know before they answer.
    pub enum CoverageRemark {
        /// Third-party software is out of scope.
        ThirdParty = "third-party",
        /// Writing code is out of scope.
        CodeDevelopment = "code-development",
        /// Debugging the customer's code is out of scope.
        Debugging = "debugging",
        /// The service is on the restricted list.
        RestrictedService = "restricted-service",
        /// Cases opened with AWS before the contract are not inherited.
        PriorAwsCase = "prior-aws-case",
    }
}

impl CoverageRemark {
    /// Name of the template with the reply that staff may send, where there is one.
    pub const fn prepared_reply(self) -> Option<&'static str> {
        match self {
            Self::ThirdParty => Some("decline-third-party"),
            Self::CodeDevelopment => Some("decline-code-development"),
            Self::Debugging => Some("decline-debugging"),
            Self::RestrictedService => Some("decline-restricted-service"),
            // The acknowledgement asks to state the question anew.
            Self::PriorAwsCase => None,
        }
    }

    const fn of(flag: Flag) -> Option<Self> {
        match flag {
            Flag::OosThirdParty => Some(Self::ThirdParty),
            Flag::OosCodeDev => Some(Self::CodeDevelopment),
            Flag::OosDebug => Some(Self::Debugging),
            Flag::RestrictedService => Some(Self::RestrictedService),
            Flag::PriorAwsCase => Some(Self::PriorAwsCase),
            Flag::PartlyInScope
            | Flag::RestrictionSuspect
            | Flag::AwsNotice
            | Flag::MultiTopic
            | Flag::UrgentClaim
            | Flag::Spam
            | Flag::SecretInMail => None,
        }
    }
}

/// What is known about an inquiry's coverage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Remarks for staff.
    pub remarks: Vec<CoverageRemark>,
    /// Part of it is in scope whatever the remarks say.
    pub partly_in_scope: bool,
    /// Restricted services that the text names.
    pub restricted: Vec<RestrictedMention>,
    /// Whether staff have confirmed the list these come from.
    pub list_confirmed: bool,
    /// Accounts that are named and whose contract does not run.
    pub contracts: Vec<ContractRemark>,
}

impl Coverage {
    /// What the flags and the text of an inquiry mean for its coverage.
    pub fn of(flags: &[Flag], inquiry: &Inquiry<'_>, list: &RestrictedServices) -> Self {
        Self {
            remarks: flags
                .iter()
                .filter_map(|flag| CoverageRemark::of(*flag))
                .collect(),
            partly_in_scope: flags.contains(&Flag::PartlyInScope),
            restricted: list.mentions(inquiry),
            list_confirmed: list.is_confirmed(),
            contracts: Vec::new(),
        }
    }

    /// Whether something remarks on the inquiry.
    pub fn has(&self, remark: CoverageRemark) -> bool {
        self.remarks.contains(&remark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(id: &str, starts: &str, ends: &str) -> Account {
        Account {
            customer_id: "sample".to_owned(),
            account_id: AccountId::parse(id).unwrap(),
            label: String::new(),
            starts: starts.parse().ok(),
            ends: ends.parse().ok(),
        }
    }

    #[test]
    fn a_contract_runs_from_its_first_to_its_last_day_in_japan() {
        let days = account("480913372265", "2026-04-01", "2026-04-30");
        let table = [
            ("2026-03-31T14:59:59Z", ContractStanding::NotBegun),
            ("2026-03-31T15:00:00Z", ContractStanding::Running),
            ("2026-04-30T14:59:59Z", ContractStanding::Running),
            ("2026-04-30T15:00:00Z", ContractStanding::Ended),
        ];
        for (at, standing) in table {
            assert_eq!(ContractStanding::of(&days, at.parse().unwrap()), standing, "{at}");
        }
    }

    #[test]
    fn only_named_accounts_without_a_running_contract_are_remarked_on() {
        let all = [
            account("480913372265", "2026-04-01", ""),
            account("046425940015", "2020-01-01", "2021-01-01"),
            account("731905824416", "2020-01-01", "2021-01-01"),
        ];
        let named = [all[0].account_id, all[1].account_id];
        let remarks = ContractRemark::of(
            &named,
            &all.iter().collect::<Vec<_>>(),
            "2026-05-01T00:00:00Z".parse().unwrap(),
        );
        assert_eq!(remarks.len(), 1);
        assert_eq!(remarks[0].account, all[1].account_id);
        assert_eq!(remarks[0].day, all[1].ends);
    }

    #[test]
    fn flags_become_remarks_with_their_prepared_replies() {
        let flags = [Flag::OosThirdParty, Flag::PartlyInScope, Flag::PriorAwsCase];
        let coverage = Coverage::of(&flags, &Inquiry::default(), &RestrictedServices::embedded());
        let replies: Vec<_> = coverage.remarks.iter().map(|r| r.prepared_reply()).collect();
        assert_eq!(replies, [Some("decline-third-party"), None]);
        assert!(coverage.partly_in_scope && coverage.has(CoverageRemark::PriorAwsCase));
    }
}
