//! What people have corrected, each with the inquiry it labels. The last word on a field counts.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::Place;
use crate::clock::from_millis;

crate::slug_enum! {
    /// What of a ticket a person can correct for good.
    pub enum CorrectedField {
        /// What it is about.
        Category = "category",
        /// The account it is filed under.
        Account = "account",
        /// How hard the customer is hit.
        Severity = "severity",
    }
}

/// A person's last word on one field of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredCorrection {
    /// The ticket.
    pub ticket_id: Uuid,
    /// What was corrected.
    pub field: CorrectedField,
    /// Its value before, as a slug; empty where there was none.
    pub was: String,
    /// Its value since.
    pub became: String,
    /// When.
    pub corrected_at: DateTime<Utc>,
    /// Who: `staff:3` or `operator`.
    pub corrected_by: String,
    /// Subject of the inquiry.
    pub subject: String,
    /// Its text, quoted lines behind `>`.
    pub body: String,
    /// Flags it bore, separated by spaces.
    pub flags: String,
}

#[derive(sqlx::FromRow)]
struct CorrectionRow {
    ticket_id: Uuid,
    field: String,
    was: String,
    became: String,
    corrected_at: i64,
    corrected_by: String,
    subject: String,
    body: String,
    flags: String,
}

/// Keeps a correction in place of an earlier one of the same field. The value before the first stays: it is
/// what the machine said.
pub async fn keep_correction(tx: &mut Tx, correction: &StoredCorrection) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into corrections (ticket_id, field, was, became, corrected_at, corrected_by, subject,
                 body, flags)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (ticket_id, field) do update set became = excluded.became,
                 corrected_at = excluded.corrected_at, corrected_by = excluded.corrected_by",
        )
        .bind(correction.ticket_id)
        .bind(correction.field.as_str())
        .bind(&correction.was)
        .bind(&correction.became)
        .bind(correction.corrected_at.timestamp_millis())
        .bind(&correction.corrected_by)
        .bind(&correction.subject)
        .bind(&correction.body)
        .bind(&correction.flags)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// All corrections of a field, oldest first.
pub async fn list_corrections(
    tx: &mut Tx,
    field: CorrectedField,
) -> Result<Vec<StoredCorrection>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, CorrectionRow>(
            "select ticket_id, field, was, became, corrected_at, corrected_by, subject, body, flags
             from corrections where field = $1 order by corrected_at, ticket_id",
        )
        .bind(field.as_str())
        .fetch_all(conn)
        .await
    })?;
    let typed = |row: CorrectionRow| {
        let place = Place {
            table: "corrections",
            row: &row.ticket_id,
        };
        Ok(StoredCorrection {
            field: place.read("field", &row.field)?,
            ticket_id: row.ticket_id,
            was: row.was,
            became: row.became,
            corrected_at: from_millis(row.corrected_at),
            corrected_by: row.corrected_by,
            subject: row.subject,
            body: row.body,
            flags: row.flags,
        })
    };
    rows.into_iter().map(typed).collect()
}
