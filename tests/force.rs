//! The proof by force in its short form: twenty named places and random moments at which the program is
//! killed, on both databases, and faults that the proof must find. `make soak` plays the long form.

#[path = "../benches/force/mod.rs"]
mod force;

use force::{Kill, Kind, Report, Round, Stage, play};
use madoguchi::failpoints::{Fault, Point};

const fn at(point: Point, first: bool) -> Kill {
    Kill::At { point, first }
}

/// Every named place once, and as many random moments.
async fn killed_everywhere(kind: Kind, seed: u64) -> anyhow::Result<Report> {
    let named = Point::ALL.iter().map(|point| at(*point, false));
    let random = std::iter::repeat_n(Kill::Random, Point::ALL.len());
    let round = Round {
        seed,
        mails: 120,
        kills: named.chain(random).collect(),
        within_millis: 400,
        fault: None,
    };
    play(&Stage::set(kind)?, &round).await
}

/// A desk that does one thing wrong, killed where that hurts.
async fn with_fault(fault: Fault, point: Point, seed: u64) -> anyhow::Result<Report> {
    let round = Round {
        seed,
        mails: 12,
        kills: vec![at(point, false); 3],
        within_millis: 0,
        fault: Some(fault),
    };
    play(&Stage::set(Kind::Sqlite)?, &round).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_kills_the_desk_takes_no_other_with_it() -> anyhow::Result<()> {
    let round = Round {
        seed: 6,
        mails: 12,
        kills: vec![at(Point::InParsing, true); 3],
        within_millis: 0,
        fault: None,
    };
    let report = play(&Stage::set(Kind::Sqlite)?, &round).await?;
    assert_eq!(report.set_aside, 1, "{report:#?}");
    assert!(report.differences.is_empty(), "{report:#?}");
    Ok(())
}

fn assert_kept(report: &Report) {
    assert!(report.differences.is_empty(), "{report:#?}");
    assert_eq!(report.tally.tickets, report.tally.mails, "{report:#?}");
    assert_eq!(report.kills, 2 * Point::ALL.len(), "{report:#?}");
}

fn assert_found(report: &Report, what: &str) {
    assert!(
        report
            .differences
            .iter()
            .any(|difference| difference.contains(what)),
        "{report:#?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_killed_everywhere_loses_nothing_and_doubles_nothing_on_sqlite() -> anyhow::Result<()> {
    assert_kept(&killed_everywhere(Kind::Sqlite, 1).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_desk_killed_everywhere_loses_nothing_and_doubles_nothing_on_postgresql() -> anyhow::Result<()> {
    assert_kept(&killed_everywhere(Kind::Postgres, 2).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_that_is_skipped_is_found() -> anyhow::Result<()> {
    let report = with_fault(Fault::LedgerSkipped, Point::AfterTakeThrough, 3).await?;
    assert_found(&report, "tickets");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_recorded_after_it_was_made_is_found() -> anyhow::Result<()> {
    let report = with_fault(Fault::CommitAfterSend, Point::AfterAcceptance, 4).await?;
    assert_found(&report, "recorded attempts");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_message_id_at_a_further_attempt_is_found() -> anyhow::Result<()> {
    let report = with_fault(Fault::NewMessageId, Point::AfterAcceptance, 5).await?;
    assert_found(&report, "the desk knows of none");
    Ok(())
}
