//! A07 · Meshtastic GHSA-377p-prwp-4hwf and others: where a flag was missing or a version
//! byte said less, programs fell back to older or no cryptography, and told nobody.
//!
//! There is one suite for each version and nothing is negotiated. Every byte that says a
//! version, a kind or a suite is set to every other value, signed and sealed anew by
//! whoever could do so, in cards, links, codes, keys for strangers, first messages,
//! sessions and channels: nothing is understood. First messages are quantum-safe or do
//! not leave.

use std::collections::BTreeMap;

use mesh_core::api::PeopleCommand;
use mesh_core::crypto::bundle::{CardDay, bundle, open_bundle};
use mesh_core::crypto::channel::{ChannelName, ChannelRoot};
use mesh_core::crypto::identity::{CARD_BYTES, Card};
use mesh_core::crypto::knock::{Arrival, PrekeySecret};
use mesh_core::crypto::prekeys::{DayPrekey, OneTimePrekey};
use mesh_core::crypto::seal::open_post;
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::session::{Parties, Session};
use mesh_core::crypto::verify::{ContactCode, contact_code, parse_card_link};
use mesh_core::limits::DAY_MS;
use mesh_core::testing::rng;
use mesh_core::types::Delivery;
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::frame::{Record, decode_frame, encode_record};
use mesh_core::wire::inner::Inner;

use crate::by_hand::{self, Knock, agree};
use crate::forgery;
use crate::people::{Stranger, header, said, text_items};
use crate::world::{START, World};

/// Whether an envelope opens.
type Opens<'a> = &'a dyn Fn(&[u8]) -> bool;

/// All values but the one that is right.
fn others(right: u8) -> impl Iterator<Item = u8> {
    (0..=u8::MAX).filter(move |value| *value != right)
}

/// Every other value of each byte in a clear header.
fn with_other_headers(envelope: &[u8], mut each: impl FnMut(usize, &[u8])) {
    for at in 0..16 {
        for value in others(envelope[at]) {
            let mut altered = envelope.to_vec();
            altered[at] = value;
            each(at, &altered);
        }
    }
}

/// Fails if a card of another version is read as one of this.
#[test]
fn no_card_link_or_code_of_another_version_is_read() {
    let (who, rng) = (Stranger::new(1, "Eve"), &mut rng(1));
    let bytes = who.identity.encode_card(&who.card);
    for version in others(1) {
        let mut unsigned = bytes[..CARD_BYTES - 64].to_vec();
        unsigned[0] = version;
        let signed = by_hand::signed_card(&who.seed, &unsigned);
        assert!(Card::decode(&signed).is_err(), "version {version}");
    }
    let once = OneTimePrekey::generate(START, START.day(), rng);
    let code = contact_code(&who.identity, &who.card, &once, [0; 16]);
    let link = who.link();
    assert!(ContactCode::parse(&code).is_ok() && parse_card_link(&link).is_ok());
    for (text, prefix) in [(&code, "SL1:"), (&link, "starling:c/")] {
        for at in 0..prefix.len() {
            for value in (b'0'..=b'z').map(char::from) {
                let mut altered: Vec<char> = text.chars().collect();
                if std::mem::replace(&mut altered[at], value) == value {
                    continue;
                }
                let altered: String = altered.into_iter().collect();
                let is_read =
                    ContactCode::parse(&altered).is_ok() || parse_card_link(&altered).is_ok();
                assert!(!is_read, "{value} at {at} of {prefix}");
            }
        }
    }
}

/// Fails if a byte of the clear header is not covered by the seal.
#[test]
fn nothing_opens_under_another_header() {
    let (ana, bob, rng) = (
        Stranger::new(1, "Ana"),
        Stranger::new(2, "Bob"),
        &mut rng(2),
    );
    let prekey = DayPrekey::generate(START.day(), rng);
    let day = CardDay::new(&bob.card, START.day());
    let keys = bob.bundle(&prekey, rng, START);
    let bundle = bundle(&bob.identity, &prekey);
    let (_, knock) = ana.knock(&bob.card, &bundle, START, rng, b"hello");
    let is_bundle = |envelope: &[u8]| open_bundle(&bob.card, &day, envelope).is_ok();
    let is_knock = |envelope: &[u8]| {
        let arrival = Arrival::open(&day, envelope);
        arrival.is_ok_and(|it| {
            it.answer(&bob.identity, PrekeySecret::Day(&prekey), START)
                .is_ok()
        })
    };
    let root = ChannelRoot::public(&ChannelName::parse("nearby").unwrap());
    let channel = root.day(START.day());
    let post = forgery::post(START, 1, &forgery::text(START, 1, b"hello"), 480);
    let is_post = |envelope: &[u8]| open_post(&channel, envelope).is_ok();
    let all: [(&Envelope, Opens<'_>); 3] =
        [(&keys, &is_bundle), (&knock, &is_knock), (&post, &is_post)];
    for (envelope, opens) in all {
        assert!(opens(envelope.as_bytes()));
        with_other_headers(envelope.as_bytes(), |at, altered| {
            assert!(!opens(altered), "byte {at}");
        });
    }
    let secret = [0x31; 32];
    let parties = Parties::new(&[1; 32], &[2; 32]);
    let public = by_hand::public_key(&secret);
    let shared = Secret::take(&mut [5; 32]);
    let mut one = Session::initiate(&shared, public, parties, rng).unwrap();
    let mut other = Session::answer(&shared, Secret::take(&mut { secret }), parties);
    let header = header(Class::Text, START).encode();
    let message = one.seal(rng, header, 480, b"hello").unwrap().envelope;
    with_other_headers(&message, |at, altered| {
        assert!(other.open(START, altered).is_err(), "byte {at}");
    });
    assert!(other.open(START, &message).is_ok());
}

/// Fails if a relay takes in an envelope of a version that it does not know.
#[test]
fn no_envelope_message_hello_or_stored_session_of_another_version_is_read() {
    let post = forgery::post(START, 1, &forgery::text(START, 1, b"hello"), 480);
    let data = said(START, 1, "Ana", &text_items("hello"));
    assert!(Inner::decode_numbered(&data).is_ok());
    let world = World::new(1);
    let hello = world.hello(mesh_core::types::LinkId(1));
    let mut frame = Vec::new();
    encode_record(&mut frame, &hello);
    assert!(matches!(
        decode_frame(&frame).unwrap()[..],
        [Record::Hello(_)]
    ));
    let rng = &mut rng(3);
    let parties = Parties::new(&[1; 32], &[2; 32]);
    let public = by_hand::public_key(&[0x31; 32]);
    let shared = Secret::take(&mut [5; 32]);
    let session = Session::initiate(&shared, public, parties, rng).unwrap();
    let state = session.encode();
    for value in others(1) {
        let mut altered = post.as_bytes().to_vec();
        altered[0] = value;
        assert!(Envelope::parse(altered).is_err());
        let mut altered = data.clone();
        altered[0] = value;
        assert!(Inner::decode_numbered(&altered).is_err());
        let mut altered = state.to_vec();
        altered[0] = value;
        assert!(Session::decode(&altered).is_none());
    }
    for at in 0..4 {
        for value in others(frame[3 + at]) {
            let mut altered = frame.clone();
            altered[3 + at] = value;
            assert!(
                decode_frame(&altered).is_err(),
                "{value} at {at} of a Hello"
            );
        }
    }
}

/// Whoever has the card seals the same again under every other kind. Fails if the kind
/// is not bound by what both sides hash.
#[test]
fn a_first_message_under_another_kind_is_none() {
    let (ana, bob, rng) = (
        Stranger::new(1, "Ana"),
        Stranger::new(2, "Bob"),
        &mut rng(4),
    );
    let prekey = DayPrekey::generate(START.day(), rng);
    let day = CardDay::new(&bob.card, START.day());
    let bundle = bundle(&bob.identity, &prekey);
    let (_, knock) = ana.knock(&bob.card, &bundle, START, rng, b"hello");
    let plain = by_hand::unwrap(&bob.card, START.day(), knock.as_bytes()).unwrap();
    let header = header(Class::Text, START).encode();
    for kind in 0..=u8::MAX {
        let mut altered = plain.clone();
        altered[0] = kind;
        let bytes = by_hand::wrap(&bob.card, START.day(), &header, &altered);
        let arrival = Arrival::open(&day, &bytes);
        let opened =
            arrival.and_then(|it| it.answer(&bob.identity, PrekeySecret::Day(&prekey), START));
        assert_eq!(opened.is_ok(), kind == 1, "kind {kind}");
    }
}

/// A client that leaves X-Wing out, at the keys of a day, in every kind that has none.
/// Fails if those keys serve a kind without X-Wing.
#[test]
fn a_first_message_without_x_wing_at_the_keys_of_a_day_is_no_request() {
    let mut world = World::new(2);
    world.recorded = Some(BTreeMap::new());
    world.link(0, 1);
    let victim = world.card(1);
    world.run(5_000);
    let (bundle, eve) = (world.overheard_bundle(&victim), Stranger::new(6, "Eve"));
    let now = world.now(1).wall;
    let card = eve.identity.encode_card(&eve.card);
    for kind in [3, 4, 2, 1] {
        let knock = Knock {
            kind,
            to: &victim,
            bundle: &bundle,
            card: &card,
            card_id: eve.card.id(),
            ephemeral: [kind; 32],
            ephemeral_public: None,
            dh1: agree(&by_hand::identity_secret(&eve.seed), &bundle.prekey).to_vec(),
        };
        let data = said(now, 1, "Eve", &text_items("hello"));
        let header = header(Class::Text, now).encode();
        let envelope = knock.envelope(now.day(), header, &data, &mut rng(5));
        let link = world.neighbour(1);
        world.plant(link, envelope);
        world.run(5_000);
        world.leave(link);
        assert_eq!(
            world.requests(1).len(),
            usize::from(kind == 1),
            "kind {kind}"
        );
    }
}

/// The kinds of all first messages at a card that went by.
fn kinds(world: &World, card: &Card) -> Vec<u8> {
    let today = world.now(0).wall.day();
    let days = (today.0 - 3..=today.0 + 1).map(mesh_core::types::Day);
    let pushed = world.pushed();
    let knocks = pushed.iter().filter(|it| it.as_bytes().len() == 1_920);
    let opened = knocks.filter_map(|it| {
        let mut days = days.clone();
        days.find_map(|day| by_hand::unwrap(card, day, it.as_bytes()))
    });
    opened
        .filter(|plain| plain.len() == by_hand::PLAINTEXT_BYTES)
        .map(|plain| plain[0])
        .collect()
}

/// Who is known by quantum-safe keys is written to with those or not at all: first, after
/// the contact was lost, and when the keys that are here are too old. Fails if another
/// way of knocking is tried where those keys are missing.
#[test]
fn no_first_message_without_x_wing_leaves() {
    let mut world = World::new(2);
    world.recorded = Some(BTreeMap::new());
    let link = world.link(0, 1);
    world.befriend(0, 1);
    assert!(world.contacts(0)[0].quantum_safe && world.contacts(1)[0].quantum_safe);
    let card = world.card(1);
    let contact = world.contacts(0)[0].contact;
    world.people(0, PeopleCommand::Remove { contact }).unwrap();
    let link_text = world.share_card(1);
    let (_, conversation) = world.add_contact(0, &link_text);
    world.write(0, conversation, "once more");
    world.run(400_000);
    assert!(world.contacts(1)[0].restarted);
    let sent = kinds(&world, &card);
    let is_knock = sent.iter().filter(|kind| **kind == 1).count();
    assert!(is_knock >= 2, "{sent:?}");
    assert!(!sent.iter().any(|kind| (2..=4).contains(kind)), "{sent:?}");

    // Three days later the keys that are here serve no more.
    world.people(0, PeopleCommand::Remove { contact }).unwrap();
    world.cut(0, link);
    world.run(3 * DAY_MS);
    let (_, conversation) = world.add_contact(0, &link_text);
    world.write(0, conversation, "and again");
    let held = world.held(0);
    world.run(3_600_000);
    assert_eq!(
        world.delivery(0, conversation, "and again"),
        Delivery::Waiting
    );
    assert!(world.held(0) <= held, "nothing leaves");
    world.link(0, 1);
    world.run(400_000);
    assert_ne!(
        world.delivery(0, conversation, "and again"),
        Delivery::Waiting
    );
    assert!(
        !kinds(&world, &card)
            .iter()
            .any(|kind| (2..=4).contains(kind))
    );
}
