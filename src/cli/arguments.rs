//! Flags and subcommands, each with an example.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};
use uuid::Uuid;

use super::templates::TemplatesCommand;
use crate::app;
use crate::calendar::{Calendar, to_jst};
use crate::clock::Clock;
use crate::config::{Config, LogFormat, LogSection};
use crate::inquiry::read_category;
use crate::mail::EmailAddress;
use crate::pipeline::Pipeline;
use crate::registry::AccountId;
use crate::store::Database;
use crate::ticket::{Category, Severity, TicketStatus};

/// 窓口: the mail-driven inquiry desk.
#[derive(Debug, Parser)]
#[command(
    name = "madoguchi",
    version,
    about,
    after_help = "Example: madoguchi --config desk.toml check"
)]
pub struct Arguments {
    /// The configuration; madoguchi.example.toml shows every setting.
    #[arg(long, global = true, default_value = "madoguchi.toml", value_name = "FILE")]
    config: PathBuf,
    #[cfg(feature = "failpoints")]
    #[command(flatten)]
    rehearsal: super::rehearsal::RehearsalArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the desk: read the mailbox, send what is due, until it is told to stop.
    #[command(after_help = "Example: madoguchi --config /etc/madoguchi/desk.toml run")]
    Run,
    /// Say in words what is wrong with configuration, database, IMAP and SMTP.
    #[command(after_help = "Example: madoguchi --config desk.toml check")]
    Check,
    /// Read mails without a database and show what the desk makes of them.
    #[command(after_help = "Example: madoguchi inspect --json mail.eml | jq .category")]
    Inspect(super::inspect::InspectArguments),
    /// Take mails from files (- for standard input) as if they had arrived.
    #[command(after_help = "Example: madoguchi ingest --no-acknowledgement old/*.eml")]
    Ingest {
        /// Make tickets in silence, for imports.
        #[arg(long)]
        no_acknowledgement: bool,
        /// Mails, one a file; - reads one from standard input.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Show tickets.
    #[command(subcommand, after_help = "Example: madoguchi ticket show DESK-000123")]
    Ticket(TicketCommand),
    /// Import or export customers, contacts, accounts and staff as CSV.
    #[command(
        subcommand,
        after_help = "Example: madoguchi registry import customers.csv contacts.csv accounts.csv staff.csv"
    )]
    Registry(RegistryCommand),
    /// Show whose mail may be relayed, and ask staff to prove theirs.
    #[command(subcommand, after_help = "Example: madoguchi staff probe tanaka@desk.example")]
    Staff(StaffCommand),
    /// Prove that every mail has its outcome and every outgoing mail its end; say what differs and what to do.
    #[command(after_help = "Example: madoguchi reconcile --json")]
    Reconcile(super::reconcile::ReconcileArguments),
    /// Show outgoing mail and where it stands, and decide what becomes of it.
    #[command(subcommand, after_help = "Example: madoguchi outbox list --unsent")]
    Outbox(OutboxCommand),
    /// Show and release staff mail that was held.
    #[command(subcommand, after_help = "Example: madoguchi held list")]
    Held(HeldCommand),
    /// Show and retry mail that could not be read.
    #[command(subcommand, after_help = "Example: madoguchi quarantine list")]
    Quarantine(QuarantineCommand),
    /// Check rules files, and measure rules on labelled inquiries.
    #[command(subcommand, after_help = "Example: madoguchi rules evaluate labelled.jsonl")]
    Rules(RulesCommand),
    /// Check texts of one's own before they go into use.
    #[command(
        subcommand,
        after_help = "Example: madoguchi templates check /etc/madoguchi/templates"
    )]
    Templates(TemplatesCommand),
    /// Show business days and closures, and when the business-hours desk next opens.
    #[command(after_help = "Example: madoguchi calendar --from 2026-12 --months 2")]
    Calendar {
        /// First month, such as 2026-12; this month where left out.
        #[arg(long, value_name = "YYYY-MM")]
        from: Option<String>,
        /// How many months.
        #[arg(long, default_value_t = 2)]
        months: u32,
        /// When does the desk open, seen from this instant, such as 2026-05-02T10:00 (Japan time).
        #[arg(long, value_name = "INSTANT", value_parser = super::calendar::instant)]
        at: Option<chrono::DateTime<chrono::FixedOffset>>,
    },
    /// Explain the support fee from Cost and Usage Reports.
    #[command(
        after_help = "Example: madoguchi fee --month 2025-02 --account 480913372265 report-00001.csv.gz"
    )]
    Fee(super::fee::FeeArguments),
    /// Bring the database schema to this version.
    #[command(after_help = "Example: madoguchi --config desk.toml migrate")]
    Migrate,
    /// Play the main job on real servers on this machine, and show each mail.
    #[command(after_help = "Example: madoguchi demo --once")]
    Demo {
        /// End after the story instead of staying until Ctrl-C.
        #[arg(long)]
        once: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum TicketCommand {
    /// List tickets, newest first.
    List {
        /// Show closed ones too.
        #[arg(long)]
        all: bool,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Show one ticket with its messages and events.
    Show {
        /// Such as DESK-000123 or 123.
        number: String,
    },
    /// Correct a ticket; the correction is final, and customer and staff are told what follows from it.
    #[command(after_help = "Example: madoguchi ticket set DESK-000123 --category billing --severity high")]
    Set(SetArguments),
}

/// What `ticket set` corrects.
#[derive(Debug, clap::Args)]
pub(super) struct SetArguments {
    /// Such as DESK-000123 or 123.
    pub(super) number: String,
    /// What it is about: technical, diagnosis, billing or restriction.
    #[arg(long, value_parser = category)]
    pub(super) category: Option<Category>,
    /// The account it is filed under: one of its customer's.
    #[arg(long)]
    pub(super) account: Option<AccountId>,
    /// How hard the customer is hit: low, normal, high, urgent or critical.
    #[arg(long)]
    pub(super) severity: Option<Severity>,
    /// Where it stands: open, answered, pending-customer, escalated or closed.
    #[arg(long)]
    pub(super) status: Option<TicketStatus>,
}

fn category(text: &str) -> Result<Category, String> {
    read_category(text)
        .ok_or_else(|| format!("`{text}` is none; write technical, diagnosis, billing or restriction"))
}

#[derive(Debug, Subcommand)]
pub(super) enum RegistryCommand {
    /// Import CSV files; a file with an error imports nothing.
    Import {
        /// Files; each says by its header line which table it is.
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Write customers.csv, contacts.csv, accounts.csv and staff.csv.
    Export {
        /// The directory to write to.
        directory: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum StaffCommand {
    /// List staff addresses with whether the anchor was seen to pass for them.
    List,
    /// Send a probe to an address, or to all that have not been proven.
    Probe {
        /// A registered staff address.
        address: Option<EmailAddress>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// List outgoing mail, newest first.
    List {
        /// Only what has not been accepted by the server.
        #[arg(long)]
        unsent: bool,
        /// At most so many.
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Show one outgoing mail.
    Show {
        /// Its id.
        id: Uuid,
    },
    /// Send a mail again that failed or whose end is unknown: the same bytes, the same Message-ID.
    Retry {
        /// Its id.
        id: Uuid,
    },
    /// Send a mail no more that waits or whose end is unknown.
    GiveUp {
        /// Its id.
        id: Uuid,
    },
    /// Let nothing go out; mail is still taken in.
    Freeze {
        /// Why, for whoever comes next.
        #[arg(long)]
        reason: String,
    },
    /// Let mail go out again; look at `outbox list` before.
    Release,
}

#[derive(Debug, Subcommand)]
pub(super) enum HeldCommand {
    /// List held mail, newest first.
    List {
        /// Show decided ones too.
        #[arg(long)]
        all: bool,
    },
    /// Show one held mail.
    Show {
        /// Its id.
        id: Uuid,
    },
    /// Let it do what it was meant to, on your word: an answer goes out, a note is kept, commands are carried
    /// out.
    Release {
        /// Its id.
        id: Uuid,
        /// The ticket it is about, where the mail does not say.
        #[arg(long, value_name = "NUMBER")]
        ticket: Option<String>,
        /// The staff member in whose name it is carried out, where the mail does not say.
        #[arg(long, value_name = "SERIAL")]
        staff: Option<u32>,
    },
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesCommand {
    /// Refuse a file that does not read or whose examples do not hold, and say which.
    Check {
        /// The rules file.
        file: PathBuf,
    },
    /// Report accuracy, macro-F1, confusion, coverage and precision on labelled inquiries.
    Evaluate {
        /// One JSON object a line: subject, body, category, flags.
        #[arg(required_unless_present = "corrections")]
        file: Option<PathBuf>,
        /// The categories that staff have corrected, from the configured database, beside or instead of a file.
        #[arg(long)]
        corrections: bool,
        /// Rules other than those that come with the program.
        #[arg(long)]
        rules: Option<PathBuf>,
    },
    /// Print the categories that staff have corrected as labelled inquiries, one JSON object a line.
    #[command(after_help = "Example: madoguchi rules corrections > corrected.jsonl")]
    Corrections,
}

#[derive(Debug, Subcommand)]
pub(super) enum QuarantineCommand {
    /// List unreadable mail, newest first.
    List,
    /// Write a mail's bytes to standard output.
    Show {
        /// Its id.
        id: Uuid,
    },
    /// Try it again.
    Retry {
        /// Its id.
        id: Uuid,
    },
}

/// What the commands on a configured desk share.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) config: Config,
    pub(super) pipeline: Arc<Pipeline>,
}

/// Carries out what the arguments say.
pub async fn run_command(arguments: Arguments) -> anyhow::Result<()> {
    #[cfg(feature = "failpoints")]
    arguments.rehearsal.begin();
    match arguments.command {
        Command::Inspect(inspect) => {
            super::inspect::inspect(&inspect);
            Ok(())
        }
        Command::Demo { once } => crate::demo::play(once).await,
        Command::Rules(command) => super::rules::rules(&arguments.config, &command).await,
        Command::Templates(command) => super::templates::templates(&command),
        Command::Calendar { from, months, at } => calendar(&arguments.config, from.as_deref(), months, at),
        Command::Fee(fee) => super::fee::fee(&arguments.config, &fee),
        Command::Check => super::check::check(&arguments.config).await,
        Command::Migrate => {
            let config = Config::load(&arguments.config)?;
            let database = app::open_database(&config).await?;
            super::screen::say(format!("the {} schema is up to date", database.kind()));
            Ok(())
        }
        Command::Run => Box::pin(super::run::run(&arguments.config)).await,
        command @ (Command::Ingest { .. }
        | Command::Ticket(_)
        | Command::Registry(_)
        | Command::Staff(_)
        | Command::Reconcile(_)
        | Command::Outbox(_)
        | Command::Held(_)
        | Command::Quarantine(_)) => Box::pin(on_desk(command, open(&arguments.config).await?)).await,
    }
}

async fn on_desk(command: Command, desk: Opened) -> anyhow::Result<()> {
    match command {
        Command::Ingest {
            no_acknowledgement,
            files,
        } => super::ingest::ingest(&desk, &files, !no_acknowledgement).await,
        Command::Ticket(command) => super::ticket::ticket(&desk, &command).await,
        Command::Outbox(command) => super::outbox::outbox(&desk, &command).await,
        Command::Reconcile(arguments) => super::reconcile::run(&desk, &arguments).await,
        Command::Registry(command) => super::registry::registry(&desk.pipeline, &command).await,
        Command::Staff(command) => super::staff::staff(&desk.pipeline, &command).await,
        Command::Held(command) => super::held::held(&desk, &command).await,
        Command::Quarantine(command) => super::quarantine::quarantine(&desk, &command).await,
        Command::Run
        | Command::Inspect(_)
        | Command::Demo { .. }
        | Command::Fee(_)
        | Command::Check
        | Command::Migrate
        | Command::Rules(_)
        | Command::Templates(_)
        | Command::Calendar { .. } => Ok(()),
    }
}

/// Shows the calendar of the configuration's files, or the embedded one where there is no configuration.
fn calendar(
    config: &std::path::Path,
    from: Option<&str>,
    months: u32,
    at: Option<chrono::DateTime<chrono::FixedOffset>>,
) -> anyhow::Result<()> {
    let calendar = if config.exists() {
        app::build_calendar(&Config::load(config)?)?
    } else {
        Calendar::embedded()
    };
    let now = Clock::system().now();
    let today = to_jst(now).date_naive();
    let first = match from {
        Some(text) => chrono::NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d")
            .with_context(|| format!("`{text}` is no month; write it as 2026-12"))?,
        None => today,
    };
    super::screen::say(super::calendar::months_text(&calendar, first, months).trim_end());
    super::screen::say(super::calendar::opening_text(&calendar, at.map_or(now, |at| at.to_utc())).trim_end());
    super::calendar::list_warning(&calendar, today)
        .iter()
        .for_each(super::screen::say);
    Ok(())
}

/// Opens the configured desk for a command.
pub(super) async fn open(path: &std::path::Path) -> anyhow::Result<Opened> {
    let config = Config::load(path)?;
    start_log(&config.log)?;
    let database: Database = app::open_database(&config).await?;
    let pipeline = Arc::new(app::build_pipeline(&config, database, Clock::system())?);
    Ok(Opened { config, pipeline })
}

/// Starts the log on standard error. The libraries' own lines are left out: some of them print mail text.
fn start_log(section: &LogSection) -> anyhow::Result<()> {
    let filter = tracing_subscriber::EnvFilter::try_new(format!("off,madoguchi={}", section.level))
        .with_context(|| format!("[log] level `{}`", section.level))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    match section.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}
