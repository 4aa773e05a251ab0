//! Tickets opened on a customer's behalf.

use madoguchi::store::{Database, mails, messages, proposals, tickets};
use madoguchi::ticket::Language;

use super::caused::a_ticket;
use super::{address, new_mail, now};

pub(super) async fn a_proposal_is_confirmed_once(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    assert_eq!(proposals::find_proposal(&mut tx, ticket.id).await.unwrap(), None);
    let mail = new_mail(b"Subject: FW: x\r\n\r\n", None);
    mails::insert_mail(&mut tx, &mail).await.unwrap();
    let mut proposal = proposals::Proposal {
        ticket_id: ticket.id,
        mail_id: mail.id,
        staff_serial: 7,
        senders: vec![address("a@acme.example"), address("b@acme.example")],
        proposed_at: now(),
        confirmed_at: None,
        confirmed_by: None,
    };
    proposals::insert_proposal(&mut tx, &proposal).await.unwrap();
    let find = async |tx: &mut _| proposals::find_proposal(tx, ticket.id).await.unwrap();
    assert_eq!(find(&mut tx).await.as_ref(), Some(&proposal));
    for (by, first) in [("staff:7", true), ("staff:8", false)] {
        let confirmed = proposals::mark_proposal_confirmed(&mut tx, ticket.id, by, now()).await;
        assert_eq!(confirmed.unwrap(), first);
    }
    proposal.confirmed_at = Some(now());
    proposal.confirmed_by = Some("staff:7".to_owned());
    assert_eq!(find(&mut tx).await, Some(proposal));
    let author = address("a@acme.example");
    proposals::set_author(&mut tx, &ticket, &author, Language::English)
        .await
        .unwrap();
    let changed = tickets::find_ticket(&mut tx, ticket.id).await.unwrap().unwrap();
    assert_eq!((changed.author, changed.language), (author, Language::English));
    tx.rollback().await.unwrap();
}

pub(super) async fn what_comes_before_a_confirmation_is_found_and_moved(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let (forwarded, own) = (a_ticket(&mut tx).await, a_ticket(&mut tx).await);
    assert!(
        proposals::list_related(&mut tx, forwarded.id)
            .await
            .unwrap()
            .is_empty()
    );
    let related = madoguchi::ticket::Ticket {
        id: super::id(),
        number: tickets::next_ticket_number(&mut tx).await.unwrap(),
        related_to: Some(forwarded.id),
        ..own
    };
    tickets::insert_ticket(&mut tx, &related).await.unwrap();
    let found = proposals::list_related(&mut tx, forwarded.id).await.unwrap();
    assert_eq!(found, [related.id]);
    let colleague = address("b@acme.example");
    tickets::insert_participant(&mut tx, related.id, &colleague, "cc")
        .await
        .unwrap();
    for _ in 0..2 {
        tickets::copy_participants(&mut tx, related.id, forwarded.id)
            .await
            .unwrap();
    }
    let taking_part = tickets::list_participants(&mut tx, forwarded.id).await.unwrap();
    assert_eq!(taking_part, [colleague]);
    tx.rollback().await.unwrap();
}

pub(super) async fn words_may_be_somebody_elses_and_not_to_be_repeated(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let ticket = a_ticket(&mut tx).await;
    let mail = new_mail(b"Subject: x\r\n\r\n", None);
    mails::insert_mail(&mut tx, &mail).await.unwrap();
    let message = madoguchi::ticket::Message {
        id: super::id(),
        ticket_id: ticket.id,
        mail_id: Some(mail.id),
        kind: madoguchi::ticket::MessageKind::FromCustomer,
        author: "a@acme.example".to_owned(),
        subject: "x".to_owned(),
        body: "words".to_owned(),
        visible: "words".to_owned(),
        created_at: now(),
    };
    messages::insert_message(&mut tx, &message).await.unwrap();
    assert!(
        messages::list_unechoed(&mut tx, ticket.id)
            .await
            .unwrap()
            .is_empty()
    );
    messages::mark_unechoed(&mut tx, message.id).await.unwrap();
    let unechoed = messages::list_unechoed(&mut tx, ticket.id).await.unwrap();
    assert_eq!(unechoed, [message.id]);
    let other = address("b@acme.example");
    messages::set_message_author(&mut tx, (ticket.id, mail.id), &other)
        .await
        .unwrap();
    let listed = messages::list_messages(&mut tx, ticket.id).await.unwrap();
    assert_eq!(listed[0].author, "b@acme.example");
    tx.rollback().await.unwrap();
}
