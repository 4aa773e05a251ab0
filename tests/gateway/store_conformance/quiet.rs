//! Quiet tickets, the instants of an exchange, and acknowledgements that wait.

use chrono::TimeDelta;
use madoguchi::store::{Database, budgets, quiet, untold};

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
                proven: ticket.id == tickets[0].id,
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
    let waiting = quiet::count_waiting_acknowledgements(&mut tx, &author).await;
    assert_eq!(waiting.unwrap(), 2);
    let taken = quiet::take_waiting_acknowledgements(&mut tx, &author, now())
        .await
        .unwrap();
    let proven = |one: &&quiet::WaitingAcknowledgement| one.proven;
    let proven: Vec<_> = taken.iter().filter(proven).map(|one| one.ticket).collect();
    assert_eq!(proven, [tickets[0].id]);
    let mut all = tickets.map(|ticket| ticket.id);
    all.sort();
    assert_eq!(taken.iter().map(|one| one.ticket).collect::<Vec<_>>(), all);
    assert_eq!(
        quiet::find_due_acknowledgements(&mut tx, now()).await.unwrap(),
        None
    );
    tx.rollback().await.unwrap();
}

pub(super) async fn what_was_sent_automatically_is_counted(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    let (one, other) = (address("One@Budget.example"), address("two@budget.example"));
    let at = now() - TimeDelta::minutes(20);
    budgets::insert_acknowledgement(&mut tx, ticket.id, &one, at)
        .await
        .unwrap();
    budgets::insert_acknowledgement(&mut tx, ticket.id, &other, now())
        .await
        .unwrap();
    let counts = budgets::count_of_address(&mut tx, &address("one@budget.example"), now())
        .await
        .unwrap();
    assert_eq!((counts.ten_minutes, counts.day, counts.week), (0, 1, 1));
    assert_eq!(counts.opened_day, 0);
    let shared = budgets::count_shared(&mut tx, "budget.example", 300, now())
        .await
        .unwrap();
    assert_eq!((shared.domain_hour, shared.overall_hour), (2, 2));
    let shared = budgets::count_shared(&mut tx, "budget.example", 1, now())
        .await
        .unwrap();
    assert_eq!((shared.domain_hour, shared.overall_hour), (1, 1));
    let author = address("a@acme.example");
    for (later, opened) in [(0, 1), (25, 0)] {
        let at = now() + TimeDelta::hours(later);
        let counts = budgets::count_of_address(&mut tx, &author, at).await.unwrap();
        assert_eq!(counts.opened_day.min(1), opened);
    }
    let since = now() - TimeDelta::days(1);
    let sent = budgets::list_automatic_to(&mut tx, &one, since).await.unwrap();
    assert!(sent.is_empty());
    let opened = budgets::list_openings_by(&mut tx, &ticket.author, since)
        .await
        .unwrap();
    assert!(!opened.is_empty());
    let waiting = quiet::WaitingAcknowledgement {
        ticket: ticket.id,
        kind: "full".to_owned(),
        proven: true,
    };
    quiet::insert_waiting_acknowledgement(&mut tx, &waiting, &one, now())
        .await
        .unwrap();
    let later = now() + TimeDelta::minutes(10);
    // What is proven does not wait for what is not.
    quiet::put_off_unproven(&mut tx, &one, later).await.unwrap();
    let due = quiet::find_due_acknowledgements(&mut tx, now()).await.unwrap();
    assert_eq!(due.as_ref(), Some(&address("one@budget.example")));
    quiet::put_off_acknowledgements(&mut tx, &one, later)
        .await
        .unwrap();
    assert_eq!(
        quiet::find_due_acknowledgements(&mut tx, now()).await.unwrap(),
        None
    );
    // What no window looks at any more is forgotten, and nothing else.
    let forgotten = budgets::delete_acknowledgements(&mut tx, at + TimeDelta::minutes(1))
        .await
        .unwrap();
    assert!(forgotten >= 1);
    let counts = budgets::count_of_address(&mut tx, &one, now()).await.unwrap();
    let shared = budgets::count_shared(&mut tx, one.domain(), 300, now())
        .await
        .unwrap();
    assert_eq!((counts.week, shared.overall_hour), (0, 1));
    tx.rollback().await.unwrap();
}

pub(super) async fn what_waits_for_a_list_is_taken_once(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    let waiting = untold::UntoldTicket {
        ticket: ticket.id,
        verdict: "unproven".to_owned(),
    };
    for _ in 0..2 {
        untold::insert_untold(&mut tx, &waiting, now()).await.unwrap();
    }
    let longest = untold::find_longest_untold(&mut tx).await.unwrap();
    assert_eq!(longest, Some(now()));
    assert_eq!(untold::take_untold(&mut tx).await.unwrap(), [waiting]);
    assert_eq!(untold::take_untold(&mut tx).await.unwrap(), []);
    assert!(!untold::is_spam_author(&mut tx, &ticket.author).await.unwrap());
    let from = untold::find_listed_until(&mut tx, "list").await.unwrap();
    assert!(
        untold::claim_stretch(&mut tx, "list", (from, now()))
            .await
            .unwrap()
    );
    assert!(
        !untold::claim_stretch(&mut tx, "list", (from, now()))
            .await
            .unwrap()
    );
    assert_eq!(untold::find_listed_until(&mut tx, "list").await.unwrap(), now());
    let none = untold::list_left(&mut tx, "no-reason", (from, now()), 5)
        .await
        .unwrap();
    assert!(none.is_empty());
    assert_eq!(
        untold::count_left(&mut tx, "no-reason", (from, now()))
            .await
            .unwrap(),
        0
    );
    tx.rollback().await.unwrap();
}
