//! `madoguchi held`: staff mail that was not relayed, for a person to decide.

use anyhow::Context;

use super::arguments::{HeldCommand, Opened};
use super::screen::{say, when};
use crate::correspondence::letter::hold_reason_words;
use crate::pipeline::ReleaseTarget;
use crate::store::held::{self, HeldMail};
use crate::store::{Tx, tickets};
use crate::ticket::{MailOutcome, TicketNumber};

/// Lists, shows or releases.
pub(super) async fn held(desk: &Opened, command: &HeldCommand) -> anyhow::Result<()> {
    let mut tx = desk.pipeline.database.read().await?;
    match command {
        HeldCommand::List { all } => {
            for row in held::list_held(&mut tx, *all, 200).await? {
                say(line(desk, &mut tx, &row).await?);
            }
            Ok(())
        }
        HeldCommand::Show { id } => {
            let row = held::find_held(&mut tx, *id)
                .await?
                .with_context(|| format!("no held mail has the id {id}; `madoguchi held list` shows them"))?;
            say(line(desk, &mut tx, &row).await?);
            say(format!(
                "reason: {}",
                hold_reason_words(desk.config.desk.staff_language, &row.reason)
            ));
            if !row.detail.is_empty() {
                say(format!("detail: {}", row.detail));
            }
            say(format!("\n{}", row.body));
            Ok(())
        }
        HeldCommand::Release { id, ticket, staff } => {
            drop(tx);
            let by = format!("operator {}", whoami());
            let prefix = &desk.config.desk.number_prefix;
            let number = |text: &String| {
                TicketNumber::parse(text, prefix)
                    .with_context(|| format!("{text} is no ticket number; write one like {prefix}000123"))
            };
            let target = ReleaseTarget {
                ticket: ticket.as_ref().map(number).transpose()?,
                staff: *staff,
            };
            let outcome = desk.pipeline.release_held_to(*id, &by, target).await??;
            say(done(outcome));
            Ok(())
        }
    }
}

async fn line(desk: &Opened, tx: &mut Tx, row: &HeldMail) -> anyhow::Result<String> {
    let ticket = match row.ticket_id {
        Some(id) => tickets::find_ticket(tx, id).await?,
        None => None,
    };
    let number = ticket.map_or_else(
        || "-".to_owned(),
        |t| t.number.with_prefix(&desk.config.desk.number_prefix),
    );
    let staff = row
        .staff_serial
        .map_or_else(|| "-".to_owned(), |serial| serial.to_string());
    Ok(format!(
        "{}  {}  {:8}  {number}  staff {staff}  {}",
        row.id,
        when(row.held_at),
        row.state,
        row.reason
    ))
}

/// What a released mail has done.
fn done(outcome: MailOutcome) -> &'static str {
    if outcome == MailOutcome::StaffReply {
        "released: it goes to the customer after the usual delay"
    } else if outcome == MailOutcome::AnsweredOutside {
        "recorded: it had gone to the customer already, so it is not sent again"
    } else {
        "released: its note is kept and its commands are carried out"
    }
}

/// The login of whoever released it, for the record.
pub(super) fn whoami() -> String {
    crate::config::login_name().unwrap_or_else(|| "unknown".to_owned())
}
