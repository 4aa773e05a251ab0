//! The proof by force in its long form, an hour at most: rounds of kills on both databases, each on a fresh
//! desk. `cargo bench --features failpoints --bench force_soak -- --rounds 10`.
//!
//! Every round that ended is appended to a file as one line of JSON. A run that was interrupted goes on
//! after the last of them; a run with other numbers writes to another file. At the end it prints the bound
//! that its kills prove.

mod force;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Parser;
use force::{Kill, Kind, Report, Round, Stage, play};
use madoguchi::failpoints::Point;

/// How many rounds, and what each of them does.
#[derive(Debug, Parser)]
struct Arguments {
    /// Rounds on each database.
    #[arg(long, default_value_t = 10)]
    rounds: u64,
    /// Mails in a round.
    #[arg(long, default_value_t = 300)]
    mails: usize,
    /// Kills at each named place in a round.
    #[arg(long, default_value_t = 2)]
    named: usize,
    /// Kills at random moments in a round.
    #[arg(long, default_value_t = 60)]
    random: usize,
    /// A random kill comes within so many milliseconds after the start.
    #[arg(long, default_value_t = 250)]
    within: u64,
    /// Only on this database: sqlite or postgresql.
    #[arg(long)]
    only: Option<String>,
    /// Where the results are.
    #[arg(long, default_value = "target/force.jsonl", value_name = "FILE")]
    results: PathBuf,
    /// Cargo itself adds it.
    #[arg(long, hide = true)]
    bench: bool,
}

/// One line of the results.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Line {
    kind: Kind,
    round: u64,
    report: Report,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut lines = read(&arguments.results)?;
    let done: BTreeSet<(Kind, u64)> = lines.iter().map(|line| (line.kind, line.round)).collect();
    let mut left = Vec::new();
    for round in 0..arguments.rounds {
        // In turn, so that an interrupted run says something of both.
        for kind in [Kind::Sqlite, Kind::Postgres] {
            let wanted = arguments
                .only
                .as_deref()
                .is_none_or(|only| kind.to_string().eq_ignore_ascii_case(only));
            if wanted && !done.contains(&(kind, round)) {
                left.push((kind, round));
            }
        }
    }
    say(format_args!(
        "{} rounds to go, {} done before",
        left.len(),
        done.len()
    ))?;
    let mut results = File::options()
        .create(true)
        .append(true)
        .open(&arguments.results)?;
    for (kind, round) in left {
        let stage = Stage::set(kind)?;
        let report = play(&stage, &plan(&arguments, kind, round)).await;
        let report = report.with_context(|| format!("{kind} round {round}"))?;
        let line = Line { kind, round, report };
        writeln!(results, "{}", serde_json::to_string(&line)?)?;
        results.sync_data()?;
        show(&line)?;
        lines.push(line);
    }
    conclude(&lines)
}

fn plan(arguments: &Arguments, kind: Kind, round: u64) -> Round {
    let named = std::iter::repeat_n(Point::ALL, arguments.named).flatten();
    let random = std::iter::repeat_n(Kill::Random, arguments.random);
    Round {
        seed: 1_000 + 2 * round + u64::from(kind == Kind::Postgres),
        mails: arguments.mails,
        kills: named
            .map(|point| Kill::At {
                point: *point,
                first: false,
            })
            .chain(random)
            .collect(),
        within_millis: arguments.within,
        fault: None,
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<Line>> {
    let Ok(file) = File::open(path) else {
        return Ok(Vec::new());
    };
    let mut lines = Vec::new();
    for line in BufReader::new(file).lines() {
        // Whoever was interrupted in the middle of a line plays that round again.
        lines.extend(serde_json::from_str::<Line>(&line?));
    }
    Ok(lines)
}

fn show(line: &Line) -> anyhow::Result<()> {
    let (report, tally) = (&line.report, line.report.tally);
    say(format_args!(
        "{:10} round {:3}: {} kills, {} mails, {} tickets, {} outgoing ({} refused, {} unknown, {} repeated), \
         {} set aside, {} differences, {} s",
        line.kind,
        line.round,
        report.kills,
        tally.mails,
        tally.tickets,
        tally.outgoing,
        tally.refused,
        tally.unknown,
        tally.repeated,
        report.set_aside,
        report.differences.len(),
        report.seconds,
    ))?;
    for difference in &report.differences {
        say(format_args!("    {difference}"))?;
    }
    Ok(())
}

/// The sums, and what they prove: of n kills none of which did harm, at most 3/n do with 95 % certainty.
fn conclude(lines: &[Line]) -> anyhow::Result<()> {
    let mut harm = 0;
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let reports = || {
            lines
                .iter()
                .filter(|line| line.kind == kind)
                .map(|line| &line.report)
        };
        let sum = |of: fn(&Report) -> usize| reports().map(of).sum::<usize>();
        let (kills, differences) = (sum(|report| report.kills), sum(|report| report.differences.len()));
        if kills == 0 {
            continue;
        }
        harm += differences;
        let thousandths = 3_000_000_usize.div_ceil(kills);
        let bound = if differences == 0 {
            format!(
                "at most 3/n = {}.{:03} % of kills do harm",
                thousandths / 10_000,
                thousandths / 10 % 1_000
            )
        } else {
            "nothing is proven".to_owned()
        };
        say(format_args!(
            "{kind}: {kills} kills, {} mails, {} tickets, {} outgoing mails ({} unknown, {} repeated byte for \
             byte), {differences} differences: {bound}",
            sum(|report| report.tally.mails),
            sum(|report| report.tally.tickets),
            sum(|report| report.tally.outgoing),
            sum(|report| report.tally.unknown),
            sum(|report| report.tally.repeated),
        ))?;
    }
    anyhow::ensure!(harm == 0, "{harm} differences between promise and finding");
    Ok(())
}

fn say(line: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}
