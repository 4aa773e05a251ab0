//! Wires the stages together, runs their loops, and stops them so that nothing under way is cut off.

mod policy_watch;

use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

use crate::authentication::{TokenKeys, Trust, Verifier};
use crate::billing::{FeePolicy, Refreshed, Shelf};
use crate::calendar::{Calendar, Closures};
use crate::clock::Clock;
use crate::config::{AfterOutcome, Config};
use crate::correspondence::Templates;
use crate::inbound::{ImapSettings, ImapTimeouts, Poller, PollerSettings, backoff};
use crate::inquiry::classification::Rules;
use crate::inquiry::duty_roster::DutyRoster;
use crate::inquiry::restricted_services::RestrictedServices;
use crate::inquiry::{Budget, Policy};
use crate::outbound::{Dispatcher, Recorder, SmtpSettings, SmtpTimeouts};
use crate::pipeline::{ByLanguage, LetterSettings, Pipeline, Timekeeper};
use crate::store::Database;

pub use policy_watch::{Noticed, PolicyWatch};

/// Between two looks at the files that staff edit: an editor wants to see the effect of what was saved.
const WATCH_EVERY: Duration = Duration::from_secs(5);

/// How long a stopping desk waits for the mail in flight: above every SMTP time limit but the longest.
const STOP_WITHIN: Duration = Duration::from_mins(1);

/// How often held mail is looked after.
const HELD_EVERY: Duration = Duration::from_mins(1);

/// How often the reports of the support fee are looked at for changes: they come a few times a day.
const REPORTS_EVERY: Duration = Duration::from_mins(1);

/// Pause after a failure of the database, so that an outage does not fill the log.
const AFTER_FAILURE: Duration = Duration::from_secs(2);

/// Opens the database of the configuration and brings its schema up to date.
pub async fn open_database(config: &Config) -> anyhow::Result<Database> {
    let database = Database::open(&config.database_url()?).await?;
    database.migrate().await?;
    Ok(database)
}

/// Builds the pipeline of the configuration.
pub fn build_pipeline(config: &Config, database: Database, clock: Clock) -> anyhow::Result<Pipeline> {
    let keys = TokenKeys::new(config.token_keys()?, &config.desk.contact_address);
    let policy = build_policy(config, &keys)?;
    let mut templates = Templates::embedded()?;
    if let Some(directory) = &config.files.templates {
        templates = templates.with_overrides(directory)?;
    }
    Ok(Pipeline {
        database,
        clock,
        keys,
        trust: Trust {
            anchor: config.anchor()?,
            border: config.border()?,
            tenant_mailbox: config.staff.tenant_mailbox.clone(),
            verifier: Verifier::new(config.resolver()?)?,
        },
        templates,
        settings: LetterSettings {
            desk_names: ByLanguage {
                japanese: config.desk.name.clone(),
                english: config.desk.name_en.as_ref().unwrap_or(&config.desk.name).clone(),
            },
            signatures: ByLanguage {
                japanese: config.desk.signature.clone(),
                english: config
                    .desk
                    .signature_en
                    .as_ref()
                    .unwrap_or(&config.desk.signature)
                    .clone(),
            },
            page_url: config.desk.page_url.clone(),
            staff_language: config.desk.staff_language,
            relay_delay_seconds: config.desk.relay_delay_seconds,
            limit_megabytes: config.imap.limit_megabytes,
        },
        policy: RwLock::new(Arc::new(policy)),
        fees: Arc::new(Shelf::new(
            config.billing.reports.clone(),
            read_fee_policy(config)?,
        )),
    })
}

fn build_policy(config: &Config, keys: &TokenKeys) -> anyhow::Result<Policy> {
    let contact = config.desk.contact_address.clone();
    let own = std::iter::once(contact.clone()).chain(config.desk.other_addresses.iter().cloned());
    Ok(Policy {
        own_addresses: own.collect(),
        contact,
        loop_mark: keys.loop_mark(),
        number_prefix: config.desk.number_prefix.clone(),
        rules: Arc::new(read_rules(config)?),
        restricted: Arc::new(read_restricted(config)?),
        calendar: build_calendar(config)?,
        response: config.response.clone(),
        duty: build_roster(config)?,
        budget: Budget {
            per_ten_minutes: config.acknowledgements.per_ten_minutes,
            per_day: config.acknowledgements.per_day,
            per_domain_hour: config.acknowledgements.per_domain_hour,
            overall_per_hour: config.acknowledgements.overall_per_hour,
            unregistered_per_week: config.acknowledgements.unregistered_per_week,
        },
    })
}

/// The rules of the configuration, each example tried.
pub fn read_rules(config: &Config) -> anyhow::Result<Rules> {
    match &config.files.rules {
        Some(path) => Rules::parse_checked(&read_text(path)?).with_context(|| path.display().to_string()),
        None => Ok(Rules::embedded().clone()),
    }
}

/// The list of restricted services of the configuration.
pub fn read_restricted(config: &Config) -> anyhow::Result<RestrictedServices> {
    match &config.files.restricted_services {
        Some(path) => {
            RestrictedServices::parse(&read_text(path)?).with_context(|| path.display().to_string())
        }
        None => Ok(RestrictedServices::embedded()),
    }
}

/// The fee policy of the configuration.
pub fn read_fee_policy(config: &Config) -> anyhow::Result<FeePolicy> {
    match &config.billing.policy {
        Some(path) => FeePolicy::parse(&read_text(path)?).with_context(|| path.display().to_string()),
        None => Ok(FeePolicy::embedded()),
    }
}

/// The calendar of the configuration's files.
pub fn build_calendar(config: &Config) -> anyhow::Result<Calendar> {
    let mut calendar = Calendar::embedded();
    if let Some(path) = &config.files.holidays {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        calendar = calendar
            .with_official_csv(&bytes)
            .with_context(|| path.display().to_string())?;
    }
    if let Some(path) = &config.files.closures {
        let closures = Closures::parse(&read_text(path)?).with_context(|| path.display().to_string())?;
        calendar = calendar.with_closures(closures);
    }
    Ok(calendar)
}

/// The duty roster of the configuration's file; an empty one where there is none.
pub fn build_roster(config: &Config) -> anyhow::Result<DutyRoster> {
    let Some(path) = &config.files.duty_roster else {
        return Ok(DutyRoster::default());
    };
    let roster = DutyRoster::parse(&read_text(path)?).with_context(|| path.display().to_string())?;
    let mut own = std::iter::once(&config.desk.contact_address).chain(&config.desk.other_addresses);
    if let Some(address) = own.find(|address| roster.calls(address)) {
        anyhow::bail!(
            "{}: {address} is the desk's own address; a call to it would reach nobody",
            path.display()
        );
    }
    Ok(roster)
}

fn read_text(path: &std::path::Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// How the poller reads the configured mailbox.
pub fn poller_settings(config: &Config) -> anyhow::Result<PollerSettings> {
    let imap = &config.imap;
    Ok(PollerSettings {
        imap: ImapSettings {
            host: imap.host.clone(),
            port: imap.port,
            security: imap.security,
            user: imap.user.clone(),
            password: config.imap_password()?,
            ca_file: imap.ca_file.clone(),
            timeouts: ImapTimeouts::default(),
        },
        mailbox: imap.mailbox.clone(),
        folders: match imap.after {
            AfterOutcome::Move => Some((imap.processed.clone(), imap.quarantine.clone())),
            AfterOutcome::Leave => None,
        },
        junk: false,
        limit_octets: imap.limit_megabytes.saturating_mul(1024 * 1024),
        poll_every: Duration::from_secs(imap.poll_seconds),
        idle_for: Duration::from_secs(imap.idle_seconds),
    })
}

/// How the dispatchers reach the configured server.
pub fn smtp_settings(config: &Config) -> anyhow::Result<SmtpSettings> {
    let smtp = &config.smtp;
    Ok(SmtpSettings {
        host: smtp.host.clone(),
        port: smtp.port,
        security: smtp.security,
        user: smtp.user.clone(),
        password: config.smtp_password()?,
        ca_file: smtp.ca_file.clone(),
        hello_name: smtp
            .hello_name
            .clone()
            .unwrap_or_else(|| config.desk.contact_address.domain().to_owned()),
        timeouts: SmtpTimeouts::default(),
    })
}

/// Runs the desk until `stop` is cancelled, then lets the mail in flight end.
pub async fn run(config: &Config, pipeline: Arc<Pipeline>, stop: CancellationToken) -> anyhow::Result<()> {
    let wake = Arc::new(tokio::sync::Notify::new());
    let mut tasks = tokio::task::JoinSet::new();
    let poller = Poller::new(Arc::clone(&pipeline), poller_settings(config)?);
    tasks.spawn(poll(
        poller,
        Arc::clone(&pipeline),
        Arc::clone(&wake),
        stop.clone(),
    ));
    if let Some(junk) = &config.imap.junk {
        let settings = PollerSettings {
            mailbox: junk.clone(),
            junk: true,
            ..poller_settings(config)?
        };
        let poller = Poller::new(Arc::clone(&pipeline), settings);
        tasks.spawn(poll(
            poller,
            Arc::clone(&pipeline),
            Arc::clone(&wake),
            stop.clone(),
        ));
    }
    let recorder = Recorder::new(Arc::clone(&pipeline));
    for _ in 0..config.smtp.connections.max(1) {
        let dispatcher = Dispatcher::new(Arc::clone(&pipeline), smtp_settings(config)?)
            .with_recorder(Arc::clone(&recorder));
        tasks.spawn(dispatch(dispatcher, Arc::clone(&wake), stop.clone()));
    }
    tasks.spawn(mind_held(Arc::clone(&pipeline), Arc::clone(&wake), stop.clone()));
    let timekeeper = Timekeeper::new(Arc::clone(&pipeline));
    tasks.spawn(keep_time(timekeeper, Arc::clone(&wake), stop.clone()));
    tasks.spawn(watch(
        PolicyWatch::new(config),
        Arc::clone(&pipeline),
        stop.clone(),
    ));
    tasks.spawn(read_reports(Arc::clone(&pipeline.fees), stop.clone()));
    stop.cancelled().await;
    tracing::info!("stopping: the mail in flight is finished first");
    let finished = tokio::time::timeout(STOP_WITHIN, async {
        while let Some(ended) = tasks.join_next().await {
            ended.context("a task of the desk panicked")?;
        }
        anyhow::Ok(())
    });
    finished.await.unwrap_or_else(|_| {
        tracing::warn!(
            "an SMTP server did not answer in time; its mail counts as unknown and is tried once more"
        );
        Ok(())
    })
}

async fn poll(
    mut poller: Poller,
    pipeline: Arc<Pipeline>,
    wake: Arc<tokio::sync::Notify>,
    stop: CancellationToken,
) {
    let mut failures = 0_u32;
    while !stop.is_cancelled() {
        // A step is never cut off: what it has begun it commits.
        let result = match poller.step().await {
            Ok(report) => {
                failures = 0;
                if report.taken > 0 {
                    wake.notify_waiters();
                }
                tokio::select! {
                    waited = poller.wait() => waited,
                    () = stop.cancelled() => Ok(()),
                }
            }
            Err(error) => Err(error),
        };
        if let Err(error) = result {
            failures = failures.saturating_add(1);
            let pause = backoff(failures, pipeline.clock.random(), error.is_login_failure());
            tracing::error!(%error, failures, pause_seconds = pause.as_secs(), "the mailbox cannot be read");
            rest(pause, &stop).await;
        }
    }
    poller.log_out().await;
}

/// Sends requests about held mail when their turn has come, and judges again what DNS has kept waiting.
async fn mind_held(pipeline: Arc<Pipeline>, wake: Arc<tokio::sync::Notify>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match pipeline.mind_held().await {
            Ok(0) => {}
            Ok(_) => wake.notify_waiters(),
            Err(error) => tracing::error!(%error, "held mail cannot be looked after"),
        }
        rest(HELD_EVERY, &stop).await;
    }
}

async fn dispatch(mut dispatcher: Dispatcher, wake: Arc<tokio::sync::Notify>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let woken = wake.notified();
        let pause = match dispatcher.step().await {
            Ok(0) => dispatcher.next_due_in().await.unwrap_or(AFTER_FAILURE),
            Ok(_) => continue,
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be worked on");
                AFTER_FAILURE
            }
        };
        tokio::select! {
            () = woken => {}
            () = rest(pause, &stop) => {}
        }
    }
    dispatcher.hang_up().await;
}

/// Does what the passing of time asks for.
async fn keep_time(timekeeper: Timekeeper, wake: Arc<tokio::sync::Notify>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match timekeeper.step().await {
            Ok(0) => timekeeper.next_due_in().await.unwrap_or(AFTER_FAILURE),
            Ok(_) => {
                wake.notify_waiters();
                continue;
            }
            Err(error) => {
                tracing::error!(%error, "what time asks for cannot be looked at");
                AFTER_FAILURE
            }
        };
        rest(pause, &stop).await;
    }
}

async fn watch(mut files: PolicyWatch, pipeline: Arc<Pipeline>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        rest(WATCH_EVERY, &stop).await;
        let Some(looked) = policy_watch::look(files, Arc::clone(&pipeline)).await else {
            tracing::error!("the files that staff edit are no longer watched: reading one panicked");
            return;
        };
        files = looked;
    }
}

/// Keeps the statements of the configured reports at hand. A long read is waited for by nobody, a stop included.
async fn read_reports(fees: Arc<Shelf>, stop: CancellationToken) {
    while !fees.is_empty() && !stop.is_cancelled() {
        let shelf = Arc::clone(&fees);
        tokio::select! {
            read = tokio::task::spawn_blocking(move || shelf.refresh()) => match read {
                Ok(Refreshed::Unchanged) => {}
                Ok(Refreshed::Read { statements }) => tracing::info!(statements, "the reports of the support fee were read"),
                Ok(Refreshed::Failed(error)) => tracing::error!(%error, "the reports of the support fee cannot be read"),
                Err(error) => tracing::error!(%error, "reading the reports of the support fee panicked"),
            },
            () = stop.cancelled() => return,
        }
        rest(REPORTS_EVERY, &stop).await;
    }
}

async fn rest(pause: Duration, stop: &CancellationToken) {
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = stop.cancelled() => {}
    }
}
