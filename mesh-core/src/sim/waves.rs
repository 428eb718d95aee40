//! Radios at work: who sends to whom when.
//!
//! A transmission occupies three things for as long as it takes: the sender's radio
//! and the receiver's, each at the rate of one radio, and the air of the sender's
//! square of ground and the eight around it, at the rate that all radios there have
//! together. What cannot begin waits on its link, and a radio that gets free serves
//! its links in turn, both those that it sends on and those that it hears.

use std::collections::{HashMap, VecDeque};

use crate::types::{LinkId, LinkShape};

use super::chance::Chance;
use super::medium::Medium;
use super::space::Square;

/// One direction of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lane {
    pub(super) link: LinkId,
    /// From the end that called to the other.
    pub(super) ahead: bool,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// A transmission that began; [`Waves::finish`] is due at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Begun {
    pub(super) lane: Lane,
    pub(super) ends_at_ms: u64,
}

/// A transmission that is out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finished {
    /// What the sender gave.
    pub(super) bytes: Vec<u8>,
    /// `None` if it is lost.
    pub(super) arrives_at_ms: Option<u64>,
}

#[derive(Debug, Default)]
struct Radio {
    is_busy: bool,
    /// The air it is in.
    air: usize,
    /// Directions that it sends on or hears, each with whether anything waits there, and
    /// which of them had its turn last.
    lanes: Vec<(Lane, bool)>,
    turn: usize,
    /// How many of them something waits on: mostly none, and then no queue is looked at.
    waiting: usize,
}

impl Radio {
    /// Notes whether anything waits in one direction.
    fn note(&mut self, lane: Lane, waits: bool) {
        let is_it = |known: &&mut (Lane, bool)| known.0 == lane;
        if let Some((_, known)) = self.lanes.iter_mut().find(is_it) {
            self.waiting -= usize::from(*known);
            self.waiting += usize::from(waits);
            *known = waits;
        }
    }

    fn forget(&mut self, link: LinkId) {
        self.lanes.retain(|(lane, _)| lane.link != link);
        self.waiting = self.lanes.iter().filter(|(_, waits)| *waits).count();
    }
}

#[derive(Debug, Clone, Copy)]
struct Air {
    busy_until_us: u64,
    /// This square and the eight around it.
    around: [usize; 9],
}

/// What waits in one direction, and when the last bytes of a pipe arrive.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Vec<u8>>,
    in_air: bool,
    is_lost: bool,
    last_arrival_ms: u64,
}

/// The state of all radios and of the air.
#[derive(Debug)]
pub(super) struct Waves {
    medium: Medium,
    radios: Vec<Radio>,
    airs: Vec<Air>,
    air_of: HashMap<Square, usize>,
    queues: Vec<Option<Box<[Queue; 2]>>>,
    chance: Chance,
    /// Bytes sent, with the medium's headers and repetitions.
    pub(super) air_bytes: u64,
}

impl Waves {
    pub(super) fn new(medium: Medium, hosts: usize, chance: Chance) -> Self {
        Self {
            medium,
            radios: (0..hosts).map(|_| Radio::default()).collect(),
            airs: Vec::new(),
            air_of: HashMap::new(),
            queues: Vec::new(),
            chance,
            air_bytes: 0,
        }
    }

    /// A host stands in a square now.
    pub(super) fn put(&mut self, host: u32, square: Square) {
        let air = self.air(square);
        if let Some(radio) = self.radios.get_mut(host as usize) {
            radio.air = air;
        }
    }

    /// How long a call takes to become a link, milliseconds.
    pub(super) fn set_up_ms(&mut self) -> u64 {
        self.chance.within(self.medium.set_up_ms.clone())
    }

    /// How long an end takes to notice that a link is gone, milliseconds.
    pub(super) fn notice_ms(&mut self) -> u64 {
        self.chance.within(self.medium.notice_ms.clone())
    }

    /// A link carries bytes from now on.
    pub(super) fn join(&mut self, link: LinkId, [caller, called]: [u32; 2]) {
        let at = link.0 as usize;
        self.queues
            .resize_with(self.queues.len().max(at + 1), || None);
        if let Some(slot) = self.queues.get_mut(at) {
            *slot = Some(Box::default());
        }
        let lanes = [
            Lane {
                link,
                ahead: true,
                from: caller,
                to: called,
            },
            Lane {
                link,
                ahead: false,
                from: called,
                to: caller,
            },
        ];
        for host in [caller, called] {
            if let Some(radio) = self.radios.get_mut(host as usize) {
                radio.lanes.extend(lanes.map(|lane| (lane, false)));
            }
        }
    }

    /// A link is gone, with all that waits on it. What is in the air occupies it to
    /// its end.
    pub(super) fn forget(&mut self, link: LinkId, ends: [u32; 2]) {
        if let Some(slot) = self.queues.get_mut(link.0 as usize) {
            *slot = None;
        }
        for host in ends {
            if let Some(radio) = self.radios.get_mut(host as usize) {
                radio.forget(link);
            }
        }
    }

    /// Takes bytes for one direction; gives what could begin.
    pub(super) fn send(&mut self, now_ms: u64, lane: Lane, bytes: Vec<u8>) -> Option<Begun> {
        let queue = self.queue(lane)?;
        let was_empty = queue.waiting.is_empty();
        queue.waiting.push_back(bytes);
        if was_empty {
            self.note(lane, true);
        }
        self.begin(now_ms, lane)
    }

    /// Bytes that wait in one direction, what is in the air included.
    pub(super) fn waiting_bytes(&mut self, lane: Lane) -> usize {
        let queue = self.queue(lane);
        queue.map_or(0, |queue| queue.waiting.iter().map(Vec::len).sum())
    }

    /// A transmission has come to its end: its radios are free for others, which
    /// are given in `begun`. `None` if its link is gone.
    pub(super) fn finish(
        &mut self,
        now_ms: u64,
        lane: Lane,
        begun: &mut Vec<Begun>,
    ) -> Option<Finished> {
        for host in [lane.from, lane.to] {
            if let Some(radio) = self.radios.get_mut(host as usize) {
                radio.is_busy = false;
            }
        }
        let finished = self.take(now_ms, lane);
        for host in [lane.from, lane.to] {
            begun.extend(self.begin_any(now_ms, host));
        }
        finished
    }

    fn take(&mut self, now_ms: u64, lane: Lane) -> Option<Finished> {
        let jitter_ms = self.chance.below(self.medium.jitter_ms + 1);
        let is_pipe = self.medium.shape == LinkShape::Pipe;
        let mut arrives_at_ms = now_ms + (self.medium.delay_ms + jitter_ms).max(1);
        let queue = self.queue(lane)?;
        let bytes = queue.waiting.pop_front()?;
        queue.in_air = false;
        if is_pipe {
            arrives_at_ms = arrives_at_ms.max(queue.last_arrival_ms);
            queue.last_arrival_ms = arrives_at_ms;
        }
        let is_lost = queue.is_lost && !is_pipe;
        if queue.waiting.is_empty() {
            self.note(lane, false);
        }
        Some(Finished {
            bytes,
            arrives_at_ms: (!is_lost).then_some(arrives_at_ms),
        })
    }

    /// Begins the first that waits on a radio's directions, in turn.
    fn begin_any(&mut self, now_ms: u64, host: u32) -> Option<Begun> {
        let radio = self.radios.get(host as usize)?;
        let (count, turn) = (radio.lanes.len(), radio.turn);
        if radio.is_busy || radio.waiting == 0 {
            return None;
        }
        for step in 1..=count {
            let at = (turn + step) % count;
            let (lane, waits) = self.radios.get(host as usize)?.lanes.get(at).copied()?;
            if !waits {
                continue;
            }
            if let Some(begun) = self.begin(now_ms, lane) {
                self.radios.get_mut(host as usize)?.turn = at;
                return Some(begun);
            }
        }
        None
    }

    /// Begins what waits in one direction, if both its radios are free.
    fn begin(&mut self, now_ms: u64, lane: Lane) -> Option<Begun> {
        let is_free = |host: u32| {
            self.radios
                .get(host as usize)
                .is_some_and(|radio| !radio.is_busy)
        };
        let has_radio = self.medium.radio_bytes_per_s > 0;
        if has_radio && !(is_free(lane.from) && is_free(lane.to)) {
            return None;
        }
        let queue = self.queue(lane)?;
        if queue.in_air {
            return None;
        }
        let once_bytes = queue.waiting.front()?.len();
        let once = self.medium.air_bytes(once_bytes);
        let (air_bytes, is_lost) = self.tries(once);
        self.air_bytes += air_bytes;
        let queue = self.queue(lane)?;
        (queue.in_air, queue.is_lost) = (true, is_lost);
        let ends_at_ms = match has_radio {
            true => self.occupy(now_ms, lane, air_bytes),
            false => now_ms,
        };
        Some(Begun { lane, ends_at_ms })
    }

    /// Bytes in the air until it is through or given up, and whether it is lost: a
    /// pipe repeats.
    fn tries(&mut self, once: u64) -> (u64, bool) {
        let is_pipe = self.medium.shape == LinkShape::Pipe;
        let (mut air_bytes, mut is_lost) = (once, self.chance.happens(self.medium.loss));
        while is_lost && is_pipe && air_bytes < 20 * once {
            air_bytes += once;
            is_lost = self.chance.happens(self.medium.loss);
        }
        (air_bytes, is_lost)
    }

    /// Takes both radios, and the air from when that is free; gives the end.
    fn occupy(&mut self, now_ms: u64, lane: Lane, air_bytes: u64) -> u64 {
        let now_us = now_ms * 1_000;
        let mut start_us = now_us;
        // No rate, no bound.
        let airtime_us = (air_bytes * 1_000_000).checked_div(self.medium.air_bytes_per_s);
        if let Some(airtime_us) = airtime_us {
            let sender = self.radios.get(lane.from as usize);
            let air = sender.and_then(|radio| self.airs.get(radio.air));
            start_us = start_us.max(air.map_or(0, |air| air.busy_until_us));
            let around = air.map(|air| air.around).unwrap_or_default();
            for at in around {
                if let Some(air) = self.airs.get_mut(at) {
                    // From now and not from the start: what waits elsewhere must
                    // not leave this air idle.
                    let begins_us = air.busy_until_us.max(now_us);
                    air.busy_until_us = begins_us + airtime_us;
                }
            }
        }
        for host in [lane.from, lane.to] {
            if let Some(radio) = self.radios.get_mut(host as usize) {
                radio.is_busy = true;
            }
        }
        let rate = self.medium.radio_bytes_per_s.max(1);
        (start_us + air_bytes * 1_000_000 / rate).div_ceil(1_000)
    }

    /// Tells both radios of a direction whether anything waits there.
    fn note(&mut self, lane: Lane, waits: bool) {
        for host in [lane.from, lane.to] {
            if let Some(radio) = self.radios.get_mut(host as usize) {
                radio.note(lane, waits);
            }
        }
    }

    fn queue(&mut self, lane: Lane) -> Option<&mut Queue> {
        let queues = self.queues.get_mut(lane.link.0 as usize)?.as_mut()?;
        queues.get_mut(usize::from(lane.ahead))
    }

    /// The air of a square; those around it come into being with it.
    fn air(&mut self, square: Square) -> usize {
        if let Some(at) = self.air_of.get(&square).copied()
            && self
                .airs
                .get(at)
                .is_some_and(|air| air.around.contains(&at))
        {
            return at;
        }
        let (x, y) = square;
        let mut around = [0; 9];
        let squares = (-1..=1).flat_map(|dx| (-1..=1).map(move |dy| (x + dx, y + dy)));
        for (slot, square) in around.iter_mut().zip(squares) {
            *slot = self.bare_air(square);
        }
        let at = self.bare_air(square);
        if let Some(air) = self.airs.get_mut(at) {
            air.around = around;
        }
        at
    }

    /// The air of a square that nobody may ever have stood in.
    fn bare_air(&mut self, square: Square) -> usize {
        let next = self.airs.len();
        let at = *self.air_of.entry(square).or_insert(next);
        if at == next {
            self.airs.push(Air {
                busy_until_us: 0,
                around: [usize::MAX; 9],
            });
        }
        at
    }
}

#[cfg(test)]
mod tests;
