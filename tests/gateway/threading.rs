//! Which ticket a customer's mail goes to, in the situations in which mail clients and people mislead.

use chrono::TimeDelta;
use madoguchi::store::tickets;
use madoguchi::ticket::{Ticket, TicketNumber, TicketStatus};

use crate::world::scripted_smtp::{Act, Verb};
use crate::world::{CONTACT, World};

async fn ticket(world: &World, number: i64) -> Option<Ticket> {
    let mut tx = world.database().read().await.unwrap();
    tickets::find_ticket_by_number(&mut tx, TicketNumber(number))
        .await
        .unwrap()
}

#[tokio::test]
async fn a_boss_who_replies_to_all_of_the_customers_first_mail_joins_the_ticket() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let boss = world.colleague_of("sample", "部長 <boss@customer.example>").await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let first = sato
            .writes_with(
                "EC2に接続できません",
                &["Cc: boss@customer.example".to_owned()],
                "480913372265 のEC2に接続できません。",
            )
            .await;
        sato.receives().await;
        tanaka.receives().await;
        boss.writes_with(
            "Re: EC2に接続できません",
            &[
                format!("In-Reply-To: {}", first.id),
                "Cc: sato@customer.example".to_owned(),
            ],
            "私からもお願いします。本日中に復旧が必要です。",
        )
        .await;
        let update = tanaka.receives().await;
        assert!(
            update.text().contains("本日中に復旧が必要です。"),
            "{}",
            update.shown()
        );
        assert!(update.text().contains("DESK-000001"), "{}", update.shown());
        assert_eq!(ticket(&world, 2).await, None);
        boss.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn last_months_mail_reused_for_a_new_question_opens_a_linked_ticket() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
            .await;
        let receipt = sato.receives().await;
        world.time_passes(TimeDelta::days(5)).await;
        sato.writes_with(
            "RDSのバックアップについて",
            &[format!("In-Reply-To: {}", receipt.id())],
            "480913372265 のRDSのバックアップ期間を延ばす方法を教えてください。",
        )
        .await;
        sato.receives().await;
        let first = ticket(&world, 1).await.unwrap();
        assert_eq!(ticket(&world, 2).await.unwrap().related_to, Some(first.id));
    })
    .await;
}

#[tokio::test]
async fn thanks_alone_leave_a_closed_ticket_closed_and_a_question_opens_it_again() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        tanaka
            .replies_to(&notice, "#close\n22番ポートを開けてください。")
            .await;
        let answer = sato.receives().await;
        tanaka.receives().await;
        sato.replies_to(&answer, "ありがとうございました。接続できました。")
            .await;
        tanaka.receives().await;
        assert_eq!(ticket(&world, 1).await.unwrap().status, TicketStatus::Closed);
        sato.replies_to(
            &answer,
            "その後、また接続できなくなりました。ご確認いただけますか。",
        )
        .await;
        tanaka.receives().await;
        assert_eq!(ticket(&world, 1).await.unwrap().status, TicketStatus::Open);
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_an_identifier_that_the_server_wrote_over_ours_finds_its_ticket() {
    World::run(async |world| {
        world
            .server_rewrites_ids("ap-northeast-1.amazonses.example")
            .await;
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let rewritten = "0106018cabcdef12-0a1b2c3d-4e5f-6789-abcd-ef0123456789-000000";
        let reply: &'static str = "Ok 0106018cabcdef12-0a1b2c3d-4e5f-6789-abcd-ef0123456789-000000";
        world.smtp.next(Verb::Dot, Act::Reply(250, reply));
        sato.writes("EC2に接続できません", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        sato.writes_with(
            "Re: EC2に接続できません",
            &[format!(
                "In-Reply-To: <{rewritten}@ap-northeast-1.amazonses.example>"
            )],
            "追記です。",
        )
        .await;
        assert_eq!(ticket(&world, 2).await, None, "it opened a second ticket");
    })
    .await;
}

#[tokio::test]
async fn the_contact_address_in_cc_beside_a_colleague_opens_one_ticket_for_both_mails() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let mori = world.colleague_of("sample", "森 <mori@customer.example>").await;
        let first = sato
            .writes("S3の権限", "480913372265 のS3の権限設定を教えてください。")
            .await;
        sato.receives().await;
        mori.writes_with(
            "Re: S3の権限",
            &[
                format!("References: <unknown@customer.example> {}", first.id),
                format!("Cc: <{CONTACT}>"),
            ],
            "バケット名は example-logs です。",
        )
        .await;
        assert_eq!(ticket(&world, 2).await, None);
    })
    .await;
}
