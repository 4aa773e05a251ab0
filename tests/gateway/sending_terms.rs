//! How the desk gets on with its submission server: one that does not let it send, one that is down, one that allows
//! so many mails a minute, and the copy that proves what no reply told.

use chrono::TimeDelta;
use madoguchi::mail::EmailAddress;
use madoguchi::outbound::SendingTerms;
use madoguchi::pipeline::Difference;
use madoguchi::store::outbox::OutboxState::{Deferred, Queued, Sending, Sent};
use madoguchi::store::outbox::{self, OutboxState};
use madoguchi::store::{mails, outages};

use crate::world::scripted_smtp::{Act, Verb};
use crate::world::{CONTACT, World, proven};

const QUESTION: &str = "480913372265 のEC2に接続できません。";

async fn states(world: &World) -> Vec<OutboxState> {
    let mut tx = world.database().read().await.unwrap();
    let all = outbox::list_outbox(&mut tx, 100).await.unwrap();
    let mut states: Vec<_> = all.into_iter().map(|entry| entry.state).collect();
    states.sort_by_key(|state| state.as_str());
    states
}

#[tokio::test]
async fn a_server_that_does_not_let_the_desk_send_fails_no_mail_and_raises_an_alarm() {
    for (verb, act) in [
        (Verb::Mail, Act::Reply(550, "5.7.1 sender not allowed")),
        (Verb::Greeting, Act::Reply(554, "5.7.1 go away")),
        (Verb::Rcpt, Act::Reply(550, "5.4.5 daily sending quota exceeded")),
    ] {
        World::run(async |world| {
            let sato = world
                .customer("佐藤 <sato@customer.example>", "480913372265")
                .await;
            let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
            world.smtp.next(verb, act.clone());
            world.smtp.next(verb, act.clone());
            sato.writes("EC2の件", QUESTION).await;
            assert_eq!(states(&world).await, [Queued, Queued], "{act:?}");
            assert_eq!(world.differences().await, [Difference::OutOfOrder]);
            // One mail is tried a minute later, and refused as well; then five minutes pass.
            world.time_passes(TimeDelta::minutes(1)).await;
            world.time_passes(TimeDelta::minutes(4)).await;
            assert_eq!(states(&world).await, [Queued, Queued]);
            assert_eq!(world.smtp.connections(), 2);
            world.time_passes(TimeDelta::minutes(1)).await;
            assert_eq!(states(&world).await, [Sent, Sent]);
            let mut tx = world.database().read().await.unwrap();
            assert_eq!(outages::list_outages(&mut tx).await.unwrap(), []);
            drop(tx);
            sato.receives().await;
            tanaka.receives().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_server_that_is_down_is_tried_with_one_mail_and_the_others_stay_as_they_were() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        world.smtp.next(Verb::Greeting, Act::Drop);
        sato.writes("EC2の件", QUESTION).await;
        assert_eq!(states(&world).await, [Deferred, Queued]);
        assert_eq!(world.smtp.connections(), 1);
        world.time_passes(TimeDelta::seconds(10)).await;
        tanaka.receives().await;
        assert_eq!(states(&world).await, [Deferred, Sent]);
        world.time_passes(TimeDelta::minutes(1)).await;
        sato.receives().await;
    })
    .await;
}

#[tokio::test]
async fn no_more_goes_to_a_domain_a_minute_than_its_server_allows_and_others_do_not_wait_for_it() {
    World::run(async |world| {
        world
            .sends_on(SendingTerms {
                per_domain_per_minute: 2,
                ..SendingTerms::default()
            })
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        for number in 0..5 {
            let author = format!("sato{number}@customer.example");
            world.customer(&format!("佐藤 <{author}>"), "480913372265").await;
            let mail = format!(
                "{}\r\nFrom: {author}\r\nTo: aws_tec@desk.example\r\nSubject: EC2 {number}\r\n\
                 Message-ID: <pace{number}@customer.example>\r\n\r\n480913372265 {number}\r\n",
                proven("customer.example")
            );
            world.takes(mail.as_bytes()).await;
        }
        let sent = async |domain: &str| {
            world.sends_mail().await;
            let mails = world.smtp.mails();
            mails
                .iter()
                .filter(|mail| mail.recipient.ends_with(domain))
                .count()
        };
        for (minute, expected) in [(0, 2), (1, 4), (2, 5)] {
            assert_eq!(sent("@customer.example").await, expected, "minute {minute}");
            assert_eq!(sent("@desk.example").await, expected, "minute {minute}");
            world.time_passes(TimeDelta::seconds(59)).await;
            assert_eq!(sent("@customer.example").await, expected, "minute {minute}");
            world.clock.advance(TimeDelta::seconds(1));
        }
        let numbers: Vec<_> = world
            .smtp
            .mails()
            .iter()
            .filter(|mail| mail.recipient.ends_with("@customer.example"))
            .map(|mail| mail.recipient.clone())
            .collect();
        assert!(numbers.is_sorted(), "oldest first: {numbers:?}");
        drop(tanaka);
        world.everything_is_read().await;
    })
    .await;
}

#[tokio::test]
async fn a_copy_that_comes_back_proves_a_mail_whose_reply_was_lost_and_is_no_ticket() {
    World::run(async |world| {
        world
            .sends_on(SendingTerms {
                copy_to: Some(EmailAddress::parse(CONTACT).unwrap()),
                ..SendingTerms::default()
            })
            .await;
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        world.smtp.next(Verb::Dot, Act::AcceptThenDrop);
        sato.writes("EC2の件", QUESTION).await;
        sato.receives().await;
        tanaka.receives().await;
        assert_eq!(
            states(&world).await,
            [Deferred, Sent],
            "whether it went is not known"
        );
        assert_eq!(world.own_mail_comes_back(), 2);
        world.settles().await;
        assert_eq!(states(&world).await, [Sent, Sent]);
        world.time_passes(TimeDelta::hours(1)).await;
        sato.receives_nothing().await;
        let mut tx = world.database().read().await.unwrap();
        let outcomes = mails::count_outcomes(&mut tx).await.unwrap();
        assert_eq!(
            outcomes,
            [("new-ticket".to_owned(), 1), ("own-mail".to_owned(), 2)]
        );
        drop(tx);
        // A server that refuses the copy takes the mail all the same.
        world.smtp.next(Verb::Rcpt, Act::After(std::time::Duration::ZERO));
        world
            .smtp
            .next(Verb::Rcpt, Act::Reply(550, "5.1.1 no such mailbox"));
        sato.writes("S3の件", "480913372265 のS3について教えてください。")
            .await;
        sato.receives().await;
        tanaka.receives().await;
        assert!(!states(&world).await.contains(&Sending));
        assert_eq!(world.own_mail_comes_back(), 1);
        world.settles().await;
    })
    .await;
}
