//! Looks after the token while nobody asks for it, so that trouble is known before mail waits for it.
//!
//! Comes in: the source. Goes out: what is to be told about it, each thing once and then seldom. It tells
//! nobody itself.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::error::TokenError;
use super::source::{Standing, TokenSource};
use crate::clock::Clock;

/// A refresh token that ends within so many days is told of.
const TOLD_BEFORE: TimeDelta = TimeDelta::days(14);
/// Trouble that stays is told again so often.
const TOLD_AGAIN: TimeDelta = TimeDelta::hours(1);

/// What one look has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Nothing to tell.
    Fine,
    /// The refresh token ends soon, in words.
    Ending(String),
    /// There is no token.
    Failing(TokenError),
}

/// Looks after one source.
#[derive(Debug)]
pub struct TokenKeeper {
    source: Arc<TokenSource>,
    clock: Clock,
    told_trouble: Option<(TokenError, DateTime<Utc>)>,
    told_end: Option<NaiveDate>,
}

impl TokenKeeper {
    /// A keeper that has told nothing yet.
    pub fn new(source: Arc<TokenSource>, clock: Clock) -> Self {
        Self {
            source,
            clock,
            told_trouble: None,
            told_end: None,
        }
    }

    /// Renews the token where it is time for it.
    pub async fn step(&mut self) -> Kept {
        let standing = match self.source.token().await {
            // The old token may still be good when the next one cannot be had.
            Ok(_token) => self.source.trouble().map_or_else(|| self.source.standing(), Err),
            Err(error) => Err(error),
        };
        let now = self.clock.now();
        match standing {
            Ok(standing) => {
                self.told_trouble = None;
                self.tell_end(&standing, now)
            }
            Err(error) => self.tell_trouble(error, now),
        }
    }

    /// Waits for a renewal under way, so that a refresh token that was spent is not forgotten.
    pub async fn stop(self) {
        self.source.settle().await;
    }

    fn tell_end(&mut self, standing: &Standing, now: DateTime<Utc>) -> Kept {
        let today = now.date_naive();
        match standing.warning(now) {
            Some(words) if self.told_end != Some(today) => {
                self.told_end = Some(today);
                Kept::Ending(words)
            }
            Some(_) | None => Kept::Fine,
        }
    }

    fn tell_trouble(&mut self, error: TokenError, now: DateTime<Utc>) -> Kept {
        let told = self.told_trouble.as_ref();
        if told.is_some_and(|(known, at)| *known == error && now - *at < TOLD_AGAIN) {
            return Kept::Fine;
        }
        self.told_trouble = Some((error.clone(), now));
        Kept::Failing(error)
    }
}

impl Standing {
    /// Whole days until the refresh token ends, where its lifetime is known.
    pub fn days_left(&self, now: DateTime<Utc>) -> Option<i64> {
        self.refresh_expires.map(|expires| (expires - now).num_days())
    }

    /// In words, where the refresh token ends soon; of a short life only the last half is soon.
    pub fn warning(&self, now: DateTime<Utc>) -> Option<String> {
        let (obtained, expires) = (self.refresh_obtained?, self.refresh_expires?);
        let soon = TOLD_BEFORE.min((expires - obtained) / 2);
        (expires - now <= soon).then(|| {
            format!(
                "the refresh token was given out on {} and ends on {}, in {} days; let a person sign in again and \
                 put the new one into [oauth] refresh_token_file",
                obtained.date_naive(),
                expires.date_naive(),
                (expires - now).num_days()
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_refresh_token_is_told_in_its_last_two_weeks_or_half() {
        let obtained: DateTime<Utc> = "2026-03-01T00:00:00Z".parse().unwrap();
        for (lifetime, quiet, told) in [(90, 75, 76), (7, 3, 4)] {
            let standing = Standing {
                access_expires: None,
                refresh_obtained: Some(obtained),
                refresh_expires: Some(obtained + TimeDelta::days(lifetime)),
            };
            assert_eq!(
                standing.warning(obtained + TimeDelta::days(quiet)),
                None,
                "{lifetime}"
            );
            let words = standing.warning(obtained + TimeDelta::days(told)).unwrap();
            assert!(words.contains(&format!("in {} days", lifetime - told)), "{words}");
        }
    }
}
