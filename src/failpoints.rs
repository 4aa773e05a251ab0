//! Places where the desk can be made to die, and faults that can be seeded into it. Beside all stages.
//!
//! What is promised of crashes is proven by force: the program of a rehearsal is told on its command line
//! (`--fail-at`, `--fault`, `--hasten`) where to die, and dies there as by `kill -9`. Comes in: that order,
//! then every place the program passes. Goes out: nothing, or the end of the process.
//!
//! A cargo feature, `failpoints`, off by default, and flags instead of the environment: a program built
//! for use holds no instruction that could kill it, no flag asks for one, and no variable that somebody
//! exported for another purpose reaches it. Without the feature everything here is an empty function that
//! vanishes, so each place costs one line of source and nothing at run time. A seeded fault is a branch on
//! a constant `false` there, and the code behind it is left out.

#[cfg(feature = "failpoints")]
mod armed;
#[cfg(not(feature = "failpoints"))]
mod inert;

#[cfg(feature = "failpoints")]
pub use armed::{FailAt, Hasten, Order, arm};
#[cfg(feature = "failpoints")]
pub(crate) use armed::{has, hastened, reach, watch};
#[cfg(not(feature = "failpoints"))]
pub(crate) use inert::{has, hastened, reach, watch};

crate::slug_enum! {
    /// A place on a mail's way, in its order; the desk dies when it comes there.
    pub enum Point {
        /// The mailbox was listed.
        AfterListing = "after-listing",
        /// One mail of a fetch has come, others follow.
        MidFetch = "mid-fetch",
        /// Raw mails are written and not committed.
        BeforeKeep = "before-keep",
        /// Raw mails are committed with their attempt.
        AfterKeep = "after-keep",
        /// A mail is being read.
        InParsing = "in-parsing",
        /// All that mails caused is written and not committed.
        BeforeTakeThrough = "before-take-through",
        /// All that mails caused is committed.
        AfterTakeThrough = "after-take-through",
        /// Mails with an outcome are about to be moved.
        BeforeMove = "before-move",
        /// They were moved, and this is not recorded.
        AfterMove = "after-move",
        /// Outgoing mails are claimed.
        AfterClaim = "after-claim",
        /// The server took MAIL.
        AfterMail = "after-mail",
        /// The server took RCPT.
        AfterRcpt = "after-rcpt",
        /// The server waits for the mail.
        AfterData = "after-data",
        /// The mail has gone over, the dot has not.
        MidData = "mid-data",
        /// The dot has gone over, its reply has not come.
        AfterDot = "after-dot",
        /// The server has the mail, and this is not recorded.
        AfterAcceptance = "after-acceptance",
        /// What became of the attempt is written and not committed.
        BeforeUpdate = "before-update",
        /// The schema stands between two versions.
        BetweenMigrations = "between-migrations",
        /// The desk was told to stop, and work is under way.
        Stopping = "stopping",
        /// The last work of a stopping desk is done.
        Stopped = "stopped",
    }
}

crate::slug_enum! {
    /// A fault of the kind that desks have had, seeded to see whether the proof finds it.
    pub enum Fault {
        /// What was taken from the mailbox is forgotten with the process.
        LedgerSkipped = "ledger-skipped",
        /// Attempts are recorded when they are over, not before they begin.
        CommitAfterSend = "commit-after-send",
        /// A repeated mail gets an identifier of its own.
        NewMessageId = "new-message-id",
    }
}
