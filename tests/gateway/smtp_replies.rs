//! What a server may answer at each verb, and what it means for the mail.

use madoguchi::mail::EmailAddress;
use madoguchi::outbound::{DeliveryOutcome, SmtpConversation};

use crate::world::PATIENCE;
use crate::world::lines::{impatient_smtp as impatient, smtp as settings};
use crate::world::scripted_smtp::{Act, ScriptedSmtp, Verb};

const MAIL: &[u8] = b"From: desk@desk.example\r\nSubject: x\r\n\r\nfirst\r\n.\r\n..last\r\n";

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

async fn send(conversation: &mut SmtpConversation, recipient: &str) -> DeliveryOutcome {
    let sender = address("desk@desk.example");
    conversation
        .deliver(Some(&sender), &address(recipient), MAIL)
        .await
}

/// Sends one mail to a server that does this at that verb.
async fn sent_to_a_server_that(verb: Verb, act: Act) -> (DeliveryOutcome, bool, ScriptedSmtp) {
    let smtp = ScriptedSmtp::start().await;
    smtp.next(verb, act);
    let mut conversation = SmtpConversation::connect(&impatient(smtp.port())).await.unwrap();
    let outcome = send(&mut conversation, "sato@customer.example").await;
    (outcome, conversation.is_usable(), smtp)
}

#[tokio::test]
async fn a_temporary_refusal_at_any_verb_defers_the_mail() {
    for verb in [Verb::Mail, Verb::Rcpt, Verb::Data, Verb::Dot] {
        let (outcome, usable, smtp) = sent_to_a_server_that(verb, Act::Reply(451, "4.3.0 later")).await;
        assert_eq!(
            outcome,
            DeliveryOutcome::Deferred {
                why: "451 4.3.0 later".to_owned()
            },
            "{verb:?}"
        );
        assert!(!usable && smtp.mails().is_empty(), "{verb:?}");
    }
}

#[tokio::test]
async fn a_permanent_refusal_at_any_verb_fails_the_mail() {
    for verb in [Verb::Mail, Verb::Rcpt, Verb::Data, Verb::Dot] {
        let (outcome, usable, _smtp) = sent_to_a_server_that(verb, Act::Reply(552, "5.3.4 too large")).await;
        assert_eq!(
            outcome,
            DeliveryOutcome::Refused {
                reply: "552 5.3.4 too large".to_owned()
            },
            "{verb:?}"
        );
        assert!(!usable, "{verb:?}");
    }
}

#[tokio::test]
async fn a_server_that_closes_down_defers_the_mail() {
    for verb in [Verb::Mail, Verb::Rcpt, Verb::Data, Verb::Dot] {
        let (outcome, usable, _smtp) = sent_to_a_server_that(verb, Act::Reply(421, "4.3.2 closing")).await;
        assert!(
            matches!(outcome, DeliveryOutcome::Deferred { .. }),
            "{verb:?}: {outcome:?}"
        );
        assert!(!usable, "{verb:?}");
    }
}

#[tokio::test]
async fn a_server_that_wants_a_login_does_not_fail_the_mail() {
    let (outcome, ..) = sent_to_a_server_that(Verb::Mail, Act::Reply(530, "5.7.0 log in first")).await;
    assert!(
        matches!(outcome, DeliveryOutcome::Forbidden { .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn silence_or_a_lost_line_before_the_mail_defers_it() {
    for verb in [Verb::Mail, Verb::Rcpt, Verb::Data] {
        for act in [Act::Stall, Act::Drop] {
            let (outcome, usable, _smtp) = sent_to_a_server_that(verb, act.clone()).await;
            assert!(
                matches!(outcome, DeliveryOutcome::Deferred { .. }),
                "{verb:?} {act:?}: {outcome:?}"
            );
            assert!(!usable, "{verb:?} {act:?}");
        }
    }
}

#[tokio::test]
async fn silence_or_a_lost_line_after_the_dot_leaves_the_outcome_unknown() {
    for act in [Act::Stall, Act::Drop, Act::AcceptThenDrop] {
        let (outcome, usable, _smtp) = sent_to_a_server_that(Verb::Dot, act.clone()).await;
        assert!(
            matches!(outcome, DeliveryOutcome::Unknown { .. }),
            "{act:?}: {outcome:?}"
        );
        assert!(!usable, "{act:?}");
    }
}

#[tokio::test]
async fn any_other_friendly_reply_after_the_dot_is_no_acceptance() {
    for (code, text) in [(354, "go on"), (251, "elsewhere"), (220, "hello")] {
        let (outcome, usable, _smtp) = sent_to_a_server_that(Verb::Dot, Act::Reply(code, text)).await;
        assert!(
            matches!(outcome, DeliveryOutcome::Unknown { .. }),
            "{code}: {outcome:?}"
        );
        assert!(!usable, "{code}");
    }
}

#[tokio::test]
async fn an_acceptance_is_understood_however_it_is_written() {
    for written in [
        "250\r\n",
        "250 OK\n",
        "250 2.0.0 受け取りました\r\n",
        "250-one\r\n250-two\r\n250 three\r\n",
    ] {
        let act = Act::Octets(written.as_bytes());
        let (outcome, usable, _smtp) = sent_to_a_server_that(Verb::Dot, act).await;
        assert!(
            matches!(outcome, DeliveryOutcome::Accepted { .. }),
            "{written} {outcome:?}"
        );
        assert!(usable, "{written}");
    }
}

#[tokio::test]
async fn what_is_no_reply_after_the_dot_leaves_the_outcome_unknown() {
    for written in [
        "250-no end\r\n",
        "2500 OK\r\n",
        "OK\r\n",
        "250-one\r\n550 two\r\n",
        "999 x\r\n",
    ] {
        let act = Act::Octets(written.as_bytes());
        let (outcome, usable, _smtp) = sent_to_a_server_that(Verb::Dot, act).await;
        assert!(
            matches!(outcome, DeliveryOutcome::Unknown { .. }),
            "{written} {outcome:?}"
        );
        assert!(!usable, "{written}");
    }
}

#[tokio::test]
async fn a_reply_without_end_is_given_up_at_once() {
    const LINE: &[u8] = &[b'2'; 100_000];
    let smtp = ScriptedSmtp::start().await;
    smtp.next(Verb::Mail, Act::Octets(LINE));
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    let outcome = tokio::time::timeout(PATIENCE, send(&mut conversation, "sato@customer.example")).await;
    let deferred = outcome.unwrap();
    assert!(
        matches!(deferred, DeliveryOutcome::Deferred { .. }),
        "{deferred:?}"
    );
}

#[tokio::test]
async fn a_reply_that_came_before_its_command_is_no_acceptance() {
    for (verb, early) in [
        (Verb::Ehlo, "250 AUTH PLAIN\r\n250 early\r\n"),
        (Verb::Mail, "250 fine\r\n250 early\r\n"),
        (Verb::Rcpt, "250 fine\r\n354 early\r\n250 early\r\n"),
        (Verb::Data, "354 go on\r\n250 early\r\n"),
    ] {
        let act = Act::Octets(early.as_bytes());
        let smtp = ScriptedSmtp::start().await;
        smtp.next(verb, act);
        let mut conversation = SmtpConversation::connect(&impatient(smtp.port())).await.unwrap();
        let outcome = send(&mut conversation, "sato@customer.example").await;
        assert!(
            matches!(outcome, DeliveryOutcome::Deferred { .. }),
            "{early} {outcome:?}"
        );
        assert!(smtp.mails().is_empty(), "{early}");
    }
}

#[tokio::test]
async fn a_line_lost_within_the_mail_defers_it() {
    let smtp = ScriptedSmtp::start().await;
    smtp.next(Verb::Data, Act::AcceptThenDrop);
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    let large = [MAIL, b"0123456789\r\n".repeat(2_000_000).as_slice()].concat();
    let outcome = conversation
        .deliver(None, &address("sato@customer.example"), &large)
        .await;
    assert!(matches!(outcome, DeliveryOutcome::Deferred { .. }), "{outcome:?}");
}
