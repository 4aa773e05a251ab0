//! Tickets joined and divided, and answers taken back.

use madoguchi::mail::MessageId;
use madoguchi::store::messages::{self, Origin};
use madoguchi::store::outbox::{self, OutboxEntry, OutboxState, Purpose};
use madoguchi::store::{Database, Tx, mails, threads, tickets, told};
use madoguchi::ticket::{Message, MessageKind};

use super::caused::{a_ticket, entry};
use super::{address, id, new_mail, now};

async fn a_message(tx: &mut Tx, ticket: uuid::Uuid, mail: uuid::Uuid) -> Message {
    let message = Message {
        id: id(),
        ticket_id: ticket,
        mail_id: Some(mail),
        kind: MessageKind::ToCustomer,
        author: "staff:1".to_owned(),
        subject: "件名".to_owned(),
        body: "本文".to_owned(),
        visible: "本文".to_owned(),
        created_at: now(),
    };
    messages::insert_message(tx, &message).await.unwrap();
    message
}

pub(super) async fn merged_tickets_lead_to_the_survivor(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let (first, second, third) = (
        a_ticket(&mut tx).await,
        a_ticket(&mut tx).await,
        a_ticket(&mut tx).await,
    );
    let mail = new_mail(b"merged", None);
    mails::insert_mail(&mut tx, &mail).await.unwrap();
    assert_eq!(mails::find_message_id(&mut tx, mail.id).await.unwrap(), None);
    let message = a_message(&mut tx, first.id, mail.id).await;
    let thread = MessageId::parse("<merged@acme.example>").unwrap();
    messages::insert_message_id(&mut tx, &thread, first.id, Origin::Customer, now())
        .await
        .unwrap();
    tickets::insert_participant(&mut tx, first.id, &address("c@acme.example"), "cc")
        .await
        .unwrap();
    threads::insert_watcher(&mut tx, first.id, 1).await.unwrap();
    threads::insert_watcher(&mut tx, first.id, 1).await.unwrap();

    threads::merge_ticket(&mut tx, first.id, second.id, now())
        .await
        .unwrap();
    threads::merge_ticket(&mut tx, second.id, third.id, now())
        .await
        .unwrap();

    for merged in [first.id, second.id, third.id] {
        assert_eq!(threads::find_survivor(&mut tx, merged).await.unwrap(), third.id);
    }
    let of_thread = messages::find_tickets_by_message_id(&mut tx, &thread)
        .await
        .unwrap();
    assert_eq!(of_thread, [third.id]);
    let all = messages::list_messages(&mut tx, third.id).await.unwrap();
    assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [message.id]);
    let people = tickets::list_participants(&mut tx, third.id).await.unwrap();
    assert_eq!(people, [address("c@acme.example")]);
    assert_eq!(threads::list_watchers(&mut tx, third.id).await.unwrap(), [1]);

    let ids = (third.id, first.id);
    threads::move_message(&mut tx, message.id, Some(thread.as_str()), ids)
        .await
        .unwrap();
    assert_eq!(messages::list_messages(&mut tx, third.id).await.unwrap(), []);
    let of_thread = messages::find_tickets_by_message_id(&mut tx, &thread)
        .await
        .unwrap();
    assert_eq!(of_thread, [first.id]);
    tx.rollback().await.unwrap();
}

pub(super) async fn an_answer_is_taken_back_while_it_waits(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    let mail = new_mail(b"recalled", None);
    mails::insert_mail(&mut tx, &mail).await.unwrap();
    a_message(&mut tx, ticket.id, mail.id).await;
    let entry = OutboxEntry {
        id: id(),
        ticket_id: Some(ticket.id),
        mail_id: Some(mail.id),
        purpose: Purpose::Answer,
        sender: address("desk@desk.example"),
        recipient: address("a@acme.example"),
        message_id: MessageId::parse("<answer@desk.example>").unwrap(),
        subject: "件名".to_owned(),
        bytes: b"x".to_vec(),
        state: OutboxState::Queued,
        attempts: 0,
        due_at: now(),
        last_reply: None,
        created_at: now(),
        finished_at: None,
        unknowns: 0,
        told_at: None,
    };
    outbox::insert_outbox(&mut tx, &entry).await.unwrap();
    assert_eq!(outbox::count_answers(&mut tx, ticket.id).await.unwrap(), (1, 0));
    let elsewhere = MessageId::parse("<0106-1@ap-northeast-1.amazonses.example>").unwrap();
    outbox::mark_sent_as(&mut tx, entry.id, &elsewhere).await.unwrap();
    let found = outbox::find_outbox_by_message_id(&mut tx, &elsewhere)
        .await
        .unwrap();
    assert_eq!(found.map(|found| found.id), Some(entry.id));
    let recalled = outbox::recall_answers(&mut tx, ticket.id, "staff:1", now())
        .await
        .unwrap();
    assert_eq!(recalled, [mail.id]);
    assert_eq!(outbox::count_answers(&mut tx, ticket.id).await.unwrap(), (0, 0));
    let again = outbox::recall_answers(&mut tx, ticket.id, "staff:1", now())
        .await
        .unwrap();
    assert!(again.is_empty());
    messages::mark_recalled(&mut tx, ticket.id, mail.id)
        .await
        .unwrap();
    let all = messages::list_messages(&mut tx, ticket.id).await.unwrap();
    assert_eq!(all[0].kind, MessageKind::Note);
    tx.rollback().await.unwrap();
}

pub(super) async fn what_staff_were_told_is_read_once_and_only_its_beginning(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let (first, second) = (a_ticket(&mut tx).await, a_ticket(&mut tx).await);
    let row = |ticket: uuid::Uuid, purpose, bytes: &[u8]| OutboxEntry {
        ticket_id: Some(ticket),
        bytes: bytes.to_vec(),
        ..entry(purpose, "tanaka@desk.example", now())
    };
    let rows = [
        OutboxEntry {
            subject: "新規".to_owned(),
            ..row(first.id, Purpose::Notification, b"first notice")
        },
        row(second.id, Purpose::Notification, b"second notice"),
        // The same moment and subject: a colleague was told the same.
        row(second.id, Purpose::Notification, b"second notice"),
        row(second.id, Purpose::HeldNotice, b"held"),
        row(second.id, Purpose::Answer, b"an answer"),
    ];
    for one in &rows {
        outbox::insert_outbox(&mut tx, one).await.unwrap();
    }
    threads::merge_ticket(&mut tx, first.id, second.id, now())
        .await
        .unwrap();
    let mut heads = told::list_told(&mut tx, second.id, (9, 6)).await.unwrap();
    heads.sort();
    assert_eq!(heads, [b"first ".to_vec(), b"held".to_vec(), b"second".to_vec()]);
    assert_eq!(
        told::list_told(&mut tx, second.id, (1, 6)).await.unwrap().len(),
        1
    );
    assert!(told::list_told(&mut tx, id(), (9, 6)).await.unwrap().is_empty());
    // Nothing of it stays: the outbox of the other functions is counted.
    drop(tx);
}
