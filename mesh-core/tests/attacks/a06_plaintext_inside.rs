//! A06 · bitchat, pull request 412: where a private chat expected ciphertext, plaintext
//! was taken too, and shown as if it had been sealed.
//!
//! Every kind of message is put in clear where a sealed one belongs: into a conversation
//! by the contact itself, who knows its tags; into first messages by whoever has the
//! card; into a channel by a member. No line and no event. What was opened is a type
//! that only opening makes (`crypto::session::Opening`, with a test that does not
//! compile).

use std::collections::BTreeMap;

use mesh_core::crypto::channel::{ChannelName, ChannelRoot};
use mesh_core::testing::rng;
use mesh_core::types::{MessageClass, MessageId};
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::inner::{Inner, TextPart};
use mesh_core::wire::items::Item;

use crate::by_hand;
use crate::people::{Stranger, header, said, text_items};
use crate::world::{START, World};

/// One of each kind that there is, in clear.
fn plaintexts() -> Vec<Vec<u8>> {
    let part = TextPart {
        index: 0,
        count: 1,
        bytes: b"in clear".to_vec(),
    };
    let id = MessageId([9; 16]);
    let classes = [MessageClass::Text, MessageClass::Sos].into_iter();
    let posts = classes.map(|class| {
        Inner::piece(class, id, START, "Eve", &part)
            .encode()
            .unwrap()
    });
    let items = [
        Item::Text(part.clone()),
        Item::SasCommit([1; 32]),
        Item::SasAnswer([1; 32]),
        Item::SasOpen([1; 32]),
        Item::Numbering(7),
        Item::Counting(7),
        Item::Read(1),
        Item::Reaction(id, "🔥".into()),
        Item::Delete(id),
        Item::Reply(id),
        Item::Floor(1),
    ];
    let each = items
        .iter()
        .map(|item| said(START, 2, "Eve", std::slice::from_ref(item)));
    posts
        .chain(each)
        .chain([said(START, 3, "Eve", &items)])
        .collect()
}

/// In every place of an envelope where something is sealed: whatever would read it must
/// find it.
fn in_clear(clear: &[u8], plain: &[u8], bytes: usize) -> Vec<Vec<u8>> {
    let length = u16::try_from(plain.len()).unwrap().to_le_bytes();
    let with_length = [&length[..], plain].concat();
    // Behind the tag; behind salt or nonce; behind salt and sealed header.
    let places = [32, 40, 56, 92];
    places
        .iter()
        .flat_map(|from| [plain, &with_length].map(|said| (*from, said.to_vec())))
        .map(|(from, said)| {
            let mut envelope = clear.to_vec();
            envelope.resize(from, 0);
            envelope.extend(said);
            envelope.resize(bytes, 0);
            envelope
        })
        .collect()
}

fn bring(world: &mut World, node: usize, envelopes: Vec<Vec<u8>>) {
    let link = world.neighbour(node);
    world.deafen(link);
    for bytes in envelopes {
        world.plant(link, Envelope::parse(bytes).unwrap());
        world.run(200);
    }
    world.run(40_000);
    world.leave(link);
}

/// Fails if what does not open is read as it is.
#[test]
fn in_a_conversation_and_in_first_messages() {
    let mut world = World::new(2);
    world.recorded = Some(BTreeMap::new());
    world.link(0, 1);
    let victim = world.card(1);
    world.run(5_000);
    let (bundle, eve, mut rng) = (
        world.overheard_bundle(&victim),
        Stranger::new(6, "Eve"),
        rng(6),
    );
    let now = world.now(1).wall;
    let data = said(now, 1, "Eve", &text_items("hello"));
    let (mut begun, first) = eve.knock(&victim, &bundle, now, &mut rng, &data);
    bring(&mut world, 1, vec![first.as_bytes().to_vec()]);
    let request = world.requests(1)[0].request;
    let conversation = world.accept(1, request);
    world.run(400_000);
    let (told, lines) = (world.told(1), world.texts(1, conversation));
    let clear_header = header(Class::Text, now).encode();
    for plain in plaintexts() {
        // The tag of the next message, which its reader watches for.
        let sealed = begun
            .session
            .seal(&mut rng, clear_header, 480, b"")
            .unwrap()
            .envelope;
        bring(&mut world, 1, in_clear(&sealed[..32], &plain, 480));
        // In a first message: in its envelope, and under the outer seal alone.
        let inside = in_clear(&[1; 9], &plain, by_hand::PLAINTEXT_BYTES);
        let day = now.day();
        let wrapped = inside
            .iter()
            .map(|it| by_hand::wrap(&victim, day, &clear_header, it));
        let wrapped: Vec<_> = wrapped.collect();
        let tagged = in_clear(&wrapped[0][..32], &plain, 1_920);
        bring(&mut world, 1, [wrapped, tagged].concat());
        assert_eq!(world.told(1), told);
    }
    assert_eq!(world.texts(1, conversation), lines);
    assert!(world.requests(1).is_empty());
    // Sealed, the same is read.
    let data = said(now, 2, "Eve", &text_items("sealed"));
    let sealed = begun
        .session
        .seal(&mut rng, clear_header, 480, &data)
        .unwrap();
    bring(&mut world, 1, vec![sealed.envelope]);
    assert_eq!(world.texts(1, conversation).last().unwrap(), "sealed");
}

/// Fails if a channel shows what was not sealed under its key.
#[test]
fn in_a_channel() {
    let mut world = World::new(1);
    let channel = world.join(0, "nearby");
    let day = ChannelRoot::public(&ChannelName::parse("nearby").unwrap()).day(START.day());
    let clear_header = header(Class::Text, START).encode();
    for (slot, plain) in (0..).zip(plaintexts()) {
        let clear = [&clear_header[..], &day.tag(slot)].concat();
        // A post has key and signature before what it says.
        let post = [&[6; 96][..], &plain].concat();
        let all = [in_clear(&clear, &plain, 480), in_clear(&clear, &post, 480)];
        bring(&mut world, 0, all.concat());
    }
    assert_eq!(
        (world.timeline(0, channel).len(), world.received(0)),
        (0, 0)
    );
    let post = crate::forgery::post(START, 9, &crate::forgery::text(START, 9, b"sealed"), 480);
    bring(&mut world, 0, vec![post.as_bytes().to_vec()]);
    assert_eq!(world.texts(0, channel), ["sealed"]);
}
