//! The tables that mails cause rows in: tickets, messages, outbox, held.

use chrono::{DateTime, TimeDelta, Utc};
use madoguchi::mail::MessageId;
use madoguchi::registry::AccountId;
use madoguchi::store::delivery_reports::{self, DeliveryReport};
use madoguchi::store::findings::{self, EvidenceLine, TicketFindings};
use madoguchi::store::held::{self, HeldMail, HeldState};
use madoguchi::store::messages::{self, Origin};
use madoguchi::store::outbox::{self, AttemptEnd, OutboxEntry, OutboxState, Purpose};
use madoguchi::store::{Database, Tx, authority, mails, tickets};
use madoguchi::ticket::{
    Category, Desk, EventKind, Language, MailOutcome, Message, MessageKind, Severity, Ticket, TicketEvent,
    TicketNumber, TicketStatus,
};

use uuid::Uuid;

use super::{address, id, new_mail, now};

pub(super) async fn a_ticket(tx: &mut Tx) -> Ticket {
    let ticket = Ticket {
        id: id(),
        number: tickets::next_ticket_number(tx).await.unwrap(),
        customer_id: Some("acme".to_owned()),
        account_id: AccountId::parse("480913372265").ok(),
        account_outcome: "resolved".to_owned(),
        status: TicketStatus::New,
        category: Category::Diagnosis,
        confidence: 0.97,
        severity: Severity::Normal,
        desk: Desk::Technical,
        language: Language::Japanese,
        subject: "件名😀".to_owned(),
        author: address("a@acme.example"),
        author_name: "佐藤".to_owned(),
        assignee: Some(1),
        related_to: None,
        opened_at: now(),
        updated_at: now(),
        clock_starts_at: now(),
        answered_at: None,
        closed_at: None,
    };
    tickets::insert_ticket(tx, &ticket).await.unwrap();
    ticket
}

pub(super) async fn tickets_keep_people_and_events(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let mut ticket = a_ticket(&mut tx).await;
    assert_eq!(ticket.number, TicketNumber(1));
    assert_eq!(
        tickets::find_ticket(&mut tx, ticket.id).await.unwrap().as_ref(),
        Some(&ticket)
    );
    ticket.status = TicketStatus::Closed;
    ticket.closed_at = Some(now());
    ticket.account_id = None;
    tickets::update_ticket(&mut tx, &ticket).await.unwrap();
    assert_eq!(
        tickets::find_ticket_by_number(&mut tx, TicketNumber(1))
            .await
            .unwrap()
            .as_ref(),
        Some(&ticket)
    );
    assert!(tickets::list_tickets(&mut tx, false, 9).await.unwrap().is_empty());
    assert_eq!(tickets::list_tickets(&mut tx, true, 9).await.unwrap().len(), 1);
    let recent = tickets::list_recent_tickets_of(&mut tx, "acme", now() - TimeDelta::days(1), 9)
        .await
        .unwrap();
    assert_eq!(recent, [ticket.clone()]);
    for _ in 0..2 {
        tickets::insert_participant(&mut tx, ticket.id, &address("C@acme.example"), "cc")
            .await
            .unwrap();
    }
    assert_eq!(
        tickets::list_participants(&mut tx, ticket.id).await.unwrap(),
        [address("c@acme.example")]
    );
    let event = TicketEvent {
        id: id(),
        ticket_id: ticket.id,
        at: now(),
        actor: "system".to_owned(),
        kind: EventKind::Opened,
        detail: "new-inquiry".to_owned(),
    };
    tickets::insert_event(&mut tx, &event).await.unwrap();
    assert_eq!(tickets::list_events(&mut tx, ticket.id).await.unwrap(), [event]);
    tx.commit().await.unwrap();
}

pub(super) async fn findings_are_kept_and_added_to(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await.id;
    assert_eq!(findings::find_findings(&mut tx, ticket).await.unwrap(), None);
    let line = |about: &str| EvidenceLine {
        about: about.to_owned(),
        rule: "規則😀".to_owned(),
        place: "written".to_owned(),
        text: "\"引用\"".to_owned(),
    };
    let mut found = TicketFindings {
        flags: vec!["urgent-claim".to_owned()],
        evidence: vec![line("urgent-claim")],
        rules_version: "2026-03".to_owned(),
    };
    findings::upsert_findings(&mut tx, ticket, &found).await.unwrap();
    for _ in 0..2 {
        findings::add_findings(&mut tx, ticket, "secret-in-mail", vec![line("secret-in-mail")])
            .await
            .unwrap();
    }
    found.flags.push("secret-in-mail".to_owned());
    found.evidence.push(line("secret-in-mail"));
    assert_eq!(
        findings::find_findings(&mut tx, ticket).await.unwrap(),
        Some(found)
    );
}

pub(super) async fn messages_lead_to_tickets(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    let message = Message {
        id: id(),
        ticket_id: ticket.id,
        mail_id: None,
        kind: MessageKind::FromCustomer,
        author: "a@acme.example".to_owned(),
        subject: "件名".to_owned(),
        body: "本文\n> 引用".to_owned(),
        visible: "本文".to_owned(),
        created_at: now(),
    };
    messages::insert_message(&mut tx, &message).await.unwrap();
    assert_eq!(
        messages::list_messages(&mut tx, ticket.id).await.unwrap(),
        [message]
    );
    let (first, second) = (MessageId::parse("1@x").unwrap(), MessageId::parse("2@x").unwrap());
    messages::insert_message_id(&mut tx, &first, ticket.id, Origin::Customer, now())
        .await
        .unwrap();
    messages::insert_message_id(
        &mut tx,
        &second,
        ticket.id,
        Origin::Staff,
        now() + TimeDelta::seconds(1),
    )
    .await
    .unwrap();
    messages::insert_message_id(&mut tx, &first, ticket.id, Origin::Desk, now())
        .await
        .unwrap();
    assert_eq!(
        messages::find_tickets_by_message_id(&mut tx, &first)
            .await
            .unwrap(),
        [ticket.id]
    );
    let listed = messages::list_message_ids(&mut tx, ticket.id).await.unwrap();
    assert_eq!(listed, [(first, Origin::Customer), (second, Origin::Staff)]);
    tx.commit().await.unwrap();
}

pub(super) async fn mails_without_thread_find_their_ticket(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = Ticket {
        id: id(),
        number: tickets::next_ticket_number(&mut tx).await.unwrap(),
        customer_id: None,
        author: address("sato@lone.example"),
        ..a_ticket(&mut tx).await
    };
    tickets::insert_ticket(&mut tx, &ticket).await.unwrap();
    let kept = new_mail(b"Subject: x\r\n\r\n", None);
    let mail = kept.id;
    mails::insert_mail(&mut tx, &kept).await.unwrap();
    let read = mails::ReadMail {
        message_id: None,
        ticket: Some(ticket.id),
        outcome: MailOutcome::NewTicket,
        reason: "new-inquiry",
    };
    assert!(mails::mark_read(&mut tx, mail, read, now()).await.unwrap());
    let message = Message {
        id: id(),
        ticket_id: ticket.id,
        mail_id: Some(mail),
        kind: MessageKind::FromCustomer,
        author: "sato@lone.example".to_owned(),
        subject: String::new(),
        body: String::new(),
        visible: String::new(),
        created_at: now(),
    };
    messages::insert_message(&mut tx, &message).await.unwrap();
    let (sato, hour) = (address("Sato@lone.example"), TimeDelta::hours(1));
    for (since, expected) in [(now() - hour, vec![ticket.clone()]), (now() + hour, Vec::new())] {
        let notices = tickets::list_recent_notices(&mut tx, &sato, since, 9)
            .await
            .unwrap();
        assert_eq!(notices, expected);
    }
    let last = messages::find_last_ticket_of(&mut tx, &sato, now() - hour)
        .await
        .unwrap();
    assert_eq!(last, Some(ticket.id));
    let found = [(ticket.id, mail, "sato@lone.example".to_owned())];
    for (domain, expected) in [
        ("lone.example", found.as_slice()),
        ("mail.gw.lone.example", &found),
        ("one.example", &[]),
        ("example", &found),
    ] {
        let listed = messages::list_mails_since(&mut tx, now() - hour, 9, domain)
            .await
            .unwrap();
        assert_eq!(listed, expected, "{domain}");
    }
    tx.commit().await.unwrap();
}

pub(super) fn entry(purpose: Purpose, recipient: &str, due_at: DateTime<Utc>) -> OutboxEntry {
    let key = id();
    OutboxEntry {
        id: key,
        ticket_id: None,
        mail_id: None,
        purpose,
        sender: address("aws_tec@desk.example"),
        recipient: address(recipient),
        message_id: MessageId::parse(&format!("{key}@desk.example")).unwrap(),
        subject: "件名".to_owned(),
        bytes: b"x\r\n\0".to_vec(),
        state: OutboxState::Queued,
        attempts: 0,
        due_at,
        last_reply: None,
        created_at: now(),
        finished_at: None,
        unknowns: 0,
        told_at: None,
    }
}

pub(super) async fn a_report_is_told_once(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let sent = entry(Purpose::Answer, "b@acme.example", now());
    outbox::insert_outbox(&mut tx, &sent).await.unwrap();
    let mut told = Vec::new();
    for (recipient, status, failed) in [
        ("x@evil.example", "4.2.2", false),
        ("x@evil.example", "5.1.1", true),
        ("x@evil.example", "5.1.1", true),
        ("b@acme.example", "5.1.1", true),
        ("b@acme.example", "5.2.2", true),
    ] {
        let report = DeliveryReport {
            message: &sent.message_id,
            recipient,
            status,
            failed,
        };
        let novelty = delivery_reports::insert_report(&mut tx, report, now())
            .await
            .unwrap();
        told.push((novelty.new, novelty.first_failure));
    }
    let wanted = [
        (true, false),
        (true, true),
        (false, false),
        (true, true),
        (true, false),
    ];
    assert_eq!(told, wanted);
}

pub(super) async fn the_outbox_is_claimed_once(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let later = entry(Purpose::Notification, "t@desk.example", now());
    let first = entry(Purpose::Acknowledgement, "a@acme.example", now());
    let not_yet = entry(Purpose::Answer, "a@acme.example", now() + TimeDelta::minutes(3));
    for entry in [&later, &first, &not_yet] {
        outbox::insert_outbox(&mut tx, entry).await.unwrap();
    }
    let lease = now() + TimeDelta::minutes(30);
    let claimed = outbox::claim_outbox(&mut tx, now(), lease, 9).await.unwrap();
    assert_eq!(
        claimed.iter().map(|e| e.id).collect::<Vec<_>>(),
        [first.id, later.id],
        "customers before staff"
    );
    assert_eq!((claimed[0].state, claimed[0].attempts), (OutboxState::Sending, 1));
    assert!(
        outbox::claim_outbox(&mut tx, now(), lease, 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        outbox::find_next_due(&mut tx).await.unwrap(),
        Some(not_yet.due_at)
    );
    outbox::give_back(&mut tx, &[first.id]).await.unwrap();
    let again = outbox::claim_outbox(&mut tx, now(), lease, 9).await.unwrap();
    assert_eq!(
        (again[0].id, again[0].attempts),
        (first.id, 1),
        "as if never claimed"
    );
    let taken = outbox::SentMail {
        id: first.id,
        reply: "250 ok",
        at: now(),
    };
    outbox::mark_sent(&mut tx, &[taken]).await.unwrap();
    outbox::mark_sent(&mut tx, &[]).await.unwrap();
    let gone = outbox::take_abandoned(&mut tx, now() + TimeDelta::hours(1), lease + TimeDelta::hours(2))
        .await
        .unwrap();
    assert_eq!(gone.iter().map(|e| e.id).collect::<Vec<_>>(), [later.id]);
    // Put off, it waits as if it had not been claimed, and is not proven by a copy: it never went.
    let until = now() - TimeDelta::minutes(3);
    outbox::put_off(&mut tx, later.id, until).await.unwrap();
    let due = outbox::find_next_due(&mut tx).await.unwrap();
    assert_eq!(due, Some(until));
    let sent_id = &later.message_id;
    assert!(
        !outbox::prove_sent(&mut tx, sent_id, "came back", now())
            .await
            .unwrap()
    );
    let claimed = outbox::claim_outbox(&mut tx, until, lease, 9).await.unwrap();
    assert!(claimed.iter().any(|entry| entry.id == later.id));
    let deferred = AttemptEnd {
        due_at: Some(now()),
        state: OutboxState::Deferred,
        reply: "lost",
        unknown: true,
        told: true,
        at: now(),
    };
    outbox::mark_attempt(&mut tx, later.id, &deferred).await.unwrap();
    let unsent = outbox::list_unsent(&mut tx, 9).await.unwrap();
    let lost = unsent.iter().find(|e| e.id == later.id).unwrap();
    assert_eq!(
        (lost.unknowns, lost.told_at, lost.last_reply.as_deref()),
        (1, Some(now()), Some("lost"))
    );
    assert_eq!(outbox::list_outbox(&mut tx, 9).await.unwrap().len(), 3);
    assert!(outbox::list_outbox_of(&mut tx, id()).await.unwrap().is_empty());
    let found = outbox::find_outbox_by_message_id(&mut tx, &first.message_id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.state, found.finished_at, found.bytes),
        (OutboxState::Sent, Some(now()), first.bytes)
    );
    let states = outbox::count_outbox_states(&mut tx).await.unwrap();
    assert_eq!(
        states,
        [
            ("deferred".to_owned(), 1),
            ("queued".to_owned(), 1),
            ("sent".to_owned(), 1)
        ]
    );
    tx.commit().await.unwrap();
}

pub(super) async fn held_mail_is_decided_once(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let mail = new_mail(b"held", None);
    mails::insert_mail(&mut tx, &mail).await.unwrap();
    let row = HeldMail {
        id: id(),
        mail_id: mail.id,
        ticket_id: Some(a_ticket(&mut tx).await.id),
        staff_serial: Some(1),
        reason: "anchor-failed".to_owned(),
        detail: String::new(),
        body: "本文".to_owned(),
        state: HeldState::Waiting,
        held_at: now(),
        decided_at: None,
        decided_by: None,
    };
    held::insert_held(&mut tx, &row).await.unwrap();
    assert_eq!(
        held::find_held(&mut tx, row.id).await.unwrap().as_ref(),
        Some(&row)
    );
    assert!(
        held::mark_held_released(&mut tx, row.id, "operator", now())
            .await
            .unwrap()
    );
    assert!(
        !held::mark_held_released(&mut tx, row.id, "operator", now())
            .await
            .unwrap()
    );
    assert!(held::list_held(&mut tx, false, 9).await.unwrap().is_empty());
    assert_eq!(
        held::list_held(&mut tx, true, 9).await.unwrap()[0]
            .decided_by
            .as_deref(),
        Some("operator")
    );
    let again = HeldMail { id: id(), ..row };
    held::insert_held(&mut tx, &again).await.unwrap();
    held::set_held_retry(&mut tx, again.id, Some(now()))
        .await
        .unwrap();
    let before = now() - TimeDelta::minutes(1);
    assert!(
        held::list_held_to_retry(&mut tx, before, 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        held::list_held_to_retry(&mut tx, now(), 9).await.unwrap()[0].id,
        again.id
    );
    held::mark_held_judged(&mut tx, again.id, "anchor-failed", "body-changed")
        .await
        .unwrap();
    assert!(
        held::list_held_to_retry(&mut tx, now(), 9)
            .await
            .unwrap()
            .is_empty()
    );
    let judged = held::find_held(&mut tx, again.id).await.unwrap().unwrap();
    assert_eq!(judged.detail, "body-changed");
    authority_is_remembered(&mut tx, (mail.id, again.id)).await;
    tx.commit().await.unwrap();
}

async fn authority_is_remembered(tx: &mut Tx, (mail, held): (Uuid, Uuid)) {
    let tanaka = address("tanaka@desk.example");
    assert!(!authority::is_enrolled(tx, (1, &tanaka), "dkim").await.unwrap());
    for _ in 0..2 {
        authority::mark_enrolled(tx, (1, &tanaka), "dkim", now())
            .await
            .unwrap();
    }
    assert!(authority::is_enrolled(tx, (1, &tanaka), "dkim").await.unwrap());
    assert!(
        !authority::is_enrolled(tx, (1, &tanaka), "token-only")
            .await
            .unwrap()
    );
    let all = authority::list_enrolled(tx, "dkim").await.unwrap();
    assert_eq!(
        all.into_iter().collect::<Vec<_>>(),
        [(1, "tanaka@desk.example".to_owned())]
    );

    let first = authority::insert_held_request(tx, (held, 1), "hash", true, now())
        .await
        .unwrap();
    let second = authority::insert_held_request(tx, (held, 1), "hash", false, now())
        .await
        .unwrap();
    assert!(second > first);
    let ago = now() - TimeDelta::minutes(10);
    assert_eq!(authority::list_staff_to_ask(tx, ago).await.unwrap(), [1]);
    assert_eq!(authority::list_unasked(tx, 1, 9).await.unwrap().len(), 2);
    let row = held::find_held(tx, held).await.unwrap().unwrap();
    let on = authority::list_requests_on(tx, 1, row.ticket_id.unwrap(), 9)
        .await
        .unwrap();
    let numbers: Vec<i64> = on.iter().map(|request| request.number).collect();
    assert_eq!(numbers, [second, first]);
    assert!(
        authority::list_requests_on(tx, 2, row.ticket_id.unwrap(), 9)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(authority::mark_asked(tx, first, now()).await.unwrap());
    assert!(!authority::mark_asked(tx, first, now()).await.unwrap());
    assert_eq!(authority::list_unasked(tx, 1, 9).await.unwrap()[0].number, second);
    assert!(authority::list_staff_to_ask(tx, ago).await.unwrap().is_empty());
    assert_eq!(authority::list_staff_to_ask(tx, now()).await.unwrap(), [1]);
    assert!(authority::mark_held_request_used(tx, first, now()).await.unwrap());
    assert!(!authority::mark_held_request_used(tx, first, now()).await.unwrap());
    let found = authority::find_held_request(tx, first).await.unwrap().unwrap();
    assert_eq!(
        (found.confirms, found.asked_at, found.used_at),
        (true, Some(now()), Some(now()))
    );

    for _ in 0..2 {
        authority::insert_replay(tx, (1, "proof", "a@b"), mail, now())
            .await
            .unwrap();
    }
    assert_eq!(
        authority::find_replay(tx, (1, "proof", "a@b")).await.unwrap(),
        Some(mail)
    );
    assert_eq!(
        authority::find_replay(tx, (1, "other", "a@b")).await.unwrap(),
        None
    );
    assert_eq!(authority::delete_replays(tx, now()).await.unwrap(), 0);
    assert_eq!(
        authority::delete_replays(tx, now() + TimeDelta::days(1))
            .await
            .unwrap(),
        1
    );
}

pub(super) async fn a_dropped_transaction_leaves_nothing(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    drop(tx);
    let mut tx = database.begin().await.unwrap();
    let _rolled_back = a_ticket(&mut tx).await;
    tx.rollback().await.unwrap();
    let mut tx = database.read().await.unwrap();
    assert_eq!(tickets::find_ticket(&mut tx, ticket.id).await.unwrap(), None);
}
