//! Two processes that do what time asks for, on one PostgreSQL: each thing is done once.

use std::sync::Arc;

use chrono::TimeDelta;
use madoguchi::app;
use madoguchi::clock::Clock;
use madoguchi::config::Config;
use madoguchi::demo::PrivateCluster;
use madoguchi::pipeline::{Arrival, Correction, Pipeline, Timekeeper};
use madoguchi::store::{outbox, tickets};
use madoguchi::ticket::TicketStatus;

use super::house::House;

async fn pipeline(house: &House, clock: &Clock) -> Arc<Pipeline> {
    let config = Config::parse(&house.configuration()).unwrap();
    let database = app::open_database(&config).await.unwrap();
    Arc::new(app::build_pipeline(&config, database, clock.clone()).unwrap())
}

async fn takes(pipeline: &Pipeline, from: &str) {
    let raw = format!(
        "Authentication-Results: mx.desk.example; dmarc=pass header.from={}\r\nFrom: {from}\r\n\
         To: aws_tec@desk.example\r\nSubject: EC2\r\nMessage-ID: <{from}>\r\n\r\n480913372265\r\n",
        from.split_once('@').unwrap().1
    );
    let arrival = Arrival {
        source: "ingest",
        mailbox: "-",
        place: None,
        size: 1,
        arrived_at: None,
        raw: raw.as_bytes().into(),
        whole: true,
        acknowledge: true,
    };
    let kept = pipeline.keep(&[arrival]).await.unwrap();
    Box::pin(pipeline.process(&[kept[0].id])).await.unwrap();
}

async fn written(pipeline: &Pipeline) -> usize {
    let mut tx = pipeline.database.read().await.unwrap();
    outbox::list_outbox(&mut tx, 999).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_timekeepers_send_one_reminder_and_one_list() {
    let cluster = PrivateCluster::start().unwrap();
    let house = House::new(&cluster.create_database("times").unwrap()).await;
    let clock = Clock::manual("2026-03-04T01:20:00Z".parse().unwrap());
    let processes = [pipeline(&house, &clock).await, pipeline(&house, &clock).await];
    takes(&processes[0], "sato@customer.example").await;
    takes(&processes[0], "stranger@elsewhere.example").await;
    let number = {
        let mut tx = house.database.read().await.unwrap();
        let all = tickets::list_tickets(&mut tx, true, 9).await.unwrap();
        all.iter().find(|one| one.customer_id.is_some()).unwrap().number
    };
    let pending = Correction {
        status: Some(TicketStatus::PendingCustomer),
        ..Correction::default()
    };
    processes[0]
        .correct_ticket(number, &pending)
        .await
        .unwrap()
        .unwrap();
    let before = written(&processes[0]).await;
    // The full hour brings the list of strangers, five business days bring the reminder.
    for (hours, caused) in [(1, 1), (24 * 8, 1)] {
        clock.advance(TimeDelta::hours(hours));
        let already = written(&processes[0]).await;
        let mut steps = tokio::task::JoinSet::new();
        for _ in 0..4 {
            for process in &processes {
                let timekeeper = Timekeeper::new(Arc::clone(process));
                steps.spawn(async move { timekeeper.step().await.map(|_| ()) });
            }
        }
        while let Some(ended) = steps.join_next().await {
            ended.unwrap().unwrap();
        }
        let after = written(&processes[0]).await;
        assert_eq!(after - already, caused, "after {hours} hours; {before} before");
    }
}
