//! Wires the stages together, runs their loops, and stops them so that nothing under way is cut off.

mod alone;
mod lease;
mod looking_after;
mod mailbox;
mod policy_watch;
mod presence;
mod support_page;
mod telling;
mod token;

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
use crate::failpoints::{self, Point};
use crate::inbound::{ImapSettings, ImapTimeouts, PollerSettings};
use crate::inquiry::classification::Rules;
use crate::inquiry::duty_roster::DutyRoster;
use crate::inquiry::restricted_services::RestrictedServices;
use crate::inquiry::{Budget, Policy};
use crate::outbound::{Dispatcher, Recorder, SendingTerms, SmtpSettings, SmtpTimeouts};
use crate::pipeline::{ByLanguage, LetterSettings, Pipeline, Storage, Timekeeper};
use crate::store::Database;

use mailbox::Reader;
use presence::Presence;
use telling::tell;

pub use alone::Alone;
pub use looking_after::watch_settings;
pub use policy_watch::{Noticed, PolicyWatch};

/// Age at which an IMAP connection is replaced by a new one.
const RENEW_CONNECTION_AFTER: Duration = Duration::from_hours(6);

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
    let keys =
        TokenKeys::new(config.token_keys()?, &config.desk.contact_address).carried_by(config.carrier()?);
    let policy = build_policy(config, &keys)?;
    let mut templates = Templates::embedded()?;
    if let Some(directory) = &config.files.templates {
        templates = templates.with_overrides(directory)?;
    }
    Ok(Pipeline {
        database,
        clock,
        keys,
        trust: Arc::new(Trust {
            anchor: config.anchor()?,
            border: config.border()?,
            tenant_mailbox: config.staff.tenant_mailbox.clone(),
            verifier: Verifier::new(config.resolver()?)?,
        }),
        templates: Arc::new(templates),
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
        policy: Arc::new(RwLock::new(Arc::new(policy))),
        storage: Arc::new(Storage::with_floor(config.free_octets())),
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
            password: config.imap_credential()?,
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
        renew_after: RENEW_CONNECTION_AFTER,
    })
}

/// How every mailbox is read: the configured one, and the junk folder where there is one.
pub fn all_poller_settings(config: &Config) -> anyhow::Result<Vec<PollerSettings>> {
    let main = poller_settings(config)?;
    let junk = config.imap.junk.as_ref().map(|junk| PollerSettings {
        mailbox: junk.clone(),
        junk: true,
        ..main.clone()
    });
    Ok(std::iter::once(main).chain(junk).collect())
}

/// How the dispatchers reach the configured server.
pub fn smtp_settings(config: &Config) -> anyhow::Result<SmtpSettings> {
    let smtp = &config.smtp;
    Ok(SmtpSettings {
        host: smtp.host.clone(),
        port: smtp.port,
        security: smtp.security,
        user: smtp.user.clone(),
        password: config.smtp_credential()?,
        ca_file: smtp.ca_file.clone(),
        hello_name: smtp
            .hello_name
            .clone()
            .unwrap_or_else(|| config.desk.contact_address.domain().to_owned()),
        timeouts: SmtpTimeouts::default(),
    })
}

/// On which terms the dispatchers of a process send together.
pub fn sending_terms(config: &Config) -> SendingTerms {
    let smtp = &config.smtp;
    SendingTerms {
        per_minute: smtp.per_minute,
        per_domain_per_minute: smtp.per_domain_per_minute,
        copy_to: smtp.self_bcc.then(|| config.desk.contact_address.clone()),
    }
}

/// Runs the desk until `stop` is cancelled, then lets the mail in flight end.
pub async fn run(config: &Config, pipeline: Arc<Pipeline>, stop: CancellationToken) -> anyhow::Result<()> {
    pipeline.notice_older_database().await?;
    let wake = Arc::new(tokio::sync::Notify::new());
    let mut tasks = tokio::task::JoinSet::new();
    let presence = Presence::enter(&pipeline.database).await?;
    tasks.spawn(presence.stay(Arc::clone(&wake), stop.clone()));
    for settings in all_poller_settings(config)? {
        let reader = Reader {
            pipeline: Arc::clone(&pipeline),
            settings,
            wake: Arc::clone(&wake),
            stop: stop.clone(),
        };
        tasks.spawn(reader.serve());
    }
    let recorder = Recorder::on_terms(Arc::clone(&pipeline), sending_terms(config));
    for _ in 0..config.smtp.connections.max(1) {
        let dispatcher = Dispatcher::new(Arc::clone(&pipeline), smtp_settings(config)?)
            .with_recorder(Arc::clone(&recorder));
        tasks.spawn(dispatch(dispatcher, Arc::clone(&wake), stop.clone()));
    }
    tasks.spawn(mind_held(Arc::clone(&pipeline), Arc::clone(&wake), stop.clone()));
    tasks.spawn(keep_time(Arc::clone(&pipeline), Arc::clone(&wake), stop.clone()));
    tasks.spawn(looking_after::keep_watch(
        (Arc::clone(&pipeline), watch_settings(config)),
        Arc::clone(&wake),
        stop.clone(),
    ));
    if let Some(source) = config.token_source()? {
        tasks.spawn(token::keep(source, pipeline.clock.clone(), stop.clone()));
    }
    tasks.spawn(watch(
        PolicyWatch::new(config),
        Arc::clone(&pipeline),
        stop.clone(),
    ));
    support_page::open(config, (&pipeline, &wake), &mut tasks, &stop).await?;
    tasks.spawn(read_reports(Arc::clone(&pipeline.fees), stop.clone()));
    stop.cancelled().await;
    failpoints::reach(Point::Stopping);
    tracing::info!("stopping: the mail in flight is finished first");
    let finished = tokio::time::timeout(STOP_WITHIN, async {
        while let Some(ended) = tasks.join_next().await {
            ended.context("a task of the desk panicked")?;
        }
        failpoints::reach(Point::Stopped);
        anyhow::Ok(())
    });
    let finished = finished.await.unwrap_or_else(|_| {
        tracing::warn!(
            "an SMTP server did not answer in time; its mail counts as unknown and is tried once more"
        );
        Ok(())
    });
    presence::leave(&pipeline.database).await;
    finished
}

/// Sends requests about held mail when their turn has come, and judges again what DNS has kept waiting.
async fn mind_held(pipeline: Arc<Pipeline>, wake: Arc<tokio::sync::Notify>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match pipeline.mind_held().await {
            Ok(0) => {}
            Ok(_) => wake.notify_waiters(),
            Err(error) => tell(&pipeline, &error, "held mail cannot be looked after"),
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
                tell(dispatcher.pipeline(), &error, "the outbox cannot be worked on");
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
async fn keep_time(pipeline: Arc<Pipeline>, wake: Arc<tokio::sync::Notify>, stop: CancellationToken) {
    let timekeeper = Timekeeper::new(Arc::clone(&pipeline));
    while !stop.is_cancelled() {
        let pause = match timekeeper.step().await {
            Ok(0) => timekeeper.next_due_in().await.unwrap_or(AFTER_FAILURE),
            Ok(_) => {
                wake.notify_waiters();
                continue;
            }
            Err(error) => {
                tell(&pipeline, &error, "what time asks for cannot be looked at");
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
