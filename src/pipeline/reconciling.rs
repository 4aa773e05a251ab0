//! What differs between what should be and what is recorded (SPEC §2), each with what to do. Comes in: the
//! database. Goes out: findings in words. It decides no mail and sends none: a desk may be at work beside it.

use chrono::TimeDelta;
use serde::Serialize;

use super::{Pipeline, PipelineError};
use crate::calendar::to_jst;
use crate::store::outbox::OutboxState;
use crate::store::reconciling::{self, OutboxLine, UndecidedMail};
use crate::store::{Tx, outages, outbox_control};

/// After so long without a full listing a mailbox counts as not being read.
pub const SILENT_AFTER: TimeDelta = TimeDelta::minutes(5);

/// A mail that is due for longer than this stands still: a working desk sends within seconds.
const OVERDUE_AFTER: TimeDelta = TimeDelta::minutes(5);

/// More of one kind than this are not told one by one.
const LISTED_AT_MOST: i64 = 1_000;

crate::slug_enum! {
    /// What can differ.
    pub enum Difference {
        /// A mailbox has not been listed for minutes.
        NotRead = "not-read",
        /// Something is out of order that the desk has told of.
        OutOfOrder = "out-of-order",
        /// A mail lies in the mailbox and the ledger does not know its place.
        NotTaken = "not-taken",
        /// A mail was taken and has no outcome.
        NoOutcome = "no-outcome",
        /// A mail has its outcome and was not moved.
        NotMoved = "not-moved",
        /// A mail counts as moved and still lies there.
        WrongMark = "wrong-mark",
        /// A mail lies among the processed ones and the ledger has never seen it.
        NotInLedger = "not-in-ledger",
        /// Nothing goes out.
        OutboxFrozen = "outbox-frozen",
        /// An attempt was begun and nobody is making it any more.
        Interrupted = "interrupted",
        /// A mail is due and does not go.
        Overdue = "overdue",
        /// Whether a mail went out is unknown.
        UnknownDelivery = "unknown-delivery",
    }
}

impl Difference {
    /// What to do about it.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::NotRead => {
                "see that the desk runs; `madoguchi check` says whether the mailbox can be reached"
            }
            Self::OutOfOrder => "put right what it names; it goes away by itself within minutes of that",
            Self::NotTaken => {
                "a running desk takes it within a minute; look again, and into the log if it stays"
            }
            Self::NoOutcome => {
                "a running desk tries it again, and after three attempts it lies in quarantine with its bytes"
            }
            Self::NotMoved => {
                "nothing is lost; see that the folders of [imap] can be written and that the mailbox is not full"
            }
            Self::WrongMark => "a running desk corrects it; `madoguchi reconcile --repair` does so at once",
            Self::NotInLedger => {
                "somebody put it there, or the database is older than the mailbox; `madoguchi reconcile --take-back` \
                 lays it back into the mailbox, where the desk takes it like new mail"
            }
            Self::OutboxFrozen => "look at `madoguchi outbox list`, then `madoguchi outbox release`",
            Self::Interrupted => "a running desk tries it once more; see that one runs",
            Self::Overdue => "see that the desk runs and what its log says of the SMTP server",
            Self::UnknownDelivery => {
                "`madoguchi outbox retry ID` sends it again (it may arrive twice), `madoguchi outbox give-up ID` \
                 lets it be (it may never have arrived)"
            }
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its kind.
    pub kind: Difference,
    /// Where: a mailbox with a UID, or the id of a mail.
    pub place: String,
    /// What is known of it.
    pub what: String,
    /// What to do.
    pub remedy: &'static str,
    /// Whether it was put right just now.
    pub repaired: bool,
}

impl Finding {
    /// A difference that nobody has put right.
    pub fn new(kind: Difference, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self {
            kind,
            place: place.into(),
            what: what.into(),
            remedy: kind.remedy(),
            repaired: false,
        }
    }
}

impl Pipeline {
    /// What the database alone shows; `mailboxes` are those that ought to be read.
    pub async fn find_differences(&self, mailboxes: &[&str]) -> Result<Vec<Finding>, PipelineError> {
        let now = self.clock.now();
        let mut tx = self.database.read().await?;
        let mut found = Vec::new();
        for mailbox in mailboxes {
            found.extend(self.silence_of(&mut tx, mailbox).await?);
        }
        for (name, since, detail) in outages::list_outages(&mut tx).await? {
            let what = format!("since {}: {detail}", clock_time(since));
            found.push(Finding::new(Difference::OutOfOrder, name, what));
        }
        let undecided = reconciling::list_undecided(&mut tx, LISTED_AT_MOST).await?;
        found.extend(undecided.iter().map(no_outcome));
        let frozen = outbox_control::find_freeze(&mut tx).await?;
        if let Some(freeze) = &frozen {
            let what = format!(
                "since {} by {}: {}",
                clock_time(freeze.at),
                freeze.by,
                freeze.reason
            );
            found.push(Finding::new(Difference::OutboxFrozen, "outbox", what));
        }
        let standing =
            reconciling::list_standing_still(&mut tx, now, now - OVERDUE_AFTER, LISTED_AT_MOST).await?;
        let told = |line: &OutboxLine| {
            let kind = kind_of(line.state);
            // What a freeze keeps is told by the freeze.
            (frozen.is_none() || kind != Difference::Overdue).then(|| stands_still(kind, line))
        };
        found.extend(standing.iter().filter_map(told));
        Ok(found)
    }

    async fn silence_of(&self, tx: &mut Tx, mailbox: &str) -> Result<Option<Finding>, PipelineError> {
        let what = match reconciling::find_scanned_at(tx, mailbox).await? {
            None => "it was never listed whole".to_owned(),
            Some(at) if self.clock.now() - at >= SILENT_AFTER => {
                format!("it was last listed whole at {}", clock_time(at))
            }
            Some(_) => return Ok(None),
        };
        Ok(Some(Finding::new(Difference::NotRead, mailbox, what)))
    }
}

const fn kind_of(state: OutboxState) -> Difference {
    match state {
        OutboxState::Unknown => Difference::UnknownDelivery,
        OutboxState::Sending => Difference::Interrupted,
        OutboxState::Queued
        | OutboxState::Deferred
        | OutboxState::Sent
        | OutboxState::Failed
        | OutboxState::Recalled => Difference::Overdue,
    }
}

fn stands_still(kind: Difference, line: &OutboxLine) -> Finding {
    let reply = line.last_reply.as_deref().unwrap_or("no attempt was made");
    let what = format!(
        "{} to {}, due {}: {reply}",
        line.purpose,
        line.recipient,
        clock_time(line.due_at)
    );
    Finding::new(kind, format!("outbox {}", line.id), what)
}

fn no_outcome(mail: &UndecidedMail) -> Finding {
    let error = mail.last_error.as_deref().unwrap_or("no attempt has failed");
    let what = format!(
        "taken {}, {} attempts: {error}",
        clock_time(mail.received_at),
        mail.attempts
    );
    let place = format!("{} mail {}", mail.mailbox, mail.id);
    Finding::new(Difference::NoOutcome, place, what)
}

fn clock_time(at: chrono::DateTime<chrono::Utc>) -> String {
    to_jst(at).format("%Y-%m-%d %H:%M:%S").to_string()
}
