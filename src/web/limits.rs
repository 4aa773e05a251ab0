//! How often one client may ask. Comes in: a client and the time. Goes out: how long it has to wait, if it does.
//! Counted in memory, by process: the limits keep one client from the desk's strength; what must hold exactly,
//! such as links to one address, is counted in the database.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};

/// Clients that are counted at a time; when there are more, counting begins anew.
const MOST_CLIENTS: usize = 50_000;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Limited {
    /// Any request for a page: a whole office may stand behind one address.
    Request,
    /// Asking for a link, or using one.
    SignIn,
}

impl Limited {
    /// Length of the window in seconds, and how often within it.
    const fn window(self) -> (i64, u32) {
        match self {
            Self::Request => (60, 600),
            Self::SignIn => (600, 20),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<HashMap<(Limited, IpAddr), Count>>);

#[derive(Debug, Clone, Copy)]
struct Count {
    window: i64,
    times: u32,
}

impl Limits {
    /// Counts a request; the seconds to wait where the client has used up its share.
    pub(super) fn spend(&self, what: Limited, client: IpAddr, now: DateTime<Utc>) -> Result<(), i64> {
        let (seconds, most) = what.window();
        let window = now.timestamp().div_euclid(seconds);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= MOST_CLIENTS {
            counts.clear();
        }
        let count = counts
            .entry((what, network_of(client)))
            .or_insert(Count { window, times: 0 });
        if count.window != window {
            *count = Count { window, times: 0 };
        }
        count.times = count.times.saturating_add(1);
        if count.times > most {
            Err(seconds - now.timestamp().rem_euclid(seconds))
        } else {
            Ok(())
        }
    }
}

/// One customer of a provider has a whole /64 of IPv6.
fn network_of(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => address.to_ipv4_mapped().map_or_else(
            || std::net::Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
            IpAddr::V4,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_millis;

    #[test]
    fn a_client_waits_for_the_next_window_and_others_do_not() {
        let (limits, now) = (Limits::default(), from_millis(1_200_000));
        let client = |text: &str| text.parse::<IpAddr>().unwrap();
        let spend = |text, now| limits.spend(Limited::SignIn, client(text), now);
        for _ in 0..20 {
            assert_eq!(spend("2001:db8::1", now), Ok(()));
        }
        assert_eq!(spend("2001:db8::2", now), Err(600));
        assert_eq!(spend("2001:db8:0:1::2", now), Ok(()));
        assert_eq!(limits.spend(Limited::Request, client("2001:db8::2"), now), Ok(()));
        assert_eq!(spend("2001:db8::2", from_millis(1_800_000)), Ok(()));
    }
}
