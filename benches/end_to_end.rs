//! The end-to-end load run (SPEC §19): mails waiting in a real Dovecot → tickets → mails accepted by an SMTP sink.
//!
//! Profile: 500 registered customers that write in turn, one staff address, plaintext loopback, SQLite with full
//! durability, budgets on but not reached. `cargo bench --bench end_to_end -- 2000` loads 2000 mails.

mod load;

use anyhow::ensure;
use load::desk::{CONTACT, Desk, acknowledgement_times, sent};
use load::sink::SmtpSink;
use load::usage::{Usage, percentile};
use load::{generator, generator::CUSTOMERS};
use madoguchi::demo::Dovecot;
use sqlx::SqlitePool;
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
    let dovecot = Dovecot::start("bench")?;
    let sink = SmtpSink::start()?;
    let mut desk = Desk::prepare(dovecot.imap_port(), "bench", sink.port())?;
    let mut inquiries = generator::inquiries(count + SINGLE_MAILS, SEED, CONTACT);
    let mut bytes = 0;
    for inquiry in inquiries.by_ref().take(count) {
        bytes += inquiry.len();
        dovecot.deliver(CONTACT, &inquiry)?;
    }
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{count} mails ({bytes} bytes) from {CUSTOMERS} customers wait in Dovecot"
    )?;

    let begun = Instant::now();
    let pid = desk.run()?;
    let database = desk.database().await?;
    wait_for(&desk, &database, 2 * count).await?;
    let taken = begun.elapsed();
    let used = Usage::of(pid)?;
    let mails = u32::try_from(count)?;
    writeln!(
        out,
        "throughput        {:.1} inquiries/s ({taken:.1?} from the program's start)",
        f64::from(mails) / taken.as_secs_f64()
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
        &acknowledgement_times(&database, count).await?,
    )?;

    let mut whole = Vec::with_capacity(SINGLE_MAILS);
    for (number, inquiry) in inquiries.enumerate() {
        let begun = Instant::now();
        dovecot.deliver(CONTACT, &inquiry)?;
        wait_for(&desk, &database, 2 * (count + number + 1)).await?;
        whole.push(begun.elapsed());
    }
    show(
        &mut out,
        "ack, one by one",
        &acknowledgement_times(&database, SINGLE_MAILS).await?,
    )?;
    show(&mut out, "file to both sent", &whole)?;
    Ok(())
}

/// Waits until `wanted` mails were accepted.
async fn wait_for(desk: &Desk, database: &SqlitePool, wanted: usize) -> anyhow::Result<()> {
    let (mut before, mut since) = (0, Instant::now());
    loop {
        let now = sent(database).await?;
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
