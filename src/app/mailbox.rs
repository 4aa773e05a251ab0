//! Serves one mailbox for as long as this process may. Comes in: a mailbox and its settings. Goes out: steps of
//! the poller, all of them behind the mailbox's lease where several processes share the database. Which process
//! reads is decided here and nowhere else; every process may serve the outbox at any time.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::lease::{ASK_EVERY, Lease};
use super::telling::{tell, tell_recovered};
use super::{AFTER_FAILURE, rest};
use crate::inbound::{IntakeError, Poller, PollerSettings, backoff};
use crate::pipeline::{Pipeline, PipelineError};
use crate::store::StoreError;

/// How long a stopping process goes on with the step it is in before it lets the next process have the mailbox.
/// What is cut off then was not committed, and is done again there.
const STEP_ENDS_WITHIN: Duration = Duration::from_secs(10);

/// Pause before full storage is tried again: each try costs the mail server a sign-in.
const AFTER_STORAGE_TROUBLE: Duration = Duration::from_secs(10);

/// One mailbox and who is told of new work.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) pipeline: Arc<Pipeline>,
    pub(super) settings: PollerSettings,
    pub(super) wake: Arc<tokio::sync::Notify>,
    pub(super) stop: CancellationToken,
}

impl Reader {
    /// Reads until the process stops; while another process reads, it waits.
    pub(super) async fn serve(self) {
        if !self.pipeline.database.is_shared() {
            return self.read(Arc::clone(&self.pipeline)).await;
        }
        let name = format!("mailbox {}", self.settings.mailbox);
        let mut told = false;
        while !self.stop.is_cancelled() {
            let pause = match Lease::acquire(&self.pipeline.database, &name).await {
                Ok(Some(lease)) => {
                    told = false;
                    // On the heap: every wait for the lease would carry all of what holding it does.
                    Box::pin(self.hold(lease)).await;
                    ASK_EVERY
                }
                Ok(None) => {
                    if !std::mem::replace(&mut told, true) {
                        tracing::info!(
                            mailbox = self.settings.mailbox,
                            "another process reads it; waiting"
                        );
                    }
                    ASK_EVERY
                }
                Err(error) => {
                    tracing::error!(mailbox = self.settings.mailbox, %error, "its lease cannot be asked for");
                    AFTER_FAILURE
                }
            };
            rest(pause, &self.stop).await;
        }
    }

    /// Reads under a lease. When the lease is lost, whatever the poller is doing is dropped with its session:
    /// nothing of it would be committed.
    async fn hold(&self, lease: Lease) {
        tracing::info!(mailbox = self.settings.mailbox, "this process reads it now");
        // Whoever read before may have left mails in the outbox that its own dispatchers will not send any more.
        self.wake.notify_waiters();
        let pipeline = Arc::new(self.pipeline.fenced(lease.fence()));
        let stopped = async {
            self.stop.cancelled().await;
            tokio::time::sleep(STEP_ENDS_WITHIN).await;
        };
        tokio::select! {
            () = self.read(pipeline) => {}
            () = stopped => {}
            () = lease.keep() => {}
        }
        if self.stop.is_cancelled() {
            lease.give_back().await;
            tracing::info!(
                mailbox = self.settings.mailbox,
                "given back; the next process reads it"
            );
        } else {
            tracing::error!(
                mailbox = self.settings.mailbox,
                "the lease was lost to another process, or ran out: what was begun here is not kept, and this process waits"
            );
        }
    }

    /// Step after step, until the process stops or the lease is lost.
    async fn read(&self, pipeline: Arc<Pipeline>) {
        let mut poller = Poller::new(pipeline, self.settings.clone());
        let mut failures = 0_u32;
        while !self.stop.is_cancelled() {
            // A step is never cut off by a failure elsewhere: what it has begun it commits.
            let result = match poller.step().await {
                Ok(report) => {
                    failures = 0;
                    tell_recovered(&self.pipeline);
                    if report.taken > 0 {
                        self.wake.notify_waiters();
                    }
                    tokio::select! {
                        waited = poller.wait() => waited,
                        () = self.stop.cancelled() => Ok(()),
                    }
                }
                Err(error) => Err(error),
            };
            if let Err(error) = result {
                if let Some(StoreError::LeaseLost { .. }) = store_error(&error) {
                    tracing::error!(mailbox = self.settings.mailbox, %error, "a commit was refused");
                    return;
                }
                failures = failures.saturating_add(1);
                let pause = self.pause_after(&error, failures);
                match &error {
                    IntakeError::Pipeline(error) if error.is_storage_trouble() => {
                        tell(&self.pipeline, error, "the mailbox cannot be read");
                    }
                    IntakeError::Pipeline(_) | IntakeError::Imap(_) => tracing::error!(%error, failures,
                        pause_seconds = pause.as_secs(), "the mailbox cannot be read"),
                }
                rest(pause, &self.stop).await;
            }
        }
        poller.log_out().await;
    }

    /// A mail server is spared; the desk's own database is asked again soon.
    fn pause_after(&self, error: &IntakeError, failures: u32) -> Duration {
        if matches!(error, IntakeError::Pipeline(error) if error.is_storage_trouble()) {
            return AFTER_STORAGE_TROUBLE;
        }
        if store_error(error).is_some_and(|error| error.is_outage() || error.is_conflict()) {
            return AFTER_FAILURE;
        }
        backoff(failures, self.pipeline.clock.random(), error.is_login_failure())
    }
}

fn store_error(error: &IntakeError) -> Option<&StoreError> {
    match error {
        IntakeError::Pipeline(PipelineError::Store(error)) => Some(error),
        IntakeError::Pipeline(_) | IntakeError::Imap(_) => None,
    }
}
