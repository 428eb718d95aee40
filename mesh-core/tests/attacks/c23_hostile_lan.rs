//! C23 · rogue access points, forged mDNS records, ARP and isolation: the LAN itself
//! is against us.
//!
//! Here: a hundred thousand advertised addresses, whatever becomes of the calls, make
//! at most ten calls in any second, and an honest address among them is called. What
//! needs a network is in `tests/netns/run`: `isolated`, `flood` and `spoofed`.

use std::net::SocketAddr;

use mesh_core::transport::lan::trial::Chooser;

use crate::crowd::Draw;
use crate::size;

const CALLS_PER_SECOND_MAX: usize = 10;

fn forged(draw: &mut Draw) -> SocketAddr {
    let [.., high, low] = (draw.below(1 << 16) as u32).to_be_bytes();
    SocketAddr::from(([10, 0, high, low], 1 + draw.below(60_000) as u16))
}

/// Each call fails at once, or never ends: both are answered by calling others.
fn most_calls_in_a_second(seed: u64, fails: bool) -> (usize, usize) {
    let mut draw = Draw::new(seed);
    let mut node = Chooser::new(1, seed);
    let (records, span_ms) = (size(100_000, 1_000_000), 60_000);
    let mut called = Vec::new();
    for now_ms in (0..span_ms).step_by(50) {
        for _ in 0..records / (span_ms / 50) {
            let address = forged(&mut draw);
            if draw.below(2) == 0 {
                node.beacon(now_ms, address);
            } else {
                node.advertised(now_ms, address);
            }
        }
        node.tick(now_ms);
        for call in node.calls(now_ms) {
            let connection = called.len();
            node.calling(connection, call);
            called.push(now_ms);
            if fails {
                node.call_failed(now_ms, connection);
            }
        }
    }
    let in_second = |(at, first): (usize, &u64)| {
        let later = called[at..].iter();
        later.take_while(|now_ms| **now_ms < first + 1_000).count()
    };
    let most = called.iter().enumerate().map(in_second).max();
    (most.unwrap_or(0), called.len())
}

#[test]
fn hundred_thousand_records_make_no_more_than_ten_calls_a_second() {
    for seed in 0..size(1, 8) {
        for fails in [true, false] {
            let (most, all) = most_calls_in_a_second(seed, fails);
            println!("seed {seed}, calls fail {fails}: {all} calls, at most {most} a second");
            assert!(most <= CALLS_PER_SECOND_MAX, "seed {seed}");
            assert!(all > 10, "seed {seed}: they were not even tried");
        }
    }
}

#[test]
fn address_by_hand_is_called_at_once_in_any_flood() {
    let mut draw = Draw::new(7);
    let mut node = Chooser::new(1, 7);
    for _ in 0..10_000 {
        node.advertised(0, forged(&mut draw));
    }
    let by_hand = SocketAddr::from(([192, 168, 7, 7], 4_000));
    node.by_hand(0, by_hand);
    assert_eq!(node.calls(0)[0].address(), by_hand);
}
