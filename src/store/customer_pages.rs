//! What the customer's side reads on the page. Comes in: a [`Reader`], who may see this and no more. Goes out:
//! tickets within that, and posts of a type that has no room for notes, for AWS's words or for what a staff mail
//! holds beside its answer. Every question here is asked with the reader in it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::Place;
use crate::clock::from_millis;
use crate::mail::EmailAddress;
use crate::registry::{AccountId, AccountScope};
use crate::ticket::{Desk, TicketNumber, TicketStatus};

/// Who reads: one person, at one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// The customer.
    pub customer_id: String,
    /// The accounts they may see.
    pub scope: AccountScope,
    /// Their address: what they wrote or take part in they may see in any case.
    pub address: EmailAddress,
}

/// What a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Only tickets in one of these; all where it is empty.
    pub statuses: Vec<TicketStatus>,
    /// Only tickets of this account.
    pub account: Option<AccountId>,
    /// How many are skipped.
    pub skip: i64,
    /// How many are wanted.
    pub limit: i64,
}

/// A ticket as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerTicket {
    /// Key, for what belongs to it.
    pub id: Uuid,
    /// Its number.
    pub number: TicketNumber,
    /// Where it stands.
    pub status: TicketStatus,
    /// The account it is filed under.
    pub account_id: Option<AccountId>,
    /// Who handles it.
    pub desk: Desk,
    /// Its subject.
    pub subject: String,
    /// When it was opened.
    pub opened_at: DateTime<Utc>,
    /// When anything last happened.
    pub updated_at: DateTime<Utc>,
}

/// One post of a thread as its customer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerPost {
    /// Written by the customer's side.
    Asked {
        /// Key.
        id: Uuid,
        /// The mail it came with.
        mail_id: Option<Uuid>,
        /// Who wrote it.
        author: String,
        /// What was newly written.
        text: String,
        /// When.
        at: DateTime<Utc>,
    },
    /// The desk's answer, once it has gone out.
    Answered {
        /// Key.
        id: Uuid,
        /// What went out; `None` where only the mail has it.
        text: Option<String>,
        /// When it was written.
        at: DateTime<Utc>,
    },
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    number: i64,
    status: String,
    account_id: Option<String>,
    desk: String,
    subject: String,
    opened_at: i64,
    updated_at: i64,
}

impl Row {
    fn typed(self) -> Result<CustomerTicket, StoreError> {
        let place = Place {
            table: "tickets",
            row: &self.id,
        };
        Ok(CustomerTicket {
            number: TicketNumber(self.number),
            status: place.read("status", &self.status)?,
            account_id: place.read_option("account_id", self.account_id.as_deref())?,
            desk: place.read("desk", &self.desk)?,
            opened_at: from_millis(self.opened_at),
            updated_at: from_millis(self.updated_at),
            id: self.id,
            subject: self.subject,
        })
    }
}

/// The accounts of a scope, spaces between; `None` for all.
fn within(scope: &AccountScope) -> Option<String> {
    match scope {
        AccountScope::All => None,
        AccountScope::Only(_) => Some(scope.written()),
    }
}

/// The reader's tickets: those that wait for the customer first, then the newest change first.
pub async fn list_visible(
    tx: &mut Tx,
    reader: &Reader,
    wanted: &Wanted,
) -> Result<Vec<CustomerTicket>, StoreError> {
    let statuses: Vec<&str> = wanted.statuses.iter().map(|status| status.as_str()).collect();
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, Row>(
            "select id, number, status, account_id, desk, subject, opened_at, updated_at from tickets t
             where customer_id = $1
             and ($2 is null or coalesce($2 like '%' || account_id || '%', false) or author = $3
                  or exists (select 1 from participants p where p.ticket_id = t.id and p.address = $3))
             and ($4 = '' or $4 like '% ' || status || ' %')
             and ($5 is null or account_id = $5)
             order by case when status in ('pending-customer', 'awaiting-account') then 0 else 1 end,
                  updated_at desc, number desc
             limit $6 offset $7",
        )
        .bind(&reader.customer_id)
        .bind(within(&reader.scope))
        .bind(reader.address.folded())
        .bind(if statuses.is_empty() {
            String::new()
        } else {
            format!(" {} ", statuses.join("  "))
        })
        .bind(wanted.account.map(|id| id.to_string()))
        .bind(wanted.limit)
        .bind(wanted.skip)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(Row::typed).collect()
}

/// One ticket by number, if the reader may see it; one that is missing and one of others are the same.
pub async fn find_visible(
    tx: &mut Tx,
    reader: &Reader,
    number: TicketNumber,
) -> Result<Option<CustomerTicket>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, Row>(
            "select id, number, status, account_id, desk, subject, opened_at, updated_at from tickets t
             where number = $1 and customer_id = $2
             and ($3 is null or coalesce($3 like '%' || account_id || '%', false) or author = $4
                  or exists (select 1 from participants p where p.ticket_id = t.id and p.address = $4))",
        )
        .bind(number.0)
        .bind(&reader.customer_id)
        .bind(within(&reader.scope))
        .bind(reader.address.folded())
        .fetch_optional(conn)
        .await
    })?;
    row.map(Row::typed).transpose()
}

/// The posts of a ticket that the reader may see, oldest first. Answers that can still be taken back are not
/// among them.
pub async fn list_posts(
    tx: &mut Tx,
    ticket: &CustomerTicket,
    now: DateTime<Utc>,
) -> Result<Vec<CustomerPost>, StoreError> {
    let asked = on_db!(tx, |conn| {
        sqlx::query_as::<_, (Uuid, Option<Uuid>, String, String, i64)>(
            "select id, mail_id, author, case when visible = '' then body else visible end, created_at
             from messages where ticket_id = $1 and kind = 'from-customer'",
        )
        .bind(ticket.id)
        .fetch_all(conn)
        .await
    })?;
    let answered = on_db!(tx, |conn| {
        sqlx::query_as::<_, (Uuid, Option<String>, i64)>(
            "select id, shown, created_at from messages m where ticket_id = $1 and kind = 'to-customer'
             and not exists (select 1 from outbox o where o.ticket_id = m.ticket_id and o.mail_id = m.mail_id
                 and o.purpose = 'answer' and o.state = 'queued' and o.due_at > $2)",
        )
        .bind(ticket.id)
        .bind(now.timestamp_millis())
        .fetch_all(conn)
        .await
    })?;
    let asked = asked.into_iter().map(|(id, mail_id, author, text, at)| {
        let at = from_millis(at);
        (
            at,
            id,
            CustomerPost::Asked {
                id,
                mail_id,
                author,
                text,
                at,
            },
        )
    });
    let answered = answered.into_iter().map(|(id, text, at)| {
        let at = from_millis(at);
        (at, id, CustomerPost::Answered { id, text, at })
    });
    let mut posts: Vec<_> = asked.chain(answered).collect();
    posts.sort_by_key(|(at, id, _)| (*at, *id));
    Ok(posts.into_iter().map(|(_, _, post)| post).collect())
}

/// Keeps what the customer's side may read of an answer.
pub async fn set_shown(tx: &mut Tx, ticket: Uuid, mail: Uuid, text: &str) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "update messages set shown = $3 where ticket_id = $1 and mail_id = $2 and kind = 'to-customer'",
        )
        .bind(ticket)
        .bind(mail)
        .bind(text)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}
