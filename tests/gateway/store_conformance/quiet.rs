//! Quiet tickets, the instants of an exchange, and acknowledgements that wait.

use chrono::TimeDelta;
use madoguchi::store::{Database, quiet};

use super::caused::a_ticket;
use super::{address, now};

pub(super) async fn a_quiet_ticket_is_quiet_for_a_while(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    assert!(!quiet::is_quiet(&mut tx, ticket.id, now()).await.unwrap());
    for hours in [1, 24] {
        let until = now() + TimeDelta::hours(hours);
        quiet::insert_quiet(&mut tx, ticket.id, until).await.unwrap();
    }
    let later = |hours| now() + TimeDelta::hours(hours);
    assert!(quiet::is_quiet(&mut tx, ticket.id, later(23)).await.unwrap());
    assert!(!quiet::is_quiet(&mut tx, ticket.id, later(24)).await.unwrap());
    let exchange = quiet::list_exchange(&mut tx, ticket.id, now()).await.unwrap();
    assert_eq!(exchange, (Vec::new(), Vec::new()));
    let author = address("a@acme.example");
    assert!(quiet::count_opened_by(&mut tx, &author, now()).await.unwrap() >= 1);
    assert_eq!(
        quiet::count_opened_by(&mut tx, &author, later(1)).await.unwrap(),
        0
    );
    tx.rollback().await.unwrap();
}

pub(super) async fn acknowledgements_wait_and_are_taken_once(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let author = address("waiting@acme.example");
    let tickets = [a_ticket(&mut tx).await, a_ticket(&mut tx).await];
    for ticket in &tickets {
        for _ in 0..2 {
            let waiting = quiet::WaitingAcknowledgement {
                ticket: ticket.id,
                kind: "full".to_owned(),
            };
            quiet::insert_waiting_acknowledgement(&mut tx, &waiting, &author, now())
                .await
                .unwrap();
        }
    }
    let before = now() - TimeDelta::seconds(1);
    assert_eq!(
        quiet::find_due_acknowledgements(&mut tx, before).await.unwrap(),
        None
    );
    let due = quiet::find_due_acknowledgements(&mut tx, now()).await.unwrap();
    assert_eq!(due.as_ref(), Some(&author));
    let taken = quiet::take_waiting_acknowledgements(&mut tx, &author)
        .await
        .unwrap();
    let mut all = tickets.map(|ticket| ticket.id);
    all.sort();
    assert_eq!(taken.iter().map(|one| one.ticket).collect::<Vec<_>>(), all);
    assert_eq!(
        quiet::find_due_acknowledgements(&mut tx, now()).await.unwrap(),
        None
    );
    tx.rollback().await.unwrap();
}
