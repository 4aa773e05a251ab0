//! What the desk has told its staff about a ticket, read back to know what must stay inside (SPEC §13). Only the
//! beginning of each mail is read: its text stands there, files come behind it.

use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;

/// The first bytes of the last different mails to staff about a ticket and those merged into it. What
/// several people were told at one moment is one mail here.
pub async fn list_told(
    tx: &mut Tx,
    ticket: Uuid,
    (most, bytes): (i64, i32),
) -> Result<Vec<Vec<u8>>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, Vec<u8>)>(
            "select distinct o.message_id, substr(o.bytes, 1, $3) from outbox o join (
                 select min(message_id) as message_id, created_at from outbox
                 where (ticket_id = $1 or ticket_id in (select ticket_id from merges where into_id = $1))
                   and purpose in ('notification', 'warning', 'alarm', 'held-notice')
                 group by created_at, purpose, subject order by created_at desc limit $2
             ) n on n.message_id = o.message_id",
        )
        .bind(ticket)
        .bind(most)
        .bind(bytes)
        .fetch_all(conn)
        .await
    })?;
    Ok(rows.into_iter().map(|(_, bytes)| bytes).collect())
}
