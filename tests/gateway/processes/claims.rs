//! Many dispatchers claim from one outbox on a real PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use madoguchi::clock::Clock;
use madoguchi::demo::PrivateCluster;
use madoguchi::mail::{EmailAddress, MessageId};
use madoguchi::store::outbox::{self, AttemptEnd, OutboxEntry, OutboxState, Purpose};
use madoguchi::store::{Database, Tx, tickets};
use madoguchi::ticket::{Category, Desk, Language, Severity, Ticket, TicketStatus};
use uuid::Uuid;

const TICKETS: usize = 200;
const MAILS_A_TICKET: usize = 8;
const DATABASES: usize = 4;
const DISPATCHERS: usize = 12;

fn now() -> DateTime<Utc> {
    "2026-03-04T01:00:00Z".parse().unwrap()
}

fn mail(clock: &Clock, ticket: Uuid) -> OutboxEntry {
    let id = clock.fresh_id();
    OutboxEntry {
        id,
        ticket_id: Some(ticket),
        mail_id: None,
        purpose: Purpose::Answer,
        sender: EmailAddress::parse("aws_tec@desk.example").unwrap(),
        recipient: EmailAddress::parse("sato@customer.example").unwrap(),
        message_id: MessageId::parse(&format!("{id}@desk.example")).unwrap(),
        subject: "件名".to_owned(),
        bytes: b"x\r\n".to_vec(),
        state: OutboxState::Queued,
        attempts: 0,
        due_at: now(),
        last_reply: None,
        created_at: now(),
        finished_at: None,
        unknowns: 0,
        told_at: None,
    }
}

async fn ticket(tx: &mut Tx, id: Uuid) -> Uuid {
    let ticket = Ticket {
        id,
        number: tickets::next_ticket_number(tx).await.unwrap(),
        customer_id: None,
        account_id: None,
        account_outcome: "none".to_owned(),
        status: TicketStatus::New,
        category: Category::Diagnosis,
        confidence: 0.9,
        severity: Severity::Normal,
        desk: Desk::Technical,
        language: Language::Japanese,
        subject: "件名".to_owned(),
        author: EmailAddress::parse("sato@customer.example").unwrap(),
        author_name: "佐藤".to_owned(),
        assignee: None,
        related_to: None,
        opened_at: now(),
        updated_at: now(),
        clock_starts_at: now(),
        answered_at: None,
        closed_at: None,
    };
    tickets::insert_ticket(tx, &ticket).await.unwrap();
    id
}

async fn fill(database: &Database) {
    let clock = Clock::system();
    let mut tx = database.begin().await.unwrap();
    for _ in 0..TICKETS {
        let ticket = ticket(&mut tx, clock.fresh_id()).await;
        for _ in 0..MAILS_A_TICKET {
            outbox::insert_outbox(&mut tx, &mail(&clock, ticket))
                .await
                .unwrap();
        }
    }
    tx.commit().await.unwrap();
}

/// Claims and sends until nothing is left; gives back what it claimed with the order of the end of each.
async fn dispatch(database: Database, log: std::sync::Arc<std::sync::Mutex<Vec<(Uuid, Uuid)>>>) {
    let lease = now() + TimeDelta::minutes(30);
    let mut idle = 0;
    while idle < 20 {
        let mut tx = database.begin().await.unwrap();
        let claimed = outbox::claim_outbox(&mut tx, now(), lease, 16).await.unwrap();
        tx.commit().await.unwrap();
        assert!(claimed.len() <= 16);
        idle = if claimed.is_empty() { idle + 1 } else { 0 };
        if claimed.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        for entry in claimed {
            log.lock().unwrap().push((entry.ticket_id.unwrap(), entry.id));
            let end = AttemptEnd {
                state: OutboxState::Sent,
                due_at: None,
                reply: "250 ok",
                unknown: false,
                told: false,
                at: now(),
            };
            let mut tx = database.begin().await.unwrap();
            outbox::mark_attempt(&mut tx, entry.id, &end).await.unwrap();
            tx.commit().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dispatchers_never_claim_a_mail_twice_nor_overtake_within_a_ticket() {
    let cluster = PrivateCluster::start().unwrap();
    let url = cluster.create_database("claims").unwrap();
    let mut databases = Vec::new();
    for _ in 0..DATABASES {
        databases.push(Database::open(&url).await.unwrap());
    }
    databases[0].migrate().await.unwrap();
    fill(&databases[0]).await;
    let log = std::sync::Arc::default();
    let begun = Instant::now();
    let mut dispatchers = tokio::task::JoinSet::new();
    for number in 0..DISPATCHERS {
        dispatchers.spawn(dispatch(
            databases[number % DATABASES].clone(),
            std::sync::Arc::clone(&log),
        ));
    }
    while let Some(ended) = dispatchers.join_next().await {
        ended.unwrap();
    }
    let took = begun.elapsed();
    let sent = log.lock().unwrap().clone();
    writeln!(
        std::io::stderr(),
        "{} mails claimed and marked one by one by {DISPATCHERS} dispatchers in {took:?}",
        sent.len()
    )
    .unwrap();
    assert_eq!(sent.len(), TICKETS * MAILS_A_TICKET, "each once");
    let different: BTreeSet<Uuid> = sent.iter().map(|(_, id)| *id).collect();
    assert_eq!(different.len(), sent.len());
    let mut by_ticket: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (ticket, id) in sent {
        by_ticket.entry(ticket).or_default().push(id);
    }
    assert!(by_ticket.values().all(|ids| ids.is_sorted()), "in their order");
}
