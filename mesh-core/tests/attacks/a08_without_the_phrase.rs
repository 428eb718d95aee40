//! A08 · bitchat, issue 333: the password of a channel was asked for by the client, so a
//! client that did not ask was in.
//!
//! Membership is having the key that follows from the phrase: without it nobody makes
//! something that opens. A modified client copies tags that it saw, and seals under the
//! public key of everybody, of another phrase, of nothing, or not at all. Members see no
//! line, and what it carries tells it nothing. With real sockets: `tests/outsider.rs`.

use std::collections::BTreeMap;

use mesh_core::api::Answer;
use mesh_core::crypto::channel::{ChannelName, ChannelRoot, Phrase, Pseudonym};
use mesh_core::crypto::seal::{PostSeal, open_post, seal_post};
use mesh_core::engine::Request;
use mesh_core::types::{ChannelKind, ConversationId};
use mesh_core::wire::envelope::{Class, Envelope};

use crate::forgery;
use crate::people::header;
use crate::world::{START, World};

const PHRASE: &str = "six words for a test";
const CANARY: &str = "meet at the north gate";

fn join(world: &mut World, node: usize, root: [u8; 32]) -> ConversationId {
    let asked = Request::Join {
        kind: ChannelKind::Keyed,
        root: ChannelRoot::from_bytes(root),
        words: PHRASE.to_owned().into(),
        created: false,
    };
    match world.ask(node, asked) {
        Ok(Answer::Joined { conversation }) => conversation,
        other => panic!("{other:?}"),
    }
}

/// Fails if a tag alone, or a key that does not follow from the phrase, is enough.
#[test]
fn who_has_no_phrase_puts_no_line_into_a_channel_and_reads_none() {
    let root = ChannelRoot::from_phrase(&Phrase::parse(PHRASE).unwrap())
        .unwrap()
        .to_bytes();
    let mut world = World::new(3);
    world.recorded = Some(BTreeMap::new());
    let channel = join(&mut world, 0, root);
    join(&mut world, 1, root);
    // The one between has joined something else.
    world.join(2, "nearby");
    world.link(0, 2);
    world.link(2, 1);
    world.write(0, channel, CANARY);
    world.run(5_000);
    assert_eq!(world.texts(1, channel), [CANARY]);
    let seen = world.pushed();
    let clear = seen[0].as_bytes()[..32].to_vec();
    assert!(
        !seen[0]
            .as_bytes()
            .windows(8)
            .any(|it| CANARY.as_bytes().starts_with(it))
    );
    let others = [
        ChannelRoot::public(&ChannelName::parse("nearby").unwrap()),
        ChannelRoot::public(&ChannelName::parse(PHRASE).unwrap()),
        ChannelRoot::from_phrase(&Phrase::parse("six words for a guess").unwrap()).unwrap(),
        ChannelRoot::from_bytes([0; 32]),
    ];
    let text = forgery::text(START, 1, b"by an outsider");
    let mut forged = Vec::new();
    for (number, root) in others.iter().enumerate() {
        let day = root.day(START.day());
        assert!(
            seen.iter()
                .all(|it| open_post(&day, it.as_bytes()).is_err())
        );
        let sealed = seal_post(
            &PostSeal {
                day: &day,
                pseudonym: &Pseudonym::from_seed(&[0x66; 32]),
                header: header(Class::Text, START).encode(),
                slot: number as u16,
                nonce: [number as u8; 24],
                envelope_bytes: 480,
            },
            &text,
        );
        let sealed = sealed.unwrap();
        // With its own tag, and with one that members watch.
        forged.push([&clear[..], &sealed[32..]].concat());
        forged.push(sealed);
    }
    let mut raw = [&clear[..], &text.encode().unwrap()].concat();
    raw.resize(480, 0);
    forged.push(raw);
    let outsider = world.neighbour(0);
    for bytes in forged {
        world.plant(outsider, Envelope::parse(bytes).unwrap());
        world.run(1_000);
    }
    world.run(5_000);
    for node in [0, 1] {
        assert_eq!(world.texts(node, channel), [CANARY], "node {node}");
    }
    assert!(world.held(1) > 1, "it was carried all the same");
}
