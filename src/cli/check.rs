//! `madoguchi check`: says in words what is wrong, and what to do.

use std::path::Path;

use anyhow::Context;

use super::arrival::{ARRIVES_WITHIN, check_arrival};
use super::calendar::list_warning;
use super::registry::notice_without_page;
use super::screen::{say, when};
use crate::app;
use crate::authentication::Verifier;
use crate::calendar::to_jst;
use crate::clock::Clock;
use crate::config::Config;
use crate::inbound::ImapSession;
use crate::outbound::SmtpConversation;
use crate::pipeline::Pipeline;
use crate::registry::StaffMember;
use crate::store::{Database, outages, outbox_control, registry};

/// Checks configuration, database, IMAP and SMTP one after the other; goes on after a failure.
pub(super) async fn check(path: &Path) -> anyhow::Result<()> {
    let config = Config::load(path)?;
    say(format!("configuration  ok: {}", path.display()));
    let results = [
        check_rules(&config),
        check_fee(&config),
        check_database(&config).await,
        check_anchor(&config).await,
        check_dns(&config).await,
        check_token(&config).await,
        check_imap(&config).await,
        check_smtp(&config).await,
        check_arrival(&config, ARRIVES_WITHIN).await,
        check_watch(&config).await,
    ];
    let names = [
        "rules",
        "support fee",
        "database",
        "anchor",
        "DNS",
        "token",
        "IMAP",
        "SMTP",
        "reply tokens",
        "watch",
    ];
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

/// The policy and the reports that answer questions about the support fee.
fn check_fee(config: &Config) -> anyhow::Result<String> {
    let policy = app::read_fee_policy(config)?;
    let reports = &config.billing.reports;
    for path in reports {
        std::fs::File::open(path).with_context(|| path.display().to_string())?;
    }
    Ok(format!(
        "{}%, {} exchange rates, {} reports",
        policy.rate_percent.normalize(),
        policy.exchange.len(),
        reports.len()
    ))
}

async fn check_database(config: &Config) -> anyhow::Result<String> {
    let database = Database::open(&config.database_url()?).await?;
    database.migrate().await?;
    let kind = database.kind();
    let mut tx = database.read().await?;
    let customers = registry::list_customer_ids(&mut tx).await?.len();
    let members = registry::list_staff(&mut tx).await?;
    let unreadable = notice_without_page(&registry::list_customers(&mut tx).await?);
    drop(tx);
    if let Some(words) = unreadable.filter(|_| config.desk.page_url.is_none()) {
        anyhow::bail!("{kind} works, but {words}, by `madoguchi registry import customers.csv`");
    }
    let staff = members.len();
    anyhow::ensure!(
        staff > 0,
        "{kind} works, but no staff are registered, so nobody would be notified; run `madoguchi registry import staff.csv`"
    );
    // Broken rules have a line of their own.
    let forecast = if check_rules(config).is_ok() {
        check_duty(
            config,
            &app::build_pipeline(config, database, Clock::system())?,
            &members,
        )?
    } else {
        String::new()
    };
    Ok(format!(
        "{kind}, {customers} customers, {staff} staff; calendar and templates read{forecast}"
    ))
}

/// The duty roster names people there are; says where the list of holidays ends too early.
fn check_duty(config: &Config, pipeline: &Pipeline, members: &[StaffMember]) -> anyhow::Result<String> {
    let policy = pipeline.policy();
    let unknown = policy.duty.unknown(members);
    if let (Some(path), Some((line, name))) = (&config.files.duty_roster, unknown.first()) {
        anyhow::bail!(
            "{}: line {line} of the duty roster: `{name}` is no registered staff member; write a name, address or serial of `madoguchi registry export`",
            path.display()
        );
    }
    let today = to_jst(pipeline.clock.now()).date_naive();
    let words = list_warning(&policy.calendar, today);
    Ok(words.map_or_else(String::new, |words| format!("; {}", words.trim_end())))
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

/// What the desk has found of itself, and whether mail may go out.
async fn check_watch(config: &Config) -> anyhow::Result<String> {
    let database = Database::open(&config.database_url()?).await?;
    database.migrate().await?;
    let mut tx = database.read().await?;
    if let Some(freeze) = outbox_control::find_freeze(&mut tx).await? {
        anyhow::bail!(
            "the outbox is frozen since {} ({}); look at `madoguchi outbox list`, then `madoguchi outbox release`",
            when(freeze.at),
            freeze.reason
        );
    }
    if let Some((name, since, detail)) = outages::list_outages(&mut tx).await?.into_iter().next() {
        anyhow::bail!("{name} since {}: {detail}", when(since));
    }
    let every = config.watch.self_probe_minutes;
    if every == 0 {
        return Ok(
            "no mail to ourselves is sent ([watch] self_probe_minutes = 0); only a mailbox that is not read is told"
                .to_owned(),
        );
    }
    let last = outages::find_last_self_probe(&mut tx)
        .await?
        .and_then(|probe| probe.arrived_at);
    Ok(format!(
        "a mail to ourselves every {every} minutes must arrive within {}; the last one arrived {}",
        config.watch.self_probe_within_minutes,
        last.map_or_else(|| "never yet".to_owned(), when)
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

/// Asks for an access token, and says how long what it is asked with is good for.
async fn check_token(config: &Config) -> anyhow::Result<String> {
    let Some(source) = config.token_source()? else {
        return Ok("none is used; passwords sign in".to_owned());
    };
    let now = Clock::system().now();
    let token = source.renew().await?;
    let minutes = (token.expires() - now).num_minutes();
    let standing = source.standing()?;
    if let Some(warning) = standing.warning(now) {
        anyhow::bail!("an access token was given out, but {warning}");
    }
    let refresh = match (standing.refresh_obtained, standing.days_left(now)) {
        (None, _) => "the client secret".to_owned(),
        (Some(obtained), None) => format!(
            "a refresh token of {}; how long it is good for is not known ([oauth] refresh_token_days)",
            to_jst(obtained).date_naive()
        ),
        (Some(obtained), Some(days)) => format!(
            "a refresh token of {}, {days} days left",
            to_jst(obtained).date_naive()
        ),
    };
    Ok(format!("good for {minutes} minutes, got with {refresh}"))
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
            " and takes the login"
        } else {
            ""
        }
    ))
}
