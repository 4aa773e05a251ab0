//! Mail comes in: twice, unreadable, while the line is down.

use madoguchi::store::{mails, quarantine, tickets};
use madoguchi::ticket::TicketNumber;

use crate::world::World;

#[tokio::test]
async fn a_mail_taken_twice_makes_one_ticket() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        let sent = sato
            .writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        tanaka.receives().await;
        world.deliver(&sent.raw);
        world.settles().await;
        sato.receives_nothing().await;
        tanaka.receives_nothing().await;
        let mut tx = world.database().read().await.unwrap();
        let outcomes = mails::count_outcomes(&mut tx).await.unwrap();
        assert_eq!(
            outcomes,
            [("duplicate".to_owned(), 1), ("new-ticket".to_owned(), 1)]
        );
    })
    .await;
}

#[tokio::test]
async fn the_same_message_id_with_other_words_is_another_mail() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let sent = sato
            .writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        tanaka.receives().await;
        world.deliver(
            String::from_utf8(sent.raw)
                .unwrap()
                .replace("接続できません", "削除されました")
                .as_bytes(),
        );
        world.settles().await;
        assert!(tanaka.receives().await.text().contains("削除されました"));
        sato.receives().await;
    })
    .await;
}

#[tokio::test]
async fn an_unreadable_mail_lies_in_quarantine_with_its_bytes_and_stops_nobody() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        // More header than any mail has: 400 KiB of fields.
        let hostile = format!(
            "{}\r\nx\r\n",
            "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n".repeat(8_000)
        );
        world.deliver(hostile.as_bytes());
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        tanaka.receives().await;
        assert_eq!(world.folder("Quarantine"), [hostile.as_bytes()]);
        let mut tx = world.database().read().await.unwrap();
        let listed = quarantine::list_quarantined(&mut tx, 10).await.unwrap();
        let kept = mails::find_mail(&mut tx, listed[0].id).await.unwrap().unwrap();
        assert_eq!(kept.raw, hostile.as_bytes());
        assert_eq!(world.folder("Processed").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn imap_goes_down_and_comes_back_and_nothing_is_lost() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", "480913372265").await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world.settles().await;
        world.imap_line.cut().await;
        world.deliver(b"From: sato@customer.example\r\nTo: aws_tec@desk.example\r\nSubject: EC2\r\nMessage-ID: <down1@customer.example>\r\n\r\n480913372265\r\n");
        assert!(world.reads_mailbox().await.is_err(), "a line that is down must not look like an empty mailbox");
        world.imap_line.restore().await;
        world.settles().await;
        sato.receives().await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_restarted_desk_takes_no_mail_twice() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        world.desk_restarts().await;
        world.settles().await;
        sato.receives().await;
        tanaka.receives().await;
        let mut tx = world.database().read().await.unwrap();
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
async fn the_servers_hint_wakes_the_desk_before_the_poll() {
    World::run(async |world| {
        let sato = world.customer("佐藤 <sato@customer.example>", "480913372265").await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world.settles().await;
        let waiting = async {
            let begun = std::time::Instant::now();
            world.waits_for_mail().await;
            begun.elapsed()
        };
        let delivering = async {
            world.deliver(b"From: sato@customer.example\r\nTo: aws_tec@desk.example\r\nSubject: EC2\r\nMessage-ID: <hint1@customer.example>\r\n\r\n480913372265\r\n");
        };
        let (waited, ()) = tokio::join!(waiting, delivering);
        assert!(waited < std::time::Duration::from_secs(5), "the hint was not taken: {waited:?}");
        world.settles().await;
        sato.receives().await;
        tanaka.receives().await;
    })
    .await;
}

#[tokio::test]
async fn a_mailbox_that_cannot_be_tidied_is_still_read() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world.settles().await;
        world.folder_takes_mail("Processed", false);
        for subject in ["EC2の件", "RDSの件"] {
            sato.writes(subject, "480913372265 の件で質問があります。").await;
            sato.receives().await;
            tanaka.receives().await;
        }
        assert_eq!(world.folder("INBOX").len(), 2);
        world.folder_takes_mail("Processed", true);
        world.settles().await;
        assert_eq!(world.folder("Processed").len(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_folder_is_made_again() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world.settles().await;
        world.folder_is_deleted("Processed");
        sato.writes("EC2の件", "480913372265 のEC2に接続できません。")
            .await;
        sato.receives().await;
        tanaka.receives().await;
        world.settles().await;
        assert_eq!(world.folder("Processed").len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_connection_is_kept_until_it_is_old_and_then_replaced() {
    World::run(async |world| {
        let before = world.imap_line.connections();
        let mut keeping = world.poller_renewing_after(std::time::Duration::from_hours(6));
        for _ in 0..3 {
            keeping.step().await.unwrap();
        }
        assert_eq!(world.imap_line.connections() - before, 1);
        let mut renewing = world.poller_renewing_after(std::time::Duration::ZERO);
        for _ in 0..3 {
            renewing.step().await.unwrap();
        }
        assert_eq!(world.imap_line.connections() - before, 4);
    })
    .await;
}
