//! Several processes on one database: leases and their fences, and what a process that is gone leaves behind.

use std::time::Duration;

use chrono::TimeDelta;
use madoguchi::store::outbox::{self, AttemptEnd, OutboxState, Purpose};
use madoguchi::store::processes::{self, Description};
use madoguchi::store::{Database, StoreError, leases, mails};
use madoguchi::ticket::MailOutcome;

use super::caused::entry;
use super::{new_mail, now};

const LONG: Duration = Duration::from_mins(1);
const OVER: Duration = Duration::ZERO;

fn own() -> Description {
    Description {
        host: "desk-1".to_owned(),
        pid: 7,
        version: "1.2.3",
    }
}

pub(super) async fn a_lease_has_one_holder_and_its_fence_refuses_the_one_before(
    database: &Database,
    url: &str,
) {
    let other = Database::open(url).await.unwrap();
    let take = async |database: &Database, term| {
        let mut tx = database.begin().await.unwrap();
        let fence = leases::acquire_lease(&mut tx, "mailbox X", term).await.unwrap();
        tx.commit().await.unwrap();
        fence
    };
    let first = take(database, LONG).await.unwrap();
    assert!(take(&other, LONG).await.is_none(), "somebody holds it");
    let fenced = database.fenced(first.clone());
    let tx = fenced.begin().await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = database.begin().await.unwrap();
    assert!(leases::renew_lease(&mut tx, &first, OVER).await.unwrap());
    tx.commit().await.unwrap();
    assert!(
        matches!(fenced.begin().await, Err(StoreError::LeaseLost { .. })),
        "its own watch says that it ran out"
    );
    let second = take(&other, LONG).await.unwrap();
    // As a process that was suspended believes: its watch stood still, its lease seems good.
    let mut tx = database.begin().await.unwrap();
    assert!(
        !leases::renew_lease(&mut tx, &first, LONG).await.unwrap(),
        "it is another's"
    );
    tx.commit().await.unwrap();
    let mut tx = other.begin().await.unwrap();
    leases::release_lease(&mut tx, &second).await.unwrap();
    tx.commit().await.unwrap();
    let tx = other.fenced(second).begin().await.unwrap();
    assert!(
        matches!(tx.commit().await, Err(StoreError::LeaseLost { .. })),
        "what is given back is given back"
    );
    assert!(take(database, LONG).await.is_some(), "at once");
    other.close().await;
}

pub(super) async fn what_a_gone_process_was_sending_is_taken_over_once(database: &Database, url: &str) {
    let gone = Database::open(url).await.unwrap();
    let later = now() + TimeDelta::hours(9);
    let lease = later + TimeDelta::minutes(30);
    let mail = entry(Purpose::Notification, "gone@desk.example", later);
    let mut tx = gone.begin().await.unwrap();
    assert!(processes::announce(&mut tx, &own(), LONG).await.unwrap());
    outbox::insert_outbox(&mut tx, &mail).await.unwrap();
    let claimed = outbox::claim_outbox(&mut tx, later, lease, 99).await.unwrap();
    assert!(claimed.iter().any(|one| one.id == mail.id));
    tx.commit().await.unwrap();

    let mut tx = database.begin().await.unwrap();
    processes::announce(&mut tx, &own(), LONG).await.unwrap();
    processes::mark_gone(&mut tx).await.unwrap();
    let taken = outbox::take_abandoned(&mut tx, later, lease).await.unwrap();
    assert!(taken.is_empty(), "it is there, and at work: {taken:?}");
    let next_year = later + TimeDelta::days(366);
    let taken = outbox::take_abandoned(&mut tx, next_year, next_year)
        .await
        .unwrap();
    assert!(
        !taken.iter().any(|one| one.id == mail.id),
        "however far the clock has jumped: {taken:?}"
    );
    tx.commit().await.unwrap();

    let mut tx = gone.begin().await.unwrap();
    processes::leave(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = database.begin().await.unwrap();
    let taken = outbox::take_abandoned(&mut tx, later, lease).await.unwrap();
    assert!(taken.iter().any(|one| one.id == mail.id));
    let again = outbox::take_abandoned(&mut tx, later, lease).await.unwrap();
    assert!(again.is_empty(), "it is this process's now");
    tx.commit().await.unwrap();

    // It comes back, and knows how its attempt ended; the mail has been taken from it.
    let mut tx = gone.begin().await.unwrap();
    assert!(
        !processes::announce(&mut tx, &own(), OVER).await.unwrap(),
        "it was taken for gone"
    );
    let end = AttemptEnd {
        state: OutboxState::Failed,
        due_at: None,
        reply: "550 no",
        unknown: false,
        told: false,
        at: later,
    };
    outbox::mark_attempt(&mut tx, mail.id, &end).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = database.begin().await.unwrap();
    let unsent = outbox::list_unsent(&mut tx, 99).await.unwrap();
    let row = unsent.iter().find(|one| one.id == mail.id).unwrap();
    assert_eq!(row.state, OutboxState::Sending, "the other one's attempt goes on");
    for one in taken {
        outbox::mark_attempt(&mut tx, one.id, &end).await.unwrap();
    }
    tx.commit().await.unwrap();
    std::thread::sleep(Duration::from_millis(5));
    let mut tx = database.begin().await.unwrap();
    assert_eq!(
        processes::mark_gone(&mut tx).await.unwrap(),
        1,
        "its term is over"
    );
    assert_eq!(processes::mark_others_gone(&mut tx).await.unwrap(), 0);
    assert_eq!(processes::forget_gone(&mut tx, LONG).await.unwrap(), 0);
    assert_eq!(processes::forget_gone(&mut tx, OVER).await.unwrap(), 1);
    tx.commit().await.unwrap();
    gone.close().await;
}

pub(super) async fn a_mail_has_one_effect_whoever_takes_it_through(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let (one, two) = (new_mail(b"a", Some(901)), new_mail(b"b", Some(902)));
    for mail in [&one, &two] {
        assert!(mails::insert_mail(&mut tx, mail).await.unwrap());
    }
    mails::mark_outcome(&mut tx, two.id, MailOutcome::NewTicket, "new-inquiry", now())
        .await
        .unwrap();
    let waiting = mails::lock_waiting(&mut tx, &[two.id, one.id]).await.unwrap();
    assert_eq!(waiting, [one.id]);
    assert!(mails::lock_waiting(&mut tx, &[]).await.unwrap().is_empty());
    tx.rollback().await.unwrap();
}
