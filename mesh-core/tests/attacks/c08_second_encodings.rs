//! C08 · Briar, audit issue 2: one post in two encodings was two posts.
//!
//! Of every format that a peer may send, all variants that could mean the same are
//! made; none is accepted as the same, and none of a sealed post opens.

use mesh_core::crypto::channel::{ChannelName, ChannelRoot};
use mesh_core::crypto::identity::{Card, Identity};
use mesh_core::crypto::seal::open_post;
use mesh_core::crypto::secret::Secret;
use mesh_core::limits::ENVELOPE_BYTES_SMALL;
use mesh_core::link::{LinkCipher, Opened};
use mesh_core::testing::rng;
use mesh_core::types::Wall;
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::frame::{Hello, Record, decode_frame, encode_record};
use mesh_core::wire::inner::Inner;
use mesh_core::wire::sync::Page;

use crate::forgery::{fake_id, post, sealed_junk, text};
use crate::world::START;

fn encode(records: &[Record]) -> Vec<u8> {
    let mut frame = Vec::new();
    records
        .iter()
        .for_each(|record| encode_record(&mut frame, record));
    frame
}

fn every_record() -> Vec<Record> {
    let ids = vec![fake_id(1), fake_id(2)];
    vec![
        Record::Hello(Hello {
            frame_bytes_max: 9_999,
            random: [3; 32],
            clock_quarters: 7,
            held_log2: [0, 1, 2, 3],
        }),
        Record::Offer {
            class: Class::Text,
            ids: ids.clone(),
        },
        Record::Want(ids.clone()),
        Record::Gone(ids),
        Record::SyncList(Page {
            epoch: 1,
            class: Class::Sos,
            cut: START.tick(),
            left: 0,
            shorts: vec![1, 2, 3],
        }),
        Record::Took(5),
        Record::Push(sealed_junk(Class::Keys, START.tick(), 1)),
    ]
}

#[test]
fn no_frame_has_a_second_encoding() {
    let mut tried = 0;
    for record in every_record() {
        let frame = encode(&[record]);
        let places = (0..frame.len()).filter(|at| *at < 80 || at % 29 == 0);
        for at in places {
            for value in 0..=u8::MAX {
                let mut variant = frame.clone();
                variant[at] = value;
                let Ok(records) = decode_frame(&variant) else {
                    continue;
                };
                tried += 1;
                // Only what carries nothing may look like anything: Pad, and kinds
                // that a newer Starling may know.
                let is_known = records.iter().any(|record| *record != Record::Pad);
                assert!(!is_known || encode(&records) == variant, "{at} {value}");
            }
        }
        for cut in [&frame[..frame.len() - 1], &[&frame[..], &[0]].concat()] {
            assert!(decode_frame(cut).is_err());
        }
    }
    println!("{tried} variants decoded, each to what it says");
}

#[test]
fn no_altered_bit_of_an_envelope_keeps_its_id_or_opens() {
    let root = ChannelRoot::public(&ChannelName::parse("nearby").unwrap());
    let day = root.day(START.day());
    let original = post(START, 1, &text(START, 1, b"hello"), ENVELOPE_BYTES_SMALL);
    assert!(open_post(&day, original.as_bytes()).is_ok());
    let mut parsed = 0;
    for at in 0..ENVELOPE_BYTES_SMALL {
        for bit in 0..8 {
            let mut bytes = original.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            assert!(open_post(&day, &bytes).is_err(), "{at} {bit}");
            if let Ok(altered) = Envelope::parse(bytes) {
                parsed += 1;
                assert_ne!(altered.id(), original.id());
                assert!(!(2..4).contains(&at) && !(8..16).contains(&at), "reserved");
            }
        }
    }
    println!("{parsed} altered copies are envelopes, under other ids");
}

#[test]
fn no_number_of_a_message_has_a_longer_form() {
    let inner = text(Wall(1_700_000_000_000), 1, b"hello").encode().unwrap();
    assert!(Inner::decode(&inner).is_ok());
    for at in 0..inner.len() {
        let value = inner[at];
        let zeros = [0; 16];
        for (mark, bytes) in [(251, 2), (252, 4), (253, 8), (254, 16)] {
            let wide = [&[mark, value], &zeros[..bytes - 1]].concat();
            let variant = [&inner[..at], &wide, &inner[at + 1..]].concat();
            assert!(Inner::decode(&variant).is_err(), "{at} {mark}");
        }
    }
    for bytes in [&inner[..inner.len() - 1], &[&inner[..], &[0]].concat()] {
        assert!(Inner::decode(bytes).is_err());
    }
}

/// The order of the group of Ed25519, little-endian: adding it to the second half of
/// a signature gives another one that a lax verifier accepts.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn a_card_has_one_signature_and_no_altered_bit() {
    let identity = Identity::from_seed(&Secret::take(&mut [4; 32]));
    let card = identity.encode_card(&identity.card([5; 32], "Ana").unwrap());
    assert!(Card::decode(&card).is_ok());
    let mut twin = card.clone();
    let half = twin.len() - 32;
    let mut carry = 0;
    for (byte, order) in twin[half..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert!(Card::decode(&twin).is_err());
    for at in 0..card.len() {
        for bit in 0..8 {
            let mut altered = card.clone();
            altered[at] ^= 1 << bit;
            assert!(Card::decode(&altered).is_err(), "{at} {bit}");
        }
    }
}

/// X25519 ignores the highest bit of a key: the same key in two forms.
#[test]
fn the_other_form_of_a_key_ends_the_handshake() {
    for altered in [0x80, 0] {
        let (mut caller, first) = LinkCipher::new(true, &mut rng(1)).unwrap();
        let (mut called, _) = LinkCipher::new(false, &mut rng(2)).unwrap();
        let mut first = first.unwrap();
        first[31] ^= altered;
        let Ok(Opened::Answer(answer)) = called.open(&first) else {
            panic!("any 32 bytes are a key")
        };
        assert_eq!(caller.open(&answer).is_ok(), altered == 0);
    }
}
