//! Tickets opened on a customer's behalf: from whose forward, who is meant, and who has confirmed it (SPEC §13).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::{Place, instant};
use crate::clock::from_millis;
use crate::mail::EmailAddress;
use crate::ticket::{Language, Ticket};

/// A ticket opened on a customer's behalf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The ticket.
    pub ticket_id: Uuid,
    /// The mail that passed the customer's on.
    pub mail_id: Uuid,
    /// Who passed it on.
    pub staff_serial: u32,
    /// Whom it was read to come from: usually one, none where no address could be read.
    pub senders: Vec<EmailAddress>,
    /// When.
    pub proposed_at: DateTime<Utc>,
    /// When somebody at the desk confirmed whose it is.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Who confirmed it.
    pub confirmed_by: Option<String>,
}

#[derive(sqlx::FromRow)]
struct ProposalRow {
    ticket_id: Uuid,
    mail_id: Uuid,
    staff_serial: i64,
    senders: String,
    proposed_at: i64,
    confirmed_at: Option<i64>,
    confirmed_by: Option<String>,
}

impl ProposalRow {
    fn typed(self) -> Result<Proposal, StoreError> {
        let place = Place {
            table: "proposals",
            row: &self.ticket_id,
        };
        let senders = self.senders.split_whitespace();
        Ok(Proposal {
            staff_serial: place.narrow("staff_serial", self.staff_serial)?,
            senders: senders
                .map(|one| place.read("senders", one))
                .collect::<Result<_, _>>()?,
            ticket_id: self.ticket_id,
            mail_id: self.mail_id,
            proposed_at: from_millis(self.proposed_at),
            confirmed_at: instant(self.confirmed_at),
            confirmed_by: self.confirmed_by,
        })
    }
}

/// Keeps for whom a ticket was opened.
pub async fn insert_proposal(tx: &mut Tx, proposal: &Proposal) -> Result<(), StoreError> {
    let senders: Vec<&str> = proposal.senders.iter().map(EmailAddress::as_str).collect();
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into proposals (ticket_id, mail_id, staff_serial, senders, proposed_at)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(proposal.ticket_id)
        .bind(proposal.mail_id)
        .bind(i64::from(proposal.staff_serial))
        .bind(senders.join(" "))
        .bind(proposal.proposed_at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// For whom a ticket was opened; `None` for a ticket that was opened by its own author.
pub async fn find_proposal(tx: &mut Tx, ticket: Uuid) -> Result<Option<Proposal>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, ProposalRow>("select * from proposals where ticket_id = $1")
            .bind(ticket)
            .fetch_optional(conn)
            .await
    })?;
    row.map(ProposalRow::typed).transpose()
}

/// Confirms it; `false` where somebody has done so before.
pub async fn mark_proposal_confirmed(
    tx: &mut Tx,
    ticket: Uuid,
    by: &str,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let changed = on_db!(tx, |conn| {
        sqlx::query(
            "update proposals set confirmed_at = $2, confirmed_by = $3
             where ticket_id = $1 and confirmed_at is null",
        )
        .bind(ticket)
        .bind(now.timestamp_millis())
        .bind(by)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(changed > 0)
}

/// Tickets that were opened as possibly related to this one and go on by themselves, by number.
pub async fn list_related(tx: &mut Tx, ticket: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let ids = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Uuid>(
            "select id from tickets where related_to = $1 and status <> 'closed'
             and id not in (select ticket_id from merges) order by number",
        )
        .bind(ticket)
        .fetch_all(conn)
        .await
    })?;
    Ok(ids)
}

/// Makes the person confirmed the ticket's author, written to in that language.
pub async fn set_author(
    tx: &mut Tx,
    ticket: &Ticket,
    author: &EmailAddress,
    language: Language,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update tickets set author = $2, language = $3 where id = $1")
            .bind(ticket.id)
            .bind(author.as_str())
            .bind(language.as_str())
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}
