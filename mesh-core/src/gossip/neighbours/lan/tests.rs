use super::*;
use crate::testing::rng;

type Key = [u8; 4];

fn key(number: u32) -> Key {
    number.to_be_bytes()
}

fn rule(seed: u64) -> LanNeighbours<Key> {
    LanNeighbours::new(&mut rng(seed))
}

/// Does what the rule decides; every call is answered.
fn settle(rule: &mut LanNeighbours<Key>, now: Mono) -> Vec<Decision<Key>> {
    let decided = rule.decide(now);
    for decision in &decided {
        match decision {
            Decision::Connect(key) => rule.linked(*key, true),
            Decision::Disconnect(key) => rule.unlinked(now, *key),
        }
    }
    decided
}

#[test]
fn alone_on_a_network_it_calls_six_and_no_more() {
    let mut rule = rule(1);
    (0..50).for_each(|n| rule.heard(Mono(0), key(n), Found::Heard));
    assert_eq!(settle(&mut rule, Mono(0)).len(), LAN_LINKS_AIM);
    assert_eq!(settle(&mut rule, Mono(1_000)), []);
}

#[test]
fn with_inbound_links_it_still_calls_three_of_its_own_choice() {
    let mut rule = rule(1);
    (0..50).for_each(|n| rule.heard(Mono(0), key(n), Found::Heard));
    (100..104).for_each(|n| {
        assert!(rule.has_room_for(key(n)));
        rule.linked(key(n), false);
    });
    let called = settle(&mut rule, Mono(0));
    assert_eq!(called.len(), LAN_LINKS_OUTBOUND_MIN);
}

/// Whoever is first and calls from everywhere does not get the last places.
#[test]
fn callers_never_take_the_places_of_our_own_calls() {
    let mut rule = rule(1);
    let taken = (0..100).filter(|n| {
        let room = rule.has_room_for(key(*n));
        if room {
            rule.linked(key(*n), false);
        }
        room
    });
    assert_eq!(taken.count(), LAN_LINKS_MAX - LAN_LINKS_OUTBOUND_MIN);
}

#[test]
fn two_devices_order_the_same_candidates_differently() {
    let called = |seed| {
        let mut rule = rule(seed);
        (0..100).for_each(|n| rule.heard(Mono(0), key(n), Found::Heard));
        rule.decide(Mono(0))
    };
    assert_eq!(called(1), called(1));
    assert_ne!(called(1), called(2));
}

#[test]
fn a_vouched_peer_gets_a_place_even_when_all_are_taken() {
    let mut rule = rule(1);
    (0..50).for_each(|n| rule.heard(Mono(0), key(n), Found::Heard));
    for n in 100..100 + (LAN_LINKS_MAX - LAN_LINKS_OUTBOUND_MIN) as u32 {
        rule.linked(key(n), false);
    }
    settle(&mut rule, Mono(0));
    assert_eq!(rule.links.len(), LAN_LINKS_MAX);
    rule.heard(Mono(1_000), key(7_777), Found::Vouched);
    let decided = settle(&mut rule, Mono(1_000));
    assert!(
        decided.contains(&Decision::Connect(key(7_777))),
        "{decided:?}"
    );
    assert!(rule.links.len() <= LAN_LINKS_MAX);
    // And keeps it, whatever is drawn.
    for minute in 1..60 {
        let now = Mono(1_000 + minute * LAN_REDRAW_MS);
        (0..50).for_each(|n| rule.heard(now, key(n), Found::Heard));
        settle(&mut rule, now);
        assert!(rule.links.contains_key(&key(7_777)));
    }
}

/// A network on which nineteen in twenty addresses are hostile and first: the calls
/// of a victim do not stay with them.
#[test]
fn calls_move_on_minute_by_minute() {
    let mut rule = rule(1);
    let mut met = std::collections::BTreeSet::new();
    for minute in 0..60 {
        let now = Mono(minute * LAN_REDRAW_MS);
        (0..20).for_each(|n| rule.heard(now, key(n), Found::Heard));
        settle(&mut rule, now);
        settle(&mut rule, now);
        met.extend(rule.links.keys().copied());
        assert!(rule.links.len() >= LAN_LINKS_OUTBOUND_MIN);
        assert_eq!(rule.next_timeout(), Some(now.plus_ms(LAN_REDRAW_MS)));
    }
    assert!(met.len() >= 18, "{} of 20 were met in an hour", met.len());
}

#[test]
fn a_failed_call_is_not_repeated_at_once() {
    let mut rule = rule(1);
    rule.heard(Mono(0), key(1), Found::Heard);
    assert_eq!(rule.decide(Mono(0)), [Decision::Connect(key(1))]);
    rule.call_failed(Mono(0), key(1));
    assert_eq!(rule.decide(Mono(1)), []);
    assert_eq!(rule.decide(Mono(LAN_RETRY_MS)), [Decision::Connect(key(1))]);
}

#[test]
fn advertisements_fill_a_bounded_memory_and_push_out_no_vouched_peer() {
    let mut rule = rule(1);
    rule.heard(Mono(0), key(7_777), Found::Vouched);
    (0..5_000).for_each(|n| rule.heard(Mono(u64::from(n)), key(n), Found::Heard));
    assert_eq!(rule.candidates.len(), LAN_CANDIDATES_MAX);
    assert!(rule.is_vouched(&key(7_777)));
}
