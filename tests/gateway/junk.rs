//! Mail that the server takes for junk.

use madoguchi::store::{mails, tickets};
use madoguchi::ticket::TicketNumber;

use crate::world::World;

fn mail(from: &str, subject: &str) -> Vec<u8> {
    format!(
        "From: {from}\r\nTo: <aws_tec@desk.example>\r\nSubject: {subject}\r\nMessage-ID: <{}@x.example>\r\n\
         Date: Wed, 4 Mar 2026 09:50:00 +0900\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=UTF-8\r\n\r\n480913372265 の件です。教えてください。\r\n",
        subject.len()
    )
    .into_bytes()
}

#[tokio::test]
async fn a_contacts_mail_in_the_junk_folder_is_taken_and_other_junk_stays_there() {
    World::run(async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        world
            .deliver_to_junk(&mail("<win@lottery.example>", "You have won"))
            .await;
        world
            .deliver_to_junk(&mail("<sato@customer.example>", "S3 question"))
            .await;
        world.reads_junk().await;
        sato.receives().await;
        let notice = tanaka.receives().await;
        assert!(notice.text().contains("S3 question"), "{}", notice.shown());
        let left = world.folder("Junk");
        assert_eq!(left.len(), 1);
        assert!(String::from_utf8_lossy(&left[0]).contains("lottery"));
        // What was left is known: it is neither fetched again nor taken later, nor moved when its author becomes known.
        world.reads_junk().await;
        world
            .colleague_of("sample", "Lottery <win@lottery.example>")
            .await;
        world.reads_junk().await;
        world.reads_junk().await;
        assert_eq!(world.folder("Junk").len(), 1);
        let mut tx = world.database().read().await.unwrap();
        let second = tickets::find_ticket_by_number(&mut tx, TicketNumber(2))
            .await
            .unwrap();
        assert_eq!(second, None);
        let outcomes = mails::count_outcomes(&mut tx).await.unwrap();
        assert_eq!(
            outcomes,
            [
                ("ignored-notice".to_owned(), 1),
                ("new-ticket".to_owned(), 1),
                ("staff-command".to_owned(), 1)
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_mail_that_a_person_moves_out_of_the_junk_folder_is_taken() {
    World::run(async |world| {
        let tanaka = world.staff("田中 <tanaka@desk.example>", 1).await;
        let raw = mail("<new@prospect.example>", "First contact");
        world.deliver_to_junk(&raw).await;
        world.reads_junk().await;
        tanaka.receives_nothing().await;
        world.deliver(&raw);
        world.settles().await;
        world.time_passes(chrono::TimeDelta::minutes(61)).await;
        let notice = tanaka.receives().await;
        assert!(notice.text().contains("First contact"), "{}", notice.shown());
    })
    .await;
}
