use super::*;
use libp2p::identity::Keypair;

fn discovery() -> Discovery {
    Discovery::new([7; 32], Chance::new(&[7; 32], b"run", b"dials"))
}

fn alone() -> View {
    View::default()
}

/// As many neighbours as one wants: everybody else is visited.
fn settled() -> View {
    View {
        links: LAN_LINKS_MIN,
        links_outbound: LAN_LINKS_OUTBOUND_MIN,
        ..View::default()
    }
}

fn addresses(discovery: &mut Discovery, now_ms: u64, view: &View) -> Vec<SocketAddr> {
    let calls = discovery.dials(now_ms, view);
    calls.into_iter().map(|call| call.address).collect()
}

fn address(host: u16, port: u16) -> SocketAddr {
    let [high, low] = host.to_be_bytes();
    SocketAddr::from(([10, 0, high, low], port))
}

#[test]
fn flood_of_addresses_costs_no_more_than_the_dial_budget() {
    let mut discovery = discovery();
    let mut dials = Vec::new();
    for step in 0..600_u16 {
        let now_ms = u64::from(step) * 50;
        for host in 0..20 {
            discovery.heard(now_ms, address(step * 20 + host, 9), None);
        }
        for dialed in addresses(&mut discovery, now_ms, &alone()) {
            dials.push(now_ms);
            discovery.failed(now_ms, dialed);
        }
        assert!(discovery.table.len() <= LAN_CANDIDATES_MAX);
    }
    assert!(dials.len() > 100, "the flood was not even tried");
    for (at, first) in dials.iter().enumerate() {
        let in_second = dials[at..].iter().take_while(|t| **t < first + 1_000);
        assert!(in_second.count() <= LAN_DIALS_PER_SECOND_MAX);
    }
}

#[test]
fn one_host_cannot_fill_the_table() {
    let mut discovery = discovery();
    for port in 1..5_000 {
        discovery.heard(0, address(1, port), None);
    }
    assert_eq!(discovery.table.len(), LAN_CANDIDATES_PER_HOST_MAX);
}

#[test]
fn newcomer_displaces_addresses_that_failed() {
    let mut discovery = discovery();
    for host in 0..LAN_CANDIDATES_MAX as u16 {
        discovery.heard(0, address(host, 9), None);
        discovery.failed(0, address(host, 9));
    }
    discovery.heard(1, address(60_000, 9), None);
    assert!(discovery.table.contains_key(&address(60_000, 9)));
    assert_eq!(discovery.table.len(), LAN_CANDIDATES_MAX);
    assert_eq!(addresses(&mut discovery, 1, &alone()), [address(60_000, 9)]);
}

#[test]
fn order_of_calls_depends_on_the_secret() {
    let order = |secret| {
        let mut discovery = Discovery::new(secret, Chance::new(&secret, b"run", b"dials"));
        (0..100).for_each(|host| discovery.heard(0, address(host, 9), None));
        addresses(&mut discovery, 0, &alone())
    };
    assert_ne!(order([1; 32]), order([2; 32]));
    assert_eq!(order([1; 32]), order([1; 32]));
}

#[test]
fn address_given_by_hand_is_called_for_ever_and_beyond_the_aim() {
    let mut discovery = discovery();
    discovery.by_hand(0, address(1, 9));
    discovery.heard(0, address(2, 9), None);
    let full = View {
        links: LAN_LINKS_MAX,
        links_outbound: LAN_LINKS_MAX,
        visits: LAN_VISITS_MAX,
        ..View::default()
    };
    let mut now_ms = 0;
    for _ in 0..50 {
        assert_eq!(addresses(&mut discovery, now_ms, &full), [address(1, 9)]);
        discovery.failed(now_ms, address(1, 9));
        let due_ms = discovery.table[&address(1, 9)].due_ms;
        assert!(due_ms > now_ms && due_ms <= now_ms + BACKOFF_BY_HAND_MS_MAX);
        now_ms = due_ms;
    }
}

#[test]
fn second_address_of_a_linked_peer_is_not_called_again() {
    let mut discovery = discovery();
    let peer = Keypair::generate_ed25519().public().to_peer_id();
    discovery.heard(0, address(1, 9), None);
    addresses(&mut discovery, 0, &alone());
    discovery.connected(address(1, 9), peer);
    discovery.disconnected(0, address(1, 9), true);
    let linked = View {
        links: 1,
        linked: BTreeSet::from([peer]),
        ..View::default()
    };
    assert!(addresses(&mut discovery, 100_000, &linked).is_empty());
    assert!(!discovery.is_waiting(100_000, &linked));
    assert_eq!(
        addresses(&mut discovery, 100_000, &alone()),
        [address(1, 9)]
    );
}

#[test]
fn own_address_is_never_called_again() {
    let mut discovery = discovery();
    discovery.by_hand(0, address(1, 9));
    addresses(&mut discovery, 0, &alone());
    discovery.own(address(1, 9));
    assert!(addresses(&mut discovery, 1_000_000, &alone()).is_empty());
}

#[test]
fn dead_addresses_do_not_hold_up_the_rest() {
    let mut discovery = discovery();
    (0..12).for_each(|host| discovery.heard(0, address(host, 9), None));
    assert_eq!(addresses(&mut discovery, 0, &alone()).len(), BURST as usize);
    let called: usize = [500, 1_000, DIAL_FRESH_MS - 1]
        .map(|now_ms| addresses(&mut discovery, now_ms, &alone()).len())
        .iter()
        .sum();
    assert_eq!(
        called + BURST as usize,
        LAN_LINKS_OUTBOUND_MIN,
        "as many as are wanted"
    );
    assert!(!addresses(&mut discovery, DIAL_FRESH_MS + 500, &alone()).is_empty());
}

#[test]
fn inbound_gets_its_time_and_then_more_is_called() {
    let mut discovery = discovery();
    (0..12).for_each(|host| discovery.heard(0, address(host, 9), None));
    let three = View {
        links: LAN_LINKS_OUTBOUND_MIN,
        links_outbound: LAN_LINKS_OUTBOUND_MIN,
        visits: LAN_VISITS_MAX,
        ..View::default()
    };
    assert!(addresses(&mut discovery, 0, &three).is_empty());
    assert!(addresses(&mut discovery, INBOUND_MS - 1, &three).is_empty());
    let called = addresses(&mut discovery, INBOUND_MS, &three);
    assert_eq!(called.len(), LAN_LINKS_MIN - LAN_LINKS_OUTBOUND_MIN);
}

#[test]
fn returning_network_ends_the_wait() {
    let mut discovery = discovery();
    discovery.heard(0, address(1, 9), None);
    (0..10).for_each(|_| discovery.failed(0, address(1, 9)));
    assert!(addresses(&mut discovery, 10_000, &alone()).is_empty());
    discovery.network_changed(10_000);
    assert_eq!(addresses(&mut discovery, 10_000, &alone()), [address(1, 9)]);
}

/// Calls and visits everybody that may be, each ending at once; returns who was.
fn visit_all(discovery: &mut Discovery, times_ms: impl Iterator<Item = u64>) -> Vec<SocketAddr> {
    let mut visited = Vec::new();
    for now_ms in times_ms {
        for call in discovery.dials(now_ms, &settled()) {
            let peer = Keypair::generate_ed25519().public().to_peer_id();
            assert_eq!(call.aim, Aim::Visit);
            discovery.connected(call.address, peer);
            discovery.linked(now_ms, call.address);
            discovery.met(now_ms, peer, call.address.ip());
            discovery.disconnected(now_ms, call.address, false);
            visited.push(call.address);
        }
    }
    visited
}

#[test]
fn most_are_visited_once_in_the_first_minute_and_the_rest_slowly() {
    let mut discovery = discovery();
    (0..200).for_each(|host| discovery.heard(0, address(host, 9), None));
    let visited = visit_all(&mut discovery, (0..ROUND_MS).step_by(100));
    let different: BTreeSet<_> = visited.iter().collect();
    assert_eq!(visited.len(), different.len());
    assert!((150..=200).contains(&visited.len()), "{}", visited.len());
    (200..256).for_each(|host| discovery.heard(ROUND_MS, address(host, 9), None));
    let later = visit_all(&mut discovery, (ROUND_MS..10 * ROUND_MS).step_by(100));
    let most = 9 * ROUND_MS / VISIT_INTERVAL_MS + 1;
    assert!(
        (10..=most as usize).contains(&later.len()),
        "{}",
        later.len()
    );
    assert!(later.iter().all(|address| !different.contains(address)));
}

#[test]
fn few_are_visited_at_leisure() {
    let mut discovery = discovery();
    (0..4).for_each(|host| discovery.heard(0, address(host, 9), None));
    let at_once = visit_all(&mut discovery, (0..5_000).step_by(100));
    assert_eq!(at_once.len(), 1);
    let all = visit_all(&mut discovery, (5_000..2 * ROUND_MS).step_by(100));
    assert_eq!(all.len(), 3);
}

#[test]
fn address_that_was_displaced_and_is_heard_again_is_not_visited_again() {
    let mut discovery = discovery();
    (0..200).for_each(|host| discovery.heard(0, address(host, 9), None));
    let first = visit_all(&mut discovery, (0..40_000).step_by(100));
    (1_000..3_000).for_each(|host| discovery.heard(40_000, address(host, 9), None));
    let gone = first.iter().filter(|a| !discovery.table.contains_key(a));
    assert!(gone.count() > 100, "those that were met give way");
    let again = first.clone().into_iter();
    again.for_each(|address| discovery.heard(40_000, address, Some(1)));
    let second = visit_all(&mut discovery, (40_000..ROUND_MS).step_by(100));
    assert!(second.len() > 50 && second.iter().all(|address| !first.contains(address)));
}

#[test]
fn other_end_that_had_no_place_for_us_is_left_alone_for_a_while() {
    let mut discovery = discovery();
    let peer = Keypair::generate_ed25519().public().to_peer_id();
    discovery.heard(0, address(1, 9), None);
    assert_eq!(addresses(&mut discovery, 0, &alone()), [address(1, 9)]);
    discovery.connected(address(1, 9), peer);
    discovery.linked(0, address(1, 9));
    discovery.disconnected(SETTLED_MS - 1, address(1, 9), false);
    assert!(addresses(&mut discovery, NO_PLACE_MS, &alone()).is_empty());
    let later = SETTLED_MS + 2 * NO_PLACE_MS;
    assert_eq!(addresses(&mut discovery, later, &alone()), [address(1, 9)]);
}

#[test]
fn addresses_given_by_hand_are_bounded() {
    let mut discovery = discovery();
    for host in 0..2 * LAN_HAND_ADDRESSES_MAX as u16 {
        discovery.by_hand(0, address(host, 9));
    }
    let by_hand = discovery.table.values().filter(|c| c.by_hand).count();
    assert_eq!(by_hand, LAN_HAND_ADDRESSES_MAX);
    let last = address(2 * LAN_HAND_ADDRESSES_MAX as u16 - 1, 9);
    assert!(discovery.table.contains_key(&last));
}

#[test]
fn calls_that_nobody_answers_are_bounded() {
    let mut discovery = discovery();
    (0..200).for_each(|host| discovery.by_hand(0, address(host, 9)));
    (200..400).for_each(|host| discovery.heard(0, address(host, 9), None));
    let calls = (0..30).map(|step| addresses(&mut discovery, step * 100, &alone()).len());
    assert_eq!(calls.sum::<usize>(), LAN_DIALS_PENDING_MAX);
}

#[test]
fn places_are_kept_for_those_whose_address_a_person_gave() {
    let mut discovery = discovery();
    (0..10).for_each(|host| discovery.by_hand(0, address(host, 9)));
    let called = |links_by_hand| View {
        links_outbound: LAN_LINKS_OUTBOUND_MIN,
        links_by_hand,
        ..View::default()
    };
    assert_eq!(discovery.reserved(&called(0)), LAN_LINKS_BY_HAND_MIN);
    assert_eq!(discovery.reserved(&called(LAN_LINKS_BY_HAND_MIN)), 0);
}
