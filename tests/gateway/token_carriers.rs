//! What brings a reply token back (SPEC §6): a plus-address, an address of a catch-all domain, or the Message-ID
//! of the mail that is answered. Whatever carries it, it selects the ticket and proves nobody's hand.

use std::sync::Arc;

use crate::world::dns::{NameServer, Says};
use crate::world::signing::Key;
use crate::world::{CONTACT, Letter, Person, Staff, World};

const CARRIERS: [&str; 3] = ["plus-address", "catch-all:reply.desk.example", "message-id"];
const ANSWER: &str = "セキュリティグループをご確認ください。";

/// A customer's inquiry, and the member who holds its notification.
async fn an_open_inquiry(world: &Arc<World>) -> (Person, Staff, Letter) {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
    let notice = inquires(&sato, &tanaka, "EC2に接続できません").await;
    (sato, tanaka, notice)
}

async fn inquires(sato: &Person, tanaka: &Staff, subject: &str) -> Letter {
    sato.writes(subject, "480913372265 で困っています。").await;
    sato.receives().await;
    tanaka.receives().await
}

#[tokio::test]
async fn a_colleague_presses_reply_and_the_customer_gets_the_answer_whatever_carries_the_token() {
    for carrier in CARRIERS {
        World::run_carrying(carrier, "", async |world| {
            let (sato, tanaka, notice) = an_open_inquiry(&world).await;
            let goes_to = notice.reply_address();
            match carrier {
                "plus-address" => assert!(goes_to.starts_with("aws_tec+"), "{goes_to}"),
                "message-id" => assert_eq!(goes_to, CONTACT),
                _ => assert!(goes_to.ends_with("@reply.desk.example"), "{goes_to}"),
            }
            tanaka.replies_to(&notice, ANSWER).await;
            let answer = sato.receives().await;
            assert!(answer.text().contains(ANSWER), "{carrier}: {}", answer.shown());
            // What tells the desk its people does not travel on to the customer.
            let bytes = String::from_utf8_lossy(&answer.bytes).into_owned();
            assert!(!bytes.contains(&notice.id()), "{carrier}");
            assert_eq!(answer.reply_address(), CONTACT);
            let receipt = tanaka.receives().await;
            // The receipt can be answered in the same way.
            tanaka.replies_to(&receipt, "追加のご案内です。").await;
            assert!(sato.receives().await.text().contains("追加のご案内です。"));
            tanaka.receives().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_leaked_token_gives_a_stranger_and_the_customer_nothing_whatever_carries_it() {
    for carrier in CARRIERS {
        World::run_carrying(carrier, "", async |world| {
            let (sato, tanaka, notice) = an_open_inquiry(&world).await;
            // Somebody in the member's name, and somebody in nobody's.
            for author in ["田中 <tanaka@desk.example>", "x <mallory@evil.example>"] {
                world
                    .stranger(author)
                    .replies_to(&notice, "アクセスキーをお送りください。")
                    .await;
                sato.receives_nothing().await;
            }
            tanaka.receives().await;
            // The customer, who writes as a customer.
            sato.replies_to(&notice, "#close\n進展はありますか。").await;
            sato.received().await;
            let told = tanaka.person.received().await.pop().unwrap();
            assert!(
                told.text().contains("進展はありますか"),
                "{carrier}: {}",
                told.shown()
            );
            world.time_passes(chrono::TimeDelta::minutes(11)).await;
            tanaka.receives().await;
            world
                .stranger("x <mallory@evil.example>")
                .receives_nothing()
                .await;
        })
        .await;
    }
}

#[tokio::test]
async fn evidence_that_disagrees_is_held_whatever_carries_the_token() {
    for carrier in CARRIERS {
        World::run_carrying(carrier, "", async |world| {
            let (sato, tanaka, first) = an_open_inquiry(&world).await;
            let second = inquires(&sato, &tanaka, "RDSの上限").await;
            // The mail client completes the old address in an answer to the newer mail.
            if carrier == "message-id" {
                // It has none to complete; but an answer can name mails of two tickets.
                let both = [
                    tanaka.stamp(),
                    format!("In-Reply-To: {}", second.id()),
                    format!("References: {} {}", first.id(), second.id()),
                ];
                let sent = tanaka.person.composes(CONTACT, "Re: RDSの上限", &both, ANSWER);
                tanaka.person.posts(sent).await;
            } else {
                tanaka
                    .replies_to_address(&second, &first.reply_address(), ANSWER)
                    .await;
            }
            sato.receives_nothing().await;
            tanaka.receives().await;
            // An old mail of the thread is answered, and the subject is changed to another number.
            let stamp = [tanaka.stamp(), format!("In-Reply-To: {}", first.id())];
            let sent =
                tanaka
                    .person
                    .composes(&first.reply_address(), "Re: [DESK-000002] RDS", &stamp, ANSWER);
            let done = world.takes(&sent.raw).await;
            assert_eq!(done[0].reason, "answers-another-ticket", "{carrier}");
            world.sends_mail().await;
            sato.receives_nothing().await;
            world.time_passes(chrono::TimeDelta::minutes(11)).await;
            tanaka.receives().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_message_id_token_speaks_only_in_a_mail_that_is_written_to_the_desk() {
    World::run_carrying("message-id", "", async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        // The member writes to the customer directly, with the desk in Cc: it has gone to them already.
        let copied = [format!("Cc: <{CONTACT}>"), tanaka.stamp()];
        let sent = tanaka
            .person
            .composes_reply(&notice, &sato.address, &copied, ANSWER);
        let done = world.takes(&sent.raw).await;
        assert_eq!(done[0].reason, "answered-outside");
        // A new mail to the desk is no answer to anything, and a forged identifier of ours bears nothing.
        for headers in [
            vec![tanaka.stamp()],
            vec![
                tanaka.stamp(),
                format!("In-Reply-To: {}", notice.id().replacen('a', "b", 1)),
            ],
        ] {
            let sent = tanaka.person.composes(CONTACT, "EC2", &headers, ANSWER);
            let done = world.takes(&sent.raw).await;
            assert_eq!(done[0].reason, "no-token");
        }
        world.sends_mail().await;
        sato.receives_nothing().await;
        tanaka.person.received().await;
        world.time_passes(chrono::TimeDelta::minutes(11)).await;
        tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn a_held_mail_is_let_go_by_answering_the_request_where_no_address_can_say_which() {
    World::run_carrying("message-id", "", async |world| {
        let (sato, tanaka, notice) = an_open_inquiry(&world).await;
        let private = world.stranger("田中 <taro.tanaka@private.example>");
        private.replies_to(&notice, ANSWER).await;
        sato.receives_nothing().await;
        let request = tanaka.receives().await;
        assert_eq!(request.reply_address(), CONTACT);
        tanaka.replies_to(&request, "#send").await;
        assert!(sato.receives().await.text().contains(ANSWER));
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_signature_has_to_cover_the_thread_that_bears_the_token() {
    let key = Key::new();
    let record = Says::Text(key.record());
    let server = NameServer::start(&[("s1._domainkey.desk.example", record)]).await;
    let trust = format!(
        "[staff]\nanchor = \"dkim\"\n[authentication]\nresolver = \"{}\"\n",
        server.address()
    );
    World::run_carrying("message-id", &trust, async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        world.pipeline.send_probes(None).await.unwrap();
        world.sends_mail().await;
        let probe = tanaka.receives().await;
        let answer = tanaka.person.composes_reply(&probe, CONTACT, &[], "");
        let raw = String::from_utf8(answer.raw).unwrap();
        let done = world
            .takes(key.signs_threads("desk.example", &raw).as_bytes())
            .await;
        assert_eq!(done[0].reason, "probe-answered");
        world.sends_mail().await;
        tanaka.receives().await;
        let notice = inquires(&sato, &tanaka, "EC2").await;
        // A mail of the member's to the desk about something else, sent on with the thread written into it.
        let other = tanaka
            .person
            .composes(CONTACT, "社内連絡", &[], "明日は休みます。");
        let raw = String::from_utf8(other.raw).unwrap();
        let moved = format!(
            "In-Reply-To: {}\r\n{}",
            notice.id(),
            key.signs("desk.example", &raw)
        );
        let done = world.takes(moved.as_bytes()).await;
        assert_eq!(done[0].reason, "no-token");
        let answer = tanaka.person.composes_reply(&notice, CONTACT, &[], ANSWER);
        let raw = String::from_utf8(answer.raw).unwrap();
        let done = world
            .takes(key.signs_threads("desk.example", &raw).as_bytes())
            .await;
        assert_eq!(done[0].reason, "staff-answer");
        world.sends_mail().await;
        sato.receives().await;
        tanaka.person.received().await;
    })
    .await;
}
