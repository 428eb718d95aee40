//! C20 · bitchat 593fd7d7: buckets by nickname, caches by tag: every map whose keys a
//! peer chooses grows for ever.
//!
//! Millions of distinct keys of every kind that a neighbour may choose. Twice as many
//! keys make no map larger: what the node keeps after the second half is what it kept
//! after the first.

use mesh_core::engine::Config;
use mesh_core::limits::{TICK_MS, UNCONFIRMED_MAX};
use mesh_core::store::{MemoryProfile, MemoryRelay};
use mesh_core::types::{EnvelopeId, LinkId, LinkKind};
use mesh_core::wire::envelope::Class;
use mesh_core::wire::frame::Record;
use mesh_core::wire::sync::Page;

use crate::forgery::{fake_id, in_an_hour, sealed_junk};
use crate::heap;
use crate::radio::RADIO;
use crate::size;
use crate::world::World;

/// Keys in one record.
const KEYS: u64 = 900;

/// A hash table may double once, at random, after many entries came and went; an id
/// kept for each of the keys below would take more.
const TABLE_BYTES: i64 = 256 * 1_024;

/// A node whose caps are small enough to be reached.
fn small_node() -> World {
    let mut world = World::new(0);
    let mut profile = MemoryProfile::default();
    world.set_identity(&mut profile);
    let config = Config {
        relay_bytes_max: 1 << 20,
        seen_ids_max: 5_000,
        ..Config::new("test")
    };
    world.add(Box::new(MemoryRelay::default()), Box::new(profile), config);
    world
}

/// A neighbour that comes again whenever it is closed.
fn again(world: &mut World, link: &mut Option<LinkId>) -> LinkId {
    if let Some(closed) = link.take_if(|link| world.is_closed(*link)) {
        world.leave(closed);
    }
    *link.get_or_insert_with(|| {
        let fresh = world.neighbour(0);
        world.deafen(fresh);
        fresh
    })
}

/// Bytes kept after `rounds` of something, and after as many more.
fn kept_after(
    rounds: u64,
    mut round: impl FnMut(&mut World, &mut Option<LinkId>, u64),
) -> [i64; 2] {
    let mut world = small_node();
    let mut link = None;
    let before = heap::live();
    [0, 1].map(|half| {
        for number in half * rounds..(half + 1) * rounds {
            round(&mut world, &mut link, number);
            if number % 50 == 0 {
                world.run(100);
                world.events[0] = Vec::new();
            }
        }
        world.run(1_000);
        world.events[0] = Vec::new();
        heap::live() - before
    })
}

fn assert_no_growth(
    name: &str,
    rounds: u64,
    round: impl FnMut(&mut World, &mut Option<LinkId>, u64),
) {
    let [first, second] = kept_after(rounds, round);
    println!("{name}: {rounds} rounds leave {first} bytes, twice as many {second}");
    assert!(
        second <= first + TABLE_BYTES,
        "{name}: {first} then {second}"
    );
    assert!(second < 16 << 20, "{name}: {second}");
}

#[test]
fn ids_offered_wanted_listed_and_taken_back_fill_no_map_beyond_its_cap() {
    let rounds = size(1_000_000, 10_000_000) / KEYS / 2;
    let ids = |number: u64| {
        (0..KEYS)
            .map(|key| fake_id(number * KEYS + key))
            .collect::<Vec<_>>()
    };
    assert_no_growth("offers", rounds, |world, link, number| {
        let link = again(world, link);
        let ids = ids(number);
        world.say(
            link,
            &[Record::Offer {
                class: Class::ALL[(number % 4) as usize],
                ids,
            }],
        );
    });
    assert_no_growth("wants", rounds, |world, link, number| {
        let link = again(world, link);
        world.say(link, &[Record::Want(ids(number))]);
    });
    assert_no_growth("gone", rounds, |world, link, number| {
        let link = again(world, link);
        world.say(link, &[Record::Gone(ids(number))]);
    });
    assert_no_growth("lists", rounds, |world, link, number| {
        let link = again(world, link);
        let page = Page {
            epoch: 1,
            class: Class::Text,
            cut: world.now(0).wall.tick(),
            left: 7 - (number % 8) as u32,
            shorts: (0..900).map(|n| (number << 32) | n).collect(),
        };
        world.say(link, &[Record::SyncList(page)]);
        world.run(400);
    });
}

#[test]
fn envelopes_refused_evicted_and_unasked_fill_no_map_beyond_its_cap() {
    let rounds = size(30_000, 500_000);
    assert_no_growth("refused", rounds, |world, link, number| {
        let link = again(world, link);
        let expiry = world.now(0).wall.minus_ms(100 * TICK_MS).tick();
        world.plant(link, sealed_junk(Class::Text, expiry, number));
    });
    assert_no_growth("kept", rounds, |world, link, number| {
        let link = again(world, link);
        let expiry = in_an_hour(world.now(0).wall);
        world.plant(link, sealed_junk(Class::Text, expiry, number));
    });
    assert_no_growth("unasked", rounds, |world, link, number| {
        let link = again(world, link);
        let expiry = in_an_hour(world.now(0).wall);
        world.say(
            link,
            &[Record::Push(sealed_junk(Class::Sos, expiry, number))],
        );
    });
}

#[test]
fn pushes_that_nobody_confirms_are_noted_up_to_their_cap() {
    let mut world = small_node();
    let bringer = world.neighbour(0);
    world.deafen(bringer);
    let expiry = in_an_hour(world.now(0).wall);
    let ids: Vec<EnvelopeId> = (0..1_000)
        .map(|number| {
            let junk = sealed_junk(Class::Text, expiry, number);
            let id = junk.id();
            world.plant(bringer, junk);
            id
        })
        .collect();
    let taker = world.neighbour(0);
    world.deafen(taker);
    world.run(1_000);
    let before = heap::live();
    for _ in 0..size(30, 300) {
        for ids in ids.chunks(KEYS as usize) {
            world.say(taker, &[Record::Want(ids.to_vec())]);
            world.run(100);
        }
    }
    let kept = heap::live() - before;
    println!("{kept} bytes for {} pushes", 1_000 * size(30, 300));
    assert!(!world.is_closed(taker));
    assert!(kept < 100 * UNCONFIRMED_MAX as i64, "{kept}");
    assert!(kept < 1 << 20, "a few of these a link are too many: {kept}");
}

#[test]
fn links_that_come_and_go_leave_nothing_behind() {
    let rounds = size(5_000, 100_000);
    assert_no_growth("links", rounds, |world, _, number| {
        let link = match number % 2 {
            0 => world.neighbour(0),
            _ => world.besiege(0, LinkKind::Ble, RADIO),
        };
        world.deafen(link);
        world.leave(link);
    });
}
