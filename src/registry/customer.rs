//! Customers with their contacts and accounts (SPEC §1).

use chrono::NaiveDate;

use super::AccountId;
use crate::mail::EmailAddress;
use crate::ticket::Language;

crate::slug_enum! {
    /// How a customer gets answers (SPEC §12).
    pub enum AnswerMode {
        /// The answer's text stands in the mail, with a link to the page.
        Answer = "answer",
        /// The mail says only that an answer is registered, with a link.
        Notice = "notice",
    }
}

/// A contracted organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// The reseller's own key for it.
    pub id: String,
    /// Name as it is written in a salutation (株式会社…).
    pub name: String,
    /// Reading of the name.
    pub name_kana: String,
    /// Language it is written to in.
    pub language: Language,
    /// Answers in the mail, or notices with a link.
    pub answer_mode: AnswerMode,
}

/// Who a contact row admits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reach {
    /// One person's address.
    Address(EmailAddress),
    /// Everybody of a domain; may write, may not read.
    Domain(String),
}

impl Reach {
    /// Reads `name@domain` or `@domain`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(domain) = text.strip_prefix('@') {
            let probe = format!("anyone@{domain}");
            return EmailAddress::parse(&probe)
                .map(|address| Self::Domain(address.domain().to_owned()))
                .map_err(|_| format!("`{text}` is not a domain: write it as @customer.example"));
        }
        EmailAddress::parse(text)
            .map(Self::Address)
            .map_err(|error| error.to_string())
    }

    /// The folded form that is stored and looked up: an address, or `@domain`.
    pub fn key(&self) -> String {
        match self {
            Self::Address(address) => address.folded().to_owned(),
            Self::Domain(domain) => format!("@{domain}"),
        }
    }
}

/// The accounts a contact may ask about and see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountScope {
    /// Every account of the customer.
    All,
    /// These only.
    Only(Vec<AccountId>),
}

impl AccountScope {
    /// Reads nothing or `*` (all) or account IDs separated by spaces or semicolons.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() || text == "*" {
            return Ok(Self::All);
        }
        text.split([' ', ';', '|'])
            .filter(|part| !part.is_empty())
            .map(|part| AccountId::parse(part).map_err(|error| error.to_string()))
            .collect::<Result<Vec<_>, _>>()
            .map(Self::Only)
    }

    /// The form that [`parse`](Self::parse) reads.
    pub fn written(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Only(ids) => ids.iter().map(AccountId::as_str).collect::<Vec<_>>().join(" "),
        }
    }

    /// Whether the account lies within the scope.
    pub fn includes(&self, id: AccountId) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&id),
        }
    }
}

/// Somebody who may write for a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Whose contact.
    pub customer_id: String,
    /// The address or domain.
    pub reach: Reach,
    /// Key of the person; rows with the same key are one person with several addresses.
    pub person: String,
    /// Name in salutations; empty where unknown.
    pub person_name: String,
    /// Department; may be empty.
    pub department: String,
    /// Language, where it differs from the customer's.
    pub language: Option<Language>,
    /// Accounts the person may ask about.
    pub account_scope: AccountScope,
    /// Whether the person may sign in to the page.
    pub web: bool,
    /// First day the row counts.
    pub valid_from: Option<NaiveDate>,
    /// Last day the row counts.
    pub valid_to: Option<NaiveDate>,
}

/// A contracted AWS account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Whose account.
    pub customer_id: String,
    /// Its ID.
    pub account_id: AccountId,
    /// What the customer calls it, such as 本番.
    pub label: String,
    /// First day of the contract.
    pub starts: Option<NaiveDate>,
    /// Last day of the contract.
    pub ends: Option<NaiveDate>,
}

impl Contact {
    /// Whether the row counts on that day (JST).
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        covers(self.valid_from, self.valid_to, day)
    }
}

impl Account {
    /// Whether the contract runs on that day (JST).
    pub fn is_contracted_on(&self, day: NaiveDate) -> bool {
        covers(self.starts, self.ends, day)
    }
}

fn covers(first: Option<NaiveDate>, last: Option<NaiveDate>, day: NaiveDate) -> bool {
    first.is_none_or(|first| first <= day) && last.is_none_or(|last| day <= last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_covers_its_first_and_last_day() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 3, d).unwrap();
        assert!(covers(Some(day(2)), Some(day(3)), day(2)) && covers(Some(day(2)), Some(day(3)), day(3)));
        assert!(!covers(Some(day(2)), None, day(1)) && !covers(None, Some(day(3)), day(4)));
    }

    #[test]
    fn a_domain_contact_is_written_with_an_at_sign() {
        assert_eq!(
            Reach::parse("@Customer.Example"),
            Ok(Reach::Domain("customer.example".to_owned()))
        );
        assert!(Reach::parse("@").is_err());
    }

    #[test]
    fn a_scope_reads_back_from_its_written_form() {
        let scope = AccountScope::parse("480913372265;046425940015").unwrap();
        assert_eq!(AccountScope::parse(&scope.written()), Ok(scope));
    }
}
