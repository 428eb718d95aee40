//! What breaks in a world, and when.

use super::chance::Chance;

/// One thing that breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A host goes down without a word, and comes up from its last commit.
    Crash {
        /// For this long, milliseconds.
        down_ms: u64,
    },
    /// A host's wall clock jumps, and jumps back.
    ClockStep {
        /// Ahead, or back, milliseconds.
        by_ms: i64,
        /// For this long, milliseconds.
        for_ms: u64,
    },
    /// A host's disk fails in the middle of what it does, until there is space.
    DiskFull {
        /// Writes that still succeed: it may fail amid a transaction.
        after_writes: u64,
        /// For this long, milliseconds.
        for_ms: u64,
    },
    /// All links of a host break, and are made again.
    LinksCut,
}

/// A fault at a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// When, milliseconds.
    pub at_ms: u64,
    /// Where.
    pub host: u32,
    /// What.
    pub fault: Fault,
}

/// Draws so many faults between two moments at the first `hosts` hosts. All are
/// over 30 s after the later one.
pub(super) fn draw(
    count: u64,
    hosts: u32,
    (from_ms, until_ms): (u64, u64),
    chance: &mut Chance,
) -> Vec<Planned> {
    let span_ms = 1_000..30_000;
    let mut plan: Vec<Planned> = (0..count)
        .map(|_| Planned {
            at_ms: chance.within(from_ms..until_ms),
            host: chance.below(u64::from(hosts)) as u32,
            fault: match chance.below(4) {
                0 => Fault::Crash {
                    down_ms: chance.within(span_ms.clone()),
                },
                1 => Fault::ClockStep {
                    by_ms: clock_step_ms(chance),
                    for_ms: chance.within(span_ms.clone()),
                },
                2 => Fault::DiskFull {
                    after_writes: chance.below(12),
                    for_ms: chance.within(span_ms.clone()),
                },
                _ => Fault::LinksCut,
            },
        })
        .collect();
    plan.sort_by_key(|planned| planned.at_ms);
    plan
}

/// Seconds, hours or a year, either way.
fn clock_step_ms(chance: &mut Chance) -> i64 {
    let largest_ms = [60_000, 86_400_000, 31_536_000_000];
    let at = chance.below(largest_ms.len() as u64) as usize;
    let by_ms = chance
        .below(largest_ms.get(at).copied().unwrap_or(0))
        .cast_signed();
    if chance.happens(0.5) { by_ms } else { -by_ms }
}
