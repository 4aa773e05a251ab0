//! Sign-in links and sessions.

use chrono::TimeDelta;
use madoguchi::store::Database;
use madoguchi::store::sessions::{self, Session, SignInLink, TokenHash};

use super::{address, now};

pub(super) async fn a_link_lets_in_once_and_a_session_ends(database: &Database) {
    let (later, minute) = (now() + TimeDelta::minutes(15), TimeDelta::minutes(1));
    let hash = |text: &str| TokenHash(text.to_owned());
    let link = SignInLink {
        hash: hash("link"),
        address: address("Sato@acme.example"),
        returns_to: "/tickets".to_owned(),
        created_at: now(),
        ends_at: later,
    };
    let mut tx = database.begin().await.unwrap();
    sessions::insert_link(&mut tx, &link).await.unwrap();
    for (since, expected) in [(now() - minute, 1), (now(), 0)] {
        let count = sessions::count_links(&mut tx, &address("sato@acme.example"), since).await;
        assert_eq!(count.unwrap(), expected);
    }
    assert!(sessions::is_link_live(&mut tx, &link.hash, now()).await.unwrap());
    assert!(!sessions::is_link_live(&mut tx, &link.hash, later).await.unwrap());
    assert_eq!(
        sessions::take_link(&mut tx, &link.hash, later).await.unwrap(),
        None
    );
    let first = sessions::take_link(&mut tx, &link.hash, now()).await.unwrap();
    assert_eq!(first, Some((address("sato@acme.example"), "/tickets".to_owned())));
    assert_eq!(
        sessions::take_link(&mut tx, &link.hash, now()).await.unwrap(),
        None
    );

    let session = Session {
        address: address("sato@acme.example"),
        customer_id: None,
        created_at: now(),
        seen_at: now(),
    };
    sessions::insert_session(&mut tx, &hash("a"), &session)
        .await
        .unwrap();
    sessions::insert_session(&mut tx, &hash("b"), &session)
        .await
        .unwrap();
    sessions::mark_seen(&mut tx, &hash("a"), now() + minute)
        .await
        .unwrap();
    sessions::set_session_customer(&mut tx, &hash("a"), "acme")
        .await
        .unwrap();
    let found = sessions::find_session(&mut tx, &hash("a"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.seen_at, found.customer_id.as_deref()),
        (now() + minute, Some("acme"))
    );
    sessions::delete_ended(&mut tx, now() + minute).await.unwrap();
    assert_eq!(sessions::find_session(&mut tx, &hash("b")).await.unwrap(), None);
    sessions::delete_session(&mut tx, &hash("a")).await.unwrap();
    assert_eq!(sessions::find_session(&mut tx, &hash("a")).await.unwrap(), None);
    tx.rollback().await.unwrap();
}
