//! What time it is, by our own clock and by the mesh's.
//!
//! Wall clocks are distrusted: a laptop in a crowd has no time server, and nobody
//! else's word moves ours. *Mesh time* is our clock with a correction; it judges
//! expiry and dates our own, and nothing else (`docs/protocol/link.md`, "Time").

use crate::limits::{
    CLOCK_AGREE_MS, CLOCK_EARLIEST_MS, CLOCK_KINDS_MIN, CLOCK_LINKS_MIN, CLOCK_STEER_MS_PER_HOUR,
    CLOCK_STEER_OFFSET_MS_MIN, EXPIRY_SLACK_MS, HELLO_CLOCK_STEP_MS,
};
use crate::types::{LinkKind, Mono, Now, Wall};
use crate::wire::frame::Hello;

use super::Engine;

/// Our own clock as last looked at, and the correction that makes mesh time of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clocks {
    /// Wall less monotonic time, milliseconds.
    base_ms: u64,
    correction_ms: i64,
    moved_at: Mono,
    started: Now,
}

impl Clocks {
    pub(super) fn new(now: Now) -> Self {
        Self {
            base_ms: base_ms(now),
            correction_ms: 0,
            moved_at: now.mono,
            started: now,
        }
    }

    /// Whether our clock shows a time long past, at the last look.
    pub(super) fn is_long_past(&self) -> bool {
        self.base_ms < CLOCK_EARLIEST_MS
    }

    /// Our clock as it would be had nobody set it since the start. It stands still while
    /// the laptop sleeps.
    pub(super) fn steady(&self, now: Mono) -> Wall {
        let run_ms = now.ms_since(self.started.mono);
        self.started.wall.plus_ms(run_ms)
    }

    /// Whether our clock was set since the last look.
    pub(super) fn was_set(&self, now: Now) -> bool {
        base_ms(now).abs_diff(self.base_ms) > EXPIRY_SLACK_MS
    }

    /// Looks at our clock; whether it was set since the last look. A clock that was
    /// set needs no correction until the neighbours say so again.
    fn look(&mut self, now: Now) -> bool {
        let stepped = self.was_set(now);
        self.base_ms = base_ms(now);
        if stepped {
            self.correction_ms = 0;
        }
        stepped
    }

    /// Moves the correction towards `target_ms`, by no more than five minutes an hour:
    /// neighbours who lie together must not carry us off before somebody notices.
    fn steer(&mut self, now: Mono, target_ms: i64) {
        let elapsed_ms = now.ms_since(self.moved_at);
        let step_ms = elapsed_ms.saturating_mul(CLOCK_STEER_MS_PER_HOUR) / 3_600_000;
        let step_ms = i64::try_from(step_ms).unwrap_or(i64::MAX);
        let away_ms = target_ms - self.correction_ms;
        self.correction_ms += away_ms.clamp(-step_ms, step_ms);
        self.moved_at = now;
    }

    fn mesh_wall(&self, now: Wall) -> Wall {
        match u64::try_from(self.correction_ms) {
            Ok(ahead_ms) => now.plus_ms(ahead_ms),
            Err(_) => now.minus_ms(self.correction_ms.unsigned_abs()),
        }
    }
}

fn base_ms(now: Now) -> u64 {
    now.wall.0.saturating_sub(now.mono.0)
}

/// A neighbour's clock less our monotonic one, in milliseconds. It stays true when
/// our own clock is set. Its own is rounded to quarter hours: two right clocks
/// differ by 7.5 minutes at most.
pub(super) fn their_base_ms(now: Mono, hello: Hello) -> i64 {
    let theirs_ms = u64::from(hello.clock_quarters) * HELLO_CLOCK_STEP_MS;
    theirs_ms.cast_signed() - now.0.cast_signed()
}

/// What our clock is off by, if enough neighbours of more than one kind of link
/// agree on that it is: those on one network may all be one liar.
fn agreed_offset_ms(clocks: &[(LinkKind, i64)]) -> Option<i64> {
    let mut sorted = clocks.to_vec();
    sorted.sort_unstable_by_key(|(kind, offset_ms)| (*offset_ms, *kind));
    let groups = (0..sorted.len()).filter_map(|first| {
        let rest = sorted.get(first..)?;
        let (_, lowest) = rest.first()?;
        let count = rest
            .iter()
            .take_while(|(_, offset)| offset - lowest <= CLOCK_AGREE_MS)
            .count();
        rest.get(..count)
    });
    let largest = groups.max_by_key(|group| group.len())?;
    let mut kinds: Vec<LinkKind> = largest.iter().map(|(kind, _)| *kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let (_, median) = *largest.get(largest.len() / 2)?;
    let counts = largest.len() >= CLOCK_LINKS_MIN && kinds.len() >= CLOCK_KINDS_MIN;
    (counts && median.unsigned_abs() > CLOCK_STEER_OFFSET_MS_MIN).then_some(median)
}

impl Engine {
    /// The same moment in mesh time.
    pub(super) fn mesh_now(&self, now: Now) -> Now {
        Now {
            wall: self.clocks.mesh_wall(now.wall),
            ..now
        }
    }

    /// The median of what neighbours say our clock is behind, in seconds; 0 with
    /// no neighbour.
    pub(super) fn clock_offset_s(&self) -> i64 {
        let mut offsets = self.offsets_ms();
        offsets.sort_unstable_by_key(|(_, offset_ms)| *offset_ms);
        let median = offsets.get(offsets.len() / 2);
        median.map_or(0, |(_, offset_ms)| offset_ms / 1_000)
    }

    /// After a step of our clock, what was refused by the old one may be welcome.
    pub(super) fn look_at_clock(&mut self, now: Now) {
        if self.clocks.look(now) {
            self.seen.forget_brought();
            for peer in self.peers.touch_all() {
                peer.resync_later(now.mono);
            }
        }
        // Without agreement it goes back to our own clock as slowly.
        let target_ms = agreed_offset_ms(&self.offsets_ms()).unwrap_or(0);
        self.clocks.steer(now.mono, target_ms);
    }

    /// The person says that the neighbours are right.
    pub(super) fn adopt_clock(&mut self, now: Now) {
        self.clocks.correction_ms = self.clock_offset_s() * 1_000;
        self.clocks.moved_at = now.mono;
    }

    /// What each neighbour's clock is ahead of ours, milliseconds.
    fn offsets_ms(&self) -> Vec<(LinkKind, i64)> {
        let ready = self.peers.values().filter(|peer| peer.is_ready());
        let ours_ms = self.clocks.base_ms.cast_signed();
        ready
            .map(|peer| (peer.info.kind, peer.their_base_ms - ours_ms))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use LinkKind::{Ble, Lan};

    const MINUTE: i64 = 60_000;

    #[test]
    fn a_clock_before_there_was_a_starling_is_long_past() {
        let at = |wall_ms| {
            Clocks::new(Now {
                mono: Mono(0),
                wall: Wall(wall_ms),
            })
        };
        assert!(at(CLOCK_EARLIEST_MS - 1).is_long_past());
        assert!(!at(CLOCK_EARLIEST_MS).is_long_past());
    }

    #[test]
    fn bounds_of_belief_are_those_of_the_limits() {
        let off = CLOCK_STEER_OFFSET_MS_MIN.cast_signed() + 1;
        let clocks = |links: usize, kinds: usize, apart_ms: i64| -> Vec<(LinkKind, i64)> {
            let kind = |n: usize| if n.is_multiple_of(kinds) { Lan } else { Ble };
            let offset_ms = |n: usize| off + if n == 0 { apart_ms } else { 0 };
            (0..links).map(|n| (kind(n), offset_ms(n))).collect()
        };
        let believed = clocks(CLOCK_LINKS_MIN, CLOCK_KINDS_MIN, CLOCK_AGREE_MS);
        assert_eq!(agreed_offset_ms(&believed), Some(off));
        for doubted in [
            clocks(CLOCK_LINKS_MIN - 1, CLOCK_KINDS_MIN, 0),
            clocks(CLOCK_LINKS_MIN, CLOCK_KINDS_MIN - 1, 0),
            clocks(CLOCK_LINKS_MIN, CLOCK_KINDS_MIN, CLOCK_AGREE_MS + 1),
        ] {
            assert_eq!(agreed_offset_ms(&doubted), None, "{doubted:?}");
        }
        let mut little = clocks(CLOCK_LINKS_MIN, CLOCK_KINDS_MIN, 0);
        little.iter_mut().for_each(|(_, offset_ms)| *offset_ms -= 1);
        assert_eq!(agreed_offset_ms(&little), None);
    }

    #[test]
    fn three_links_of_two_kinds_that_agree_are_believed() {
        let agree = [(Lan, 60), (Lan, 66), (Ble, 64)].map(|(kind, m)| (kind, m * MINUTE));
        assert_eq!(agreed_offset_ms(&agree), Some(64 * MINUTE));
        let stray = [agree.as_slice(), &[(Ble, -900 * MINUTE)]].concat();
        assert_eq!(agreed_offset_ms(&stray), Some(64 * MINUTE));
    }

    #[test]
    fn one_kind_or_two_links_or_no_agreement_or_little_is_not() {
        for clocks in [
            vec![(Lan, 60), (Lan, 60), (Lan, 60), (Lan, 60)],
            vec![(Lan, 60), (Ble, 60)],
            vec![(Lan, 60), (Lan, 72), (Ble, 84)],
            vec![(Lan, 20), (Lan, 20), (Ble, 20)],
            vec![],
        ] {
            let clocks: Vec<_> = clocks.into_iter().map(|(k, m)| (k, m * MINUTE)).collect();
            assert_eq!(agreed_offset_ms(&clocks), None, "{clocks:?}");
        }
    }

    #[test]
    fn correction_moves_five_minutes_an_hour_and_back() {
        let start = Now {
            mono: Mono(0),
            wall: Wall(1_000_000_000),
        };
        let mut clocks = Clocks::new(start);
        for minute in 1..=120 {
            clocks.steer(Mono(minute * 60_000), 64 * MINUTE);
        }
        let two_hours = 2 * CLOCK_STEER_MS_PER_HOUR.cast_signed();
        assert_eq!(clocks.correction_ms, two_hours);
        for minute in 121..=600 {
            clocks.steer(Mono(minute * 60_000), 0);
        }
        assert_eq!(clocks.correction_ms, 0);
    }

    #[test]
    fn a_clock_that_was_set_needs_no_correction() {
        let start = Now {
            mono: Mono(0),
            wall: Wall(1_000_000_000),
        };
        let mut clocks = Clocks::new(start);
        clocks.correction_ms = -90 * MINUTE;
        assert_eq!(
            clocks.mesh_wall(start.wall),
            Wall(1_000_000_000 - 5_400_000)
        );
        let set = Now {
            mono: Mono(10),
            wall: start.wall.minus_ms(5_400_000),
        };
        assert!(clocks.look(set));
        assert_eq!(clocks.mesh_wall(set.wall), set.wall);
    }
}
