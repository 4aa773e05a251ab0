//! Targets: staff are reminded before and at the breach, once, in the desk's own time.

use madoguchi::pipeline::{Correction, Timekeeper};
use madoguchi::ticket::{TicketNumber, TicketStatus};

use crate::world::World;

const ACCOUNT: &str = "480913372265";

const TARGETS: &str = "targets = [\
    { category = \"account-billing\", first_minutes = 240, next_minutes = 480 },\
    { severity = \"high\", first_minutes = 30, next_minutes = 30 },\
    { first_minutes = 120, next_minutes = 60 }]";

async fn writes_of_billing(world: &World, sato: &crate::world::Person) {
    sato.writes(
        "請求書の宛名変更",
        "AWSアカウント 480913372265 の請求書の宛名を変更したいです。手続きを教えてください。",
    )
    .await;
    sato.receives().await;
    world.keeps_time().await;
}

#[tokio::test]
async fn staff_are_reminded_before_and_at_the_breach_and_the_weekend_does_not_count() {
    World::run_clocked("2026-03-06T15:00:00+09:00", TARGETS, "", async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let yamada = world.staff("山田 <yamada@desk.example>", 1).await;
        writes_of_billing(&world, &sato).await;
        yamada.receives().await;
        // Two hours of Friday have passed at five o'clock, and none of the weekend.
        world.time_passes_to("2026-03-09T09:59:59").await;
        yamada.receives_nothing().await;
        world.time_passes_to("2026-03-09T10:00:00").await;
        let near = yamada.receives().await;
        assert!(
            near.message.subject.starts_with("[DESK-000001] 回答期限間近:")
                && near
                    .text()
                    .contains("回答期限: 2026年3月9日(月) 11:00(最初の回答)")
                && near.text().contains("請求書の宛名を変更したい"),
            "{}",
            near.shown()
        );
        assert!(
            near.reply_address().starts_with("aws_tec+"),
            "{}",
            near.reply_address()
        );
        world.time_passes_to("2026-03-09T10:59:59").await;
        yamada.receives_nothing().await;
        world.time_passes_to("2026-03-09T11:00:00").await;
        let missed = yamada.receives().await;
        assert!(
            missed.text().contains("回答期限を過ぎました"),
            "{}",
            missed.shown()
        );
        world.time_passes_to("2026-03-13T16:00:00").await;
        yamada.receives_nothing().await;
        // The reminder is answered like a notification.
        yamada.replies_to(&missed, "手続きは次のとおりです。").await;
        assert!(sato.receives().await.text().contains("手続きは次のとおりです。"));
        yamada.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_restart_and_a_second_process_send_no_reminder_twice() {
    World::run_clocked("2026-03-04T10:00:00+09:00", TARGETS, "", async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let yamada = world.staff("山田 <yamada@desk.example>", 1).await;
        writes_of_billing(&world, &sato).await;
        yamada.receives().await;
        world.clock.advance(chrono::TimeDelta::hours(3));
        let second = Timekeeper::new(std::sync::Arc::clone(&world.pipeline));
        let ((), other) = tokio::join!(world.keeps_time(), second.step());
        other.unwrap();
        world.desk_restarts().await;
        world.keeps_time().await;
        world.sends_mail().await;
        assert!(
            yamada
                .receives()
                .await
                .text()
                .contains("回答期限が近づいています")
        );
        world.desk_restarts().await;
        world.time_passes_to("2026-03-04T14:00:00").await;
        world.desk_restarts().await;
        world.time_passes_to("2026-03-04T14:30:00").await;
        assert!(yamada.receives().await.text().contains("回答期限を過ぎました"));
    })
    .await;
}

#[tokio::test]
async fn time_waited_for_the_customer_does_not_count_and_an_answer_ends_the_wait() {
    World::run_clocked("2026-03-04T10:00:00+09:00", TARGETS, "", async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2インスタンスに接続できません。")
            .await;
        let receipt = sato.receives().await;
        let notice = tanaka.receives().await;
        // After an hour the desk waits for the customer, without having answered: the clock stands.
        world.time_passes_to("2026-03-04T11:00:00").await;
        tanaka.replies_to(&notice, "#pending").await;
        tanaka.receives().await;
        world.time_passes_to("2026-03-04T15:00:00").await;
        tanaka.receives_nothing().await;
        sato.replies_to(&receipt, "ログを採取しました。").await;
        tanaka.receives().await;
        world.time_passes_to("2026-03-04T15:29:59").await;
        tanaka.receives_nothing().await;
        world.time_passes_to("2026-03-04T15:30:00").await;
        assert!(
            tanaka
                .receives()
                .await
                .text()
                .contains("回答期限: 2026年3月4日(水) 16:00(最初の回答)")
        );
        tanaka.replies_to(&notice, "設定をご確認ください。").await;
        let answer = sato.receives().await;
        tanaka.receives().await;
        world.time_passes_to("2026-03-05T10:00:00").await;
        tanaka.receives_nothing().await;
        // The next answer has a target of its own, counted from the customer's mail.
        sato.replies_to(&answer, "設定は正しいようですが、まだ接続できません。")
            .await;
        tanaka.receives().await;
        world.time_passes_to("2026-03-05T10:45:00").await;
        assert!(
            tanaka
                .receives()
                .await
                .text()
                .contains("回答期限: 2026年3月5日(木) 11:00(次の回答)")
        );
        tanaka.replies_to(&notice, "#close").await;
        tanaka.receives().await;
        world.time_passes_to("2026-03-06T10:45:00").await;
        tanaka.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn an_escalated_ticket_is_not_reminded_until_it_is_open_again() {
    World::run_clocked("2026-03-04T10:00:00+09:00", TARGETS, "", async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", ACCOUNT).await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2インスタンスに接続できません。")
            .await;
        sato.receives().await;
        tanaka.receives().await;
        let set = async |status| {
            let status = Some(status);
            let correction = Correction {
                status,
                ..Correction::default()
            };
            world
                .pipeline
                .correct_ticket(TicketNumber(1), &correction)
                .await
                .unwrap()
                .unwrap();
        };
        set(TicketStatus::Escalated).await;
        world.time_passes_to("2026-03-06T10:00:00").await;
        tanaka.receives_nothing().await;
        set(TicketStatus::Open).await;
        world.time_passes_to("2026-03-06T11:29:59").await;
        tanaka.receives_nothing().await;
        world.time_passes_to("2026-03-06T12:00:00").await;
        assert!(tanaka.receives().await.text().contains("回答期限を過ぎました"));
    })
    .await;
}
