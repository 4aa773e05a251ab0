//! What was said in a ticket, and the Message-IDs that lead to it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::Place;
use crate::clock::from_millis;
use crate::mail::{EmailAddress, MessageId};
use crate::ticket::Message;

crate::slug_enum! {
    /// Who wrote the mail a Message-ID belongs to.
    pub enum Origin {
        /// The customer's side.
        Customer = "customer",
        /// The desk, to the customer.
        Desk = "desk",
        /// The desk to its staff, or staff to the desk: never named to a customer.
        Staff = "staff",
        /// The customer's side, on the page: it leads to its ticket, but no mail client has a mail of that name.
        Page = "page",
    }
}

impl Origin {
    /// Whether the customer's mail client may have the mail, so that a letter to them can name it.
    pub const fn is_known_outside(self) -> bool {
        match self {
            Self::Customer | Self::Desk => true,
            Self::Staff | Self::Page => false,
        }
    }
}

/// Keeps a message.
pub async fn insert_message(tx: &mut Tx, message: &Message) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into messages (id, ticket_id, mail_id, kind, author, subject, body, visible, created_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(message.id)
        .bind(message.ticket_id)
        .bind(message.mail_id)
        .bind(message.kind.as_str())
        .bind(&message.author)
        .bind(&message.subject)
        .bind(&message.body)
        .bind(&message.visible)
        .bind(message.created_at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct MessageRow {
    id: Uuid,
    mail_id: Option<Uuid>,
    kind: String,
    author: String,
    subject: String,
    body: String,
    visible: String,
    created_at: i64,
}

/// All messages of a ticket, oldest first.
pub async fn list_messages(tx: &mut Tx, ticket: Uuid) -> Result<Vec<Message>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, MessageRow>(
            "select id, mail_id, kind, author, subject, body, visible, created_at from messages
             where ticket_id = $1 order by created_at, id",
        )
        .bind(ticket)
        .fetch_all(conn)
        .await
    })?;
    let typed = |row: MessageRow| {
        Ok(Message {
            kind: Place {
                table: "messages",
                row: &row.id,
            }
            .read("kind", &row.kind)?,
            id: row.id,
            ticket_id: ticket,
            mail_id: row.mail_id,
            author: row.author,
            subject: row.subject,
            body: row.body,
            visible: row.visible,
            created_at: from_millis(row.created_at),
        })
    };
    rows.into_iter().map(typed).collect()
}

/// Nothing of this message is sent back to whom it names.
pub async fn mark_unechoed(tx: &mut Tx, message: Uuid) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("insert into unechoed_messages (message_id) values ($1)")
            .bind(message)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// The messages of a ticket of which nothing is sent back.
pub async fn list_unechoed(tx: &mut Tx, ticket: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let ids = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>(
            "select u.message_id from unechoed_messages u join messages m on m.id = u.message_id
             where m.ticket_id = $1",
        )
        .bind(ticket)
        .fetch_all(conn)
        .await
    })?;
    Ok(ids)
}

/// The words a customer's mail brought into a ticket are this person's.
pub async fn set_message_author(
    tx: &mut Tx,
    (ticket, mail): (Uuid, Uuid),
    author: &EmailAddress,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "update messages set author = $3 where ticket_id = $1 and mail_id = $2 and kind = 'from-customer'",
        )
        .bind(ticket)
        .bind(mail)
        .bind(author.folded())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// An answer that was taken back stays as a note: the customer never reads it.
pub async fn mark_recalled(tx: &mut Tx, ticket: Uuid, mail: Uuid) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "update messages set kind = 'note' where ticket_id = $1 and mail_id = $2 and kind = 'to-customer'",
        )
        .bind(ticket)
        .bind(mail)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// Records that a Message-ID belongs to a ticket; twice changes nothing.
pub async fn insert_message_id(
    tx: &mut Tx,
    id: &MessageId,
    ticket: Uuid,
    origin: Origin,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into message_ids (message_id, ticket_id, origin, recorded_at) values ($1, $2, $3, $4)
             on conflict do nothing",
        )
        .bind(id.as_str())
        .bind(ticket)
        .bind(origin.as_str())
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// The tickets a Message-ID belongs to, newest record first.
pub async fn find_tickets_by_message_id(tx: &mut Tx, id: &MessageId) -> Result<Vec<Uuid>, StoreError> {
    let ids = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>(
            "select ticket_id from message_ids where message_id = $1 order by recorded_at desc",
        )
        .bind(id.as_str())
        .fetch_all(conn)
        .await
    })?;
    Ok(ids)
}

/// The Message-IDs of a ticket with their origin in the order they came, for References.
pub async fn list_message_ids(tx: &mut Tx, ticket: Uuid) -> Result<Vec<(MessageId, Origin)>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, String)>(
            "select message_id, origin from message_ids where ticket_id = $1 order by recorded_at, message_id",
        )
        .bind(ticket)
        .fetch_all(conn)
        .await
    })?;
    let typed = |(text, origin): (String, String)| {
        let id = MessageId::parse(&text)
            .ok_or_else(|| StoreError::row("message_ids", "message_id", &text, "is no Message-ID"))?;
        Ok((
            id,
            Place {
                table: "message_ids",
                row: &text,
            }
            .read("origin", &origin)?,
        ))
    };
    rows.into_iter().map(typed).collect()
}

/// The ticket that an address last wrote to since then.
pub async fn find_last_ticket_of(
    tx: &mut Tx,
    author: &EmailAddress,
    since: DateTime<Utc>,
) -> Result<Option<Uuid>, StoreError> {
    let ticket = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>(
            "select m.ticket_id from mails k join messages m on m.ticket_id = k.ticket_id and m.mail_id = k.id
             where k.outcome in ('new-ticket', 'follow-up') and k.received_at >= $2 and m.author = $1
             and m.kind = 'from-customer' order by k.received_at desc limit 1",
        )
        .bind(author.folded())
        .bind(since.timestamp_millis())
        .fetch_optional(conn)
        .await
    })?;
    Ok(ticket)
}

/// The last mails since then from a domain, from below it, or from the two domains above it: ticket, mail and
/// author.
pub async fn list_mails_since(
    tx: &mut Tx,
    since: DateTime<Utc>,
    limit: i64,
    domain: &str,
) -> Result<Vec<(Uuid, Uuid, String)>, StoreError> {
    let mut above = std::iter::successors(Some(domain), |inner| inner.split_once('.').map(|(_, rest)| rest))
        .filter(|domain| domain.contains('.'))
        .map(|domain| format!("%@{domain}"))
        .chain(std::iter::repeat(format!("%@{domain}")));
    let mut next = || above.next().unwrap_or_default();
    let (own, parent, grandparent) = (next(), next(), next());
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (Uuid, Uuid, String)>(
            "select m.ticket_id, k.id, m.author from mails k
             join messages m on m.ticket_id = k.ticket_id and m.mail_id = k.id
             where k.outcome in ('new-ticket', 'follow-up') and k.received_at >= $1 and m.kind = 'from-customer'
             and (m.author like $3 or m.author like $4 or m.author like $5 or m.author like $6)
             order by k.received_at desc limit $2",
        )
        .bind(since.timestamp_millis())
        .bind(limit)
        .bind(own.as_str())
        .bind(parent.as_str())
        .bind(grandparent.as_str())
        .bind(format!("%.{domain}"))
        .fetch_all(conn)
        .await
    })?;
    Ok(rows)
}
