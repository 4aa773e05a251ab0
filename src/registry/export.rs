//! The registry as CSV. Comes in: typed rows. Goes out: text that a spreadsheet opens and `files` reads again.

use chrono::NaiveDate;

use super::{Contact, Registry, Table};

impl Registry {
    /// One table as CSV, readable by [`read_file`](Self::read_file) again.
    pub fn write_file(&self, table: Table) -> Result<String, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(table.columns())?;
        match table {
            Table::Customers => self
                .customers
                .iter()
                .map(|c| {
                    vec![
                        c.id.clone(),
                        c.name.clone(),
                        c.name_kana.clone(),
                        c.language.to_string(),
                        c.answer_mode.to_string(),
                    ]
                })
                .try_for_each(|row| writer.write_record(row.iter().map(|cell| guarded(cell))))?,
            Table::Contacts => self
                .contacts
                .iter()
                .map(contact_cells)
                .try_for_each(|row| writer.write_record(row.iter().map(|cell| guarded(cell))))?,
            Table::Accounts => self
                .accounts
                .iter()
                .map(|a| {
                    vec![
                        a.customer_id.clone(),
                        a.account_id.to_string(),
                        a.label.clone(),
                        day(a.starts),
                        day(a.ends),
                    ]
                })
                .try_for_each(|row| writer.write_record(row.iter().map(|cell| guarded(cell))))?,
            Table::Staff => self
                .staff
                .iter()
                .map(|s| {
                    vec![
                        s.serial.to_string(),
                        s.name.clone(),
                        joined(&s.addresses),
                        joined(&s.desks),
                        s.role.to_string(),
                    ]
                })
                .try_for_each(|row| writer.write_record(row.iter().map(|cell| guarded(cell))))?,
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| csv::Error::from(error.into_error()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn contact_cells(contact: &Contact) -> Vec<String> {
    vec![
        contact.customer_id.clone(),
        contact.reach.key(),
        contact.person.clone(),
        contact.person_name.clone(),
        contact.department.clone(),
        contact.language.map(|l| l.to_string()).unwrap_or_default(),
        contact.account_scope.written(),
        if contact.web { "yes" } else { "no" }.to_owned(),
        day(contact.valid_from),
        day(contact.valid_to),
    ]
}

/// A cell that a spreadsheet would take for a formula is written as text; `@domain` is our own form and
/// is read back with the apostrophe removed.
fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn day(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn joined<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}
