//! Tests of the want table: one want an id, time-outs, hostile offerers.

use super::*;
use crate::limits::{
    WANT_AGE_MS_MAX, WANT_FIRST_BLE_MS, WANT_FIRST_LAN_MS, WANT_QUIET_MS_MAX, WANT_SLACK_BLE_MS,
    WANT_SLACK_LAN_MS, WANTS_JUDGED_MAX, WANTS_LATE_MAX, WANTS_OUTSTANDING_BLE_MAX,
    WANTS_OUTSTANDING_LAN_MAX, WANTS_OUTSTANDING_POOR_MAX, WANTS_QUEUED_MAX,
};

const A: LinkId = LinkId(1);
const B: LinkId = LinkId(2);
const T0: Mono = Mono(1_000);

fn id(number: u32) -> EnvelopeId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_le_bytes());
    EnvelopeId(bytes)
}

fn wants() -> Wants {
    let mut wants = Wants::default();
    wants.link_up(A, LinkKind::Lan);
    wants.link_up(B, LinkKind::Lan);
    wants
}

#[test]
fn an_id_offered_twice_is_asked_once() {
    let mut wants = wants();
    assert!(wants.offered(A, id(1), 1) && wants.offered(B, id(1), 1));
    assert_eq!(wants.ask(T0, A, 9, &[]), [id(1)]);
    assert_eq!(wants.ask(T0, B, 9, &[]), []);
    assert!(wants.arrived(T0, A, id(1)));
    wants.came(id(1));
    assert!(wants.is_empty() && wants.next_timeout().is_none());
}

#[test]
fn silence_moves_the_want_to_the_next_offerer() {
    let mut wants = wants();
    wants.offered(A, id(1), 1);
    wants.offered(B, id(1), 1);
    wants.ask(T0, A, 9, &[]);
    let deadline = wants.next_timeout().unwrap();
    assert_eq!(deadline, T0.plus_ms(WANT_FIRST_LAN_MS));
    assert!(wants.expire(deadline).is_empty());
    assert_eq!(wants.ask(deadline, B, 9, &[]), [id(1)]);
}

#[test]
fn progress_on_a_link_gives_its_other_wants_time() {
    let mut wants = wants();
    wants.offered(A, id(1), 1);
    wants.offered(A, id(2), 1);
    wants.ask(T0, A, 9, &[]);
    wants.arrived(T0.plus_ms(1_000), A, id(1));
    assert!(wants.next_timeout() > Some(T0.plus_ms(2_000)));
}

#[test]
fn the_last_offerer_failing_is_named_for_repair() {
    let mut wants = wants();
    wants.offered(A, id(1), 1);
    wants.ask(T0, A, 9, &[]);
    assert_eq!(
        wants.expire(T0.plus_ms(WANT_FIRST_LAN_MS)),
        BTreeSet::from([A])
    );
    assert!(!wants.is_wanted(id(1)));
}

#[test]
fn a_link_going_down_hands_everything_over() {
    let mut wants = wants();
    for number in 0..10 {
        wants.offered(A, id(number), 1);
        wants.offered(B, id(number), 1);
    }
    assert_eq!(wants.ask(T0, A, 5, &[]).len(), 5);
    wants.link_down(A);
    assert_eq!(wants.ask(T0, B, 99, &[]).len(), 10);
    wants.link_down(B);
    assert!(wants.is_empty());
}

#[test]
fn urgent_classes_first_then_the_newest() {
    let mut wants = wants();
    wants.offered(A, id(1), 1);
    wants.offered(A, id(2), 1);
    wants.offered(A, id(3), 0);
    assert_eq!(wants.ask(T0, A, 9, &[]), [id(3), id(2), id(1)]);
}

#[test]
fn a_flood_of_offers_fills_only_the_flooders_own_room() {
    let mut wants = wants();
    let taken = (0..70_000).filter(|n| wants.offered(A, id(*n), 1)).count();
    assert_eq!(taken, WANTS_QUEUED_MAX);
    assert!(wants.offered(B, id(70_001), 1));
    assert_eq!(wants.ask(T0, B, 9, &[]), [id(70_001)]);
    assert_eq!(
        wants.ask(T0, A, usize::MAX, &[]).len(),
        WANTS_OUTSTANDING_LAN_MAX
    );
}

#[test]
fn offers_taken_back_leave_nothing_behind() {
    let mut wants = wants();
    for number in 0..10_000 {
        assert!(wants.offered(A, id(number), 1));
        wants.gone(T0, A, id(number));
    }
    assert!(wants.is_empty() && !wants.has_offers_of(A));
}

#[test]
fn other_deliveries_buy_no_time_for_an_id_withheld() {
    let mut wants = wants();
    wants.offered(A, id(1), 1);
    wants.offered(B, id(1), 1);
    wants.ask(T0, A, 1, &[]);
    for step in 1..20 {
        let now = T0.plus_ms(step * 1_000);
        wants.expire(now);
        let other = id(1_000 + u32::try_from(step).unwrap());
        wants.offered(A, other, 1);
        wants.ask(now, A, 1, &[]);
        wants.arrived(now, A, other);
    }
    assert_eq!(wants.ask(T0.plus_ms(20_000), B, 1, &[]), [id(1)]);
}

#[test]
fn what_comes_late_was_wanted_all_the_same() {
    let mut wants = wants();
    wants.offered(A, id(1), 1);
    wants.ask(T0, A, 9, &[]);
    let late = T0.plus_ms(WANT_FIRST_LAN_MS);
    wants.expire(late);
    assert!(wants.arrived(late, A, id(1)));
    assert!(!wants.arrived(late, A, id(1)));
    assert!(!wants.arrived(late, B, id(1)));
}

#[test]
fn gone_asks_the_next_at_once() {
    let mut wants = wants();
    wants.offered(A, id(1), 1);
    wants.offered(B, id(1), 1);
    wants.ask(T0, A, 9, &[]);
    wants.gone(T0, A, id(1));
    assert!(!wants.has_offers_of(A) && wants.has_offers_of(B));
    assert_eq!(wants.ask(T0, B, 9, &[]), [id(1)]);
}

#[test]
fn a_neighbour_that_let_us_down_is_asked_for_little() {
    let mut wants = wants();
    (0..200).for_each(|number| assert!(wants.offered(A, id(number), 1)));
    assert_eq!(wants.ask(T0, A, 999, &[]).len(), WANTS_OUTSTANDING_LAN_MAX);
    wants.expire(T0.plus_ms(WANT_FIRST_LAN_MS));
    assert_eq!(wants.ask(T0, A, 999, &[]).len(), WANTS_OUTSTANDING_POOR_MAX);
}

#[test]
fn a_quick_neighbour_is_waited_for_less_than_an_unknown_one() {
    let mut wants = wants();
    let mut now = T0;
    for number in 0..20 {
        wants.offered(A, id(number), 1);
        wants.ask(now, A, 1, &[]);
        now = now.plus_ms(10);
        assert!(wants.arrived(now, A, id(number)));
    }
    wants.offered(A, id(99), 1);
    wants.ask(now, A, 1, &[]);
    let waits_ms = wants.next_timeout().unwrap().ms_since(now);
    assert!((100..200).contains(&waits_ms), "{waits_ms} ms");
}

#[test]
fn an_offerer_that_left_holds_nothing_up() {
    let mut wants = wants();
    wants.offered(A, id(1), 1);
    wants.offered(B, id(1), 1);
    assert_eq!(wants.ask(T0, A, 9, &[]), [id(1)]);
    wants.link_down(B);
    let late = T0.plus_ms(WANT_FIRST_LAN_MS);
    assert_eq!(wants.expire(late), BTreeSet::from([A]));
    assert!(wants.is_empty() && wants.next_timeout().is_none());
}

#[test]
fn after_a_time_out_an_id_waits_at_all_who_offered_it() {
    const C: LinkId = LinkId(3);
    let mut wants = wants();
    wants.link_up(C, LinkKind::Lan);
    assert!([A, B, C].iter().all(|link| wants.offered(*link, id(1), 1)));
    wants.ask(T0, A, 9, &[]);
    // B has so much else to offer that its turn for this one never comes.
    (2..200).for_each(|n| assert!(wants.offered(B, id(n), 1)));
    let late = T0.plus_ms(WANT_FIRST_LAN_MS);
    wants.expire(late);
    assert!(!wants.ask(late, B, 100, &[]).contains(&id(1)));
    assert_eq!(wants.ask(late, C, 9, &[]), [id(1)]);
}

#[test]
fn whoever_failed_gets_no_second_turn_while_others_offer_it() {
    let mut wants = wants();
    wants.offered(A, id(1), 1);
    wants.offered(B, id(1), 1);
    wants.ask(T0, A, 9, &[]);
    wants.expire(T0.plus_ms(WANT_FIRST_LAN_MS));
    assert!(wants.offered(A, id(1), 1));
    assert_eq!(wants.ask(T0.plus_ms(2_000), A, 9, &[]), []);
    wants.link_down(B);
    assert!(wants.offered(A, id(1), 1));
    assert_eq!(wants.ask(T0.plus_ms(2_000), A, 9, &[]), [id(1)]);
}

#[test]
fn what_comes_late_earns_nothing_and_a_prompt_gone_costs_nothing() {
    let mut wants = wants();
    let mut now = T0;
    for number in 0..20 {
        wants.offered(A, id(number), 1);
        wants.ask(now, A, 1, &[]);
        now = now.plus_ms(WANT_AGE_MS_MAX);
        wants.expire(now);
        assert!(wants.arrived(now, A, id(number)));
        wants.offered(B, id(100 + number), 1);
        wants.ask(now, B, 1, &[]);
        wants.gone(now, B, id(100 + number));
    }
    assert_eq!(
        (wants.deliveries(A), wants.deliveries(B)),
        ((20, 0), (0, 0))
    );
}

#[test]
fn a_class_held_back_is_passed_over_and_the_others_are_asked() {
    let mut wants = wants();
    for (number, class) in [(1, 0), (2, 1), (3, 1), (4, 3)] {
        wants.offered(A, id(number), class);
    }
    assert_eq!(wants.ask(T0, A, 9, &[1]), [id(1), id(4)]);
    assert_eq!(wants.ask(T0, A, 9, &[]), [id(3), id(2)]);
}

#[test]
fn an_id_offered_as_idle_is_raised_by_whoever_knows_better() {
    let mut wants = wants();
    wants.offered(A, id(1), 3);
    wants.offered(A, id(2), 1);
    wants.offered(B, id(1), 0);
    assert_eq!(wants.ask(T0, A, 1, &[]), [id(1)]);
}

#[test]
fn a_crowd_of_offerers_does_not_keep_a_better_one_out() {
    let mut wants = wants();
    for number in 0..20 {
        wants.offered(B, id(number), 1);
        wants.ask(T0, B, 1, &[]);
        assert!(wants.arrived(T0, B, id(number)));
        wants.came(id(number));
    }
    for link in 10..10 + OFFERERS_MAX as u64 {
        wants.link_up(LinkId(link), LinkKind::Lan);
        assert!(wants.offered(LinkId(link), id(99), 1));
    }
    assert!(!wants.offered(A, id(99), 1), "no better than they are");
    assert!(wants.offered(B, id(99), 1));
    assert_eq!(wants.ask(T0, B, 9, &[]), [id(99)]);
}

#[test]
fn what_a_bluetooth_neighbour_is_asked_at_once_is_bounded() {
    let mut wants = Wants::default();
    wants.link_up(A, LinkKind::Ble);
    (0..200).for_each(|number| assert!(wants.offered(A, id(number), 1)));
    assert_eq!(wants.ask(T0, A, 999, &[]).len(), WANTS_OUTSTANDING_BLE_MAX);
    assert_eq!(wants.next_timeout(), Some(T0.plus_ms(WANT_FIRST_BLE_MS)));
}

#[test]
fn links_remembered_as_able_to_serve_one_id_are_bounded() {
    let mut wants = Wants::default();
    let links = (0..2 * OFFERERS_MAX as u64).map(LinkId);
    let taken = links.filter(|link| {
        wants.link_up(*link, LinkKind::Lan);
        wants.offered(*link, id(1), 1)
    });
    assert_eq!(taken.count(), OFFERERS_MAX);
}

#[test]
fn ids_that_may_come_late_are_bounded_and_the_oldest_goes() {
    let mut wants = wants();
    let mut now = T0;
    let mut given_up = Vec::new();
    while given_up.len() < 2 * WANTS_LATE_MAX {
        let number = u32::try_from(given_up.len()).unwrap();
        wants.offered(A, id(number), 1);
        given_up.extend(wants.ask(now, A, 1, &[]));
        now = wants.next_timeout().unwrap();
        wants.expire(now);
    }
    let late = given_up.iter().rev().take(WANTS_LATE_MAX);
    assert!(late.into_iter().all(|id| wants.arrived(now, A, *id)));
    let older = given_up.iter().rev().skip(WANTS_LATE_MAX);
    assert!(older.into_iter().all(|id| !wants.arrived(now, A, *id)));
}

/// How long a neighbour is waited for that took `latency_ms` each of a hundred times.
fn patience_ms(kind: LinkKind, latency_ms: u64) -> u64 {
    let mut wants = Wants::default();
    wants.link_up(A, kind);
    let mut now = T0;
    for number in 0..100 {
        wants.offered(A, id(number), 1);
        wants.ask(now, A, 1, &[]);
        now = now.plus_ms(latency_ms);
        assert!(wants.arrived(now, A, id(number)));
    }
    wants.offered(A, id(1_000), 1);
    wants.ask(now, A, 1, &[]);
    wants.next_timeout().unwrap().ms_since(now)
}

#[test]
fn patience_is_what_it_takes_with_a_slack_by_kind_and_ends() {
    // Rounding leaves a few milliseconds of variation.
    for (kind, slack_ms) in [
        (LinkKind::Lan, WANT_SLACK_LAN_MS),
        (LinkKind::Ble, WANT_SLACK_BLE_MS),
    ] {
        let waits_ms = patience_ms(kind, 10);
        assert!(
            (slack_ms + 10..slack_ms + 30).contains(&waits_ms),
            "{waits_ms} ms"
        );
    }
    // Who made us wait for long each time does not make us wait for ever.
    assert_eq!(patience_ms(LinkKind::Lan, 60_000), WANT_QUIET_MS_MAX);
}

#[test]
fn an_id_withheld_is_given_up_when_it_is_old_whatever_else_comes() {
    let mut wants = wants();
    wants.offered(A, id(0), 1);
    wants.ask(T0, A, 1, &[]);
    let mut now = T0;
    while wants.is_wanted(id(0)) {
        assert!(now < T0.plus_ms(WANT_AGE_MS_MAX), "{now:?}");
        now = now.plus_ms(500);
        let other = id(u32::try_from(now.0).unwrap());
        wants.offered(A, other, 1);
        wants.ask(now, A, 1, &[]);
        assert!(wants.arrived(now, A, other));
        wants.expire(now);
    }
    assert_eq!(now, T0.plus_ms(WANT_AGE_MS_MAX));
}

#[test]
fn good_conduct_of_long_ago_excuses_nothing() {
    let mut wants = wants();
    let mut now = T0;
    for number in 0..10_000 {
        wants.offered(A, id(number), 1);
        wants.ask(now, A, 1, &[]);
        assert!(wants.arrived(now, A, id(number)));
        wants.came(id(number));
    }
    for number in 0..u32::try_from(WANTS_JUDGED_MAX).unwrap() {
        wants.offered(A, id(20_000 + number), 1);
        wants.ask(now, A, 1, &[]);
        now = wants.next_timeout().unwrap();
        wants.expire(now);
    }
    (0..100).for_each(|n| assert!(wants.offered(A, id(30_000 + n), 1)));
    let asked = wants.ask(now, A, 100, &[]).len();
    assert_eq!(asked, WANTS_OUTSTANDING_POOR_MAX);
}
