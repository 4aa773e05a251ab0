//! Tickets that nobody writes to any more: reminded, closed, closed in silence.

use insta::assert_snapshot;
use madoguchi::store::tickets;
use madoguchi::ticket::{TicketNumber, TicketStatus};

use crate::world::{Letter, Person, Staff, World};

const ACCOUNT: &str = "480913372265";

async fn status(world: &World) -> TicketStatus {
    let mut tx = world.database().read().await.unwrap();
    let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
        .await
        .unwrap();
    ticket.unwrap().status
}

/// An inquiry that Tanaka answers with these words on Wednesday, 4 March at ten; the customer's last letter.
async fn answered(world: &std::sync::Arc<World>, words: &str) -> (Person, Staff, Letter) {
    let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
    let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
    sato.writes("EC2の件", "480913372265 のEC2インスタンスに接続できません。")
        .await;
    sato.receives().await;
    let notice = tanaka.receives().await;
    tanaka.replies_to(&notice, words).await;
    let answer = sato.receives().await;
    tanaka.receives().await;
    (sato, tanaka, answer)
}

#[tokio::test]
async fn a_question_is_repeated_after_five_business_days_and_given_up_after_ten() {
    World::run(async |world| {
        let (sato, tanaka, answer) = answered(&world, "#pending\nログをお送りください。").await;
        assert_eq!(status(&world).await, TicketStatus::PendingCustomer);
        world.time_passes_to("2026-03-11T09:59:59").await;
        sato.receives_nothing().await;
        world.time_passes_to("2026-03-11T10:00:00").await;
        let reminder = sato.receives().await;
        assert_snapshot!(reminder.shown(), @"
        From: AWSサポート窓口 <aws_tec@desk.example>
        To: 佐藤 <sato@customer.example>
        Subject: Re: EC2の件
        Auto-Submitted: auto-generated

        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        AWSサポート窓口です。
        本件につきまして、3月4日(水)よりお客様からのご連絡をお待ちしております。
        お手数をおかけいたしますが、本メールへのご返信にて状況をお知らせください。

        3月18日(水)までにご連絡がない場合は、本件の対応を終了いたします。
        すでに解決している場合は、ご返信には及びません。

        AWSサポート窓口
        ");
        assert!(reminder.threads_with(&answer));
        world.desk_restarts().await;
        world.time_passes_to("2026-03-18T09:59:59").await;
        sato.receives_nothing().await;
        assert_eq!(status(&world).await, TicketStatus::PendingCustomer);
        world.time_passes_to("2026-03-18T10:00:00").await;
        assert_snapshot!(sato.receives().await.text(), @"
        受付番号: DESK-000001

        株式会社サンプル
        佐藤 様

        AWSサポート窓口です。
        本件につきまして、3月4日(水)よりご連絡をお待ちしておりましたが、
        ご返信がございませんでしたので、対応を終了いたしました。

        引き続きご相談がございましたら、本メールへご返信ください。
        あらためて承ります。

        AWSサポート窓口
        ");
        assert_eq!(status(&world).await, TicketStatus::Closed);
        // A late answer opens it again.
        sato.replies_to(&reminder, "遅くなりました。ログをお送りします。")
            .await;
        assert_eq!(status(&world).await, TicketStatus::Open);
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_to_the_reminder_ends_the_counting() {
    World::run(async |world| {
        let (sato, tanaka, _) = answered(&world, "#pending\nログをお送りください。").await;
        world.time_passes_to("2026-03-11T10:00:00").await;
        let reminder = sato.receives().await;
        sato.replies_to(&reminder, "ログをお送りします。").await;
        assert_eq!(status(&world).await, TicketStatus::Open);
        tanaka.receives().await;
        world.time_passes_to("2026-04-30T10:00:00").await;
        assert_eq!(status(&world).await, TicketStatus::Open);
        sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn an_answered_ticket_closes_in_silence_after_ten_business_days() {
    World::run(async |world| {
        let (sato, tanaka, _) = answered(&world, "設定をご確認ください。").await;
        world.time_passes_to("2026-03-18T09:59:59").await;
        assert_eq!(status(&world).await, TicketStatus::Answered);
        world.time_passes_to("2026-03-18T10:00:00").await;
        assert_eq!(status(&world).await, TicketStatus::Closed);
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
    })
    .await;
}
