//! The only source of time, fresh ids and randomness. Everything else gets them as arguments, so that a
//! decision can be repeated and a test can live through a weekend in a millisecond.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

/// Where the desk's time comes from; cheap to clone, clones share a manual clock.
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System,
    /// Milliseconds since 1970-01-01 UTC.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is moved.
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(at.timestamp_millis()))))
    }

    /// The current instant, cut to milliseconds: both databases keep exactly that.
    pub fn now(&self) -> DateTime<Utc> {
        match &self.0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the one place that reads the clock"
            )]
            Source::System => from_millis(Utc::now().timestamp_millis()),
            Source::Manual(millis) => from_millis(millis.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock; the system clock stays as it is.
    pub fn advance(&self, by: TimeDelta) {
        if let Source::Manual(millis) = &self.0 {
            millis.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }

    /// Sets a manual clock; the system clock stays as it is.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Source::Manual(millis) = &self.0 {
            millis.store(at.timestamp_millis(), Ordering::SeqCst);
        }
    }

    /// A fresh `UUIDv7`: ordered by time, with random bits that cannot be guessed.
    pub fn fresh_id(&self) -> Uuid {
        let millis = u64::try_from(self.now().timestamp_millis()).unwrap_or_default();
        let random: [u8; 10] = rand::random();
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
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
    fn fresh_ids_are_ordered_by_time_and_differ_within_a_millisecond() {
        let clock = Clock::manual(from_millis(1_000));
        let (first, second) = (clock.fresh_id(), clock.fresh_id());
        clock.advance(TimeDelta::milliseconds(1));
        assert_ne!(first, second);
        assert!(clock.fresh_id() > first.max(second));
    }
}
