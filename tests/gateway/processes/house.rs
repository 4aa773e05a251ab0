//! The world of these stories: a real Dovecot, a real PostgreSQL, a scripted SMTP server, and desks that are
//! processes of their own, started, suspended and killed like anybody's.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use madoguchi::demo::Dovecot;
use madoguchi::registry::Registry;
use madoguchi::store::{Database, registry};
use tokio::sync::{OnceCell, OwnedSemaphorePermit};

use crate::world::CONTACT;
use crate::world::scripted_smtp::{ReceivedMail, ScriptedSmtp};

/// How long anything that must happen may take before a story fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// These stories watch the time others need, so only one is played at a time.
static STAGE: OnceCell<std::sync::Arc<tokio::sync::Semaphore>> = OnceCell::const_new();

/// Everything around the desks.
pub(super) struct House {
    pub(super) smtp: ScriptedSmtp,
    pub(super) url: String,
    pub(super) database: Database,
    dovecot: Dovecot,
    folder: tempfile::TempDir,
    opened: std::sync::atomic::AtomicU32,
    _alone: OwnedSemaphorePermit,
}

impl House {
    /// A house on this database, with one customer whose every address may write.
    pub(super) async fn new(url: &str) -> Self {
        let stage = STAGE.get_or_init(async || std::sync::Arc::new(tokio::sync::Semaphore::new(1)));
        let alone = std::sync::Arc::clone(stage.await).acquire_owned().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let url = url.replace("FOLDER", &folder.path().display().to_string());
        let database = Database::open(&url).await.unwrap();
        database.migrate().await.unwrap();
        let house = Self {
            smtp: ScriptedSmtp::start().await,
            database,
            dovecot: Dovecot::start("secret").unwrap(),
            folder,
            opened: std::sync::atomic::AtomicU32::new(0),
            _alone: alone,
            url,
        };
        house.import().await;
        house.write("password", "secret\n");
        house.write("key", "0123456789abcdef0123456789abcdef\n");
        house.write("desk.toml", &house.configuration());
        house
    }

    async fn import(&self) {
        let mut rows = Registry::default();
        for table in [
            "id,name,name_kana,language,answer_mode\nsample,株式会社サンプル,サンプル,ja,answer\n",
            "customer_id,address,person,person_name,department,language,account_scope,web,valid_from,valid_to\n\
             sample,@customer.example,,,,,,no,,\n",
            "customer_id,account_id,label,starts,ends\nsample,480913372265,本番,,\n",
            "serial,name,addresses,desks,role\n1,田中,tanaka@desk.example,technical account-and-billing contract,lead\n",
        ] {
            rows.read_file("story.csv", table.as_bytes()).unwrap();
        }
        let mut tx = self.database.begin().await.unwrap();
        registry::import(&mut tx, &rows).await.unwrap();
        tx.commit().await.unwrap();
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    pub(super) fn configuration(&self) -> String {
        let (root, url) = (self.folder.path().display(), &self.url);
        let (imap, smtp) = (self.dovecot.imap_port(), self.smtp.port());
        format!(
            "[desk]\ncontact_address = \"{CONTACT}\"\nname = \"窓口\"\nsignature = \"窓口\"\n\
             [database]\nurl = \"{url}\"\n\
             [imap]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"plain\"\nuser = \"{CONTACT}\"\n\
             password_file = \"{root}/password\"\npoll_seconds = 5\n\
             [smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plain\"\nconnections = 4\n\
             [watch]\nself_probe_minutes = 0\n[staff]\nanchor = \"authserv:mx.desk.example\"\n[authentication]\nresolver = \"off\"\n\
             [tokens]\nkey_file = \"{root}/key\"\n"
        )
    }

    /// Where its files lie.
    pub(super) fn folder_name(&self) -> String {
        self.folder.path().display().to_string()
    }

    /// Its commands go to another database from here on.
    pub(super) fn moves_to(&self, url: &str) {
        self.write("desk.toml", &self.configuration().replace(&self.url, url));
    }

    /// Calls the program.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_madoguchi"));
        command
            .arg("--config")
            .arg(self.folder.path().join("desk.toml"))
            .args(arguments);
        command
    }

    /// Starts a desk; it may be open a moment later.
    pub(super) fn open_desk(&self) -> Desk {
        let number = self.opened.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let log = self.folder.path().join(format!("desk-{number}.log"));
        let child = self
            .command(&["run"])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        Desk { child, log }
    }

    /// Person `number` of the customer writes a new inquiry.
    pub(super) fn writes(&self, number: usize) {
        let raw = format!(
            "Authentication-Results: mx.desk.example; dmarc=pass header.from=customer.example\r\n\
             From: person{number}@customer.example\r\nTo: {CONTACT}\r\nSubject: EC2 {number}\r\n\
             Message-ID: <{number}@customer.example>\r\nDate: Wed, 4 Mar 2026 10:00:00 +0900\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n\
             480913372265 のインスタンス {number} に接続できません。\r\n"
        );
        self.dovecot.deliver(CONTACT, raw.as_bytes()).unwrap();
    }

    /// Waits until persons `0..count` have each been acknowledged.
    pub(super) async fn acknowledges(&self, count: usize) {
        let begun = Instant::now();
        while self.acknowledged(count) < count {
            assert!(
                begun.elapsed() < PATIENCE,
                "{} of {count} acknowledged",
                self.acknowledged(count)
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn acknowledged(&self, count: usize) -> usize {
        let mails = self.smtp.mails();
        let to = |number: &usize| mails.iter().any(|mail| mail.recipient == person(*number));
        (0..count).filter(to).count()
    }

    /// Nothing was lost and nothing doubled: one ticket and one acknowledgement for each of the persons, one
    /// notification of each ticket to the one member of staff.
    pub(super) async fn has_served_each_once(&self, count: usize) {
        let begun = Instant::now();
        while self.smtp.mails().len() < 2 * count && begun.elapsed() < PATIENCE {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // Whatever would come twice has time to come.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let mails = self.smtp.mails();
        let to = |address: &str| {
            let theirs: Vec<&ReceivedMail> = mails.iter().filter(|mail| mail.recipient == address).collect();
            theirs.len()
        };
        for number in 0..count {
            assert_eq!(to(&person(number)), 1, "mails to person {number}");
        }
        assert_eq!(to("tanaka@desk.example"), count, "notifications");
        let mut tx = self.database.read().await.unwrap();
        let tickets = madoguchi::store::tickets::list_tickets(&mut tx, true, 9_999)
            .await
            .unwrap();
        assert_eq!(tickets.len(), count, "tickets");
    }
}

fn person(number: usize) -> String {
    format!("person{number}@customer.example")
}

/// A desk in a process of its own; dropped, it is killed.
pub(super) struct Desk {
    child: Child,
    log: std::path::PathBuf,
}

impl Desk {
    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has said so far.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it says something for the nth time, counted from 1.
    pub(super) async fn says(&self, words: &str, times: usize) {
        let begun = Instant::now();
        while self.log().matches(words).count() < times {
            assert!(
                begun.elapsed() < PATIENCE,
                "it never said `{words}`:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until it reads the mailbox.
    pub(super) async fn reads(&self) {
        self.says("this process reads it now", 1).await;
    }

    /// Sends a signal by name.
    pub(super) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.pid().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// `kill -9`.
    pub(super) fn dies(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended by itself.
    pub(super) async fn ends(&mut self) {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert!(status.success(), "{status}:\n{}", self.log());
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whether a file holds a process's number.
pub(super) fn names(path: &Path, pid: u32) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.trim() == pid.to_string())
}
