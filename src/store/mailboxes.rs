//! What is known of each mailbox that is read, and which of its mails are in the ledger.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::mails::MailPlace;
use super::rows::Place;
use crate::ticket::MailOutcome;

/// A mail that has its outcome and still lies where it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnfiledMail {
    /// Key.
    pub id: Uuid,
    /// UID in the mailbox.
    pub uid: u32,
    /// Whether it goes to the quarantine folder.
    pub quarantined: bool,
}

/// UIDVALIDITY of the last scan; `None` for a mailbox that was never read.
pub async fn find_uid_validity(tx: &mut Tx, mailbox: &str) -> Result<Option<u32>, StoreError> {
    let stored = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, Option<i64>>("select uid_validity from mailboxes where name = $1")
            .bind(mailbox)
            .fetch_optional(conn)
            .await
    })?;
    let place = Place {
        table: "mailboxes",
        row: &mailbox,
    };
    stored
        .flatten()
        .map(|value| place.narrow("uid_validity", value))
        .transpose()
}

/// Records that the mailbox was fully listed: the heartbeat that proves the mailbox is being read.
pub async fn mark_scanned(
    tx: &mut Tx,
    mailbox: &str,
    uid_validity: u32,
    at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into mailboxes (name, uid_validity, scanned_at) values ($1, $2, $3)
             on conflict (name) do update
             set uid_validity = excluded.uid_validity, scanned_at = excluded.scanned_at",
        )
        .bind(mailbox)
        .bind(i64::from(uid_validity))
        .bind(at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// UIDs of the mailbox that are in the ledger and, as far as is known, still lie there, ascending.
pub async fn list_known_uids(tx: &mut Tx, mailbox: &str, uid_validity: u32) -> Result<Vec<u32>, StoreError> {
    let uids = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select uid from mails where mailbox = $1 and uid_validity = $2 and uid is not null
             and filed_at is null order by uid",
        )
        .bind(mailbox)
        .bind(i64::from(uid_validity))
        .fetch_all(conn)
        .await
    })?;
    let place = Place {
        table: "mails",
        row: &mailbox,
    };
    uids.into_iter().map(|uid| place.narrow("uid", uid)).collect()
}

/// UIDs of the mailbox that were ever in the ledger: on a server that cannot remove mail, what was filed
/// still lies there.
pub async fn list_taken_uids(tx: &mut Tx, mailbox: &str, uid_validity: u32) -> Result<Vec<u32>, StoreError> {
    let uids = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select uid from mails where mailbox = $1 and uid_validity = $2 and uid is not null order by uid",
        )
        .bind(mailbox)
        .bind(i64::from(uid_validity))
        .fetch_all(conn)
        .await
    })?;
    let place = Place {
        table: "mails",
        row: &mailbox,
    };
    uids.into_iter().map(|uid| place.narrow("uid", uid)).collect()
}

/// Takes a place away from the mail that had it, where the one that lies there now has another content: a
/// server restored from a backup gives UIDs a second time, against RFC 9051 §2.3.1.1. `false`: it is the
/// same mail, or too little was read of one of the two to tell.
pub async fn free_reused_place(
    tx: &mut Tx,
    mailbox: &str,
    place: MailPlace,
    (content_hash, whole): (&str, bool),
) -> Result<bool, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query(
            "update mails set uid_validity = null, uid = null
             where mailbox = $1 and uid_validity = $2 and uid = $3 and content_hash <> $4 and whole = $5",
        )
        .bind(mailbox)
        .bind(i64::from(place.uid_validity))
        .bind(i64::from(place.uid))
        .bind(content_hash)
        .bind(whole)
        .execute(conn)
        .await
        .map(|done| done.rows_affected())
    })?;
    Ok(rows > 0)
}

/// Mails that have their outcome and were not moved yet, in UID order.
pub async fn list_unfiled(
    tx: &mut Tx,
    mailbox: &str,
    uid_validity: u32,
    limit: i64,
) -> Result<Vec<UnfiledMail>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (Uuid, i64, String)>(
            "select id, uid, outcome from mails where mailbox = $1 and uid_validity = $2
             and uid is not null and filed_at is null and outcome is not null order by uid limit $3",
        )
        .bind(mailbox)
        .bind(i64::from(uid_validity))
        .bind(limit)
        .fetch_all(conn)
        .await
    })?;
    let place = Place {
        table: "mails",
        row: &mailbox,
    };
    rows.into_iter()
        .map(|(id, uid, outcome)| {
            let outcome: MailOutcome = place.read("outcome", &outcome)?;
            let quarantined = outcome == MailOutcome::Quarantined;
            Ok(UnfiledMail {
                id,
                uid: place.narrow("uid", uid)?,
                quarantined,
            })
        })
        .collect()
}

/// Records that mails were moved out of the mailbox, or are gone from it.
pub async fn mark_filed(tx: &mut Tx, ids: &[Uuid], at: DateTime<Utc>) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    on_db!(tx, |conn| {
        let mut update = sqlx::QueryBuilder::new("update mails set filed_at = ");
        update.push_bind(at.timestamp_millis()).push(" where id in (");
        let mut listed = update.separated(", ");
        for id in ids {
            listed.push_bind(*id);
        }
        update
            .push(")")
            .build()
            .persistent(false)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Takes back that a mail was moved: it still lies in the mailbox, so moving it is due again.
pub async fn mark_unfiled(tx: &mut Tx, mailbox: &str, place: MailPlace) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update mails set filed_at = null where mailbox = $1 and uid_validity = $2 and uid = $3")
            .bind(mailbox)
            .bind(i64::from(place.uid_validity))
            .bind(i64::from(place.uid))
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// The place of every mail that has no outcome, for `reconcile`.
pub async fn list_without_outcome(tx: &mut Tx, mailbox: &str) -> Result<Vec<MailPlace>, StoreError> {
    let rows = on_db!(tx, |conn| {
        sqlx::query_as::<_, (i64, i64)>(
            "select uid_validity, uid from mails where mailbox = $1 and uid is not null and outcome is null
             order by uid_validity, uid",
        )
        .bind(mailbox)
        .fetch_all(conn)
        .await
    })?;
    let place = Place {
        table: "mails",
        row: &mailbox,
    };
    rows.into_iter()
        .map(|(validity, uid)| {
            let uid_validity = place.narrow("uid_validity", validity)?;
            Ok(MailPlace {
                uid_validity,
                uid: place.narrow("uid", uid)?,
            })
        })
        .collect()
}
