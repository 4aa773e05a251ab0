//! One line of a registry file becomes one typed row. Comes in: the cells. Goes out: the row, or its
//! errors with line and column.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::files::FileError;
use super::{Account, AccountId, AccountScope, AnswerMode, Contact, Customer, Reach, Role, StaffMember};
use crate::mail::EmailAddress;
use crate::ticket::{Desk, Language};

/// Provider domains that prove nothing about an organisation.
const SHARED_DOMAINS: &str = include_str!("shared_domains.txt");

/// One line of a file, with its errors collected.
pub(super) struct Row<'a> {
    pub(super) file: &'a str,
    pub(super) line: u64,
    pub(super) record: &'a csv::StringRecord,
    pub(super) places: &'a BTreeMap<&'static str, usize>,
    pub(super) errors: &'a mut Vec<FileError>,
}

impl Row<'_> {
    fn cell(&self, column: &'static str) -> &str {
        let cell = self
            .places
            .get(column)
            .and_then(|place| self.record.get(*place))
            .unwrap_or_default()
            .trim();
        cell.strip_prefix('\'').unwrap_or(cell)
    }

    fn read<T>(&mut self, column: &'static str, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        match read(self.cell(column)) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.errors.push(FileError {
                    file: self.file.to_owned(),
                    line: self.line,
                    column: Some(column),
                    problem,
                });
                None
            }
        }
    }

    fn text(&self, column: &'static str) -> String {
        self.cell(column).to_owned()
    }

    fn required(&mut self, column: &'static str) -> Option<String> {
        self.read(column, |cell| {
            if cell.is_empty() {
                Err("this cell must not be empty".to_owned())
            } else {
                Ok(cell.to_owned())
            }
        })
    }

    #[expect(
        clippy::option_option,
        reason = "outer: was the cell readable; inner: does it hold a day"
    )]
    fn day(&mut self, column: &'static str) -> Option<Option<NaiveDate>> {
        self.read(column, |cell| {
            if cell.is_empty() {
                return Ok(None);
            }
            ["%Y-%m-%d", "%Y/%m/%d"]
                .iter()
                .find_map(|form| NaiveDate::parse_from_str(cell, form).ok())
                .map(Some)
                .ok_or_else(|| format!("`{cell}` is no date; write it as 2026-04-01"))
        })
    }

    /// A closed set, with a value for the empty cell.
    fn member<T: Copy + std::str::FromStr<Err = crate::slug::UnknownSlug>>(
        &mut self,
        column: &'static str,
        empty: T,
    ) -> Option<T> {
        self.read(column, |cell| {
            if cell.is_empty() {
                Ok(empty)
            } else {
                cell.parse().map_err(|e: crate::slug::UnknownSlug| e.to_string())
            }
        })
    }
}

/// Reads a line of customers.csv.
pub(super) fn customer(row: &mut Row<'_>) -> Option<Customer> {
    let id = row.required("id");
    let name = row.required("name");
    let language = row.member("language", Language::Japanese);
    let answer_mode = row.member("answer_mode", AnswerMode::Answer);
    Some(Customer {
        id: id?,
        name: name?,
        name_kana: row.text("name_kana"),
        language: language?,
        answer_mode: answer_mode?,
    })
}

/// Reads a line of contacts.csv.
pub(super) fn contact(row: &mut Row<'_>) -> Option<Contact> {
    let customer_id = row.required("customer_id");
    let reach = row.read("address", |cell| Reach::parse(cell).and_then(refuse_shared));
    let language = row.read("language", |cell| match cell {
        "" => Ok(None),
        cell => cell
            .parse()
            .map(Some)
            .map_err(|error: crate::slug::UnknownSlug| error.to_string()),
    });
    let account_scope = row.read("account_scope", AccountScope::parse);
    let web = row.read("web", |cell| match cell.to_ascii_lowercase().as_str() {
        "" | "no" | "0" | "false" => Ok(false),
        "yes" | "1" | "true" => Ok(true),
        other => Err(format!("`{other}` is neither yes nor no")),
    });
    let (valid_from, valid_to) = (row.day("valid_from"), row.day("valid_to"));
    let reach = reach?;
    let person = match row.text("person") {
        empty if empty.is_empty() => reach.key(),
        person => person,
    };
    Some(Contact {
        customer_id: customer_id?,
        reach,
        person,
        person_name: row.text("person_name"),
        department: row.text("department"),
        language: language?,
        account_scope: account_scope?,
        web: web?,
        valid_from: valid_from?,
        valid_to: valid_to?,
    })
}

fn refuse_shared(reach: Reach) -> Result<Reach, String> {
    let shared = |domain: &str| {
        SHARED_DOMAINS
            .lines()
            .filter(|line| !line.starts_with('#'))
            .any(|known| {
                domain == known || domain.strip_suffix(known).is_some_and(|rest| rest.ends_with('.'))
            })
    };
    match &reach {
        Reach::Domain(domain) if shared(domain) => Err(format!(
            "@{domain} belongs to a mail provider, anyone may have an address there; list the persons one by one"
        )),
        Reach::Domain(_) | Reach::Address(_) => Ok(reach),
    }
}

/// Reads a line of accounts.csv.
pub(super) fn account(row: &mut Row<'_>) -> Option<Account> {
    let customer_id = row.required("customer_id");
    let account_id = row.read("account_id", |cell| {
        AccountId::parse(cell).map_err(|error| error.to_string())
    });
    let (starts, ends) = (row.day("starts"), row.day("ends"));
    Some(Account {
        customer_id: customer_id?,
        account_id: account_id?,
        label: row.text("label"),
        starts: starts?,
        ends: ends?,
    })
}

/// Reads a line of staff.csv.
pub(super) fn staff(row: &mut Row<'_>) -> Option<StaffMember> {
    let serial = row.read("serial", |cell| {
        cell.parse::<u32>()
            .ok()
            .filter(|n| (1..1 << 24).contains(n))
            .ok_or_else(|| format!("`{cell}` is no serial; write a whole number from 1 to 16777215"))
    });
    let name = row.required("name");
    let addresses = row.read("addresses", |cell| {
        let read = cell
            .split([' ', ';', ','])
            .filter(|part| !part.is_empty())
            .map(EmailAddress::parse)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| error.to_string())?;
        match read.iter().find(|address| !address.has_ascii_domain()) {
            Some(odd) => Err(format!(
                "the domain of {odd} is not ASCII; staff write from plain domains only"
            )),
            None if read.is_empty() => Err("a staff member needs at least one address".to_owned()),
            None => Ok(read),
        }
    });
    let desks = row.read("desks", |cell| {
        cell.split([' ', ';', ','])
            .filter(|part| !part.is_empty())
            .map(|part| part.parse::<Desk>().map_err(|error| error.to_string()))
            .collect::<Result<Vec<_>, _>>()
    });
    let role = row.member("role", Role::Agent);
    Some(StaffMember {
        serial: serial?,
        name: name?,
        addresses: addresses?,
        desks: desks?,
        role: role?,
    })
}
