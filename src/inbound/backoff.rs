//! How long to wait before the next try to reach a mailbox.
//!
//! Comes in: how often it failed, and a random number. Goes out: a duration. No clock here.

use std::time::Duration;

/// The longest wait between tries to reach a server that may come back any moment.
const LONGEST: Duration = Duration::from_mins(5);
/// The wait once the password was refused several times: quicker tries lock accounts.
const AFTER_REFUSED_LOGIN: Duration = Duration::from_mins(15);
/// How many refused logins may be a passing trouble of the server.
const LOGIN_TRIES: u32 = 3;

/// The wait before try `attempt` + 1, where `attempt` counts the failures so far (from 1).
///
/// It doubles from one second up to five minutes; `random` (any value) takes off up to half, so that
/// several mailboxes do not knock at the same moment. After three refused logins it is 15 minutes.
pub fn backoff(attempt: u32, random: u32, permanent_login_failure: bool) -> Duration {
    if permanent_login_failure && attempt >= LOGIN_TRIES {
        return AFTER_REFUSED_LOGIN;
    }
    let doubled = 2_u64.saturating_pow(attempt.saturating_sub(1));
    let whole = Duration::from_secs(doubled).min(LONGEST);
    let half = whole / 2;
    let share = f64::from(random) / f64::from(u32::MAX);
    half + half.mul_f64(share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let waits: Vec<u64> = [1, 2, 3, 9, 10, 40, u32::MAX]
            .map(|attempt| backoff(attempt, u32::MAX, false).as_secs())
            .into();
        assert_eq!(waits, [1, 2, 4, 256, 300, 300, 300]);
    }

    #[test]
    fn chance_takes_off_up_to_half() {
        assert_eq!(backoff(3, 0, false), Duration::from_secs(2));
        let some = backoff(3, u32::MAX / 2, false);
        assert!(
            some > Duration::from_secs(2) && some < Duration::from_secs(4),
            "{some:?}"
        );
    }

    #[test]
    fn a_refused_login_is_tried_three_times_and_then_seldom() {
        assert!(backoff(2, 0, true) < Duration::from_secs(5));
        assert_eq!(backoff(3, 7, true), Duration::from_mins(15));
    }
}
