//! `madoguchi check`: says in words what is wrong, and what to do.

use std::path::Path;

use super::calendar::list_warning;
use super::screen::say;
use crate::app;
use crate::calendar::to_jst;
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
        check_database(&config).await,
        check_imap(&config).await,
        check_smtp(&config).await,
    ];
    let names = ["database", "IMAP", "SMTP"];
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

async fn check_database(config: &Config) -> anyhow::Result<String> {
    let database = Database::open(&config.database_url()?).await?;
    database.migrate().await?;
    let kind = database.kind();
    let mut tx = database.read().await?;
    let customers = registry::list_customer_ids(&mut tx).await?.len();
    let members = registry::list_staff(&mut tx).await?;
    drop(tx);
    let pipeline = app::build_pipeline(config, database, Clock::system())?;
    let staff = members.len();
    anyhow::ensure!(
        staff > 0,
        "{kind} works, but no staff are registered, so nobody would be notified; run `madoguchi registry import staff.csv`"
    );
    let policy = pipeline.policy();
    let unknown = policy.duty.unknown(&members);
    if let (Some(path), Some((line, name))) = (&config.files.duty_roster, unknown.first()) {
        anyhow::bail!(
            "{}: line {line} of the duty roster: `{name}` is no registered staff member; write a name, address or serial of `madoguchi registry export`",
            path.display()
        );
    }
    let today = to_jst(pipeline.clock.now()).date_naive();
    let forecast = list_warning(&policy.calendar, today)
        .map(|words| format!("; {}", words.trim_end()))
        .unwrap_or_default();
    Ok(format!(
        "{kind}, {customers} customers, {staff} staff; rules, calendar and templates read{forecast}"
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
