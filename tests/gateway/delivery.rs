//! Mail goes out: deferred, refused, lost after the dot, servers down and back.

use chrono::TimeDelta;
use madoguchi::store::outbox::{self, OutboxState, Purpose};

use crate::world::World;
use crate::world::scripted_smtp::{Act, Verb};

async fn states(world: &World, purpose: Purpose) -> Vec<OutboxState> {
    let mut tx = world.database().read().await.unwrap();
    let all = outbox::list_outbox(&mut tx, 100).await.unwrap();
    all.into_iter()
        .filter(|entry| entry.purpose == purpose)
        .map(|entry| entry.state)
        .collect()
}

#[tokio::test]
async fn a_deferred_acknowledgement_is_sent_later_with_the_same_message_id() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world
            .smtp
            .next(Verb::Rcpt, Act::Reply(451, "4.7.1 try again later"));
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives_nothing().await;
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
        let waiting = outbox::list_unsent(&mut tx, 10).await.unwrap().remove(0);
        drop(tx);
        assert_eq!(waiting.state, OutboxState::Deferred);
        assert!(
            waiting.last_reply.as_deref().unwrap().contains("try again later"),
            "{waiting:?}"
        );
        world.time_passes(TimeDelta::minutes(1)).await;
        let receipt = sato.receives().await;
        assert_eq!(receipt.message.message_id.as_ref(), Some(&waiting.message_id));
    })
    .await;
}

#[tokio::test]
async fn a_refused_acknowledgement_fails_at_once_and_staff_are_told() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world.smtp.next(Verb::Rcpt, Act::Reply(550, "5.1.1 no such user"));
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives_nothing().await;
        assert_eq!(
            states(&world, Purpose::Acknowledgement).await,
            [OutboxState::Failed]
        );
        let (first, second) = tanaka.receives_two().await;
        let alarm = if first.message.subject.contains("要確認") {
            first
        } else {
            second
        };
        assert!(alarm.text().contains("5.1.1 no such user"), "{}", alarm.shown());
    })
    .await;
}

#[tokio::test]
async fn a_mail_refused_after_the_dot_is_never_called_sent() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world.smtp.next(Verb::Dot, Act::Reply(552, "5.2.2 mailbox full"));
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        assert_eq!(
            states(&world, Purpose::Acknowledgement).await,
            [OutboxState::Failed]
        );
        tanaka.receives_two().await;
    })
    .await;
}

#[tokio::test]
async fn a_mail_lost_after_the_dot_is_tried_exactly_once_more_and_then_a_person_decides() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world.smtp.next(Verb::Dot, Act::AcceptThenDrop);
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        let first = sato.receives().await;
        tanaka.receives().await;
        assert_eq!(
            states(&world, Purpose::Acknowledgement).await,
            [OutboxState::Deferred]
        );
        world.smtp.next(Verb::Dot, Act::AcceptThenDrop);
        world.time_passes(TimeDelta::minutes(15)).await;
        let second = sato.receives().await;
        assert_eq!(first.bytes, second.bytes, "copies are the same mail");
        assert_eq!(
            states(&world, Purpose::Acknowledgement).await,
            [OutboxState::Unknown]
        );
        tanaka.receives().await;
        world.time_passes(TimeDelta::days(6)).await;
        sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn smtp_goes_down_and_comes_back_and_nothing_is_lost() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world.smtp.down().await;
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives_nothing().await;
        world.smtp.up().await;
        world.time_passes(TimeDelta::minutes(2)).await;
        sato.receives().await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn staff_are_told_when_a_mail_is_four_hours_late_and_it_is_given_up_after_five_days() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        let busy = || world.smtp.next(Verb::Rcpt, Act::Reply(450, "4.2.1 mailbox busy"));
        busy();
        tanaka.replies_to(&notice, "確認いたします。").await;
        tanaka.receives().await;
        for _ in 0..5 {
            busy();
            world.time_passes(TimeDelta::hours(1)).await;
        }
        let late = tanaka.receives().await;
        assert!(late.text().contains("4.2.1 mailbox busy"), "{}", late.shown());
        busy();
        world.time_passes(TimeDelta::days(5)).await;
        let given_up = tanaka.receives().await;
        assert!(
            given_up.text().contains("given up after 5 days"),
            "{}",
            given_up.shown()
        );
        assert_eq!(states(&world, Purpose::Answer).await, [OutboxState::Failed]);
    })
    .await;
}

#[tokio::test]
async fn a_second_answer_waits_for_the_first_one() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        world
            .smtp
            .next(Verb::Rcpt, Act::Reply(451, "4.7.1 try again later"));
        tanaka.replies_to(&notice, "一通目です。").await;
        tanaka.receives().await;
        world.clock.advance(TimeDelta::seconds(1));
        tanaka.replies_to(&notice, "二通目です。").await;
        tanaka.receives().await;
        sato.receives_nothing().await;
        world.time_passes(TimeDelta::minutes(1)).await;
        let (first, second) = sato.receives_two().await;
        assert!(first.text().contains("一通目です。") && second.text().contains("二通目です。"));
    })
    .await;
}
