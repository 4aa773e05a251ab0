//! Ways of speaking IMAP that real servers have; none of them is trouble.

use madoguchi::inbound::{IdleOutcome, ImapError, ImapSession, ImapSettings, ImapTimeouts};
use madoguchi::tls::Security;

use crate::world::SHORT;
use crate::world::scripted_imap::{Say, ScriptedImap};

fn settings(port: u16) -> ImapSettings {
    ImapSettings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::Plain,
        user: "desk".to_owned(),
        password: "correct horse".into(),
        ca_file: None,
        timeouts: ImapTimeouts {
            connect: SHORT,
            command: SHORT,
            fetch: SHORT,
        },
    }
}

async fn opened() -> (ScriptedImap, ImapSession) {
    let imap = ScriptedImap::start().await;
    imap.deliver(3, b"Subject: x\r\n\r\n");
    let mut session = ImapSession::connect(&settings(imap.port())).await.unwrap();
    session.select("INBOX").await.unwrap();
    (imap, session)
}

#[tokio::test]
async fn a_server_may_tell_its_abilities_anywhere() {
    let imap = ScriptedImap::start().await;
    imap.next(
        "greeting",
        Say::Lines("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] Dovecot (Debian) ready."),
    );
    imap.next(
        "LOGIN",
        Say::Lines("* CAPABILITY IMAP4rev1 IDLE\r\n{tag} OK [CAPABILITY IMAP4rev1 IDLE] Logged in"),
    );
    imap.next(
        "CAPABILITY",
        Say::Lines("* CAPABILITY IMAP4 IMAP4rev1 UIDPLUS MOVE X-GM-EXT-1 APPENDLIMIT=35651584\r\n{tag} OK"),
    );
    ImapSession::connect(&settings(imap.port())).await.unwrap();
}

#[tokio::test]
async fn a_mailbox_may_be_opened_with_many_words() {
    let (imap, mut session) = opened().await;
    for words in [
        "* FLAGS (\\Answered \\Flagged $Forwarded NonJunk)\r\n* OK [PERMANENTFLAGS (\\Answered \\*)] Flags permitted.\r\n\
         * 172 EXISTS\r\n* 1 RECENT\r\n* OK [UNSEEN 12] First unseen.\r\n* OK [UIDVALIDITY 9] UIDs valid\r\n\
         * OK [UIDNEXT 4392] Predicted next UID\r\n* OK [HIGHESTMODSEQ 715194045007] Highest\r\n\
         {tag} OK [READ-WRITE] Select completed (0.001 + 0.000 secs).",
        "* 172 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS ()] \r\n* OK [UIDVALIDITY 9]\r\n\
         * OK [NOMODSEQ] none\r\n* OK [MAILBOXID (F2212ea87-6097-4256-9d51-71338625)] Ok\r\n{tag} OK [READ-ONLY] done",
    ] {
        imap.next("SELECT", Say::Lines(words));
        let selected = session.select("INBOX").await.expect(words);
        assert_eq!((selected.uid_validity, selected.exists), (9, 172), "{words}");
    }
}

#[tokio::test]
async fn a_mail_may_come_with_more_than_was_asked() {
    let (imap, mut session) = opened().await;
    for words in [
        "* 1 FETCH (UID 3 BODY[] {2}\r\nab)\r\n{tag} OK done",
        "* 1 FETCH (BODY[] {2}\r\nab UID 3)\r\n{tag} OK done",
        "* 1 FETCH (FLAGS (\\Seen \\Recent $MDNSent) UID 3 MODSEQ (12121231000) BODY[] \"ab\")\r\n{tag} OK done",
        "* 1 FETCH (UID 3 INTERNALDATE \" 5-Nov-2026 09:00:00 +0900\" BODY[] {2}\r\nab)\r\n* 2 EXISTS\r\n* 1 RECENT\r\n{tag} OK",
        "* OK Still here\r\n* 1 FETCH (UID 3 BODY[] {2}\r\nab)\r\n{tag} OK [EXPUNGEISSUED] Some were expunged",
    ] {
        imap.next("UID FETCH", Say::Lines(words));
        let mails = session.fetch_raw(&[3]).await.expect(words);
        assert_eq!(mails, [(3, b"ab".to_vec())], "{words}");
    }
}

#[tokio::test]
async fn a_search_may_be_empty_or_end_in_a_space() {
    let (imap, mut session) = opened().await;
    for (words, uids) in [
        ("* SEARCH\r\n{tag} OK done", vec![]),
        ("* SEARCH \r\n{tag} OK done", vec![]),
        ("* SEARCH 3 \r\n{tag} OK done", vec![3]),
        ("* SEARCH 3\r\n* SEARCH 7\r\n{tag} OK done", vec![3, 7]),
    ] {
        imap.next("UID SEARCH", Say::Lines(words));
        assert_eq!(session.list_uids().await.expect(words), uids, "{words}");
    }
}

#[tokio::test]
async fn a_folder_may_be_named_in_any_form() {
    let (imap, mut session) = opened().await;
    for words in [
        "* LIST (\\HasNoChildren) \"/\" Processed\r\n{tag} OK done",
        "* LIST (\\HasNoChildren \\UnMarked) \".\" \"Processed\"\r\n{tag} OK done",
        "* LIST () NIL \"Processed\"\r\n{tag} OK done",
        "* LIST (\\Archive) \"/\" {9}\r\nProcessed\r\n{tag} OK done",
    ] {
        imap.next("LIST", Say::Lines(words));
        session.ensure_mailbox("Processed").await.expect(words);
    }
    assert!(
        !imap
            .commands()
            .iter()
            .any(|command| command.starts_with("CREATE"))
    );
}

#[tokio::test]
async fn idle_may_begin_without_a_word() {
    for words in [
        "+ \r\n* 2 EXISTS",
        "+\r\n* 2 EXISTS",
        "+ idling\r\n* 1 RECENT\r\n* OK Still here\r\n* 2 EXISTS",
    ] {
        let (imap, mut session) = opened().await;
        imap.next("IDLE", Say::Lines(words));
        assert_eq!(
            session.idle(SHORT).await.expect(words),
            IdleOutcome::NewMail,
            "{words}"
        );
    }
}

#[tokio::test]
async fn moves_may_be_told_of_in_any_order() {
    let (imap, mut session) = opened().await;
    for words in [
        "* OK [COPYUID 38505 3 5] \r\n* 1 EXPUNGE\r\n{tag} OK Move completed",
        "* 1 EXPUNGE\r\n* 0 EXISTS\r\n{tag} OK [COPYUID 38505 3 5] Done",
        "* VANISHED 3\r\n{tag} OK Done",
    ] {
        imap.next("UID MOVE", Say::Lines(words));
        imap.next("UID FETCH", Say::Lines("{tag} OK none"));
        session.move_to(&[3], "Processed").await.expect(words);
    }
}

#[tokio::test]
async fn a_refusal_may_be_in_japanese() {
    let (imap, mut session) = opened().await;
    for words in [
        "{tag} NO メールボックスがありません",
        "{tag} NO [NONEXISTENT] ありません",
        "{tag} NO",
    ] {
        imap.next("SELECT", Say::Lines(words));
        let error = session.select("INBOX").await.unwrap_err();
        assert!(matches!(error, ImapError::Refused { .. }), "{words}: {error:?}");
        assert!(!session.is_dead(), "{words}");
    }
}
