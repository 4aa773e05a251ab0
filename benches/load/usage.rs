//! What a process used, read from /proc, and percentiles of what was timed.

use anyhow::Context as _;
use std::fs;
use std::time::Duration;

/// The kernel counts CPU time in hundredths of a second for /proc, on every Linux that Debian builds.
const TICKS_PER_SECOND: u64 = 100;

/// CPU time and memory of one process so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usage {
    /// CPU time in user and kernel mode, of all threads; steps of 10 ms.
    pub(crate) cpu: Duration,
    /// The most memory it ever had resident, in bytes.
    pub(crate) peak_resident_bytes: u64,
}

impl Usage {
    /// Reads the usage of the running process `pid`.
    pub(crate) fn of(pid: u32) -> anyhow::Result<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).context("the process is gone")?;
        let status = fs::read_to_string(format!("/proc/{pid}/status")).context("the process is gone")?;
        Ok(Self {
            cpu: cpu(&stat).with_context(|| format!("/proc/{pid}/stat has no CPU time"))?,
            peak_resident_bytes: peak(&status).with_context(|| format!("/proc/{pid}/status has no VmHWM"))?,
        })
    }
}

/// utime and stime, fields 14 and 15 of `proc_pid_stat(5)`. The name in field 2 may hold anything, also `)`.
fn cpu(stat: &str) -> Option<Duration> {
    let (_name, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Duration::from_millis((user + system) * 1000 / TICKS_PER_SECOND))
}

fn peak(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// The smallest of `times` that at least `percent` of them do not exceed (nearest rank); `None` without any.
pub(crate) fn percentile(times: &[Duration], percent: usize) -> Option<Duration> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent.min(100)).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}
