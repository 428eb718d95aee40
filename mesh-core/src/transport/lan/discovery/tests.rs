use super::*;
use libp2p::identity::Keypair;

fn discovery() -> Discovery {
    Discovery::new([7; 32], Chance::new(&[7; 32], b"run", b"dials"))
}

fn alone() -> View {
    View {
        links: 0,
        links_outbound: 0,
        linked: BTreeSet::new(),
    }
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
            discovery.heard(now_ms, address(step * 20 + host, 9));
        }
        for dialed in discovery.dials(now_ms, &alone()) {
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
        discovery.heard(0, address(1, port));
    }
    assert_eq!(discovery.table.len(), LAN_CANDIDATES_PER_HOST_MAX);
}

#[test]
fn newcomer_displaces_addresses_that_failed() {
    let mut discovery = discovery();
    for host in 0..LAN_CANDIDATES_MAX as u16 {
        discovery.heard(0, address(host, 9));
        discovery.failed(0, address(host, 9));
    }
    discovery.heard(1, address(60_000, 9));
    assert!(discovery.table.contains_key(&address(60_000, 9)));
    assert_eq!(discovery.table.len(), LAN_CANDIDATES_MAX);
    assert_eq!(discovery.dials(1, &alone()), [address(60_000, 9)]);
}

#[test]
fn order_of_calls_depends_on_the_secret() {
    let order = |secret| {
        let mut discovery = Discovery::new(secret, Chance::new(&secret, b"run", b"dials"));
        (0..100).for_each(|host| discovery.heard(0, address(host, 9)));
        discovery.dials(0, &alone())
    };
    assert_ne!(order([1; 32]), order([2; 32]));
    assert_eq!(order([1; 32]), order([1; 32]));
}

#[test]
fn address_given_by_hand_is_called_for_ever_and_beyond_the_aim() {
    let mut discovery = discovery();
    discovery.by_hand(0, address(1, 9));
    discovery.heard(0, address(2, 9));
    let full = View {
        links: LAN_LINKS_AIM,
        links_outbound: LAN_LINKS_AIM,
        linked: BTreeSet::new(),
    };
    let mut now_ms = 0;
    for _ in 0..50 {
        assert_eq!(discovery.dials(now_ms, &full), [address(1, 9)]);
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
    discovery.heard(0, address(1, 9));
    discovery.dials(0, &alone());
    discovery.connected(address(1, 9), peer);
    discovery.disconnected(0, address(1, 9), true);
    let linked = View {
        links: 1,
        links_outbound: 0,
        linked: BTreeSet::from([peer]),
    };
    assert!(discovery.dials(100_000, &linked).is_empty());
    assert!(!discovery.is_waiting(100_000, &linked));
    assert_eq!(discovery.dials(100_000, &alone()), [address(1, 9)]);
}

#[test]
fn own_address_is_never_called_again() {
    let mut discovery = discovery();
    discovery.by_hand(0, address(1, 9));
    discovery.dials(0, &alone());
    discovery.own(address(1, 9));
    assert!(discovery.dials(1_000_000, &alone()).is_empty());
}

#[test]
fn dead_addresses_do_not_hold_up_the_rest() {
    let mut discovery = discovery();
    (0..12).for_each(|host| discovery.heard(0, address(host, 9)));
    let first = discovery.dials(0, &alone()).len();
    assert_eq!(first, BURST as usize);
    assert_eq!(discovery.dials(DIAL_FRESH_MS - 1, &alone()).len(), 1);
    assert!(!discovery.dials(DIAL_FRESH_MS, &alone()).is_empty());
}

#[test]
fn returning_network_ends_the_wait() {
    let mut discovery = discovery();
    discovery.heard(0, address(1, 9));
    (0..10).for_each(|_| discovery.failed(0, address(1, 9)));
    assert!(discovery.dials(10_000, &alone()).is_empty());
    discovery.network_changed(10_000);
    assert_eq!(discovery.dials(10_000, &alone()), [address(1, 9)]);
}
