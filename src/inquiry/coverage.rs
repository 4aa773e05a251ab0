//! Whether an inquiry is covered (SPEC §10). Comes in: contract days, the day of the inquiry, its flags and
//! text, and the list of restricted services. Goes out: remarks for staff with the prepared reply each of
//! them may send. It never refuses anything: that is a person's word.

use std::ops::Range;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;

use super::classification::Flag;
use super::folded_text::{FoldedText, Folding};
use crate::calendar::to_jst;
use crate::registry::AccountId;

/// The compiled-in list of restricted services, an example until staff confirm it.
const EMBEDDED: &str = include_str!("restricted_services.toml");

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

/// The days of one account's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContractDays {
    /// The account.
    pub account: AccountId,
    /// First day, in Japan.
    pub starts: NaiveDate,
    /// Last day, in Japan; `None` while no end is agreed.
    pub ends: Option<NaiveDate>,
}

impl ContractDays {
    /// Where the contract stands at an instant; days begin at midnight in Japan.
    pub fn standing(&self, at: DateTime<Utc>) -> ContractStanding {
        let today = to_jst(at).date_naive();
        if today < self.starts {
            ContractStanding::NotBegun
        } else if self.ends.is_some_and(|last| last < today) {
            ContractStanding::Ended
        } else {
            ContractStanding::Running
        }
    }
}

/// The accounts whose contract runs at an instant: the only ones that count.
pub fn running_accounts(contracts: &[ContractDays], at: DateTime<Utc>) -> Vec<AccountId> {
    contracts
        .iter()
        .filter(|contract| contract.standing(at) == ContractStanding::Running)
        .map(|contract| contract.account)
        .collect()
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
    /// Name of the prepared reply that `#decline` sends, where there is one.
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
}

/// A restricted service named in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestrictedMention {
    /// The service.
    pub service: String,
    /// Where its restriction is written.
    pub source: String,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// The services the contract restricts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RestrictedServices {
    /// Who confirmed the list; empty while it is an example.
    #[serde(default)]
    confirmed: String,
    #[serde(default)]
    service: Vec<RestrictedService>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RestrictedService {
    name: String,
    words: Vec<String>,
    source: String,
}

/// A list that does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the list of restricted services does not read: {0}")]
pub struct RestrictedListError(String);

impl RestrictedServices {
    /// Reads a list; every service needs a word to be recognised by.
    pub fn parse(toml: &str) -> Result<Self, RestrictedListError> {
        let list: Self = toml::from_str(toml).map_err(|error| RestrictedListError(error.to_string()))?;
        let nameless = |s: &&RestrictedService| s.words.iter().all(|word| word.trim().is_empty());
        match list.service.iter().find(nameless) {
            Some(service) => Err(RestrictedListError(format!("`{}` has no words", service.name))),
            None => Ok(list),
        }
    }

    /// The compiled-in example.
    pub fn embedded() -> Self {
        Self::parse(EMBEDDED).unwrap_or(Self {
            confirmed: String::new(),
            service: Vec::new(),
        })
    }

    /// Whether staff have confirmed the list.
    pub fn is_confirmed(&self) -> bool {
        !self.confirmed.trim().is_empty()
    }

    /// The restricted services that a text names, each once.
    pub fn mentions(&self, text: &str) -> Vec<RestrictedMention> {
        let folded = FoldedText::new(text, Folding::Words);
        self.service
            .iter()
            .filter_map(|service| {
                let range = service.words.iter().find_map(|word| position(&folded, word))?;
                Some(RestrictedMention {
                    service: service.name.clone(),
                    source: service.source.clone(),
                    range: folded.original_range(&range),
                })
            })
            .collect()
    }
}

fn position(folded: &FoldedText, word: &str) -> Option<Range<usize>> {
    let word = FoldedText::new(word, Folding::Words);
    let wanted = Some(word.as_str()).filter(|word| !word.is_empty())?;
    let start = folded.as_str().find(wanted)?;
    Some(start..start + wanted.len())
}

impl Coverage {
    /// What the flags and the text of an inquiry mean for its coverage.
    pub fn of(flags: &[Flag], text: &str, list: &RestrictedServices) -> Self {
        Self {
            remarks: flags
                .iter()
                .filter_map(|flag| CoverageRemark::of(*flag))
                .collect(),
            partly_in_scope: flags.contains(&Flag::PartlyInScope),
            restricted: list.mentions(text),
            list_confirmed: list.is_confirmed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract(starts: &str, ends: Option<&str>) -> ContractDays {
        ContractDays {
            account: AccountId::parse("480913372265").unwrap(),
            starts: starts.parse().unwrap(),
            ends: ends.map(|day| day.parse().unwrap()),
        }
    }

    #[test]
    fn a_contract_runs_from_its_first_to_its_last_day_in_japan() {
        let days = contract("2026-04-01", Some("2026-04-30"));
        let table = [
            ("2026-03-31T14:59:59Z", ContractStanding::NotBegun),
            ("2026-03-31T15:00:00Z", ContractStanding::Running),
            ("2026-04-30T14:59:59Z", ContractStanding::Running),
            ("2026-04-30T15:00:00Z", ContractStanding::Ended),
        ];
        for (at, standing) in table {
            assert_eq!(days.standing(at.parse().unwrap()), standing, "{at}");
        }
    }

    #[test]
    fn only_running_contracts_count() {
        let all = [
            contract("2026-04-01", None),
            contract("2020-01-01", Some("2021-01-01")),
        ];
        assert_eq!(
            running_accounts(&all, "2026-05-01T00:00:00Z".parse().unwrap()).len(),
            1
        );
    }

    #[test]
    fn the_embedded_list_reads_and_is_marked_unconfirmed() {
        let list = RestrictedServices::parse(EMBEDDED).unwrap();
        assert!(!list.is_confirmed() && !list.service.is_empty());
    }

    #[test]
    fn a_mention_points_at_the_text() {
        let text = "ＣｏｎｔｒｏｌＴower ではなく Control　Tower を使いたい";
        let found = RestrictedServices::embedded().mentions(text);
        let places: Vec<_> = found.iter().filter_map(|m| text.get(m.range.clone())).collect();
        assert_eq!(places, ["Control　Tower"]);
    }

    #[test]
    fn flags_become_remarks_with_their_prepared_replies() {
        let flags = [Flag::OosThirdParty, Flag::PartlyInScope, Flag::PriorAwsCase];
        let coverage = Coverage::of(&flags, "", &RestrictedServices::embedded());
        let replies: Vec<_> = coverage.remarks.iter().map(|r| r.prepared_reply()).collect();
        assert_eq!(replies, [Some("decline-third-party"), None]);
        assert!(coverage.partly_in_scope);
    }

    #[test]
    fn a_service_without_words_is_refused() {
        let toml = "[[service]]\nname = \"x\"\nwords = []\nsource = \"y\"";
        assert!(RestrictedServices::parse(toml).is_err());
    }
}
