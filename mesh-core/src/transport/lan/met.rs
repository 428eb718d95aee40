//! Hosts that we had a link with lately, whoever called.
//!
//! Floor 5 (`docs/protocol/link.md`, "Whom to keep"). Everybody has a turn before
//! anybody has two: whoever calls more often than others gains nothing, and who
//! called us need not be visited.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use crate::limits::LAN_MET_MAX;

/// A host met within this time waits for those that were not.
pub(super) const AGAIN_MS: u64 = 60 * 60_000;

/// The last hosts, and when.
#[derive(Default)]
pub(super) struct Met {
    when: BTreeMap<IpAddr, u64>,
    /// In the order in which they were met first.
    order: VecDeque<IpAddr>,
}

impl Met {
    /// When the host was met, if it was lately.
    pub(super) fn at(&self, now_ms: u64, host: IpAddr) -> Option<u64> {
        let at_ms = self.when.get(&host).copied();
        at_ms.filter(|at_ms| now_ms.saturating_sub(*at_ms) < AGAIN_MS)
    }

    pub(super) fn remember(&mut self, now_ms: u64, host: IpAddr) {
        if self.when.insert(host, now_ms).is_none() {
            self.order.push_back(host);
        }
        if self.order.len() > LAN_MET_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.when.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_is_forgotten_after_a_while_and_memory_is_bounded() {
        let mut met = Met::default();
        let host = |n: u32| IpAddr::from(n.to_be_bytes());
        met.remember(5, host(1));
        assert_eq!(met.at(5 + AGAIN_MS - 1, host(1)), Some(5));
        assert_eq!(met.at(5 + AGAIN_MS, host(1)), None);
        assert_eq!(met.at(5, host(2)), None);
        (0..100_000).for_each(|n| met.remember(6, host(n)));
        assert_eq!(
            (met.when.len(), met.order.len()),
            (LAN_MET_MAX, LAN_MET_MAX)
        );
        assert_eq!(met.at(6, host(99_999)), Some(6));
    }
}
