//! `madoguchi outbox`: outgoing mail, where it stands, and what a person decides about it.

use anyhow::Context;
use uuid::Uuid;

use super::arguments::{Opened, OutboxCommand};
use super::screen::{say, when};
use crate::store::outbox::{self, OutboxEntry, OutboxState};
use crate::store::{Tx, outbox_control, tickets};

/// The two ways out where nobody knows whether a mail went.
const CHOICES: &str = "whether it was accepted is not known: `madoguchi outbox retry ID` sends the same mail again \
(it may arrive twice), `madoguchi outbox give-up ID` lets it be (it may never have arrived)";

/// Carries out one command.
pub(super) async fn outbox(desk: &Opened, command: &OutboxCommand) -> anyhow::Result<()> {
    let by = format!("operator {}", super::held::whoami());
    match command {
        OutboxCommand::List { unsent, limit } => list(desk, *unsent, *limit).await,
        OutboxCommand::Show { id } => show(desk, *id).await,
        OutboxCommand::Retry { id } => {
            desk.pipeline.retry_outgoing(*id, &by).await??;
            say("it is tried once more, with the same bytes and the same Message-ID");
            Ok(())
        }
        OutboxCommand::GiveUp { id } => {
            desk.pipeline.give_up_outgoing(*id, &by).await??;
            say("given up: it is not sent any more");
            Ok(())
        }
        OutboxCommand::Freeze { reason } => {
            let frozen = desk.pipeline.freeze_outbox(reason, &by).await?;
            anyhow::ensure!(
                frozen,
                "it is frozen already; `madoguchi outbox list` says since when"
            );
            say("frozen: mail is taken in, nothing goes out until `madoguchi outbox release`");
            Ok(())
        }
        OutboxCommand::Release => {
            let released = desk.pipeline.release_outbox(&by).await?;
            anyhow::ensure!(released, "it is not frozen");
            say("released: what is due goes out now");
            Ok(())
        }
    }
}

/// What waits for a person first, then the rest; newest last, so that it stands above the prompt.
async fn list(desk: &Opened, unsent: bool, limit: i64) -> anyhow::Result<()> {
    let mut tx = desk.pipeline.database.read().await?;
    let entries = if unsent {
        outbox::list_unsent(&mut tx, limit).await?
    } else {
        outbox::list_outbox(&mut tx, limit).await?
    };
    let (unknown, rest): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|entry| entry.state == OutboxState::Unknown);
    if !unknown.is_empty() {
        say(format!("to decide: {CHOICES}"));
    }
    for entry in unknown.iter().chain(&rest) {
        say(line(entry));
    }
    let states = outbox::count_outbox_states(&mut tx).await?;
    say(states
        .iter()
        .map(|(state, count)| format!("{state}: {count}"))
        .collect::<Vec<_>>()
        .join(", "));
    say_freeze(&mut tx).await
}

async fn say_freeze(tx: &mut Tx) -> anyhow::Result<()> {
    if let Some(freeze) = outbox_control::find_freeze(tx).await? {
        let waiting = outbox_control::list_open_outbox(tx, i64::MAX).await?;
        let would_go = waiting
            .iter()
            .filter(|entry| entry.state != OutboxState::Unknown)
            .count();
        say(format!(
            "FROZEN since {} by {}: {}\n{would_go} mails would go out after `madoguchi outbox release`; \
             `madoguchi outbox list --unsent` shows them, `madoguchi outbox give-up ID` keeps one back",
            when(freeze.at),
            freeze.by,
            freeze.reason
        ));
    }
    Ok(())
}

async fn show(desk: &Opened, id: Uuid) -> anyhow::Result<()> {
    let mut tx = desk.pipeline.database.read().await?;
    let entry = outbox_control::find_outbox(&mut tx, id)
        .await?
        .with_context(|| format!("no outgoing mail has the id {id}; `madoguchi outbox list` shows them"))?;
    say(line(&entry));
    let ticket = match entry.ticket_id {
        Some(ticket) => tickets::find_ticket(&mut tx, ticket).await?,
        None => None,
    };
    if let Some(ticket) = ticket {
        say(format!(
            "ticket      {}",
            ticket.number.with_prefix(&desk.config.desk.number_prefix)
        ));
    }
    say(format!("message-id  <{}>", entry.message_id.as_str()));
    say(format!(
        "written     {}, {} octets",
        when(entry.created_at),
        entry.bytes.len()
    ));
    for (name, at) in [("staff told", entry.told_at), ("ended", entry.finished_at)] {
        if let Some(at) = at {
            say(format!("{name:11} {}", when(at)));
        }
    }
    match entry.state {
        OutboxState::Unknown => say(format!("to decide   {CHOICES}")),
        OutboxState::Failed => say("to decide   `madoguchi outbox retry ID` sends the same mail again"),
        OutboxState::Queued
        | OutboxState::Sending
        | OutboxState::Sent
        | OutboxState::Deferred
        | OutboxState::Recalled => {}
    }
    Ok(())
}

/// One mail a line.
pub(super) fn line(entry: &OutboxEntry) -> String {
    let reply = entry.last_reply.as_deref().unwrap_or("-");
    let next = match entry.state {
        OutboxState::Queued | OutboxState::Deferred => format!(", next {}", when(entry.due_at)),
        OutboxState::Sending
        | OutboxState::Sent
        | OutboxState::Failed
        | OutboxState::Recalled
        | OutboxState::Unknown => String::new(),
    };
    format!(
        "{}  {}  {:8}  {:15}  {}  {}  [{} attempts{next}] {reply}",
        entry.id,
        when(entry.created_at),
        entry.state,
        entry.purpose,
        entry.recipient,
        entry.subject,
        entry.attempts,
    )
}
