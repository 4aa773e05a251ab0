//! Whether the server lets this desk send at all, known to all dispatchers of a process together. Comes in: its
//! word on us, good or bad. Goes out: how much may be tried now. Where a wrong password or a blocked account would
//! fail every mail, one mail is tried now and then, and the others wait as they are.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Minutes until the next try, by refusals; the last one repeats. Oftener, and a server locks the account.
const PAUSE_MINUTES: &[i64] = &[1, 5, 15];

/// What all dispatchers know.
#[derive(Debug, Default)]
pub(super) struct Standing(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    stopped: Option<Stop>,
    /// Whether an alarm of an earlier process was looked for.
    settled: bool,
}

#[derive(Debug, Clone, Copy)]
struct Stop {
    refusals: usize,
    until: DateTime<Utc>,
}

/// How much may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// As much as there is.
    All,
    /// One mail, to see whether it is allowed again; nobody else tries meanwhile.
    One,
    /// Nothing before that.
    NothingUntil(DateTime<Utc>),
}

impl Standing {
    /// What may be tried now.
    pub(super) fn leave(&self, now: DateTime<Utc>) -> Leave {
        let mut state = self.state();
        let Some(stop) = &mut state.stopped else {
            return Leave::All;
        };
        let pause = pause(stop.refusals);
        // A clock that was set back does not lengthen the pause.
        if stop.until > now && stop.until - now <= pause {
            return Leave::NothingUntil(stop.until);
        }
        stop.until = now + pause;
        Leave::One
    }

    /// The server refuses us; `true`: it did not before.
    pub(super) fn refuses(&self, now: DateTime<Utc>) -> bool {
        let mut state = self.state();
        let refusals = state.stopped.map_or(0, |stop| stop.refusals.saturating_add(1));
        state.stopped = Some(Stop {
            refusals,
            until: now + pause(refusals),
        });
        refusals == 0
    }

    /// Whether it did not let us send when it was last asked.
    pub(super) fn is_stopped(&self) -> bool {
        self.state().stopped.is_some()
    }

    /// The server took a mail; `true`: an alarm may stand, of this process or of one before it.
    pub(super) fn accepts(&self) -> bool {
        let mut state = self.state();
        state.stopped.take().is_some() || !std::mem::replace(&mut state.settled, true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pause(refusals: usize) -> TimeDelta {
    let minutes = PAUSE_MINUTES.get(refusals).or(PAUSE_MINUTES.last());
    TimeDelta::minutes(minutes.copied().unwrap_or(15))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_refusal_one_mail_is_tried_now_and_then_until_one_is_taken() {
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let standing = Standing::default();
        assert_eq!(standing.leave(at(0)), Leave::All);
        assert!(standing.refuses(at(0)));
        assert_eq!(standing.leave(at(0)), Leave::NothingUntil(at(1)));
        assert_eq!(standing.leave(at(1)), Leave::One);
        assert_eq!(standing.leave(at(1)), Leave::NothingUntil(at(2)));
        assert!(!standing.refuses(at(1)));
        assert_eq!(standing.leave(at(2)), Leave::NothingUntil(at(6)));
        assert_eq!(standing.leave(at(-600)), Leave::One, "a clock that was set back");
        assert!(standing.accepts());
        assert_eq!(standing.leave(at(0)), Leave::All);
    }
}
