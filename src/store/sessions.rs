//! Ways into the page and who is inside. Of tokens only the hashes come in and are kept: whoever reads the
//! database can enter with nothing of it.

use chrono::{DateTime, Utc};

use super::database::{Tx, on_db};
use super::error::StoreError;
use super::rows::Place;
use crate::clock::from_millis;
use crate::mail::EmailAddress;

/// The hash under which a token is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenHash(pub String);

/// A sign-in link that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInLink {
    /// The hash of its token.
    pub hash: TokenHash,
    /// Whom it lets in.
    pub address: EmailAddress,
    /// The page it leads to, a path of the page itself.
    pub returns_to: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// From when on it counts no more.
    pub ends_at: DateTime<Utc>,
}

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who, by the address that the link was sent to.
    pub address: EmailAddress,
    /// The customer that somebody of several looks at.
    pub customer_id: Option<String>,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// When they were last seen.
    pub seen_at: DateTime<Utc>,
}

/// Keeps a link.
pub async fn insert_link(tx: &mut Tx, link: &SignInLink) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into sign_in_links (token_hash, address, returns_to, created_at, ends_at)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(&link.hash.0)
        .bind(link.address.folded())
        .bind(&link.returns_to)
        .bind(link.created_at.timestamp_millis())
        .bind(link.ends_at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// How many links an address was sent since then.
pub async fn count_links(
    tx: &mut Tx,
    address: &EmailAddress,
    since: DateTime<Utc>,
) -> Result<i64, StoreError> {
    Ok(on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select count(*) from sign_in_links where address = $1 and created_at > $2",
        )
        .bind(address.folded())
        .bind(since.timestamp_millis())
        .fetch_one(conn)
        .await
    })?)
}

/// Whether a link would let somebody in now.
pub async fn is_link_live(tx: &mut Tx, hash: &TokenHash, now: DateTime<Utc>) -> Result<bool, StoreError> {
    let found = on_db!(tx, |conn| {
        sqlx::query_scalar::<_, i64>(
            "select count(*) from sign_in_links where token_hash = $1 and used_at is null and ends_at > $2",
        )
        .bind(&hash.0)
        .bind(now.timestamp_millis())
        .fetch_one(conn)
        .await
    })?;
    Ok(found > 0)
}

/// Uses a link up: whom it lets in and where it leads, once.
pub async fn take_link(
    tx: &mut Tx,
    hash: &TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<(EmailAddress, String)>, StoreError> {
    let taken = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, String)>(
            "update sign_in_links set used_at = $2 where token_hash = $1 and used_at is null and ends_at > $2
             returning address, returns_to",
        )
        .bind(&hash.0)
        .bind(now.timestamp_millis())
        .fetch_optional(conn)
        .await
    })?;
    let place = Place {
        table: "sign_in_links",
        row: &"of a token",
    };
    taken
        .map(|(address, returns_to)| Ok((place.read("address", &address)?, returns_to)))
        .transpose()
}

/// Begins a session.
pub async fn insert_session(tx: &mut Tx, hash: &TokenHash, session: &Session) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into sessions (token_hash, address, customer_id, created_at, seen_at)
             values ($1, $2, $3, $4, $5)",
        )
        .bind(&hash.0)
        .bind(session.address.folded())
        .bind(&session.customer_id)
        .bind(session.created_at.timestamp_millis())
        .bind(session.seen_at.timestamp_millis())
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// The session of a token. Whether it has grown too old is for the caller to say.
pub async fn find_session(tx: &mut Tx, hash: &TokenHash) -> Result<Option<Session>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, Option<String>, i64, i64)>(
            "select address, customer_id, created_at, seen_at from sessions where token_hash = $1",
        )
        .bind(&hash.0)
        .fetch_optional(conn)
        .await
    })?;
    let place = Place {
        table: "sessions",
        row: &"of a token",
    };
    row.map(|(address, customer_id, created_at, seen_at)| {
        Ok(Session {
            address: place.read("address", &address)?,
            customer_id,
            created_at: from_millis(created_at),
            seen_at: from_millis(seen_at),
        })
    })
    .transpose()
}

/// Notes that somebody was seen.
pub async fn mark_seen(tx: &mut Tx, hash: &TokenHash, now: DateTime<Utc>) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update sessions set seen_at = $2 where token_hash = $1")
            .bind(&hash.0)
            .bind(now.timestamp_millis())
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Turns somebody of several customers to one of them.
pub async fn set_session_customer(
    tx: &mut Tx,
    hash: &TokenHash,
    customer_id: &str,
) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("update sessions set customer_id = $2 where token_hash = $1")
            .bind(&hash.0)
            .bind(customer_id)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Ends a session.
pub async fn delete_session(tx: &mut Tx, hash: &TokenHash) -> Result<(), StoreError> {
    on_db!(tx, |conn| {
        sqlx::query("delete from sessions where token_hash = $1")
            .bind(&hash.0)
            .execute(conn)
            .await
            .map(|_| ())
    })?;
    Ok(())
}

/// Forgets sessions last seen before, and links that ended before.
pub async fn delete_ended(tx: &mut Tx, before: DateTime<Utc>) -> Result<(), StoreError> {
    for statement in [
        "delete from sessions where seen_at < $1",
        "delete from sign_in_links where ends_at < $1",
    ] {
        on_db!(tx, |conn| {
            sqlx::query(statement)
                .bind(before.timestamp_millis())
                .execute(conn)
                .await
                .map(|_| ())
        })?;
    }
    Ok(())
}
