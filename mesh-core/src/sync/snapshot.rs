//! What one side held of a class when a comparison began.
//!
//! A comparison takes a few round trips, in which envelopes come and go; both sides
//! compare what was there at its beginning. One keyed hash for each id, once.

use crate::types::{EnvelopeId, Tick};
use crate::wire::envelope::Class;
use crate::wire::sync::{SAMPLE_BYTES, STUB_BYTES, Summary};

use super::estimate::sample;
use super::key::LinkKey;

#[derive(Debug, Clone, Copy)]
struct Entry {
    short: u64,
    id: EnvelopeId,
    expiry: Tick,
    signs: u16,
}

/// The ids of one class as one link knows them, oldest arrival first.
#[derive(Debug, Default)]
pub struct Snapshot {
    entries: Vec<Entry>,
}

impl Snapshot {
    /// Of every class, what expires after the cut.
    #[must_use]
    pub fn take(
        key: &LinkKey,
        cut: Tick,
        held: impl Iterator<Item = (EnvelopeId, Class, Tick)>,
    ) -> [Self; Class::ALL.len()] {
        let mut of_class: [Self; Class::ALL.len()] = Default::default();
        for (id, class, expiry) in held.filter(|(_, _, expiry)| *expiry > cut) {
            let short = key.short(id);
            if let Some(snapshot) = of_class.get_mut(usize::from(class.code())) {
                snapshot.entries.push(Entry {
                    short: short.short,
                    id,
                    expiry,
                    signs: short.signs,
                });
            }
        }
        of_class
    }

    /// Leaves out what does not expire after a later cut.
    pub fn cut(&mut self, cut: Tick) {
        self.entries.retain(|entry| entry.expiry > cut);
    }

    /// How many ids.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// Short ids, oldest arrival first.
    pub fn shorts(&self) -> impl ExactSizeIterator<Item = u64> {
        self.entries.iter().map(|entry| entry.short)
    }

    /// At most `count` short ids from number `from` on.
    #[must_use]
    pub fn page(&self, from: usize, count: usize) -> Vec<u64> {
        self.shorts().skip(from).take(count).collect()
    }

    /// Count and fingerprint.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let xored = self.shorts().fold(0, |sum, short| sum ^ short);
        let [p0, p1, p2, p3, p4, p5, _, _] = xored.to_le_bytes();
        Summary {
            count: self.count(),
            print: [p0, p1, p2, p3, p4, p5],
        }
    }

    /// Counters for an estimate of the difference.
    #[must_use]
    pub fn sample(&self) -> [u8; SAMPLE_BYTES] {
        sample(self.entries.iter().map(|entry| entry.signs))
    }

    /// Parts a difference into our ids, newest first, and the other side's short ids.
    #[must_use]
    pub fn split(&self, difference: &[u64]) -> (Vec<EnvelopeId>, Vec<u64>) {
        let mut is_ours = vec![false; difference.len()];
        let mut ours = Vec::new();
        for entry in self.entries.iter().rev() {
            let found = difference.binary_search(&entry.short).ok();
            if let Some(mark) = found.and_then(|at| is_ours.get_mut(at)) {
                *mark = true;
                ours.push(entry.id);
            }
        }
        let theirs = difference.iter().zip(is_ours).filter(|(_, ours)| !ours);
        (ours, theirs.map(|(short, _)| *short).collect())
    }

    /// Our ids whose short ids begin with one of `stubs`, newest first. A stub may
    /// fit another id by chance: that costs an offer that nobody takes up.
    #[must_use]
    pub fn matching(&self, stubs: &mut [[u8; STUB_BYTES]]) -> Vec<EnvelopeId> {
        stubs.sort_unstable();
        let newest = self.entries.iter().rev();
        newest
            .filter(|entry| stubs.binary_search(&stub(entry.short)).is_ok())
            .map(|entry| entry.id)
            .collect()
    }
}

/// The bytes of a short id that ask for an envelope: few, because a wrong guess costs
/// one needless offer of 16 bytes, and happens once in 2²⁴ ÷ ids held.
#[must_use]
pub(super) fn stub(short: u64) -> [u8; STUB_BYTES] {
    let [s0, s1, s2, ..] = short.to_le_bytes();
    [s0, s1, s2]
}

/// Reads the other side's list against a snapshot.
#[derive(Debug)]
pub struct Listener {
    /// Short ids of the snapshot, sorted, with their places and whether they were listed.
    ours: Vec<(u64, u32, bool)>,
    snapshot: Snapshot,
    lacks: Vec<u64>,
    heard: usize,
}

impl Listener {
    /// Nothing was listed yet.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        let placed = (0_u32..).zip(snapshot.shorts());
        let mut ours: Vec<_> = placed.map(|(at, short)| (short, at, false)).collect();
        ours.sort_unstable();
        Self {
            ours,
            snapshot,
            lacks: Vec::new(),
            heard: 0,
        }
    }

    /// How many ids were listed.
    #[must_use]
    pub fn heard(&self) -> usize {
        self.heard
    }

    /// Takes a page. What we lack beyond `lacks_max` is left to the next comparison.
    pub fn page(&mut self, shorts: &[u64], lacks_max: usize) {
        self.heard += shorts.len();
        for short in shorts {
            let found = self.ours.binary_search_by_key(short, |(ours, ..)| *ours);
            match found.ok().and_then(|at| self.ours.get_mut(at)) {
                Some((_, _, is_listed)) => *is_listed = true,
                None if self.lacks.len() < lacks_max => self.lacks.push(*short),
                None => {}
            }
        }
    }

    /// The ids that both have, and the short ids that we lack.
    #[must_use]
    pub fn finish(self) -> (Vec<EnvelopeId>, Vec<u64>) {
        let listed = self.ours.into_iter().filter(|(.., is_listed)| *is_listed);
        let common = listed.filter_map(|(_, at, _)| self.snapshot.entries.get(at as usize));
        (common.map(|entry| entry.id).collect(), self.lacks)
    }
}
