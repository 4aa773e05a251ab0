//! What the customer's side reads on the page.

use chrono::TimeDelta;
use madoguchi::registry::AccountScope;
use madoguchi::store::customer_pages::{self, CustomerPost, Reader, Wanted};
use madoguchi::store::{Database, mails, messages, outbox, registry, tickets};
use madoguchi::ticket::{Message, MessageKind, Ticket, TicketNumber, TicketStatus};
use madoguchi::{registry as people, store::Tx};

use super::caused::{a_ticket, entry};
use super::{address, id, new_mail, now};

pub(super) async fn a_reader_sees_what_is_theirs(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    customers(&mut tx).await;
    let one = filed(&mut tx, 9001, "480913372265", "pages-a").await;
    let two = filed(&mut tx, 9002, "046425940015", "pages-a").await;
    let foreign = filed(&mut tx, 9003, "046425940015", "pages-b").await;
    let reader = |scope: &str| Reader {
        customer_id: "pages-a".to_owned(),
        scope: AccountScope::parse(scope).unwrap(),
        address: address("reader@pages.example"),
    };
    let wanted = Wanted {
        limit: 10,
        ..Wanted::default()
    };
    let numbers = async |tx: &mut Tx, reader: &Reader, wanted: &Wanted| -> Vec<i64> {
        let found = customer_pages::list_visible(tx, reader, wanted).await.unwrap();
        found.into_iter().map(|ticket| ticket.number.0).collect()
    };
    assert_eq!(numbers(&mut tx, &reader("*"), &wanted).await, [9002, 9001]);
    assert_eq!(numbers(&mut tx, &reader("046425940015"), &wanted).await, [9002]);
    let narrowed = Wanted {
        statuses: vec![TicketStatus::Open, TicketStatus::New],
        account: one.account_id,
        ..wanted.clone()
    };
    assert_eq!(numbers(&mut tx, &reader("*"), &narrowed).await, [9001]);
    let closed = Wanted {
        statuses: vec![TicketStatus::Closed],
        ..wanted.clone()
    };
    assert!(numbers(&mut tx, &reader("*"), &closed).await.is_empty());
    let further = Wanted { skip: 1, ..wanted };
    assert_eq!(numbers(&mut tx, &reader("*"), &further).await, [9001]);
    tickets::insert_participant(&mut tx, one.id, &address("reader@pages.example"), "cc")
        .await
        .unwrap();
    assert_eq!(numbers(&mut tx, &reader("046425940015"), &further).await, [9001]);
    for (number, seen) in [
        (two.number, true),
        (foreign.number, false),
        (TicketNumber(9999), false),
    ] {
        let found = customer_pages::find_visible(&mut tx, &reader("*"), number).await;
        assert_eq!(found.unwrap().is_some(), seen, "{number:?}");
    }
    tx.rollback().await.unwrap();
}

pub(super) async fn a_thread_has_words_and_answers_alone(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    customers(&mut tx).await;
    let ticket = filed(&mut tx, 9004, "480913372265", "pages-a").await;
    let raw = new_mail(b"Subject: pages\r\n\r\npages\r\n", None);
    let mail = raw.id;
    mails::insert_mails(&mut tx, &[raw]).await.unwrap();
    for (place, (kind, mail_id)) in [
        (MessageKind::FromCustomer, None),
        (MessageKind::Note, None),
        (MessageKind::FromAws, None),
        (MessageKind::System, None),
        (MessageKind::ToCustomer, Some(mail)),
    ]
    .into_iter()
    .enumerate()
    {
        let message = Message {
            id: id(),
            ticket_id: ticket.id,
            mail_id,
            kind,
            author: "a@pages.example".to_owned(),
            subject: String::new(),
            body: "whole".to_owned(),
            visible: format!("visible {kind}"),
            created_at: now() + TimeDelta::seconds(i64::try_from(place).unwrap()),
        };
        messages::insert_message(&mut tx, &message).await.unwrap();
    }
    let reader = Reader {
        customer_id: "pages-a".to_owned(),
        scope: AccountScope::All,
        address: address("reader@pages.example"),
    };
    let seen = customer_pages::find_visible(&mut tx, &reader, ticket.number)
        .await
        .unwrap()
        .unwrap();
    let texts = async |tx: &mut Tx, at| -> Vec<Option<String>> {
        let posts = customer_pages::list_posts(tx, &seen, at).await.unwrap();
        posts
            .into_iter()
            .map(|post| match post {
                CustomerPost::Asked { text, .. } => Some(text),
                CustomerPost::Answered { text, .. } => text,
            })
            .collect()
    };
    let words = Some("visible from-customer".to_owned());
    assert_eq!(texts(&mut tx, now()).await, [words.clone(), None]);
    customer_pages::set_shown(&mut tx, ticket.id, mail, "went out")
        .await
        .unwrap();
    assert_eq!(
        texts(&mut tx, now()).await,
        [words.clone(), Some("went out".to_owned())]
    );
    let later = now() + TimeDelta::minutes(3);
    let mut waiting = entry(outbox::Purpose::Answer, "a@pages.example", later);
    waiting.ticket_id = Some(ticket.id);
    waiting.mail_id = Some(mail);
    outbox::insert_outbox(&mut tx, &waiting).await.unwrap();
    assert_eq!(texts(&mut tx, now()).await, [words]);
    assert_eq!(texts(&mut tx, later).await.len(), 2);
    tx.rollback().await.unwrap();
}

async fn customers(tx: &mut Tx) {
    let mut rows = people::Registry::default();
    let csv = "id,name,name_kana,language,answer_mode\npages-a,A,,ja,answer\npages-b,B,,ja,answer\n";
    rows.read_file("pages.csv", csv.as_bytes()).unwrap();
    registry::import(tx, &rows).await.unwrap();
}

async fn filed(tx: &mut Tx, number: i64, account: &str, customer: &str) -> Ticket {
    let ticket = Ticket {
        id: id(),
        number: TicketNumber(number),
        customer_id: Some(customer.to_owned()),
        account_id: Some(people::AccountId::parse(account).unwrap()),
        updated_at: now() + TimeDelta::seconds(number),
        ..a_ticket(tx).await
    };
    tickets::insert_ticket(tx, &ticket).await.unwrap();
    ticket
}
