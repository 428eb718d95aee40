//! C13 · Sybil and eclipse on a LAN, gossipsub's list: hundreds of invented neighbours
//! take all links of a few honest ones and pass nothing on.
//!
//! What the honest ones write must reach all of them within a minute over honest
//! links alone, whoever comes first. `docs/protocol/link.md`, "Whom to keep".

use crate::crowd::{Crowd, Plan};
use crate::size;

const SECOND: u64 = 1_000;
/// What all wrote must have reached all within this.
const SERVED_MS: u64 = 60 * SECOND;
/// And within this where each was given the address of one other by hand.
const BY_HAND_MS: u64 = 10 * SECOND;

fn at_once() -> Plan {
    Plan {
        honest: size(10, 20) as usize,
        sybils: size(290, 980) as usize,
        honest_come_ms: 0,
        sybils_come_ms: 0,
        write_ms: 0,
        sybil_calls_ms: 2 * SECOND,
        sybils_leave: false,
        by_hand: false,
    }
}

const SEEDS_PERCENT_MIN: usize = 99;

/// Runs the plan with many seeds; says how many were served, and checks the share.
fn run(name: &str, plan: Plan, served_ms: u64) {
    let seeds = size(1, 500) as usize;
    let mut served = 0;
    let mut pairs = 0;
    for seed in 0..seeds {
        let mut crowd = Crowd::new(plan, seed as u64);
        pairs += crowd.run_until(plan.write_ms + served_ms);
        served += usize::from(crowd.is_served());
        if !crowd.is_served() {
            println!("{name}: seed {seed} is not served");
        }
        assert!(
            crowd.calls_in_second_max <= 10,
            "seed {seed}: too many calls"
        );
        if seed % 50 == 0 {
            let (links, honest) = crowd.links();
            let calls = crowd.calls;
            println!("{name} seed {seed}: {calls} calls, {honest} of {links} links honest");
            println!("{name}: {served} served so far");
        }
    }
    let most = seeds * plan.honest * plan.honest;
    println!("{name}: {served} of {seeds} seeds served, {pairs} of {most} pairs");
    assert!(
        served * 100 >= seeds * SEEDS_PERCENT_MIN,
        "{name}: {served} of {seeds}"
    );
}

#[test]
fn sybils_that_come_first_do_not_keep_honest_ones_apart() {
    run(
        "first",
        Plan {
            honest_come_ms: 30 * SECOND,
            write_ms: 31 * SECOND,
            ..at_once()
        },
        SERVED_MS,
    );
}

#[test]
fn sybils_that_come_later_do_not_part_honest_ones() {
    run(
        "later",
        Plan {
            sybils_come_ms: 30 * SECOND,
            write_ms: 60 * SECOND,
            ..at_once()
        },
        SERVED_MS,
    );
}

#[test]
fn sybils_that_come_at_once_do_not_keep_honest_ones_apart() {
    run("at once", at_once(), SERVED_MS);
}

/// Covert flash: they serve as neighbours until all leave in one moment.
#[test]
fn neighbours_that_all_leave_at_once_are_replaced() {
    run(
        "flash",
        Plan {
            honest_come_ms: 10 * SECOND,
            write_ms: 40 * SECOND,
            sybils_leave: true,
            ..at_once()
        },
        SERVED_MS,
    );
}

#[test]
fn addresses_by_hand_hold_whoever_else_is_there() {
    run(
        "by hand",
        Plan {
            honest_come_ms: 30 * SECOND,
            write_ms: 35 * SECOND,
            by_hand: true,
            ..at_once()
        },
        BY_HAND_MS,
    );
}
