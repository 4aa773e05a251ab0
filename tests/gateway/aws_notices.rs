//! Notices that AWS writes: one ticket an event, and none where the sender is not proven.

use madoguchi::store::tickets;
use madoguchi::ticket::TicketNumber;

use crate::world::{World, proven};

/// A notice of AWS about one account.
fn aws_notice(id: u32, account: &str, border: &str) -> String {
    format!(
        "{border}From: \"Amazon Web Services, Inc.\" <no-reply-aws@amazon.com>\r\nTo: <aws_tec@desk.example>\r\n\
         Subject: [Retirement Notification] Amazon EC2 Instance scheduled for retirement [AWS Account: {account}]\r\n\
         Date: Wed, 4 Mar 2026 10:00:00 +0900\r\nMessage-ID: <n{id}@mail.amazon.example>\r\n\
         Content-Type: text/plain; charset=UTF-8\r\n\r\n\
         Dear Amazon EC2 Customer,\r\n\r\nAn instance of your account (AWS Account ID: {account}) in the\r\n\
         ap-northeast-1 region is scheduled for retirement.\r\n"
    )
}

#[tokio::test]
async fn one_event_of_aws_for_three_accounts_is_one_ticket_of_the_desk() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", "480913372265").await;
        world
            .import(&["customer_id,account_id,label,starts,ends\nsample,046425940015,検証,,\nsample,715830264491,開発,,\n"])
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let border = proven("amazon.com") + "\r\n";
        let accounts = ["480913372265", "046425940015", "715830264491"];
        for (nth, account) in (1..).zip(accounts) {
            world.deliver(aws_notice(nth, account, &border).as_bytes());
            world.settles().await;
        }
        let notice = tanaka.receives().await;
        assert!(notice.text().contains("AWSからの通知"), "{}", notice.shown());
        sato.receives_nothing().await;
        tanaka.replies_to(&notice, "対応方針を確認します。").await;
        tanaka.receives().await;
        assert!(world.smtp.mails().iter().all(|mail| !mail.recipient.contains("amazon")));
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1)).await.unwrap().unwrap();
        assert_eq!((ticket.account_outcome.as_str(), ticket.customer_id), ("several", None));
        let events = tickets::list_events(&mut tx, ticket.id).await.unwrap();
        for account in accounts {
            assert!(events.iter().any(|event| event.detail.contains(account)), "{account}: {events:?}");
        }
        assert!(tickets::find_ticket_by_number(&mut tx, TicketNumber(2)).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn the_same_event_a_day_later_and_another_event_are_tickets_of_their_own() {
    World::run(async |world| {
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let border = proven("amazon.com") + "\r\n";
        world.deliver(aws_notice(1, "480913372265", &border).as_bytes());
        world.settles().await;
        tanaka.receives().await;
        let other = aws_notice(2, "480913372265", &border).replace("retirement", "maintenance");
        world.deliver(other.as_bytes());
        world.settles().await;
        tanaka.receives().await;
        world.clock.advance(chrono::TimeDelta::hours(25));
        world.deliver(aws_notice(3, "480913372265", &border).as_bytes());
        world.settles().await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_forged_notice_of_aws_is_not_taken() {
    World::run(async |world| {
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let failed = format!(
            "Authentication-Results: {}; dmarc=fail policy.dmarc=quarantine header.from=amazon.com\r\n",
            crate::world::BORDER
        );
        let elsewhere = "Authentication-Results: mx.evil.example; dmarc=pass header.from=amazon.com\r\n";
        for (nth, border) in (1..).zip(["", &failed, elsewhere, &(proven("evil.example") + "\r\n")]) {
            world.deliver(aws_notice(nth, "480913372265", border).as_bytes());
            world.settles().await;
        }
        tanaka.receives_nothing().await;
        let mut tx = world.database().read().await.unwrap();
        assert!(
            tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
                .await
                .unwrap()
                .is_none()
        );
    })
    .await;
}
