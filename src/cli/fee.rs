//! `madoguchi fee`: the support fee explained from Cost and Usage Reports (SPEC §18). Comes in: reports and a policy.
//! Goes out: a statement an account and invoice, as a table or CSV, once every report was read to its end; never a
//! part of them.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use rust_decimal::Decimal;

use super::screen::say;
use crate::app;
use crate::billing::{
    BillingMonth, EMBEDDED_POLICY, FeePolicy, Ledger, Reader, Selection, Statement, statement_table,
    statements_csv,
};
use crate::config::Config;
use crate::registry::AccountId;

/// Reports below this are read before a bar would be noticed.
const BAR_FROM_OCTETS: u64 = 32 * 1024 * 1024;

/// The name of standard input.
const STANDARD_INPUT: &str = "-";

#[derive(Debug, Args)]
pub(super) struct FeeArguments {
    /// Only this account; may be given several times.
    #[arg(long, value_name = "ID")]
    account: Vec<AccountId>,
    /// Only this billing month, such as 2025-02.
    #[arg(long, value_name = "YYYY-MM")]
    month: Option<BillingMonth>,
    /// Only this invoice of AWS.
    #[arg(long, value_name = "NUMBER")]
    invoice: Option<String>,
    /// The policy: rate, exclusions, rounding, exchange rates. Left out, the configured one, else the one that comes
    /// with the program.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Yen a dollar, in place of the policy's rates.
    #[arg(long, value_name = "YEN")]
    rate: Option<Decimal>,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write CSV to this file as well.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Leave out what customers must not see, such as partner discounts.
    #[arg(long)]
    for_customer: bool,
    /// Print the policy that comes with the program, to start one's own from.
    #[arg(long)]
    print_policy: bool,
    /// Reports, CSV or gzip, all parts of a month; - reads standard input. Left out, the configured ones.
    #[arg(value_name = "REPORT")]
    reports: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Table,
    /// For spreadsheets.
    Csv,
}

pub(super) fn fee(config: &Path, arguments: &FeeArguments) -> anyhow::Result<()> {
    if arguments.print_policy {
        say(EMBEDDED_POLICY.trim_end());
        return Ok(());
    }
    let config = config.exists().then(|| Config::load(config)).transpose()?;
    let policy = policy(config.as_ref(), arguments)?;
    let configured = config.map(|config| config.billing.reports).unwrap_or_default();
    let reports = if arguments.reports.is_empty() {
        &configured
    } else {
        &arguments.reports
    };
    anyhow::ensure!(
        !reports.is_empty(),
        "name the reports to read, or set [billing] reports in the configuration"
    );
    let statements = read(reports, policy, arguments)?;
    show(&statements, arguments)
}

fn policy(config: Option<&Config>, arguments: &FeeArguments) -> anyhow::Result<FeePolicy> {
    let policy = match (&arguments.policy, config) {
        (Some(path), _) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            FeePolicy::parse(&text).with_context(|| path.display().to_string())?
        }
        (None, Some(config)) => app::read_fee_policy(config)?,
        (None, None) => FeePolicy::embedded(),
    };
    match arguments.rate {
        Some(rate) => {
            anyhow::ensure!(
                rate > Decimal::ZERO,
                "--rate {rate} is no rate; write it as 150.25"
            );
            Ok(policy.with_rate("USD", rate, "コマンドラインで指定"))
        }
        None => Ok(policy),
    }
}

fn read(reports: &[PathBuf], policy: FeePolicy, arguments: &FeeArguments) -> anyhow::Result<Vec<Statement>> {
    let selection = Selection {
        accounts: arguments.account.clone(),
        month: arguments.month,
        invoice: arguments.invoice.clone(),
    };
    let bar = bar_over(reports)?;
    let mut ledger = Ledger::new(policy, selection);
    for path in reports {
        let name = path.display().to_string();
        let input: Box<dyn Read> = if name == STANDARD_INPUT {
            Box::new(std::io::stdin().lock())
        } else {
            Box::new(File::open(path).with_context(|| name.clone())?)
        };
        let label = if name == STANDARD_INPUT {
            "standard input"
        } else {
            &name
        };
        let read = ledger.read(label, bar.wrap_read(input));
        if read.is_err() {
            bar.finish_and_clear();
        }
        ledger = read?;
    }
    bar.finish_and_clear();
    let statements = ledger.statements()?;
    let unconfirmed: Vec<String> = statements
        .iter()
        .flat_map(|statement| statement.unconfirmed.iter().map(ToString::to_string))
        .collect();
    anyhow::ensure!(unconfirmed.is_empty(), "{}", unconfirmed.join("\n"));
    anyhow::ensure!(
        !statements.is_empty(),
        "the reports hold no line of that account, month and invoice"
    );
    Ok(statements)
}

/// A bar on standard error over the octets of all files; hidden where they are few, unknown, or nobody looks.
fn bar_over(reports: &[PathBuf]) -> anyhow::Result<ProgressBar> {
    let sizes = reports
        .iter()
        .map(|path| std::fs::metadata(path).map(|about| about.len()));
    let total: u64 = sizes.filter_map(Result::ok).sum();
    if total < BAR_FROM_OCTETS {
        return Ok(ProgressBar::hidden());
    }
    let style = ProgressStyle::with_template("{bar:40} {bytes} / {total_bytes}  {eta}")?;
    Ok(ProgressBar::new(total).with_style(style))
}

fn show(statements: &[Statement], arguments: &FeeArguments) -> anyhow::Result<()> {
    let reader = if arguments.for_customer {
        Reader::Customer
    } else {
        Reader::Staff
    };
    let csv = statements_csv(statements, reader)?;
    if let Some(path) = &arguments.csv {
        write_whole(path, &csv).with_context(|| path.display().to_string())?;
    }
    match arguments.format {
        Format::Csv => say(csv.trim_end()),
        Format::Table => {
            let tables: Vec<String> = statements
                .iter()
                .map(|one| statement_table(one, reader))
                .collect();
            say(tables.join("\n").trim_end());
        }
    }
    Ok(())
}

/// Writes the file as a whole or not at all, with the mark by which spreadsheets know UTF-8.
fn write_whole(path: &Path, csv: &str) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or_else(|| Path::new(".")))?;
    file.write_all("\u{feff}".as_bytes())?;
    file.write_all(csv.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
