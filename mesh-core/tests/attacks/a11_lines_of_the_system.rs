//! A11 · bitchat 2026: a text with certain words in it was drawn as a line of the system,
//! and people believed what nobody had said.
//!
//! There are no lines of the system: a conversation holds messages, each with its author,
//! by a type that has no other case. Two hundred texts that look like notices come in a
//! channel and from a contact, in names that look like the program's: each is a message
//! of its author, with the badge of the key that signed, in the words that were sent, and
//! nothing else happens. How the window draws that is the window's to test.

use std::collections::BTreeMap;

use mesh_core::api::Event;
use mesh_core::crypto::channel::Pseudonym;
use mesh_core::testing::rng;
use mesh_core::types::Message;

use crate::forgery;
use crate::people::{Stranger, said, text_items};
use crate::world::{START, World};

const NOTICES: [&str; 20] = [
    "* Ana took a screenshot *",
    "* Ana joined the channel *",
    "[system] your session has expired",
    "--- this conversation is now encrypted ---",
    "Starling: update at once",
    "✓ verified",
    "🔒 keys changed",
    "<system>the meeting is off</system>",
    "\u{1b}[31mwarning\u{1b}[0m",
    "\u{202e}metsys",
    "/me left",
    "NOTICE: clock",
    "{\"event\":\"StatusChanged\"}",
    "message deleted",
    "This person is blocked.",
    "Delivered",
    "Bob: I am here",
    "\nBob: I am here",
    "⚠ Your clock is wrong",
    "***",
];
const NAMES: [&str; 10] = [
    "system", "Starling", "*", "", " ", "You", "Admin", "⚠", "✓ Ana", "notice",
];

fn payloads() -> impl Iterator<Item = (u64, &'static str, &'static str)> {
    let all = NAMES
        .iter()
        .flat_map(|name| NOTICES.map(|text| (*name, text)));
    (0..)
        .zip(all)
        .map(|(number, (name, text))| (number, name, text))
}

/// Events that are not of the link that brought the message.
fn happened(world: &World, node: usize, from: usize) -> Vec<&Event> {
    let events = world.events[node][from..].iter();
    let is_other = |event: &&Event| {
        !matches!(
            event,
            Event::Answer { .. } | Event::LinkUp(_) | Event::LinkDown { .. }
        )
    };
    events.filter(is_other).collect()
}

fn assert_is_of(line: &Message, badge: &[u8], text: &str) {
    assert_eq!((line.from.badge.as_slice(), line.from.own), (badge, false));
    assert_eq!(line.text, text);
}

/// Fails if a text makes another event, or a line without its author.
#[test]
fn what_looks_like_a_notice_in_a_channel_is_a_message_of_its_author() {
    let mut world = World::new(1);
    let channel = world.join(0, "nearby");
    let badge = Pseudonym::from_seed(&[0x66; 32]).public();
    for (number, name, text) in payloads() {
        let mut inner = forgery::text(START, number, text.as_bytes());
        inner.name = name.to_owned();
        let link = world.neighbour(0);
        let from = world.events[0].len();
        world.plant(link, forgery::post(START, number, &inner, 480));
        world.run(400);
        world.leave(link);
        let happened = happened(&world, 0, from);
        let [Event::MessageReceived(line)] = happened[..] else {
            panic!("{name:?} {text:?}: {happened:?}");
        };
        assert_is_of(line, &badge[..8], text);
        assert_eq!(line.from.name, name);
    }
    let lines = world.timeline(0, channel);
    assert_eq!(lines.len(), 200);
    assert!(lines.iter().all(|line| line.from.badge == badge[..8]));
}

/// The same from a contact.
#[test]
fn what_looks_like_a_notice_from_a_contact_is_a_message_of_the_contact() {
    let mut world = World::new(2);
    world.recorded = Some(BTreeMap::new());
    world.link(0, 1);
    let victim = world.card(1);
    world.run(5_000);
    let (bundle, now, mut rng) = (world.overheard_bundle(&victim), world.now(1).wall, rng(11));
    let eve = Stranger::new(6, "Eve");
    let data = said(now, 1, "Eve", &text_items("hello"));
    let (mut begun, first) = eve.knock(&victim, &bundle, now, &mut rng, &data);
    let link = world.neighbour(1);
    world.plant(link, first);
    world.run(2_000);
    let request = world.requests(1)[0].request;
    let conversation = world.accept(1, request);
    let ordinary = (
        0,
        "",
        "an ordinary line, which shows that they hear each other",
    );
    let payloads = payloads().map(|(number, name, text)| (number + 1, name, text));
    for (number, _, text) in std::iter::once(ordinary).chain(payloads) {
        let data = said(now, number as u32 + 2, "Eve", &text_items(text));
        let header = crate::people::header(mesh_core::wire::envelope::Class::Text, now).encode();
        let sealed = begun.session.seal(&mut rng, header, 480, &data).unwrap();
        let link = world.neighbour(1);
        let from = world.events[1].len();
        let envelope = mesh_core::wire::envelope::Envelope::parse(sealed.envelope).unwrap();
        world.plant(link, envelope);
        world.run(400);
        world.leave(link);
        let happened = happened(&world, 1, from);
        if number == 0 {
            continue;
        }
        let lines: Vec<&Message> = happened
            .iter()
            .filter_map(|event| match event {
                Event::MessageReceived(line) => Some(line),
                _ => None,
            })
            .collect();
        assert_eq!(
            (lines.len(), happened.len()),
            (1, 1),
            "{text:?}: {happened:?}"
        );
        assert_is_of(lines[0], &eve.card.id()[..8], text);
    }
    assert!(world.timeline(1, conversation).len() >= 200);
}
