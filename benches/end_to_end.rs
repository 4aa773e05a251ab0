//! The end-to-end load run (SPEC §19): mails waiting in a real Dovecot → tickets → mails accepted by an SMTP sink.
//!
//! Profile: registered customers that write once each, one staff address, plaintext loopback, full durability,
//! budgets on but not reached; first on SQLite, then on PostgreSQL. Beside the desk's figures stand those of the
//! servers and libraries alone, measured in the same run. `cargo bench --bench end_to_end -- 1000` loads 1000 mails.

mod load;

use anyhow::ensure;
use load::baseline::{self, Baseline};
use load::desk::{CONTACT, Desk};
use load::sink::SmtpSink;
use load::usage::{Usage, percentile};
use load::watch::Watch;
use load::{generator, generator::CUSTOMERS};
use madoguchi::demo::{Dovecot, PrivateCluster};
use madoguchi::store::Database;
use std::io::Write as _;
use std::time::{Duration, Instant};

/// How many mails a run loads unless told otherwise.
const MAILS: usize = 1_000;

/// How many mails are then written one by one, for the latency.
const SINGLE_MAILS: usize = 50;

/// The same mails in every run, so that runs can be compared.
const SEED: u64 = 20_260_601;

/// Without a newly sent mail for so long, the run has failed.
const PATIENCE: Duration = Duration::from_mins(1);

/// Mails that the servers alone are given, to measure them.
const PROBES: u32 = 500;

/// Commits for each inquiry, at the least: two for a batch of 64 mails, and one for the mails that four
/// connections deliver at the same time.
const COMMITS: f64 = 2.0 / 64.0 + 2.0 / 4.0;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    // Cargo itself adds `--bench`.
    let count = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(MAILS);
    ensure!(
        count + SINGLE_MAILS <= CUSTOMERS,
        "more than {} mails would let a customer write twice and reach the acknowledgement budget",
        CUSTOMERS - SINGLE_MAILS
    );
    run("SQLite", None, count).await?;
    let cluster = PrivateCluster::start()?;
    run("PostgreSQL", Some(cluster.create_database("bench")?), count).await
}

async fn run(kind: &str, url: Option<String>, count: usize) -> anyhow::Result<()> {
    let mut out = std::io::stdout();
    let dovecot = Dovecot::start("bench")?;
    let sink = SmtpSink::start()?;
    let mut desk = Desk::prepare(url, (dovecot.imap_port(), "bench"), sink.port())?;
    let mut inquiries = generator::inquiries(count + SINGLE_MAILS, SEED, CONTACT);
    let waiting: Vec<_> = inquiries.by_ref().take(count).collect();
    for inquiry in &waiting {
        dovecot.deliver(CONTACT, inquiry)?;
    }
    writeln!(out, "\n{kind}: {count} mails wait in Dovecot")?;
    let bare = bare(&desk, &dovecot, &sink, &waiting).await?;
    drop(waiting);

    let begun = Instant::now();
    let pid = desk.run()?;
    let watch = desk.watch().await?;
    wait_for(&desk, &watch, 2 * count).await?;
    let taken = begun.elapsed();
    let used = Usage::of(pid)?;
    let mails = u32::try_from(count)?;
    let rate = f64::from(mails) / taken.as_secs_f64();
    writeln!(
        out,
        "throughput        {rate:.1} inquiries/s ({taken:.1?} from the program's start)"
    )?;
    let limit = 1.0 / bare.of_inquiry(COMMITS).as_secs_f64();
    writeln!(
        out,
        "of the limit      {:.2} (all its parts alone, one after the other: {limit:.0}/s)",
        rate / limit
    )?;
    writeln!(
        out,
        "CPU               {:.2?} an inquiry",
        used.cpu / mails.max(1)
    )?;
    writeln!(out, "peak memory       {} KiB", used.peak_resident_bytes / 1024)?;
    show(
        &mut out,
        "ack, in bulk",
        &watch.acknowledgement_times(count).await?,
    )?;

    let mut whole = Vec::with_capacity(SINGLE_MAILS);
    for (number, inquiry) in inquiries.enumerate() {
        let begun = Instant::now();
        dovecot.deliver(CONTACT, &inquiry)?;
        wait_for(&desk, &watch, 2 * (count + number + 1)).await?;
        whole.push(begun.elapsed());
    }
    show(
        &mut out,
        "ack, one by one",
        &watch.acknowledgement_times(SINGLE_MAILS).await?,
    )?;
    show(&mut out, "file to both sent", &whole)
}

/// Measures the servers and libraries alone, and shows it.
async fn bare(
    desk: &Desk,
    dovecot: &Dovecot,
    sink: &SmtpSink,
    mails: &[Vec<u8>],
) -> anyhow::Result<Baseline> {
    let database = Database::open(desk.url()).await?;
    let octets = mails.iter().map(Vec::len).sum::<usize>() / mails.len().max(1);
    let bare = Baseline {
        fetch: baseline::fetch(dovecot.imap_port(), CONTACT, dovecot.password())?,
        accept: baseline::accept(sink.port(), PROBES, 6_000)?,
        commit: baseline::commit(&database).await?,
        parse: baseline::parse(mails)?,
    };
    database.close().await;
    writeln!(
        std::io::stdout(),
        "alone, for one    fetch {:.0?}, SMTP {:.0?}, commit {:.0?}, mailparse {:.0?} (mails of {octets} bytes)",
        bare.fetch,
        bare.accept,
        bare.commit,
        bare.parse
    )?;
    Ok(bare)
}

/// Waits until `wanted` mails were accepted.
async fn wait_for(desk: &Desk, watch: &Watch, wanted: usize) -> anyhow::Result<()> {
    let (mut before, mut since) = (0, Instant::now());
    loop {
        let now = watch.sent().await?;
        if now >= wanted {
            return Ok(());
        }
        if now > before {
            (before, since) = (now, Instant::now());
        }
        ensure!(
            since.elapsed() < PATIENCE,
            "only {now} of {wanted} mails were sent; the desk says:\n{}",
            desk.log_end()
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn show(out: &mut impl std::io::Write, what: &str, times: &[Duration]) -> anyhow::Result<()> {
    let at = |percent| percentile(times, percent).unwrap_or_default();
    writeln!(
        out,
        "{what:<18}p50 {:.1?}, p99 {:.1?} ({} mails)",
        at(50),
        at(99),
        times.len()
    )?;
    Ok(())
}
