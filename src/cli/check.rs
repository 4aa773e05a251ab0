//! `madoguchi check`: says in words what is wrong, and what to do.

use std::path::Path;

use super::screen::say;
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::inbound::ImapSession;
use crate::outbound::SmtpConversation;
use crate::store::{Database, registry};

/// Checks configuration, database, IMAP and SMTP one after the other; goes on after a failure.
pub(super) async fn check(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path)?;
    say(format!("configuration  ok: {}", path.display()));
    let results = [
        check_rules(&config),
        check_database(&config).await,
        check_imap(&config).await,
        check_smtp(&config).await,
    ];
    let names = ["rules", "database", "IMAP", "SMTP"];
    let mut failed = 0_usize;
    for (name, result) in names.iter().zip(results) {
        match result {
            Ok(words) => say(format!("{name:13}  ok: {words}")),
            Err(error) => {
                failed = failed.saturating_add(1);
                say(format!("{name:13}  FAILED: {error:#}"));
            }
        }
    }
    anyhow::ensure!(
        failed == 0,
        "{failed} of {} checks failed; the lines above say what to put right",
        names.len()
    );
    Ok(())
}

/// The files that a running desk takes up when they change; it keeps what it has when one is broken.
fn check_rules(config: &Config) -> anyhow::Result<String> {
    let rules = app::read_rules(config)?;
    let list = app::read_restricted(config)?;
    let tried = rules.check();
    let standing = if list.is_confirmed() {
        "confirmed"
    } else {
        "an example that nobody has confirmed"
    };
    Ok(format!(
        "version {}, {} rules, {} examples hold; {} restricted services ({standing})",
        rules.version(),
        tried.rules,
        tried.examples,
        list.len()
    ))
}

async fn check_database(config: &Config) -> anyhow::Result<String> {
    let database = Database::open(&config.database_url()?).await?;
    database.migrate().await?;
    let kind = database.kind();
    let mut tx = database.read().await?;
    let (customers, staff) = (
        registry::list_customer_ids(&mut tx).await?.len(),
        registry::list_staff(&mut tx).await?.len(),
    );
    drop(tx);
    // Broken rules have a line of their own.
    if check_rules(config).is_ok() {
        app::build_pipeline(config, database, Clock::system())?;
    }
    anyhow::ensure!(
        staff > 0,
        "{kind} works, but no staff are registered, so nobody would be notified; run `madoguchi registry import staff.csv`"
    );
    Ok(format!(
        "{kind}, {customers} customers, {staff} staff; calendar and templates read"
    ))
}

async fn check_imap(config: &Config) -> anyhow::Result<String> {
    let settings = app::poller_settings(config)?;
    let mut session = ImapSession::connect(&settings.imap).await?;
    let selected = session.select(&settings.mailbox).await?;
    if let Some((processed, quarantine)) = &settings.folders {
        session.ensure_mailbox(processed).await?;
        session.ensure_mailbox(quarantine).await?;
    }
    session.logout().await;
    Ok(format!(
        "{}:{}, {} holds {} mails",
        config.imap.host, config.imap.port, settings.mailbox, selected.exists
    ))
}

async fn check_smtp(config: &Config) -> anyhow::Result<String> {
    let settings = app::smtp_settings(config)?;
    let conversation = SmtpConversation::connect(&settings).await?;
    conversation.quit().await;
    Ok(format!(
        "{}:{} greets{}",
        config.smtp.host,
        config.smtp.port,
        if settings.user.is_some() {
            " and takes the password"
        } else {
            ""
        }
    ))
}
