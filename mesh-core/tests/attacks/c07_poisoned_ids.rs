//! C07 · bitchat: the key by which duplicates were dropped left out the content, so
//! whoever announced a message's key first kept the true message from everybody.
//!
//! Here only a body that was checked makes an id known. A hundred thousand ids of
//! nothing are announced, the true id of a later message among them, by one neighbour
//! and by more than are remembered for one id; it is delivered.

use mesh_core::limits::OFFERERS_MAX;
use mesh_core::types::EnvelopeId;
use mesh_core::wire::envelope::Class;
use mesh_core::wire::frame::Record;

use crate::forgery::fake_id;
use crate::heap;
use crate::size;
use crate::world::World;

/// A writer 1 with a message that has not gone out, a reader 0, and the message's id.
fn unsent() -> (World, mesh_core::types::ConversationId, EnvelopeId) {
    let mut world = World::new(2);
    let channel = world.join(0, "nearby");
    world.join(1, "nearby");
    world.write(1, channel, "the true one");
    world.run(1_000);
    // A listener at the writer learns the id before anybody else can want it.
    let listener = world.neighbour(1);
    world.run(100);
    let offered = world
        .records(listener)
        .into_iter()
        .find_map(|record| match record {
            Record::Offer { ids, .. } => ids.first().copied(),
            _ => None,
        });
    world.leave(listener);
    (world, channel, offered.unwrap())
}

fn announce(world: &mut World, link: mesh_core::types::LinkId, ids: &[EnvelopeId]) {
    for ids in ids.chunks(900) {
        if world.is_closed(link) {
            return;
        }
        let (class, ids) = (Class::Text, ids.to_vec());
        world.say(link, &[Record::Offer { class, ids }]);
    }
}

#[test]
fn a_hundred_thousand_fake_ids_do_not_stop_the_true_one() {
    let (mut world, channel, id) = unsent();
    let liar = world.neighbour(0);
    world.deafen(liar);
    let count = size(30_000, 100_000);
    let ((), peak) = heap::peak_of(|| {
        announce(&mut world, liar, &[id]);
        let ids: Vec<EnvelopeId> = (0..count).map(fake_id).collect();
        announce(&mut world, liar, &ids);
        announce(&mut world, liar, &[id]);
    });
    println!("{count} ids: {peak} bytes");
    assert!(peak < 16 << 20, "{peak}");
    world.link(0, 1);
    world.run(20_000);
    let texts: Vec<String> = world
        .timeline(0, channel)
        .into_iter()
        .map(|m| m.text)
        .collect();
    assert_eq!(texts, ["the true one"]);
}

#[test]
fn more_liars_than_are_remembered_for_an_id_do_not_stop_it() {
    let (mut world, channel, id) = unsent();
    for _ in 0..OFFERERS_MAX + 8 {
        let liar = world.neighbour(0);
        world.deafen(liar);
        announce(&mut world, liar, &[id]);
    }
    world.link(0, 1);
    let linked_at = world.mono;
    while world.timeline(0, channel).is_empty() {
        world.run(1_000);
        assert!(world.mono - linked_at < 60_000, "a minute is too long");
    }
    println!("delivered after {} s", (world.mono - linked_at) / 1_000);
}

#[test]
fn ids_with_one_beginning_are_not_confused() {
    // Two ids that share their first eight bytes: both are wanted.
    let mut world = World::new(1);
    let link = world.neighbour(0);
    let mut twin = fake_id(1);
    twin.0[15] ^= 1;
    let ids = vec![fake_id(1), twin];
    world.say(
        link,
        &[Record::Offer {
            class: Class::Text,
            ids: ids.clone(),
        }],
    );
    let wanted: Vec<EnvelopeId> = world
        .records(link)
        .into_iter()
        .filter_map(|record| match record {
            Record::Want(ids) => Some(ids),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(wanted.len(), 2);
    assert!(ids.iter().all(|id| wanted.contains(id)));
}
