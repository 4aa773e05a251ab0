//! Every function of the store does the same on SQLite and on PostgreSQL. Which databases ran is printed.

mod caused;
mod clock;
mod control;
mod customer_pages;
mod processes;
mod proposals;
mod quiet;
mod remembered;
mod sessions;
mod threads;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use chrono::{DateTime, Utc};
use madoguchi::clock::Clock;
use madoguchi::demo::PrivateCluster;
use madoguchi::mail::EmailAddress;
use madoguchi::registry::{AccountId, Registry};
use madoguchi::store::mails::{self, MailPlace, NewMail};
use madoguchi::store::{Database, mailboxes, quarantine, registry};
use madoguchi::ticket::MailOutcome;

const THESE_FILES: [&str; 11] = [
    include_str!("store_conformance.rs"),
    include_str!("store_conformance/caused.rs"),
    include_str!("store_conformance/clock.rs"),
    include_str!("store_conformance/control.rs"),
    include_str!("store_conformance/threads.rs"),
    include_str!("store_conformance/proposals.rs"),
    include_str!("store_conformance/quiet.rs"),
    include_str!("store_conformance/remembered.rs"),
    include_str!("store_conformance/sessions.rs"),
    include_str!("store_conformance/customer_pages.rs"),
    include_str!("store_conformance/processes.rs"),
];

#[tokio::test]
async fn every_function_of_the_store_does_the_same_on_both_databases() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = PrivateCluster::start().unwrap();
    let urls = [
        format!("sqlite:{}/conformance.db", folder.path().display()),
        cluster.create_database("conformance").unwrap(),
    ];
    for url in urls {
        let database = Database::open(&url).await.unwrap();
        database.migrate().await.unwrap();
        database.migrate().await.unwrap();
        // Past the capture of the test runner: whoever runs the suite sees which databases ran.
        writeln!(std::io::stderr(), "store conformance on {}", database.kind()).unwrap();
        the_ledger_keeps_mails(&database).await;
        mailboxes_remember_what_lies_in_them(&database).await;
        a_place_is_taken_from_a_mail_with_other_content_alone(&database).await;
        the_registry_keeps_and_replaces(&database).await;
        remembered::a_change_of_the_registry_is_seen_by_whoever_begins_after_it(&url, &database).await;
        caused::tickets_keep_people_and_events(&database).await;
        caused::findings_are_kept_and_added_to(&database).await;
        caused::messages_lead_to_tickets(&database).await;
        caused::mails_without_thread_find_their_ticket(&database).await;
        caused::the_outbox_is_claimed_once(&database).await;
        caused::a_report_is_told_once(&database).await;
        caused::held_mail_is_decided_once(&database).await;
        processes::a_lease_has_one_holder_and_its_fence_refuses_the_one_before(&database, &url).await;
        processes::what_a_gone_process_was_sending_is_taken_over_once(&database, &url).await;
        processes::a_mail_has_one_effect_whoever_takes_it_through(&database).await;
        threads::merged_tickets_lead_to_the_survivor(&database).await;
        threads::what_staff_were_told_is_read_once_and_only_its_beginning(&database).await;
        threads::an_answer_is_taken_back_while_it_waits(&database).await;
        proposals::a_proposal_is_confirmed_once(&database).await;
        proposals::what_comes_before_a_confirmation_is_found_and_moved(&database).await;
        proposals::words_may_be_somebody_elses_and_not_to_be_repeated(&database).await;
        quiet::a_quiet_ticket_is_quiet_for_a_while(&database).await;
        quiet::acknowledgements_wait_and_are_taken_once(&database).await;
        quiet::what_was_sent_automatically_is_counted(&database).await;
        quiet::what_waits_for_a_list_is_taken_once(&database).await;
        clock::a_clock_is_kept_and_found_when_due(&database).await;
        clock::a_pause_lasts_until_it_is_ended(&database).await;
        clock::a_reminder_is_claimed_once(&database).await;
        clock::the_last_correction_counts(&database).await;
        customer_pages::a_reader_sees_what_is_theirs(&database).await;
        customer_pages::a_thread_has_words_and_answers_alone(&database).await;
        sessions::a_link_lets_in_once_and_a_session_ends(&database).await;
        control::what_differs_is_found(&database).await;
        control::a_person_decides_on_outgoing_mail(&database).await;
        control::an_outage_is_told_once_and_a_probe_arrives(&database).await;
        control::a_database_knows_which_it_is(&database).await;
        caused::a_dropped_transaction_leaves_nothing(&database).await;
        database.close().await;
    }
}

#[test]
fn no_function_of_the_store_is_left_out_here() {
    let mut left_out = Vec::new();
    let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let files = [store.join("outbox"), store];
    let files = files
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap().flatten());
    for file in files.filter(|file| file.path().is_file()) {
        let text = std::fs::read_to_string(file.path()).unwrap();
        for rest in text.split("pub async fn ").skip(1) {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if !THESE_FILES.iter().any(|file| file.contains(&format!("{name}(")))
                && !["open", "read", "begin"].contains(&name.as_str())
            {
                left_out.push(name);
            }
        }
    }
    assert!(
        left_out.is_empty(),
        "not exercised on both databases: {left_out:?}"
    );
}

#[tokio::test]
async fn both_schemas_have_the_same_tables_and_columns() {
    let read = |database: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("migrations")
            .join(database);
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .flatten()
            .map(|f| f.path())
            .collect();
        names.sort();
        let files: Vec<_> = names
            .iter()
            .map(|p| p.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        let text: String = names
            .iter()
            .map(|path| std::fs::read_to_string(path).unwrap())
            .collect();
        (files, text)
    };
    let (sqlite_files, sqlite) = read("sqlite");
    let (postgres_files, postgres) = read("postgres");
    assert_eq!(sqlite_files, postgres_files, "the same numbers and names");
    // The types differ by these words alone; everything else is one text.
    let alike = postgres
        .replace("bigint", "integer")
        .replace("double precision", "real")
        .replace("bytea", "blob")
        .replace(" uuid", " blob")
        .replace("boolean", "integer");
    assert_eq!(
        without_triggers(&sqlite.replace(") strict;", ");")),
        without_triggers(&alike)
    );
    assert_eq!(counted_tables(&sqlite), counted_tables(&postgres));
}

/// The two databases write triggers in different words.
fn without_triggers(schema: &str) -> String {
    let statement = regex::Regex::new(
        r"(?s)create trigger .*?(\nend;|execute function \w+\(\);)\n|create function .*?\$\$;\n",
    );
    statement.unwrap().replace_all(schema, "").into_owned()
}

/// The tables whose changes are counted.
fn counted_tables(schema: &str) -> BTreeSet<String> {
    let table = regex::Regex::new(r"create trigger \w+ after [a-z ]+ on (\w+)").unwrap();
    table
        .captures_iter(schema)
        .map(|found| found[1].to_owned())
        .collect()
}

fn now() -> DateTime<Utc> {
    "2026-03-04T01:00:00.123Z".parse().unwrap()
}

fn id() -> uuid::Uuid {
    Clock::system().fresh_id()
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

fn new_mail(raw: &[u8], uid: Option<u32>) -> NewMail<'_> {
    NewMail {
        id: id(),
        source: "imap",
        mailbox: "INBOX",
        place: uid.map(|uid| MailPlace { uid_validity: 7, uid }),
        received_at: now(),
        arrived_at: Some(now()),
        size: u64::try_from(raw.len()).unwrap(),
        content_hash: "hash",
        raw,
        whole: true,
        acknowledge: true,
    }
}

async fn the_ledger_keeps_mails(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let raw = b"Subject: x\r\n\r\n\0\xff raw".repeat(100);
    let mail = new_mail(&raw, Some(1));
    assert!(mails::insert_mail(&mut tx, &mail).await.unwrap());
    assert!(
        !mails::insert_mail(&mut tx, &new_mail(&raw, Some(1)))
            .await
            .unwrap(),
        "the place is taken"
    );
    let empty = new_mail(b"", None);
    let together = [new_mail(&raw, Some(1)), empty.clone()];
    assert_eq!(
        mails::insert_mails(&mut tx, &together).await.unwrap(),
        [empty.id],
        "the place is taken"
    );
    assert!(mails::insert_mails(&mut tx, &[]).await.unwrap().is_empty());
    assert_eq!(mails::list_waiting_mails(&mut tx, 9).await.unwrap().len(), 2);
    mails::raise_attempts(&mut tx, mail.id).await.unwrap();
    let kept = mails::find_mail(&mut tx, mail.id).await.unwrap().unwrap();
    assert_eq!(
        (kept.raw, kept.attempts, kept.received_at),
        (raw.clone(), 2, now())
    );
    mails::mark_attempt_failed(&mut tx, empty.id, "broken")
        .await
        .unwrap();
    assert!(
        mails::mark_outcome(&mut tx, empty.id, MailOutcome::Quarantined, "unreadable", now())
            .await
            .unwrap()
    );
    assert!(
        !mails::mark_outcome(&mut tx, empty.id, MailOutcome::NewTicket, "twice", now())
            .await
            .unwrap()
    );
    assert_eq!(
        mails::find_same_content(&mut tx, "hash", mail.id).await.unwrap(),
        None,
        "quarantine is no outcome to repeat"
    );
    let read = mails::ReadMail {
        message_id: Some("a@x"),
        ticket: None,
        outcome: MailOutcome::NewTicket,
        reason: "new-inquiry",
    };
    assert!(mails::mark_read(&mut tx, mail.id, read, now()).await.unwrap());
    assert!(!mails::mark_read(&mut tx, mail.id, read, now()).await.unwrap());
    assert_eq!(
        mails::find_same_content(&mut tx, "hash", id()).await.unwrap(),
        Some(mail.id)
    );
    let listed = quarantine::list_quarantined(&mut tx, 9).await.unwrap();
    assert_eq!(
        (listed[0].id, listed[0].last_error.as_str()),
        (empty.id, "broken")
    );
    assert!(quarantine::reopen_quarantined(&mut tx, empty.id).await.unwrap());
    let counted = mails::count_outcomes(&mut tx).await.unwrap();
    assert_eq!(counted, [(String::new(), 1), ("new-ticket".to_owned(), 1)]);
    mails::mark_outcome(&mut tx, empty.id, MailOutcome::Quarantined, "unreadable", now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn mailboxes_remember_what_lies_in_them(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    assert_eq!(
        mailboxes::find_uid_validity(&mut tx, "INBOX").await.unwrap(),
        None
    );
    mailboxes::mark_scanned(&mut tx, "INBOX", 7, now()).await.unwrap();
    mailboxes::mark_scanned(&mut tx, "INBOX", 8, now()).await.unwrap();
    assert_eq!(
        mailboxes::find_uid_validity(&mut tx, "INBOX").await.unwrap(),
        Some(8)
    );
    mails::insert_mail(&mut tx, &new_mail(b"waiting", Some(u32::MAX)))
        .await
        .unwrap();
    assert_eq!(
        mailboxes::list_known_uids(&mut tx, "INBOX", 7).await.unwrap(),
        [1, u32::MAX]
    );
    let place = MailPlace {
        uid_validity: 7,
        uid: u32::MAX,
    };
    assert_eq!(
        mailboxes::list_without_outcome(&mut tx, "INBOX").await.unwrap(),
        [place]
    );
    let unfiled = mailboxes::list_unfiled(&mut tx, "INBOX", 7, 9).await.unwrap();
    assert_eq!(
        (unfiled.len(), unfiled[0].uid, unfiled[0].quarantined),
        (1, 1, false)
    );
    mailboxes::mark_filed(&mut tx, &[unfiled[0].id], now())
        .await
        .unwrap();
    assert!(
        mailboxes::list_unfiled(&mut tx, "INBOX", 7, 9)
            .await
            .unwrap()
            .is_empty()
    );
    mailboxes::mark_unfiled(
        &mut tx,
        "INBOX",
        MailPlace {
            uid_validity: 7,
            uid: 1,
        },
    )
    .await
    .unwrap();
    assert_eq!(
        mailboxes::list_unfiled(&mut tx, "INBOX", 7, 9)
            .await
            .unwrap()
            .len(),
        1
    );
    tx.commit().await.unwrap();
}

async fn a_place_is_taken_from_a_mail_with_other_content_alone(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let place = MailPlace {
        uid_validity: 7,
        uid: u32::MAX,
    };
    for same in [("hash", true), ("hash", false), ("other hash", false)] {
        let freed = mailboxes::free_reused_place(&mut tx, "INBOX", place, same).await;
        assert!(!freed.unwrap(), "{same:?}");
    }
    let taken = mailboxes::list_taken_uids(&mut tx, "INBOX", 7).await.unwrap();
    assert_eq!(taken, [1, u32::MAX]);
    let other = ("other hash", true);
    let freed = mailboxes::free_reused_place(&mut tx, "INBOX", place, other).await;
    assert!(freed.unwrap());
    assert_eq!(
        mailboxes::list_taken_uids(&mut tx, "INBOX", 7).await.unwrap(),
        [1]
    );
    tx.rollback().await.unwrap();
}

fn rows() -> Registry {
    let mut rows = Registry::default();
    for file in [
        "id,name,name_kana,language,answer_mode\nacme,アクメ,アクメ,en,notice\n",
        "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n\
         acme,a@acme.example,p,佐藤,部,ja,480913372265,yes,2026-01-01,2026-12-31\nacme,@acme.example,,,,,,no,,\n",
        "customer_id,account_id,label,starts,ends\nacme,480913372265,本番,2026-01-01,\n",
        "serial,name,addresses,desks,role\n1,田中,t@desk.example t2@desk.example,technical contract,lead\n",
    ] {
        rows.read_file("x", file.as_bytes()).unwrap();
    }
    rows
}

async fn the_registry_keeps_and_replaces(database: &Database) {
    let mut tx = database.begin().await.unwrap();
    let rows = rows();
    registry::import(&mut tx, &rows).await.unwrap();
    for customer in &rows.customers {
        registry::upsert_customer(&mut tx, customer).await.unwrap();
    }
    registry::upsert_contact(&mut tx, &rows.contacts[0])
        .await
        .unwrap();
    registry::upsert_account(&mut tx, &rows.accounts[0])
        .await
        .unwrap();
    registry::upsert_staff(&mut tx, &rows.staff[0]).await.unwrap();
    assert_eq!(
        registry::list_customer_ids(&mut tx).await.unwrap(),
        BTreeSet::from(["acme".to_owned()])
    );
    assert_eq!(
        registry::find_customer(&mut tx, "acme").await.unwrap().as_ref(),
        rows.customers.first()
    );
    assert_eq!(registry::list_customers(&mut tx).await.unwrap(), rows.customers);
    let named = registry::find_contacts(&mut tx, &address("A@Acme.example"))
        .await
        .unwrap();
    assert_eq!(
        named,
        rows.contacts[..1],
        "a listed person comes before the domain"
    );
    let by_domain = registry::find_contacts(&mut tx, &address("b@acme.example"))
        .await
        .unwrap();
    assert_eq!(by_domain, rows.contacts[1..]);
    let mut all = registry::list_contacts(&mut tx).await.unwrap();
    all.sort_by_key(|contact| std::cmp::Reverse(contact.reach.key()));
    assert_eq!(all, rows.contacts);
    assert_eq!(
        registry::list_accounts_of(&mut tx, "acme").await.unwrap(),
        rows.accounts
    );
    assert_eq!(registry::list_accounts(&mut tx).await.unwrap(), rows.accounts);
    let account = AccountId::parse("480913372265").unwrap();
    assert_eq!(
        registry::find_accounts(&mut tx, account).await.unwrap(),
        rows.accounts
    );
    assert_eq!(registry::list_staff(&mut tx).await.unwrap(), rows.staff);
    tx.commit().await.unwrap();
}
