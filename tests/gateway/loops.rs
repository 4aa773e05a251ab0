//! Machines that answer machines, floods in another's name, and what staff are told of in lists.

use chrono::TimeDelta;
use madoguchi::store::{messages, quiet, tickets};
use madoguchi::ticket::{TicketNumber, TicketStatus};

use crate::world::{Letter, Person, World, proven};

const TEXT: &str = "480913372265 のEC2に接続できません。";

async fn tanaka_and_sato(world: &std::sync::Arc<World>) -> (crate::world::Staff, Person) {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    (world.staff("田中 <tanaka@desk.example>", 1).await, sato)
}

/// Answers every mail of the desk for a day, a few seconds later, as a machine does.
async fn answers_for_a_day(
    world: &std::sync::Arc<World>,
    machine: &Person,
    answer: impl AsyncFn(&Person, &Letter, usize),
) -> usize {
    let mut received = 0;
    for _ in 0..24 * 6 {
        for letter in machine.received().await {
            received += 1;
            world.time_passes(TimeDelta::seconds(5)).await;
            answer(machine, &letter, received).await;
        }
        world.time_passes(TimeDelta::minutes(10)).await;
    }
    received
}

#[tokio::test]
async fn an_autoresponder_with_headers_falls_silent_after_one_acknowledgement() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        sato.writes_with("EC2の件", &[proven("customer.example")], TEXT)
            .await;
        let received = answers_for_a_day(&world, &sato, async |sato, letter, _| {
            let headers = [
                proven("customer.example"),
                "Auto-Submitted: auto-replied".to_owned(),
            ];
            sato.replies_with(letter, &headers, "不在にしております。").await;
        })
        .await;
        assert_eq!(received, 1);
        tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn an_autoresponder_without_any_header_falls_silent() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        sato.writes("EC2の件", TEXT).await;
        let received = answers_for_a_day(&world, &sato, async |sato, _, number| {
            let subject = format!("受け取りました {number}");
            sato.writes(&subject, "担当者よりご連絡します。").await;
        })
        .await;
        assert_eq!(received, 1);
        tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn an_autoresponder_of_a_proven_contact_falls_silent_after_one_acknowledgement_and_one_bundle() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        let proof = [proven("customer.example")];
        sato.writes_with("EC2の件", &proof, TEXT).await;
        let received = answers_for_a_day(&world, &sato, async |sato, _, number| {
            let subject = format!("受け取りました {number}");
            sato.writes_with(&subject, &proof, "担当者よりご連絡します。")
                .await;
        })
        .await;
        assert!(received <= 2, "{received} letters went to a machine");
        tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn two_autoresponders_at_the_desk_fall_silent_after_at_most_one_acknowledgement_each() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        let mori = world.colleague_of("sample", "森 <mori@customer.example>").await;
        sato.writes("EC2の件", TEXT).await;
        mori.writes("RDSの件", TEXT).await;
        let mut received = [0, 0];
        // Each answers whatever it gets, one as a new mail and one as a reply, without any header.
        for _ in 0..24 * 6 {
            for letter in sato.received().await {
                received[0] += 1;
                world.time_passes(TimeDelta::seconds(5)).await;
                sato.writes(&format!("受け取りました {}", received[0]), "ご連絡します。")
                    .await;
                drop(letter);
            }
            for letter in mori.received().await {
                received[1] += 1;
                world.time_passes(TimeDelta::seconds(5)).await;
                mori.replies_to(&letter, "受け取りました。").await;
            }
            world.time_passes(TimeDelta::minutes(10)).await;
        }
        assert_eq!(received, [1, 1]);
        tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_mail_that_bears_the_subject_of_our_fresh_letter_is_not_acknowledged() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        sato.writes("EC2の件", TEXT).await;
        sato.receives().await;
        world.time_passes(TimeDelta::seconds(30)).await;
        sato.writes("自動でお返事します(EC2の件)", "担当者よりご連絡します。")
            .await;
        sato.receives_nothing().await;
        world.time_passes(TimeDelta::minutes(3)).await;
        sato.writes("EC2の件 その2", TEXT).await;
        sato.receives().await;
        assert_eq!(tanaka.person.received().await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_ticket_on_which_a_machine_answers_falls_quiet_with_one_alarm_and_keeps_every_mail() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        sato.writes("EC2の件", TEXT).await;
        let receipt = sato.receives().await;
        for number in 0..14 {
            world.time_passes(TimeDelta::seconds(10)).await;
            sato.replies_to(&receipt, &format!("受け取りました {number}"))
                .await;
        }
        let told = tanaka.person.received().await;
        let alarms = told
            .iter()
            .filter(|letter| letter.text().contains("機械による自動応答"));
        assert_eq!(alarms.count(), 1);
        assert_eq!(told.len(), 11, "the inquiry, nine additions, the alarm");
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        assert!(
            quiet::is_quiet(&mut tx, ticket.id, world.clock.now())
                .await
                .unwrap()
        );
        assert_eq!(
            messages::list_messages(&mut tx, ticket.id).await.unwrap().len(),
            15
        );
        drop(tx);
        world.time_passes(TimeDelta::hours(25)).await;
        tanaka.person.received().await;
        sato.replies_to(&receipt, "その後いかがでしょうか。").await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn strangers_are_listed_every_hour_and_answered_from_the_list() {
    World::run(async |world| {
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let new = world.stranger("新規 <new@prospect.example>");
        new.writes(
            "お見積りの件",
            "はじめてご連絡いたします。\n料金を教えてください。",
        )
        .await;
        let other = world.stranger("別 <other@elsewhere.example>");
        other.writes("S3について", "S3の上限を教えてください。").await;
        tanaka.receives_nothing().await;
        world
            .time_passes(TimeDelta::hours(1) + TimeDelta::minutes(1))
            .await;
        let list = tanaka.receives().await;
        for words in [
            "DESK-000001",
            "new@prospect.example",
            "はじめてご連絡いたします。",
            "DESK-000002",
        ] {
            assert!(list.text().contains(words), "{words}: {}", list.shown());
        }
        let address = list
            .text()
            .split_whitespace()
            .find(|word| word.starts_with("aws_tec+"))
            .unwrap()
            .to_owned();
        tanaka
            .replies_to_address(&list, &address, "お問い合わせありがとうございます。")
            .await;
        let answer = new.receives().await;
        assert!(
            answer.text().contains("お問い合わせありがとうございます。"),
            "{}",
            answer.shown()
        );
        assert!(!answer.text().contains("other@"), "{}", answer.shown());
        other.receives_nothing().await;
        tanaka.receives().await;
        // Whoever is in conversation is told at once.
        new.replies_to(&answer, "お願いいたします。").await;
        tanaka.receives().await;
        world.time_passes(TimeDelta::hours(3)).await;
        tanaka.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_sender_marked_as_spam_is_listed_apart_and_not_dropped() {
    World::run(async |world| {
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let spammer = world.stranger("宣伝 <offer@spam.example>");
        spammer.writes("格安のご案内", "今だけ半額です。").await;
        world.time_passes(TimeDelta::minutes(61)).await;
        let list = tanaka.receives().await;
        let address = list
            .text()
            .split_whitespace()
            .find(|word| word.starts_with("aws_tec+"))
            .unwrap()
            .to_owned();
        tanaka.replies_to_address(&list, &address, "#spam").await;
        tanaka.receives().await;
        spammer.writes("再度のご案内", "まだ半額です。").await;
        world.time_passes(TimeDelta::minutes(60)).await;
        let list = tanaka.receives().await;
        let (_, suspects) = list.text().split_once("迷惑メールとされた差出人から").unwrap();
        assert!(
            suspects.contains("DESK-000002") && suspects.contains("再度のご案内"),
            "{}",
            list.shown()
        );
        assert!(!list.text().contains("まだ半額です"), "{}", list.shown());
        let mut tx = world.database().read().await.unwrap();
        let first = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap();
        assert_eq!(first.unwrap().status, TicketStatus::Closed);
    })
    .await;
}

#[tokio::test]
async fn the_leads_get_the_list_of_junk_at_nine_once() {
    World::run(async |world| {
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let suzuki = world
            .member("鈴木 <suzuki@desk.example>", 2, "technical,agent")
            .await;
        let raw = "From: <win@lottery.example>\r\nTo: <aws_tec@desk.example>\r\nSubject: You have won\r\n\
             Message-ID: <w1@lottery.example>\r\nDate: Wed, 4 Mar 2026 09:50:00 +0900\r\n\r\nwon\r\n";
        world.deliver_to_junk(raw.as_bytes()).await;
        world.reads_junk().await;
        world.time_passes_to("2026-03-05T08:59:00").await;
        tanaka.receives_nothing().await;
        world.time_passes_to("2026-03-05T09:00:00").await;
        let list = tanaka.receives().await;
        for words in ["You have won", "win@lottery.example", "2026年3月4日", "INBOX"] {
            assert!(list.text().contains(words), "{words}: {}", list.shown());
        }
        world.desk_restarts().await;
        world.time_passes_to("2026-03-07T09:01:00").await;
        tanaka.receives_nothing().await;
        suzuki.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_mail_to_five_hundred_addresses_opens_one_ticket_in_silence() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        let crowd: Vec<String> = (0..500).map(|n| format!("<p{n}@crowd.example>")).collect();
        let raw = format!(
            "From: <sato@customer.example>\r\nTo: {}\r\nSubject: all\r\nMessage-ID: <all@customer.example>\r\n\
             Date: Wed, 4 Mar 2026 09:50:00 +0900\r\n\r\nhello all\r\n",
            crowd.join(",\r\n ")
        );
        world.takes(raw.as_bytes()).await;
        world.sends_mail().await;
        sato.receives_nothing().await;
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
        assert_eq!(tickets::list_tickets(&mut tx, true, 10).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_flood_of_reports_about_mails_that_are_not_ours_is_only_counted() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        sato.writes("EC2の件", TEXT).await;
        let receipt = sato.receives().await;
        tanaka.receives().await;
        let (left, right) = receipt.id().split_once('@').map(|(l, r)| (l.to_owned(), r.to_owned())).unwrap();
        for number in 0..20 {
            let report = format!(
                "Return-Path: <>\r\nFrom: MAILER-DAEMON@evil.example\r\nTo: aws_tec@desk.example\r\n\
                 Subject: Undelivered\r\nMessage-ID: <dsn{number}@evil.example>\r\nMIME-Version: 1.0\r\n\
                 Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
                 --b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n\
                 --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.evil.example\r\n\r\n\
                 Final-Recipient: rfc822; sato@customer.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n\
                 --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {left}{number}@{right}\r\nSubject: x\r\n\r\n--b--\r\n"
            );
            let done = world.takes(report.as_bytes()).await;
            assert_eq!((done[0].reason.as_str(), done[0].ticket), ("delivery-report", None));
        }
        world.sends_mail().await;
        tanaka.receives_nothing().await;
        sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn anothers_account_and_no_account_at_all_are_acknowledged_in_the_same_words() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        world
            .import(&[
                "id,name,name_kana,language,answer_mode\nother,別の会社,ベツ,ja,answer\n",
                "customer_id,account_id,label,starts,ends\nother,731905824416,,,\n",
            ])
            .await;
        let mut texts = Vec::new();
        for id in ["731905824416", "731905824417"] {
            sato.writes(&format!("{id} の件"), &format!("{id} のEC2に接続できません。"))
                .await;
            let text = sato.receives().await.text().replace(id, "ID");
            texts.push(text.replace("DESK-000002", "DESK-000001"));
        }
        assert_eq!(texts[0], texts[1]);
        tanaka.person.received().await;
    })
    .await;
}
