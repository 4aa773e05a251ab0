//! One whole session over a line that breaks or falls silent at every possible octet, said or heard: what
//! was claimed is true wherever that was, and nobody waits longer than the time limits.
//!
//! Breaks are cheap and tried at every octet; silence costs a time limit each and is tried at some octets
//! here, and at every one by `make soak`.

use std::ops::RangeInclusive;

use madoguchi::inbound::{ImapError, ImapSession, ImapSettings, ImapTimeouts};
use madoguchi::mail::EmailAddress;
use madoguchi::outbound::{DeliveryOutcome, SmtpConversation, SmtpSettings, SmtpTimeouts};

use crate::world::scripted_imap::ScriptedImap;
use crate::world::scripted_smtp::ScriptedSmtp;
use crate::world::worn_line::{Wear, WornLine};
use crate::world::{PATIENCE, SHORT, lines};

const MAIL: &[u8] = b"Subject: x\r\n\r\n{12}\r\n* 1 FETCH\r\n.\r\nA1 OK\r\n";

/// More octets than either side says in the sessions below.
const MORE_THAN_ALL: u64 = 4_000;

/// Lines tried at the same time.
const AT_A_TIME: usize = 32;

/// A step so many octets wide tries silence at about forty places of each session.
const SAMPLED: usize = 29;

fn imap(port: u16) -> ImapSettings {
    let timeouts = ImapTimeouts {
        connect: SHORT,
        command: SHORT,
        fetch: SHORT,
    };
    ImapSettings {
        timeouts,
        ..lines::imap(port)
    }
}

fn smtp(port: u16) -> SmtpSettings {
    let timeouts = SmtpTimeouts {
        connect: SHORT,
        greeting: SHORT,
        ..lines::impatient_smtp(port).timeouts
    };
    SmtpSettings {
        timeouts,
        ..lines::smtp(port)
    }
}

/// Reads the mailbox as the poller does; every answer on the way is asserted to be whole.
async fn read_all(settings: &ImapSettings) -> Result<(), ImapError> {
    let mut session = ImapSession::connect(settings).await?;
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

async fn send(settings: &SmtpSettings) -> DeliveryOutcome {
    let mut conversation = match SmtpConversation::connect(settings).await {
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

/// Whether the whole session went through; it must have been read rightly, or have failed in time.
async fn mailbox_over(wear: Wear) -> bool {
    let server = mailbox().await;
    let line = WornLine::to(server.port(), wear).await;
    let settings = imap(line.port());
    let read = tokio::time::timeout(PATIENCE, read_all(&settings)).await;
    match read.unwrap_or_else(|_| panic!("{wear:?}: it hangs")) {
        Ok(()) => true,
        Err(error) => {
            assert!(error.is_transient(), "{wear:?}: {error:?}");
            false
        }
    }
}

/// What one mail over such a line was called, which must be the truth.
async fn mail_over(wear: Wear) -> DeliveryOutcome {
    let server = ScriptedSmtp::start().await;
    let line = WornLine::to(server.port(), wear).await;
    let settings = smtp(line.port());
    let sent = tokio::time::timeout(PATIENCE, send(&settings)).await;
    let outcome = sent.unwrap_or_else(|_| panic!("{wear:?}: it hangs"));
    let taken = server.mails().len();
    match &outcome {
        DeliveryOutcome::Accepted { .. } => assert_eq!(taken, 1, "{wear:?}"),
        DeliveryOutcome::Deferred { why } => assert_eq!(taken, 0, "{wear:?}: {why}"),
        DeliveryOutcome::Unknown { .. } => assert!(taken <= 1, "{wear:?}"),
        DeliveryOutcome::Refused { reply } | DeliveryOutcome::Forbidden { reply } => {
            panic!("{wear:?}: {reply}")
        }
    }
    outcome
}

/// Tries a kind of wear after every `step`th octet, several lines at a time, until it comes too late to be
/// felt.
async fn each<T, F>(
    wear: fn(u64) -> Wear,
    step: usize,
    tried: fn(Wear) -> F,
    unfelt: fn(&T) -> bool,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let places: Vec<u64> = (0..MORE_THAN_ALL).step_by(step).collect();
    let mut all = Vec::new();
    for some in places.chunks(AT_A_TIME) {
        let tasks: Vec<_> = some
            .iter()
            .map(|octets| tokio::spawn(tried(wear(*octets))))
            .collect();
        let mut ended = Vec::new();
        for task in tasks {
            ended.push(task.await.unwrap());
        }
        let over = ended.iter().all(unfelt);
        all.append(&mut ended);
        if over {
            break;
        }
    }
    all
}

async fn each_mailbox(wear: fn(u64) -> Wear, step: usize) {
    assert_fails_within(&each(wear, step, mailbox_over, |whole| *whole).await, step);
}

async fn each_mail(wear: fn(u64) -> Wear, step: usize, unknown: RangeInclusive<usize>) {
    let accepted = |outcome: &DeliveryOutcome| matches!(outcome, DeliveryOutcome::Accepted { .. });
    assert_turns_once(&each(wear, step, mail_over, accepted).await, unknown);
}

/// The session failed at each octet up to its last one, and never afterwards.
fn assert_fails_within(through: &[bool], step: usize) {
    let failed = through.iter().take_while(|whole| !**whole).count();
    assert!(failed * step > 200 && failed < through.len(), "{failed}");
    assert!(through[failed..].iter().all(|whole| *whole), "{failed}");
}

/// Deferred up to the dot, then unknown while the reply is on its way, then accepted.
fn assert_turns_once(outcomes: &[DeliveryOutcome], unknown: RangeInclusive<usize>) {
    let ranks: Vec<u32> = outcomes
        .iter()
        .map(|outcome| match outcome {
            DeliveryOutcome::Deferred { .. } => 0,
            DeliveryOutcome::Unknown { .. } => 1,
            DeliveryOutcome::Accepted { .. }
            | DeliveryOutcome::Refused { .. }
            | DeliveryOutcome::Forbidden { .. } => 2,
        })
        .collect();
    assert!(
        ranks.is_sorted() && ranks.contains(&0) && ranks.contains(&2),
        "{ranks:?}"
    );
    let count = ranks.iter().filter(|rank| **rank == 1).count();
    assert!(unknown.contains(&count), "{count}");
}

const LAST_REPLY: usize = "250 2.0.0 taken\r\n".len();
const DOT: usize = "\r\n.\r\n".len();

#[tokio::test]
async fn a_mailbox_read_over_a_breaking_line_is_never_shorter_than_it_is() {
    each_mailbox(Wear::BreaksAfterHeard, 1).await;
    each_mailbox(Wear::BreaksAfterSaid, 1).await;
}

#[tokio::test]
async fn a_mail_sent_over_a_breaking_line_is_never_called_what_it_is_not() {
    each_mail(Wear::BreaksAfterHeard, 1, 1..=LAST_REPLY).await;
    each_mail(Wear::BreaksAfterSaid, 1, 0..=MAIL.len() + DOT).await;
}

#[tokio::test]
async fn a_line_that_falls_silent_keeps_nobody_waiting() {
    each_mailbox(Wear::SilentAfterHeard, SAMPLED).await;
    each_mailbox(Wear::SilentAfterSaid, SAMPLED).await;
    each_mail(Wear::SilentAfterHeard, SAMPLED, 0..=1).await;
    each_mail(Wear::SilentAfterSaid, SAMPLED, 0..=4).await;
}

#[tokio::test]
#[ignore = "minutes; `make soak` runs it"]
async fn a_line_that_falls_silent_anywhere_keeps_nobody_waiting() {
    each_mailbox(Wear::SilentAfterHeard, 1).await;
    each_mailbox(Wear::SilentAfterSaid, 1).await;
    each_mail(Wear::SilentAfterHeard, 1, 1..=LAST_REPLY).await;
    each_mail(Wear::SilentAfterSaid, 1, 0..=MAIL.len() + DOT).await;
}

#[tokio::test]
async fn octets_that_come_one_by_one_are_read_as_any_others() {
    let server = mailbox().await;
    let line = WornLine::to(server.port(), Wear::Drips).await;
    read_all(&lines::imap(line.port())).await.unwrap();
    let server = ScriptedSmtp::start().await;
    let line = WornLine::to(server.port(), Wear::Drips).await;
    let outcome = send(&lines::smtp(line.port())).await;
    assert!(matches!(outcome, DeliveryOutcome::Accepted { .. }), "{outcome:?}");
}
