//! A desk whose database was brought back from a backup (SPEC §14). Comes in: the database as it starts. Goes
//! out: a frozen outbox where the database is older than what was already sent, until a person has looked at
//! what it would send. Intake goes on: mail that still lies in the mailbox is known by its content.

use super::{Pipeline, PipelineError};
use crate::store::outbox::OutboxEntry;
use crate::store::{Tx, identity, outbox_control};

/// Ticket numbers that are left out: more than a desk gives between two backups.
const NUMBERS_LEFT_OUT: i64 = 10_000;

impl Pipeline {
    /// Freezes the outbox when the database is older than what was sent; returns whether it is.
    pub async fn notice_older_database(&self) -> Result<bool, PipelineError> {
        let mut tx = self.database.begin().await?;
        let older = match self.database.sent_mark_file() {
            Some(_) => self.compare_sent_mark(&mut tx).await?,
            None => compare_fingerprint(&mut tx).await?,
        };
        if let Some(reason) = &older {
            let freeze = outbox_control::Freeze {
                reason: reason.clone(),
                by: "the desk itself".to_owned(),
                at: self.clock.now(),
            };
            outbox_control::freeze_outbox(&mut tx, self.clock.fresh_id(), &freeze).await?;
            identity::skip_ticket_numbers(&mut tx, NUMBERS_LEFT_OUT).await?;
            tracing::error!(
                reason,
                "the outbox is frozen; `madoguchi outbox list --unsent` shows what would go out, \
                 `madoguchi outbox release` lets it, `madoguchi reconcile` shows what is missing"
            );
        }
        let claims = identity::find_claims(&mut tx).await?;
        tx.commit().await?;
        self.keep_sent_mark(Some(claims));
        Ok(older.is_some())
    }

    async fn compare_sent_mark(&self, tx: &mut Tx) -> Result<Option<String>, PipelineError> {
        let claims = identity::find_claims(tx).await?;
        match self.database.sent_mark() {
            Some(mark) if mark > claims => {
                identity::set_claims(tx, mark).await?;
                Ok(Some(format!(
                    "the database is older than what was sent: it knows of {claims} claims, there were {mark}"
                )))
            }
            None if claims > 0 => Ok(Some(
                "the file beside the database that knows how much was sent is missing: the database may be a backup"
                    .to_owned(),
            )),
            Some(_) | None => Ok(None),
        }
    }

    /// Counts a claim, for the file beside the database; to be called in the claim's transaction.
    pub async fn count_claim(
        &self,
        tx: &mut Tx,
        claimed: &[OutboxEntry],
    ) -> Result<Option<i64>, PipelineError> {
        // PostgreSQL names itself; a counter would have the dispatchers wait for each other.
        if claimed.is_empty() || self.database.sent_mark_file().is_none() {
            return Ok(None);
        }
        Ok(Some(identity::raise_claims(tx).await?))
    }

    /// Keeps the count outside the database; to be called after the commit and before anything is sent.
    pub fn keep_sent_mark(&self, claims: Option<i64>) {
        if let Some(claims) = claims
            && let Err(error) = self.database.write_sent_mark(claims)
        {
            tracing::error!(%error, "what was sent could not be marked beside the database; a restored backup would not be noticed");
        }
    }
}

async fn compare_fingerprint(tx: &mut Tx) -> Result<Option<String>, PipelineError> {
    let Some(name) = identity::find_fingerprint(tx).await? else {
        return Ok(None);
    };
    let before = identity::replace_fingerprint(tx, &name).await?;
    Ok(before.filter(|before| *before != name).map(|before| {
        format!(
            "this is another PostgreSQL than the data comes from ({before}, now {name}): it may be a backup"
        )
    }))
}
