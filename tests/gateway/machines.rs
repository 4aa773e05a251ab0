//! Machines write too; they are never answered.

use madoguchi::store::tickets;
use madoguchi::ticket::{EventKind, TicketNumber, TicketStatus};

use crate::world::{World, proven};

#[tokio::test]
async fn an_out_of_office_answer_is_stored_without_acknowledgement_or_change() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        let receipt = sato.receives().await;
        tanaka.receives().await;
        let headers = [
            "Auto-Submitted: auto-replied".to_owned(),
            format!("In-Reply-To: {}", receipt.id()),
            format!("References: {}", receipt.id()),
        ];
        sato.writes_with("自動応答: EC2の件", &headers, "本日は不在にしております。")
            .await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(ticket.status, TicketStatus::New);
        assert!(
            tickets::find_ticket_by_number(&mut tx, TicketNumber(2))
                .await
                .unwrap()
                .is_none()
        );
    })
    .await;
}

#[tokio::test]
async fn a_bounce_of_our_answer_reopens_the_ticket_and_is_not_acknowledged() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", "480913372265").await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。").await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        tanaka.replies_to(&notice, "確認いたします。").await;
        let answer = sato.receives().await;
        tanaka.receives().await;
        let report = format!(
            "Return-Path: <>\r\nFrom: MAILER-DAEMON@customer.example\r\nTo: aws_tec@desk.example\r\n\
             Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <dsn1@customer.example>\r\n\
             Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nThe mail could not be delivered.\r\n\
             --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.customer.example\r\n\r\n\
             Final-Recipient: rfc822; sato@customer.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n\
             --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {}\r\nSubject: x\r\n\r\n--b--\r\n",
            answer.id()
        );
        world.deliver(report.as_bytes());
        world.settles().await;
        let told = tanaka.receives().await;
        assert!(told.text().contains("届きませんでした"), "{}", told.shown());
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1)).await.unwrap().unwrap();
        assert_eq!(ticket.status, TicketStatus::Open);
        let events = tickets::list_events(&mut tx, ticket.id).await.unwrap();
        assert!(events.iter().any(|event| event.kind == EventKind::Bounced && event.detail.contains("5.1.1")), "{events:?}");
    })
    .await;
}

#[tokio::test]
async fn a_colleagues_out_of_office_never_reaches_the_customer() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        let headers = [
            format!(
                "Authentication-Results: {}; auth=pass smtp.auth=tanaka@desk.example",
                crate::world::BORDER
            ),
            "Auto-Submitted: auto-replied".to_owned(),
        ];
        tanaka
            .person
            .replies_with(&notice, &headers, "休暇中です。")
            .await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn our_own_mail_that_comes_back_opens_nothing() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        let receipt = sato.receives().await;
        tanaka.receives().await;
        world.deliver(&receipt.bytes);
        world.settles().await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_contacts_list_headers_only_delay_the_acknowledgement() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let list = |verdict: Option<String>| -> Vec<String> {
            let list = [
                "List-Id: <infra.customer.example>".to_owned(),
                "Precedence: list".to_owned(),
            ];
            verdict.into_iter().chain(list).collect()
        };
        let text = "480913372265 のEC2に接続できません。";
        sato.writes_with("EC2の件", &list(None), text).await;
        sato.receives_nothing().await;
        tanaka.receives().await;
        sato.writes_with("RDSの件", &list(Some(proven("customer.example"))), text)
            .await;
        sato.receives_nothing().await;
        tanaka.receives().await;
        world.time_passes(chrono::TimeDelta::minutes(10)).await;
        let receipt = sato.receives().await;
        assert!(
            receipt.header("Subject").contains("RDSの件"),
            "{}",
            receipt.shown()
        );
    })
    .await;
}
