//! Connections. Comes in: a listener. Goes out: requests to the router, each connection with time limits, and never
//! more of them than the desk can bear beside its mail.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::attending::Peer;
use super::page::Page;
use super::router::router;

/// Connections at a time; a proxy in front needs few.
const MOST_CONNECTIONS: usize = 512;

/// How long a client may take to send a request's head, also between two requests of a connection.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// Largest head and read buffer of a connection, in octets.
const LARGEST_HEAD: usize = 64 * 1024;

/// How long a stopping page waits for answers under way.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Pause after the system refused a connection, such as for want of file handles.
const AFTER_REFUSAL: Duration = Duration::from_millis(200);

/// Serves the page until `stop` is cancelled, then lets the answers under way end.
pub async fn serve(listener: TcpListener, page: Page, stop: CancellationToken) {
    let router = router(page);
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let connections = TaskTracker::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = converse(stream, Peer(peer.ip()), router.clone(), stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to the page was not accepted");
                tokio::time::sleep(AFTER_REFUSAL).await;
            }
        }
    }
    connections.close();
    drop(tokio::time::timeout(STOP_WITHIN, connections.wait()).await);
}

async fn converse(stream: TcpStream, peer: Peer, router: Router, stop: CancellationToken) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the page broke off");
    }
}
