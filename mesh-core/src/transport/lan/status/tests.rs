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
    let status = status(&listening, Searching::On, Heard::Fine);
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
    for (listening, searching, heard) in [
        (&on_network, Searching::Off, Heard::Fine),
        (&on_network, Searching::Broken, Heard::Fine),
        (&on_network, Searching::On, Heard::Unreachable),
        (&no_network, Searching::On, Heard::Nobody),
        (&loopback, Searching::On, Heard::Nobody),
        (&taken, Searching::On, Heard::Fine),
    ] {
        let status = status(listening, searching, heard);
        assert!(!status.can_find && !status.can_be_found && status.advice.is_some());
        reasons.insert(status.reason.unwrap());
    }
    assert_eq!(reasons.len(), 6);
}

#[test]
fn one_address_that_cannot_be_bound_does_not_stop_the_others() {
    let wanted = ["192.168.1.7:5", "192.168.1.7:6"].map(|a| a.parse().unwrap());
    let mut listening = Listening::new(&wanted);
    let mut results = vec![Ok(ListenerId::next()), Err(io::ErrorKind::AddrInUse)];
    listening.open(|_| results.pop().unwrap().map_err(io::Error::from));
    listening.add(&multiaddr(wanted[1]));
    let status = status(&listening, Searching::On, Heard::Fine);
    assert!(status.can_find && status.can_be_found);
    // Sorted, and the results are taken from the end: the first was refused.
    let told = format!("{}{}", status.reason.unwrap(), status.advice.unwrap());
    assert!(told.contains("192.168.1.7:5"), "{told}");
}

#[test]
fn silence_is_not_called_isolation() {
    let listening = listening("0.0.0.0:0", &["192.168.1.7:5"]);
    let silent = status(&listening, Searching::On, Heard::Nobody);
    assert!(silent.can_find && !silent.isolated && silent.reason.is_some());
    let isolated = status(&listening, Searching::On, Heard::Unreachable);
    assert!(!isolated.can_find && isolated.isolated);
    assert_ne!(silent.reason, isolated.reason);
}

#[test]
fn address_that_cannot_be_opened_is_named() {
    for kind in [
        io::ErrorKind::AddrInUse,
        io::ErrorKind::PermissionDenied,
        io::ErrorKind::AddrNotAvailable,
        io::ErrorKind::Other,
    ] {
        let mut listening = Listening::new(&["10.9.8.7:4000".parse().unwrap()]);
        listening.open(|_| Err(kind.into()));
        let status = status(&listening, Searching::On, Heard::Fine);
        assert!(status.reason.unwrap().contains("10.9.8.7:4000"), "{kind}");
    }
}

#[test]
fn interface_of_a_link_local_address_survives_the_notation() {
    for address in ["[fe80::1%3]:5", "[fd00::1]:5", "10.0.0.1:5"] {
        let address = address.parse().unwrap();
        assert_eq!(socket_address(&multiaddr(address)), Some(address));
    }
}

#[test]
fn link_local_addresses_are_not_told() {
    let mut listening = Listening::new(&[]);
    listening.add(&multiaddr("[fe80::1]:5".parse().unwrap()));
    assert!(listening.sorted().is_empty());
    let interface = Interface {
        index: 2,
        ip: "fe80::1".parse().unwrap(),
        prefix: 64,
        broadcast: None,
    };
    assert_eq!(listening.port_at(&interface), Some(5));
}
