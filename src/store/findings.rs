//! What the machine found in a ticket's mails: flags, and the evidence for every part of its decision. Comes
//! in and goes out: plain names and excerpts. It must not hold a secret or a My Number (SPEC §8).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::database::{Tx, on_db};
use super::error::StoreError;

/// One reason of a decision, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceLine {
    /// What it speaks for: `category`, a flag, `account`, `contract` or `restricted-list`.
    pub about: String,
    /// The rule, the form of an account ID, or the service.
    pub rule: String,
    /// The part of the mail it stands in.
    pub place: String,
    /// The words themselves.
    pub text: String,
}

/// What was found in a ticket's mails.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TicketFindings {
    /// Names of flags, each once.
    pub flags: Vec<String>,
    /// Why.
    pub evidence: Vec<EvidenceLine>,
    /// Version of the rules that decided.
    pub rules_version: String,
}

/// Keeps what was found, in the place of what was kept before.
pub async fn upsert_findings(tx: &mut Tx, ticket: Uuid, found: &TicketFindings) -> Result<(), StoreError> {
    let flags = found
        .flags
        .iter()
        .fold(" ".to_owned(), |all, flag| all + flag + " ");
    let unreadable = |error| StoreError::row("findings", "evidence", ticket, error);
    let evidence = serde_json::to_string(&found.evidence).map_err(unreadable)?;
    on_db!(tx, |conn| {
        sqlx::query(
            "insert into findings (ticket_id, flags, evidence, rules_version) values ($1, $2, $3, $4)
             on conflict (ticket_id) do update set flags = excluded.flags, evidence = excluded.evidence,
             rules_version = excluded.rules_version",
        )
        .bind(ticket)
        .bind(&flags)
        .bind(&evidence)
        .bind(&found.rules_version)
        .execute(conn)
        .await
        .map(|_| ())
    })?;
    Ok(())
}

/// What was found in a ticket's mails; `None` where nothing was looked for.
pub async fn find_findings(tx: &mut Tx, ticket: Uuid) -> Result<Option<TicketFindings>, StoreError> {
    let row = on_db!(tx, |conn| {
        sqlx::query_as::<_, (String, String, String)>(
            "select flags, evidence, rules_version from findings where ticket_id = $1",
        )
        .bind(ticket)
        .fetch_optional(conn)
        .await
    })?;
    let Some((flags, evidence, rules_version)) = row else {
        return Ok(None);
    };
    let unreadable = |error| StoreError::row("findings", "evidence", ticket, error);
    Ok(Some(TicketFindings {
        flags: flags.split_whitespace().map(str::to_owned).collect(),
        evidence: serde_json::from_str(&evidence).map_err(unreadable)?,
        rules_version,
    }))
}

/// Adds flags with their evidence to what is kept of a ticket.
pub async fn add_findings(
    tx: &mut Tx,
    ticket: Uuid,
    flag: &str,
    evidence: Vec<EvidenceLine>,
) -> Result<(), StoreError> {
    let mut found = find_findings(tx, ticket).await?.unwrap_or_default();
    if !found.flags.iter().any(|known| known == flag) {
        found.flags.push(flag.to_owned());
    }
    for line in evidence {
        if !found.evidence.contains(&line) {
            found.evidence.push(line);
        }
    }
    upsert_findings(tx, ticket, &found).await
}
