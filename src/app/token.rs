//! Looks after the access token, and says in the log when there is none or when there will soon be none.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::rest;
use crate::clock::Clock;
use crate::oauth::{Kept, TokenKeeper, TokenSource};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Keeps one source until `stop`; a renewal under way is finished.
pub(super) async fn keep(source: Arc<TokenSource>, clock: Clock, stop: CancellationToken) {
    let mut keeper = TokenKeeper::new(source, clock);
    while !stop.is_cancelled() {
        match keeper.step().await {
            Kept::Fine => {}
            Kept::Ending(words) => tracing::warn!("{words}"),
            Kept::Failing(error) if error.is_transient() => {
                tracing::warn!(%error, "no new access token; it is tried again");
            }
            Kept::Failing(error) => {
                tracing::error!(%error, "no new access token; a person must put this right");
            }
        }
        rest(LOOK_EVERY, &stop).await;
    }
    keeper.stop().await;
}
