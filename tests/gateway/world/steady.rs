//! What an operator does in a story: compares, looks, decides.

use chrono::TimeDelta;
use std::os::unix::fs::{MetadataExt, chown};

use madoguchi::app;
use madoguchi::inbound::{Poller, PollerSettings, Reconciliation, Wish, reconcile};
use madoguchi::outbound::Dispatcher;
use madoguchi::pipeline::{Difference, Pipeline, WatchSettings, Watchman};
use madoguchi::store::Database;
use madoguchi::store::outbox::{OutboxEntry, OutboxState};
use madoguchi::store::outbox_control;
use uuid::Uuid;

use super::{CONTACT, World};

impl World {
    /// Compares mailbox, folders and outbox with what is recorded, and changes nothing.
    pub(crate) async fn reconciles(&self) -> Reconciliation {
        self.reconciles_with(false, false).await
    }

    /// The same, correcting marks or laying unknown mails back.
    pub(crate) async fn reconciles_with(&self, repair: bool, take_back: bool) -> Reconciliation {
        let wish = Wish {
            settle: std::time::Duration::ZERO,
            repair,
            take_back,
        };
        let settings = std::slice::from_ref(&self.settings);
        Box::pin(reconcile(&self.pipeline, settings, wish)).await.unwrap()
    }

    /// The kinds of what differs now.
    pub(crate) async fn differences(&self) -> Vec<Difference> {
        let whole = self.reconciles().await;
        whole.findings.iter().map(|finding| finding.kind).collect()
    }

    /// Somebody lays a mail into a folder of the contact mailbox.
    pub(crate) fn lays_into(&self, folder: &str, raw: &[u8]) {
        self.remembers(raw);
        let (inbox, target) = {
            let dovecot = self.dovecot.lock().unwrap();
            (
                dovecot.maildir(CONTACT, "INBOX"),
                dovecot.maildir(CONTACT, folder),
            )
        };
        let owner = std::fs::metadata(inbox).unwrap();
        let file = target
            .join("new")
            .join(self.clock.fresh_id().simple().to_string());
        std::fs::write(&file, raw).unwrap();
        chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
    }

    /// Somebody who looks after the desk from now on, with a mail to ourselves every hour or without.
    pub(crate) fn watchman(&self, probes: bool) -> Watchman {
        let settings = WatchSettings {
            mailboxes: vec!["INBOX".to_owned()],
            probe_every: probes.then(|| TimeDelta::hours(1)),
            probe_within: TimeDelta::minutes(15),
        };
        Watchman::new(std::sync::Arc::clone(&self.pipeline), settings)
    }

    /// The mail server brings what the desk has written to itself.
    pub(crate) fn own_mail_comes_back(&self) -> usize {
        let letters = self.unread(CONTACT);
        for letter in &letters {
            self.deliver(&letter.bytes);
        }
        letters.len()
    }

    /// Every mail that waits for an attempt or for a person.
    pub(crate) async fn open_outbox(&self) -> Vec<OutboxEntry> {
        let mut tx = self.database().read().await.unwrap();
        outbox_control::list_open_outbox(&mut tx, 100).await.unwrap()
    }

    /// Where one outgoing mail stands.
    pub(crate) async fn state_of(&self, id: Uuid) -> OutboxState {
        let mut tx = self.database().read().await.unwrap();
        outbox_control::find_outbox(&mut tx, id)
            .await
            .unwrap()
            .unwrap()
            .state
    }

    /// An operator copies the database while the desk is quiet.
    pub(crate) fn backs_up(&self) {
        let folder = self.folder.path();
        for end in ["", "-wal"] {
            std::fs::copy(
                folder.join(format!("desk.db{end}")),
                folder.join(format!("restored.db{end}")),
            )
            .unwrap();
        }
    }

    /// The copy is brought back in the place of the database, with what lies beside it or without, and a new
    /// process begins with it.
    pub(crate) async fn restores(&self, with_mark: bool) -> Restored {
        let folder = self.folder.path();
        if with_mark {
            std::fs::copy(folder.join("desk.db.sent"), folder.join("restored.db.sent")).unwrap();
        }
        let url = format!("sqlite:{}/restored.db", folder.display());
        let database = Database::open(&url).await.unwrap();
        let pipeline =
            std::sync::Arc::new(app::build_pipeline(&self.config, database, self.clock.clone()).unwrap());
        let older = pipeline.notice_older_database().await.unwrap();
        let smtp = app::smtp_settings(&self.config).unwrap();
        Restored {
            older,
            poller: Poller::new(std::sync::Arc::clone(&pipeline), self.settings.clone()),
            dispatcher: Dispatcher::new(std::sync::Arc::clone(&pipeline), smtp),
            settings: self.settings.clone(),
            pipeline,
        }
    }
}

/// A desk on a database that was brought back.
pub(crate) struct Restored {
    /// Whether it noticed.
    pub(crate) older: bool,
    pub(crate) pipeline: std::sync::Arc<Pipeline>,
    poller: Poller,
    dispatcher: Dispatcher,
    settings: PollerSettings,
}

impl Restored {
    /// Reads the mailbox once and sends what may go; returns how many attempts were made.
    pub(crate) async fn works(&mut self) -> usize {
        Box::pin(self.poller.step()).await.unwrap();
        let mut attempts = 0;
        loop {
            match Box::pin(self.dispatcher.step()).await.unwrap() {
                0 => return attempts,
                more => attempts += more,
            }
        }
    }

    /// Compares, and lays mails that it has never seen back into the mailbox on request.
    pub(crate) async fn reconciles(&self, take_back: bool) -> Vec<Difference> {
        let wish = Wish {
            settle: std::time::Duration::ZERO,
            repair: false,
            take_back,
        };
        let settings = std::slice::from_ref(&self.settings);
        let whole = Box::pin(reconcile(&self.pipeline, settings, wish)).await.unwrap();
        whole.findings.iter().map(|finding| finding.kind).collect()
    }
}
