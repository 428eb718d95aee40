//! A12 · bitchat, 2026 (BARGHEST): who a packet said it was from decided what it might do,
//! and what was heard was remembered before it was accepted, so that one link could
//! speak for a hundred people.
//!
//! A link says nothing of who is behind it, and what is said on it concerns that link. A
//! neighbour claims the ids of a hundred people's messages and keys, as offered, gone,
//! taken and listed, asked for and not, repeats another's greeting, and pushes what
//! nobody wanted. What the two honest nodes know is as before, to the byte.

use mesh_core::api::{ContactView, RequestView};
use mesh_core::testing::rng;
use mesh_core::types::{ConversationId, EnvelopeId, LinkId, Tick};
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::frame::Record;
use mesh_core::wire::sync::{Done, More, Opening, Page, Say, Summary};

use crate::people::{Stranger, friends};
use crate::size;
use crate::world::World;

/// What a node knows of people and holds for them.
#[derive(PartialEq)]
struct Known {
    contacts: Vec<ContactView>,
    requests: Vec<RequestView>,
    lines: Vec<String>,
    held: u64,
    told: usize,
}

fn known(world: &mut World, node: usize, conversation: ConversationId) -> Known {
    Known {
        contacts: world.contacts(node),
        requests: world.requests(node),
        lines: world.texts(node, conversation),
        held: world.held(node),
        told: world.told(node),
    }
}

/// Envelopes of many people, and their ids.
fn victims(world: &World, count: u64) -> Vec<Envelope> {
    let now = world.now(0).wall;
    let mut rng = rng(12);
    let prekey = mesh_core::crypto::prekeys::DayPrekey::generate(now.day(), &mut rng);
    let victims = (0..count).map(|number| Stranger::new(number, "victim"));
    victims
        .map(|victim| victim.bundle(&prekey, &mut rng, now))
        .collect()
}

fn claims(ids: &[EnvelopeId], round: u8) -> Vec<Record> {
    let (class, cut) = (Class::Keys, Tick(0));
    let shorts = (0..ids.len() as u64).map(|number| number << 8 | u64::from(round));
    let mut held = [Summary::default(); 4];
    held[3] = Summary {
        count: ids.len() as u32,
        print: [round; 6],
    };
    vec![
        Record::Took(1 + u64::from(round)),
        Record::Gone(ids.to_vec()),
        Record::Sync(Opening {
            epoch: 2 * round,
            cut,
            held,
        }),
        Record::SyncList(Page {
            epoch: 2 * round,
            class,
            cut,
            left: 0,
            shorts: shorts.collect(),
        }),
        Record::SyncMore(More {
            epoch: 2 * round + 1,
            class,
            say: Say::AskList { cut, pad: 0 },
        }),
        Record::SyncDone(Done {
            epoch: 2 * round,
            classes: 8,
            more: false,
            lacks: vec![[round; 3]; 20],
        }),
        Record::Offer {
            class,
            ids: ids.to_vec(),
        },
    ]
}

/// Fails if what a neighbour says of ids is remembered for anybody else, or if an envelope
/// that nobody asked for is kept.
#[test]
fn one_link_that_claims_the_ids_of_a_hundred_people_changes_nothing() {
    let (mut world, conversation) = friends();
    world.run(400_000);
    let before = [0, 1].map(|node| known(&mut world, node, conversation));
    let envelopes = victims(&world, size(100, 400));
    let ids: Vec<EnvelopeId> = envelopes.iter().map(Envelope::id).collect();
    let own: Vec<EnvelopeId> = world.pushed().iter().map(Envelope::id).collect();
    for round in 0..10 {
        for node in 0..2 {
            let mut link = world.neighbour(node);
            for (number, record) in claims(&ids, round).into_iter().enumerate() {
                if world.is_closed(link) {
                    world.leave(link);
                    link = world.neighbour(node);
                }
                world.say(link, &[record]);
                world.run(200 + number as u64);
            }
            claim_own(&mut world, node, &own);
            unasked(&mut world, node, &envelopes[usize::from(round)]);
            if !world.is_closed(link) {
                world.leave(link);
            }
        }
    }
    let after = [0, 1].map(|node| known(&mut world, node, conversation));
    for (node, (before, after)) in before.iter().zip(&after).enumerate() {
        assert!(
            before == after,
            "node {node}: {} then {}",
            before.held,
            after.held
        );
    }
    // And they talk, through all of it.
    for node in 0..2 {
        world.write(node, conversation, &format!("still {node}"));
    }
    world.run(20_000);
    for node in 0..2 {
        let other = format!("still {}", 1 - node);
        assert!(world.texts(node, conversation).contains(&other));
    }
}

/// The ids of what the honest ones themselves sent, as gone and as taken.
fn claim_own(world: &mut World, node: usize, own: &[EnvelopeId]) {
    let link: LinkId = world.neighbour(node);
    world.say(link, &[Record::Gone(own.to_vec())]);
    world.run(100);
    if !world.is_closed(link) {
        world.say(link, &[Record::Took(u64::MAX)]);
    }
    world.leave(link);
}

/// A well-formed envelope that was neither offered nor wanted.
fn unasked(world: &mut World, node: usize, envelope: &Envelope) {
    let link = world.neighbour(node);
    world.say(link, &[Record::Push(envelope.clone())]);
    world.run(500);
    world.leave(link);
}
