//! Runs the watchman: what the configuration wants watched, and the loop that looks.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::rest;
use super::telling::tell;
use crate::config::Config;
use crate::pipeline::{Pipeline, WatchSettings, Watchman};

/// How often the desk looks after itself.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What the desk watches of itself.
pub fn watch_settings(config: &Config) -> WatchSettings {
    let minutes = |count: u32| TimeDelta::minutes(i64::from(count));
    let every = config.watch.self_probe_minutes;
    WatchSettings {
        mailboxes: std::iter::once(&config.imap.mailbox)
            .chain(&config.imap.junk)
            .cloned()
            .collect(),
        probe_every: (every > 0).then(|| minutes(every)),
        probe_within: minutes(config.watch.self_probe_within_minutes),
    }
}

/// Looks after the desk itself.
pub(super) async fn keep_watch(
    (pipeline, settings): (Arc<Pipeline>, WatchSettings),
    wake: Arc<tokio::sync::Notify>,
    stop: CancellationToken,
) {
    let watchman = Watchman::new(Arc::clone(&pipeline), settings);
    while !stop.is_cancelled() {
        match watchman.step().await {
            Ok(false) => {}
            Ok(true) => wake.notify_waiters(),
            Err(error) => tell(&pipeline, &error, "the desk cannot look after itself"),
        }
        rest(LOOK_EVERY, &stop).await;
    }
}
