//! How many mails go out a minute, in all and to each domain: a process keeps within what its server allows.
//! Comes in: the limits, and each mail about to be tried. Goes out: whether it may go now, or when.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use crate::mail::EmailAddress;

const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// On which terms a process sends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SendingTerms {
    /// Attempts a minute in all; 0: as many as there are.
    pub per_minute: usize,
    /// Attempts a minute to the addresses of one domain; 0: as many as there are.
    pub per_domain_per_minute: usize,
    /// Who gets a copy of each mail in the same transaction, as proof that it was taken.
    pub copy_to: Option<EmailAddress>,
}

/// The attempts of the last minute.
#[derive(Debug)]
pub(super) struct Pace {
    overall: usize,
    per_domain: usize,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    all: VecDeque<DateTime<Utc>>,
    domains: HashMap<String, VecDeque<DateTime<Utc>>>,
}

impl Pace {
    pub(super) fn new(terms: &SendingTerms) -> Self {
        Self {
            overall: terms.per_minute,
            per_domain: terms.per_domain_per_minute,
            seen: Mutex::default(),
        }
    }

    /// Counts an attempt to an address; where one too many, when it may go instead.
    pub(super) fn admit(&self, to: &EmailAddress, now: DateTime<Utc>) -> Result<(), DateTime<Utc>> {
        if self.overall == 0 && self.per_domain == 0 {
            return Ok(());
        }
        let mut seen = self.seen();
        seen.forget_before(now);
        let Seen { all, domains } = &mut *seen;
        let domain = domains.entry(to.domain().to_lowercase()).or_default();
        let later = [(&*all, self.overall), (&*domain, self.per_domain)]
            .into_iter()
            .filter_map(|(times, limit)| free_at(times, limit))
            .max();
        if let Some(later) = later {
            return Err(later);
        }
        all.push_back(now);
        domain.push_back(now);
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// What lies in the future was seen before the clock was set back, and counts no more.
    fn forget_before(&mut self, now: DateTime<Utc>) {
        let counts = |at: &DateTime<Utc>| *at <= now && now - *at < MINUTE;
        self.all.retain(counts);
        self.domains.retain(|_, times| {
            times.retain(counts);
            !times.is_empty()
        });
    }
}

/// When one more fits; `None`: now.
fn free_at(times: &VecDeque<DateTime<Utc>>, limit: usize) -> Option<DateTime<Utc>> {
    if limit == 0 || times.len() < limit {
        return None;
    }
    times
        .get(times.len().saturating_sub(limit))
        .map(|oldest| *oldest + MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn each_domain_and_all_together_keep_within_a_minute() {
        let pace = Pace::new(&SendingTerms {
            per_minute: 3,
            per_domain_per_minute: 2,
            copy_to: None,
        });
        let sato = EmailAddress::parse("sato@customer.example").unwrap();
        let mori = EmailAddress::parse("mori@other.example").unwrap();
        assert_eq!(pace.admit(&sato, at(0)), Ok(()));
        assert_eq!(pace.admit(&sato, at(1)), Ok(()));
        assert_eq!(pace.admit(&sato, at(2)), Err(at(60)));
        assert_eq!(pace.admit(&mori, at(3)), Ok(()));
        assert_eq!(pace.admit(&mori, at(4)), Err(at(60)));
        assert_eq!(pace.admit(&sato, at(60)), Ok(()));
        assert_eq!(pace.admit(&sato, at(-3_600)), Ok(()), "a clock that was set back");
    }
}
