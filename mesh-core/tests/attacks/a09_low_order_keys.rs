//! A09 · Keys for which every agreement gives the same known secret (RFC 7748 §6.1):
//! whoever takes one in agrees with everybody, and thinks it is with one.
//!
//! The seven points of low order, each also with the bit that X25519 ignores, in every
//! place where a key is read, each time with valid signatures and everything else that
//! the place asks for: cards, bundles, contact codes, exchanges in radio range, first
//! messages, sessions and groups. All are refused, and the same with another key is taken.
//! Links are in `crypto/noise/tests.rs`.

use mesh_core::api::{CommandError, PeopleCommand};
use mesh_core::crypto::bundle::{Bundle, bundle};
use mesh_core::crypto::group::{Changes, Group, OwnKeys, Role};
use mesh_core::crypto::identity::{CARD_BYTES, Card};
use mesh_core::crypto::kem::{KEM_CIPHERTEXT_BYTES, KemSecret, encapsulate, is_public};
use mesh_core::crypto::knock::{Target, start};
use mesh_core::crypto::prekeys::DayPrekey;
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::session::{Parties, Session};
use mesh_core::crypto::verify::{ContactCode, NearbyAnswer, NearbyOffer, card_link};
use mesh_core::testing::rng;
use mesh_core::wire::envelope::Class;

use crate::by_hand::{self, Key, Knock, agree, expand, hash, hkdf, low_order_points};
use crate::people::{Stranger, header, said, text_items};
use crate::world::{START, World};

/// One that is not.
fn good() -> Key {
    by_hand::public_key(&[0x21; 32])
}

/// Those of low order with `false`, and one that must be taken.
fn keys() -> impl Iterator<Item = (Key, bool)> {
    let bad = low_order_points().into_iter().map(|point| (point, false));
    bad.chain([(good(), true)])
}

/// A card with another key in it, signed by its owner.
fn card_with(who: &Stranger, dh_key: Key) -> Vec<u8> {
    let card = Card {
        dh_key,
        ..who.card.clone()
    };
    who.identity.encode_card(&card)
}

/// Fails if [`Card::decode`] looks at the signature alone.
#[test]
fn in_a_card_and_its_link() {
    let who = Stranger::new(1, "Eve");
    let mut world = World::new(1);
    for (key, is_good) in keys() {
        let bytes = card_with(&who, key);
        assert_eq!(Card::decode(&bytes).is_ok(), is_good, "{key:02x?}");
        let link = card_link(&bytes).into();
        let added = world.people(
            0,
            PeopleCommand::Add {
                link,
                petname: None,
            },
        );
        match is_good {
            true => assert!(added.is_ok()),
            false => assert_eq!(added, Err(CommandError::CardLink)),
        }
    }
}

/// A signing key of low order, with the signature that fits it whatever is signed. Fails
/// if signatures are not checked strictly.
#[test]
fn as_the_signing_key_of_a_card() {
    let who = Stranger::new(1, "Eve");
    for first in [0, 1, 0xec, 0xed, 0xee] {
        let mut point = [if first < 2 { 0 } else { 0xff }; 32];
        point[0] = first;
        for top in [0, 0x7f, 0x80, 0xff] {
            point[31] = top;
            let card = Card {
                sign_key: point,
                ..who.card.clone()
            };
            let mut bytes = who.identity.encode_card(&card);
            bytes[CARD_BYTES - 64..].fill(0);
            for r in [point, {
                let mut one = [0; 32];
                one[0] = 1;
                one
            }] {
                bytes[CARD_BYTES - 64..CARD_BYTES - 32].copy_from_slice(&r);
                assert!(Card::decode(&bytes).is_err(), "{point:02x?}");
            }
        }
    }
}

/// Fails if [`Bundle::decode`] looks at the signature alone.
#[test]
fn in_a_bundle_and_in_its_x_wing_key() {
    let (who, rng) = (Stranger::new(1, "Eve"), &mut rng(1));
    let true_one = bundle(&who.identity, &DayPrekey::generate(START.day(), rng)).encode();
    let signed_with = |at: usize, key: &Key| {
        let mut bytes = true_one.clone();
        bytes[at..at + 32].copy_from_slice(key);
        let keys = bytes.len() - 64;
        let id = who.card.id();
        let signature = by_hand::sign(&who.seed, &[b"starling/1 bundle", &id, &bytes[..keys]]);
        bytes[keys..].copy_from_slice(&signature);
        bytes
    };
    let half = 32 + 1_184;
    for (key, is_good) in keys() {
        for at in [0, half] {
            let decoded = Bundle::decode(&who.card, &signed_with(at, &key));
            assert_eq!(decoded.is_ok(), is_good, "{key:02x?} at {at}");
        }
    }
}

/// Fails if X-Wing is used as its draft has it.
#[test]
fn in_x_wing_keys_and_ciphertexts() {
    let rng = &mut rng(2);
    let secret = KemSecret::generate(rng);
    let (ciphertext, _) = encapsulate(&secret.public(), rng).unwrap();
    for (key, is_good) in keys() {
        let (mut public, mut sent) = (secret.public(), ciphertext);
        *public.last_chunk_mut().unwrap() = key;
        *sent.last_chunk_mut().unwrap() = key;
        assert_eq!(is_public(&public), is_good);
        assert_eq!(encapsulate(&public, rng).is_some(), is_good);
        assert_eq!(secret.decapsulate(&sent).is_some(), is_good);
    }
    assert_eq!(ciphertext.len(), KEM_CIPHERTEXT_BYTES);
}

/// Fails if [`ContactCode::parse`] looks at the signatures alone.
#[test]
fn in_a_contact_code() {
    let who = Stranger::new(1, "Eve");
    for (key, is_good) in keys() {
        let keys = [&key[..], &[5; 32]].concat();
        let id = who.card.id();
        let signature = by_hand::sign(&who.seed, &[b"starling/1 qr", &id, &keys]);
        let card = who.identity.encode_card(&who.card);
        let text = base45::encode([card, keys, signature.to_vec()].concat());
        let parsed = ContactCode::parse(&format!("SL1:{text}"));
        assert_eq!(parsed.is_ok(), is_good, "{key:02x?}");
    }
}

/// Both ways round. Fails if either side of the exchange does not look at the key.
#[test]
fn in_an_exchange_in_radio_range() {
    let rng = &mut rng(3);
    let [ana, eve] = [1, 2].map(|number| Stranger::new(number, "somebody"));
    let bytes = |who: &Stranger| -> [u8; CARD_BYTES] {
        who.identity.encode_card(&who.card).try_into().unwrap()
    };
    for (key, is_good) in keys() {
        let offer = NearbyOffer::new(&bytes(&ana), good(), rng);
        let answer = NearbyAnswer::new(offer.commitment(), &bytes(&eve), key, rng);
        assert_eq!(offer.answered(&answer.answer()).is_ok(), is_good);
        let offer = NearbyOffer::new(&bytes(&eve), key, rng);
        let answer = NearbyAnswer::new(offer.commitment(), &bytes(&ana), good(), rng);
        let revealed = offer.answered(&answer.answer()).unwrap();
        assert_eq!(answer.check(&revealed.reveal().0).is_ok(), is_good);
    }
}

/// Fails if a knock is begun without a look at what was agreed on.
#[test]
fn among_the_keys_that_a_first_message_is_sealed_to() {
    let rng = &mut rng(4);
    let [ana, eve] = [1, 2].map(|number| Stranger::new(number, "somebody"));
    let true_one = bundle(&eve.identity, &DayPrekey::generate(START.day(), rng));
    for (key, is_good) in keys() {
        let mut begin = |to: &Card, target: Target<'_>| {
            start(&ana.identity, &ana.card, to, target, rng).is_ok()
        };
        let mut bad = true_one.clone();
        bad.prekey = key;
        assert_eq!(begin(&eve.card, Target::Bundle(&bad)), is_good);
        assert_eq!(begin(&eve.card, Target::Nearby(key)), is_good);
        assert_eq!(begin(&eve.card, Target::Recovery(key)), is_good);
        let to = Card {
            dh_key: key,
            ..eve.card.clone()
        };
        assert_eq!(begin(&to, Target::Bundle(&true_one)), is_good);
    }
}

/// EK of low order, and everything computed as if zero had been agreed on. Fails if an
/// agreement that gives zero is used.
#[test]
fn in_a_first_message() {
    let mut world = World::new(2);
    world.recorded = Some(std::collections::BTreeMap::new());
    world.link(0, 1);
    let victim = world.card(1);
    world.run(5_000);
    let (bundle, eve, mut rng) = (
        world.overheard_bundle(&victim),
        Stranger::new(6, "Eve"),
        rng(5),
    );
    let now = world.now(1).wall;
    let card = eve.identity.encode_card(&eve.card);
    let points = low_order_points().into_iter().map(Some).chain([None]);
    for ephemeral_public in points {
        let knock = Knock {
            kind: 1,
            to: &victim,
            bundle: &bundle,
            card: &card,
            card_id: eve.card.id(),
            ephemeral: [0x44; 32],
            ephemeral_public,
            dh1: agree(&by_hand::identity_secret(&eve.seed), &bundle.prekey).to_vec(),
        };
        let data = said(now, 1, "Eve", &text_items("hello"));
        let header = header(Class::Text, now).encode();
        let envelope = knock.envelope(now.day(), header, &data, &mut rng);
        let link = world.neighbour(1);
        world.plant(link, envelope);
        world.run(5_000);
        world.leave(link);
        let is_good = ephemeral_public.is_none();
        assert_eq!(
            world.requests(1).len(),
            usize::from(is_good),
            "{ephemeral_public:02x?}"
        );
    }
}

/// Eve answers a session with a ratchet key of low order. Fails if the step is taken
/// with an agreement that gives zero.
#[test]
fn as_the_ratchet_key_of_a_session() {
    for (key, is_good) in keys() {
        let (rng, shared) = (&mut rng(6), [5; 32]);
        let prekey_secret = [0x31; 32];
        let prekey = by_hand::public_key(&prekey_secret);
        let ids = [[1; 32], [2; 32]];
        let both = ids.concat();
        let parties = Parties::new(&ids[0], &ids[1]);
        let secret = Secret::take(&mut { shared });
        let mut ana = Session::initiate(&secret, prekey, parties, rng).unwrap();
        let first = ana.seal(rng, [1; 16], 480, b"hello").unwrap().envelope;
        let start: [u8; 96] = hkdf(&[0; 32], &shared, &[b"starling/1 session"]);
        let (root, chains) = start.split_first_chunk::<32>().unwrap();
        let step =
            |chain: &[u8]| -> [u8; 80] { expand(chain.try_into().unwrap(), &[b"starling/1 head"]) };
        // Ana's ratchet key, out of her first header.
        let header_key: Key = step(&chains[..32])[48..].try_into().unwrap();
        let seal_key: Key = expand(&header_key, &[b"starling/1 hseal", &first[32..40]]);
        let before = [&first[..40], &both].concat();
        let head = by_hand::open(&seal_key, &first[40..92], &before).unwrap();
        let theirs: Key = head[..32].try_into().unwrap();
        let dh = agree(&prekey_secret, &theirs);
        let first_root: [u8; 96] = hkdf(root, &dh, &[b"starling/1 root"]);
        // Eve's half of the step: the good key is hers, the others agree on zero.
        let dh = match is_good {
            true => agree(&[0x21; 32], &theirs),
            false => [0; 32],
        };
        let next: [u8; 96] = hkdf(&first_root[..32], &dh, &[b"starling/1 root"]);
        let envelope = answer(&step(&chains[32..]), &next, &key, &both);
        assert_eq!(ana.open(START, &envelope).is_ok(), is_good, "{key:02x?}");
    }
}

/// The first message of a chain: its header step, its root step and its ratchet key.
fn answer(head: &[u8; 80], root: &[u8; 96], ratchet: &Key, both: &[u8]) -> Vec<u8> {
    let salt = [7; 8];
    let header_key: Key = head[48..].try_into().unwrap();
    let message_key = by_hand::hmac(&root[32..64], &[&[1]]);
    let mut envelope = [&[1; 16][..], &head[32..48], &salt].concat();
    let key: Key = expand(&header_key, &[b"starling/1 hseal", &salt]);
    let before = [&envelope[..], both].concat();
    envelope.extend(by_hand::seal(
        &key,
        &[&ratchet[..], &[0; 4]].concat(),
        &before,
    ));
    let key: Key = expand(&message_key, &[b"starling/1 body", &salt]);
    let before = [&envelope[..], both].concat();
    let mut padded = vec![2, 0, b'h', b'i'];
    padded.resize(480 - 92 - 16, 0);
    envelope.extend(by_hand::seal(&key, &padded, &before));
    envelope
}

/// Wrapping keys: of founders, of who comes later, and announced. Fails if one of the
/// three is taken as it comes.
#[test]
fn in_a_group() {
    let rng = &mut rng(7);
    let now = START;
    for (key, is_good) in keys() {
        let mut bad = OwnKeys::draw(rng).member(Role::Member);
        bad.mk = key;
        let founder = OwnKeys::draw(rng);
        let founded = Group::found(rng, founder, vec![bad], now);
        assert_eq!(founded.is_some(), is_good, "{key:02x?}");
        let other = OwnKeys::draw(rng).member(Role::Member);
        let founder = OwnKeys::draw(rng);
        let (mut group, _) = Group::found(rng, founder, vec![other], now).unwrap();
        let id = *group.roster().keys().find(|id| **id != group.me()).unwrap();
        assert_eq!(group.take_key(id, 1, key), is_good);
        let changes = Changes {
            adds: vec![bad],
            ..Changes::default()
        };
        assert_eq!(group.rekey(changes, None, rng, now).is_ok(), is_good);
    }
}

/// The measure itself: what is signed by hand is signed as the product signs.
#[test]
fn cards_signed_by_hand_are_cards() {
    let who = Stranger::new(1, "Eve");
    let bytes = who.identity.encode_card(&who.card);
    let unsigned = &bytes[..CARD_BYTES - 64];
    assert_eq!(by_hand::signed_card(&who.seed, unsigned), bytes);
    assert_eq!(hash(&[&bytes[1..65]]), who.card.id());
}
