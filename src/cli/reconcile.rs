//! `madoguchi reconcile`: whether everything has its outcome and its end, in words or in JSON.

use std::time::Duration;

use super::arguments::Opened;
use super::screen::say;
use crate::app;
use crate::inbound::{Wish, reconcile};

/// What `reconcile` is asked for.
#[derive(Debug, clap::Args)]
pub(super) struct ReconcileArguments {
    /// One JSON object instead of words.
    #[arg(long)]
    json: bool,
    /// Correct marks of the ledger that are wrong; nothing is sent and no mail is decided by it.
    #[arg(long)]
    repair: bool,
    /// Lay mails that the ledger has never seen back into the mailbox, where the desk takes them like new ones.
    #[arg(long)]
    take_back: bool,
    /// Look again after so many seconds when something differs: a mail may just be arriving.
    #[arg(long, default_value_t = 5, value_name = "SECONDS")]
    settle: u64,
}

/// Compares, tells, and fails while something differs.
pub(super) async fn run(desk: &Opened, arguments: &ReconcileArguments) -> anyhow::Result<()> {
    let wish = Wish {
        settle: Duration::from_secs(arguments.settle),
        repair: arguments.repair,
        take_back: arguments.take_back,
    };
    let mailboxes = app::all_poller_settings(&desk.config)?;
    let whole = reconcile(&desk.pipeline, &mailboxes, wish).await?;
    if arguments.json {
        say(serde_json::to_string(&whole)?);
    } else {
        for (folder, mails) in &whole.folders {
            say(format!("{folder}: {mails} mails compared"));
        }
        for finding in &whole.findings {
            let done = if finding.repaired { " (put right now)" } else { "" };
            say(format!(
                "{}  {}: {}{done}",
                finding.kind, finding.place, finding.what
            ));
            if !finding.repaired {
                say(format!("    → {}", finding.remedy));
            }
        }
    }
    let left = whole.findings.iter().filter(|finding| !finding.repaired).count();
    anyhow::ensure!(left == 0, "{left} differences");
    if !arguments.json {
        say("every mail has its outcome, every outgoing mail its end or its next attempt");
    }
    Ok(())
}
