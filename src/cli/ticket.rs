//! `madoguchi ticket`: what there is, for people.

use anyhow::Context;

use super::arguments::{Opened, SetArguments, TicketCommand};
use super::screen::{say, when};
use crate::inquiry::redaction::redacted;
use crate::pipeline::Correction;
use crate::registry::AccountId;
use crate::store::{Database, findings, messages, outbox, registry, tickets};
use crate::ticket::{Ticket, TicketNumber};

/// Lists or shows tickets.
pub(super) async fn ticket(desk: &Opened, command: &TicketCommand) -> anyhow::Result<()> {
    let prefix = &desk.config.desk.number_prefix;
    match command {
        TicketCommand::List { all, limit } => {
            let mut tx = desk.pipeline.database.read().await?;
            for ticket in tickets::list_tickets(&mut tx, *all, *limit).await? {
                say(line(&ticket, prefix));
            }
            Ok(())
        }
        TicketCommand::Show { number } => show(&desk.pipeline.database, number, prefix).await,
        TicketCommand::Set(arguments) => set(desk, arguments).await,
    }
}

async fn set(desk: &Opened, arguments: &SetArguments) -> anyhow::Result<()> {
    let prefix = &desk.config.desk.number_prefix;
    let number = parse_number(&arguments.number, prefix)?;
    let correction = Correction {
        category: arguments.category,
        account: arguments.account,
        severity: arguments.severity,
        status: arguments.status,
    };
    let ticket = desk.pipeline.correct_ticket(number, &correction).await??;
    say(line(&ticket, prefix));
    say(format!(
        "account   {}, severity {}, desk {}, starts {}",
        ticket
            .account_id
            .map_or_else(|| "-".to_owned(), |id| id.to_string()),
        ticket.severity,
        ticket.desk,
        when(ticket.clock_starts_at)
    ));
    Ok(())
}

fn parse_number(text: &str, prefix: &str) -> anyhow::Result<TicketNumber> {
    TicketNumber::parse(text, prefix)
        .with_context(|| format!("`{text}` is no ticket number; write it as {prefix}000123"))
}

fn line(ticket: &Ticket, prefix: &str) -> String {
    format!(
        "{}  {:16}  {:15}  {}  {}  {}",
        ticket.number.with_prefix(prefix),
        ticket.status,
        ticket.category,
        when(ticket.opened_at),
        ticket.customer_id.as_deref().unwrap_or("-"),
        ticket.subject,
    )
}

async fn show(database: &Database, number: &str, prefix: &str) -> anyhow::Result<()> {
    let parsed = parse_number(number, prefix)?;
    let mut tx = database.read().await?;
    let ticket = tickets::find_ticket_by_number(&mut tx, parsed)
        .await?
        .with_context(|| format!("there is no ticket {}", parsed.with_prefix(prefix)))?;
    say(line(&ticket, prefix));
    say(format!("author    {} {}", ticket.author, ticket.author_name));
    say(format!(
        "account   {} ({})",
        ticket
            .account_id
            .map_or_else(|| "-".to_owned(), |id| id.to_string()),
        ticket.account_outcome
    ));
    say(format!(
        "desk      {}, severity {}, starts {}",
        ticket.desk,
        ticket.severity,
        when(ticket.clock_starts_at)
    ));
    let others = tickets::list_participants(&mut tx, ticket.id).await?;
    if !others.is_empty() {
        say(format!(
            "with      {}",
            others
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        ));
    }
    super::findings::lines(findings::find_findings(&mut tx, ticket.id).await?.as_ref())
        .iter()
        .for_each(say);
    drop(tx);
    show_history(database, &ticket).await
}

async fn show_history(database: &Database, ticket: &Ticket) -> anyhow::Result<()> {
    let mut tx = database.read().await?;
    let accounts: Vec<AccountId> = match &ticket.customer_id {
        Some(customer) => registry::list_accounts_of(&mut tx, customer).await?,
        None => Vec::new(),
    }
    .iter()
    .map(|account| account.account_id)
    .collect();
    for message in messages::list_messages(&mut tx, ticket.id).await? {
        say(format!(
            "\n── {} {} {}",
            when(message.created_at),
            message.kind,
            message.author
        ));
        let words = if message.visible.is_empty() {
            &message.body
        } else {
            &message.visible
        };
        say(redacted(words, &accounts));
    }
    say("\n── events");
    for event in tickets::list_events(&mut tx, ticket.id).await? {
        say(format!(
            "{}  {:18}  {}  {}",
            when(event.at),
            event.kind,
            event.actor,
            event.detail
        ));
    }
    say("\n── mails sent");
    for entry in outbox::list_outbox_of(&mut tx, ticket.id).await? {
        say(super::outbox::line(&entry));
    }
    Ok(())
}
