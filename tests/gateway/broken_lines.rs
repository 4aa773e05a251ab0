//! One whole session over a line that breaks at every possible octet: what was claimed is true, wherever
//! the break was.

use madoguchi::inbound::{ImapError, ImapSession, ImapSettings, ImapTimeouts};
use madoguchi::mail::EmailAddress;
use madoguchi::outbound::{DeliveryOutcome, SmtpConversation, SmtpSettings, SmtpTimeouts};
use madoguchi::tls::Security;

use crate::world::scripted_imap::ScriptedImap;
use crate::world::scripted_smtp::ScriptedSmtp;
use crate::world::worn_line::WornLine;

const MAIL: &[u8] = b"Subject: x\r\n\r\n{12}\r\n* 1 FETCH\r\n.\r\nA1 OK\r\n";

/// More octets than either server says in the sessions below.
const MORE_THAN_ALL: u64 = 4_000;

fn imap(port: u16) -> ImapSettings {
    ImapSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        user: "desk".to_owned(),
        password: "correct horse".into(),
        ca_file: None,
        timeouts: ImapTimeouts::default(),
    }
}

fn smtp(port: u16) -> SmtpSettings {
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        user: None,
        password: None,
        ca_file: None,
        hello_name: "desk.example".to_owned(),
        timeouts: SmtpTimeouts::default(),
    }
}

/// Reads the mailbox as the poller does; every answer on the way is asserted to be whole.
async fn read_all(port: u16) -> Result<(), ImapError> {
    let mut session = ImapSession::connect(&imap(port)).await?;
    let selected = session.select("INBOX").await?;
    assert_eq!((selected.uid_validity, selected.exists), (7, 2));
    assert_eq!(session.list_uids().await?, [3, 9]);
    let size = u64::try_from(MAIL.len()).unwrap();
    assert_eq!(session.fetch_sizes(&[3, 9]).await?, [(3, size), (9, size)]);
    let mails = session.fetch_raw(&[3, 9]).await?;
    assert_eq!(mails, [(3, MAIL.to_vec()), (9, MAIL.to_vec())]);
    assert!(session.fetch_header(3).await?.is_some());
    session.noop().await
}

async fn mailbox() -> ScriptedImap {
    let server = ScriptedImap::start().await;
    server.deliver(3, MAIL);
    server.deliver(9, MAIL);
    server
}

async fn send(port: u16) -> DeliveryOutcome {
    let mut conversation = match SmtpConversation::connect(&smtp(port)).await {
        Ok(conversation) => conversation,
        Err(error) => {
            return DeliveryOutcome::Deferred {
                why: error.to_string(),
            };
        }
    };
    let recipient = EmailAddress::parse("sato@customer.example").unwrap();
    conversation.deliver(None, &recipient, MAIL).await
}

#[tokio::test]
async fn a_mailbox_read_over_a_breaking_line_is_never_shorter_than_it_is() {
    let server = mailbox().await;
    let mut breaks = 0;
    for octets in 0..MORE_THAN_ALL {
        let line = WornLine::that_breaks_after(octets, server.port()).await;
        match read_all(line.port()).await {
            Ok(()) => break,
            Err(error) => assert!(error.is_transient(), "after {octets} octets: {error:?}"),
        }
        breaks += 1;
    }
    assert!((200..MORE_THAN_ALL).contains(&breaks), "{breaks}");
}

#[tokio::test]
async fn a_mail_sent_over_a_breaking_line_is_never_called_what_it_is_not() {
    let server = ScriptedSmtp::start().await;
    let mut seen = 0;
    let mut unknown = 0;
    for octets in 0..MORE_THAN_ALL {
        let line = WornLine::that_breaks_after(octets, server.port()).await;
        let outcome = send(line.port()).await;
        drop(line);
        let taken = server.mails().len() - seen;
        seen += taken;
        match outcome {
            DeliveryOutcome::Accepted { .. } => {
                assert_eq!(taken, 1, "after {octets} octets");
                break;
            }
            DeliveryOutcome::Deferred { .. } => assert_eq!(taken, 0, "after {octets} octets"),
            DeliveryOutcome::Unknown { .. } => unknown += 1,
            DeliveryOutcome::Refused { reply } => panic!("after {octets} octets: {reply}"),
        }
    }
    let last_reply = "250 2.0.0 taken\r\n".len();
    assert!((1..=last_reply).contains(&unknown), "{unknown}");
}

#[tokio::test]
async fn octets_that_come_one_by_one_are_read_as_any_others() {
    let server = mailbox().await;
    let line = WornLine::that_drips(server.port()).await;
    read_all(line.port()).await.unwrap();
    let server = ScriptedSmtp::start().await;
    let line = WornLine::that_drips(server.port()).await;
    let outcome = send(line.port()).await;
    assert!(matches!(outcome, DeliveryOutcome::Accepted { .. }), "{outcome:?}");
}
