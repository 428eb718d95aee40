//! What of the beacons heard is worth anything: not our own, not too many of one
//! source, not too many in all.
//!
//! Floor 5 (`docs/protocol/link.md`). Pure. Whoever is on the network can send
//! beacons under any source address, so every memory here has a bound.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use super::datagram::{Nonce, decode};
use crate::limits::{BEACON_SOURCES_MAX, BEACONS_PER_SOURCE_MAX};

/// Own nonces remembered: more than a minute of them on every interface.
const NONCES_MAX: usize = 512;
/// Senders remembered, so that only a newcomer is answered.
const SENDERS_MAX: usize = 256;
/// The time that the limits of sources and beacons are for.
const WINDOW_MS: u64 = 1_000;

/// Somebody else's beacon.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) address: SocketAddr,
    /// Nobody remembered sent it.
    pub(super) is_new: bool,
}

#[derive(Default)]
pub(super) struct Hearing {
    nonces: VecDeque<Nonce>,
    senders: VecDeque<SocketAddr>,
    window_end_ms: u64,
    sources: BTreeMap<IpAddr, usize>,
}

impl Hearing {
    /// The next beacon of ours bears this nonce.
    pub(super) fn own(&mut self, nonce: Nonce) {
        keep(&mut self.nonces, NONCES_MAX, nonce);
    }

    /// A datagram came; `None` if there is nothing to learn from it.
    pub(super) fn take(&mut self, now_ms: u64, from: SocketAddr, bytes: &[u8]) -> Option<Heard> {
        let (port, nonce) = decode(bytes)?;
        if self.nonces.contains(&nonce) || !self.admits(now_ms, from.ip()) {
            return None;
        }
        // The source keeps its scope: a link-local address means nothing without.
        let mut address = from;
        address.set_port(port);
        let is_new = !self.senders.contains(&address);
        if is_new {
            keep(&mut self.senders, SENDERS_MAX, address);
        }
        Some(Heard { address, is_new })
    }

    fn admits(&mut self, now_ms: u64, source: IpAddr) -> bool {
        // All profiles of this machine share one source, and it is nobody's to forge.
        if source.is_loopback() {
            return true;
        }
        if now_ms >= self.window_end_ms {
            self.window_end_ms = now_ms + WINDOW_MS;
            self.sources.clear();
        }
        if !self.sources.contains_key(&source) && self.sources.len() >= BEACON_SOURCES_MAX {
            return false;
        }
        let count = self.sources.entry(source).or_default();
        *count += 1;
        *count <= BEACONS_PER_SOURCE_MAX
    }
}

fn keep<T>(ring: &mut VecDeque<T>, max: usize, item: T) {
    if ring.len() >= max {
        ring.pop_front();
    }
    ring.push_back(item);
}

#[cfg(test)]
mod tests {
    use super::super::datagram::encode;
    use super::*;

    fn source(host: u16) -> SocketAddr {
        let [high, low] = host.to_be_bytes();
        SocketAddr::from(([10, 0, high, low], 5_000))
    }

    #[test]
    fn own_beacons_are_not_heard_and_a_newcomer_is_new_once() {
        let mut hearing = Hearing::default();
        hearing.own([1; 8]);
        let from = SocketAddr::from(([10, 0, 0, 1], 9));
        assert_eq!(hearing.take(0, from, &encode(5, [1; 8])), None);
        assert_eq!(hearing.take(0, from, b"not a beacon"), None);
        let address = SocketAddr::from(([10, 0, 0, 1], 5));
        let heard = |is_new| Some(Heard { address, is_new });
        assert_eq!(hearing.take(0, from, &encode(5, [2; 8])), heard(true));
        assert_eq!(hearing.take(0, from, &encode(5, [3; 8])), heard(false));
    }

    #[test]
    fn scope_of_a_link_local_source_is_kept() {
        let mut hearing = Hearing::default();
        let from = "[fe80::1%3]:9".parse().unwrap();
        let heard = hearing.take(0, from, &encode(5, [2; 8])).unwrap();
        assert_eq!(heard.address, "[fe80::1%3]:5".parse().unwrap());
    }

    #[test]
    fn one_source_takes_no_more_than_its_share_and_the_next_second_starts_anew() {
        let mut hearing = Hearing::default();
        let mut heard = |now_ms, host: u16, times: u16| {
            (0..times)
                .filter(|n| {
                    hearing
                        .take(now_ms, source(host), &encode(1 + n, [2; 8]))
                        .is_some()
                })
                .count()
        };
        assert_eq!(heard(0, 1, 1_000), BEACONS_PER_SOURCE_MAX);
        assert_eq!(heard(0, 2, 1), 1);
        assert_eq!(heard(WINDOW_MS, 1, 1), 1);
    }

    #[test]
    fn flood_from_every_source_fills_no_memory() {
        let mut hearing = Hearing::default();
        let heard = (0..=u16::MAX)
            .filter(|host| hearing.take(0, source(*host), &encode(7, [2; 8])).is_some())
            .count();
        assert_eq!(heard, BEACON_SOURCES_MAX);
        assert!(hearing.sources.len() <= BEACON_SOURCES_MAX);
        assert!(hearing.senders.len() <= SENDERS_MAX);
        (0..2_000_u64).for_each(|n| hearing.own(n.to_le_bytes()));
        assert_eq!(hearing.nonces.len(), NONCES_MAX);
    }
}
