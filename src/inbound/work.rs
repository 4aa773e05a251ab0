//! What of a listing is still to be fetched, cut into batches of bounded size. Comes in: UIDs and sizes. Goes
//! out: the next batch. Pure.

use std::collections::VecDeque;

/// Mails fetched and committed together.
const BATCH_MAILS: usize = 64;

/// Octets fetched together: memory stays flat however large the mails are.
const BATCH_OCTETS: u64 = 8 * 1024 * 1024;

/// What of one listing is still to be fetched.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) validity: u32,
    /// UIDs in their order.
    listed: VecDeque<u32>,
    /// The next of them, with their sizes in octets.
    pub(super) sized: Vec<(u32, u64)>,
}

impl Work {
    pub(super) fn new(validity: u32, listed: Vec<u32>) -> Self {
        Self {
            validity,
            listed: listed.into(),
            sized: Vec::new(),
        }
    }

    /// The next UIDs whose sizes are to be asked for.
    pub(super) fn next_listed(&mut self) -> Vec<u32> {
        self.listed.drain(..self.listed.len().min(BATCH_MAILS)).collect()
    }

    /// Whether the next mail is too large to be held in memory beside others.
    pub(super) fn next_is_large(&self) -> bool {
        self.sized.first().is_some_and(|(_, size)| *size > BATCH_OCTETS)
    }

    /// The next mails, bounded in octets; a mail above the limit comes alone.
    pub(super) fn next_batch(&mut self, limit: u64) -> Vec<(u32, u64)> {
        let Some((_, first)) = self.sized.first().copied() else {
            return Vec::new();
        };
        let mut sum = first;
        let more = self.sized.iter().skip(1).take_while(|(_, size)| {
            sum = sum.saturating_add(*size);
            first <= limit && *size <= limit && sum <= BATCH_OCTETS
        });
        let length = more.count().saturating_add(1);
        self.sized.drain(..length).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_bounded_in_octets_and_a_giant_goes_alone() {
        let mega = 1024 * 1024;
        let sizes = [
            (1, 5 * mega),
            (2, 2 * mega),
            (3, 3 * mega),
            (4, 50 * mega),
            (5, 1),
        ];
        let mut work = Work {
            sized: sizes.to_vec(),
            ..Work::new(1, Vec::new())
        };
        let batches = std::iter::from_fn(|| {
            let batch = work.next_batch(40 * mega);
            let uids: Vec<u32> = batch.iter().map(|(uid, _)| *uid).collect();
            Some(uids).filter(|uids| !uids.is_empty())
        });
        let runs: Vec<_> = batches.collect();
        assert_eq!(runs, [vec![1, 2], vec![3], vec![4], vec![5]]);
    }
}
