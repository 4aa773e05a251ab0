//! The whole intake on a mailbox that surprises: whatever the server does, each mail has one effect, and
//! the next step of the same desk goes on where this one ended.

use std::sync::Arc;

use madoguchi::store::{mails, tickets};

use crate::world::scripted_imap::{Say, ScriptedImap};
use crate::world::{World, proven};

fn mail(number: u32) -> Vec<u8> {
    format!(
        "{}\r\nFrom: sato@customer.example\r\nTo: aws_tec@desk.example\r\nSubject: EC2 {number}\r\n\
         Message-ID: <surprise{number}@customer.example>\r\n\r\n480913372265 {number}\r\n",
        proven("customer.example")
    )
    .into_bytes()
}

fn arrives(world: &World, imap: &ScriptedImap, uid: u32, number: u32) {
    let mail = mail(number);
    world.remembers(&mail);
    imap.deliver(uid, &mail);
}

/// A server with so many mails, from UID 1, and the desk's customer.
async fn with_mails(world: &Arc<World>, count: u32) -> ScriptedImap {
    world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    let imap = ScriptedImap::start().await;
    for number in 1..=count {
        arrives(world, &imap, number, number);
    }
    imap
}

async fn count_tickets(world: &World) -> usize {
    let mut tx = world.database().read().await.unwrap();
    tickets::list_tickets(&mut tx, true, 100).await.unwrap().len()
}

async fn outcomes(world: &World) -> Vec<(String, i64)> {
    let mut tx = world.database().read().await.unwrap();
    mails::count_outcomes(&mut tx).await.unwrap()
}

#[tokio::test]
async fn a_mailbox_that_numbers_its_mails_anew_is_known_by_its_content() {
    World::run(async |world| {
        let imap = with_mails(&world, 3).await;
        world.poller_on(imap.port(), false).step().await.unwrap();
        imap.numbers_its_mails_anew();
        arrives(&world, &imap, 200, 4);
        world.poller_on(imap.port(), false).step().await.unwrap();
        assert_eq!(count_tickets(&world).await, 4);
        assert_eq!(
            outcomes(&world).await,
            [("duplicate".to_owned(), 3), ("new-ticket".to_owned(), 4)]
        );
        world.everything_is_read().await;
    })
    .await;
}

#[tokio::test]
async fn a_uid_given_twice_is_two_mails() {
    World::run(async |world| {
        let imap = with_mails(&world, 1).await;
        let mut poller = world.poller_on(imap.port(), true);
        poller.step().await.unwrap();
        arrives(&world, &imap, 1, 2);
        poller.step().await.unwrap();
        assert_eq!(count_tickets(&world).await, 2);
        arrives(&world, &imap, 1, 3);
        poller.step().await.unwrap();
        assert_eq!(count_tickets(&world).await, 3);
        world.everything_is_read().await;
    })
    .await;
}

#[tokio::test]
async fn a_server_that_cannot_remove_mail_is_not_copied_to_for_ever() {
    World::run(async |world| {
        let imap = with_mails(&world, 2).await;
        imap.without("MOVE");
        imap.without("UIDPLUS");
        let mut poller = world.poller_on(imap.port(), true);
        for _ in 0..3 {
            poller.step().await.unwrap();
        }
        arrives(&world, &imap, 3, 3);
        poller.step().await.unwrap();
        let commands = imap.commands();
        let copies: Vec<&String> = commands
            .iter()
            .filter(|command| command.starts_with("UID COPY"))
            .collect();
        assert_eq!(copies, ["UID COPY 1:2 \"Processed\"", "UID COPY 3 \"Processed\""]);
        assert_eq!(count_tickets(&world).await, 3);
        world.everything_is_read().await;
    })
    .await;
}

#[tokio::test]
async fn mails_that_somebody_removes_meanwhile_are_no_empty_tickets() {
    World::run(async |world| {
        let imap = with_mails(&world, 2).await;
        imap.next(
            "UID FETCH",
            Say::Lines("* 1 EXPUNGE\r\n* 1 EXPUNGE\r\n{tag} OK [EXPUNGEISSUED] gone"),
        );
        let mut poller = world.poller_on(imap.port(), true);
        assert_eq!(poller.step().await.unwrap().taken, 0);
        assert_eq!(count_tickets(&world).await, 0);
        assert_eq!(poller.step().await.unwrap().taken, 2);
        world.everything_is_read().await;
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_for_reading_only_is_read_once() {
    World::run(async |world| {
        let imap = with_mails(&world, 2).await;
        let mut poller = world.poller_on(imap.port(), true);
        for _ in 0..6 {
            let refusal = Say::Lines("{tag} NO [READ-ONLY] this mailbox cannot be changed");
            imap.next("UID MOVE", refusal);
        }
        for _ in 0..3 {
            assert_eq!(poller.step().await.unwrap().filed, 0);
        }
        assert_eq!(count_tickets(&world).await, 2);
        // Once it may be changed again, what waits is filed.
        let mut filed = 0;
        for _ in 0..6 {
            filed += poller.step().await.unwrap().filed;
        }
        assert_eq!(filed, 2);
        world.everything_is_read().await;
    })
    .await;
}

/// Wherever a server fails and however, that step says so or leaves the mail, and a later one takes it.
#[tokio::test]
async fn after_any_trouble_the_same_desk_takes_every_mail_once() {
    let troubles = [
        Say::Lines("{tag} NO [SERVERBUG] sorry"),
        Say::Lines("{tag} BAD what?"),
        Say::Lines("* BYE shutting down"),
        Say::ThenEnd(""),
        Say::ThenEnd("* 1 FETCH (UID 1 BODY[] {100}\r\nhalf"),
        Say::Lines("HTTP/1.1 400 Bad Request"),
        Say::Lines("* OK [ALERT]容量"),
        Say::Lines("* 1 FETCH (UID 1 BODY[] NIL)\r\n{tag} OK done"),
        Say::Lines("* 7 FETCH (FLAGS (\\Seen))\r\n{tag} OK done"),
        Say::Silence,
    ];
    World::run(async |world| {
        let imap = with_mails(&world, 0).await;
        let mut poller = world.poller_on(imap.port(), true);
        let mut number = 0;
        for verb in ["SELECT", "UID SEARCH", "UID FETCH", "UID MOVE"] {
            for trouble in &troubles {
                number += 1;
                arrives(&world, &imap, number, number);
                imap.next(verb, trouble.clone());
                // Some troubles leave nothing to be seen but a mail that is not there.
                let _trouble = poller.step().await;
                poller.step().await.unwrap();
                let tickets = u32::try_from(count_tickets(&world).await).unwrap();
                assert_eq!(tickets, number, "{verb}: {trouble:?}");
            }
        }
        poller.step().await.unwrap();
        let doubled: Vec<(String, i64)> = outcomes(&world).await;
        assert_eq!(doubled, [("new-ticket".to_owned(), i64::from(number))]);
        world.everything_is_read().await;
    })
    .await;
}
