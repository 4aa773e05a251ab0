//! The desk under load: the built program in a process of its own, watched through its database.

use super::generator::customers;
use anyhow::Context as _;
use sqlx::SqlitePool;
use sqlx::sqlite::SqliteConnectOptions;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// The mailbox the inquiries arrive in.
pub(crate) const CONTACT: &str = "aws_tec@desk.example";

/// The program that the bench was built with.
const PROGRAM: &str = env!("CARGO_BIN_EXE_madoguchi");

/// A configured desk with its registry filled. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Desk {
    child: Option<Child>,
    folder: TempDir,
}

impl Desk {
    /// Makes the configuration and the registry (all customers, one staff member); starts nothing yet.
    pub(crate) fn prepare(imap_port: u16, password: &str, smtp_port: u16) -> anyhow::Result<Self> {
        let desk = Self {
            child: None,
            folder: tempfile::tempdir()?,
        };
        let root = desk.folder.path();
        fs::write(root.join("password"), password)?;
        fs::write(
            root.join("token-key"),
            "00112233445566778899aabbccddeeff".repeat(2),
        )?;
        fs::write(
            root.join("madoguchi.toml"),
            configuration(root, imap_port, smtp_port),
        )?;
        let mut import = desk.command();
        import.args(["registry", "import"]);
        for (name, text) in registry() {
            fs::write(root.join(name), text)?;
            import.arg(root.join(name));
        }
        for mut command in [desk.migrate(), import] {
            let output = command
                .output()
                .with_context(|| format!("cannot start {PROGRAM}"))?;
            anyhow::ensure!(
                output.status.success(),
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(desk)
    }

    /// Starts `madoguchi run`; gives its process id.
    pub(crate) fn run(&mut self) -> anyhow::Result<u32> {
        let log = fs::File::create(self.folder.path().join("desk.log"))?;
        let child = self
            .command()
            .arg("run")
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let pid = child.id();
        self.child = Some(child);
        Ok(pid)
    }

    /// A connection to the desk's database, for counting.
    pub(crate) async fn database(&self) -> anyhow::Result<SqlitePool> {
        let options = SqliteConnectOptions::new()
            .filename(self.folder.path().join("desk.db"))
            .read_only(true);
        Ok(SqlitePool::connect_with(options).await?)
    }

    /// The last lines the desk has logged, for a run that went wrong.
    pub(crate) fn log_end(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("desk.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(10).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    fn command(&self) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .arg("--config")
            .arg(self.folder.path().join("madoguchi.toml"))
            .stdin(Stdio::null());
        command
    }

    fn migrate(&self) -> Command {
        let mut command = self.command();
        command.arg("migrate");
        command
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // The run is over and its database goes with the folder: nothing to end gently.
            let _ended = child.kill();
            let _status = child.wait();
        }
    }
}

/// How many outgoing mails the server has accepted.
pub(crate) async fn sent(database: &SqlitePool) -> anyhow::Result<usize> {
    let count: i64 = sqlx::query_scalar("select count(*) from outbox where state = 'sent'")
        .fetch_one(database)
        .await?;
    Ok(usize::try_from(count)?)
}

/// From the desk's taking a mail to the acceptance of its acknowledgement, for the `last` mails.
pub(crate) async fn acknowledgement_times(
    database: &SqlitePool,
    last: usize,
) -> anyhow::Result<Vec<Duration>> {
    let milliseconds: Vec<i64> = sqlx::query_scalar(
        "select outbox.finished_at - mails.received_at from outbox join mails on mails.id = outbox.mail_id \
         where outbox.purpose = 'acknowledgement' and outbox.state = 'sent' \
         order by outbox.created_at desc limit $1",
    )
    .bind(i64::try_from(last)?)
    .fetch_all(database)
    .await?;
    Ok(milliseconds
        .into_iter()
        .map(|m| Duration::from_millis(u64::try_from(m).unwrap_or(0)))
        .collect())
}

fn configuration(root: &Path, imap_port: u16, smtp_port: u16) -> String {
    let root = root.display();
    format!(
        "[desk]\ncontact_address = \"{CONTACT}\"\nname = \"Desk\"\nsignature = \"Desk\"\n\n\
         [database]\nurl = \"sqlite:{root}/desk.db\"\n\n\
         [imap]\nhost = \"127.0.0.1\"\nport = {imap_port}\nsecurity = \"plain\"\nuser = \"{CONTACT}\"\n\
         password_file = \"{root}/password\"\n\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {smtp_port}\nsecurity = \"plain\"\n\n\
         [staff]\nanchor = \"authserv:mx.desk.example\"\n\n[authentication]\nresolver = \"off\"\n\n[tokens]\nkey_file = \"{root}/token-key\"\n"
    )
}

/// The registry's files, each with its text.
fn registry() -> [(&'static str, String); 4] {
    let mut companies = "id,name,name_kana,language,answer_mode\n".to_owned();
    let mut contacts = "customer_id,address,person,person_name,department,language,account_scope,web,\
                        valid_from,valid_to\n"
        .to_owned();
    let mut accounts = "customer_id,account_id,label,starts,ends\n".to_owned();
    for (number, customer) in customers().enumerate() {
        // Writing to a string cannot fail.
        let _ = writeln!(
            companies,
            "c{number:03},顧客{number:03}株式会社,コキャク,ja,answer"
        );
        let _ = writeln!(contacts, "c{number:03},{},,担当,,,,yes,,", customer.contact);
        let _ = writeln!(accounts, "c{number:03},{},本番,,", customer.account_id);
    }
    let staff = "serial,name,addresses,desks,role\n\
                 1,田中,tanaka@desk.example,technical account-and-billing contract,lead\n";
    [
        ("customers.csv", companies),
        ("contacts.csv", contacts),
        ("accounts.csv", accounts),
        ("staff.csv", staff.to_owned()),
    ]
}
