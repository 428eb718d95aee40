//! What carries bytes between hosts: range, rate, delay, loss, and the air that all
//! radios near each other share.
//!
//! A transmission occupies three things for as long as it takes: the sender's radio
//! and the receiver's, each at the rate of one radio, and the air of the sender's
//! square of ground and the eight around it, at the rate that all radios there have
//! together. It begins when all three are free, so a crowd that talks too much
//! waits for itself.

use std::collections::HashMap;
use std::ops::Range;

use crate::types::{LinkId, LinkKind, LinkShape};

use super::chance::Chance;
use super::space::Square;

/// A kind of radio or wire, and what it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Medium {
    /// What engines are told carries their links.
    pub kind: LinkKind,
    /// Whether bytes come in order, or datagrams as it happens.
    pub shape: LinkShape,
    /// Links exist up to this distance, metres; `None` on a LAN.
    pub range_m: Option<f32>,
    /// What one radio moves, sending and receiving together, bytes a second.
    pub radio_bytes_per_s: u64,
    /// What all radios near each other move together, bytes a second; 0 for no bound.
    pub air_bytes_per_s: u64,
    /// From the end of sending to arrival, milliseconds.
    pub delay_ms: u64,
    /// Added to the delay at random, milliseconds; datagrams overtake by it.
    pub jitter_ms: u64,
    /// Chance that one transmission fails. A pipe repeats it, a datagram is lost.
    pub loss: f64,
    /// From call to link, milliseconds.
    pub set_up_ms: Range<u64>,
    /// From out of range to both ends knowing, milliseconds.
    pub notice_ms: Range<u64>,
    /// Bytes of headers that the medium adds to each transmission, per fragment.
    pub fragment_head_bytes: u64,
    /// Largest fragment, bytes.
    pub fragment_bytes: u64,
    /// Links of each host in a random graph that stands still; 0 if links follow
    /// from who is near.
    pub degree: usize,
}

impl Medium {
    /// Bluetooth LE with GATT as measured (4 to 8 s for a link, 25 kB/s a radio,
    /// MTU 512, 50 ms a connection interval), 37 channels shared by all within range.
    #[must_use]
    pub fn ble() -> Self {
        Self {
            kind: LinkKind::Ble,
            shape: LinkShape::Pipe,
            range_m: Some(20.0),
            radio_bytes_per_s: 25_000,
            air_bytes_per_s: 1_500_000,
            delay_ms: 50,
            jitter_ms: 25,
            loss: 0.02,
            set_up_ms: 4_000..8_000,
            notice_ms: 500..2_000,
            fragment_head_bytes: 7,
            fragment_bytes: 509,
            degree: 0,
        }
    }

    /// One Wi-Fi network in which everybody reaches everybody.
    #[must_use]
    pub fn lan() -> Self {
        Self {
            kind: LinkKind::Lan,
            shape: LinkShape::Pipe,
            range_m: None,
            radio_bytes_per_s: 2_000_000,
            air_bytes_per_s: 0,
            delay_ms: 3,
            jitter_ms: 3,
            loss: 0.0,
            set_up_ms: 50..300,
            notice_ms: 10..200,
            fragment_head_bytes: 66,
            fragment_bytes: 1_448,
            degree: 6,
        }
    }

    /// A graph without cost, for experiments with the protocol alone.
    #[must_use]
    pub fn ideal() -> Self {
        Self {
            radio_bytes_per_s: 0,
            delay_ms: 10,
            jitter_ms: 0,
            fragment_head_bytes: 0,
            ..Self::lan()
        }
    }

    /// Bytes in the air for `bytes` given to the medium.
    fn air_bytes(&self, bytes: usize) -> u64 {
        let bytes = bytes as u64;
        bytes + bytes.div_ceil(self.fragment_bytes.max(1)) * self.fragment_head_bytes
    }
}

/// When one transmission is out, and when it arrives if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) sent_at_ms: u64,
    pub(super) arrives_at_ms: Option<u64>,
    /// With the medium's headers and repetitions.
    pub(super) air_bytes: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Radio {
    busy_until_us: u64,
    /// The air it is in.
    air: usize,
}

#[derive(Debug, Clone, Copy)]
struct Air {
    busy_until_us: u64,
    /// This square and the eight around it.
    around: [usize; 9],
}

/// The state of all radios and of the air.
#[derive(Debug)]
pub(super) struct Waves {
    medium: Medium,
    radios: Vec<Radio>,
    airs: Vec<Air>,
    air_of: HashMap<Square, usize>,
    /// When the last bytes of a pipe arrive, by link and direction.
    pipes: HashMap<(LinkId, bool), u64>,
    chance: Chance,
}

impl Waves {
    pub(super) fn new(medium: Medium, hosts: usize, chance: Chance) -> Self {
        Self {
            medium,
            radios: vec![Radio::default(); hosts],
            airs: Vec::new(),
            air_of: HashMap::new(),
            pipes: HashMap::new(),
            chance,
        }
    }

    pub(super) fn medium(&self) -> &Medium {
        &self.medium
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

    /// Sends bytes from one host to another. `ahead` tells the two directions of a
    /// link apart.
    pub(super) fn send(
        &mut self,
        now_ms: u64,
        (link, ahead): (LinkId, bool),
        (from, to): (u32, u32),
        bytes: usize,
    ) -> Flight {
        let is_pipe = self.medium.shape == LinkShape::Pipe;
        let once = self.medium.air_bytes(bytes);
        let (mut air_bytes, mut is_lost) = (once, self.chance.happens(self.medium.loss));
        while is_lost && is_pipe && air_bytes < 20 * once {
            air_bytes += once;
            is_lost = self.chance.happens(self.medium.loss);
        }
        let end_us = self.occupy(now_ms * 1_000, from, to, air_bytes);
        let sent_at_ms = end_us.div_ceil(1_000).max(now_ms);
        let jitter_ms = self.chance.below(self.medium.jitter_ms + 1);
        let mut arrives_at_ms = (sent_at_ms + self.medium.delay_ms + jitter_ms).max(now_ms + 1);
        if is_pipe {
            let last = self.pipes.entry((link, ahead)).or_default();
            arrives_at_ms = arrives_at_ms.max(*last);
            *last = arrives_at_ms;
            is_lost = false;
        }
        Flight {
            sent_at_ms,
            arrives_at_ms: (!is_lost).then_some(arrives_at_ms),
            air_bytes,
        }
    }

    /// A link is gone for good.
    pub(super) fn forget(&mut self, link: LinkId) {
        self.pipes.remove(&(link, true));
        self.pipes.remove(&(link, false));
    }

    /// Takes both radios and the air from when they are free; gives the end.
    fn occupy(&mut self, now_us: u64, from: u32, to: u32, air_bytes: u64) -> u64 {
        if self.medium.radio_bytes_per_s == 0 {
            return now_us;
        }
        let radio = |who: u32| self.radios.get(who as usize).copied().unwrap_or_default();
        let (sender, receiver) = (radio(from), radio(to));
        let mut start_us = now_us
            .max(sender.busy_until_us)
            .max(receiver.busy_until_us);
        let shared = self.medium.air_bytes_per_s;
        if shared > 0 {
            let air = self.airs.get(sender.air);
            start_us = start_us.max(air.map_or(0, |air| air.busy_until_us));
            let around = air.map(|air| air.around).unwrap_or_default();
            for at in around {
                if let Some(air) = self.airs.get_mut(at) {
                    let begins_us = air.busy_until_us.max(start_us);
                    air.busy_until_us = begins_us + air_bytes * 1_000_000 / shared;
                }
            }
        }
        let end_us = start_us + air_bytes * 1_000_000 / self.medium.radio_bytes_per_s;
        for who in [from, to] {
            if let Some(radio) = self.radios.get_mut(who as usize) {
                radio.busy_until_us = end_us;
            }
        }
        end_us
    }

    /// The air of a square; those around it come into being with it.
    fn air(&mut self, square: Square) -> usize {
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

    fn bare_air(&mut self, square: Square) -> usize {
        let next = self.airs.len();
        let at = *self.air_of.entry(square).or_insert(next);
        if at == next {
            self.airs.push(Air {
                busy_until_us: 0,
                around: [next; 9],
            });
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waves(medium: Medium) -> Waves {
        Waves::new(medium, 4, Chance::new(1, 1))
    }

    fn quiet() -> Medium {
        Medium {
            loss: 0.0,
            jitter_ms: 0,
            delay_ms: 0,
            fragment_head_bytes: 0,
            ..Medium::ble()
        }
    }

    const LINK: (LinkId, bool) = (LinkId(1), true);

    #[test]
    fn one_radio_moves_no_more_than_its_rate() {
        let mut waves = waves(quiet());
        let sent: Vec<u64> = (0..4)
            .map(|_| waves.send(0, LINK, (0, 1), 25_000).sent_at_ms)
            .collect();
        assert_eq!(sent, [1_000, 2_000, 3_000, 4_000]);
        // Its receiver was as busy; somebody else is not.
        assert_eq!(waves.send(0, LINK, (1, 2), 25_000).sent_at_ms, 5_000);
        assert_eq!(waves.send(0, LINK, (3, 3), 25_000).sent_at_ms, 1_000);
    }

    #[test]
    fn radios_that_share_the_air_wait_for_each_other_and_distant_ones_do_not() {
        let mut waves = waves(Medium {
            air_bytes_per_s: 25_000,
            ..quiet()
        });
        for (host, square) in [(0, (0, 0)), (1, (0, 1)), (2, (5, 5)), (3, (5, 5))] {
            waves.put(host, square);
        }
        assert_eq!(waves.send(0, LINK, (0, 0), 25_000).sent_at_ms, 1_000);
        assert_eq!(waves.send(0, LINK, (1, 1), 25_000).sent_at_ms, 2_000);
        assert_eq!(waves.send(0, LINK, (2, 3), 25_000).sent_at_ms, 1_000);
    }

    #[test]
    fn a_pipe_repeats_what_is_lost_in_order_and_a_datagram_is_gone() {
        let lossy = Medium {
            loss: 0.5,
            jitter_ms: 100,
            ..quiet()
        };
        let mut pipe = waves(lossy.clone());
        let flights: Vec<Flight> = (0..100).map(|n| pipe.send(n, LINK, (0, 1), 100)).collect();
        assert!(flights.is_sorted_by_key(|flight| flight.arrives_at_ms));
        assert!(flights.iter().all(|flight| flight.arrives_at_ms.is_some()));
        assert!(flights.iter().any(|flight| flight.air_bytes >= 200));
        let mut datagrams = waves(Medium {
            shape: LinkShape::Datagrams { mtu: 512 },
            ..lossy
        });
        let flights: Vec<Flight> = (0..100)
            .map(|n| datagrams.send(n, LINK, (0, 1), 100))
            .collect();
        let lost = flights
            .iter()
            .filter(|flight| flight.arrives_at_ms.is_none())
            .count();
        assert!((20..80).contains(&lost), "{lost}");
    }
}
