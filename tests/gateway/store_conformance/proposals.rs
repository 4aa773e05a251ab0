//! Tickets opened on a customer's behalf.

use madoguchi::store::{Database, mails, proposals, tickets};
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
