//! The desk under load: the built program in a process of its own, watched through its database.

use super::generator::customers;
use super::watch::Watch;
use anyhow::Context as _;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
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
    url: String,
}

impl Desk {
    /// Makes the configuration and the registry (all customers, one staff member); starts nothing yet.
    /// `url` names a database that exists; without one it is SQLite in a folder of its own.
    pub(crate) fn prepare(
        url: Option<String>,
        (imap_port, password): (u16, &str),
        smtp_port: u16,
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let own = format!("sqlite:{}/desk.db", folder.path().display());
        let desk = Self {
            child: None,
            folder,
            url: url.unwrap_or(own),
        };
        let root = desk.folder.path();
        fs::write(root.join("password"), password)?;
        fs::write(
            root.join("token-key"),
            "00112233445566778899aabbccddeeff".repeat(2),
        )?;
        fs::write(
            root.join("madoguchi.toml"),
            configuration(root, &desk.url, imap_port, smtp_port),
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
    pub(crate) async fn watch(&self) -> anyhow::Result<Watch> {
        Watch::open(&self.url).await
    }

    /// The desk's database.
    pub(crate) fn url(&self) -> &str {
        &self.url
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

fn configuration(root: &Path, url: &str, imap_port: u16, smtp_port: u16) -> String {
    let root = root.display();
    format!(
        "[desk]\ncontact_address = \"{CONTACT}\"\nname = \"Desk\"\nsignature = \"Desk\"\n\n\
         [database]\nurl = \"{url}\"\n\n\
         [imap]\nhost = \"127.0.0.1\"\nport = {imap_port}\nsecurity = \"plain\"\nuser = \"{CONTACT}\"\n\
         password_file = \"{root}/password\"\n\n\
         [smtp]\nhost = \"127.0.0.1\"\nport = {smtp_port}\nsecurity = \"plain\"\n\n\
         [watch]\nself_probe_minutes = 0\n\n[staff]\nanchor = \"authserv:mx.desk.example\"\n\n[authentication]\nresolver = \"off\"\n\n[tokens]\nkey_file = \"{root}/token-key\"\n"
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
