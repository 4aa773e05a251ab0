//! The only source of time, fresh ids and randomness. Everything else gets them as arguments, so that a
//! decision can be repeated and a test can live through a weekend in a millisecond.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::failpoints;

/// Bits of an id that count within a millisecond (RFC 9562 §6.2, method 1).
const COUNTER_BITS: u32 = 12;

/// When this program was built, in seconds since 1970.
const BUILT_AT: &str = env!("MADOGUCHI_BUILT_AT");

/// Why a clock cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the machine's clock says {now}, which is before this program was built ({built}); set the clock, since by this one \
     every target, token and schedule would be wrong"
)]
pub struct ClockBehind {
    now: DateTime<Utc>,
    built: DateTime<Utc>,
}

/// Where the desk's time comes from; cheap to clone, clones share a manual clock and the order of their ids.
#[derive(Debug, Clone)]
pub struct Clock {
    source: Source,
    /// Millisecond and counter of the last id.
    last_id: Arc<AtomicU64>,
}

#[derive(Debug, Clone)]
enum Source {
    System,
    /// Milliseconds since 1970-01-01 UTC.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::of(Source::System)
    }

    /// A clock that stands still until it is moved.
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self::of(Source::Manual(Arc::new(AtomicI64::new(at.timestamp_millis()))))
    }

    fn of(source: Source) -> Self {
        Self {
            source,
            last_id: Arc::default(),
        }
    }

    /// The current instant, cut to milliseconds: both databases keep exactly that.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.source {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that reads the clock"
            )]
            Source::System => from_millis(failpoints::hastened(Utc::now().timestamp_millis())),
            Source::Manual(millis) => from_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// Refuses an instant before this program was built: a machine whose battery is empty begins in 1970.
    pub fn check(&self) -> Result<(), ClockBehind> {
        let built = from_millis(BUILT_AT.parse::<i64>().unwrap_or_default().saturating_mul(1_000));
        let now = self.now();
        if now < built {
            Err(ClockBehind { now, built })
        } else {
            Ok(())
        }
    }

    /// Moves a manual clock; the system clock stays as it is.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(millis) = &self.source {
            millis.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }

    /// Sets a manual clock; the system clock stays as it is.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Source::Manual(millis) = &self.source {
            millis.store(at.timestamp_millis(), Ordering::SeqCst);
        }
    }

    /// A fresh `UUIDv7`: in the order they were asked for, also within a millisecond and when the clock is set
    /// back, since rows of one instant are read in the order of their ids; with random bits that cannot be
    /// guessed.
    pub fn fresh_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or_default();
        let next = |last: u64| last.saturating_add(1).max(millis << COUNTER_BITS);
        let order = Ordering::SeqCst;
        let last = self.last_id.fetch_update(order, order, |last| Some(next(last)));
        let id = next(last.unwrap_or_else(|last| last));
        let mut random: [u8; 10] = rand::random();
        let [.., high, low] = (id & ((1 << COUNTER_BITS) - 1)).to_be_bytes();
        random[0] = high;
        random[1] = low;
        uuid::Builder::from_unix_timestamp_millis(id >> COUNTER_BITS, &random).into_uuid()
    }

    /// 256 random bits that nobody can guess, for what somebody holds as proof.
    pub fn fresh_secret(&self) -> [u8; 32] {
        rand::random()
    }

    /// A random number, for jitter.
    pub fn random(&self) -> u32 {
        rand::random()
    }
}

/// The instant of a stored number of milliseconds; an impossible one reads as the epoch.
pub fn from_millis(millis: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(millis).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual(from_millis(1_000));
        clock.clone().advance(TimeDelta::seconds(2));
        assert_eq!(clock.now().timestamp_millis(), 3_000);
    }

    #[test]
    fn a_clock_before_the_program_was_built_is_refused() {
        assert!(Clock::system().check().is_ok());
        let refused = Clock::manual(from_millis(0)).check().unwrap_err();
        assert!(refused.to_string().starts_with("the machine's clock says 1970"));
    }

    #[test]
    fn fresh_ids_keep_the_order_in_which_they_were_asked_for_and_cannot_be_guessed() {
        let clock = Clock::manual(from_millis(1_000));
        let ids: Vec<Uuid> = (0..5_000).map(|_| clock.clone().fresh_id()).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
        clock.advance(TimeDelta::milliseconds(-500));
        assert!(clock.fresh_id() > ids[4_999]);
        let random = |id: &Uuid| id.as_u128() & 0xffff_ffff_ffff_ffff;
        assert_ne!(random(&ids[0]), random(&ids[1]));
    }
}
