//! A full disk: mail waits in the mailbox, no mail pays for it with its attempts, and the desk goes on by itself.
//! The disk is a small file system of its own, which only root may mount.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use madoguchi::inbound::IntakeError;
use madoguchi::pipeline::{Difference, PipelineError};
use madoguchi::store::{mails, outages, tickets};
use sqlx::ConnectOptions;

use crate::world::{World, proven};

/// Turns of intake and of sending while the disk is full: more than the attempts that a mail has.
const TURNS: usize = 4;

/// A file system of some megabytes that can be filled.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=48m", "tmpfs"])
            .arg(folder.path())
            .status()
            .unwrap();
        assert!(
            mounted.success(),
            "this story mounts a file system, which takes root"
        );
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Somebody fills the disk up to so many KiB.
    fn leaves(&self, kibibytes: u64) {
        let free = rustix::fs::statvfs(self.path()).unwrap();
        let free = free.f_bavail * free.f_frsize / 1024;
        let fill = usize::try_from(free.saturating_sub(kibibytes)).unwrap();
        std::fs::write(self.filler(), vec![0; fill * 1024]).unwrap();
    }

    /// Room is made.
    fn is_cleared(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// What SQLite says to a statement, over a connection of its own.
    async fn asks(&self, statement: &'static str) -> String {
        use sqlx::Row;
        let file = self.path().join("desk.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let mut connection = options.connect().await.unwrap();
        let row = sqlx::query(statement).fetch_one(&mut connection).await.unwrap();
        row.try_get::<String, _>(0).unwrap_or_default()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a desk that is going may still hold the database.
        drop(Command::new("umount").arg("-l").arg(self.path()).status());
    }
}

async fn an_inquiry_comes(world: &std::sync::Arc<World>, number: usize) {
    let author = format!("sato{number}@customer.example");
    world.customer(&format!("佐藤 <{author}>"), "480913372265").await;
    let mail = format!(
        "{}\r\nFrom: {author}\r\nTo: aws_tec@desk.example\r\nSubject: EC2 {number}\r\n\
         Message-ID: <full{number}@customer.example>\r\n\r\n480913372265 number {number}\r\n",
        proven("customer.example")
    );
    world.deliver(mail.as_bytes());
}

/// How many mails are in the ledger, and how many of them have no outcome.
async fn ledger(world: &World) -> (i64, i64) {
    let mut tx = world.database().read().await.unwrap();
    let outcomes = mails::count_outcomes(&mut tx).await.unwrap();
    let waiting = outcomes.iter().filter(|(name, _)| name.is_empty());
    (
        outcomes.iter().map(|(_, count)| count).sum(),
        waiting.map(|(_, count)| count).sum(),
    )
}

#[tokio::test]
async fn a_disk_that_fills_at_any_moment_costs_no_mail_and_doubles_none() {
    let disk = SmallDisk::mount();
    World::run_storing(disk.path(), "free_megabytes = 0", async |world| {
        world.new_staff("田中 <tanaka@desk.example>", 1).await;
        let (mut before_keeping, mut before_outcome, mut sending) = (0, 0, 0);
        let points = 20_usize;
        for point in 0..points {
            for mail in 0..2 {
                an_inquiry_comes(&world, point * 2 + mail).await;
            }
            disk.asks("pragma wal_checkpoint(truncate)").await;
            let (kept, _) = ledger(&world).await;
            disk.leaves(u64::try_from(point * 20).unwrap());
            for _ in 0..TURNS {
                if let Err(error) = world.reads_mailbox().await {
                    let full = matches!(&error, IntakeError::Pipeline(error) if error.is_storage_trouble());
                    assert!(full, "{error}");
                    match ledger(&world).await {
                        (now, _) if now == kept => before_keeping += 1,
                        (_, waiting) if waiting > 0 => before_outcome += 1,
                        _ => {}
                    }
                }
                if let Err(error) = world.tries_to_send().await {
                    assert!(error.is_storage_trouble(), "{error}");
                    sending += 1;
                }
            }
            disk.is_cleared();
            world.settles().await;
            assert_eq!(disk.asks("pragma integrity_check").await, "ok");
        }
        assert!(
            before_keeping > 0 && before_outcome > 0 && sending > 0,
            "the disk was full before keeping {before_keeping}, before the outcome {before_outcome}, in sending \
             {sending} times"
        );
        let mut tx = world.database().read().await.unwrap();
        let outcomes = mails::count_outcomes(&mut tx).await.unwrap();
        let all = i64::try_from(points * 2).unwrap();
        assert_eq!(outcomes, [("new-ticket".to_owned(), all)]);
        assert_eq!(
            tickets::list_tickets(&mut tx, true, 1_000).await.unwrap().len(),
            points * 2
        );
        drop(tx);
        let mut sent: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for mail in world.smtp.mails() {
            *sent.entry(mail.bytes).or_default() += 1;
        }
        assert_eq!(sent.len(), points * 4);
        assert!(sent.values().all(|copies| *copies == 1), "nothing went twice");
        world.everything_is_read().await;
    })
    .await;
}

#[tokio::test]
async fn below_the_floor_mail_waits_the_leads_are_told_once_and_the_desk_goes_on_by_itself() {
    let disk = SmallDisk::mount();
    World::run_storing(disk.path(), "free_megabytes = 8", async |world| {
        let sato = world
            .customer("佐藤 <sato@customer.example>", "480913372265")
            .await;
        let tanaka = world.new_staff("田中 <tanaka@desk.example>", 1).await;
        let watchman = world.watchman(false);
        world.settles().await;
        disk.leaves(7 * 1024);
        let question = sato.composes(
            "aws_tec@desk.example",
            "EC2の件",
            &[],
            "480913372265 のEC2の件です。",
        );
        world.deliver(&question.raw);
        for _ in 0..TURNS {
            let refused = world.reads_mailbox().await;
            assert!(matches!(
                refused,
                Err(IntakeError::Pipeline(PipelineError::NoRoom { wanted: 8, .. }))
            ));
        }
        assert!(watchman.step().await.unwrap());
        assert!(!watchman.step().await.unwrap(), "once an outage");
        world.sends_mail().await;
        let alarm = tanaka.receives().await;
        assert!(alarm.text().contains("空き容量"), "{}", alarm.shown());
        assert_eq!(
            world.differences().await,
            [Difference::OutOfOrder, Difference::NotTaken]
        );
        // A disk at its limit goes to and fro, which is not told each time.
        disk.is_cleared();
        disk.leaves(9 * 1024);
        assert!(!watchman.step().await.unwrap());
        disk.is_cleared();
        assert!(watchman.step().await.unwrap());
        world.settles().await;
        let (one, other) = tanaka.receives_two().await;
        assert!(
            [one, other]
                .iter()
                .any(|mail| mail.message.subject.contains("復旧"))
        );
        sato.receives().await;
        let mut tx = world.database().read().await.unwrap();
        assert_eq!(outages::list_outages(&mut tx).await.unwrap(), []);
    })
    .await;
}
