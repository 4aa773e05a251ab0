//! Access tokens: how they are got, shared, renewed, and how a refresh token outlives whatever happens.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::TimeDelta;
use madoguchi::clock::Clock;
use madoguchi::oauth::{
    ClientAuthentication, Grant, Kept, TokenError, TokenKeeper, TokenServer as Address, TokenSettings,
    TokenSource,
};
use secrecy::ExposeSecret as _;

use crate::world::tls_front::TlsFront;
use crate::world::token_server::{CLIENT, FIRST, TokenServer};

pub(crate) fn settings(url: &str, grant: Grant) -> TokenSettings {
    TokenSettings {
        server: Address::parse(url, None).unwrap(),
        client_id: CLIENT.0.to_owned(),
        client_secret: Some(CLIENT.1.into()),
        client_authentication: ClientAuthentication::Body,
        scope: Some("https://mail.example/.default".to_owned()),
        grant,
    }
}

fn clock() -> Clock {
    Clock::manual("2026-03-04T01:00:00Z".parse().unwrap())
}

fn by_client(server: &TokenServer, clock: &Clock) -> Arc<TokenSource> {
    let settings = settings(&server.url(), Grant::ClientCredentials);
    Arc::new(TokenSource::new(settings, clock.clone()))
}

fn by_refresh(server: &TokenServer, clock: &Clock, file: &Path) -> Arc<TokenSource> {
    let grant = Grant::RefreshToken {
        file: file.to_owned(),
        lifetime: Some(TimeDelta::days(90)),
    };
    Arc::new(TokenSource::new(settings(&server.url(), grant), clock.clone()))
}

/// A folder with a file that holds the first refresh token, as a person puts it there.
fn refresh_file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("refresh-token");
    std::fs::write(&file, format!("{FIRST}\n")).unwrap();
    (folder, file)
}

fn first_line(file: &Path) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn however_many_want_a_token_the_server_is_asked_once() {
    let (server, clock) = (TokenServer::start().await, clock());
    let source = by_client(&server, &clock);
    let askers = (0..32).map(|_| {
        let source = Arc::clone(&source);
        async move { source.token().await.unwrap().secret().expose_secret().to_owned() }
    });
    let mut tokens = futures_util::future::join_all(askers).await;
    tokens.dedup();
    assert_eq!(tokens.len(), 1);
    let forms = server.forms();
    assert_eq!(forms.len(), 1);
    assert_eq!(forms[0]["grant_type"], "client_credentials");
    assert_eq!(forms[0]["scope"], "https://mail.example/.default");
    assert_eq!(forms[0]["client_secret"], CLIENT.1);
}

#[tokio::test]
async fn the_secret_can_be_shown_in_the_header_instead() {
    let (server, clock) = (TokenServer::start().await, clock());
    let mut settings = settings(&server.url(), Grant::ClientCredentials);
    settings.client_authentication = ClientAuthentication::Basic;
    Arc::new(TokenSource::new(settings, clock)).token().await.unwrap();
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_and_used_to_it_where_the_server_is_away() {
    let (server, clock) = (TokenServer::start().await, clock());
    let source = by_client(&server, &clock);
    source.token().await.unwrap();
    clock.advance(TimeDelta::minutes(49));
    source.token().await.unwrap();
    assert_eq!(server.forms().len(), 1);
    clock.advance(TimeDelta::minutes(7));
    server.next_json("503 Service Unavailable", "{}");
    source.token().await.unwrap();
    assert_eq!(server.forms().len(), 2);
    source.token().await.unwrap();
    assert_eq!(
        server.forms().len(),
        2,
        "a server that is away is left alone for a while"
    );
    assert!(source.trouble().unwrap().is_transient());
    clock.advance(TimeDelta::seconds(2));
    source.token().await.unwrap();
    assert_eq!((server.forms().len(), source.trouble()), (3, None));
    clock.advance(TimeDelta::minutes(61));
    server.next_json("503 Service Unavailable", "{}");
    assert!(
        source.token().await.unwrap_err().is_transient(),
        "an old token is not shown"
    );
}

#[tokio::test]
async fn a_life_that_is_not_told_is_taken_for_a_short_one() {
    let (server, clock) = (TokenServer::start().await, clock());
    server.expires_in(None);
    let source = by_client(&server, &clock);
    source.token().await.unwrap();
    clock.advance(TimeDelta::minutes(3));
    source.token().await.unwrap();
    assert_eq!(server.forms().len(), 1);
    clock.advance(TimeDelta::minutes(2));
    source.token().await.unwrap();
    assert_eq!(server.forms().len(), 2);
}

#[tokio::test]
async fn a_clock_set_back_does_not_keep_an_old_token() {
    let (server, clock) = (TokenServer::start().await, clock());
    let source = by_client(&server, &clock);
    source.token().await.unwrap();
    clock.advance(TimeDelta::hours(-1));
    source.token().await.unwrap();
    assert_eq!(server.forms().len(), 2);
}

#[tokio::test]
async fn every_new_refresh_token_is_on_disk_and_outlives_a_restart() {
    let (server, clock, (_folder, file)) = (TokenServer::start().await, clock(), refresh_file());
    for round in 1..=3 {
        by_refresh(&server, &clock, &file).token().await.unwrap();
        assert_eq!(first_line(&file), format!("refresh-{round}"));
        clock.advance(TimeDelta::hours(2));
    }
    let shown: Vec<String> = server
        .forms()
        .iter()
        .map(|form| form["refresh_token"].clone())
        .collect();
    assert_eq!(shown, [FIRST, "refresh-1", "refresh-2"]);
    // A server that gives out no new one leaves file and age as they are.
    let before = std::fs::read(&file).unwrap();
    server.rotate(false);
    by_refresh(&server, &clock, &file).token().await.unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_lose_the_refresh_token() {
    let (server, clock, (_folder, file)) = (TokenServer::start().await, clock(), refresh_file());
    let source = by_refresh(&server, &clock, &file);
    server.hold_answers(true);
    let caller = tokio::spawn({
        let source = Arc::clone(&source);
        async move { source.token().await }
    });
    server.wait_for_forms(1).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(first_line(&file), FIRST);
    server.hold_answers(false);
    source.settle().await;
    assert_eq!(first_line(&file), "refresh-1");
    source.token().await.unwrap();
    assert_eq!(server.forms().len(), 1);
}

#[tokio::test]
async fn processes_that_share_a_file_never_spend_a_refresh_token_twice() {
    let (server, clock, (_folder, file)) = (TokenServer::start().await, clock(), refresh_file());
    let processes = (0..4).map(|_| {
        let source = by_refresh(&server, &clock, &file);
        async move {
            for _ in 0..5 {
                source.renew().await.unwrap();
            }
        }
    });
    futures_util::future::join_all(processes).await;
    let mut shown: Vec<String> = server
        .forms()
        .iter()
        .map(|form| form["refresh_token"].clone())
        .collect();
    assert_eq!(shown.len(), 20);
    shown.sort();
    shown.dedup();
    assert_eq!(shown.len(), 20);
    assert_eq!(first_line(&file), "refresh-20");
}

#[tokio::test]
async fn a_refused_refresh_token_waits_for_a_person_and_the_next_one_is_taken_up_at_once() {
    let (server, clock, (_folder, file)) = (TokenServer::start().await, clock(), refresh_file());
    server.accept_refresh("another");
    let source = by_refresh(&server, &clock, &file);
    let error = source.token().await.unwrap_err();
    assert!(
        !error.is_transient() && error.to_string().contains("sign in again"),
        "{error}"
    );
    clock.advance(TimeDelta::minutes(10));
    assert_eq!(source.token().await.unwrap_err(), error);
    assert_eq!(server.forms().len(), 1, "a server that refuses is left alone");
    std::fs::write(&file, "another\n").unwrap();
    source.token().await.unwrap();
    assert_eq!(server.forms().len(), 2);
}

#[tokio::test]
async fn a_refresh_token_that_could_not_be_replaced_is_not_spent() {
    // A file in a folder that takes no other one, whoever asks.
    let (server, clock) = (TokenServer::start().await, clock());
    let source = by_refresh(&server, &clock, Path::new("/proc/sys/kernel/ostype"));
    let error = source.token().await.unwrap_err();
    assert!(matches!(error, TokenError::File { .. }), "{error}");
    assert!(
        error.to_string().contains("must belong to the account"),
        "{error}"
    );
    assert!(server.forms().is_empty());
}

#[tokio::test]
async fn trouble_and_the_coming_end_are_told_once_and_then_seldom() {
    let (server, clock, (_folder, file)) = (TokenServer::start().await, clock(), refresh_file());
    std::fs::write(&file, format!("{FIRST}\nobtained 2026-03-04T00:00:00Z\n")).unwrap();
    server.rotate(false);
    let source = by_refresh(&server, &clock, &file);
    let mut keeper = TokenKeeper::new(Arc::clone(&source), clock.clone());
    assert_eq!(keeper.step().await, Kept::Fine);
    assert_eq!(source.standing().unwrap().days_left(clock.now()), Some(89));
    clock.advance(TimeDelta::days(80));
    let Kept::Ending(words) = keeper.step().await else {
        panic!("the end was not told");
    };
    assert!(words.contains("in 9 days"), "{words}");
    assert_eq!(keeper.step().await, Kept::Fine);
    server.accept_refresh("another");
    clock.advance(TimeDelta::hours(2));
    let told = keeper.step().await;
    assert!(
        matches!(&told, Kept::Failing(error) if !error.is_transient()),
        "{told:?}"
    );
    assert_eq!(keeper.step().await, Kept::Fine);
    clock.advance(TimeDelta::hours(1));
    assert_eq!(keeper.step().await, told);
}

#[tokio::test]
async fn no_secret_is_in_an_error_whatever_the_server_says() {
    let (server, clock, (_folder, file)) = (TokenServer::start().await, clock(), refresh_file());
    for answer in [
        r#"{"error":"invalid_grant","error_description":"refresh-0 of desk-client with s3cr&t+= %41"}"#,
        r#"{"error":"refresh-0","error_uri":"s3cr&t+= %41"}"#,
        "refresh-0 s3cr&t+= %41",
    ] {
        for status in ["400 Bad Request", "500 Broken", "200 OK", "302 Found"] {
            server.next_json(status, answer);
            let error = by_refresh(&server, &clock, &file).token().await.unwrap_err();
            let words = format!("{error} {error:?}");
            assert!(!words.contains("refresh-0") && !words.contains("s3cr"), "{words}");
        }
    }
    assert_eq!(first_line(&file), FIRST);
}

#[tokio::test]
async fn secrets_go_to_a_trusted_server_alone_and_no_redirection_is_followed() {
    let (server, clock) = (TokenServer::start().await, clock());
    let front = TlsFront::start(server.port(), &[]).await;
    let url = format!("https://localhost:{}/token", front.port());
    let mut settings = settings(&url, Grant::ClientCredentials);
    let untrusted = Arc::new(TokenSource::new(settings.clone(), clock.clone()))
        .token()
        .await;
    assert!(
        matches!(untrusted, Err(TokenError::Unreachable { .. })),
        "{untrusted:?}"
    );
    assert!(server.forms().is_empty());
    settings.server = Address::parse(&url, Some(front.ca_file())).unwrap();
    let trusted = Arc::new(TokenSource::new(settings, clock.clone()));
    trusted.token().await.unwrap();
    server.next(&format!(
        "HTTP/1.1 307 Moved\r\nLocation: {}\r\n\r\n",
        server.url()
    ));
    assert!(matches!(
        trusted.renew().await,
        Err(TokenError::Refused { status: 307, .. })
    ));
    assert_eq!(server.forms().len(), 2);
    let remote = super::oauth::settings("http://idp.example/token", Grant::ClientCredentials);
    let refused = Arc::new(TokenSource::new(remote, clock))
        .token()
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("unprotected") && !refused.is_transient(),
        "{refused}"
    );
}
