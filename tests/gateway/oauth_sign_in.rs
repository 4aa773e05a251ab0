//! Signing in with access tokens: on Dovecot and Postfix as they are, and word by word on scripted lines.

use std::sync::Arc;

use chrono::TimeDelta;
use madoguchi::clock::Clock;
use madoguchi::demo::{Dovecot, Postfix, PostfixOptions, TokenLogin};
use madoguchi::inbound::{ImapError, ImapSession, ImapSettings, ImapTimeouts};
use madoguchi::mail::EmailAddress;
use madoguchi::oauth::{Credential, Grant, TokenSource};
use madoguchi::outbound::{DeliveryOutcome, SmtpConversation, SmtpError, SmtpSettings, SmtpTimeouts};
use madoguchi::tls::Security;

use crate::oauth::settings;
use crate::world::line_script::LineScript;
use crate::world::proxy::CutProxy;
use crate::world::scripted_smtp::ScriptedSmtp;
use crate::world::token_server::{MAILBOX, TokenServer};

struct Tokens {
    server: TokenServer,
    clock: Clock,
    source: Arc<TokenSource>,
}

async fn tokens() -> Tokens {
    let server = TokenServer::start().await;
    let clock = Clock::manual("2026-03-04T01:00:00Z".parse().unwrap());
    let settings = settings(&server.url(), Grant::ClientCredentials);
    let source = Arc::new(TokenSource::new(settings, clock.clone()));
    Tokens {
        server,
        clock,
        source,
    }
}

impl Tokens {
    fn imap(&self, port: u16) -> ImapSettings {
        ImapSettings {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::Plain,
            user: MAILBOX.to_owned(),
            password: Credential::Token(Arc::clone(&self.source)),
            ca_file: None,
            timeouts: ImapTimeouts::default(),
        }
    }

    fn smtp(&self, port: u16) -> SmtpSettings {
        SmtpSettings {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::Plain,
            user: Some(MAILBOX.to_owned()),
            password: Some(Credential::Token(Arc::clone(&self.source))),
            ca_file: None,
            hello_name: "desk.example".to_owned(),
            timeouts: SmtpTimeouts::default(),
        }
    }

    fn dovecot(&self, mechanisms: &str) -> Dovecot {
        let tokens = TokenLogin {
            tokeninfo_url: self.server.tokeninfo_url(),
            mechanisms: mechanisms.to_owned(),
        };
        Dovecot::start_with_tokens("secret", tokens).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dovecot_lets_a_token_in_by_either_mechanism() {
    for mechanisms in ["xoauth2", "oauthbearer", "oauthbearer xoauth2"] {
        let tokens = tokens().await;
        let dovecot = tokens.dovecot(mechanisms);
        dovecot.deliver(MAILBOX, b"Subject: x\r\n\r\nbody\r\n").unwrap();
        let mut session = ImapSession::connect(&tokens.imap(dovecot.imap_port()))
            .await
            .unwrap_or_else(|error| panic!("{mechanisms}: {error}"));
        assert_eq!(session.select("INBOX").await.unwrap().exists, 1);
        session.logout().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_ends_in_the_middle_of_a_session_is_followed_by_the_next() {
    let tokens = tokens().await;
    let dovecot = tokens.dovecot("xoauth2");
    let line = CutProxy::start(dovecot.imap_port()).await;
    let imap = tokens.imap(line.port());
    let mut session = ImapSession::connect(&imap).await.unwrap();
    session.select("INBOX").await.unwrap();
    // The provider ends the token earlier than it said, and the server the session.
    tokens.server.revoke_access();
    tokens.clock.advance(TimeDelta::minutes(20));
    line.cut().await;
    assert!(session.list_uids().await.unwrap_err().is_transient());
    line.restore().await;
    let mut session = ImapSession::connect(&imap).await.unwrap();
    session.select("INBOX").await.unwrap();
    assert_eq!(tokens.server.forms().len(), 2);
    // One that ended as it was said is not even shown.
    tokens.clock.advance(TimeDelta::hours(1));
    ImapSession::connect(&imap).await.unwrap();
    assert_eq!(tokens.server.forms().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dovecot_refuses_a_token_that_is_not_the_mailboxes_and_it_is_not_asked_for_again() {
    let tokens = tokens().await;
    let dovecot = tokens.dovecot("xoauth2 oauthbearer");
    let mut imap = tokens.imap(dovecot.imap_port());
    "another@desk.example".clone_into(&mut imap.user);
    let error = ImapSession::connect(&imap).await.unwrap_err();
    assert!(error.is_login_refused(), "{error}");
    assert!(!format!("{error} {error:?}").contains("access.token"), "{error}");
    assert_eq!(tokens.server.forms().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postfix_lets_a_token_in_and_takes_mail() {
    let tokens = tokens().await;
    for mechanisms in ["xoauth2", "oauthbearer"] {
        let dovecot = tokens.dovecot(mechanisms);
        let postfix = Postfix::start(&PostfixOptions {
            authserv_id: "mx.desk.example",
            domains: &["desk.example"],
            lmtp_port: dovecot.lmtp_port(),
            auth_port: dovecot.auth_port(),
        })
        .unwrap();
        let smtp = tokens.smtp(postfix.submission_port());
        let mut conversation = SmtpConversation::connect(&smtp)
            .await
            .unwrap_or_else(|error| panic!("{mechanisms}: {error}"));
        let desk = EmailAddress::parse(MAILBOX).unwrap();
        let outcome = conversation
            .deliver(
                Some(&desk),
                &desk,
                b"From: aws_tec@desk.example\r\nSubject: x\r\n\r\nbody\r\n",
            )
            .await;
        assert!(matches!(outcome, DeliveryOutcome::Accepted { .. }), "{outcome:?}");
    }
    assert_eq!(tokens.server.forms().len(), 1, "one token for both");
}

#[tokio::test]
async fn a_refusing_imap_server_is_answered_with_an_empty_line_before_it_says_no() {
    let tokens = tokens().await;
    let imap = LineScript::start(
        "* OK ready\r\n",
        &[
            "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 AUTH=OAUTHBEARER\r\n{tag} OK done\r\n",
            "+ eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n",
            "{tag} NO [AUTHENTICATIONFAILED] what is YmVhcmVyIGFj0000000000000?\r\n",
        ],
    )
    .await;
    let error = ImapSession::connect(&tokens.imap(imap.port())).await.unwrap_err();
    let lines = imap.lines();
    assert!(
        lines[1].contains(" AUTHENTICATE XOAUTH2 dXNlcj1hd3NfdGVj"),
        "{lines:?}"
    );
    assert_eq!(lines[2], "\r\n");
    let words = error.to_string();
    assert!(
        error.is_login_refused() && words.ends_with("(status 401)"),
        "{words}"
    );
}

#[tokio::test]
async fn without_sasl_ir_the_token_waits_for_the_servers_word() {
    let tokens = tokens().await;
    let imap = LineScript::start(
        "* OK ready\r\n",
        &[
            "* CAPABILITY IMAP4rev1 AUTH=OAUTHBEARER\r\n{tag} OK done\r\n",
            "+ \r\n",
            "+ eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n",
            "{tag} NO [UNAVAILABLE] later\r\n",
        ],
    )
    .await;
    let error = ImapSession::connect(&tokens.imap(imap.port())).await.unwrap_err();
    let lines = imap.lines();
    assert!(lines[1].ends_with(" AUTHENTICATE OAUTHBEARER\r\n"), "{lines:?}");
    assert!(lines[2].starts_with("bixhPWF3c190ZWNA"), "{lines:?}");
    assert_eq!(lines[3], "AQ==\r\n");
    assert!(matches!(error, ImapError::LoginUnavailable { .. }), "{error}");
}

#[tokio::test]
async fn an_imap_server_that_takes_no_tokens_is_shown_none() {
    let tokens = tokens().await;
    let imap = LineScript::start(
        "* OK ready\r\n",
        &["* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN\r\n{tag} OK done\r\n"],
    )
    .await;
    let error = ImapSession::connect(&tokens.imap(imap.port())).await.unwrap_err();
    assert!(matches!(error, ImapError::NoTokenLogin), "{error}");
    assert_eq!(imap.lines().len(), 1);
}

#[tokio::test]
async fn a_refusing_submission_server_gets_its_answer_and_the_next_token_on_the_same_line() {
    let tokens = tokens().await;
    tokens.source.token().await.unwrap();
    tokens.clock.advance(TimeDelta::minutes(20));
    let smtp = LineScript::start(
        "220 ready\r\n",
        &[
            "250-submission\r\n250 AUTH LOGIN XOAUTH2 OAUTHBEARER\r\n",
            "334 \r\n",
            "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n",
            "535 5.7.3 Authentication unsuccessful\r\n",
            "334\r\n",
            "235 2.7.0 welcome\r\n",
        ],
    )
    .await;
    SmtpConversation::connect(&tokens.smtp(smtp.port()))
        .await
        .unwrap();
    let lines = smtp.lines();
    assert_eq!(
        (lines[1].as_str(), lines[3].as_str()),
        ("AUTH XOAUTH2\r\n", "\r\n")
    );
    assert_eq!(lines[4], "AUTH XOAUTH2\r\n");
    assert!(
        lines[2] != lines[5] && lines[5].starts_with("dXNlcj1hd3NfdGVj"),
        "{lines:?}"
    );
    assert_eq!(tokens.server.forms().len(), 2);
}

#[tokio::test]
async fn a_submission_server_that_refuses_for_good_or_for_now_is_quoted_without_the_token() {
    for (answers, refused) in [
        (
            &[
                "250-submission\r\n250 AUTH OAUTHBEARER\r\n",
                "334\r\n",
                "334 eyJzdGF0dXMiOiI0MDEiLCJzY2hlbWVzIjoiYmVhcmVyIn0=\r\n",
                "535 5.7.8 no: 00000000000000000000access.token-1\r\n",
            ][..],
            true,
        ),
        (
            &[
                "250-submission\r\n250 AUTH OAUTHBEARER\r\n",
                "454 4.7.0 Temporary authentication failure\r\n",
            ][..],
            false,
        ),
    ] {
        let tokens = tokens().await;
        let smtp = LineScript::start("220 ready\r\n", answers).await;
        let error = SmtpConversation::connect(&tokens.smtp(smtp.port()))
            .await
            .unwrap_err();
        assert_eq!(
            matches!(error, SmtpError::LoginRefused { .. }),
            refused,
            "{error}"
        );
        assert!(!format!("{error} {error:?}").contains("access.token"), "{error}");
        if refused {
            assert_eq!(smtp.lines()[3], "AQ==\r\n");
            assert!(error.to_string().ends_with("withheld) (status 401)"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_submission_server_that_takes_no_tokens_is_shown_none() {
    let tokens = tokens().await;
    let smtp = ScriptedSmtp::start().await;
    let error = SmtpConversation::connect(&tokens.smtp(smtp.port()))
        .await
        .unwrap_err();
    assert!(matches!(error, SmtpError::NoTokenLogin), "{error}");
    assert!(smtp.commands().iter().all(|command| !command.starts_with("AUTH")));
}

#[tokio::test]
async fn without_a_token_no_mail_server_is_spoken_to() {
    let tokens = tokens().await;
    tokens
        .server
        .next_json("401 Unauthorized", r#"{"error":"invalid_client"}"#);
    let (imap, smtp) = (
        LineScript::start("* OK ready\r\n", &[]).await,
        ScriptedSmtp::start().await,
    );
    let error = ImapSession::connect(&tokens.imap(imap.port())).await.unwrap_err();
    assert!(
        !error.is_transient() && error.to_string().contains("invalid_client"),
        "{error}"
    );
    let error = SmtpConversation::connect(&tokens.smtp(smtp.port()))
        .await
        .unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert_eq!((tokens.server.forms().len(), smtp.connections()), (1, 0));
}
