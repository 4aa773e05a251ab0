//! `madoguchi ingest`: mails from files through the same path as those from the mailbox.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::arguments::Opened;
use super::screen::say;
use crate::pipeline::Arrival;
use crate::ticket::TicketNumber;

/// Takes each file; what cannot be read from disk is told, and the run goes on.
pub(super) async fn ingest(desk: &Opened, files: &[PathBuf], acknowledge: bool) -> anyhow::Result<()> {
    let mut failed = 0_usize;
    for file in files {
        match ingest_one(desk, file, acknowledge).await {
            Ok(line) => say(line),
            Err(error) => {
                failed = failed.saturating_add(1);
                say(format!("{}: {error:#}", file.display()));
            }
        }
    }
    anyhow::ensure!(
        failed == 0,
        "{failed} of {} files could not be taken; fix them and run ingest for them again",
        files.len()
    );
    Ok(())
}

async fn ingest_one(desk: &Opened, file: &Path, acknowledge: bool) -> anyhow::Result<String> {
    let limit = desk.config.imap.limit_megabytes.saturating_mul(1024 * 1024);
    let raw = read(file, limit)?;
    let pipeline = &desk.pipeline;
    let name = file.display().to_string();
    let arrival = Arrival {
        source: "ingest",
        mailbox: &name,
        place: None,
        arrived_at: None,
        size: u64::try_from(raw.len()).unwrap_or(u64::MAX),
        raw: raw.into(),
        whole: true,
        acknowledge,
    };
    let kept = pipeline.keep(&[arrival]).await?;
    let ids: Vec<_> = kept.iter().map(|kept| kept.id).collect();
    let done = pipeline.process(&ids).await?;
    let processed = done
        .first()
        .context("it was kept and could not be processed now; the running desk tries it again")?;
    let ticket = match processed.ticket {
        Some(id) => {
            let mut tx = pipeline.database.read().await?;
            let prefix = pipeline.policy().number_prefix.clone();
            crate::store::tickets::find_ticket(&mut tx, id)
                .await?
                .map(|ticket| number(ticket.number, &prefix))
        }
        None => None,
    };
    Ok(format!(
        "{name}: {} ({}){}",
        processed.outcome,
        processed.reason,
        ticket.unwrap_or_default()
    ))
}

fn number(number: TicketNumber, prefix: &str) -> String {
    format!(" {}", number.with_prefix(prefix))
}

/// The whole file or standard input, up to the size limit of the intake.
fn read(file: &Path, limit: u64) -> anyhow::Result<Vec<u8>> {
    let mut raw = Vec::new();
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file)?)
    };
    source.take(limit.saturating_add(1)).read_to_end(&mut raw)?;
    let size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
    anyhow::ensure!(
        size <= limit,
        "it is larger than [imap] limit_megabytes allows ({} MB)",
        limit / 1024 / 1024
    );
    Ok(raw)
}
