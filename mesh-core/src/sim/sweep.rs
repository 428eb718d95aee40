//! Small worlds in which anything may go wrong, one for each seed.
//!
//! Every world has a few people, a network or a dense crowd, faults and enemies as
//! the seed draws them, and then quiet, after which all promises must hold.

use crate::limits::{BLE_LINKS_MAX, RELAY_BYTES_MAX};

use super::adversary::Adversary;
use super::chance::Chance;
use super::crowd::Movement;
use super::faults;
use super::medium::Medium;
use super::spec::{Audience, Spec, Strategy, Traffic};
use super::trial::Trial;

/// Things happen until this second; whatever breaks is whole again 30 s later.
const BUSY_S: u64 = 60;
/// Everything has been still for long enough at this second.
const END_S: u64 = 240;

/// The world of a seed.
#[must_use]
pub fn sweep_spec(seed: u64) -> Spec {
    let mut chance = Chance::new(seed, 3);
    let nodes = 3 + chance.below(6) as usize;
    let is_hostile = chance.happens(0.5);
    let medium = match chance.below(4) {
        0 => Medium {
            range_m: Some(30.0),
            set_up_ms: 500..2_000,
            ..Medium::ble()
        },
        _ => Medium {
            loss: 0.0,
            degree: 2 + chance.below(4) as usize,
            ..Medium::lan()
        },
    };
    // On radios a hostile neighbour may take a slot for a minute; a network of this
    // size has room for everybody.
    let enemies = match is_hostile && medium.range_m.is_none() {
        true => 1 + chance.below(2),
        false => 0,
    };
    let adversaries = (0..enemies)
        .filter_map(|_| {
            let at = chance.below(Adversary::ALL.len() as u64) as usize;
            Adversary::ALL.get(at).copied()
        })
        .collect();
    let is_private = chance.happens(0.2);
    let count = chance.below(5);
    let span_ms = (5_000, BUSY_S * 1_000);
    Spec {
        name: "sweep".to_owned(),
        nodes,
        seconds: END_S,
        medium,
        movement: Movement::Still { ground_m2: 4.0 },
        skipped_s: 0,
        traffic: Traffic {
            per_s: Some(0.1 + chance.unit() * 0.4),
            every_s: 1.0,
            writers: Some(if is_private { nodes } else { 2 }),
            from_s: 1,
            until_s: BUSY_S,
            counted_until_s: BUSY_S,
            bytes: 40 + chance.below(200) as usize,
            audience: match is_private {
                true => Audience::Block(3),
                false => Audience::Everybody,
            },
            lifetime_s: None,
        },
        strategy: Strategy::Offer,
        buffer_bytes: RELAY_BYTES_MAX,
        links_max: BLE_LINKS_MAX,
        clock_skew_s: chance.below(120),
        adversaries,
        faults: faults::draw(count, nodes as u32, span_ms, &mut chance),
        trial: Trial::default(),
        is_checked: true,
    }
}
