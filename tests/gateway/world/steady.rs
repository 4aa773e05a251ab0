//! What an operator does in a story: compares, looks, decides.

use chrono::TimeDelta;
use std::os::unix::fs::{MetadataExt, chown};

use madoguchi::inbound::{Reconciliation, Wish, reconcile};
use madoguchi::pipeline::{Difference, WatchSettings, Watchman};
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
}
