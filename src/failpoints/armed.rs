//! The places of a rehearsal: each asks whether it is the one where the process is to die.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::str::FromStr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Fault, Point};

/// Where to die: `POINT:N`, at the Nth time the process comes there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailAt {
    /// The place.
    pub point: Point,
    /// Which time, from 1.
    pub time: u32,
}

/// A desk whose time runs faster: `FROM:FACTOR`, counted from an instant in milliseconds since 1970.
///
/// All waits of the schedule stay what they are; only their minutes are shorter. Clocks of one rehearsal
/// must have the same order, so that a process begins where the one before it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hasten {
    /// Milliseconds since 1970-01-01 UTC of both clocks.
    pub from: i64,
    /// How many milliseconds pass in one.
    pub factor: i64,
}

/// What a rehearsal asks of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    /// Where it dies.
    pub fail_at: Option<FailAt>,
    /// What is wrong with it.
    pub fault: Option<Fault>,
    /// How fast its time runs.
    pub hasten: Option<Hasten>,
}

struct Armed {
    order: Order,
    passed: AtomicU32,
}

static ARMED: OnceLock<Armed> = OnceLock::new();

/// Takes the order, once for the life of the process; a second one is not heard.
pub fn arm(order: Order) {
    ARMED.get_or_init(|| Armed {
        order,
        passed: AtomicU32::new(0),
    });
}

/// Dies here when it was ordered and this is the time.
pub(crate) fn reach(point: Point) {
    let Some(armed) = ARMED.get() else { return };
    let Some(fail_at) = armed.order.fail_at.filter(|fail_at| fail_at.point == point) else {
        return;
    };
    if armed.passed.fetch_add(1, Ordering::SeqCst).saturating_add(1) == fail_at.time {
        die();
    }
}

/// Reaches the point whenever `work` has to wait while `when` holds.
pub(crate) async fn watch<W>(point: Point, work: W, when: impl Fn() -> bool + Send) -> W::Output
where
    W: Future<Output: Send> + Send,
{
    let mut work = pin!(work);
    poll_fn(move |cx| {
        let polled = work.as_mut().poll(cx);
        if polled.is_pending() && when() {
            reach(point);
        }
        polled
    })
    .await
}

/// Whether this fault is seeded.
pub(crate) fn has(fault: Fault) -> bool {
    ARMED.get().is_some_and(|armed| armed.order.fault == Some(fault))
}

/// The desk's instant for one of the machine's clock.
pub(crate) fn hastened(millis: i64) -> i64 {
    let Some(hasten) = ARMED.get().and_then(|armed| armed.order.hasten) else {
        return millis;
    };
    let passed = millis.saturating_sub(hasten.from);
    hasten.from.saturating_add(passed.saturating_mul(hasten.factor))
}

/// As `kill -9`: no destructor runs, no buffer is written, no goodbye is said.
fn die() -> ! {
    // A process that cannot even do that to itself must not go on as if nothing were.
    let _killed = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

impl FromStr for FailAt {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (point, time) = text.split_once(':').unwrap_or((text, "1"));
        Ok(Self {
            point: point.parse().map_err(|error| format!("{error}"))?,
            time: time.parse().map_err(|error| format!("`{time}`: {error}"))?,
        })
    }
}

impl FromStr for Hasten {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (from, factor) = text.split_once(':').ok_or("write it as FROM:FACTOR")?;
        let number = |text: &str| text.parse::<i64>().map_err(|error| format!("`{text}`: {error}"));
        Ok(Self {
            from: number(from)?,
            factor: number(factor)?,
        })
    }
}
