//! LAN carriers among hostile neighbours: garbage, silence, streams out of turn.

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

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use lan::{DEADLINE, Station, both, connect, quiet, stranger};
use libp2p::swarm::{Swarm, SwarmEvent};
use libp2p::{PeerId, StreamProtocol};
use mesh_core::transport::TransportCommand;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

const MESH: StreamProtocol = StreamProtocol::new("/starling/mesh/1");

/// A stranger whose turn it is to open the stream, or whose turn it is not.
async fn connect_as(opens: bool, to: SocketAddr) -> (Swarm<libp2p_stream::Behaviour>, PeerId) {
    loop {
        let mut swarm = stranger();
        let peer = connect(&mut swarm, to).await;
        if (*swarm.local_peer_id() < peer) == opens {
            return (swarm, peer);
        }
    }
}

async fn closed(swarm: &mut Swarm<libp2p_stream::Behaviour>) {
    let closed = async {
        while !matches!(
            swarm.select_next_some().await,
            SwarmEvent::ConnectionClosed { .. }
        ) {}
    };
    timeout(DEADLINE, closed).await.expect("not disconnected");
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_and_silence_do_not_keep_an_honest_neighbour_out() {
    let mut a = Station::listening(quiet()).await;
    let mut b = Station::listening(quiet()).await;
    let mut held = Vec::new();
    for number in 0..400 {
        let mut stream = TcpStream::connect(a.address()).await.unwrap();
        if number % 2 == 0 {
            let garbage: Vec<u8> = (0..2_000_u32).map(|n| (n * number % 256) as u8).collect();
            let _ = stream.write_all(&garbage).await;
        }
        held.push(stream);
    }
    let start = Instant::now();
    b.dial(a.address());
    both("link", &mut a, &mut b, |s| s.links.len() == 1).await;
    assert!(start.elapsed() < Duration::from_secs(2), "too slow");
    drop(held);
    tokio::join!(a.end(), b.end());
}

#[tokio::test(flavor = "multi_thread")]
async fn stranger_without_a_stream_is_no_link_and_is_disconnected() {
    let mut a = Station::listening(quiet()).await;
    let (mut swarm, _) = connect_as(true, a.address()).await;
    tokio::join!(closed(&mut swarm), a.settle(Duration::from_secs(1)));
    assert_eq!(a.ups, 0);
    a.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stranger_that_refuses_our_stream_is_disconnected() {
    let mut a = Station::listening(quiet()).await;
    let (mut swarm, _) = connect_as(false, a.address()).await;
    closed(&mut swarm).await;
    a.settle(Duration::from_millis(100)).await;
    assert_eq!(a.ups, 0);
    a.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn extra_streams_are_dropped_and_the_first_stays_the_link() {
    let mut a = Station::listening(quiet()).await;
    let (mut swarm, peer) = connect_as(true, a.address()).await;
    let mut control = swarm.behaviour().new_control();
    let poll = tokio::spawn(async move { while swarm.next().await.is_some() {} });
    let mut first = control.open_stream(peer, MESH).await.unwrap();
    first.write_all(b"one").await.unwrap();
    first.flush().await.unwrap();
    a.until("link", |s| !s.received.is_empty()).await;
    for _ in 0..10 {
        if let Ok(mut extra) = control.open_stream(peer, MESH).await {
            let _ = extra.write_all(b"extra").await;
            let _ = extra.flush().await;
            let mut end = [0];
            let read = timeout(DEADLINE, extra.read(&mut end)).await.unwrap();
            assert!(!matches!(read, Ok(1..)));
        }
    }
    first.write_all(b" two").await.unwrap();
    first.flush().await.unwrap();
    let link = a.only_link();
    a.until("rest", |s| s.received[&link] == b"one two").await;
    assert_eq!(a.ups, 1);
    poll.abort();
    a.until("link down", |s| s.links.is_empty()).await;
    a.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn flood_of_streams_ends_the_connection() {
    let a = Station::listening(quiet()).await;
    let (mut swarm, peer) = connect_as(true, a.address()).await;
    let mut control = swarm.behaviour().new_control();
    let flood = tokio::spawn(async move {
        let alive = StreamProtocol::new("/starling/alive/1");
        while control.open_stream(peer, alive.clone()).await.is_ok() {}
    });
    let start = Instant::now();
    closed(&mut swarm).await;
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "only by its timeout"
    );
    flood.abort();
    a.end().await;
}

/// A reader that does not read: the carrier must hold no more than the credit, and
/// close a link whose credit is overrun.
#[tokio::test(flavor = "multi_thread")]
async fn neighbour_that_does_not_read_holds_up_only_its_own_link() {
    let mut a = Station::listening(quiet()).await;
    let mut b = Station::listening(quiet()).await;
    let (mut swarm, peer) = connect_as(true, a.address()).await;
    let mut control = swarm.behaviour().new_control();
    let poll = tokio::spawn(async move { while swarm.next().await.is_some() {} });
    let mut stream = control.open_stream(peer, MESH).await.unwrap();
    stream.write_all(b"x").await.unwrap();
    stream.flush().await.unwrap();
    a.until("link", |s| s.links.len() == 1).await;
    let stuck = a.only_link();
    b.dial(a.address());
    a.until("second link", |s| s.links.len() == 2).await;
    b.until("link", |s| s.links.len() == 1).await;
    for _ in 0..64 {
        a.transmit(stuck, vec![0; 4_096]);
    }
    let honest = *a.links.keys().find(|link| **link != stuck).unwrap();
    a.transmit(honest, b"still here".to_vec());
    b.until("bytes", |s| s.received.values().any(|r| r == b"still here"))
        .await;
    assert!(a.links.contains_key(&stuck));
    for _ in 0..256 {
        a.transmit(stuck, vec![0; 4_096]);
    }
    a.until("overrun link down", |s| !s.links.contains_key(&stuck))
        .await;
    assert!(a.links.contains_key(&honest));
    poll.abort();
    tokio::join!(a.end(), b.end());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_run_has_another_peer_id() {
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let a = Station::listening(quiet()).await;
        assert!(seen.insert(connect(&mut stranger(), a.address()).await));
        a.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_for_links_that_are_gone_are_ignored() {
    let a = Station::listening(quiet()).await;
    let link = mesh_core::types::LinkId(77);
    a.transmit(link, vec![1]);
    a.handle.command(TransportCommand::Close { link }).unwrap();
    a.end().await;
}
