//! What the dispatcher makes of a server's conduct: the state a mail is left in, and what the next one gets.

use madoguchi::outbound::Dispatcher;
use madoguchi::store::outbox::OutboxState::{Deferred, Failed, Sent};
use madoguchi::store::outbox::{self, OutboxState, Purpose};

use crate::world::scripted_smtp::{Act, Verb};
use crate::world::{PATIENCE, SHORT, World, lines, proven};

/// A reply line longer than any that is read.
const TEN_KILOBYTES: &[u8] = &[b'2'; 10_240];

/// The states of the two mails that an inquiry causes: acknowledgement, then notification.
async fn states_after(world: &std::sync::Arc<World>, script: &[(Verb, Act)]) -> [OutboxState; 2] {
    for (verb, act) in script {
        world.smtp.next(*verb, act.clone());
    }
    let smtp = lines::impatient_smtp(world.smtp.port());
    let mut dispatcher = Dispatcher::new(std::sync::Arc::clone(&world.pipeline), smtp);
    for _ in 0..2 {
        while tokio::time::timeout(PATIENCE * 3, dispatcher.step())
            .await
            .unwrap()
            .unwrap()
            > 0
        {}
        // A server that was not reached is left alone for a moment, and only then gets the second mail.
        let mut tx = world.database().read().await.unwrap();
        if outbox::find_next_due(&mut tx)
            .await
            .unwrap()
            .is_none_or(|due| due > world.clock.now())
        {
            break;
        }
        world.clock.advance(chrono::TimeDelta::seconds(10));
    }
    dispatcher.hang_up().await;
    let mut tx = world.database().read().await.unwrap();
    let all = outbox::list_outbox(&mut tx, 100).await.unwrap();
    let state = |purpose| all.iter().find(|one| one.purpose == purpose).unwrap().state;
    [state(Purpose::Acknowledgement), state(Purpose::Notification)]
}

/// A script, and the states of the two mails afterwards.
type Case = (Vec<(Verb, Act)>, [OutboxState; 2]);

/// Inquiries one after another, each with a script for its two mails, and what becomes of these.
async fn inquiries_with(cases: &[Case]) {
    World::run(async |world| {
        world.new_staff("田中 <tanaka@desk.example>", 1).await;
        for (number, (script, expected)) in cases.iter().enumerate() {
            // Somebody else each time: who writes again at once is not acknowledged again.
            let author = format!("sato{number}@customer.example");
            world.customer(&format!("佐藤 <{author}>"), "480913372265").await;
            let mail = format!(
                "{}\r\nFrom: {author}\r\nTo: aws_tec@desk.example\r\nSubject: EC2\r\n\
                 Message-ID: <states{number}@customer.example>\r\n\r\n480913372265 {number}\r\n",
                proven("customer.example")
            );
            world.takes(mail.as_bytes()).await;
            assert_eq!(states_after(&world, script).await, *expected, "{script:?}");
        }
        world.everything_is_read().await;
    })
    .await;
}

/// The same for one thing at one verb each.
async fn each_act(acts: impl IntoIterator<Item = (Verb, Act, [OutboxState; 2])>) {
    let acts = acts.into_iter();
    let cases: Vec<Case> = acts
        .map(|(verb, act, expected)| (vec![(verb, act)], expected))
        .collect();
    inquiries_with(&cases).await;
}

#[tokio::test]
async fn a_refused_mail_is_not_sent_because_the_one_before_it_was_answered_late() {
    // The reply to the first mail comes when nobody waits for it any more, just before the second is refused.
    let script = vec![
        (Verb::Dot, Act::After(SHORT * 2)),
        (Verb::Dot, Act::Reply(552, "5.2.2 mailbox full")),
    ];
    inquiries_with(&[(script, [Deferred, Failed])]).await;
}

/// A refusal of the mail or its recipient; MAIL with 5.7.1 would be one of the desk.
fn refusal(verb: Verb) -> Act {
    if verb == Verb::Mail {
        Act::Reply(552, "5.3.4 too large")
    } else {
        Act::Reply(550, "5.7.1 no")
    }
}

#[tokio::test]
async fn each_refusal_stands_for_its_own_mail() {
    let verbs = [Verb::Mail, Verb::Rcpt, Verb::Data, Verb::Dot];
    each_act(verbs.into_iter().flat_map(|verb| {
        [
            (verb, Act::Reply(451, "4.3.0 later"), [Deferred, Sent]),
            (verb, refusal(verb), [Failed, Sent]),
            (verb, Act::Reply(421, "4.3.2 closing"), [Deferred, Sent]),
            (verb, Act::Drop, [Deferred, Sent]),
        ]
    }))
    .await;
}

#[tokio::test]
async fn a_server_that_closes_down_between_two_mails_costs_neither() {
    let acts = [
        Act::Reply(421, "4.4.2 idle"),
        Act::Drop,
        Act::Reply(451, "4.3.0 no"),
    ];
    each_act(acts.map(|act| (Verb::Rset, act, [Sent, Sent]))).await;
}

#[tokio::test]
async fn a_reply_in_many_lines_counts_as_one() {
    let replies = [
        (
            Verb::Mail,
            "250-2.1.0 one\r\n250-2.1.0 two\r\n250 2.1.0 three\r\n",
        ),
        (Verb::Rcpt, "250-2.1.5 one\r\n250 2.1.5 two\r\n"),
        (Verb::Data, "354-one\r\n354 two\r\n"),
        (Verb::Dot, "250-2.0.0 one\r\n250 2.0.0 two\r\n"),
    ];
    each_act(replies.map(|(verb, lines)| (verb, Act::Octets(lines.as_bytes()), [Sent, Sent]))).await;
}

#[tokio::test]
async fn a_line_of_ten_kilobytes_is_no_acceptance() {
    let verbs = [
        Verb::Greeting,
        Verb::Ehlo,
        Verb::Mail,
        Verb::Rcpt,
        Verb::Data,
        Verb::Dot,
    ];
    each_act(verbs.map(|verb| (verb, Act::Octets(TEN_KILOBYTES), [Deferred, Sent]))).await;
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let slow = |verb| (verb, Act::After(SHORT / 5));
    let script = [
        Verb::Greeting,
        Verb::Ehlo,
        Verb::Mail,
        Verb::Rcpt,
        Verb::Data,
        Verb::Dot,
    ]
    .map(slow)
    .to_vec();
    inquiries_with(&[(script, [Sent, Sent])]).await;
}
