//! The networks that this computer is on now, and whether they are other ones
//! than before.
//!
//! Floor 5 (`docs/protocol/link.md`). `look` asks the system; all else is pure.
//! Point-to-point interfaces are left out: what is at the far end of a tunnel is
//! not nearby, and must not hear that we are here.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::limits::LAN_INTERFACES_MAX;

/// Another set of networks must last this long before it counts: addresses of one
/// network come one after the other.
pub(super) const GAIN_SETTLES_MS: u64 = 3_000;
/// And a set that only lost some this long: a Wi-Fi that drops out for a moment is
/// the same network when it is back.
pub(super) const LOSS_SETTLES_MS: u64 = 15_000;
/// Bits of an IPv6 network in which a host draws its addresses as it likes.
const IPV6_NETWORK_BITS: u8 = 64;

/// One address of one interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Interface {
    /// The system's number of the interface.
    pub(super) index: u32,
    pub(super) ip: IpAddr,
    pub(super) prefix: u8,
    pub(super) broadcast: Option<Ipv4Addr>,
}

/// All addresses of all interfaces, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Interfaces(Vec<Interface>);

/// A network as its address and length, the key of what is known of it.
pub(super) type Network = (IpAddr, u8);

impl Interfaces {
    /// Asks the system.
    pub(super) fn look() -> Self {
        let found = if_addrs::get_if_addrs().unwrap_or_default();
        let nearby = found.iter().filter(|interface| !interface.is_p2p);
        Self::from_list(nearby.map(|interface| {
            let (ip, prefix, broadcast) = match &interface.addr {
                if_addrs::IfAddr::V4(v4) => (IpAddr::V4(v4.ip), v4.prefixlen, v4.broadcast),
                if_addrs::IfAddr::V6(v6) => (IpAddr::V6(v6.ip), v6.prefixlen, None),
            };
            Interface {
                index: interface.index.unwrap_or(0),
                ip,
                prefix,
                broadcast,
            }
        }))
    }

    fn from_list(list: impl Iterator<Item = Interface>) -> Self {
        let mut list: Vec<Interface> = list.collect();
        list.sort_unstable();
        list.dedup();
        // Loopback first, then networks as the system numbers them.
        list.truncate(LAN_INTERFACES_MAX);
        Self(list)
    }

    /// All but loopback.
    pub(super) fn networks(&self) -> impl Iterator<Item = &Interface> {
        self.0
            .iter()
            .filter(|interface| !interface.ip.is_loopback())
    }

    /// Whether this computer has the address itself.
    pub(super) fn has(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|interface| interface.ip == ip)
    }

    /// The network of ours that an address is on. Others are never called: an
    /// advertisement must not send us out into the internet.
    pub(super) fn network_of(&self, ip: IpAddr) -> Option<Network> {
        if !is_dialable(ip) || ip.is_loopback() {
            return None;
        }
        let mut networks = self.networks();
        let found = networks.find(|own| shares_prefix(own.ip, ip, own.prefix))?;
        Some((masked(found.ip, found.prefix), found.prefix))
    }

    /// What makes these networks these: addresses without those that an interface
    /// gives itself, and of IPv6 only the network, as temporary addresses come and go.
    fn fingerprint(&self) -> Fingerprint {
        let told = self.networks().filter(|own| !is_link_local_v6(own.ip));
        told.map(|own| match own.ip {
            IpAddr::V4(_) => (own.index, own.ip),
            IpAddr::V6(_) => (own.index, masked(own.ip, IPV6_NETWORK_BITS)),
        })
        .collect()
    }
}

type Fingerprint = BTreeSet<(u32, IpAddr)>;

/// Notices that this computer went to another network: then it gets another key.
pub(super) struct Moves {
    /// Under which the present key was made.
    home: Fingerprint,
    seen: Fingerprint,
    since_ms: u64,
}

impl Moves {
    pub(super) fn new(now_ms: u64, interfaces: &Interfaces) -> Self {
        let home = interfaces.fingerprint();
        Self {
            seen: home.clone(),
            home,
            since_ms: now_ms,
        }
    }

    /// Whether it is another network for good. Say so at least every few seconds.
    pub(super) fn has_moved(&mut self, now_ms: u64, interfaces: &Interfaces) -> bool {
        let seen = interfaces.fingerprint();
        if seen != self.seen {
            self.seen = seen;
            self.since_ms = now_ms;
        }
        if self.seen == self.home {
            return false;
        }
        let settles_ms = if self.seen.is_subset(&self.home) {
            LOSS_SETTLES_MS
        } else {
            GAIN_SETTLES_MS
        };
        now_ms.saturating_sub(self.since_ms) >= settles_ms
    }
}

/// Whether anybody can be called at it at all.
pub(super) fn is_dialable(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_multicast() && ip != Ipv4Addr::BROADCAST,
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_multicast(),
    }
}

/// Whether an address means something only together with an interface.
pub(super) fn is_link_local_v6(ip: IpAddr) -> bool {
    matches!(ip, IpAddr::V6(ip) if ip.is_unicast_link_local())
}

fn shares_prefix(a: IpAddr, b: IpAddr, prefix: u8) -> bool {
    a.is_ipv4() == b.is_ipv4() && masked(a, prefix) == masked(b, prefix)
}

fn masked(ip: IpAddr, prefix: u8) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => {
            let host_bits = 32_u32.saturating_sub(u32::from(prefix));
            let mask = u32::MAX.checked_shl(host_bits).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & mask))
        }
        IpAddr::V6(ip) => {
            let host_bits = 128_u32.saturating_sub(u32::from(prefix));
            let mask = u128::MAX.checked_shl(host_bits).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & mask))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interfaces(list: &[(u32, &str, u8)]) -> Interfaces {
        Interfaces::from_list(list.iter().map(|(index, ip, prefix)| Interface {
            index: *index,
            ip: ip.parse().unwrap(),
            prefix: *prefix,
            broadcast: None,
        }))
    }

    #[test]
    fn addresses_looked_at_are_bounded_and_loopback_is_among_them() {
        let address = |n: u32| Interface {
            index: 2,
            ip: Ipv4Addr::from(0x0a00_0000 + n).into(),
            prefix: 24,
            broadcast: None,
        };
        let loopback = Interface {
            index: 1,
            ip: Ipv4Addr::LOCALHOST.into(),
            prefix: 8,
            broadcast: None,
        };
        let many = (0..2 * LAN_INTERFACES_MAX as u32).map(address);
        let own = Interfaces::from_list(many.chain([loopback]));
        assert_eq!(own.networks().count(), LAN_INTERFACES_MAX - 1);
    }

    #[test]
    fn only_addresses_of_our_own_networks_are_nearby() {
        let own = interfaces(&[
            (1, "127.0.0.1", 8),
            (2, "10.1.2.3", 24),
            (2, "fd00::1", 64),
            (2, "fe80::1", 64),
        ]);
        let network = |ip: &str| own.network_of(ip.parse().unwrap());
        assert_eq!(
            network("10.1.2.99"),
            Some(("10.1.2.0".parse().unwrap(), 24))
        );
        assert_eq!(network("fd00::9"), Some(("fd00::".parse().unwrap(), 64)));
        assert!(network("fe80::9").is_some());
        let known = interfaces(&[(1, "127.0.0.1", 8), (2, "10.1.2.3", 24)]);
        for ip in [
            "10.1.3.1",
            "8.8.8.8",
            "fd01::9",
            "127.0.0.1",
            "224.0.0.251",
            "fe80::1",
        ] {
            assert_eq!(known.network_of(ip.parse().unwrap()), None, "{ip}");
        }
    }

    #[test]
    fn same_address_after_a_dropout_or_a_renewal_is_the_same_network() {
        let (there, gone) = (interfaces(&[(2, "10.0.0.5", 24)]), interfaces(&[]));
        let mut moves = Moves::new(0, &there);
        assert!(!moves.has_moved(60_000, &there));
        assert!(!moves.has_moved(61_000, &gone));
        assert!(!moves.has_moved(61_000 + LOSS_SETTLES_MS - 1, &gone));
        assert!(!moves.has_moved(80_000, &there));
        assert!(!moves.has_moved(200_000, &there));
    }

    #[test]
    fn network_lost_for_long_or_another_one_counts_once_it_lasts() {
        let (there, gone) = (interfaces(&[(2, "10.0.0.5", 24)]), interfaces(&[]));
        let mut moves = Moves::new(0, &there);
        assert!(!moves.has_moved(0, &gone));
        assert!(moves.has_moved(LOSS_SETTLES_MS, &gone));
        let other = interfaces(&[(2, "10.7.0.5", 24)]);
        let mut moves = Moves::new(0, &there);
        assert!(!moves.has_moved(10_000, &other));
        assert!(!moves.has_moved(10_000 + GAIN_SETTLES_MS - 1, &other));
        assert!(moves.has_moved(10_000 + GAIN_SETTLES_MS, &other));
        // A joined second network counts too; one that flickers never settles.
        let mut moves = Moves::new(0, &there);
        for second in 0..60 {
            let now = if second % 2 == 0 { &there } else { &other };
            assert!(!moves.has_moved(second * 1_000, now));
        }
    }

    #[test]
    fn temporary_and_link_local_addresses_are_no_other_network() {
        let before = interfaces(&[(2, "10.0.0.5", 24), (2, "2001:db8::aaaa", 64)]);
        let after = interfaces(&[
            (2, "10.0.0.5", 24),
            (2, "2001:db8::bbbb", 64),
            (2, "fe80::7", 64),
            (9, "fe80::8", 64),
        ]);
        let mut moves = Moves::new(0, &before);
        assert!(!moves.has_moved(1_000, &after));
        assert!(!moves.has_moved(100_000, &after));
    }
}
