//! A03 · Bridgefy 2022, bitchat 2025: the sender of a broadcast was a field that anybody
//! could set, and being known was taken for being proven.
//!
//! A post is signed by its author's key for that channel, over channel, day and every
//! byte of what it says. A member with a modified client, who can open and seal, alters
//! each bit of another's post, moves it to another day, channel, class and size, and
//! puts its own name or key on it: no line, no event. Somebody outside flips each bit of
//! the envelope. What opens nowhere is carried as any envelope is: relays cannot tell.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use mesh_core::crypto::channel::{ChannelDay, ChannelName, ChannelRoot};
use mesh_core::crypto::seal::open_post;
use mesh_core::types::Day;
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::inner::Inner;

use crate::by_hand::hkdf;
use crate::forgery;
use crate::people::header;
use crate::world::{START, World};

fn root(name: &str) -> ChannelRoot {
    ChannelRoot::public(&ChannelName::parse(name).unwrap())
}

fn nearby() -> ChannelDay {
    root("nearby").day(START.day())
}

/// The body key of a channel, which every member has.
fn key(name: &str, day: Day) -> [u8; 32] {
    let root = root(name).to_bytes();
    let both: [u8; 64] = hkdf(&[0; 32], &root, &[b"starling/1 chan", &day.0.to_le_bytes()]);
    *both.first_chunk().unwrap()
}

/// Another's post, as a member reads it: clear part, and `length ‖ post ‖ zeros`.
fn opened() -> (Vec<u8>, Vec<u8>) {
    let inner = forgery::text(START, 1, b"meet at the north gate");
    let envelope = forgery::post(START, 1, &inner, 480);
    let (clear, sealed) = envelope.as_bytes().split_at(32);
    let (nonce, sealed) = sealed.split_first_chunk::<24>().unwrap();
    let cipher = XChaCha20Poly1305::new((&key("nearby", START.day())).into());
    let payload = Payload {
        msg: sealed,
        aad: clear,
    };
    let plain = cipher.decrypt(&XNonce::from(*nonce), payload).unwrap();
    (clear.to_vec(), plain)
}

/// Seals it again under a key; each number gives another nonce.
fn sealed(key: [u8; 32], clear: &[u8], plain: &[u8], number: u64) -> Vec<u8> {
    let mut nonce = [0x77; 24];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    let cipher = XChaCha20Poly1305::new((&key).into());
    let payload = Payload {
        msg: plain,
        aad: clear,
    };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).unwrap();
    [clear, &nonce, &sealed].concat()
}

/// Bytes of `length ‖ pseudonym ‖ signature ‖ inner`.
fn said_bytes(plain: &[u8]) -> usize {
    2 + usize::from(u16::from_le_bytes([plain[0], plain[1]]))
}

/// Fails if anything of a post is left out of what is signed.
#[test]
fn every_bit_of_a_post_altered_by_a_member_is_refused() {
    let (clear, plain) = opened();
    let (day, key) = (nearby(), key("nearby", START.day()));
    let same = sealed(key, &clear, &plain, 0);
    assert!(
        open_post(&day, &same).is_ok(),
        "sealed again, it is the same post"
    );
    for bit in 0..8 * plain.len() {
        let mut altered = plain.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        let envelope = sealed(key, &clear, &altered, bit as u64);
        assert!(open_post(&day, &envelope).is_err(), "bit {bit}");
    }
    println!(
        "{} bits, {} of them said",
        8 * plain.len(),
        8 * said_bytes(&plain)
    );
}

/// Fails if the seal does not cover the whole envelope.
#[test]
fn every_bit_of_an_envelope_altered_by_an_outsider_is_refused() {
    let inner = forgery::text(START, 1, b"meet at the north gate");
    let envelope = forgery::post(START, 1, &inner, 480);
    let day = nearby();
    assert!(open_post(&day, envelope.as_bytes()).is_ok());
    for bit in 0..8 * 480 {
        let mut altered = envelope.as_bytes().to_vec();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(open_post(&day, &altered).is_err(), "bit {bit}");
    }
}

/// Fails if channel or day are left out of what is signed.
#[test]
fn a_post_moved_to_another_channel_or_day_is_refused() {
    let (clear, plain) = opened();
    let today = START.day();
    let mut moved = Vec::new();
    for (name, day) in [
        ("elsewhere", today),
        ("nearby", Day(today.0 - 1)),
        ("nearby", Day(today.0 + 1)),
    ] {
        let there = root(name).day(day);
        let clear = [&clear[..16], &there.tag(3)].concat();
        let envelope = sealed(key(name, day), &clear, &plain, 1);
        moved.push(open_post(&there, &envelope).is_ok());
    }
    assert_eq!(moved, [false; 3]);
}

/// Altered posts come to a reader: each field, and both keys exchanged. Fails if a line
/// is stored before all of it was checked.
#[test]
fn no_altered_post_is_a_line_or_an_event() {
    let mut world = World::new(1);
    let channel = world.join(0, "nearby");
    let (clear, plain) = opened();
    let key = key("nearby", START.day());
    let mut forged: Vec<Vec<u8>> = Vec::new();
    for at in 0..said_bytes(&plain) {
        let mut altered = plain.clone();
        altered[at] ^= 1 << (at % 8);
        forged.push(altered);
    }
    // A signature that is right, under another's key, and the reverse.
    let mine = forgery::text(START, 2, b"meet at the south gate")
        .encode()
        .unwrap();
    let mut words = plain[..98].to_vec();
    words.extend(&mine);
    let length = u16::try_from(words.len() - 2).unwrap();
    words[..2].copy_from_slice(&length.to_le_bytes());
    words.resize(plain.len(), 0);
    forged.push(words);
    for (number, plain) in forged.iter().enumerate() {
        let link = world.neighbour(0);
        world.deafen(link);
        let bytes = sealed(key, &clear, plain, number as u64);
        world.plant(link, Envelope::parse(bytes).unwrap());
        world.run(300);
        world.leave(link);
    }
    world.run(2_000);
    assert!(world.held(0) > 100, "they came in");
    assert_eq!(
        (world.timeline(0, channel).len(), world.received(0)),
        (0, 0)
    );
    // The true one is a line, once, however often and under whatever class it is sealed.
    let link = world.neighbour(0);
    for number in 0..5 {
        let class = [Class::Text, Class::Sos][number % 2];
        let clear = [&header(class, START).encode()[..], &clear[16..]].concat();
        let bytes = sealed(key, &clear, &plain, 1_000 + number as u64);
        world.plant(link, Envelope::parse(bytes).unwrap());
        world.run(2_000);
    }
    let lines = world.timeline(0, channel);
    assert_eq!((lines.len(), world.received(0)), (1, 1));
    assert_eq!(lines[0].text, "meet at the north gate");
    let inner = Inner::decode(&plain[98..said_bytes(&plain)]).unwrap();
    assert_eq!(
        Some(lines[0].class),
        inner.class(),
        "as signed, not as sealed"
    );
}
