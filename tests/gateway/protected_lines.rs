//! Which lines to mail servers are trusted, for both directions of mail.

use madoguchi::inbound::{ImapError, ImapSession, ImapSettings, ImapTimeouts};
use madoguchi::mail::EmailAddress;
use madoguchi::outbound::{DeliveryOutcome, SmtpConversation, SmtpError, SmtpSettings, SmtpTimeouts};
use madoguchi::tls::{ConnectError, Security};

use crate::world::scripted_imap::ScriptedImap;
use crate::world::scripted_smtp::ScriptedSmtp;
use crate::world::tls_front::{IMAP, Preface, SMTP, TlsFront};

const IMPLICIT: Preface = &[];

fn smtp_through(front: &TlsFront, security: Security) -> SmtpSettings {
    SmtpSettings {
        host: "localhost".to_owned(),
        port: front.port(),
        security,
        user: Some("desk".to_owned()),
        password: Some("correct horse".into()),
        ca_file: Some(front.ca_file()),
        hello_name: "desk.example".to_owned(),
        timeouts: SmtpTimeouts::default(),
    }
}

fn imap_through(front: &TlsFront, security: Security) -> ImapSettings {
    ImapSettings {
        host: "localhost".to_owned(),
        port: front.port(),
        security,
        user: "desk".to_owned(),
        password: "correct horse".into(),
        ca_file: Some(front.ca_file()),
        timeouts: ImapTimeouts::default(),
    }
}

#[tokio::test]
async fn mail_goes_out_over_both_kinds_of_tls() {
    for (security, preface) in [(Security::Tls, IMPLICIT), (Security::StartTls, SMTP)] {
        let smtp = ScriptedSmtp::start().await;
        let front = TlsFront::start(smtp.port(), preface).await;
        let mut conversation = SmtpConversation::connect(&smtp_through(&front, security))
            .await
            .unwrap();
        let recipient = EmailAddress::parse("sato@customer.example").unwrap();
        let outcome = conversation
            .deliver(None, &recipient, b"Subject: x\r\n\r\nbody\r\n")
            .await;
        assert!(
            matches!(outcome, DeliveryOutcome::Accepted { .. }),
            "{security}: {outcome:?}"
        );
        assert_eq!(smtp.mails().len(), 1, "{security}");
    }
}

#[tokio::test]
async fn mail_comes_in_over_both_kinds_of_tls() {
    for (security, preface) in [(Security::Tls, IMPLICIT), (Security::StartTls, IMAP)] {
        let imap = ScriptedImap::start().await;
        imap.deliver(3, b"Subject: x\r\n\r\nbody\r\n");
        let front = TlsFront::start(imap.port(), preface).await;
        let mut session = ImapSession::connect(&imap_through(&front, security))
            .await
            .unwrap();
        session.select("INBOX").await.unwrap();
        assert_eq!(session.list_uids().await.unwrap(), [3], "{security}");
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused_and_no_password_is_sent() {
    let (imap, smtp) = (ScriptedImap::start().await, ScriptedSmtp::start().await);
    let front = TlsFront::start(imap.port(), IMPLICIT).await;
    let stranger = TlsFront::start(smtp.port(), IMPLICIT).await;
    let mut settings = imap_through(&front, Security::Tls);
    settings.ca_file = Some(stranger.ca_file());
    let error = ImapSession::connect(&settings).await.unwrap_err();
    assert!(
        matches!(error, ImapError::Connect(ConnectError::Handshake { .. })),
        "{error}"
    );
    let mut settings = smtp_through(&stranger, Security::Tls);
    settings.ca_file = Some(front.ca_file());
    let error = SmtpConversation::connect(&settings).await.unwrap_err();
    assert!(
        matches!(error, SmtpError::Connect(ConnectError::Handshake { .. })),
        "{error}"
    );
    assert!(imap.commands().is_empty() && smtp.commands().is_empty());
}

#[tokio::test]
async fn a_certificate_of_another_name_is_refused() {
    let smtp = ScriptedSmtp::start().await;
    let front = TlsFront::start(smtp.port(), IMPLICIT).await;
    let mut settings = smtp_through(&front, Security::Tls);
    settings.host = "127.0.0.1".to_owned();
    let error = SmtpConversation::connect(&settings).await.unwrap_err();
    assert!(
        matches!(error, SmtpError::Connect(ConnectError::Handshake { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_without_starttls_is_sent_no_password() {
    let (imap, smtp) = (ScriptedImap::start().await, ScriptedSmtp::start().await);
    let front = TlsFront::start(smtp.port(), IMPLICIT).await;
    let mut settings = smtp_through(&front, Security::StartTls);
    settings.port = smtp.port();
    let error = SmtpConversation::connect(&settings).await.unwrap_err();
    assert!(matches!(error, SmtpError::NoStartTls), "{error}");
    let mut settings = imap_through(&front, Security::StartTls);
    settings.port = imap.port();
    imap.next(
        "STARTTLS",
        crate::world::scripted_imap::Say::Lines("{tag} BAD unknown"),
    );
    let error = ImapSession::connect(&settings).await.unwrap_err();
    assert!(
        matches!(error, ImapError::Refused { step: "STARTTLS", .. }),
        "{error}"
    );
    assert_eq!(imap.commands(), ["STARTTLS"]);
    assert!(smtp.commands().iter().all(|command| !command.starts_with("AUTH")));
}

#[tokio::test]
async fn replies_smuggled_in_before_the_handshake_are_never_read_as_the_servers() {
    const SMUGGLED: Preface = &[
        "220 submission.desk.example\r\n",
        "250-submission.desk.example\r\n250 STARTTLS\r\n",
        "220 go on\r\n250-smuggled\r\n250 AUTH PLAIN\r\n",
    ];
    let smtp = ScriptedSmtp::start().await;
    let front = TlsFront::start(smtp.port(), SMUGGLED).await;
    let error = SmtpConversation::connect(&smtp_through(&front, Security::StartTls))
        .await
        .unwrap_err();
    assert!(
        matches!(error, SmtpError::Connect(ConnectError::Handshake { .. })),
        "{error}"
    );
    assert!(smtp.commands().is_empty());
}
