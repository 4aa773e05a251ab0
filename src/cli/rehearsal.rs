//! The flags of a rehearsal: where the process dies, what is wrong with it, how fast its time runs. Only
//! in programs built with the feature `failpoints`.

use crate::failpoints::{FailAt, Fault, Hasten, Order, arm};

/// Flags that no help shows.
#[derive(Debug, clap::Args)]
pub(super) struct RehearsalArguments {
    /// Die there.
    #[arg(long, global = true, hide = true, value_name = "POINT:N")]
    fail_at: Option<FailAt>,
    /// Be wrong in that way.
    #[arg(long, global = true, hide = true)]
    fault: Option<Fault>,
    /// Let time run faster.
    #[arg(long, global = true, hide = true, value_name = "FROM:FACTOR")]
    hasten: Option<Hasten>,
}

impl RehearsalArguments {
    /// Takes the flags up; before anything else is done.
    pub(super) fn begin(&self) {
        arm(Order {
            fail_at: self.fail_at,
            fault: self.fault,
            hasten: self.hasten,
        });
    }
}
