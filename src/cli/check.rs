//! `madoguchi check`: says in words what is wrong, and what to do.

use std::path::Path;

use super::calendar::list_warning;
use super::screen::say;
use crate::app;
use crate::authentication::Verifier;
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
        check_anchor(&config).await,
        check_dns(&config).await,
        check_imap(&config).await,
        check_smtp(&config).await,
    ];
    let names = ["database", "anchor", "DNS", "IMAP", "SMTP"];
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

/// The anchor, and whose mail it has been seen to pass for.
async fn check_anchor(config: &Config) -> anyhow::Result<String> {
    let database = Database::open(&config.database_url()?).await?;
    let pipeline = app::build_pipeline(config, database, Clock::system())?;
    let all = pipeline.list_standing().await?;
    let open: Vec<String> = all
        .iter()
        .filter(|one| !one.proven)
        .map(|one| one.address.to_string())
        .collect();
    let anchor = config.anchor()?;
    if open.is_empty() {
        return Ok(format!(
            "{anchor}, seen to pass for all {} staff addresses",
            all.len()
        ));
    }
    Ok(format!(
        "{anchor}; nothing of these is relayed yet: {}; run `madoguchi staff probe` and let them answer",
        open.join(", ")
    ))
}

async fn check_dns(config: &Config) -> anyhow::Result<String> {
    let Some(verifier) = Verifier::new(config.resolver()?)? else {
        return Ok("off; senders are judged by the border's word alone".to_owned());
    };
    let domain = config.desk.contact_address.domain();
    verifier.answers(domain).await.map_err(|why| {
        anyhow::anyhow!(
            "the resolver does not answer for {domain}: {why}; set [authentication] resolver to one that does, or to off"
        )
    })?;
    Ok("the resolver answers".to_owned())
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
