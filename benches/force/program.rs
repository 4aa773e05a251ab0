//! The program under proof: its configuration, its commands, and a process of it that can be killed.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use madoguchi::failpoints::{Fault, Point};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::inquiries::{BORDER, CONTACT, registry};
use super::stage::{PASSWORD, Stage};

/// The program that this proof was built with.
const PROGRAM: &str = env!("CARGO_BIN_EXE_madoguchi");

/// How much faster the desk's time runs: the fifteen minutes before the further attempt of a mail that may
/// have been accepted take two seconds, the half hour after which a claim is void takes four.
const HASTE: u32 = 450;

/// The signal that cannot be caught.
const SIGKILL: i32 = 9;

/// The signal that asks for an end.
const SIGTERM: i32 = 15;

/// Above everything that a short command or a stop takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

/// How a process of the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// By SIGKILL, its own or ours.
    Killed,
    /// By SIGTERM, before it could hear of it.
    Terminated,
    /// By itself, as it should.
    Done,
}

/// A configured desk on a fresh database.
#[derive(Debug)]
pub(super) struct Program {
    folder: TempDir,
    /// Where its books are.
    pub(super) database: String,
    flags: Vec<String>,
}

impl Program {
    /// Writes configuration and registry files; runs nothing yet. `mailbox` is the IMAP user.
    pub(super) fn configure(
        stage: &Stage,
        smtp_port: u16,
        mailbox: &str,
        setting: &Setting,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("madoguchi-force-").tempdir()?;
        let database = stage.new_database(folder.path(), &setting.name)?;
        let root = folder.path();
        std::fs::write(root.join("password"), PASSWORD)?;
        std::fs::write(
            root.join("token-key"),
            "00112233445566778899aabbccddeeff".repeat(2),
        )?;
        let text = configuration(
            root,
            &database,
            (stage.dovecot.imap_port(), smtp_port),
            mailbox,
            setting,
        );
        std::fs::write(root.join("madoguchi.toml"), text)?;
        for (name, text) in registry(setting.customers) {
            std::fs::write(root.join(name), text)?;
        }
        let now = std::time::UNIX_EPOCH.elapsed()?.as_millis();
        let mut flags = vec!["--hasten".to_owned(), format!("{now}:{HASTE}")];
        if let Some(fault) = setting.fault {
            flags.extend(["--fault".to_owned(), fault.to_string()]);
        }
        Ok(Self {
            folder,
            database,
            flags,
        })
    }

    /// Brings the schema up; dies between two steps of it where that is wanted.
    pub(super) async fn migrate(&self, die_after_steps: Option<u32>) -> anyhow::Result<End> {
        let mut command = self.command(die_after_steps.map(|steps| (Point::BetweenMigrations, steps)))?;
        self.end_of(command.arg("migrate").spawn()?).await
    }

    /// Fills the registry.
    pub(super) async fn import_registry(&self) -> anyhow::Result<()> {
        let mut command = self.command(None)?;
        command.args(["registry", "import"]);
        for (name, _) in registry(0) {
            command.arg(self.folder.path().join(name));
        }
        self.end_of(command.spawn()?).await?;
        Ok(())
    }

    /// Takes a mail out of quarantine, as staff would.
    pub(super) async fn retry(&self, mail: uuid::Uuid) -> anyhow::Result<()> {
        let mut command = self.command(None)?;
        command.args(["quarantine", "retry", &mail.to_string()]);
        self.end_of(command.spawn()?).await?;
        Ok(())
    }

    /// Starts the desk; it dies at a point where that is wanted.
    pub(super) fn run(&self, fail_at: Option<(Point, u32)>) -> anyhow::Result<Child> {
        Ok(self.command(fail_at)?.arg("run").spawn()?)
    }

    /// Waits for the end of a process; any but the two wanted ones is an error that quotes the log.
    pub(super) async fn end_of(&self, mut child: Child) -> anyhow::Result<End> {
        use std::os::unix::process::ExitStatusExt as _;
        let status = tokio::time::timeout(PATIENCE, child.wait())
            .await
            .with_context(|| format!("the program does not end; {}", self.log_end()))??;
        match status.signal() {
            Some(SIGKILL) => return Ok(End::Killed),
            Some(SIGTERM) => return Ok(End::Terminated),
            _ => {}
        }
        anyhow::ensure!(
            status.success(),
            "the program ended with {status}; {}",
            self.log_end()
        );
        Ok(End::Done)
    }

    /// The last lines of its log.
    pub(super) fn log_end(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("desk.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(15).collect();
        let lines: Vec<&str> = lines.into_iter().rev().collect();
        format!("the desk says:\n{}", lines.join("\n"))
    }

    fn command(&self, fail_at: Option<(Point, u32)>) -> anyhow::Result<Command> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("desk.log"))?;
        let mut command = Command::new(PROGRAM);
        command
            .arg("--config")
            .arg(self.folder.path().join("madoguchi.toml"))
            .args(&self.flags)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        if let Some((point, time)) = fail_at {
            command.arg("--fail-at").arg(format!("{point}:{time}"));
        }
        Ok(command)
    }
}

/// What differs between desks.
#[derive(Debug)]
pub(super) struct Setting {
    /// Name of the database.
    pub(super) name: String,
    /// How many customers are registered.
    pub(super) customers: usize,
    /// What is wrong with the program.
    pub(super) fault: Option<Fault>,
}

fn configuration(
    root: &Path,
    database: &str,
    (imap, smtp): (u16, u16),
    mailbox: &str,
    setting: &Setting,
) -> String {
    let root = root.display();
    // Attempts that are recorded afterwards go wrong by themselves where two workers meet.
    let connections = if setting.fault.is_some() { 1 } else { 2 };
    format!(
        "[desk]\ncontact_address = \"{CONTACT}\"\nname = \"Desk\"\nsignature = \"Desk\"\n\n\
         [database]\nurl = \"{database}\"\n\n\
         [imap]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"plain\"\nuser = \"{mailbox}\"\n\
         password_file = \"{root}/password\"\npoll_seconds = 1\n\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plain\"\nconnections = {connections}\n\n\
         [staff]\nanchor = \"authserv:{BORDER}\"\n\n[authentication]\nresolver = \"off\"\n\n\
         [tokens]\nkey_file = \"{root}/token-key\"\n\n[log]\nlevel = \"warn\"\n"
    )
}
