use super::*;
use libp2p::identity::Keypair;

fn connection(number: usize) -> ConnectionId {
    ConnectionId::new_unchecked(number)
}

fn arrival(number: usize, peer: PeerId, outbound: bool) -> Arrival {
    Arrival {
        connection: connection(number),
        peer,
        outbound,
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
    assert_eq!(waiter.tick(STREAM_TIMEOUT_MS + 6), Vec::new());
    assert_eq!(
        waiter.tick(STREAM_TIMEOUT_MS + 7),
        [Step::Close(connection(1))]
    );
}

#[test]
fn links_never_exceed_the_limit_and_reserved_ones_are_for_calling() {
    let me = peer();
    let mut roster = Roster::new(me);
    for number in 0..100 {
        let caller = peer();
        let mut call = arrival(number, caller, false);
        call.reserved = 2;
        roster.established(0, call);
        if me < caller {
            roster.opened(call.connection);
        } else {
            roster.accepted(call.connection);
        }
        assert!(roster.links() <= LAN_LINKS_MAX);
    }
    assert_eq!(roster.links(), LAN_LINKS_MAX - 2);
    assert_eq!(roster.links_outbound(), 0);
    let waiting = roster
        .entries
        .values()
        .filter(|e| e.phase == Phase::Waiting);
    assert!(waiting.count() <= WAITING_MAX);
}
