//! Many mails at once (attack rows A07, A26, A28): whoever is named in them gets at most one mail, the people of
//! the desk are told once, and everything is kept.

use std::sync::Arc;

use chrono::TimeDelta;
use madoguchi::pipeline::Arrival;
use madoguchi::store::{mails, tickets};
use madoguchi::ticket::{MailOutcome, TicketNumber};

use crate::world::{Letter, Person, Staff, World};

const TEXT: &str = "480913372265 のEC2に接続できません。";

async fn tanaka_and_sato(world: &Arc<World>) -> (Staff, Person) {
    let sato = world
        .customer("佐藤 <sato@customer.example>", "480913372265")
        .await;
    (world.staff("田中 <tanaka@desk.example>", 1).await, sato)
}

fn in_the_name_of_sato(number: usize) -> String {
    format!(
        "From: <sato@customer.example>\r\nTo: <aws_tec@desk.example>\r\nSubject: offer {number}\r\n\
         Message-ID: <forged{number}@evil.example>\r\nDate: Wed, 4 Mar 2026 09:50:00 +0900\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nhttp://evil.example/{number}\r\n"
    )
}

/// Through the pipe of an MTA, in batches as a mailbox is read.
async fn takes_all(world: &World, mails: &[String]) {
    for raw in mails {
        world.remembers(raw.as_bytes());
    }
    for batch in mails.chunks(500) {
        let arrivals: Vec<Arrival<'_>> = batch
            .iter()
            .map(|raw| Arrival {
                source: "ingest",
                mailbox: "-",
                place: None,
                arrived_at: None,
                size: u64::try_from(raw.len()).unwrap(),
                raw: raw.as_bytes().into(),
                whole: true,
                acknowledge: true,
            })
            .collect();
        let kept = world.pipeline.keep(&arrivals).await.unwrap();
        let ids: Vec<_> = kept.iter().map(|kept| kept.id).collect();
        let done = Box::pin(world.pipeline.process(&ids)).await.unwrap();
        assert_eq!(done.len(), batch.len());
    }
}

/// A07: the desk is no means to fill somebody's mailbox, and none of the attacker's text is sent on.
#[tokio::test]
async fn ten_thousand_forged_inquiries_bring_the_named_victim_one_mail() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        let flood: Vec<String> = (0..10_000).map(in_the_name_of_sato).collect();
        takes_all(&world, &flood).await;
        world.sends_mail().await;
        let got = sato.received().await;
        assert!(got.len() <= 1, "{} mails", got.len());
        assert!(got.iter().all(|letter| !letter.text().contains("evil.example")));
        world.time_passes(TimeDelta::hours(1)).await;
        sato.receives_nothing().await;
        let told = tanaka.person.received().await;
        assert!(told.len() <= 20, "{} mails to one member", told.len());
        let mut tx = world.database().read().await.unwrap();
        let kept = mails::count_outcomes(&mut tx).await.unwrap();
        let tickets_of = kept
            .iter()
            .find(|(outcome, _)| outcome == MailOutcome::NewTicket.as_str());
        assert_eq!(tickets_of.map(|(_, count)| *count), Some(10_000), "{kept:?}");
    })
    .await;
}

fn report(number: usize, about: &Letter, recipient: &str, status: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@evil.example\r\nTo: aws_tec@desk.example\r\n\
         Subject: Undelivered\r\nMessage-ID: <dsn{number}@evil.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
         --b\r\nContent-Type: text/plain\r\n\r\nNot delivered.\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.evil.example\r\n\r\n\
         Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\n\r\n\
         --b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {}\r\nSubject: x\r\n\r\n--b--\r\n",
        about.id()
    )
}

/// A26: whoever has seen a Message-ID of ours can invent reports about it.
#[tokio::test]
async fn a_flood_of_reports_about_one_real_mail_is_told_once_and_recorded_by_recipient_and_status() {
    World::run(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        sato.writes("EC2の件", TEXT).await;
        let receipt = sato.receives().await;
        tanaka.receives().await;
        let mut flood = Vec::new();
        for number in 0..100 {
            flood.push(report(number, &receipt, "sato@customer.example", "5.1.1"));
        }
        for number in 100..200 {
            let invented = format!("p{number}@evil.example");
            flood.push(report(number, &receipt, &invented, "5.2.2"));
        }
        takes_all(&world, &flood).await;
        world.sends_mail().await;
        let told = tanaka.receives().await;
        assert!(told.message.subject.contains("不達"), "{}", told.shown());
        sato.receives_nothing().await;
        let mut tx = world.database().read().await.unwrap();
        let ticket = tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .unwrap();
        let events = tickets::list_events(&mut tx, ticket.id).await.unwrap();
        let bounced: Vec<_> = events
            .iter()
            .filter(|event| event.kind == madoguchi::ticket::EventKind::Bounced)
            .collect();
        let of_sato = bounced
            .iter()
            .filter(|event| event.detail.contains("sato@customer.example"));
        assert_eq!(of_sato.count(), 1);
        assert!(bounced.len() <= 20, "{}", bounced.len());
    })
    .await;
}

/// A28: five hundred people, the desk in Cc, and everybody answers all.
#[tokio::test]
async fn a_round_mail_with_the_desk_in_copy_opens_one_ticket_in_silence() {
    World::run_with_budgets(async |world| {
        let (tanaka, sato) = tanaka_and_sato(&world).await;
        let crowd: Vec<String> = (0..500).map(|n| format!("<p{n}@crowd.example>")).collect();
        let head = |from: &str, id: &str, more: &str| {
            format!(
                "From: <{from}>\r\nTo: {}\r\nCc: <aws_tec@desk.example>\r\nSubject: all\r\nMessage-ID: <{id}>\r\n\
                 Date: Wed, 4 Mar 2026 09:50:00 +0900\r\n{more}\r\nhello all\r\n",
                crowd.join(",\r\n ")
            )
        };
        takes_all(&world, &[head("sato@customer.example", "all@customer.example", "")]).await;
        world.sends_mail().await;
        sato.receives_nothing().await;
        tanaka.receives().await;
        let answers: Vec<String> = (0..200)
            .map(|n| {
                head(
                    &format!("p{n}@crowd.example"),
                    &format!("{n}@crowd.example"),
                    "In-Reply-To: <all@customer.example>\r\n",
                )
            })
            .collect();
        takes_all(&world, &answers).await;
        world.sends_mail().await;
        world.time_passes(TimeDelta::hours(1)).await;
        sato.receives_nothing().await;
        for n in 0..200 {
            world
                .stranger(&format!("x <p{n}@crowd.example>"))
                .receives_nothing()
                .await;
        }
        let told = tanaka.person.received().await.len();
        assert!(told <= 25, "{told} mails to one member");
    })
    .await;
}
