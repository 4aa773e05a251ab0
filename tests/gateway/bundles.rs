//! How often one address is acknowledged: what is written in a row comes back in one letter, and a flood in
//! somebody's name brings that person one mail (SPEC §5).

use chrono::TimeDelta;
use madoguchi::store::tickets;
use madoguchi::ticket::TicketNumber;

use crate::world::{Person, Staff, World, proven};

const TEXT: &str = "480913372265 のEC2に接続できません。";

fn forged(subject: usize) -> Vec<u8> {
    format!(
        "From: <sato@customer.example>\r\nTo: <aws_tec@desk.example>\r\nSubject: offer {subject}\r\n\
         Message-ID: <forged{subject}@evil.example>\r\nDate: Wed, 4 Mar 2026 09:50:00 +0900\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nhttp://evil.example/{subject}\r\n"
    )
    .into_bytes()
}

async fn tanaka_and_sato(world: &std::sync::Arc<World>) -> (Staff, Person) {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    (world.staff("田中 <tanaka@desk.example>", 1).await, sato)
}

#[tokio::test]
async fn what_a_proven_contact_writes_in_a_row_is_acknowledged_in_one_letter_also_after_a_restart() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        for subject in ["EC2の件", "RDSの件", "S3の件"] {
            sato.writes_with(subject, &[proven("customer.example")], TEXT)
                .await;
        }
        let first = sato.receives().await;
        assert_eq!(first.message.subject, "Re: EC2の件");
        assert_eq!(tanaka.person.received().await.len(), 3);
        world.time_passes(TimeDelta::minutes(9)).await;
        sato.receives_nothing().await;
        world.desk_restarts().await;
        world.time_passes(TimeDelta::minutes(2)).await;
        let bundle = sato.receives().await;
        assert_eq!(bundle.message.subject, "Re: S3の件");
        for words in ["DESK-000002", "RDSの件", "DESK-000003", "S3の件", "480913372265"] {
            assert!(bundle.text().contains(words), "{words}: {}", bundle.shown());
        }
        assert!(!bundle.text().contains("EC2の件"), "{}", bundle.shown());
        world.time_passes(TimeDelta::hours(1)).await;
        sato.receives_nothing().await;
        tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn what_an_unproven_contact_adds_within_ten_minutes_is_acknowledged_in_one_letter_too() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        sato.writes("EC2の件", TEXT).await;
        sato.receives().await;
        for subject in ["RDSの件", "S3の件"] {
            world.time_passes(TimeDelta::minutes(3)).await;
            sato.writes(subject, TEXT).await;
        }
        // It waits until nothing further has come for ten minutes.
        world.time_passes(TimeDelta::minutes(9)).await;
        sato.receives_nothing().await;
        world.time_passes(TimeDelta::minutes(1)).await;
        let bundle = sato.receives().await;
        for words in ["DESK-000002", "RDSの件", "DESK-000003", "S3の件"] {
            assert!(bundle.text().contains(words), "{words}: {}", bundle.shown());
        }
        world.time_passes(TimeDelta::hours(1)).await;
        sato.receives_nothing().await;
        assert_eq!(tanaka.person.received().await.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_slow_flood_in_anothers_name_brings_that_person_one_mail() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        for number in 0..60 {
            world.takes(&forged(number)).await;
            world.time_passes(TimeDelta::minutes(2)).await;
        }
        world.time_passes(TimeDelta::hours(2)).await;
        assert_eq!(sato.received().await.len(), 1);
        tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn a_bundled_letter_says_what_a_single_one_would() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        world
            .import(&["customer_id,account_id,label,starts,ends\nsample,046425940015,旧環境,,2026-02-28\n"])
            .await;
        let proof = [proven("customer.example")];
        sato.writes_with("EC2の件", &proof, TEXT).await;
        sato.receives().await;
        let old_account = "046425940015 のEC2に接続できません。";
        sato.writes_with("旧環境の件", &proof, old_account).await;
        let old_case = "480913372265 について、契約前にAWSサポートへ問い合わせたケース 172845639001234 の続きを教えてください。";
        sato.writes_with("ケースの件", &proof, old_case).await;
        world.time_passes(TimeDelta::minutes(11)).await;
        let bundle = sato.receives().await;
        for words in [
            "次のAWSアカウントは、現在ご契約の期間外です。\n  046425940015(旧環境): 2026年2月28日をもって終了",
            "弊社には引き継がれておりません。",
        ] {
            assert!(bundle.text().contains(words), "{words}: {}", bundle.shown());
        }
        tanaka.person.received().await;
    })
    .await;
}

#[tokio::test]
async fn some_hundred_forged_inquiries_bring_the_named_victim_one_mail() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        for number in 0..300 {
            world.takes(&forged(number)).await;
            if number % 50 == 49 {
                world.time_passes(TimeDelta::minutes(11)).await;
            }
        }
        world.sends_mail().await;
        assert_eq!(sato.received().await.len(), 1);
        // Beyond the tenth the people of the desk are told in the hourly list.
        world.time_passes(TimeDelta::hours(1)).await;
        let told = tanaka.person.received().await;
        let lists = told
            .iter()
            .filter(|letter| letter.message.subject.contains("未登録の差出人など"));
        assert!((1..=2).contains(&lists.count()));
        let single = told
            .iter()
            .filter(|letter| letter.text().contains("新しい問い合わせです"));
        assert_eq!(single.count(), 10);
        sato.receives_nothing().await;
        let mut tx = world.database().read().await.unwrap();
        let last = tickets::find_ticket_by_number(&mut tx, TicketNumber(300))
            .await
            .unwrap();
        assert!(last.is_some(), "every mail is kept");
    })
    .await;
}
