//! P0 · the bar of every attack, all at once: neighbours and visitors, as many as the
//! carriers let in, each with every queue filled that it can fill, none of them
//! reading a byte.
//!
//! What the node keeps for them stays under 64 MiB, and honest messages pass.

use mesh_core::limits::{LAN_LINKS_MAX, LAN_VISITS_MAX, WANTS_QUEUED_MAX};
use mesh_core::types::{EnvelopeId, LinkId};
use mesh_core::wire::envelope::Class;
use mesh_core::wire::frame::Record;

use crate::forgery::{fake_id, in_an_hour, sealed_junk};
use crate::heap;
use crate::radio::Radio;
use crate::world::Siege;

const HEAP_BYTES_MAX: i64 = 64 << 20;
/// Bluetooth links of one adapter, at most.
const RADIOS: usize = 5;
const IDS: u64 = 900;

/// Ids of nothing that no other link names.
fn fakes(link: LinkId, count: u64) -> Vec<EnvelopeId> {
    (0..count)
        .map(|number| fake_id(link.0 << 32 | number))
        .collect()
}

/// Fills what an envelope held here can fill, and returns their ids.
fn fill_store(siege: &mut Siege, first: u64, count: u64) -> Vec<EnvelopeId> {
    let bringer = siege.world.neighbour(0);
    siege.world.deafen(bringer);
    let expiry = in_an_hour(siege.world.now(0).wall);
    let ids = (first..first + count).map(|number| {
        let junk = sealed_junk(Class::ALL[1 + (number % 3) as usize], expiry, number);
        let id = junk.id();
        siege.world.plant(bringer, junk);
        id
    });
    let ids = ids.collect();
    siege.world.leave(bringer);
    ids
}

/// Everything that a LAN neighbour can ask for and offer without being closed for it.
fn fill_queues(siege: &mut Siege, link: LinkId, held: &[EnvelopeId]) {
    for ids in fakes(link, WANTS_QUEUED_MAX as u64 + IDS).chunks(IDS as usize) {
        let (class, ids) = (Class::Text, ids.to_vec());
        siege.world.say(link, &[Record::Offer { class, ids }]);
    }
    for ids in held.chunks(IDS as usize) {
        siege.world.say(link, &[Record::Want(ids.to_vec())]);
    }
    for ids in fakes(link, 6 * IDS).chunks(IDS as usize) {
        siege.world.say(link, &[Record::Want(ids.to_vec())]);
    }
}

#[test]
fn neighbours_and_visitors_that_fill_everything_stay_under_the_bar() {
    let mut siege = Siege::new();
    let held = fill_store(&mut siege, 0, 10_000);
    let before = heap::live();
    let links: Vec<LinkId> = (1..LAN_LINKS_MAX + 2 * LAN_VISITS_MAX)
        .map(|_| siege.world.neighbour(0))
        .collect();
    let radios: Vec<LinkId> = (0..RADIOS)
        .map(|_| Radio::neighbour(&mut siege.world, 0).link)
        .collect();
    links
        .iter()
        .chain(&radios)
        .for_each(|link| siege.world.choke(*link));
    links
        .iter()
        .for_each(|link| fill_queues(&mut siege, *link, &held));
    assert!(links.iter().all(|link| !siege.world.is_closed(*link)));
    let kept = heap::live() - before;
    // What comes now is offered to all of them.
    fill_store(&mut siege, 100_000, 6_000);
    let with_offers = heap::live() - before;
    println!(
        "{kept} bytes for {} links, {with_offers} with what came since",
        links.len() + RADIOS
    );
    assert!(with_offers < HEAP_BYTES_MAX, "{with_offers}");
    siege.assert_honest_messages_pass();
}
