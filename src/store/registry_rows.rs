//! Rows of the registry, and what they mean.

use chrono::NaiveDate;

use super::error::StoreError;
use super::rows::Place;
use crate::registry::{Account, AccountScope, Contact, Customer, Reach, StaffMember};

#[derive(sqlx::FromRow)]
pub(super) struct CustomerRow {
    id: String,
    name: String,
    name_kana: String,
    language: String,
    answer_mode: String,
}

#[derive(sqlx::FromRow)]
pub(super) struct ContactRow {
    customer_id: String,
    reach: String,
    person: String,
    person_name: String,
    department: String,
    language: Option<String>,
    account_scope: String,
    web: bool,
    valid_from: Option<String>,
    valid_to: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(super) struct AccountRow {
    account_id: String,
    customer_id: String,
    label: String,
    starts: Option<String>,
    ends: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(super) struct StaffRow {
    pub(super) serial: i64,
    pub(super) name: String,
    pub(super) desks: String,
    pub(super) role: String,
    pub(super) addresses: String,
}

impl CustomerRow {
    pub(super) fn typed(self) -> Result<Customer, StoreError> {
        let place = Place {
            table: "customers",
            row: &self.id,
        };
        let (language, answer_mode) = (
            place.read("language", &self.language)?,
            place.read("answer_mode", &self.answer_mode)?,
        );
        Ok(Customer {
            id: self.id,
            name: self.name,
            name_kana: self.name_kana,
            language,
            answer_mode,
        })
    }
}

impl ContactRow {
    pub(super) fn typed(self) -> Result<Contact, StoreError> {
        let place = Place {
            table: "contacts",
            row: &self.reach,
        };
        let wrong = |column, problem| StoreError::row("contacts", column, &self.reach, problem);
        Ok(Contact {
            language: place.read_option("language", self.language.as_deref())?,
            account_scope: AccountScope::parse(&self.account_scope)
                .map_err(|problem| wrong("account_scope", problem))?,
            valid_from: place.read_option("valid_from", self.valid_from.as_deref())?,
            valid_to: place.read_option("valid_to", self.valid_to.as_deref())?,
            reach: Reach::parse(&self.reach).map_err(|problem| wrong("reach", problem))?,
            customer_id: self.customer_id,
            person: self.person,
            person_name: self.person_name,
            department: self.department,
            web: self.web,
        })
    }
}

impl AccountRow {
    pub(super) fn typed(self) -> Result<Account, StoreError> {
        let place = Place {
            table: "accounts",
            row: &self.account_id,
        };
        Ok(Account {
            account_id: place.read("account_id", &self.account_id)?,
            starts: place.read_option("starts", self.starts.as_deref())?,
            ends: place.read_option("ends", self.ends.as_deref())?,
            customer_id: self.customer_id,
            label: self.label,
        })
    }
}

impl StaffRow {
    pub(super) fn typed(self) -> Result<StaffMember, StoreError> {
        let place = Place {
            table: "staff",
            row: &self.serial,
        };
        Ok(StaffMember {
            serial: place.narrow("serial", self.serial)?,
            addresses: words(&self.addresses, |word| place.read("addresses", word))?,
            desks: words(&self.desks, |word| place.read("desks", word))?,
            role: place.read("role", &self.role)?,
            name: self.name,
        })
    }
}

fn words<T>(text: &str, read: impl Fn(&str) -> Result<T, StoreError>) -> Result<Vec<T>, StoreError> {
    text.split_whitespace().map(read).collect()
}

pub(super) fn day(day: Option<NaiveDate>) -> Option<String> {
    day.map(|day| day.to_string())
}
