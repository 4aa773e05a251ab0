//! Opens the support page where one is configured: its listener, and what sends the links asked for on it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chrono::TimeDelta;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::web::{LinkSender, Page, serve};

/// How often what has ended is forgotten.
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// How long a session that nobody uses is kept: longer than it counts.
const FORGET_AFTER: TimeDelta = TimeDelta::days(8);

/// Listens and serves as further tasks of the desk; fails at once where the address is taken.
pub(super) async fn open(
    config: &Config,
    (pipeline, wake): (&Arc<Pipeline>, &Arc<Notify>),
    tasks: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let Some(address) = config.web_address()? else {
        return Ok(());
    };
    let listener = TcpListener::bind(address.listen)
        .await
        .with_context(|| format!("[web] listen {}", address.listen))?;
    tracing::info!(listen = %address.listen, page = address.origin, "the support page is open");
    let (page, links) = Page::new(Arc::clone(pipeline), address.origin, Arc::clone(wake))?;
    tasks.spawn(serve(listener, page, stop.clone()));
    tasks.spawn(send_links(links, Arc::clone(wake), stop.clone()));
    tasks.spawn(forget(Arc::clone(pipeline), stop.clone()));
    Ok(())
}

async fn send_links(mut links: LinkSender, wake: Arc<Notify>, stop: CancellationToken) {
    loop {
        let sent = tokio::select! {
            sent = links.step() => sent,
            () = stop.cancelled() => return,
        };
        match sent {
            Some(true) => wake.notify_waiters(),
            Some(false) => {}
            None => return,
        }
    }
}

async fn forget(pipeline: Arc<Pipeline>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let before = pipeline.clock.now() - FORGET_AFTER;
        if let Err(error) = pipeline.forget_sessions(before).await {
            tracing::error!(%error, "ended sessions cannot be forgotten");
        }
        super::rest(FORGET_EVERY, &stop).await;
    }
}
