//! One direction of a link whose datagrams are slow, lost, doubled and overtaken,
//! on virtual time. For tests and simulations only.

use std::collections::BTreeMap;

use rand_core::Rng as _;

use super::{SeededRng, rng};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// Bytes a second that get through, or are lost.
    pub rate_bytes_s: u64,
    /// From the end of sending to arrival, milliseconds.
    pub delay_ms: u64,
    /// And up to this much more, at random for each datagram: beyond the time that
    /// sending one takes, datagrams overtake one another.
    pub jitter_ms: u64,
    /// Of a thousand datagrams, so many are lost.
    pub lost_per_mille: u32,
    /// Of a thousand datagrams, so many come twice.
    pub doubled_per_mille: u32,
}

impl Weather {
    /// What Bluetooth gives on a good day: 25 kB/s, round trip 60 ms.
    pub const FAIR: Self = Self {
        rate_bytes_s: 25_000,
        delay_ms: 30,
        jitter_ms: 0,
        lost_per_mille: 0,
        doubled_per_mille: 0,
    };

    /// The same with losses.
    #[must_use]
    pub const fn losing(self, lost_per_mille: u32) -> Self {
        Self {
            lost_per_mille,
            ..self
        }
    }

    /// The same with datagrams that overtake one another.
    #[must_use]
    pub const fn reordering(self, jitter_ms: u64) -> Self {
        Self { jitter_ms, ..self }
    }
}

/// What is in the air in one direction.
#[derive(Debug)]
pub struct Air {
    weather: Weather,
    chance: SeededRng,
    busy_until_us: u64,
    sendings: u64,
    /// By arrival, milliseconds, and order of sending.
    coming: BTreeMap<(u64, u64), Vec<u8>>,
    /// Datagrams given to it.
    pub sent: u64,
    /// Bytes given to it.
    pub sent_bytes: u64,
}

impl Air {
    /// Still air, its luck drawn from `seed`.
    #[must_use]
    pub fn new(weather: Weather, seed: u64) -> Self {
        Self {
            weather,
            chance: rng(seed),
            busy_until_us: 0,
            sendings: 0,
            coming: BTreeMap::new(),
            sent: 0,
            sent_bytes: 0,
        }
    }

    /// Sends a datagram; it goes after those sent before. Returns when the last of
    /// its bytes has left, milliseconds.
    pub fn send(&mut self, now_ms: u64, datagram: Vec<u8>) -> u64 {
        self.sent += 1;
        self.sent_bytes += datagram.len() as u64;
        let airtime_us = datagram.len() as u64 * 1_000_000 / self.weather.rate_bytes_s;
        self.busy_until_us = self.busy_until_us.max(now_ms * 1_000) + airtime_us;
        let left_ms = self.busy_until_us.div_ceil(1_000);
        let is_lost = self.draw(1_000) < u64::from(self.weather.lost_per_mille);
        let is_doubled = self.draw(1_000) < u64::from(self.weather.doubled_per_mille);
        let copies = usize::from(!is_lost) * (1 + usize::from(is_doubled));
        for _ in 0..copies {
            let jitter_ms = self.draw(self.weather.jitter_ms + 1);
            self.sendings += 1;
            let at_ms = left_ms + self.weather.delay_ms + jitter_ms;
            self.coming.insert((at_ms, self.sendings), datagram.clone());
        }
        left_ms
    }

    /// When the next datagram arrives, milliseconds.
    #[must_use]
    pub fn next_at(&self) -> Option<u64> {
        self.coming.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes one that has arrived.
    pub fn arrived(&mut self, now_ms: u64) -> Option<Vec<u8>> {
        let first = self.coming.first_entry()?;
        (first.key().0 <= now_ms).then(|| first.remove())
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.chance.next_u64() % below
    }
}
