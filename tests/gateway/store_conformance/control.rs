//! What differs, what is out of order, and what a person decides on outgoing mail.

use chrono::TimeDelta;
use madoguchi::store::outbox::{self, AttemptEnd, OutboxState, Purpose};
use madoguchi::store::outbox_control::{self, Freeze};
use madoguchi::store::reconciling::{self, LedgerPlace};
use madoguchi::store::{Database, identity, mails, outages, tickets};
use madoguchi::ticket::MailOutcome;
use uuid::Uuid;

use super::caused::entry;
use super::{id, new_mail, now};

pub(super) async fn what_differs_is_found(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let mut mail = new_mail(b"compared", Some(70));
    mail.mailbox = "Compared";
    mail.content_hash = "compared";
    assert!(mails::insert_mail(&mut tx, &mail).await.unwrap());
    let place = |decided| LedgerPlace {
        uid: 70,
        decided,
        filed: false,
    };
    assert_eq!(
        reconciling::list_places(&mut tx, "Compared", 7, (70, 70))
            .await
            .unwrap(),
        [place(false)]
    );
    assert!(
        reconciling::list_places(&mut tx, "Compared", 7, (71, 99))
            .await
            .unwrap()
            .is_empty()
    );
    let undecided = reconciling::list_undecided(&mut tx, 1_000).await.unwrap();
    assert!(undecided.iter().any(|one| one.id == mail.id));
    assert!(!reconciling::has_content(&mut tx, "compared").await.unwrap());
    let read = mails::ReadMail {
        message_id: Some("c@x"),
        ticket: None,
        outcome: MailOutcome::Quarantined,
        reason: "unreadable",
    };
    mails::mark_read(&mut tx, mail.id, read, now()).await.unwrap();
    assert!(reconciling::has_content(&mut tx, "compared").await.unwrap());
    assert_eq!(
        reconciling::list_places(&mut tx, "Compared", 7, (1, 99))
            .await
            .unwrap(),
        [place(true)]
    );
    let mut after = Uuid::nil();
    let mut keys = Vec::new();
    loop {
        let part = reconciling::list_ledger_keys(&mut tx, after, 1).await.unwrap();
        let Some(last) = part.last() else { break };
        after = last.id;
        keys.extend(part);
    }
    let key = keys.iter().find(|key| key.id == mail.id).unwrap();
    assert_eq!((key.message_id.as_str(), key.size), ("c@x", 8));
    assert_eq!(
        reconciling::find_scanned_at(&mut tx, "INBOX").await.unwrap(),
        Some(now())
    );
    assert_eq!(
        reconciling::find_scanned_at(&mut tx, "Never").await.unwrap(),
        None
    );
    tx.commit().await.unwrap();
}

pub(super) async fn a_person_decides_on_outgoing_mail(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let late = entry(Purpose::Notification, "late@desk.example", now());
    outbox::insert_outbox(&mut tx, &late).await.unwrap();
    let freeze = Freeze {
        reason: "移行".to_owned(),
        by: "operator".to_owned(),
        at: now(),
    };
    assert_eq!(outbox_control::find_freeze(&mut tx).await.unwrap(), None);
    assert!(
        outbox_control::freeze_outbox(&mut tx, id(), &freeze)
            .await
            .unwrap()
    );
    assert!(
        !outbox_control::freeze_outbox(&mut tx, id(), &freeze)
            .await
            .unwrap()
    );
    assert_eq!(outbox_control::find_freeze(&mut tx).await.unwrap(), Some(freeze));
    let (lease, hour) = (now() + TimeDelta::hours(1), TimeDelta::hours(1));
    assert!(
        outbox::claim_outbox(&mut tx, now() + hour, lease, 99)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(outbox::find_next_due(&mut tx).await.unwrap(), None);
    let still = reconciling::list_standing_still(&mut tx, now(), now() + hour, 99)
        .await
        .unwrap();
    let line = still.iter().find(|line| line.id == late.id).unwrap();
    assert_eq!(
        (line.state, line.purpose, line.due_at),
        (OutboxState::Queued, Purpose::Notification, now())
    );
    assert!(
        outbox_control::release_outbox(&mut tx, "operator", now())
            .await
            .unwrap()
    );
    assert!(
        !outbox_control::release_outbox(&mut tx, "operator", now())
            .await
            .unwrap()
    );
    assert!(outbox::find_next_due(&mut tx).await.unwrap().is_some());
    let open = outbox_control::list_open_outbox(&mut tx, 99).await.unwrap();
    assert!(open.iter().any(|one| one.id == late.id));
    assert!(
        !outbox_control::retry_outbox(&mut tx, late.id, "again", now())
            .await
            .unwrap(),
        "what waits need not be tried again"
    );
    assert!(
        outbox_control::give_up_outbox(&mut tx, late.id, "given up", now())
            .await
            .unwrap()
    );
    assert!(
        !outbox_control::give_up_outbox(&mut tx, late.id, "given up", now())
            .await
            .unwrap()
    );
    assert!(
        outbox_control::retry_outbox(&mut tx, late.id, "again", now())
            .await
            .unwrap()
    );
    let found = outbox_control::find_outbox(&mut tx, late.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            found.state,
            found.finished_at,
            found.bytes,
            found.last_reply.as_deref()
        ),
        (OutboxState::Deferred, None, late.bytes, Some("again"))
    );
    assert_eq!(outbox_control::find_outbox(&mut tx, id()).await.unwrap(), None);
    let claimed = outbox::claim_outbox(&mut tx, now(), lease, 99).await.unwrap();
    assert!(claimed.iter().any(|one| one.id == late.id));
    let end = AttemptEnd {
        state: OutboxState::Failed,
        due_at: None,
        reply: "550",
        unknown: false,
        told: false,
        at: now(),
    };
    for one in &claimed {
        outbox::mark_attempt(&mut tx, one.id, &end).await.unwrap();
    }
    tx.commit().await.unwrap();
}

pub(super) async fn an_outage_is_told_once_and_a_probe_arrives(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    assert!(
        outages::insert_outage(&mut tx, "mailbox INBOX", now(), "黙っている")
            .await
            .unwrap()
    );
    assert!(
        !outages::insert_outage(&mut tx, "mailbox INBOX", now(), "again")
            .await
            .unwrap()
    );
    assert_eq!(
        outages::list_outages(&mut tx).await.unwrap(),
        [("mailbox INBOX".to_owned(), now(), "黙っている".to_owned())]
    );
    assert_eq!(
        outages::end_outage(&mut tx, "mailbox INBOX").await.unwrap(),
        Some(now())
    );
    assert_eq!(outages::end_outage(&mut tx, "mailbox INBOX").await.unwrap(), None);

    assert_eq!(outages::find_last_self_probe(&mut tx).await.unwrap(), None);
    let probe = entry(Purpose::SelfProbe, "aws_tec@desk.example", now());
    outbox::insert_outbox(&mut tx, &probe).await.unwrap();
    outages::insert_self_probe(&mut tx, probe.id, now())
        .await
        .unwrap();
    assert_eq!(
        outages::mark_arrived_self_probes(&mut tx, now()).await.unwrap(),
        0
    );
    let mail = new_mail(b"probe", None);
    mails::insert_mail(&mut tx, &mail).await.unwrap();
    let read = mails::ReadMail {
        message_id: Some(probe.message_id.as_str()),
        ticket: None,
        outcome: MailOutcome::OwnMail,
        reason: "own-message-id",
    };
    mails::mark_read(&mut tx, mail.id, read, now()).await.unwrap();
    assert_eq!(
        outages::mark_arrived_self_probes(&mut tx, now()).await.unwrap(),
        1
    );
    let last = outages::find_last_self_probe(&mut tx).await.unwrap().unwrap();
    assert_eq!(
        (last.outbox_id, last.written_at, last.arrived_at),
        (probe.id, now(), Some(now()))
    );
    assert_eq!(outages::delete_self_probes(&mut tx, now()).await.unwrap(), 0);
    let later = now() + TimeDelta::days(1);
    assert_eq!(outages::delete_self_probes(&mut tx, later).await.unwrap(), 1);
    assert_eq!(
        outbox_control::find_outbox(&mut tx, probe.id).await.unwrap(),
        None
    );
    tx.commit().await.unwrap();
}

pub(super) async fn a_database_knows_which_it_is(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    assert_eq!(identity::find_claims(&mut tx).await.unwrap(), 0);
    assert_eq!(identity::raise_claims(&mut tx).await.unwrap(), 1);
    assert_eq!(identity::raise_claims(&mut tx).await.unwrap(), 2);
    identity::set_claims(&mut tx, 300).await.unwrap();
    assert_eq!(identity::find_claims(&mut tx).await.unwrap(), 300);
    let before = tickets::next_ticket_number(&mut tx).await.unwrap().0;
    identity::skip_ticket_numbers(&mut tx, 10_000).await.unwrap();
    let after = tickets::next_ticket_number(&mut tx).await.unwrap().0;
    assert_eq!(after - before, 10_001);
    let name = identity::find_fingerprint(&mut tx).await.unwrap();
    // One of the two goes by a file, the other by its own name.
    assert_eq!(name.is_some(), database.sent_mark_file().is_none());
    assert_eq!(name.is_some(), database.kind() == "PostgreSQL");
    assert_eq!(
        identity::replace_fingerprint(&mut tx, "a/b/1").await.unwrap(),
        None
    );
    assert_eq!(
        identity::replace_fingerprint(&mut tx, "a/b/2").await.unwrap(),
        Some("a/b/1".to_owned())
    );
    assert_eq!(identity::find_fingerprint(&mut tx).await.unwrap(), name);
    tx.rollback().await.unwrap();
    for claims in [7, 300, 12] {
        database.write_sent_mark(claims).unwrap();
        assert_eq!(database.sent_mark(), database.sent_mark_file().map(|_| claims));
    }
}
