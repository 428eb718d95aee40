//! C21 · slow-loris: somebody connects, keeps the link alive with a word now and then,
//! and never takes what it is sent. Sockets and tasks were pinned by it.
//!
//! Here such a neighbour costs its own queues and nothing else: the node sleeps, and
//! does not wake for what it cannot send. Handshakes that never end are in
//! `tests/lan_hostile.rs` and, over datagrams, below.

use mesh_core::limits::{DATAGRAM_LINKS_MAX, HELLO_TIMEOUT_MS, LAN_CREDIT_BYTES};
use mesh_core::types::{LinkId, LinkKind};
use mesh_core::wire::envelope::Class;
use mesh_core::wire::frame::Record;

use crate::forgery::{fake_id, in_an_hour, sealed_junk};
use crate::heap;
use crate::radio::{RADIO, Radio};
use crate::world::Siege;

/// Asks a node for more than it may have on the way, and takes none of it.
fn clog(siege: &mut Siege) -> LinkId {
    let link = siege.world.neighbour(0);
    siege.world.choke(link);
    for number in 0..(LAN_CREDIT_BYTES as u64 / 16 / 900 + 3) {
        siege
            .world
            .say(link, &[Record::Want(vec![fake_id(number); 900])]);
    }
    link
}

#[test]
fn a_neighbour_that_speaks_and_takes_nothing_does_not_keep_the_node_awake() {
    let mut siege = Siege::new();
    let link = clog(&mut siege);
    let ((), peak) = heap::peak_of(|| {
        for _ in 0..12 {
            siege.world.say(link, &[Record::Pad]);
            // Fails if the node is woken without end.
            siege.world.run(10_000);
        }
    });
    assert!(!siege.world.is_closed(link), "it speaks");
    assert!(peak < 1 << 20, "{peak}");
    siege.assert_honest_messages_pass();
}

#[test]
fn a_radio_that_acknowledges_nothing_does_not_keep_the_node_awake() {
    let mut siege = Siege::new();
    let mut radio = Radio::neighbour(&mut siege.world, 0);
    let expiry = in_an_hour(siege.world.now(0).wall);
    let sos = sealed_junk(Class::Sos, expiry, 1);
    radio.say(&mut siege.world, &[Record::Push(sos.clone())]);
    // From now on it speaks, and what it is sent in answer is lost.
    siege.world.deafen(radio.link);
    for _ in 0..4 {
        let datagrams = radio.prepare(&siege.world, &[Record::Want(vec![sos.id()])]);
        radio.bring(&mut siege.world, datagrams);
        siege.world.run(8_000);
    }
    assert!(
        siege.world.is_closed(radio.link),
        "nothing was acknowledged for 25 s"
    );
    siege.assert_honest_messages_pass();
}

#[test]
fn handshakes_that_never_end_give_their_place_back() {
    let mut siege = Siege::new();
    for _ in 0..20 {
        let links: Vec<LinkId> = (0..DATAGRAM_LINKS_MAX)
            .map(|_| siege.world.besiege(0, LinkKind::Ble, RADIO))
            .collect();
        assert!(links.iter().all(|link| !siege.world.is_closed(*link)));
        // One of them says a word every second.
        for _ in 0..HELLO_TIMEOUT_MS / 1_000 {
            siege.world.bring(links[0], vec![0, 0]);
            siege.world.run(1_000);
        }
        assert!(links.iter().all(|link| siege.world.is_closed(*link)));
    }
    Radio::neighbour(&mut siege.world, 0);
    siege.assert_honest_messages_pass();
}
