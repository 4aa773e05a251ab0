//! Nothing is silent: what differs is told, and what a person decides on outgoing mail is done.

use chrono::TimeDelta;
use madoguchi::pipeline::{Arrival, Difference, OutboxRefusal};
use madoguchi::store::mails::MailPlace;
use madoguchi::store::outbox::OutboxState;
use madoguchi::store::{mailboxes, mails, outages, outbox_control, tickets};
use madoguchi::ticket::{EventKind, TicketNumber};

use crate::world::World;
use crate::world::scripted_smtp::{Act, Verb};

const QUESTION: &str = "480913372265 のEC2に接続できません。";

#[tokio::test]
async fn a_mail_that_is_not_taken_yet_differs_and_a_settled_desk_does_not() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", QUESTION).await;
        sato.receives().await;
        tanaka.receives().await;
        let whole = world.reconciles().await;
        assert_eq!(whole.findings, []);
        assert_eq!(
            whole.folders,
            [
                ("INBOX".to_owned(), 0),
                ("Processed".to_owned(), 1),
                ("Quarantine".to_owned(), 0)
            ]
        );
        let next = sato.composes("aws_tec@desk.example", "S3の件", &[], "S3について。480913372265");
        world.deliver(&next.raw);
        let whole = world.reconciles().await;
        assert_eq!(whole.findings.len(), 1, "{:?}", whole.findings);
        assert_eq!(
            (whole.findings[0].kind, whole.findings[0].place.as_str()),
            (Difference::NotTaken, "INBOX UID 2")
        );
        world.settles().await;
        assert_eq!(world.differences().await, []);
        sato.receives().await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_cannot_be_moved_is_told_and_a_wrong_mark_is_corrected() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        world.settles().await;
        world.folder_takes_mail("Processed", false);
        sato.writes("EC2の件", QUESTION).await;
        sato.receives().await;
        tanaka.receives().await;
        assert_eq!(world.differences().await, [Difference::NotMoved]);
        let mut tx = world.database().begin().await.unwrap();
        let validity = mailboxes::find_uid_validity(&mut tx, "INBOX")
            .await
            .unwrap()
            .unwrap();
        let unfiled = mailboxes::list_unfiled(&mut tx, "INBOX", validity, 9)
            .await
            .unwrap();
        mailboxes::mark_filed(&mut tx, &[unfiled[0].id], world.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(world.differences().await, [Difference::WrongMark]);
        let repaired = world.reconciles_with(true, false).await;
        assert!(repaired.findings[0].repaired);
        assert_eq!(world.differences().await, [Difference::NotMoved]);
        world.folder_takes_mail("Processed", true);
        world.settles().await;
        assert_eq!(world.differences().await, []);
        sato.receives_nothing().await;
    })
    .await;
}

#[tokio::test]
async fn a_mail_among_the_processed_ones_that_was_never_seen_is_offered_and_taken_back() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        let first = sato.writes("EC2の件", QUESTION).await;
        sato.receives().await;
        tanaka.receives().await;
        // A copy of a known mail differs in nothing, whatever its Message-ID.
        world.lays_into("Processed", &first.raw);
        let strange = sato.composes("aws_tec@desk.example", "S3の件", &[], "S3について。480913372265");
        world.lays_into("Processed", &strange.raw);
        let same_id = String::from_utf8(first.raw.clone())
            .unwrap()
            .replace("接続できません", "削除されました。急ぎです");
        world.lays_into("Quarantine", same_id.as_bytes());
        let kinds = world.differences().await;
        assert_eq!(kinds, [Difference::NotInLedger, Difference::NotInLedger]);
        let taken = world.reconciles_with(false, true).await;
        assert!(taken.findings.iter().all(|finding| finding.repaired));
        world.settles().await;
        assert_eq!(world.differences().await, []);
        sato.receives_two().await;
        tanaka.receives_two().await;
    })
    .await;
}

#[tokio::test]
async fn a_mail_without_outcome_and_a_desk_that_stands_still_are_told() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        world.settles().await;
        let sent = sato.composes("aws_tec@desk.example", "EC2の件", &[], QUESTION);
        let arrival = Arrival {
            source: "imap",
            mailbox: "INBOX",
            place: Some(MailPlace {
                uid_validity: 1,
                uid: 77,
            }),
            size: 1,
            arrived_at: None,
            raw: sent.raw.as_slice().into(),
            whole: true,
            acknowledge: true,
        };
        world.pipeline.keep(&[arrival]).await.unwrap();
        assert_eq!(world.differences().await, [Difference::NoOutcome]);
        world.reads_mailbox().await.unwrap();
        assert_eq!(world.differences().await, []);
        world.clock.advance(TimeDelta::minutes(6));
        let kinds = world.differences().await;
        assert_eq!(
            kinds,
            [Difference::NotRead, Difference::Overdue, Difference::Overdue]
        );
        world.deliver(&sent.raw);
        world.settles().await;
        sato.receives().await;
        tanaka.receives().await;
        assert_eq!(world.differences().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_mail_whose_end_is_unknown_is_sent_again_by_a_person_with_the_same_bytes() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world.smtp.next(Verb::Dot, Act::AcceptThenDrop);
        sato.writes("EC2の件", QUESTION).await;
        let first = sato.receives().await;
        tanaka.receives().await;
        world.smtp.next(Verb::Dot, Act::AcceptThenDrop);
        world.time_passes(TimeDelta::minutes(15)).await;
        let second = sato.receives().await;
        tanaka.receives().await;
        let open = world.open_outbox().await;
        assert_eq!(
            open.iter().map(|entry| entry.state).collect::<Vec<_>>(),
            [OutboxState::Unknown]
        );
        assert!(world.differences().await.contains(&Difference::UnknownDelivery));
        world
            .pipeline
            .retry_outgoing(open[0].id, "operator x")
            .await
            .unwrap()
            .unwrap();
        world.settles().await;
        let third = sato.receives().await;
        assert_eq!((&first.bytes, &second.bytes), (&third.bytes, &third.bytes));
        assert_eq!(world.state_of(open[0].id).await, OutboxState::Sent);
        assert_eq!(world.differences().await, []);
        let refused = world.pipeline.retry_outgoing(open[0].id, "operator x").await;
        assert_eq!(
            refused.unwrap(),
            Err(OutboxRefusal::State("sent".to_owned())),
            "what was sent is not sent again"
        );
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        let events = tickets::list_events(&mut tx, ticket.id).await.unwrap();
        assert!(
            events
                .iter()
                .any(|event| event.kind == EventKind::DeliveryDecided)
        );
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_was_given_up_is_never_sent_and_a_failed_one_can_be_sent_again() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world.smtp.next(Verb::Rcpt, Act::Reply(451, "4.7.1 later"));
        sato.writes("EC2の件", QUESTION).await;
        tanaka.receives().await;
        let waiting = world.open_outbox().await.remove(0);
        world
            .pipeline
            .give_up_outgoing(waiting.id, "operator x")
            .await
            .unwrap()
            .unwrap();
        world.time_passes(TimeDelta::hours(1)).await;
        sato.receives_nothing().await;
        assert_eq!(world.state_of(waiting.id).await, OutboxState::Failed);
        world
            .pipeline
            .retry_outgoing(waiting.id, "operator x")
            .await
            .unwrap()
            .unwrap();
        world.sends_mail().await;
        let receipt = sato.receives().await;
        assert_eq!(
            receipt.message.message_id.as_ref(),
            Some(&waiting.message_id),
            "the same mail"
        );
    })
    .await;
}

#[tokio::test]
async fn a_frozen_outbox_sends_nothing_and_intake_goes_on() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        assert!(
            world
                .pipeline
                .freeze_outbox("server moves", "operator x")
                .await
                .unwrap()
        );
        assert!(!world.pipeline.freeze_outbox("again", "operator y").await.unwrap());
        sato.writes("EC2の件", QUESTION).await;
        world.time_passes(TimeDelta::minutes(1)).await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
        assert_eq!(world.differences().await, [Difference::OutboxFrozen]);
        assert_eq!(world.open_outbox().await.len(), 2);
        assert!(world.pipeline.release_outbox("operator x").await.unwrap());
        assert!(!world.pipeline.release_outbox("operator x").await.unwrap());
        world.settles().await;
        sato.receives().await;
        tanaka.receives().await;
        assert_eq!(world.differences().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_that_is_not_read_is_told_once_and_so_is_its_end() {
    World::run(async |world| {
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        world.settles().await;
        let watchman = world.watchman(false);
        assert!(!watchman.step().await.unwrap());
        world.clock.advance(TimeDelta::minutes(4));
        assert!(!watchman.step().await.unwrap());
        world.clock.advance(TimeDelta::minutes(1));
        assert!(watchman.step().await.unwrap());
        assert!(!watchman.step().await.unwrap(), "once an outage");
        world.sends_mail().await;
        let alarm = tanaka.receives().await;
        assert!(
            alarm.message.subject.contains("要対応") && alarm.text().contains("INBOX"),
            "{}",
            alarm.shown()
        );
        let kinds = world.differences().await;
        assert_eq!(kinds, [Difference::NotRead, Difference::OutOfOrder]);
        // A process that has just begun gives itself the same time before it calls.
        let second = world.watchman(false);
        assert!(!second.step().await.unwrap());
        world.reads_mailbox().await.unwrap();
        assert!(watchman.step().await.unwrap());
        assert!(!second.step().await.unwrap(), "one of them tells");
        world.sends_mail().await;
        let over = tanaka.receives().await;
        assert!(over.message.subject.contains("復旧"), "{}", over.shown());
        assert_eq!(world.differences().await, []);
    })
    .await;
}

#[tokio::test]
async fn a_mail_to_ourselves_proves_the_whole_way_and_is_never_a_ticket() {
    World::run(async |world| {
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        let watchman = world.watchman(true);
        assert!(watchman.step().await.unwrap());
        world.sends_mail().await;
        assert_eq!(world.own_mail_comes_back(), 1);
        world.settles().await;
        assert!(!watchman.step().await.unwrap());
        let mut tx = world.database().read().await.unwrap();
        assert!(tickets::list_tickets(&mut tx, true, 9).await.unwrap().is_empty());
        let outcomes = mails::count_outcomes(&mut tx).await.unwrap();
        assert_eq!(outcomes, [("own-mail".to_owned(), 1)]);
        let probe = outages::find_last_self_probe(&mut tx).await.unwrap().unwrap();
        assert!(probe.arrived_at.is_some());
        drop(tx);
        // The next one is lost on its way, and the one after it too; the third arrives.
        world.clock.advance(TimeDelta::hours(1));
        world.settles().await;
        watchman.step().await.unwrap();
        world.sends_mail().await;
        world.clock.advance(TimeDelta::minutes(15));
        world.settles().await;
        assert!(watchman.step().await.unwrap());
        world.sends_mail().await;
        assert!(tanaka.receives().await.text().contains("届いていません"));
        world.clock.advance(TimeDelta::hours(1));
        world.settles().await;
        watchman.step().await.unwrap();
        world.sends_mail().await;
        tanaka.receives_nothing().await;
        assert_eq!(world.own_mail_comes_back(), 2);
        world.settles().await;
        assert!(watchman.step().await.unwrap());
        world.sends_mail().await;
        assert!(tanaka.receives().await.message.subject.contains("復旧"));
    })
    .await;
}

#[tokio::test]
async fn a_mail_to_ourselves_that_anybody_else_made_proves_nothing() {
    World::run(async |world| {
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        let watchman = world.watchman(true);
        watchman.step().await.unwrap();
        world.sends_mail().await;
        let probe = world.smtp.mails().remove(0);
        let text = String::from_utf8(probe.bytes).unwrap();
        let id = text
            .lines()
            .find(|line| line.starts_with("Message-ID"))
            .unwrap()
            .to_owned();
        let forged = text.replace(&id, "Message-ID: <0190.0011223344556677@desk.example>");
        world.deliver(forged.as_bytes());
        world.settles().await;
        world.clock.advance(TimeDelta::minutes(15));
        world.settles().await;
        assert!(watchman.step().await.unwrap());
        world.sends_mail().await;
        assert!(tanaka.receives().await.text().contains("届いていません"));
        assert_eq!(world.own_mail_comes_back(), 1);
        world.settles().await;
    })
    .await;
}

#[tokio::test]
async fn a_restored_backup_sends_nothing_twice_until_a_person_has_looked() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        assert!(!world.pipeline.notice_older_database().await.unwrap());
        world.smtp.next(Verb::Rcpt, Act::Reply(451, "4.7.1 later"));
        sato.writes("EC2の件", QUESTION).await;
        tanaka.receives().await;
        world.backs_up();
        // After the backup the waiting acknowledgement goes out, and a second inquiry is answered.
        world.time_passes(TimeDelta::minutes(1)).await;
        sato.receives().await;
        sato.writes("S3の件", "480913372265 のS3の上限を教えてください。")
            .await;
        sato.receives().await;
        tanaka.receives().await;
        let sent = world.smtp.mails().len();
        let mut restored = world.restores(true).await;
        assert!(
            restored.older,
            "the file beside the database knows more than the database"
        );
        assert_eq!(
            restored.works().await,
            0,
            "the waiting acknowledgement went out before"
        );
        assert_eq!(
            restored.reconciles(true).await,
            [Difference::OutboxFrozen, Difference::NotInLedger]
        );
        // The second inquiry comes in again: a ticket under a number that nobody has, and nothing goes out.
        assert_eq!(restored.works().await, 0);
        assert_eq!(world.smtp.mails().len(), sent);
        let mut tx = restored.pipeline.database.read().await.unwrap();
        let numbers: Vec<i64> = tickets::list_tickets(&mut tx, true, 9)
            .await
            .unwrap()
            .iter()
            .map(|ticket| ticket.number.0)
            .collect();
        assert_eq!(numbers, [10_002, 1]);
        let waiting = outbox_control::list_open_outbox(&mut tx, 9).await.unwrap();
        drop(tx);
        assert_eq!(waiting.len(), 3);
        for entry in &waiting {
            let given_up = restored.pipeline.give_up_outgoing(entry.id, "operator x").await;
            given_up.unwrap().unwrap();
        }
        assert!(restored.pipeline.release_outbox("operator x").await.unwrap());
        assert_eq!(restored.works().await, 0);
        assert_eq!(restored.reconciles(false).await, []);
        assert!(
            !restored.pipeline.notice_older_database().await.unwrap(),
            "what was released stays so"
        );
    })
    .await;
}

#[tokio::test]
async fn a_database_without_its_mark_is_taken_for_a_backup_and_one_that_has_sent_nothing_since_is_not() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        world.pipeline.notice_older_database().await.unwrap();
        sato.writes("EC2の件", QUESTION).await;
        sato.receives().await;
        tanaka.receives().await;
        world.backs_up();
        let on_a_new_machine = world.restores(false).await;
        assert!(on_a_new_machine.older);
        on_a_new_machine.pipeline.database.close().await;
        world.backs_up();
        let in_its_place = world.restores(true).await;
        assert!(!in_its_place.older);
    })
    .await;
}
