//! The clock is set forward and back while mail is under way: everything goes once, and what waits goes on waiting.

use chrono::TimeDelta;
use madoguchi::store::outbox::OutboxState;

use crate::world::World;
use crate::world::scripted_smtp::{Act, Verb};

const QUESTION: &str = "480913372265 のEC2に接続できません。";

#[tokio::test]
async fn a_clock_that_jumps_sends_nothing_twice_and_loses_nothing() {
    for jump in [
        TimeDelta::hours(-1),
        TimeDelta::hours(1),
        TimeDelta::days(365),
        TimeDelta::days(-365),
    ] {
        World::run(async |world| {
            let sato = world
                .customer("佐藤 <sato@customer.example>", "480913372265")
                .await;
            let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
            // The acknowledgement was deferred, and of the notification it is not known whether it went.
            world.smtp.next(Verb::Rcpt, Act::Reply(451, "4.7.1 later"));
            world.smtp.next(Verb::Dot, Act::AcceptThenDrop);
            sato.writes("EC2の件", QUESTION).await;
            tanaka.receives().await;
            world.clock.advance(jump);
            world.sends_mail().await;
            world.settles().await;
            world.clock.advance(-jump);
            world.sends_mail().await;
            world.clock.advance(TimeDelta::minutes(16));
            world.settles().await;
            sato.receives().await;
            // The one further attempt, whichever way the clock went: the same mail again and never a third.
            tanaka.receives().await;
            world.clock.advance(TimeDelta::days(1));
            world.settles().await;
            sato.receives_nothing().await;
            tanaka.receives_nothing().await;
            assert!(
                world
                    .open_outbox()
                    .await
                    .iter()
                    .all(|entry| entry.state == OutboxState::Sent)
            );
            // Work goes on at the right time.
            sato.writes("S3の件", "480913372265 のS3について教えてください。")
                .await;
            sato.receives().await;
            tanaka.receives().await;
        })
        .await;
    }
}
