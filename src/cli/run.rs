//! `madoguchi run`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::arguments::Opened;
use crate::app;
use crate::calendar::to_jst;

/// Runs until SIGTERM or SIGINT.
pub(super) async fn run(desk: &Opened) -> anyhow::Result<()> {
    let _alone = lock(&desk.config.database_url()?)?;
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

/// One desk a SQLite file: a second process would send and answer beside the first.
fn lock(url: &str) -> anyhow::Result<Option<std::fs::File>> {
    let Some(path) = url.strip_prefix("sqlite:") else {
        return Ok(None);
    };
    let path = path
        .trim_start_matches("//")
        .split('?')
        .next()
        .unwrap_or_default();
    let lock = PathBuf::from(format!("{path}.lock"));
    let file = std::fs::File::options()
        .create(true)
        .append(true)
        .open(&lock)
        .with_context(|| lock.display().to_string())?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => anyhow::bail!(
            "another desk is running on this database ({} is locked); stop it first, or use PostgreSQL for several processes",
            lock.display()
        ),
        Err(std::fs::TryLockError::Error(error)) => Err(error).with_context(|| lock.display().to_string()),
    }
}
