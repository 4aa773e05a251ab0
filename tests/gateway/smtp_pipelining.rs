//! A server that takes commands in groups is asked once for what another is asked four times, and what is
//! claimed of a mail stays as true.

use madoguchi::mail::EmailAddress;
use madoguchi::outbound::{DeliveryOutcome, NotReady, SmtpConversation, SmtpSettings, SmtpTimeouts};
use madoguchi::tls::Security;

use crate::world::SHORT;
use crate::world::scripted_smtp::{Act, ScriptedSmtp, Verb};

const MAIL: &[u8] = b"From: desk@desk.example\r\nSubject: x\r\n\r\nbody\r\n";

async fn connect(smtp: &ScriptedSmtp) -> SmtpConversation {
    let timeouts = SmtpTimeouts {
        mail: SHORT,
        recipient: SHORT,
        data: SHORT,
        megabyte: std::time::Duration::ZERO,
        dot: SHORT,
        ..SmtpTimeouts::default()
    };
    let settings = SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port: smtp.port(),
        security: Security::Plain,
        user: None,
        password: None,
        ca_file: None,
        hello_name: "desk.example".to_owned(),
        timeouts,
    };
    SmtpConversation::connect(&settings).await.unwrap()
}

fn sato() -> EmailAddress {
    EmailAddress::parse("sato@customer.example").unwrap()
}

async fn send(conversation: &mut SmtpConversation) -> DeliveryOutcome {
    conversation.deliver(None, &sato(), MAIL).await
}

#[tokio::test]
async fn mails_go_over_one_after_the_other_and_arrive_whole() {
    let smtp = ScriptedSmtp::start_pipelining().await;
    let mut conversation = connect(&smtp).await;
    for _ in 0..3 {
        let outcome = send(&mut conversation).await;
        assert!(matches!(outcome, DeliveryOutcome::Accepted { .. }), "{outcome:?}");
    }
    assert!(smtp.mails().iter().all(|mail| mail.bytes == MAIL));
    assert_eq!(smtp.connections(), 1);
    assert_eq!(smtp.commands().iter().filter(|line| *line == "RSET").count(), 2);
}

#[tokio::test]
async fn a_refusal_in_the_group_is_the_one_that_counts_and_the_mail_does_not_go_over() {
    for verb in [Verb::Mail, Verb::Rcpt, Verb::Data] {
        for (code, refused) in [(550, true), (451, false)] {
            let smtp = ScriptedSmtp::start_pipelining().await;
            smtp.next(verb, Act::Reply(code, "5.7.1 not here"));
            let mut conversation = connect(&smtp).await;
            let outcome = send(&mut conversation).await;
            // MAIL names nothing but the desk's own address.
            let was_refused = if verb == Verb::Mail {
                matches!(outcome, DeliveryOutcome::Forbidden { .. })
            } else {
                matches!(outcome, DeliveryOutcome::Refused { .. })
            };
            let was_deferred = matches!(outcome, DeliveryOutcome::Deferred { .. });
            assert!(
                was_refused == refused && was_deferred != refused,
                "{verb:?} {code}: {outcome:?}"
            );
            assert!(!conversation.is_usable() && smtp.mails().is_empty());
        }
    }
}

#[tokio::test]
async fn a_line_lost_in_the_group_defers_and_one_lost_with_the_dot_is_unknown() {
    for verb in [Verb::Mail, Verb::Rcpt, Verb::Data] {
        for act in [Act::Drop, Act::Stall] {
            let smtp = ScriptedSmtp::start_pipelining().await;
            smtp.next(verb, act.clone());
            let outcome = send(&mut connect(&smtp).await).await;
            assert!(
                matches!(outcome, DeliveryOutcome::Deferred { .. }),
                "{verb:?} {act:?}: {outcome:?}"
            );
        }
    }
    for act in [Act::Drop, Act::Stall, Act::AcceptThenDrop] {
        let smtp = ScriptedSmtp::start_pipelining().await;
        smtp.next(Verb::Dot, act.clone());
        let outcome = send(&mut connect(&smtp).await).await;
        assert!(
            matches!(outcome, DeliveryOutcome::Unknown { .. }),
            "{act:?}: {outcome:?}"
        );
    }
}

#[tokio::test]
async fn a_second_mail_that_is_refused_is_never_shown_as_sent() {
    let smtp = ScriptedSmtp::start_pipelining().await;
    let mut conversation = connect(&smtp).await;
    send(&mut conversation).await;
    smtp.next(Verb::Dot, Act::Reply(552, "5.2.2 mailbox full"));
    let outcome = send(&mut conversation).await;
    assert!(matches!(outcome, DeliveryOutcome::Refused { .. }), "{outcome:?}");
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn a_server_that_left_between_two_mails_was_not_asked() {
    let smtp = ScriptedSmtp::start_pipelining().await;
    let mut conversation = connect(&smtp).await;
    send(&mut conversation).await;
    smtp.down().await;
    let outcome = conversation
        .deliver_when((None, &sato()), MAIL, std::future::ready(true))
        .await;
    assert_eq!(outcome, Ok(None));
}

#[tokio::test]
async fn a_mail_that_is_not_ready_after_all_does_not_go_over() {
    let smtp = ScriptedSmtp::start_pipelining().await;
    let mut conversation = connect(&smtp).await;
    let outcome = conversation
        .deliver_when((None, &sato()), MAIL, std::future::ready(false))
        .await;
    assert_eq!(outcome, Err(NotReady));
    assert!(!conversation.is_usable() && smtp.mails().is_empty());
}

#[tokio::test]
async fn an_answer_too_many_in_the_group_ends_the_conversation() {
    let smtp = ScriptedSmtp::start_pipelining().await;
    smtp.next(Verb::Rcpt, Act::Octets(b"250 fine\r\n250 and again\r\n"));
    let outcome = send(&mut connect(&smtp).await).await;
    assert!(matches!(outcome, DeliveryOutcome::Deferred { .. }), "{outcome:?}");
    assert!(smtp.mails().is_empty());
}
