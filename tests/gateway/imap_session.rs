//! What one session with a mailbox claims, and what it must never claim.
//!
//! The sentence behind most of these stories: a server that fails is never an empty mailbox.

use madoguchi::inbound::{IdleOutcome, ImapError, ImapSession, Selected};

use crate::world::lines::imap as settings;
use crate::world::scripted_imap::{Say, ScriptedImap};
use crate::world::{PATIENCE, SHORT};

const MAIL: &[u8] = b"Subject: x\r\n\r\nbody\r\n";

/// A session on a mailbox that holds the mails 3, 4 and 9.
async fn session_with_mail() -> (ScriptedImap, ImapSession) {
    let imap = ScriptedImap::start().await;
    for uid in [3, 4, 9] {
        imap.deliver(uid, MAIL);
    }
    let mut session = ImapSession::connect(&settings(imap.port())).await.unwrap();
    session.select("INBOX").await.unwrap();
    (imap, session)
}

#[tokio::test]
async fn a_mailbox_tells_its_validity_its_uids_its_sizes_and_its_mails() {
    let (imap, mut session) = session_with_mail().await;
    let selected = session.select("INBOX").await.unwrap();
    assert_eq!(
        selected,
        Selected {
            uid_validity: 7,
            exists: 3
        }
    );
    assert_eq!(session.list_uids().await.unwrap(), [3, 4, 9]);
    assert_eq!(session.fetch_sizes(&[9, 3]).await.unwrap(), [(3, 20), (9, 20)]);
    let mails = session.fetch_raw(&[9, 3, 5]).await.unwrap();
    assert_eq!(mails, [(3, MAIL.to_vec()), (9, MAIL.to_vec())]);
    let header = session.fetch_header(4).await.unwrap().unwrap();
    assert_eq!(header, b"Subject: x\r\n\r\n");
    assert_eq!(session.fetch_header(5).await.unwrap(), None);
    session.logout().await;
    assert!(
        imap.commands().iter().all(|command| !command.contains("BODY[")),
        "a fetch set \\Seen"
    );
}

#[tokio::test]
async fn a_refused_search_is_no_empty_mailbox_and_the_session_goes_on() {
    let (imap, mut session) = session_with_mail().await;
    for refusal in [
        Say::Lines("{tag} NO [SERVERBUG] sorry"),
        Say::Lines("{tag} BAD what?"),
    ] {
        imap.next("UID SEARCH", refusal);
        assert!(matches!(
            session.list_uids().await,
            Err(ImapError::Refused { .. })
        ));
        assert_eq!(session.list_uids().await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_refused_fetch_is_no_missing_mail() {
    let (imap, mut session) = session_with_mail().await;
    imap.next(
        "UID FETCH",
        Say::Lines("{tag} NO some of the mails could not be read"),
    );
    assert!(matches!(
        session.fetch_raw(&[3]).await,
        Err(ImapError::Refused { .. })
    ));
}

#[tokio::test]
async fn a_body_of_nil_and_mails_nobody_asked_for_are_left_out() {
    let (imap, mut session) = session_with_mail().await;
    let mixed = "* 2 FETCH (FLAGS (\\Seen))\r\n\
        * 1 FETCH (UID 3 BODY[] NIL)\r\n\
        * 5 FETCH (UID 77 BODY[] {5}\r\nother)\r\n\
        * 3 FETCH (BODY[] {4}\r\nmail UID 9)\r\n\
        * 4 EXISTS\r\n\
        {tag} OK done";
    imap.next("UID FETCH", Say::Lines(mixed));
    assert_eq!(session.fetch_raw(&[3, 9]).await.unwrap(), [(9, b"mail".to_vec())]);
}

#[tokio::test]
async fn a_mailbox_without_uidvalidity_cannot_be_used() {
    let imap = ScriptedImap::start().await;
    let mut session = ImapSession::connect(&settings(imap.port())).await.unwrap();
    imap.next("SELECT", Say::Lines("* 3 EXISTS\r\n{tag} OK done"));
    let error = session.select("INBOX").await.unwrap_err();
    assert!(matches!(error, ImapError::Protocol { .. }), "{error}");
}

#[tokio::test]
async fn ok_without_any_list_is_no_empty_mailbox_where_there_is_mail() {
    let (imap, mut session) = session_with_mail().await;
    imap.next("UID SEARCH", Say::Lines("{tag} OK done"));
    assert!(matches!(
        session.list_uids().await,
        Err(ImapError::Protocol { .. })
    ));
}

#[tokio::test]
async fn mails_are_moved_by_the_best_means_the_server_has() {
    for (lacking, expected) in [
        (
            vec![],
            vec!["UID MOVE 3:4 \"Processed\"", "UID FETCH 3:4 (UID FLAGS)"],
        ),
        (
            vec!["MOVE"],
            vec![
                "UID COPY 3:4 \"Processed\"",
                "UID STORE 3:4 +FLAGS.SILENT (\\Deleted)",
                "UID EXPUNGE 3:4",
                "UID FETCH 3:4 (UID FLAGS)",
            ],
        ),
        (
            vec!["MOVE", "UIDPLUS"],
            vec![
                "UID COPY 3:4 \"Processed\"",
                "UID STORE 3:4 +FLAGS.SILENT (\\Deleted)",
            ],
        ),
    ] {
        let imap = ScriptedImap::start().await;
        for capability in &lacking {
            imap.without(capability);
        }
        let mut session = ImapSession::connect(&settings(imap.port())).await.unwrap();
        session.select("INBOX").await.unwrap();
        let before = imap.commands().len();
        session.move_to(&[4, 3], "Processed").await.unwrap();
        assert_eq!(imap.commands()[before..], expected, "without {lacking:?}");
    }
}

#[tokio::test]
async fn a_mail_that_was_not_copied_is_not_deleted() {
    let imap = ScriptedImap::start().await;
    imap.without("MOVE");
    let mut session = ImapSession::connect(&settings(imap.port())).await.unwrap();
    imap.next("UID COPY", Say::Lines("{tag} NO [OVERQUOTA] full"));
    assert!(session.move_to(&[3], "Processed").await.is_err());
    assert!(imap.commands().last().unwrap().starts_with("UID COPY"));
}

#[tokio::test]
async fn a_move_that_left_the_mail_where_it_was_is_an_error() {
    let (imap, mut session) = session_with_mail().await;
    let left = "* 1 FETCH (UID 3 FLAGS (\\Seen))\r\n{tag} OK done";
    imap.next("UID FETCH", Say::Lines(left));
    let error = session.move_to(&[3, 4], "Processed").await.unwrap_err();
    assert!(matches!(error, ImapError::Protocol { .. }), "{error:?}");
    session.move_to(&[9], "Processed").await.unwrap();
    assert_eq!(session.list_uids().await.unwrap(), Vec::<u32>::new());
}

#[tokio::test]
async fn a_mailbox_that_was_never_tidied_is_listed_mail_by_mail() {
    let imap = ScriptedImap::start().await;
    for uid in 1..=20_001 {
        imap.deliver(uid * 3, MAIL);
    }
    let mut session = ImapSession::connect(&settings(imap.port())).await.unwrap();
    session.select("INBOX").await.unwrap();
    let uids = session.list_uids().await.unwrap();
    assert_eq!(
        (uids.len(), uids.first(), uids.last()),
        (20_001, Some(&3), Some(&60_003))
    );
    assert_eq!(imap.commands().last().unwrap(), "UID FETCH 1:* (UID)");
    for silent in ["{tag} OK done", "* 1 FETCH (FLAGS ())\r\n{tag} OK done"] {
        imap.next("UID FETCH", Say::Lines(silent));
        assert!(session.list_uids().await.is_err(), "{silent}");
    }
}

#[tokio::test]
async fn a_missing_mailbox_is_created_and_a_present_one_is_not() {
    let imap = ScriptedImap::start().await;
    let mut session = ImapSession::connect(&settings(imap.port())).await.unwrap();
    session.ensure_mailbox("Processed").await.unwrap();
    assert_eq!(imap.commands().last().unwrap(), "CREATE \"Processed\"");
    imap.next("LIST", Say::Lines("* LIST () \"/\" Quarantine\r\n{tag} OK done"));
    session.ensure_mailbox("Quarantine").await.unwrap();
    assert_eq!(imap.commands().last().unwrap(), "LIST \"\" \"Quarantine\"");
}

#[tokio::test]
async fn a_mail_that_arrives_during_idle_ends_it_and_silence_ends_it_in_time() {
    let (imap, mut session) = session_with_mail().await;
    let (outcome, ()) = tokio::join!(session.idle(PATIENCE), async {
        while imap.commands().last().is_none_or(|command| command != "IDLE") {
            tokio::task::yield_now().await;
        }
        imap.deliver(12, MAIL);
    });
    assert_eq!(outcome.unwrap(), IdleOutcome::NewMail);
    assert_eq!(session.list_uids().await.unwrap(), [3, 4, 9, 12]);
    assert_eq!(session.idle(SHORT).await.unwrap(), IdleOutcome::TimedOut);
}

#[tokio::test]
async fn a_mail_announced_while_idle_begins_is_not_missed() {
    let (imap, mut session) = session_with_mail().await;
    imap.next("IDLE", Say::Before("* 4 EXISTS"));
    assert_eq!(session.idle(PATIENCE).await.unwrap(), IdleOutcome::NewMail);
}

#[tokio::test]
async fn a_mail_announced_between_the_listing_and_idle_is_not_waited_for() {
    let (imap, mut session) = session_with_mail().await;
    session.list_uids().await.unwrap();
    imap.next("NOOP", Say::Before("* 4 EXISTS"));
    session.noop().await.unwrap();
    assert_eq!(session.idle(PATIENCE).await.unwrap(), IdleOutcome::NewMail);
    assert!(!imap.commands().contains(&"IDLE".to_owned()));
    session.list_uids().await.unwrap();
    assert_eq!(session.idle(SHORT).await.unwrap(), IdleOutcome::TimedOut);
}

#[tokio::test]
async fn a_mail_announced_while_idle_ends_is_not_missed() {
    let (imap, mut session) = session_with_mail().await;
    imap.next("DONE", Say::Lines("* 4 EXISTS\r\n{tag} OK done"));
    assert_eq!(session.idle(SHORT).await.unwrap(), IdleOutcome::NewMail);
}

#[tokio::test]
async fn a_server_without_idle_is_asked_again_after_the_wait() {
    let imap = ScriptedImap::start().await;
    imap.without("IDLE");
    let mut session = ImapSession::connect(&settings(imap.port())).await.unwrap();
    assert_eq!(session.idle(SHORT).await.unwrap(), IdleOutcome::TimedOut);
    assert_eq!(imap.commands().last().unwrap(), "NOOP");
}
