//! Tickets, who takes part in them, and what happened to them.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::{Place, instant, millis};
use crate::clock::from_millis;
use crate::mail::EmailAddress;
use crate::ticket::{Ticket, TicketEvent, TicketNumber, TicketStatus};

#[derive(sqlx::FromRow)]
struct TicketRow {
    id: Uuid,
    number: i64,
    customer_id: Option<String>,
    account_id: Option<String>,
    account_outcome: String,
    status: String,
    category: String,
    confidence: f64,
    severity: String,
    desk: String,
    language: String,
    subject: String,
    author: String,
    author_name: String,
    assignee: Option<i64>,
    related_to: Option<Uuid>,
    opened_at: i64,
    updated_at: i64,
    clock_starts_at: i64,
    answered_at: Option<i64>,
    closed_at: Option<i64>,
}

impl TicketRow {
    fn typed(self) -> Result<Ticket, StoreError> {
        let place = Place {
            table: "tickets",
            row: &self.id,
        };
        Ok(Ticket {
            id: self.id,
            number: TicketNumber(self.number),
            account_id: place.read_option("account_id", self.account_id.as_deref())?,
            status: place.read("status", &self.status)?,
            category: place.read("category", &self.category)?,
            severity: place.read("severity", &self.severity)?,
            desk: place.read("desk", &self.desk)?,
            language: place.read("language", &self.language)?,
            author: place.read("author", &self.author)?,
            assignee: self
                .assignee
                .map(|serial| place.narrow("assignee", serial))
                .transpose()?,
            opened_at: from_millis(self.opened_at),
            updated_at: from_millis(self.updated_at),
            clock_starts_at: from_millis(self.clock_starts_at),
            answered_at: instant(self.answered_at),
            closed_at: instant(self.closed_at),
            customer_id: self.customer_id,
            account_outcome: self.account_outcome,
            confidence: self.confidence,
            subject: self.subject,
            author_name: self.author_name,
            related_to: self.related_to,
        })
    }
}

/// The next ticket number. The counter's row stays locked until the transaction ends, so a number that was
/// rolled back is given out again and no gap appears.
pub async fn next_ticket_number(tx: &mut Tx) -> Result<TicketNumber, StoreError> {
    let value = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "update counters set value = value + 1 where name = 'ticket' returning value",
        )
        .fetch_one(conn)
        .await
    })?;
    Ok(TicketNumber(value))
}

/// Keeps a new ticket.
pub async fn insert_ticket(tx: &mut Tx, ticket: &Ticket) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into tickets (id, number, customer_id, account_id, account_outcome, status, category,
                 confidence, severity, desk, language, subject, author, author_name, assignee, related_to,
                 opened_at, updated_at, clock_starts_at, answered_at, closed_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
                 $20, $21)",
        )
        .bind(ticket.id)
        .bind(ticket.number.0)
        .bind(&ticket.customer_id)
        .bind(ticket.account_id.map(|id| id.to_string()))
        .bind(&ticket.account_outcome)
        .bind(ticket.status.as_str())
        .bind(ticket.category.as_str())
        .bind(ticket.confidence)
        .bind(ticket.severity.as_str())
        .bind(ticket.desk.as_str())
        .bind(ticket.language.as_str())
        .bind(&ticket.subject)
        .bind(ticket.author.as_str())
        .bind(&ticket.author_name)
        .bind(ticket.assignee.map(i64::from))
        .bind(ticket.related_to)
        .bind(ticket.opened_at.timestamp_millis())
        .bind(ticket.updated_at.timestamp_millis())
        .bind(ticket.clock_starts_at.timestamp_millis())
        .bind(millis(ticket.answered_at))
        .bind(millis(ticket.closed_at))
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Writes everything about a ticket that can change.
pub async fn update_ticket(tx: &mut Tx, ticket: &Ticket) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "update tickets set customer_id = $2, account_id = $3, account_outcome = $4, status = $5,
                 category = $6, confidence = $7, severity = $8, desk = $9, assignee = $10, updated_at = $11,
                 clock_starts_at = $12, answered_at = $13, closed_at = $14, author_name = $15
             where id = $1",
        )
        .bind(ticket.id)
        .bind(&ticket.customer_id)
        .bind(ticket.account_id.map(|id| id.to_string()))
        .bind(&ticket.account_outcome)
        .bind(ticket.status.as_str())
        .bind(ticket.category.as_str())
        .bind(ticket.confidence)
        .bind(ticket.severity.as_str())
        .bind(ticket.desk.as_str())
        .bind(ticket.assignee.map(i64::from))
        .bind(ticket.updated_at.timestamp_millis())
        .bind(ticket.clock_starts_at.timestamp_millis())
        .bind(millis(ticket.answered_at))
        .bind(millis(ticket.closed_at))
        .bind(&ticket.author_name)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// One ticket by key.
pub async fn find_ticket(tx: &mut Tx, id: Uuid) -> Result<Option<Ticket>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, TicketRow>("select * from tickets where id = $1")
            .bind(id)
            .fetch_optional(conn)
            .await
    })?;
    row.map(TicketRow::typed).transpose()
}

/// One ticket by number.
pub async fn find_ticket_by_number(tx: &mut Tx, number: TicketNumber) -> Result<Option<Ticket>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, TicketRow>("select * from tickets where number = $1")
            .bind(number.0)
            .fetch_optional(conn)
            .await
    })?;
    row.map(TicketRow::typed).transpose()
}

/// One ticket by key, kept from every other writer until the transaction ends: what is decided about it then
/// is decided on how it stands.
pub async fn lock_ticket(tx: &mut Tx, id: Uuid) -> Result<Option<Ticket>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, TicketRow>("update tickets set updated_at = updated_at where id = $1 returning *")
            .bind(id)
            .fetch_optional(conn)
            .await
    })?;
    row.map(TicketRow::typed).transpose()
}

/// Tickets, newest first; closed ones only when asked for.
pub async fn list_tickets(tx: &mut Tx, with_closed: bool, limit: i64) -> Result<Vec<Ticket>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, TicketRow>(
            "select * from tickets where ($1 or status <> $2) order by number desc limit $3",
        )
        .bind(with_closed)
        .bind(TicketStatus::Closed.as_str())
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(TicketRow::typed).collect()
}

/// Adds somebody to a ticket; adding twice changes nothing.
pub async fn insert_participant(
    tx: &mut Tx,
    ticket: Uuid,
    address: &EmailAddress,
    added_by: &str,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into participants (ticket_id, address, added_by) values ($1, $2, $3) on conflict do nothing",
        )
        .bind(ticket)
        .bind(address.folded())
        .bind(added_by)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Takes somebody out of a ticket who takes part because of a Cc; whom a person has added stays.
pub async fn delete_copied_participant(
    tx: &mut Tx,
    ticket: Uuid,
    address: &EmailAddress,
) -> Result<bool, StoreError> {
    let gone = on_db!(tx, |conn| {
        sqlx::query("delete from participants where ticket_id = $1 and address = $2 and added_by = 'cc'")
            .bind(ticket)
            .bind(address.folded())
            .execute(conn)
            .await
            .map(|done| done.rows_affected())
    })?;
    Ok(gone > 0)
}

/// Whoever takes part in one ticket takes part in another too, by the same hand.
pub async fn copy_participants(tx: &mut Tx, from: Uuid, to: Uuid) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into participants (ticket_id, address, added_by)
             select $2, address, added_by from participants where ticket_id = $1
             on conflict do nothing",
        )
        .bind(from)
        .bind(to)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Everybody who takes part beside the author, by address.
pub async fn list_participants(tx: &mut Tx, ticket: Uuid) -> Result<Vec<EmailAddress>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, String>(
            "select address from participants where ticket_id = $1 order by address",
        )
        .bind(ticket)
        .fetch_all(conn)
        .await
    })?;
    let place = Place {
        table: "participants",
        row: &ticket,
    };
    rows.iter()
        .map(|address| place.read("address", address))
        .collect()
}

/// Keeps one change of a ticket.
pub async fn insert_event(tx: &mut Tx, event: &TicketEvent) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into events (id, ticket_id, at, actor, kind, detail) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(event.id)
        .bind(event.ticket_id)
        .bind(event.at.timestamp_millis())
        .bind(&event.actor)
        .bind(event.kind.as_str())
        .bind(&event.detail)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct EventRow {
    id: Uuid,
    at: i64,
    actor: String,
    kind: String,
    detail: String,
}

/// All changes of a ticket, oldest first.
pub async fn list_events(tx: &mut Tx, ticket: Uuid) -> Result<Vec<TicketEvent>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, EventRow>(
            "select id, at, actor, kind, detail from events where ticket_id = $1 order by at, id",
        )
        .bind(ticket)
        .fetch_all(conn)
        .await
    })?;
    let typed = |row: EventRow| {
        let kind = Place {
            table: "events",
            row: &row.id,
        }
        .read("kind", &row.kind)?;
        let at = from_millis(row.at);
        Ok(TicketEvent {
            id: row.id,
            ticket_id: ticket,
            at,
            actor: row.actor,
            kind,
            detail: row.detail,
        })
    };
    rows.into_iter().map(typed).collect()
}

/// The open or recently closed tickets of a customer, newest first, for the notification to staff.
pub async fn list_recent_tickets_of(
    tx: &mut Tx,
    customer_id: &str,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Ticket>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, TicketRow>(
            "select * from tickets where customer_id = $1 and opened_at >= $2 order by opened_at desc limit $3",
        )
        .bind(customer_id)
        .bind(since.timestamp_millis())
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(TicketRow::typed).collect()
}

/// The tickets without customer that an address opened since then, newest first.
pub async fn list_recent_notices(
    tx: &mut Tx,
    author: &EmailAddress,
    since: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Ticket>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, TicketRow>(
            "select * from tickets where customer_id is null and author = $1 and opened_at >= $2
             order by opened_at desc limit $3",
        )
        .bind(author.folded())
        .bind(since.timestamp_millis())
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    rows.into_iter().map(TicketRow::typed).collect()
}
