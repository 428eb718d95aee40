//! A13 · bitchat 2026: a replayed announcement made somebody look near, so messages went
//! to whoever replayed it, showed as sent, and were gone.
//!
//! Nothing is addressed to a neighbour, and a message is shown as delivered when the
//! person's own device says so under seal. A neighbour replays everything that the absent
//! friend ever sent, takes the message, confirms it, and keeps it to itself. The author
//! is told the truth, keeps the message, and it is delivered when the friend returns.

use mesh_core::limits::DAY_MS;
use mesh_core::types::{Delivery, LinkId};
use mesh_core::wire::envelope::Envelope;
use mesh_core::wire::frame::Record;

use crate::people::friends;
use crate::world::World;

/// Wants all that it is offered; says to have it on disk if it takes it. Gives how many.
fn swallow(world: &mut World, link: LinkId, seconds: u64, confirms: bool) -> u64 {
    let mut taken = 0;
    for _ in 0..2 * seconds {
        for record in world.records(link) {
            match record {
                Record::Offer { ids, .. } => world.say(link, &[Record::Want(ids)]),
                Record::Push(_) => taken += 1,
                _ => {}
            }
        }
        if confirms && taken > 0 {
            world.say(link, &[Record::Took(taken)]);
        }
        world.say(link, &[Record::Pad]);
        world.run(500);
    }
    taken
}

/// All that Bob ever sent, once more.
fn replay(world: &mut World, link: LinkId, recorded: &[Envelope]) {
    for envelope in recorded {
        world.plant(link, envelope.clone());
    }
    world.run(1_000);
}

/// Fails if anything but the other person's acknowledgement makes a message delivered, or
/// if a neighbour's word ends its keeping.
#[test]
fn what_a_liar_swallowed_is_delivered_when_the_friend_returns() {
    for away_ms in [3_600_000, 2 * DAY_MS] {
        let (mut world, conversation) = friends();
        let recorded = world.pushed();
        for link in world.links_of(0) {
            world.cut(0, link);
        }
        world.run(10_000);
        world.write(0, conversation, "come at once");
        let state = |world: &mut World| world.delivery(0, conversation, "come at once");
        let liar = world.neighbour(0);
        replay(&mut world, liar, &recorded);
        // It listens, and says nothing of having anything.
        swallow(&mut world, liar, 5, false);
        assert_eq!(
            state(&mut world),
            Delivery::Waiting,
            "nobody has it on disk"
        );
        world.leave(liar);
        let liar = world.neighbour(0);
        replay(&mut world, liar, &recorded);
        let taken = swallow(&mut world, liar, 20, true);
        assert!(taken > 0, "it was given the message");
        assert_eq!(state(&mut world), Delivery::WithMesh, "and said so");
        world.leave(liar);
        world.run(away_ms);
        assert_eq!(state(&mut world), Delivery::WithMesh);
        assert!(
            !world
                .texts(1, conversation)
                .contains(&"come at once".into())
        );
        world.link(0, 1);
        world.run(400_000);
        let came = world.texts(1, conversation);
        let times = came.iter().filter(|text| *text == "come at once").count();
        assert_eq!(times, 1, "after {away_ms} ms");
        assert_eq!(state(&mut world), Delivery::Delivered);
    }
}
