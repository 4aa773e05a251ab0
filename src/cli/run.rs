//! `madoguchi run`.

use std::path::Path;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::arguments::open;
use crate::app::{self, Alone};
use crate::calendar::to_jst;
use crate::clock::Clock;
use crate::config::Config;

/// Runs until SIGTERM or SIGINT.
pub(super) async fn run(config: &Path) -> anyhow::Result<()> {
    Clock::system().check()?;
    // Before the database is opened: a second desk must not even bring the schema of the first one forward.
    let _alone = Alone::on(&Config::load(config)?.database_url()?)?;
    let desk = open(config).await?;
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stopping.cancel();
    });
    tracing::info!(
        database = desk.pipeline.database.kind(),
        mailbox = desk.config.imap.mailbox,
        "the desk is open"
    );
    let policy = desk.pipeline.policy();
    let today = to_jst(desk.pipeline.clock.now()).date_naive();
    if let Some(last) = policy.calendar.official_list_ends_early(today) {
        tracing::warn!(
            last,
            "the official holiday list does not cover the next 13 months; later days are a forecast"
        );
    }
    app::run(&desk.config, Arc::clone(&desk.pipeline), stop).await
}
