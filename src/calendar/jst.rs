//! Japan Standard Time. Comes in: an instant. Goes out: the same instant on Japanese clocks. Japan has no
//! daylight saving time, so a fixed offset is exact and needs no time-zone data.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};

/// Seconds by which Japanese clocks are ahead of UTC.
const SECONDS_EAST: i32 = 9 * 3600;

/// Instants outside these years (seconds since 1970) are clamped: nothing a desk does lies there, and date
/// arithmetic inside them cannot overflow.
const EARLIEST: i64 = -2_208_988_800;
const LATEST: i64 = 16_725_225_600;

/// The fixed offset +09:00.
pub fn jst() -> FixedOffset {
    FixedOffset::east_opt(SECONDS_EAST).unwrap_or_else(|| chrono::Offset::fix(&Utc))
}

/// The instant on Japanese clocks; clamped to the years 1900–2500.
pub fn to_jst(at: DateTime<Utc>) -> DateTime<FixedOffset> {
    let clamped = match at.timestamp() {
        seconds if seconds < EARLIEST => DateTime::from_timestamp(EARLIEST, 0),
        seconds if seconds > LATEST => DateTime::from_timestamp(LATEST, 0),
        _ => Some(at),
    };
    clamped.unwrap_or_default().with_timezone(&jst())
}

/// The instant at which Japanese clocks show that date and time.
pub(super) fn at_jst(date: NaiveDate, time: NaiveTime) -> DateTime<FixedOffset> {
    let local = date.and_time(time);
    jst()
        .from_local_datetime(&local)
        .single()
        .unwrap_or_else(|| to_jst(local.and_utc()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_clocks_are_nine_hours_ahead() {
        let at: DateTime<Utc> = "2026-01-31T15:00:00Z".parse().unwrap();
        assert_eq!(to_jst(at).to_rfc3339(), "2026-02-01T00:00:00+09:00");
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        assert_eq!(
            to_jst(DateTime::<Utc>::MAX_UTC).to_rfc3339().get(..4),
            Some("2500")
        );
        assert_eq!(
            to_jst(DateTime::<Utc>::MIN_UTC).to_rfc3339().get(..4),
            Some("1900")
        );
    }
}
