//! Neighbours that parted and meet again: what it costs to find what differs.

use super::crowd::Crowd;
use crate::engine::Counters;

/// Two people who were linked until both held `common`, then said `apart` each
/// while parted.
fn parted(common: usize, apart: [usize; 2]) -> Crowd {
    let mut crowd = Crowd::new(2);
    let nearby = crowd.join(0, "nearby");
    let (link, _) = crowd.link(0, 1);
    for number in 0..common {
        crowd.say(0, nearby, &format!("common {number}"));
    }
    crowd.run(20_000);
    assert_eq!(held(&mut crowd), [common, common]);
    crowd.cut(0, link);
    for (person, count) in apart.into_iter().enumerate() {
        let nearby = crowd.join(person, "nearby");
        for number in 0..count {
            crowd.say(person, nearby, &format!("{person} alone {number}"));
        }
    }
    crowd.run(2_000);
    crowd
}

fn held(crowd: &mut Crowd) -> [usize; 2] {
    [0, 1].map(|person| crowd.status(person).stored.count as usize)
}

/// What both said since, together.
fn said_since(crowd: &Crowd, before: [Counters; 2]) -> Counters {
    let mut sum = Counters::default();
    for (engine, before) in crowd.engines.iter().zip(before) {
        let now = engine.counters();
        sum.sync_bytes_out += now.sync_bytes_out - before.sync_bytes_out;
        sum.offers_out += now.offers_out - before.offers_out;
        sum.wants_out += now.wants_out - before.wants_out;
        sum.pushes_out += now.pushes_out - before.pushes_out;
        sum.duplicate_pushes_in += now.duplicate_pushes_in - before.duplicate_pushes_in;
    }
    sum
}

fn counters(crowd: &Crowd) -> [Counters; 2] {
    [0, 1].map(|person| crowd.engines[person].counters())
}

#[test]
fn a_meeting_costs_by_what_differs_and_not_by_what_is_held() {
    let mut costs = Vec::new();
    for common in [300, 1_500] {
        let mut crowd = parted(common, [6, 5]);
        let before = counters(&crowd);
        crowd.link(0, 1);
        crowd.run(1_000);
        assert_eq!(held(&mut crowd), [common + 11; 2]);
        let said = said_since(&crowd, before);
        assert_eq!(
            (said.pushes_out, said.wants_out, said.offers_out),
            (11, 11, 11)
        );
        assert_eq!(said.duplicate_pushes_in, 0);
        costs.push(said.sync_bytes_out);
    }
    println!("11 of 311 and of 1,511 differ: {costs:?} bytes");
    assert!(costs.iter().all(|bytes| *bytes < 900), "{costs:?}");
}

#[test]
fn equal_sets_cost_48_bytes_and_nothing_is_offered() {
    let mut crowd = parted(400, [0, 0]);
    let before = counters(&crowd);
    crowd.link(0, 1);
    crowd.run(2_000);
    let said = said_since(&crowd, before);
    assert!((1..=48).contains(&said.sync_bytes_out), "{said:?}");
    assert_eq!((said.offers_out, said.pushes_out), (0, 0));
}

#[test]
fn a_quiet_link_compares_ever_more_rarely() {
    let mut crowd = parted(100, [0, 0]);
    crowd.link(0, 1);
    crowd.run(1_000);
    let before = counters(&crowd);
    crowd.run(600_000);
    let said = said_since(&crowd, before);
    // At most once in 30 s, after the first few; 30 bytes each.
    assert!((100..=25 * 48).contains(&said.sync_bytes_out), "{said:?}");
}

#[test]
fn large_differences_in_both_directions_are_levelled_within_seconds() {
    let mut crowd = parted(200, [900, 700]);
    let before = counters(&crowd);
    crowd.link(0, 1);
    crowd.run(5_000);
    assert_eq!(held(&mut crowd), [1_800; 2]);
    let said = said_since(&crowd, before);
    assert_eq!((said.pushes_out, said.duplicate_pushes_in), (1_600, 0));
}

#[test]
fn three_who_meet_at_once_get_each_envelope_once() {
    let mut crowd = parted(200, [40, 40]);
    let newcomer = crowd.fresh_engine(0);
    crowd.engines.push(newcomer);
    crowd.events.push(Vec::new());
    crowd.clock_ahead_ms.push(0);
    let before = counters(&crowd);
    crowd.link(0, 1);
    crowd.link(1, 2);
    crowd.link(0, 2);
    crowd.run(5_000);
    assert_eq!(crowd.status(2).stored.count, 280);
    assert_eq!(held(&mut crowd), [280; 2]);
    let pushes = said_since(&crowd, before).pushes_out + crowd.engines[2].counters().pushes_out;
    assert_eq!(pushes, 280 + 80);
}

#[test]
fn what_was_lost_on_a_link_is_found_by_the_next_comparison() {
    let mut crowd = parted(50, [0, 0]);
    crowd.link(0, 1);
    crowd.run(1_000);
    // As if offers to the neighbour had been lost: it is held to know what it does not.
    let nearby = crowd.join(0, "nearby");
    let (link, _) = crowd.link(0, 1);
    crowd.cut(0, link);
    crowd.run(100);
    for peer in crowd.engines[0].peers.touch_all() {
        peer.slot = crate::gossip::Slot::lowest_free([]).unwrap();
        peer.outgoing = crate::link::Outgoing::new(peer.allowance);
    }
    crowd.say(0, nearby, "unheard");
    crowd.run(600);
    for peer in crowd.engines[0].peers.touch_all() {
        peer.outgoing = crate::link::Outgoing::new(peer.allowance);
    }
    crowd.run(70_000);
    assert_eq!(held(&mut crowd), [51; 2]);
}
