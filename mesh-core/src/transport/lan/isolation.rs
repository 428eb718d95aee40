//! Whether a network keeps its users apart: others are heard on it, and no call
//! gets through.
//!
//! Floor 5 (`docs/protocol/link.md`, "Client isolation"). Pure. Said only when all of
//! this holds for a network: others were heard on it again after calls to them
//! had found nothing; that is so for two of them, or for one again and again; and
//! no connection ever came through, in either direction. A port that is refused
//! is an answer, so the network passes it. Silence is no evidence: a network that
//! passes nothing at all cannot be told from one with nobody on it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::interfaces::Network;
use crate::limits::LAN_ISOLATION_HOSTS_MAX;

/// Calls that found nothing before a host counts, where two count.
const FAILURES_OF_TWO: u32 = 2;
/// And where it is the only one.
const FAILURES_OF_ONE: u32 = 4;
/// An advertisement that has not run out by then was renewed: its host is there.
const STILL_ADVERTISED_MS: u64 = 130_000;

/// What became of a TCP call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The host answered, be it that nobody listens.
    Answer,
    /// No answer in time, or the network says that it does not get there.
    Nothing,
}

#[derive(Debug)]
struct Host {
    network: Network,
    failures: u32,
    failed_ms: u64,
    is_there: bool,
}

/// The evidence so far.
#[derive(Default)]
pub(super) struct Isolation {
    hosts: BTreeMap<IpAddr, Host>,
    /// Networks that passed a connection.
    passing: BTreeSet<Network>,
}

impl Isolation {
    /// Somebody was heard at this host.
    pub(super) fn heard(&mut self, host: IpAddr) {
        if let Some(host) = self.hosts.get_mut(&host) {
            host.is_there = true;
        }
    }

    /// Its advertisement ran out: it may be gone.
    pub(super) fn expired(&mut self, host: IpAddr) {
        self.hosts.remove(&host);
    }

    /// A call to a host on this network ended so, or, as an answer, the host called us.
    pub(super) fn reached(&mut self, now_ms: u64, host: IpAddr, network: Network, reach: Reach) {
        if reach == Reach::Answer {
            self.passing.insert(network);
            self.hosts.retain(|_, host| host.network != network);
            return;
        }
        let is_full = self.hosts.len() >= LAN_ISOLATION_HOSTS_MAX;
        if self.passing.contains(&network) || is_full && !self.hosts.contains_key(&host) {
            return;
        }
        let host = self.hosts.entry(host).or_insert(Host {
            network,
            failures: 0,
            failed_ms: now_ms,
            is_there: false,
        });
        host.failures = host.failures.saturating_add(1);
    }

    /// Whether some network that we are on keeps us apart.
    pub(super) fn is_isolated(&self, now_ms: u64) -> bool {
        let there = |host: &&Host| {
            host.is_there || now_ms.saturating_sub(host.failed_ms) >= STILL_ADVERTISED_MS
        };
        let mut suspects: BTreeMap<Network, usize> = BTreeMap::new();
        for host in self.hosts.values().filter(there) {
            let suspect = suspects.entry(host.network).or_default();
            match host.failures {
                FAILURES_OF_ONE.. => *suspect += 2,
                FAILURES_OF_TWO.. => *suspect += 1,
                _ => {}
            }
        }
        suspects.values().any(|weight| *weight >= 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    fn network() -> Network {
        (IpAddr::from([10, 0, 0, 0]), 24)
    }

    fn fail(isolation: &mut Isolation, last: u8, times: u32) {
        (0..times).for_each(|_| isolation.reached(0, host(last), network(), Reach::Nothing));
    }

    #[test]
    fn two_that_are_heard_and_cannot_be_called_are_enough() {
        let mut isolation = Isolation::default();
        fail(&mut isolation, 1, 2);
        fail(&mut isolation, 2, 2);
        assert!(!isolation.is_isolated(0), "they may have left");
        isolation.heard(host(1));
        assert!(!isolation.is_isolated(0), "one is not enough");
        isolation.heard(host(2));
        assert!(isolation.is_isolated(0));
    }

    #[test]
    fn one_needs_more_calls_and_one_that_left_counts_no_more() {
        let mut isolation = Isolation::default();
        fail(&mut isolation, 1, FAILURES_OF_ONE - 1);
        isolation.heard(host(1));
        assert!(!isolation.is_isolated(0));
        fail(&mut isolation, 1, 1);
        assert!(isolation.is_isolated(0));
        isolation.expired(host(1));
        assert!(!isolation.is_isolated(0));
    }

    #[test]
    fn advertisement_that_was_renewed_shows_that_somebody_is_there() {
        let mut isolation = Isolation::default();
        fail(&mut isolation, 1, FAILURES_OF_ONE);
        assert!(!isolation.is_isolated(STILL_ADVERTISED_MS - 1));
        assert!(isolation.is_isolated(STILL_ADVERTISED_MS));
    }

    #[test]
    fn network_that_passed_anything_is_never_suspected() {
        let mut isolation = Isolation::default();
        fail(&mut isolation, 1, 9);
        isolation.heard(host(1));
        assert!(isolation.is_isolated(0));
        isolation.reached(0, host(7), network(), Reach::Answer);
        assert!(!isolation.is_isolated(0));
        fail(&mut isolation, 1, 9);
        isolation.heard(host(1));
        assert!(!isolation.is_isolated(0));
    }

    #[test]
    fn silence_is_no_evidence_and_forged_hosts_fill_no_memory() {
        let mut isolation = Isolation::default();
        isolation.heard(host(1));
        assert!(!isolation.is_isolated(1_000_000));
        (0..=255).for_each(|last| fail(&mut isolation, last, 1));
        assert_eq!(isolation.hosts.len(), LAN_ISOLATION_HOSTS_MAX);
    }
}
