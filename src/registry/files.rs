//! The registry's CSV form (columns: SPEC §1). Comes in: the bytes of files, as spreadsheets save them.
//! Goes out: typed rows, or every error with file, line and column; a file with an error gives nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::rows::{self, Row};
use super::{Account, Contact, Customer, Reach, StaffMember};

crate::slug_enum! {
    /// The four files.
    pub enum Table {
        /// Contracted organisations.
        Customers = "customers",
        /// Who may write.
        Contacts = "contacts",
        /// AWS accounts.
        Accounts = "accounts",
        /// The desk's people.
        Staff = "staff",
    }
}

impl Table {
    /// The columns, in the order they are exported.
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Customers => &["id", "name", "name_kana", "language", "answer_mode"],
            Self::Contacts => &[
                "customer_id",
                "address",
                "person",
                "person_name",
                "department",
                "language",
                "account_scope",
                "web",
                "valid_from",
                "valid_to",
            ],
            Self::Accounts => &["customer_id", "account_id", "label", "starts", "ends"],
            Self::Staff => &["serial", "name", "addresses", "desks", "role"],
        }
    }

    fn of_header(header: &csv::StringRecord) -> Option<Self> {
        // Each table is known by the column no other table has.
        let has = |name: &str| header.iter().any(|cell| cell.trim() == name);
        Self::ALL.iter().copied().find(|table| match table {
            Self::Customers => has("answer_mode") || has("name_kana"),
            Self::Contacts => has("address"),
            Self::Accounts => has("account_id"),
            Self::Staff => has("serial"),
        })
    }
}

/// One thing wrong in a file, where it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}{}: {problem}", column.map(|c| format!(", column {c}")).unwrap_or_default())]
pub struct FileError {
    /// The file as the caller named it.
    pub file: String,
    /// Line, counted from 1.
    pub line: u64,
    /// Column name.
    pub column: Option<&'static str>,
    /// What is wrong and what to write instead.
    pub problem: String,
}

/// Rows of any of the four tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry {
    /// Organisations.
    pub customers: Vec<Customer>,
    /// Contacts.
    pub contacts: Vec<Contact>,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Staff.
    pub staff: Vec<StaffMember>,
}

impl Registry {
    /// Reads one file into the registry; which table it is, its header line tells. Every error is told.
    pub fn read_file(&mut self, file: &str, bytes: &[u8]) -> Result<Table, Vec<FileError>> {
        let text = decode(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .from_reader(text.as_bytes());
        let at = |line, problem: String| {
            vec![FileError {
                file: file.to_owned(),
                line,
                column: None,
                problem,
            }]
        };
        let header = reader
            .headers()
            .map_err(|error| at(1, error.to_string()))?
            .clone();
        let table = Table::of_header(&header).ok_or_else(|| at(1, unknown_header()))?;
        let places = places(table, &header).map_err(|problem| at(1, problem))?;
        let mut errors = Vec::new();
        let mut read = Self::default();
        for record in reader.records() {
            let record = match record {
                Ok(record) if record.iter().all(|cell| cell.trim().is_empty()) => continue,
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    errors.extend(at(line, error.to_string()));
                    continue;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            let mut row = Row {
                file,
                line,
                record: &record,
                places: &places,
                errors: &mut errors,
            };
            read.read_row(table, &mut row);
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        self.customers.append(&mut read.customers);
        self.contacts.append(&mut read.contacts);
        self.accounts.append(&mut read.accounts);
        self.staff.append(&mut read.staff);
        Ok(table)
    }

    fn read_row(&mut self, table: Table, row: &mut Row<'_>) {
        match table {
            Table::Customers => self.customers.extend(rows::customer(row)),
            Table::Contacts => self.contacts.extend(rows::contact(row)),
            Table::Accounts => self.accounts.extend(rows::account(row)),
            Table::Staff => self.staff.extend(rows::staff(row)),
        }
    }

    /// What is wrong between the rows, given the customers that are registered already; empty when all fits.
    pub fn conflicts(&self, registered: &BTreeSet<String>) -> Vec<String> {
        let mut found = Vec::new();
        let known: BTreeSet<&str> = self
            .customers
            .iter()
            .map(|c| c.id.as_str())
            .chain(registered.iter().map(String::as_str))
            .collect();
        let owners = self
            .contacts
            .iter()
            .map(|c| (&c.customer_id, "contact"))
            .chain(self.accounts.iter().map(|a| (&a.customer_id, "account")));
        let missing: BTreeSet<String> = owners
            .filter(|(id, _)| !known.contains(id.as_str()))
            .map(|(id, what)| format!("customer `{id}` of a {what} is neither registered nor in the files; import customers.csv with it"))
            .collect();
        found.extend(missing);
        found.extend(twice(self.customers.iter().map(|c| c.id.clone()), "customer"));
        found.extend(twice(
            self.accounts.iter().map(|a| a.account_id.to_string()),
            "account",
        ));
        found.extend(twice(
            self.staff.iter().map(|s| s.serial.to_string()),
            "staff serial",
        ));
        found.extend(twice(
            self.staff
                .iter()
                .flat_map(|s| &s.addresses)
                .map(|a| a.folded().to_owned()),
            "staff address",
        ));
        let domains = self
            .contacts
            .iter()
            .filter(|c| matches!(c.reach, Reach::Domain(_)));
        let mut by_domain: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        for contact in domains {
            by_domain
                .entry(contact.reach.key())
                .or_default()
                .insert(&contact.customer_id);
        }
        found.extend(by_domain.iter().filter(|(_, owners)| owners.len() > 1).map(|(domain, _)| {
            format!("the domain {domain} is a contact of two customers; list its persons one by one instead")
        }));
        found
    }
}

fn twice(keys: impl Iterator<Item = String>, what: &str) -> Vec<String> {
    let mut seen = BTreeSet::new();
    keys.filter(|key| !seen.insert(key.clone()))
        .map(|key| format!("the {what} `{key}` stands in the files twice"))
        .collect()
}

/// Spreadsheets in Japan save CSV as UTF-8 with a byte order mark or as code page 932.
fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::SHIFT_JIS
            .decode_without_bom_handling(bytes)
            .0
            .into_owned(),
    }
}

fn unknown_header() -> String {
    let known: Vec<String> = Table::ALL
        .iter()
        .map(|table| format!("{table}: {}", table.columns().join(",")))
        .collect();
    format!(
        "the first line names the columns of none of the registry's tables; they are\n  {}",
        known.join("\n  ")
    )
}

/// Where each column of the table stands in the file.
fn places(table: Table, header: &csv::StringRecord) -> Result<BTreeMap<&'static str, usize>, String> {
    let mut places = BTreeMap::new();
    for column in table.columns() {
        let place = header.iter().position(|cell| cell.trim() == *column);
        places.insert(*column, place.ok_or_else(|| format!("the column `{column}` is missing from this {table} file; leave its cells empty if you have no values"))?);
    }
    match header
        .iter()
        .map(str::trim)
        .find(|cell| !cell.is_empty() && !table.columns().contains(cell))
    {
        Some(unknown) => Err(format!(
            "the column `{unknown}` is unknown in a {table} file; its columns are {}",
            table.columns().join(", ")
        )),
        None => Ok(places),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CUSTOMERS: &str = "id,name,name_kana,language,answer_mode\nacme,株式会社アクメ,アクメ,ja,answer\n";

    fn read(text: &str) -> Result<Registry, Vec<FileError>> {
        let mut registry = Registry::default();
        registry.read_file("x.csv", text.as_bytes()).map(|_| registry)
    }

    #[test]
    fn a_file_says_by_its_header_which_table_it_is() {
        assert_eq!(
            Registry::default().read_file("x.csv", CUSTOMERS.as_bytes()),
            Ok(Table::Customers)
        );
    }

    #[test]
    fn a_spreadsheet_saved_in_code_page_932_reads_the_same() {
        let (cp932, _, _) = encoding_rs::SHIFT_JIS.encode(CUSTOMERS);
        let mut registry = Registry::default();
        registry.read_file("x.csv", &cp932).unwrap();
        assert_eq!(registry, read(CUSTOMERS).unwrap());
    }

    #[test]
    fn every_error_names_line_and_column_and_nothing_is_read() {
        let text =
            "customer_id,account_id,label,starts,ends\nacme,48091337226,本番,2026-13-01,\n,480913372265,,,\n";
        let errors = read(text).unwrap_err();
        let told: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert!(
            told[0].starts_with("x.csv, line 2, column account_id: `48091337226`"),
            "{told:?}"
        );
        assert!(
            told[1].starts_with("x.csv, line 2, column starts: `2026-13-01` is no date"),
            "{told:?}"
        );
        assert!(
            told[2].starts_with("x.csv, line 3, column customer_id:"),
            "{told:?}"
        );
    }

    #[test]
    fn free_mail_domains_are_no_domain_contacts() {
        let header = Table::Contacts.columns().join(",");
        let errors = read(&format!("{header}\nacme,@gmail.com,,,,,,,,\n")).unwrap_err();
        assert!(errors[0].problem.contains("mail provider"), "{errors:?}");
    }

    #[test]
    fn a_misspelt_column_is_told() {
        let errors = read("id,name,name_kana,language,anser_mode\n").unwrap_err();
        assert!(
            errors[0].problem.contains("`answer_mode` is missing"),
            "{errors:?}"
        );
    }

    #[test]
    fn what_is_exported_reads_back() {
        let header = Table::Contacts.columns().join(",");
        let registry = read(&format!(
            "{header}\nacme,@acme.example,,,,en,480913372265,yes,2026-04-01,\n"
        ))
        .unwrap();
        let written = registry.write_file(Table::Contacts).unwrap();
        assert_eq!(read(&written).unwrap(), registry);
    }

    #[test]
    fn a_domain_of_two_customers_and_an_unknown_customer_are_conflicts() {
        let header = Table::Contacts.columns().join(",");
        let registry = read(&format!("{header}\na,@x.example,,,,,,,,\nb,@x.example,,,,,,,,\n")).unwrap();
        let known = BTreeSet::from(["a".to_owned()]);
        let conflicts = registry.conflicts(&known);
        assert!(
            conflicts[0].contains("`b`") && conflicts[1].contains("@x.example"),
            "{conflicts:?}"
        );
    }
}
