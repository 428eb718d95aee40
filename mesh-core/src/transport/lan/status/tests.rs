use super::*;

fn listening(wanted: &str, addresses: &[&str]) -> Listening {
    let mut listening = Listening::new(&[wanted.parse().unwrap()]);
    listening.open(|_| Ok(ListenerId::next()));
    for address in addresses {
        listening.add(&multiaddr(address.parse().unwrap()));
    }
    listening
}

#[test]
fn on_a_network_there_is_nothing_to_explain() {
    let listening = listening("0.0.0.0:0", &["127.0.0.1:5", "192.168.1.7:5"]);
    let status = status(&listening, Searching::On);
    assert!(status.can_find && status.can_be_found);
    assert_eq!((status.reason, status.advice), (None, None));
    assert_eq!(listening.sorted(), ["127.0.0.1:5", "192.168.1.7:5"]);
}

#[test]
fn every_trouble_has_its_reason_and_advice() {
    let on_network = listening("0.0.0.0:0", &["192.168.1.7:5"]);
    let no_network = listening("0.0.0.0:0", &["127.0.0.1:5"]);
    let loopback = listening("127.0.0.1:0", &["127.0.0.1:5"]);
    let mut taken = Listening::new(&["0.0.0.0:5".parse().unwrap()]);
    taken.open(|_| Err(io::ErrorKind::AddrInUse.into()));
    let mut reasons = BTreeSet::new();
    for (listening, searching) in [
        (&on_network, Searching::Off),
        (&on_network, Searching::Broken),
        (&no_network, Searching::On),
        (&loopback, Searching::On),
        (&taken, Searching::On),
    ] {
        let status = status(listening, searching);
        assert!(!status.can_find && !status.can_be_found && status.advice.is_some());
        reasons.insert(status.reason.unwrap());
    }
    assert_eq!(reasons.len(), 5);
}

#[test]
fn one_address_that_cannot_be_bound_does_not_stop_the_others() {
    let wanted = ["192.168.1.7:5", "192.168.1.7:6"].map(|a| a.parse().unwrap());
    let mut listening = Listening::new(&wanted);
    let mut results = vec![Ok(ListenerId::next()), Err(io::ErrorKind::AddrInUse)];
    listening.open(|_| results.pop().unwrap().map_err(io::Error::from));
    listening.add(&multiaddr(wanted[1]));
    let status = status(&listening, Searching::On);
    assert!(status.can_find && status.can_be_found && status.reason.is_some());
}

#[test]
fn only_addresses_of_our_own_networks_are_nearby() {
    let nearby = Nearby(vec![
        ("10.1.2.3".parse().unwrap(), 24),
        ("127.0.0.1".parse().unwrap(), 8),
        ("fd00::1".parse().unwrap(), 64),
    ]);
    let contains = |ip: &str| nearby.contains(ip.parse().unwrap());
    assert!(contains("10.1.2.99") && contains("fd00::9"));
    assert!(!contains("10.1.3.1") && !contains("8.8.8.8") && !contains("fd01::9"));
    assert!(!contains("127.0.0.1") && !contains("fe80::1") && !contains("224.0.0.251"));
}

#[test]
fn link_local_addresses_are_not_told() {
    let mut listening = Listening::new(&[]);
    assert!(!listening.add(&multiaddr("[fe80::1]:5".parse().unwrap())));
    assert!(listening.sorted().is_empty());
}
