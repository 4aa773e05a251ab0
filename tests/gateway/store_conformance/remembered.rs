//! What a process remembers of the registry never outlives a change, whoever makes it.

use madoguchi::registry::Customer;
use madoguchi::store::{Database, registry};

async fn name_of(database: &Database) -> String {
    let mut tx = database.read().await.unwrap();
    let customer = registry::find_customer(&mut tx, "acme").await.unwrap();
    customer.unwrap().name
}

async fn rename(database: &Database, name: &str) {
    let mut tx = database.begin().await.unwrap();
    let before = registry::find_customer(&mut tx, "acme").await.unwrap().unwrap();
    let renamed = Customer {
        name: name.to_owned(),
        ..before
    };
    registry::upsert_customer(&mut tx, &renamed).await.unwrap();
    let seen = registry::find_customer(&mut tx, "acme").await.unwrap().unwrap();
    assert_eq!(seen.name, name, "a transaction sees what it changes");
    tx.commit().await.unwrap();
}

pub(super) async fn a_change_of_the_registry_is_seen_by_whoever_begins_after_it(
    url: &str,
    database: &Database,
) {
    let other_process = Database::open(url).await.unwrap();
    let before = name_of(database).await;
    assert_eq!(name_of(&other_process).await, before);
    for name in ["Acme Holdings", "Acme Group"] {
        rename(&other_process, name).await;
        assert_eq!(name_of(database).await, name);
        assert_eq!(name_of(&other_process).await, name);
    }
    let mut undone = database.begin().await.unwrap();
    let customer = registry::find_customer(&mut undone, "acme")
        .await
        .unwrap()
        .unwrap();
    let undone_name = Customer {
        name: "Never".to_owned(),
        ..customer
    };
    registry::upsert_customer(&mut undone, &undone_name)
        .await
        .unwrap();
    undone.rollback().await.unwrap();
    assert_eq!(name_of(database).await, "Acme Group");
    rename(database, &before).await;
    other_process.close().await;
}
