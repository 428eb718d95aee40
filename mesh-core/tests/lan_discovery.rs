//! LAN carriers that find each other, in network namespaces of their own: nothing
//! here is heard outside. Where namespaces may not be made, each test says so and
//! does nothing.

#![cfg(feature = "lan")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

mod lan;

use std::net::UdpSocket;
use std::process::Command;
use std::time::Duration;

use lan::namespace::inside_namespace;
use lan::{Station, both, connect, quiet, stranger};
use mesh_core::transport::lan::LanConfig;

fn ip(arguments: &str) {
    let done = Command::new("ip").args(arguments.split(' ')).status();
    assert!(done.unwrap().success(), "ip {arguments}");
}

/// A cable whose both ends are here: some kernels of test machines have no dummies.
fn join_network() {
    ip("link add wifi type veth peer name far");
    ip("link set far up");
    ip("link set wifi up");
    ip("address add 10.9.0.1/24 dev wifi");
}

fn discovering(listen: &str) -> LanConfig {
    LanConfig {
        listen: vec![listen.parse().unwrap()],
        discovery: true,
        ..quiet()
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(test);
}

#[test]
fn profiles_on_one_machine_meet_with_only_loopback_up() {
    if !inside_namespace("profiles_on_one_machine_meet_with_only_loopback_up") {
        return;
    }
    run(async {
        for listen in ["127.0.0.1:0", "0.0.0.0:0"] {
            let mut a = Station::listening(discovering(listen)).await;
            a.settle(Duration::from_millis(500)).await;
            let mut b = Station::listening(discovering(listen)).await;
            both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
            // The second address and the answer to the beacon must change nothing.
            let time = Duration::from_secs(3);
            tokio::join!(a.settle(time), b.settle(time));
            assert_eq!((a.ups, b.ups), (1, 1), "{listen}");
            let status = a.status.as_ref().unwrap();
            assert!(!status.can_find && status.reason.is_some());
            tokio::join!(a.end(), b.end());
        }
    });
}

#[test]
fn profiles_that_do_not_search_do_not_meet() {
    if !inside_namespace("profiles_that_do_not_search_do_not_meet") {
        return;
    }
    run(async {
        let mut a = Station::listening(discovering("127.0.0.1:0")).await;
        let mut b = Station::listening(quiet()).await;
        let time = Duration::from_secs(3);
        tokio::join!(a.settle(time), b.settle(time));
        assert_eq!((a.ups, b.ups), (0, 0));
        tokio::join!(a.end(), b.end());
    });
}

/// Neither listens on loopback, so no beacon helps.
#[test]
fn neighbours_on_a_network_meet_by_mdns() {
    if !inside_namespace("neighbours_on_a_network_meet_by_mdns") {
        return;
    }
    join_network();
    run(async {
        let mut a = Station::listening(discovering("10.9.0.1:0")).await;
        let mut b = Station::listening(discovering("10.9.0.1:0")).await;
        both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
        assert!(a.status.as_ref().unwrap().can_find);
        tokio::join!(a.end(), b.end());
    });
}

/// Somebody holds the port of mDNS, as happens: the beacon is all that is left. Both
/// have one address, so each hears the other on it.
#[test]
fn neighbours_meet_by_beacon_where_mdns_is_taken() {
    if !inside_namespace("neighbours_meet_by_beacon_where_mdns_is_taken") {
        return;
    }
    let _held = UdpSocket::bind("0.0.0.0:5353").unwrap();
    join_network();
    run(async {
        let mut a = Station::listening(discovering("10.9.0.1:0")).await;
        let mut b = Station::listening(discovering("10.9.0.1:0")).await;
        both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
        tokio::join!(a.end(), b.end());
    });
}

/// Two laptops on one cable have only the addresses that they give themselves.
#[test]
fn neighbours_without_any_address_meet_by_beacon_on_ipv6() {
    if !inside_namespace("neighbours_without_any_address_meet_by_beacon_on_ipv6") {
        return;
    }
    ip("link add wifi type veth peer name far");
    ip("link set far up");
    ip("link set wifi up");
    run(async {
        let mut a = Station::start(discovering("[::]:0"));
        let mut b = Station::start(discovering("[::]:0"));
        both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
        let address = a.links.values().next().unwrap().address.as_ref();
        assert!(address.unwrap().0.contains("fe80"), "not by IPv6");
        tokio::join!(a.end(), b.end());
    });
}

#[test]
fn network_that_appears_later_is_used_without_a_restart() {
    if !inside_namespace("network_that_appears_later_is_used_without_a_restart") {
        return;
    }
    run(async {
        let mut a = Station::listening(discovering("0.0.0.0:0")).await;
        a.until("no network", |s| {
            s.status.as_ref().is_some_and(|s| !s.can_find)
        })
        .await;
        join_network();
        a.until("network", |s| {
            s.listening.len() == 2 && s.status.as_ref().is_some_and(|s| s.can_find)
        })
        .await;
        ip("link delete wifi");
        a.until("no network again", |s| {
            s.listening.len() == 1 && s.status.as_ref().is_some_and(|s| !s.can_find)
        })
        .await;
        a.end().await;
    });
}

/// Whoever was seen on one network must not be known again on the next.
#[test]
fn another_network_means_another_key_and_the_links_are_made_again() {
    if !inside_namespace("another_network_means_another_key_and_the_links_are_made_again") {
        return;
    }
    run(async {
        let mut b = Station::listening(quiet()).await;
        let mut a = Station::listening(LanConfig {
            listen: vec!["0.0.0.0:0".parse().unwrap()],
            ..quiet()
        })
        .await;
        a.dial(b.address());
        both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
        let (port, peer) = (
            a.address().port(),
            connect(&mut stranger(), a.address()).await,
        );
        join_network();
        both("link of before down", &mut a, &mut b, |s| {
            s.links.is_empty()
        })
        .await;
        both("link again", &mut a, &mut b, |s| s.links.len() == 1).await;
        assert_ne!(a.address().port(), port, "the port tells who it is");
        assert_ne!(connect(&mut stranger(), a.address()).await, peer);
        // The same address again, as after a renewal: nothing happens.
        ip("address delete 10.9.0.1/24 dev wifi");
        ip("address add 10.9.0.1/24 dev wifi");
        let ups = a.ups;
        let time = Duration::from_secs(6);
        tokio::join!(a.settle(time), b.settle(time));
        assert_eq!(a.ups, ups);
        tokio::join!(a.end(), b.end());
    });
}

/// Ports of nobody, garbage, and then an honest newcomer.
#[test]
fn flood_of_beacons_does_not_hide_a_newcomer() {
    if !inside_namespace("flood_of_beacons_does_not_hide_a_newcomer") {
        return;
    }
    run(async {
        let mut a = Station::listening(discovering("127.0.0.1:0")).await;
        let flood = UdpSocket::bind("127.0.0.1:0").unwrap();
        flood.set_broadcast(true).unwrap();
        let mut beacon = *b"SLNG\x01\x00....nonce!..";
        for number in 0..20_000_u16 {
            beacon[6..8].copy_from_slice(&(20_000 + number).to_be_bytes());
            beacon[8..10].copy_from_slice(&number.to_be_bytes());
            let length = if number % 3 == 0 { 7 } else { 16 };
            let _ = flood.send_to(&beacon[..length], "127.255.255.255:47741");
        }
        let mut b = Station::listening(discovering("127.0.0.1:0")).await;
        both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
        tokio::join!(a.end(), b.end());
    });
}

/// No packet says that the network is gone: only the missing heartbeat does.
#[test]
fn network_that_goes_silent_ends_the_link_and_its_return_makes_it_again() {
    if !inside_namespace("network_that_goes_silent_ends_the_link_and_its_return_makes_it_again") {
        return;
    }
    run(async {
        let mut a = Station::listening(quiet()).await;
        let mut b = Station::listening(quiet()).await;
        b.dial(a.address());
        both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
        ip("link set lo down");
        both("link down", &mut a, &mut b, |s| s.links.is_empty()).await;
        ip("link set lo up");
        both("link again", &mut a, &mut b, |s| s.links.len() == 1).await;
        tokio::join!(a.end(), b.end());
    });
}
