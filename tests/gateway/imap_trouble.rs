//! A session whose server or line gives trouble: it is over for good, in time, and says nothing false.

use madoguchi::inbound::{ImapError, ImapSession};

use crate::world::lines::{imap as settings, impatient_imap as impatient};
use crate::world::proxy::CutProxy;
use crate::world::scripted_imap::{Say, ScriptedImap};
use crate::world::{PATIENCE, SHORT};

const MAIL: &[u8] = b"Subject: x\r\n\r\nbody\r\n";

/// A session on a mailbox that holds the mails 3, 4 and 9.
async fn session_with_mail() -> (ScriptedImap, ImapSession) {
    let imap = ScriptedImap::start().await;
    for uid in [3, 4, 9] {
        imap.deliver(uid, MAIL);
    }
    let mut session = ImapSession::connect(&impatient(imap.port())).await.unwrap();
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
        let (imap, mut session) = session_with_mail().await;
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
        let (imap, mut session) = session_with_mail().await;
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

#[tokio::test]
async fn a_literal_that_never_comes_ends_the_session_in_time() {
    for (story, say) in [
        (
            "some of it",
            Say::Lines("* 1 FETCH (UID 3 BODY[] {1000}\r\nSubject: x"),
        ),
        ("nothing of it", Say::Lines("* 1 FETCH (UID 3 BODY[] {1000}")),
        (
            "nothing of a huge one",
            Say::Lines("* 1 FETCH (UID 3 BODY[] {400000000}"),
        ),
        (
            "the end of the line",
            Say::ThenEnd("* 1 FETCH (UID 3 BODY[] {400000000}\r\nx"),
        ),
        (
            "one larger than anything",
            Say::Lines("* 1 FETCH (UID 3 BODY[] {4294967296}\r\n{tag} OK"),
        ),
        (
            "no number",
            Say::Lines("* 1 FETCH (UID 3 BODY[] {-1}\r\n{tag} OK"),
        ),
    ] {
        let (imap, mut session) = session_with_mail().await;
        imap.next("UID FETCH", say);
        let fetched = tokio::time::timeout(PATIENCE, session.fetch_raw(&[3])).await;
        let error = fetched.expect(story).expect_err(story);
        assert!(error.is_transient(), "{story}: {error}");
        assert_over(&mut session, story).await;
    }
}

#[tokio::test]
async fn what_is_no_imap_ends_the_session_wherever_it_comes() {
    for garbage in [
        "\0\0\0\0",
        "* 1 FETCH (UID 3 BODY[] \"no end\r\n{tag} OK done",
        "* 99999999999 FETCH (UID 3)\r\n{tag} OK done",
        "220 mail.desk.example ESMTP",
    ] {
        let (imap, mut session) = session_with_mail().await;
        imap.next("UID FETCH", Say::Lines(garbage));
        assert!(session.fetch_raw(&[3]).await.is_err(), "{garbage:?}");
        assert_over(&mut session, garbage).await;
    }
}
