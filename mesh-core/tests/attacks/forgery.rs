//! What somebody can make without a key, and what a member of a channel can.

use mesh_core::crypto::channel::{ChannelName, ChannelRoot, Pseudonym};
use mesh_core::crypto::seal::{PostSeal, seal_post};
use mesh_core::limits::{ENVELOPE_BYTES_SMALL, TICK_MS};
use mesh_core::types::{EnvelopeId, MessageId, Tick, Wall};
use mesh_core::wire::envelope::{Class, Envelope, Header};
use mesh_core::wire::inner::{Inner, TextPart};

/// A well-formed envelope that opens for nobody; each number gives another.
pub(crate) fn sealed_junk(class: Class, expiry: Tick, number: u64) -> Envelope {
    let mut bytes = Header { class, expiry }.encode().to_vec();
    bytes.resize(ENVELOPE_BYTES_SMALL, 0xaa);
    bytes[16..24].copy_from_slice(&number.to_le_bytes());
    Envelope::parse(bytes).unwrap()
}

/// The tick in an hour.
pub(crate) fn in_an_hour(now: Wall) -> Tick {
    now.plus_ms(12 * TICK_MS).tick()
}

/// The id of nothing.
pub(crate) fn fake_id(number: u64) -> EnvelopeId {
    let mut id = [0xee; 16];
    id[..8].copy_from_slice(&number.to_le_bytes());
    EnvelopeId(id)
}

/// A post in the public channel `nearby` by somebody with a modified client.
pub(crate) fn post(now: Wall, number: u64, inner: &Inner, envelope_bytes: usize) -> Envelope {
    post_by([0x66; 32], now, number, inner, envelope_bytes)
}

/// The same under another pseudonym.
pub(crate) fn post_by(
    seed: [u8; 32],
    now: Wall,
    number: u64,
    inner: &Inner,
    envelope_bytes: usize,
) -> Envelope {
    let root = ChannelRoot::public(&ChannelName::parse("nearby").unwrap());
    let mut nonce = [0x5a; 24];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    let header = Header {
        class: Class::Text,
        expiry: in_an_hour(now),
    };
    let sealed = seal_post(
        &PostSeal {
            day: &root.day(now.day()),
            pseudonym: &Pseudonym::from_seed(&seed),
            header: header.encode(),
            slot: (number % 4_096) as u16,
            nonce,
            envelope_bytes,
        },
        inner,
    );
    Envelope::parse(sealed.unwrap()).unwrap()
}

/// A text of one piece, with these bytes as its body.
pub(crate) fn text(now: Wall, number: u64, bytes: &[u8]) -> Inner {
    let part = TextPart {
        index: 0,
        count: 1,
        bytes: bytes.to_vec(),
    };
    let mut message_id = [0x44; 16];
    message_id[..8].copy_from_slice(&number.to_le_bytes());
    Inner::text(MessageId(message_id), now, "Mallory", &part)
}
