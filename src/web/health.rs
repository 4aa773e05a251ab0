//! What machines ask: `/healthz` (the process answers) and `/readyz` (it can reach its database).

use axum::extract::State;
use axum::http::StatusCode;

use super::page::Page;

/// The process answers.
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The database answers too.
pub(super) async fn readyz(State(page): State<Page>) -> (StatusCode, &'static str) {
    let answered = async { page.pipeline().database.read().await?.commit().await };
    match answered.await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::error!(%error, "not ready: the database does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n")
        }
    }
}
