//! LAN carriers over real sockets on 127.0.0.1: links, bytes, and crossing calls.

#![cfg(feature = "lan")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

mod lan;

use std::time::Duration;

use lan::{Station, both, quiet};
use mesh_core::limits::{LAN_CREDIT_BYTES, LAN_LINKS_MAX};
use mesh_core::transport::TransportCommand;

#[tokio::test(flavor = "multi_thread")]
async fn dialed_carrier_makes_one_link_that_carries_both_ways() {
    let mut a = Station::listening(quiet()).await;
    let mut b = Station::listening(quiet()).await;
    b.dial(a.address());
    both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
    let (at_a, at_b) = (a.only_link(), b.only_link());
    assert!(b.links[&at_b].outbound && !a.links[&at_a].outbound);
    let address = b.links[&at_b].address.clone().unwrap();
    assert_eq!(address.0, a.address().to_string());
    a.transmit(at_a, b"from a".to_vec());
    b.transmit(at_b, b"from b".to_vec());
    b.until("bytes", |s| {
        s.received.get(&at_b).is_some_and(|r| r == b"from a")
    })
    .await;
    a.until("bytes", |s| {
        s.received.get(&at_a).is_some_and(|r| r == b"from b")
    })
    .await;
    a.until("sent", |s| s.sent.get(&at_a) == Some(&6)).await;
    b.until("sent", |s| s.sent.get(&at_b) == Some(&6)).await;
    tokio::join!(a.end(), b.end());
}

/// The sender keeps to the credit by what `Sent` says, as the engine does.
#[tokio::test(flavor = "multi_thread")]
async fn large_transfer_under_credit_arrives_whole() {
    const BYTES: usize = 8 * 1_024 * 1_024;
    let data: Vec<u8> = (0..BYTES as u32).map(|n| (n * 31 % 251) as u8).collect();
    let mut a = Station::listening(quiet()).await;
    let mut b = Station::listening(quiet()).await;
    b.dial(a.address());
    both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
    let (at_a, at_b) = (a.only_link(), b.only_link());
    let send = async {
        let mut given = 0;
        while given < BYTES {
            let length = (1 + given % 16_384).min(BYTES - given);
            a.until("credit", |s| {
                given + length - s.sent.get(&at_a).copied().unwrap_or(0) <= LAN_CREDIT_BYTES
            })
            .await;
            a.transmit(at_a, data[given..given + length].to_vec());
            given += length;
        }
        a.until("all sent", |s| s.sent.get(&at_a) == Some(&BYTES))
            .await;
    };
    let receive = b.until("all received", |s| {
        s.received.get(&at_b).is_some_and(|r| r.len() == BYTES)
    });
    tokio::join!(send, receive);
    assert!(b.received[&at_b] == data, "bytes differ");
    tokio::join!(a.end(), b.end());
}

#[tokio::test(flavor = "multi_thread")]
async fn crossing_calls_leave_exactly_one_link() {
    for round in 0..50 {
        let mut a = Station::listening(quiet()).await;
        let mut b = Station::listening(quiet()).await;
        let (to_a, to_b) = (a.address(), b.address());
        a.dial(to_b);
        b.dial(to_a);
        both("link", &mut a, &mut b, |s| !s.links.is_empty()).await;
        // What crosses must come over the one link that both hold.
        let (at_a, at_b) = (a.only_link(), b.only_link());
        a.transmit(at_a, vec![1]);
        b.transmit(at_b, vec![2]);
        b.until("bytes", |s| s.received.contains_key(&at_b)).await;
        a.until("bytes", |s| s.received.contains_key(&at_a)).await;
        let quiet_time = Duration::from_millis(if round % 10 == 0 { 600 } else { 30 });
        tokio::join!(a.settle(quiet_time), b.settle(quiet_time));
        for station in [&a, &b] {
            assert_eq!((station.links.len(), station.ups), (1, 1), "round {round}");
        }
        assert_ne!(a.links[&at_a].outbound, b.links[&at_b].outbound);
        tokio::join!(a.end(), b.end());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_addresses_of_one_peer_make_one_link() {
    let mut config = quiet();
    config.listen.push("127.0.0.2:0".parse().unwrap());
    config.listen.push("[::1]:0".parse().unwrap());
    let mut a = Station::start(config);
    a.until("listening", |s| s.listening.len() >= 2).await;
    let mut config = quiet();
    config.dial = a.listening.clone();
    let mut b = Station::listening(config).await;
    both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
    let quiet_time = Duration::from_secs(3);
    tokio::join!(a.settle(quiet_time), b.settle(quiet_time));
    assert_eq!((a.links.len(), a.ups), (1, 1));
    assert_eq!((b.links.len(), b.ups), (1, 1));
    tokio::join!(a.end(), b.end());
}

#[tokio::test(flavor = "multi_thread")]
async fn peer_that_vanishes_and_returns_is_linked_again() {
    let mut a = Station::listening(quiet()).await;
    let address = a.address();
    let mut config = quiet();
    config.dial = vec![address];
    let mut b = Station::listening(config).await;
    both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
    a.end().await;
    b.until("link down", |s| s.links.is_empty()).await;
    let mut config = quiet();
    config.listen = vec![address];
    let mut a = Station::listening(config).await;
    both("link again", &mut a, &mut b, |s| s.links.len() == 1).await;
    tokio::join!(a.end(), b.end());
}

#[tokio::test(flavor = "multi_thread")]
async fn closed_link_goes_down_at_both_ends() {
    let mut a = Station::listening(quiet()).await;
    let mut b = Station::listening(quiet()).await;
    b.dial(a.address());
    both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
    let link = a.only_link();
    a.handle.command(TransportCommand::Close { link }).unwrap();
    both("link down", &mut a, &mut b, |s| {
        s.ups >= 1 && !s.links.contains_key(&link)
    })
    .await;
    tokio::join!(a.end(), b.end());
}

#[tokio::test(flavor = "multi_thread")]
async fn carrier_never_holds_more_links_than_allowed() {
    let mut hub = Station::listening(quiet()).await;
    let mut others = Vec::new();
    for _ in 0..LAN_LINKS_MAX + 3 {
        let mut config = quiet();
        config.dial = vec![hub.address()];
        others.push(Station::listening(config).await);
    }
    // The stations check the limit at every event. Those without a place visit.
    hub.until("a link or a visit of each", |s| s.ups >= LAN_LINKS_MAX + 3)
        .await;
    hub.settle(Duration::from_secs(8)).await;
    assert!(hub.links.len() >= LAN_LINKS_MAX);
    assert!(
        hub.ups > LAN_LINKS_MAX + 3,
        "those without a place had no second turn"
    );
    for other in others {
        other.end().await;
    }
    hub.until("all down", |s| s.links.is_empty()).await;
    hub.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn carrier_that_calls_itself_makes_no_link() {
    let mut a = Station::listening(quiet()).await;
    a.dial(a.address());
    a.settle(Duration::from_secs(2)).await;
    assert_eq!(a.ups, 0);
    a.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn address_that_cannot_be_bound_is_told_and_the_other_works() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = quiet();
    config.listen = vec![taken.local_addr().unwrap()];
    let mut a = Station::start(config);
    a.until("told", |s| {
        let status = s.status.as_ref();
        status.is_some_and(|s| s.reason.is_some() && s.advice.is_some() && !s.can_be_found)
    })
    .await;
    assert!(a.listening.is_empty());
    drop(taken);
    // It keeps trying.
    a.until("bound after all", |s| !s.listening.is_empty())
        .await;
    a.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ended_carrier_frees_its_port_and_its_handle_refuses_nothing_else() {
    let a = Station::listening(quiet()).await;
    let address = a.address();
    a.end().await;
    std::net::TcpListener::bind(address).expect("the port is free");
}
