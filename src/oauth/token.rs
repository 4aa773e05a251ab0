//! An access token and the times that matter for it. Pure.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

/// A token is renewed at the latest so long before its end, or a tenth of its life where that is shorter;
/// chance makes it up to twice that, so that several desks do not ask at the same moment.
const MARGIN: TimeDelta = TimeDelta::minutes(5);
/// How far the mail server's clock may be ahead of ours.
const SKEW: TimeDelta = TimeDelta::seconds(30);

/// A token that signs in, while it lasts.
#[derive(Clone)]
pub struct AccessToken {
    pub(super) access: SecretString,
    pub(super) obtained: DateTime<Utc>,
    renew_at: DateTime<Utc>,
    expires: DateTime<Utc>,
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl AccessToken {
    /// `asked` is when the question was sent: a life counted from there never ends too late. `random` is any
    /// number.
    pub(super) fn new(access: SecretString, asked: DateTime<Utc>, life: TimeDelta, random: u32) -> Self {
        let margin = (life / 10).min(MARGIN);
        let share = i64::from(random) * margin.num_milliseconds() / i64::from(u32::MAX);
        Self {
            access,
            obtained: asked,
            renew_at: asked + life - margin - TimeDelta::milliseconds(share),
            expires: asked + life - (life / 10).min(SKEW),
        }
    }

    /// The token itself.
    pub fn secret(&self) -> &SecretString {
        &self.access
    }

    /// When it is good for nothing any more.
    pub fn expires(&self) -> DateTime<Utc> {
        self.expires
    }

    /// Whether it is time for the next one.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        now >= self.renew_at || !self.is_good(now)
    }

    /// Whether it may still be shown. A clock that was set back says nothing about a token's age.
    pub(super) fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.obtained <= now && now < self.expires
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(life: TimeDelta, random: u32) -> (DateTime<Utc>, AccessToken) {
        let asked = "2026-03-04T01:00:00Z".parse().unwrap();
        (asked, AccessToken::new("abc".into(), asked, life, random))
    }

    #[test]
    fn chance_spreads_renewals_over_the_minutes_before_the_end() {
        for (random, minute) in [(0, 55), (u32::MAX, 50)] {
            let (asked, token) = token(TimeDelta::hours(1), random);
            let at = asked + TimeDelta::minutes(minute);
            assert!(
                token.is_due(at) && !token.is_due(at - TimeDelta::seconds(1)),
                "{random}"
            );
            assert!(token.is_good(at));
        }
    }

    #[test]
    fn a_short_life_is_used_and_no_life_is_not() {
        let (asked, short) = token(TimeDelta::seconds(60), u32::MAX);
        assert!(
            !short.is_due(asked + TimeDelta::seconds(47)) && short.is_due(asked + TimeDelta::seconds(48))
        );
        assert!(
            short.is_good(asked + TimeDelta::seconds(53)) && !short.is_good(asked + TimeDelta::seconds(54))
        );
        let (asked, none) = token(TimeDelta::zero(), 0);
        assert!(none.is_due(asked) && !none.is_good(asked));
    }

    #[test]
    fn a_clock_that_was_set_back_ends_a_token() {
        let (asked, token) = token(TimeDelta::hours(1), 0);
        assert!(!token.is_good(asked - TimeDelta::seconds(1)));
    }

    #[test]
    fn debugging_shows_no_token() {
        assert!(!format!("{:?}", token(TimeDelta::hours(1), 0).1).contains("abc"));
    }
}
