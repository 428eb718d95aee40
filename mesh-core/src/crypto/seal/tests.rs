//! Tests of sealing: every length, every flipped bit, lifted posts.

use super::*;
use crate::crypto::channel::ChannelRoot;
use crate::limits::{CHUNKS_MAX, TEXT_BYTES_MAX};
use crate::types::{Day, MessageId, Tick, Wall};
use crate::wire::envelope::{Class, Envelope, Header};

const DAY: Day = Day(20_780);

fn channel(byte: u8) -> ChannelDay {
    ChannelRoot::from_bytes([byte; 32]).day(DAY)
}

fn seal_with(day: &ChannelDay, envelope_bytes: usize, inner: &Inner) -> Result<Vec<u8>, SealError> {
    let header = Header {
        class: Class::Text,
        expiry: Tick(5_985_000),
    }
    .encode();
    let pseudonym = Pseudonym::from_seed(&[3; 32]);
    let seal = PostSeal {
        day,
        pseudonym: &pseudonym,
        header,
        slot: 5,
        nonce: [9; 24],
        envelope_bytes,
    };
    seal_post(&seal, inner)
}

fn inner(text: &str) -> Inner {
    let part = TextPart {
        index: 0,
        count: 1,
        bytes: text.as_bytes().to_vec(),
    };
    Inner::text(MessageId([1; 16]), Wall(1_795_000_000_000), "Ana", &part)
}

#[test]
fn every_length_of_text_seals_and_comes_back() {
    let day = channel(1);
    for name in ["", "Ana", &"n".repeat(NAME_BYTES_MAX)] {
        for len in 1..=TEXT_BYTES_MAX {
            let text = "é".repeat(len / 2) + &"x".repeat(len % 2);
            let parts = cut_text(&text, name);
            assert!(parts.len() <= usize::from(CHUNKS_MAX));
            let mut read = Vec::new();
            for cut in &parts {
                let inner = Inner::text(MessageId([1; 16]), Wall(u64::MAX), name, &cut.part);
                let sealed = seal_with(&day, cut.envelope_bytes, &inner).unwrap();
                assert_eq!(sealed.len(), cut.envelope_bytes);
                let post = open_post(&day, &sealed).unwrap();
                read.extend(post.inner.text_part().unwrap().unwrap().bytes);
            }
            assert_eq!(read, text.as_bytes());
        }
    }
}

#[test]
fn the_smallest_envelopes_that_hold_a_text_are_chosen() {
    let sizes = |len: usize| -> Vec<usize> {
        cut_text(&"x".repeat(len), "Ana")
            .iter()
            .map(|cut| cut.envelope_bytes)
            .collect()
    };
    assert_eq!(sizes(200), [480]);
    assert_eq!(sizes(1_600), [1_920]);
    assert_eq!(sizes(TEXT_BYTES_MAX), [1_920, 480, 480]);
}

/// 330 bytes do not fit one envelope beside the pseudonym and its signature.
#[test]
fn an_sos_of_any_length_goes_into_one_or_two_of_the_smallest_envelopes() {
    let day = channel(1);
    for name in ["", "Ana", &"n".repeat(NAME_BYTES_MAX)] {
        for len in 1..=SOS_BYTES_MAX {
            let text = "é".repeat(len / 2) + &"x".repeat(len % 2);
            let parts = cut(MessageClass::Sos, &text, name);
            assert_eq!(parts.len(), if len <= 251 - name.len() { 1 } else { 2 });
            let mut read = Vec::new();
            for cut in &parts {
                assert_eq!(cut.envelope_bytes, 480);
                let (id, sent) = (MessageId([1; 16]), Wall(u64::MAX));
                let inner = Inner::piece(MessageClass::Sos, id, sent, name, &cut.part);
                let post = open_post(&day, &seal_with(&day, 480, &inner).unwrap()).unwrap();
                assert_eq!(post.inner.class(), Some(MessageClass::Sos));
                read.extend(post.inner.text_part().unwrap().unwrap().bytes);
            }
            assert_eq!(read, text.as_bytes());
        }
    }
}

#[test]
fn any_flipped_bit_keeps_it_shut() {
    let day = channel(1);
    let sealed = seal_with(&day, 480, &inner("hello")).unwrap();
    assert!(open_post(&day, &sealed).is_ok());
    for index in 0..sealed.len() {
        for bit in 0..8 {
            let mut altered = sealed.clone();
            altered[index] ^= 1 << bit;
            assert_eq!(
                open_post(&day, &altered),
                Err(OpenError),
                "byte {index} bit {bit}"
            );
        }
    }
}

#[test]
fn every_length_into_the_opening_is_a_value() {
    let day = channel(1);
    let sealed = seal_with(&day, 1_920, &inner("hello")).unwrap();
    for len in 0..sealed.len() {
        assert_eq!(open_post(&day, &sealed[..len]), Err(OpenError));
    }
    for len in 0..=2_100 {
        assert_eq!(open_post(&day, &vec![0x5a; len]), Err(OpenError));
    }
}

#[test]
fn other_channels_and_other_days_do_not_open_it() {
    let sealed = seal_with(&channel(1), 480, &inner("hello")).unwrap();
    assert_eq!(open_post(&channel(2), &sealed), Err(OpenError));
    let tomorrow = ChannelRoot::from_bytes([1; 32]).day(Day(DAY.0 + 1));
    assert_eq!(open_post(&tomorrow, &sealed), Err(OpenError));
}

#[test]
fn a_post_lifted_into_another_channel_or_day_is_refused() {
    // An insider of both takes author, signature and inner as they are and seals
    // them again with the other key.
    let from = channel(1);
    let sealed = seal_with(&from, 480, &inner("hello")).unwrap();
    let (clear, body) = sealed.split_at(CLEAR_BYTES);
    let padded = xopen(&from.body_key, body, clear).unwrap();
    for to in [
        channel(2),
        ChannelRoot::from_bytes([1; 32]).day(Day(DAY.0 + 1)),
    ] {
        let mut lifted = [&clear[..HEADER_BYTES], &to.tag(5)].concat();
        let body = xseal(&to.body_key, [8; 24], &padded, &lifted);
        lifted.extend(body);
        assert_eq!(open_post(&to, &lifted), Err(OpenError));
    }
}

#[test]
fn a_post_altered_anywhere_by_an_insider_is_refused() {
    // The insider holds the channel's key, so the seal is whole and only the
    // signature stands in the way: author, signature, and every field inside.
    let day = channel(1);
    let sealed = seal_with(&day, 480, &inner("hello")).unwrap();
    let (clear, body) = sealed.split_at(CLEAR_BYTES);
    let padded = xopen(&day.body_key, body, clear).unwrap();
    let reseal = |padded: &[u8]| [clear, &xseal(&day.body_key, [8; 24], padded, clear)].concat();
    assert!(open_post(&day, &reseal(&padded)).is_ok());
    for index in 0..padded.len() {
        let mut altered = padded.to_vec();
        altered[index] ^= 1;
        assert_eq!(
            open_post(&day, &reseal(&altered)),
            Err(OpenError),
            "byte {index}"
        );
    }
    let post = unpad(&padded).unwrap();
    for len in 0..post.len() {
        let shorter = pad(&post[..len], padded.len()).unwrap();
        assert_eq!(open_post(&day, &reseal(&shorter)), Err(OpenError));
    }
}

#[test]
fn signed_bytes_that_are_no_message_are_refused() {
    let day = channel(1);
    let pseudonym = Pseudonym::from_seed(&[3; 32]);
    for inner in [&b""[..], &[0xff; 60]] {
        let signature = pseudonym.sign(&day.signed_bytes(inner));
        let post = [&pseudonym.public()[..], &signature, inner].concat();
        let mut envelope = [&[0; HEADER_BYTES][..], &day.tag(5)].concat();
        let padded = pad(&post, 480 - CLEAR_BYTES - XSEAL_OVERHEAD_BYTES).unwrap();
        let sealed = xseal(&day.body_key, [8; 24], &padded, &envelope);
        envelope.extend(sealed);
        assert_eq!(open_post(&day, &envelope), Err(OpenError));
    }
}

#[test]
fn sizes_and_slots_that_do_not_exist_are_not_sealed() {
    let (day, pseudonym) = (channel(1), Pseudonym::from_seed(&[3; 32]));
    let seal = |slot, envelope_bytes| {
        let seal = PostSeal {
            day: &day,
            pseudonym: &pseudonym,
            header: [0; HEADER_BYTES],
            slot,
            nonce: [9; 24],
            envelope_bytes,
        };
        seal_post(&seal, &inner("hello"))
    };
    for envelope_bytes in [0, 71, 479, 481, 1_919, 15_361, usize::MAX] {
        assert_eq!(seal(0, envelope_bytes), Err(SealError));
    }
    assert_eq!(seal(CHANNEL_TAG_SLOTS, 480), Err(SealError));
    assert!(seal(CHANNEL_TAG_SLOTS - 1, 15_360).is_ok());
}

#[test]
fn an_outsiders_seal_under_a_known_tag_does_not_open() {
    // Tags are seen on the air; the body key is not.
    let mut forged = seal_with(&channel(2), 480, &inner("all clear, go home")).unwrap();
    forged[HEADER_BYTES..CLEAR_BYTES].copy_from_slice(&channel(1).tag(5));
    assert_eq!(open_post(&channel(1), &forged), Err(OpenError));
}

#[test]
fn golden_envelope() {
    let sealed = seal_with(&channel(0x42), 480, &inner("hello")).unwrap();
    let id = Envelope::parse(sealed).unwrap().id();
    assert_eq!(id.to_string(), GOLDEN_ID);
}

/// Of the envelope above; changes only with the protocol version.
const GOLDEN_ID: &str = "f2670debba71b15dbb3717bfb36e55c3";
