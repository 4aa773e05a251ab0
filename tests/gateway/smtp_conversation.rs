//! What one conversation with the submission server claims, and what it must never claim.

use madoguchi::mail::EmailAddress;
use madoguchi::outbound::{DeliveryOutcome, SmtpConversation, SmtpError, SmtpSettings};

use crate::world::SHORT;
use crate::world::lines::smtp as settings;
use crate::world::proxy::CutProxy;
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

fn with_login(port: u16) -> SmtpSettings {
    SmtpSettings {
        user: Some("desk".to_owned()),
        password: Some("correct horse".into()),
        ..settings(port)
    }
}

#[tokio::test]
async fn an_accepted_mail_arrives_octet_for_octet() {
    let smtp = ScriptedSmtp::start().await;
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    let outcome = send(&mut conversation, "sato@customer.example").await;
    assert_eq!(
        outcome,
        DeliveryOutcome::Accepted {
            reply: "250 2.0.0 taken".to_owned()
        }
    );
    let [mail] = smtp.mails().try_into().unwrap();
    assert_eq!(
        (mail.sender.as_str(), mail.recipient.as_str()),
        ("desk@desk.example", "sato@customer.example")
    );
    assert_eq!(String::from_utf8(mail.bytes), String::from_utf8(MAIL.to_vec()));
}

#[tokio::test]
async fn a_mail_larger_than_one_block_keeps_its_dots_at_the_block_ends() {
    let smtp = ScriptedSmtp::start().await;
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    let mail = ".\r\n".repeat(100_000);
    let outcome = conversation
        .deliver(None, &address("sato@customer.example"), mail.as_bytes())
        .await;
    assert!(matches!(outcome, DeliveryOutcome::Accepted { .. }), "{outcome:?}");
    let [kept] = smtp.mails().try_into().unwrap();
    assert!(kept.sender.is_empty() && kept.bytes == mail.as_bytes());
}

#[tokio::test]
async fn one_conversation_carries_several_mails_with_a_reset_between() {
    let smtp = ScriptedSmtp::start().await;
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    send(&mut conversation, "sato@customer.example").await;
    send(&mut conversation, "suzuki@customer.example").await;
    conversation.quit().await;
    let recipients: Vec<String> = smtp.mails().into_iter().map(|mail| mail.recipient).collect();
    assert_eq!(recipients, ["sato@customer.example", "suzuki@customer.example"]);
    assert_eq!(smtp.connections(), 1);
    let commands = smtp.commands();
    assert_eq!(commands.iter().filter(|command| *command == "RSET").count(), 1);
    assert_eq!(commands.last().unwrap(), "QUIT");
}

#[tokio::test]
async fn carrier_addresses_go_quoted() {
    let smtp = ScriptedSmtp::start().await;
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    send(&mut conversation, "a..b@docomo.ne.jp").await;
    assert_eq!(smtp.mails()[0].recipient, "\"a..b\"@docomo.ne.jp");
}

#[tokio::test]
async fn a_conversation_after_trouble_sends_nothing_more() {
    let smtp = ScriptedSmtp::start().await;
    smtp.next(Verb::Rcpt, Act::Reply(550, "5.1.1 unknown"));
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    send(&mut conversation, "nobody@customer.example").await;
    let outcome = send(&mut conversation, "sato@customer.example").await;
    assert!(matches!(outcome, DeliveryOutcome::Deferred { .. }), "{outcome:?}");
    assert!(smtp.mails().is_empty());
}

#[tokio::test]
async fn a_caller_who_leaves_in_the_middle_ends_the_conversation() {
    let smtp = ScriptedSmtp::start().await;
    smtp.next(Verb::Mail, Act::Stall);
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    let left = tokio::time::timeout(SHORT, send(&mut conversation, "sato@customer.example")).await;
    assert!(left.is_err() && !conversation.is_usable());
}

#[tokio::test]
async fn a_server_that_left_between_two_mails_is_noticed_by_the_reset() {
    let smtp = ScriptedSmtp::start().await;
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    send(&mut conversation, "sato@customer.example").await;
    smtp.down().await;
    assert!(conversation.is_usable());
    let recipient = address("sato@customer.example");
    let outcome = conversation
        .deliver_when((None, &recipient), MAIL, std::future::ready(true))
        .await;
    assert_eq!(outcome, Ok(None), "nothing was tried: a new conversation may");
    assert!(!conversation.is_usable());
}

#[tokio::test]
async fn a_server_that_was_down_is_found_again_at_the_same_port() {
    let smtp = ScriptedSmtp::start().await;
    smtp.down().await;
    let down = SmtpConversation::connect(&settings(smtp.port()))
        .await
        .unwrap_err();
    assert!(
        matches!(down, SmtpError::Connect(_)) && down.is_transient(),
        "{down}"
    );
    smtp.up().await;
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    send(&mut conversation, "sato@customer.example").await;
    assert_eq!(smtp.wait_for(1).await.len(), 1);
}

#[tokio::test]
async fn a_line_cut_before_the_mail_defers_it() {
    let smtp = ScriptedSmtp::start().await;
    let proxy = CutProxy::start(smtp.port()).await;
    let mut conversation = SmtpConversation::connect(&settings(proxy.port())).await.unwrap();
    proxy.cut().await;
    let outcome = send(&mut conversation, "sato@customer.example").await;
    assert!(matches!(outcome, DeliveryOutcome::Deferred { .. }), "{outcome:?}");
    let refused = SmtpConversation::connect(&settings(proxy.port()))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, SmtpError::Connect(_)) && refused.is_transient(),
        "{refused}"
    );
    proxy.restore().await;
    let mut conversation = SmtpConversation::connect(&settings(proxy.port())).await.unwrap();
    let outcome = send(&mut conversation, "sato@customer.example").await;
    assert!(matches!(outcome, DeliveryOutcome::Accepted { .. }), "{outcome:?}");
}

#[tokio::test]
async fn bytes_that_could_smuggle_a_second_mail_are_never_sent() {
    let smtp = ScriptedSmtp::start().await;
    let mut conversation = SmtpConversation::connect(&settings(smtp.port())).await.unwrap();
    let smuggled = b"Subject: x\r\n\r\nx\n.\r\nMAIL FROM:<a@desk.example>\r\n";
    let outcome = conversation
        .deliver(None, &address("sato@customer.example"), smuggled)
        .await;
    assert!(matches!(outcome, DeliveryOutcome::Refused { .. }), "{outcome:?}");
    assert!(conversation.is_usable() && smtp.mails().is_empty());
}

#[tokio::test]
async fn a_server_that_does_not_want_to_talk_is_tried_again_later() {
    for (verb, act) in [
        (Verb::Greeting, Act::Reply(554, "no service here")),
        (Verb::Greeting, Act::Reply(421, "busy")),
        (Verb::Greeting, Act::Drop),
        (Verb::Greeting, Act::Stall),
        (Verb::Ehlo, Act::Reply(550, "who are you")),
        (Verb::Ehlo, Act::Stall),
    ] {
        let smtp = ScriptedSmtp::start().await;
        smtp.next(verb, act.clone());
        let mut settings = settings(smtp.port());
        settings.timeouts.greeting = SHORT;
        let error = SmtpConversation::connect(&settings).await.unwrap_err();
        assert!(error.is_transient(), "{verb:?} {act:?}: {error}");
    }
}

#[tokio::test]
async fn a_configured_user_logs_in_before_the_first_mail() {
    let smtp = ScriptedSmtp::start().await;
    SmtpConversation::connect(&with_login(smtp.port())).await.unwrap();
    assert!(
        smtp.commands()[1].starts_with("AUTH PLAIN "),
        "{:?}",
        smtp.commands()
    );
}

#[tokio::test]
async fn a_refused_login_is_trouble_of_the_configuration_and_a_busy_one_is_not() {
    let smtp = ScriptedSmtp::start().await;
    smtp.next(Verb::Auth, Act::Reply(535, "5.7.8 wrong"));
    let refused = SmtpConversation::connect(&with_login(smtp.port()))
        .await
        .unwrap_err();
    assert!(!refused.is_transient(), "{refused}");
    smtp.next(Verb::Auth, Act::Reply(454, "4.7.0 busy"));
    let busy = SmtpConversation::connect(&with_login(smtp.port()))
        .await
        .unwrap_err();
    assert!(busy.is_transient(), "{busy}");
    assert!(!format!("{refused:?} {busy:?}").contains("correct horse"));
}
