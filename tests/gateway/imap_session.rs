//! What one session with a mailbox claims, and what it must never claim.
//!
//! The sentence behind most of these stories: a server that fails is never an empty mailbox.

use madoguchi::inbound::{IdleOutcome, ImapError, ImapSession, ImapSettings, ImapTimeouts, Selected};
use madoguchi::tls::Security;

use crate::world::proxy::CutProxy;
use crate::world::scripted_imap::{Say, ScriptedImap};
use crate::world::{PATIENCE, SHORT};

const MAIL: &[u8] = b"Subject: x\r\n\r\nbody\r\n";

fn settings(port: u16) -> ImapSettings {
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

fn impatient(port: u16) -> ImapSettings {
    let timeouts = ImapTimeouts {
        command: SHORT,
        fetch: SHORT,
        ..ImapTimeouts::default()
    };
    ImapSettings {
        timeouts,
        ..settings(port)
    }
}

/// A session on a mailbox that holds the mails 3, 4 and 9.
async fn session_with_mail() -> (ScriptedImap, ImapSession) {
    session_with(settings).await
}

/// The same, for stories in which the server falls silent.
async fn impatient_session_with_mail() -> (ScriptedImap, ImapSession) {
    session_with(impatient).await
}

async fn session_with(settings: fn(u16) -> ImapSettings) -> (ScriptedImap, ImapSession) {
    let imap = ScriptedImap::start().await;
    for uid in [3, 4, 9] {
        imap.deliver(uid, MAIL);
    }
    let mut session = ImapSession::connect(&settings(imap.port())).await.unwrap();
    session.select("INBOX").await.unwrap();
    (imap, session)
}

async fn assert_over(session: &mut ImapSession, story: &str) {
    assert!(session.is_dead(), "{story}");
    assert!(matches!(session.noop().await, Err(ImapError::Dead)), "{story}");
    assert!(
        matches!(session.list_uids().await, Err(ImapError::Dead)),
        "{story}"
    );
    assert!(
        matches!(session.fetch_raw(&[3]).await, Err(ImapError::Dead)),
        "{story}"
    );
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
async fn every_trouble_with_the_line_ends_the_session_for_good() {
    for (story, say) in [
        ("the end of the line", Say::ThenEnd("")),
        ("the end after half an answer", Say::ThenEnd("* SEARCH 3 4\r\n")),
        (
            "the end in the middle of a response",
            Say::ThenEnd("* SEARCH 3 4"),
        ),
        (
            "BYE and the end of the line",
            Say::ThenEnd("* BYE shutting down\r\n"),
        ),
        ("BYE and an open line", Say::Lines("* BYE shutting down")),
        ("no IMAP at all", Say::Lines("HTTP/1.1 400 Bad Request")),
        ("an answer to another command", Say::Lines("ZZZZ OK done")),
        ("words on which the parser fails", Say::Lines("* OK [ALERT]容量")),
        ("silence", Say::Silence),
        ("silence after half an answer", Say::Lines("* SEARCH 3 4")),
    ] {
        let (imap, mut session) = impatient_session_with_mail().await;
        imap.next("UID SEARCH", say);
        let error = session.list_uids().await.unwrap_err();
        assert!(error.is_transient(), "{story}: {error}");
        assert_over(&mut session, story).await;
    }
}

#[tokio::test]
async fn a_mail_cut_off_in_the_middle_is_no_mail() {
    let (imap, mut session) = session_with_mail().await;
    imap.next(
        "UID FETCH",
        Say::ThenEnd("* 1 FETCH (UID 3 BODY[] {20}\r\nSubject: x\r\n"),
    );
    assert!(session.fetch_raw(&[3, 4]).await.is_err());
    assert_over(&mut session, "cut off").await;
}

#[tokio::test]
async fn the_end_between_two_mails_is_an_error_and_no_short_list() {
    let (imap, mut session) = session_with_mail().await;
    imap.next(
        "UID FETCH",
        Say::ThenEnd("* 1 FETCH (UID 3 BODY[] {4}\r\nmail)\r\n"),
    );
    assert!(matches!(
        session.fetch_raw(&[3, 4]).await,
        Err(ImapError::Closed { .. })
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

#[tokio::test]
async fn trouble_during_idle_is_an_error_and_never_a_quiet_mailbox() {
    for (story, at, say) in [
        ("the end of the line", "IDLE", Say::ThenEnd("+ idling\r\n")),
        ("BYE", "IDLE", Say::Lines("+ idling\r\n* BYE restarting")),
        ("a refusal", "IDLE", Say::Lines("{tag} NO not now")),
        ("BAD without a word", "IDLE", Say::Lines("{tag} BAD ")),
        ("silence on entering", "IDLE", Say::Silence),
        ("silence on leaving", "DONE", Say::Silence),
        ("silence afterwards", "NOOP", Say::Silence),
    ] {
        let (imap, mut session) = impatient_session_with_mail().await;
        imap.next(at, say);
        let waited = tokio::time::timeout(PATIENCE, session.idle(SHORT)).await;
        assert!(waited.expect(story).is_err(), "{story}");
    }
}

#[tokio::test]
async fn a_caller_who_leaves_in_the_middle_ends_the_session() {
    let (imap, mut session) = session_with_mail().await;
    imap.next("UID SEARCH", Say::Silence);
    let left = tokio::time::timeout(SHORT / 3, session.list_uids()).await;
    assert!(left.is_err());
    assert_over(&mut session, "left").await;
}

#[tokio::test]
async fn a_line_that_was_cut_is_an_error_and_a_new_session_works() {
    let imap = ScriptedImap::start().await;
    imap.deliver(3, MAIL);
    let proxy = CutProxy::start(imap.port()).await;
    let mut session = ImapSession::connect(&settings(proxy.port())).await.unwrap();
    session.select("INBOX").await.unwrap();
    proxy.cut().await;
    assert!(session.list_uids().await.unwrap_err().is_transient());
    assert_over(&mut session, "cut").await;
    proxy.restore().await;
    let mut session = ImapSession::connect(&settings(proxy.port())).await.unwrap();
    session.select("INBOX").await.unwrap();
    assert_eq!(session.list_uids().await.unwrap(), [3]);
}

#[tokio::test]
async fn a_refused_login_is_told_from_a_busy_server_and_the_password_is_in_no_error() {
    let imap = ScriptedImap::start().await;
    imap.next(
        "LOGIN",
        Say::Lines("{tag} NO [AUTHENTICATIONFAILED] not correct horse"),
    );
    let refused = ImapSession::connect(&settings(imap.port())).await.unwrap_err();
    assert!(refused.is_login_refused() && !refused.is_transient(), "{refused}");
    imap.next("LOGIN", Say::Lines("{tag} NO [UNAVAILABLE] later"));
    let busy = ImapSession::connect(&settings(imap.port())).await.unwrap_err();
    assert!(busy.is_transient() && !busy.is_login_refused(), "{busy}");
    assert!(!format!("{refused} {refused:?}").contains("correct horse"));
}

#[tokio::test]
async fn a_server_that_does_not_greet_is_left() {
    for say in [
        Say::Silence,
        Say::ThenEnd(""),
        Say::Lines("* BYE full"),
        Say::Lines("* PREAUTH welcome"),
    ] {
        let imap = ScriptedImap::start().await;
        imap.next("greeting", say.clone());
        let mut settings = settings(imap.port());
        settings.timeouts.connect = SHORT;
        let error = ImapSession::connect(&settings).await.unwrap_err();
        assert!(error.is_transient(), "{say:?}: {error}");
        assert!(imap.commands().is_empty(), "{say:?}: something was sent");
    }
}

#[tokio::test]
async fn errors_do_not_quote_the_mail_that_could_not_be_read() {
    let (imap, mut session) = session_with_mail().await;
    imap.next(
        "UID FETCH",
        Say::Lines("* 1 FETCH (UID 3 BODY[] secret-of-the-customer\r\n{tag} OK done"),
    );
    let error = session.fetch_raw(&[3]).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}
