use super::places::{GUEST_MS_MAX, GUEST_MS_MIN, STANDING, VISIT_MS};
use super::*;
use crate::limits::LAN_VISITS_MAX;
use libp2p::identity::Keypair;

fn connection(number: usize) -> ConnectionId {
    ConnectionId::new_unchecked(number)
}

fn arrival(number: usize, peer: PeerId, outbound: bool) -> Arrival {
    Arrival {
        connection: connection(number),
        peer,
        aim: outbound.then_some(Aim::Neighbour),
        is_fresh: true,
        reserved: 0,
    }
}

/// Two peers, the one that chooses first.
fn pair() -> (PeerId, PeerId) {
    let mut peers = [peer(), peer()];
    peers.sort_unstable();
    (peers[0], peers[1])
}

fn peer() -> PeerId {
    Keypair::generate_ed25519().public().to_peer_id()
}

#[test]
fn smaller_peer_opens_whoever_called() {
    let (small, large) = pair();
    for outbound in [true, false] {
        let mut chooser = Roster::new(small);
        let steps = chooser.established(0, arrival(1, large, outbound));
        assert_eq!(steps, [Step::Open(connection(1))]);
        let mut waiter = Roster::new(large);
        assert_eq!(
            waiter.established(0, arrival(1, small, outbound)),
            Vec::new()
        );
        assert_eq!(waiter.accepted(connection(1)), [Step::Start(connection(1))]);
    }
}

#[test]
fn crossing_calls_end_in_the_chosen_connection_at_both_ends() {
    let (small, large) = pair();
    let (mut chooser, mut waiter) = (Roster::new(small), Roster::new(large));
    chooser.established(0, arrival(1, large, true));
    chooser.established(0, arrival(2, large, false));
    waiter.established(0, arrival(2, small, true));
    waiter.established(0, arrival(1, small, false));
    let kept = [Step::Close(connection(2)), Step::Start(connection(1))];
    assert_eq!(chooser.opened(connection(1)), kept);
    assert_eq!(waiter.accepted(connection(1)), kept);
    assert_eq!((chooser.links(), waiter.links()), (1, 1));
    assert_eq!(chooser.closed(connection(2)), Vec::new());
    assert_eq!(waiter.closed(connection(2)), Vec::new());
}

#[test]
fn own_duplicate_call_is_closed_and_the_link_stays() {
    let (small, large) = pair();
    let mut chooser = Roster::new(small);
    chooser.established(0, arrival(1, large, false));
    chooser.opened(connection(1));
    let steps = chooser.established(0, arrival(2, large, true));
    assert_eq!(steps, [Step::Close(connection(2))]);
    assert_eq!(chooser.links(), 1);
}

#[test]
fn peer_that_comes_back_takes_over_once_its_dead_link_ended() {
    let (small, large) = pair();
    let mut chooser = Roster::new(small);
    chooser.established(0, arrival(1, large, false));
    chooser.opened(connection(1));
    let steps = chooser.established(5, arrival(2, large, false));
    assert_eq!(steps, [Step::Probe(connection(1))]);
    assert_eq!(chooser.fail(connection(1)), [Step::End(connection(1))]);
    let steps = chooser.link_ended(connection(1));
    assert_eq!(
        steps,
        [Step::Close(connection(1)), Step::Open(connection(2))]
    );
}

#[test]
fn waiter_follows_a_new_choice_only_after_the_former_link_is_down() {
    let (small, large) = pair();
    let mut waiter = Roster::new(large);
    waiter.established(0, arrival(1, small, false));
    waiter.accepted(connection(1));
    waiter.established(5, arrival(2, small, false));
    let steps = waiter.accepted(connection(2));
    assert_eq!(steps, [Step::End(connection(1))]);
    assert_eq!(waiter.links(), 1);
    let steps = waiter.link_ended(connection(1));
    assert_eq!(
        steps,
        [Step::Close(connection(1)), Step::Start(connection(2))]
    );
    assert_eq!(waiter.links(), 1);
}

#[test]
fn peer_that_opens_out_of_turn_is_closed() {
    let (small, large) = pair();
    let mut chooser = Roster::new(small);
    chooser.established(0, arrival(1, large, false));
    let steps = chooser.accepted(connection(1));
    assert_eq!(steps, [Step::Close(connection(1))]);
    assert_eq!(chooser.links(), 0);
}

#[test]
fn connection_without_a_stream_is_closed_in_time() {
    let (small, large) = pair();
    let mut waiter = Roster::new(large);
    waiter.established(7, arrival(1, small, false));
    assert_eq!(waiter.tick(STREAM_TIMEOUT_MS + 6, 0), Vec::new());
    assert_eq!(
        waiter.tick(STREAM_TIMEOUT_MS + 7, 0),
        [Step::Close(connection(1))]
    );
}

/// A roster that somebody calls so often, and what becomes of each link is settled.
fn called_by(callers: std::ops::Range<usize>, reserved: usize, now_ms: u64) -> Roster {
    let mut roster = Roster::new(peer());
    for number in callers {
        let mut call = arrival(number, peer(), false);
        call.reserved = reserved;
        call_in(&mut roster, now_ms, call);
    }
    roster
}

fn call_in(roster: &mut Roster, now_ms: u64, call: Arrival) -> Vec<Step> {
    let mut steps = roster.established(now_ms, call);
    if steps.contains(&Step::Close(call.connection)) {
        return steps;
    }
    steps.extend(
        if roster.me < call.peer && call.aim.is_none() || roster.chooses(call.peer) {
            roster.opened(call.connection)
        } else {
            roster.accepted(call.connection)
        },
    );
    steps
}

#[test]
fn links_never_exceed_the_limits_and_reserved_ones_are_for_calling() {
    let roster = called_by(0..100, 2, 0);
    assert_eq!(roster.links(), LAN_LINKS_MAX - 2);
    assert_eq!(roster.links_outbound(), 0);
    assert_eq!(roster.visits(false), LAN_VISITS_MAX);
    let waiting = roster
        .entries
        .values()
        .filter(|e| e.phase == Phase::Waiting);
    assert!(waiting.count() <= WAITING_MAX);
}

#[test]
fn visitor_makes_way_for_a_host_that_did_not_visit_lately() {
    let mut roster = called_by(0..100, 0, 0);
    let late = arrival(200, peer(), false);
    assert_eq!(
        call_in(&mut roster, GUEST_MS_MIN - 1, late),
        [Step::Close(connection(200))],
        "the first guests had no time yet"
    );
    let again = arrival(LAN_LINKS_MAX, peer(), false);
    let again = Arrival {
        connection: connection(201),
        is_fresh: false,
        ..again
    };
    assert_eq!(
        call_in(&mut roster, GUEST_MS_MIN, again),
        [Step::Close(connection(201))],
        "it had its turn"
    );
    let steps = call_in(&mut roster, GUEST_MS_MIN, late);
    assert_eq!(steps[0], Step::End(connection(LAN_LINKS_MAX)));
    assert_eq!(*steps.last().unwrap(), Step::Start(connection(200)));
    assert_eq!(roster.links(), LAN_LINKS_MAX);
}

#[test]
fn visits_end_and_a_visitor_gets_a_place_that_is_free() {
    let mut roster = called_by(0..LAN_LINKS_MAX + 2, 0, 0);
    assert_eq!(roster.visits(false), 2);
    assert_eq!(roster.fail(connection(0)), [Step::End(connection(0))]);
    roster.link_ended(connection(0));
    assert_eq!(roster.tick(1, 0), Vec::new());
    assert_eq!((roster.links(), roster.visits(false)), (LAN_LINKS_MAX, 1));
    let steps = roster.tick(GUEST_MS_MAX, 0);
    assert_eq!(steps, [Step::End(connection(LAN_LINKS_MAX + 1))]);
    let ours = Arrival {
        aim: Some(Aim::Visit),
        ..arrival(90, peer(), true)
    };
    call_in(&mut roster, 0, ours);
    assert_eq!(roster.visits(true), 1);
    assert_eq!(roster.tick(VISIT_MS, 0), [Step::End(connection(90))]);
}

#[test]
fn call_by_hand_takes_the_place_of_a_stranger_and_never_of_another_by_hand() {
    let mut roster = called_by(0..LAN_LINKS_MAX, 0, 0);
    for number in 0..2 * LAN_LINKS_MAX {
        let call = Arrival {
            aim: Some(Aim::Hand),
            ..arrival(100 + number, peer(), true)
        };
        call_in(&mut roster, 1, call);
        for step in roster.tick(GUEST_MS_MAX, 0) {
            if let Step::End(connection) = step {
                roster.link_ended(connection);
            }
        }
        assert_eq!(roster.links(), LAN_LINKS_MAX);
        assert_eq!(roster.links_by_hand(), LAN_LINKS_MAX.min(number + 1));
    }
    assert_eq!(roster.least_settled(), None);
    assert!(roster.redrawable().is_empty());
}

#[test]
fn those_who_came_first_are_never_redrawn() {
    let mut roster = Roster::new(peer());
    for number in 0..LAN_LINKS_MAX {
        call_in(&mut roster, number as u64, arrival(number, peer(), false));
    }
    let open = roster.redrawable();
    assert_eq!(
        open,
        (STANDING..LAN_LINKS_MAX)
            .map(connection)
            .collect::<Vec<_>>()
    );
    assert_eq!(roster.least_settled(), Some(connection(LAN_LINKS_MAX - 1)));
}
