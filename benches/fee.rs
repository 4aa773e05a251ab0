//! The support fee on a large report beside a bare pass of the csv crate over the same file, in one run:
//! `cargo bench --bench fee -- MEGABYTES` (200 by default; `-- 1000` for the size the desk is built for). Each way is
//! timed three times in turn and its best counts. The peak of resident memory is read after the fee's passes on a
//! tenth of the lines and on all of them: it must not grow with the file.

#![expect(
    clippy::print_stdout,
    reason = "a bench prints its result and has no caller to tell"
)]

#[path = "load/usage.rs"]
#[expect(dead_code, reason = "percentiles are for the other benches")]
mod usage;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use csv::ByteRecord;
use madoguchi::billing::{FeePolicy, Ledger, Selection, Statement};

const DEFAULT_MEGABYTES: u64 = 200;

/// Each way is timed so often.
const ROUNDS: usize = 3;

/// A legacy report has about so many columns with tags and product attributes.
const FILLERS: usize = 40;

/// Accounts of the made-up organisation, interleaved as real reports interleave them.
const ACCOUNTS: u64 = 40;

fn main() -> anyhow::Result<()> {
    // `cargo bench` and `cargo test` add flags of their own.
    let wanted = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok());
    let megabytes: u64 = wanted.unwrap_or(DEFAULT_MEGABYTES);
    let folder = tempfile::tempdir()?;
    let (small, large) = (folder.path().join("small.csv"), folder.path().join("large.csv"));
    write_report(&small, megabytes * 100_000)?;
    let lines = write_report(&large, megabytes * 1_000_000)?;
    statements(&small)?;
    let small_peak = peak()?;
    let (mut fee, mut bare) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        bare = bare.min(timed(|| bare_pass(&large), lines)?);
        fee = fee.min(timed(|| Ok(lines_in(&statements(&large)?)), lines)?);
    }
    let large_peak = peak()?;
    let speed = |took: Duration| f64::from(u32::try_from(megabytes).unwrap_or(u32::MAX)) / took.as_secs_f64();
    println!("{megabytes} MB, {lines} lines, {ACCOUNTS} accounts");
    println!("bare csv pass  {:7.0} MB/s", speed(bare));
    println!("support fee    {:7.0} MB/s", speed(fee));
    println!("ratio          {:7.2}", bare.as_secs_f64() / fee.as_secs_f64());
    println!(
        "peak memory    {} KiB after a tenth, {} KiB after all",
        small_peak / 1024,
        large_peak / 1024
    );
    Ok(())
}

fn timed(pass: impl Fn() -> anyhow::Result<u64>, lines: u64) -> anyhow::Result<Duration> {
    let start = Instant::now();
    let counted = pass()?;
    let took = start.elapsed();
    ensure!(counted == lines, "{counted} lines of {lines} were counted");
    Ok(took)
}

fn bare_pass(path: &Path) -> anyhow::Result<u64> {
    let mut reader = csv::ReaderBuilder::new()
        .buffer_capacity(256 * 1024)
        .from_path(path)?;
    let mut record = ByteRecord::new();
    let mut lines = 0;
    while reader.read_byte_record(&mut record)? {
        lines += 1;
    }
    Ok(lines)
}

fn statements(path: &Path) -> anyhow::Result<Vec<Statement>> {
    let ledger = Ledger::new(FeePolicy::embedded(), Selection::default());
    Ok(ledger.read("report", File::open(path)?)?.statements()?)
}

fn lines_in(statements: &[Statement]) -> u64 {
    let parts = statements
        .iter()
        .flat_map(|one| one.charged.iter().chain(&one.excluded));
    parts.map(|part| part.lines).sum()
}

fn peak() -> anyhow::Result<u64> {
    Ok(usage::Usage::of(std::process::id())?.peak_resident_bytes)
}

/// Writes a report of about `octets` and says how many lines it has.
fn write_report(path: &Path, octets: u64) -> anyhow::Result<u64> {
    let mut out = BufWriter::new(File::create(path)?);
    let mut head = "bill_invoice_id,bill_billing_entity,bill_billing_period_start_date,line_item_usage_account_id,\
                    line_item_line_item_type,line_item_product_code,line_item_currency_code,line_item_unblended_cost,\
                    product_product_name,line_item_line_item_description"
        .to_owned();
    head.extend((0..FILLERS).map(|filler| format!(",resource_tags_user_{filler}")));
    writeln!(out, "{head}")?;
    let fillers: String = (0..FILLERS)
        .map(|filler| if filler % 3 == 0 { ",value-of-tag" } else { "," })
        .collect();
    let (mut written, mut lines) = (0_u64, 0_u64);
    while written < octets {
        let account = 100_000_000_000 + lines * 7 % ACCOUNTS;
        let (entity, kind, product) = match lines % 20 {
            0 => ("AWS", "Tax", "AmazonEC2"),
            1 => ("AWS Marketplace", "Usage", "k3p8w1x7c2d9f4g6h5j0l8m2"),
            2 => ("AWS", "SavingsPlanNegation", "AmazonEC2"),
            _ => ("AWS", "Usage", "AmazonEC2"),
        };
        let line = format!(
            "2300000001,{entity},2025-02-01T00:00:00Z,{account},{kind},{product},USD,{}.{:010},Amazon Elastic Compute \
             Cloud,\"$0.0104 per On Demand Linux t4g.small, Tokyo\"{fillers}\n",
            lines % 3,
            lines * 7919 % 10_000_000_000
        );
        out.write_all(line.as_bytes())?;
        written += u64::try_from(line.len()).context("a line longer than can be counted")?;
        lines += 1;
    }
    out.flush()?;
    Ok(lines)
}
