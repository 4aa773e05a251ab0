//! `madoguchi quarantine`: mail that could not be read, with its bytes.

use std::io::Write;

use anyhow::Context;

use super::arguments::{Opened, QuarantineCommand};
use super::screen::{say, when};
use crate::store::{mails, quarantine};

/// Lists, shows or retries.
pub(super) async fn quarantine(desk: &Opened, command: &QuarantineCommand) -> anyhow::Result<()> {
    let database = &desk.pipeline.database;
    match command {
        QuarantineCommand::List => {
            let mut tx = database.read().await?;
            for mail in quarantine::list_quarantined(&mut tx, 200).await? {
                say(format!(
                    "{}  {}  {:9} octets  {}  {}",
                    mail.id,
                    when(mail.received_at),
                    mail.size,
                    mail.reason,
                    mail.last_error
                ));
            }
            Ok(())
        }
        QuarantineCommand::Show { id } => {
            let mut tx = database.read().await?;
            let mail = mails::find_mail(&mut tx, *id)
                .await?
                .with_context(|| format!("there is no mail {id}"))?;
            std::io::stdout().lock().write_all(&mail.raw)?;
            Ok(())
        }
        QuarantineCommand::Retry { id } => {
            let mut tx = database.begin().await?;
            let reopened = quarantine::reopen_quarantined(&mut tx, *id).await?;
            anyhow::ensure!(
                reopened,
                "{id} is not in quarantine; `madoguchi quarantine list` shows what is"
            );
            mails::raise_attempts(&mut tx, *id).await?;
            tx.commit().await?;
            let done = desk.pipeline.process(&[*id]).await?;
            let result = done
                .first()
                .context("it failed again; see the log, and quarantine list for the error")?;
            say(format!("{}: {}", result.outcome, result.reason));
            Ok(())
        }
    }
}
