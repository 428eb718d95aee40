//! C11 · hop counts and lifetimes that anybody may rewrite: a message made to spread
//! for ever, or not at all.
//!
//! There is no hop count, and the expiry is part of the id and of what is sealed.
//! Every expiry from an hour ago to a year ahead is tried on copies of a true post:
//! none opens, none stands in the way of the true one or brings it back after its
//! time, none is kept longer than its class may be.

use mesh_core::limits::{
    EXPIRY_SLACK_MS, KEYS_LIFETIME_MS, SOS_LIFETIME_MS, TEXT_LIFETIME_MS_MAX, TICK_MS,
};
use mesh_core::types::{ConversationId, LinkId, Tick, Wall};
use mesh_core::wire::envelope::{Class, Envelope, Header};
use mesh_core::wire::frame::Record;

use crate::forgery::sealed_junk;
use crate::size;
use crate::world::{START, World};

const YEAR_TICKS: u32 = 365 * 24 * 12;

fn class_max_ms(class: Class) -> u64 {
    match class {
        Class::Sos => SOS_LIFETIME_MS,
        Class::Text => TEXT_LIFETIME_MS_MAX,
        Class::Manifest | Class::Keys => KEYS_LIFETIME_MS,
    }
}

/// Expiries of interest: every one near the bounds of all classes, the rest in steps.
fn expiries(now: Wall) -> impl Iterator<Item = Tick> {
    let first = now.tick().0 - 12;
    let step = size(977, 1) as u32;
    let ticks = (first..first + YEAR_TICKS).filter(move |tick| {
        let bounds = [0, SOS_LIFETIME_MS, KEYS_LIFETIME_MS, TEXT_LIFETIME_MS_MAX];
        let mut bounds = bounds.into_iter().map(|bound| now.plus_ms(bound).tick().0);
        (tick - first).is_multiple_of(step) || bounds.any(|bound| bound.abs_diff(*tick) < 13)
    });
    ticks.map(Tick)
}

/// Offers it and, if it is asked for, pushes it. A fresh link when the old one is closed.
fn try_on(world: &mut World, node: usize, link: &mut LinkId, envelope: Envelope) {
    if world.is_closed(*link) {
        *link = world.neighbour(node);
    }
    let (class, ids) = (envelope.header().class, vec![envelope.id()]);
    world.say(*link, &[Record::Offer { class, ids }]);
    let asked = world.records(*link);
    if asked.iter().any(|record| matches!(record, Record::Want(_))) {
        world.say(*link, &[Record::Push(envelope)]);
    }
}

#[test]
fn exactly_the_expiries_within_a_class_s_lifetime_are_kept_and_no_longer_than_that() {
    for class in Class::ALL {
        let mut world = World::new(1);
        let mut link = world.neighbour(0);
        let now = world.now(0).wall;
        let latest = now.plus_ms(class_max_ms(class) + EXPIRY_SLACK_MS);
        let (mut tried, mut kept) = (0, 0);
        for tick in expiries(now) {
            let expiry = tick.start();
            let admitted = expiry > now.minus_ms(EXPIRY_SLACK_MS) && expiry <= latest;
            let before = world.held(0);
            try_on(
                &mut world,
                0,
                &mut link,
                sealed_junk(class, tick, u64::from(tick.0)),
            );
            assert_eq!(
                world.held(0) - before,
                u64::from(admitted),
                "{class:?} {tick:?}"
            );
            (tried, kept) = (tried + 1, kept + u64::from(admitted));
        }
        println!("{class:?}: {kept} of {tried} kept");
        world.run(class_max_ms(class) - 2 * TICK_MS);
        assert!(world.held(0) > 0);
        world.run(2 * TICK_MS + 60_000);
        assert_eq!(world.held(0), 0, "nothing is kept past its class maximum");
    }
}

/// A writer 0 and a reader 1 that are not linked, and the true post as a listener at
/// the writer got it.
fn captured() -> (World, ConversationId, Envelope) {
    let mut world = World::new(2);
    let channel = world.join(0, "nearby");
    world.join(1, "nearby");
    let listener = world.neighbour(0);
    world.write(0, channel, "true");
    world.run(1_000);
    let ids = world
        .records(listener)
        .into_iter()
        .find_map(|record| match record {
            Record::Offer { ids, .. } => Some(ids),
            _ => None,
        });
    world.say(listener, &[Record::Want(ids.unwrap())]);
    let post = world
        .records(listener)
        .into_iter()
        .find_map(|record| match record {
            Record::Push(envelope) => Some(envelope),
            _ => None,
        });
    (world, channel, post.unwrap())
}

/// The same sealed bytes under another expiry.
fn altered(post: &Envelope, expiry: Tick) -> Envelope {
    let mut bytes = post.as_bytes().to_vec();
    let header = Header {
        expiry,
        ..post.header()
    };
    bytes[..16].copy_from_slice(&header.encode());
    Envelope::parse(bytes).unwrap()
}

#[test]
fn altered_copies_never_open_and_never_stand_in_the_way() {
    let (mut world, channel, post) = captured();
    let mut link = world.neighbour(1);
    for tick in expiries(START) {
        if tick != post.header().expiry {
            try_on(&mut world, 1, &mut link, altered(&post, tick));
        }
    }
    world.run(1_000);
    assert_eq!(world.timeline(1, channel), [], "none opens");
    let copies = world.held(1);
    world.link(0, 1);
    world.run(5_000);
    let texts: Vec<String> = world
        .timeline(1, channel)
        .into_iter()
        .map(|m| m.text)
        .collect();
    assert_eq!(texts, ["true"], "{copies} copies came first");
}

#[test]
fn a_lapsed_post_does_not_come_back_under_any_expiry() {
    let (mut world, channel, post) = captured();
    world.link(0, 1);
    world.run(5_000);
    assert_eq!(world.timeline(1, channel).len(), 1);
    // A day and a quarter later it has lapsed everywhere.
    world.run(25 * 3_600_000);
    assert_eq!((world.held(0), world.held(1)), (0, 0));
    let now = world.now(1).wall;
    let mut link = world.neighbour(1);
    let lapsed = post.clone();
    try_on(&mut world, 1, &mut link, lapsed);
    assert_eq!(world.held(1), 0, "the true one is over");
    for tick in expiries(now) {
        try_on(&mut world, 1, &mut link, altered(&post, tick));
    }
    world.run(5_000);
    assert_eq!(world.timeline(1, channel).len(), 1, "shown once, long ago");
    assert_eq!(world.received(1), 1);
}
