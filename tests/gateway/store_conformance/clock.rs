//! The tables of the passing of time, and of what people have corrected.

use chrono::TimeDelta;
use madoguchi::store::clocks::{self, StoredPause, StoredReminder, TicketClock};
use madoguchi::store::corrections::{self, CorrectedField, StoredCorrection};
use madoguchi::store::{Database, outbox, tickets};

use super::caused::a_ticket;
use super::{address, now};

pub(super) async fn a_clock_is_kept_and_found_when_due(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    assert_eq!(clocks::find_clock(&mut tx, ticket.id).await.unwrap(), None);
    let mut clock = TicketClock {
        ticket_id: ticket.id,
        status_since: now(),
        waiting_since: Some(now()),
        is_first: true,
        look_at: None,
    };
    clocks::put_clock(&mut tx, &clock).await.unwrap();
    assert_eq!(
        clocks::find_clock(&mut tx, ticket.id).await.unwrap(),
        Some(clock.clone())
    );
    assert_eq!(clocks::find_next_look(&mut tx).await.unwrap(), None);
    clock.look_at = Some(now() + TimeDelta::hours(1));
    (clock.waiting_since, clock.is_first) = (None, false);
    clocks::put_clock(&mut tx, &clock).await.unwrap();
    assert_eq!(
        clocks::find_clock(&mut tx, ticket.id).await.unwrap(),
        Some(clock.clone())
    );
    assert_eq!(clocks::find_next_look(&mut tx).await.unwrap(), clock.look_at);
    assert!(
        clocks::list_due_clocks(&mut tx, now(), 9)
            .await
            .unwrap()
            .is_empty()
    );
    let later = now() + TimeDelta::hours(1);
    assert_eq!(
        clocks::list_due_clocks(&mut tx, later, 9).await.unwrap(),
        [ticket.id]
    );
    assert!(clocks::note_clock_policy(&mut tx, -5).await.unwrap());
    assert!(!clocks::note_clock_policy(&mut tx, -5).await.unwrap());
    assert!(clocks::note_clock_policy(&mut tx, 7).await.unwrap());
    assert_eq!(clocks::revive_clocks(&mut tx, now()).await.unwrap(), 1);
    assert_eq!(
        clocks::list_due_clocks(&mut tx, now(), 9).await.unwrap(),
        [ticket.id]
    );
    assert_eq!(
        tickets::lock_ticket(&mut tx, ticket.id).await.unwrap(),
        Some(ticket)
    );
    tx.rollback().await.unwrap();
}

pub(super) async fn a_pause_lasts_until_it_is_ended(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await.id;
    let at = |minutes| now() + TimeDelta::minutes(minutes);
    clocks::begin_pause(&mut tx, ticket, at(0)).await.unwrap();
    clocks::begin_pause(&mut tx, ticket, at(1)).await.unwrap();
    clocks::end_pause(&mut tx, ticket, at(2)).await.unwrap();
    clocks::end_pause(&mut tx, ticket, at(3)).await.unwrap();
    clocks::begin_pause(&mut tx, ticket, at(4)).await.unwrap();
    let pause = |from, until| StoredPause { from, until };
    assert_eq!(
        clocks::list_pauses(&mut tx, ticket).await.unwrap(),
        [pause(at(0), Some(at(2))), pause(at(4), None)]
    );
    clocks::forget_pauses(&mut tx, ticket).await.unwrap();
    assert!(clocks::list_pauses(&mut tx, ticket).await.unwrap().is_empty());
    tx.rollback().await.unwrap();
}

pub(super) async fn a_reminder_is_claimed_once(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    let reminder = StoredReminder {
        kind: "target-breached@technical".to_owned(),
        since: now(),
        told_at: now() + TimeDelta::hours(4),
    };
    assert!(
        clocks::claim_reminder(&mut tx, ticket.id, &reminder)
            .await
            .unwrap()
    );
    assert!(
        !clocks::claim_reminder(&mut tx, ticket.id, &reminder)
            .await
            .unwrap()
    );
    let of_a_later_wait = StoredReminder {
        since: now() + TimeDelta::days(1),
        ..reminder.clone()
    };
    assert!(
        clocks::claim_reminder(&mut tx, ticket.id, &of_a_later_wait)
            .await
            .unwrap()
    );
    assert_eq!(
        clocks::list_reminders(&mut tx, ticket.id, now()).await.unwrap(),
        [reminder]
    );
    let subject = &ticket.subject;
    assert!(
        !outbox::was_written_to(&mut tx, ticket.id, &ticket.author, subject)
            .await
            .unwrap()
    );
    let (copied, added) = (address("copied@acme.example"), address("added@acme.example"));
    tickets::insert_participant(&mut tx, ticket.id, &copied, "cc")
        .await
        .unwrap();
    tickets::insert_participant(&mut tx, ticket.id, &added, "staff:1")
        .await
        .unwrap();
    assert!(
        tickets::delete_copied_participant(&mut tx, ticket.id, &copied)
            .await
            .unwrap()
    );
    assert!(
        !tickets::delete_copied_participant(&mut tx, ticket.id, &added)
            .await
            .unwrap()
    );
    assert_eq!(
        tickets::list_participants(&mut tx, ticket.id).await.unwrap(),
        [added]
    );
    tx.rollback().await.unwrap();
}

pub(super) async fn the_last_correction_counts(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    let first = StoredCorrection {
        ticket_id: ticket.id,
        field: CorrectedField::Category,
        was: "diagnosis".to_owned(),
        became: "account-billing".to_owned(),
        corrected_at: now(),
        corrected_by: "staff:1".to_owned(),
        subject: "件名".to_owned(),
        body: "本文".to_owned(),
        flags: "urgent-claim".to_owned(),
    };
    corrections::keep_correction(&mut tx, &first).await.unwrap();
    let second = StoredCorrection {
        was: "account-billing".to_owned(),
        became: "technical".to_owned(),
        corrected_at: now() + TimeDelta::hours(1),
        corrected_by: "operator".to_owned(),
        ..first.clone()
    };
    corrections::keep_correction(&mut tx, &second).await.unwrap();
    let kept = StoredCorrection {
        was: "diagnosis".to_owned(),
        ..second
    };
    assert_eq!(
        corrections::list_corrections(&mut tx, CorrectedField::Category)
            .await
            .unwrap(),
        [kept]
    );
    assert!(
        corrections::list_corrections(&mut tx, CorrectedField::Account)
            .await
            .unwrap()
            .is_empty()
    );
    tx.rollback().await.unwrap();
}
