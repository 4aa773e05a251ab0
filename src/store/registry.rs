//! Customers, contacts, accounts and staff.

use std::collections::BTreeSet;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::registry_rows::{AccountRow, ContactRow, CustomerRow, StaffRow, day};
use super::remembered::{recall, remember};
use crate::mail::EmailAddress;
use crate::registry::{Account, AccountId, Contact, Customer, Reach, Registry, StaffMember};

/// Keeps everything of the files, replacing rows with the same key; other rows stay.
pub async fn import(tx: &mut Tx, registry: &Registry) -> Result<(), StoreError> {
    for customer in &registry.customers {
        upsert_customer(tx, customer).await?;
    }
    for contact in &registry.contacts {
        upsert_contact(tx, contact).await?;
    }
    for account in &registry.accounts {
        upsert_account(tx, account).await?;
    }
    for member in &registry.staff {
        upsert_staff(tx, member).await?;
    }
    Ok(())
}

/// Keeps a customer, replacing what was known under the same id.
pub async fn upsert_customer(tx: &mut Tx, customer: &Customer) -> Result<(), StoreError> {
    tx.memory.bypass();
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into customers (id, name, name_kana, language, answer_mode) values ($1, $2, $3, $4, $5)
             on conflict (id) do update set name = excluded.name, name_kana = excluded.name_kana,
             language = excluded.language, answer_mode = excluded.answer_mode",
        )
        .bind(&customer.id)
        .bind(&customer.name)
        .bind(&customer.name_kana)
        .bind(customer.language.as_str())
        .bind(customer.answer_mode.as_str())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Keeps a contact, replacing the same customer's row for the same address or domain.
pub async fn upsert_contact(tx: &mut Tx, contact: &Contact) -> Result<(), StoreError> {
    tx.memory.bypass();
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into contacts (customer_id, reach, person, person_name, department, language,
                                   account_scope, web, valid_from, valid_to)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
             on conflict (customer_id, reach) do update set person = excluded.person,
             person_name = excluded.person_name, department = excluded.department,
             language = excluded.language, account_scope = excluded.account_scope, web = excluded.web,
             valid_from = excluded.valid_from, valid_to = excluded.valid_to",
        )
        .bind(&contact.customer_id)
        .bind(contact.reach.key())
        .bind(&contact.person)
        .bind(&contact.person_name)
        .bind(&contact.department)
        .bind(contact.language.map(crate::ticket::Language::as_str))
        .bind(contact.account_scope.written())
        .bind(contact.web)
        .bind(day(contact.valid_from))
        .bind(day(contact.valid_to))
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Keeps an account, replacing the same customer's row for the same ID.
pub async fn upsert_account(tx: &mut Tx, account: &Account) -> Result<(), StoreError> {
    tx.memory.bypass();
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into accounts (account_id, customer_id, label, starts, ends) values ($1, $2, $3, $4, $5)
             on conflict (account_id, customer_id) do update set label = excluded.label,
             starts = excluded.starts, ends = excluded.ends",
        )
        .bind(account.account_id.as_str())
        .bind(&account.customer_id)
        .bind(&account.label)
        .bind(day(account.starts))
        .bind(day(account.ends))
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Keeps a staff member with exactly these addresses.
pub async fn upsert_staff(tx: &mut Tx, member: &StaffMember) -> Result<(), StoreError> {
    tx.memory.bypass();
    let serial = i64::from(member.serial);
    let desks = member
        .desks
        .iter()
        .map(|desk| desk.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into staff (serial, name, desks, role) values ($1, $2, $3, $4)
             on conflict (serial) do update set name = excluded.name, desks = excluded.desks,
             role = excluded.role",
        )
        .bind(serial)
        .bind(&member.name)
        .bind(desks)
        .bind(member.role.as_str())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    on_db!(tx, |conn| {
        sqlx::query("delete from staff_addresses where serial = $1")
            .bind(serial)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    for (position, address) in (0_i64..).zip(&member.addresses) {
        on_db!(tx, |conn| {
            sqlx::query("insert into staff_addresses (address, serial, position) values ($1, $2, $3)")
                .bind(address.folded())
                .bind(serial)
                .bind(position)
                .execute(conn)
                .await
                .map(|_| ())
        })?;
    }
    Ok(())
}

/// The ids of all customers.
pub async fn list_customer_ids(tx: &mut Tx) -> Result<BTreeSet<String>, StoreError> {
    let ids = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, String>("select id from customers")
            .fetch_all(conn)
            .await
    })?;
    Ok(ids.into_iter().collect())
}

/// One customer.
pub async fn find_customer(tx: &mut Tx, id: &str) -> Result<Option<Customer>, StoreError> {
    if let Some(known) = recall(tx, &id.to_owned(), |kept| &mut kept.customers).await? {
        return Ok(known);
    }
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, CustomerRow>("select * from customers where id = $1")
            .bind(id)
            .fetch_optional(conn)
            .await
    })?;
    let customer = row.map(CustomerRow::typed).transpose()?;
    remember(tx, (id.to_owned(), &customer), |kept| &mut kept.customers);
    Ok(customer)
}

/// All customers by id.
pub async fn list_customers(tx: &mut Tx) -> Result<Vec<Customer>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, CustomerRow>("select * from customers order by id")
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(CustomerRow::typed).collect()
}

/// The contact rows an address falls under: those of the very address, else those of its domain.
pub async fn find_contacts(tx: &mut Tx, address: &EmailAddress) -> Result<Vec<Contact>, StoreError> {
    if let Some(known) = recall(tx, &address.folded().to_owned(), |kept| &mut kept.contacts).await? {
        return Ok(known);
    }
    let domain = format!("@{}", address.domain());
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, ContactRow>("select * from contacts where reach in ($1, $2) order by customer_id")
            .bind(address.folded())
            .bind(&domain)
            .fetch_all(conn)
            .await
    })?;
    let contacts = rows
        .into_iter()
        .map(ContactRow::typed)
        .collect::<Result<Vec<_>, _>>()?;
    let named = |contact: &Contact| matches!(contact.reach, Reach::Address(_));
    let any_named = contacts.iter().any(named);
    let contacts = contacts
        .into_iter()
        .filter(|contact| named(contact) == any_named)
        .collect();
    remember(tx, (address.folded().to_owned(), &contacts), |kept| {
        &mut kept.contacts
    });
    Ok(contacts)
}

/// All contacts by customer.
pub async fn list_contacts(tx: &mut Tx) -> Result<Vec<Contact>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, ContactRow>("select * from contacts order by customer_id, reach")
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(ContactRow::typed).collect()
}

/// The accounts of one customer, by ID.
pub async fn list_accounts_of(tx: &mut Tx, customer_id: &str) -> Result<Vec<Account>, StoreError> {
    if let Some(known) = recall(tx, &customer_id.to_owned(), |kept| &mut kept.accounts).await? {
        return Ok(known);
    }
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, AccountRow>("select * from accounts where customer_id = $1 order by account_id")
            .bind(customer_id)
            .fetch_all(conn)
            .await
    })?;
    let accounts = rows
        .into_iter()
        .map(AccountRow::typed)
        .collect::<Result<Vec<_>, _>>()?;
    remember(tx, (customer_id.to_owned(), &accounts), |kept| &mut kept.accounts);
    Ok(accounts)
}

/// The rows of one account ID, whoever it is contracted to.
pub async fn find_accounts(tx: &mut Tx, id: AccountId) -> Result<Vec<Account>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, AccountRow>("select * from accounts where account_id = $1 order by customer_id")
            .bind(id.as_str())
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(AccountRow::typed).collect()
}

/// All accounts by customer.
pub async fn list_accounts(tx: &mut Tx) -> Result<Vec<Account>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, AccountRow>("select * from accounts order by customer_id, account_id")
            .fetch_all(conn)
            .await
    })?;
    rows.into_iter().map(AccountRow::typed).collect()
}

/// All staff by serial, the disabled included: they are few, and the intake needs them together.
pub async fn list_staff(tx: &mut Tx) -> Result<Vec<StaffMember>, StoreError> {
    if let Some(known) = recall(tx, &(), |kept| &mut kept.staff).await? {
        return Ok(known);
    }
    let members = on_db!(tx, |conn| {
        sqlx::query_as::<_, (i64, String, String, String)>(
            "select serial, name, desks, role from staff order by serial",
        )
        .fetch_all(conn)
        .await
    })?;
    let addresses = on_db!(tx, |conn| {
        sqlx::query_as::<_, (i64, String)>(
            "select serial, address from staff_addresses order by serial, position",
        )
        .fetch_all(conn)
        .await
    })?;
    let of = |serial: i64| {
        let own = addresses
            .iter()
            .filter(|(owner, _)| *owner == serial)
            .map(|(_, address)| address.as_str());
        own.collect::<Vec<_>>().join(" ")
    };
    let staff = members
        .into_iter()
        .map(|(serial, name, desks, role)| {
            StaffRow {
                serial,
                name,
                desks,
                role,
                addresses: of(serial),
            }
            .typed()
        })
        .collect::<Result<Vec<_>, _>>()?;
    remember(tx, ((), &staff), |kept| &mut kept.staff);
    Ok(staff)
}
