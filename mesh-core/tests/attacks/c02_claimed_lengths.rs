//! C02 · decoders that believe a length: an abort, 17 to 44 seconds of standstill, a
//! stack overflow, each from one short message.
//!
//! A corpus of impossible lengths, over-long numbers, trailing and missing bytes, at
//! every place of every format that a peer may send. Each input is dealt with in
//! less than a millisecond and 64 KiB of heap.

use std::time::{Duration, Instant};

use mesh_core::crypto::identity::Card;
use mesh_core::crypto::noise::{Handshake, Side};
use mesh_core::link::{Datagrams, FrameReader};
use mesh_core::testing::rng;
use mesh_core::types::{Mono, Wall};
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::frame::{Record, decode_frame, encode_record};
use mesh_core::wire::inner::Inner;
use mesh_core::wire::sync::Page;

use crate::forgery::{fake_id, in_an_hour, sealed_junk, text};
use crate::heap;

const HEAP_BYTES_MAX: i64 = 64 * 1_024;
const TIME_MAX: Duration = Duration::from_millis(1);

/// Whatever stands for a number in one of the formats, at its worst.
const NUMBERS: &[&[u8]] = &[
    &[0],
    &[250],
    &[255],
    &[251, 0, 0],
    &[251, 255, 255],
    &[252, 255, 255, 255, 127],
    &[252, 255, 255, 255, 255],
    &[253, 255, 255, 255, 255, 255, 255, 255, 127],
    &[253, 255, 255, 255, 255, 255, 255, 255, 255],
    &[
        254, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    ],
    &[255, 255],
    &[0, 64],
    &[1, 64],
    &[255, 255, 255, 255],
    &[0, 0, 0, 128],
];

/// Every number instead of and before the bytes at every place, and every cut.
fn corpus(valid: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![valid.to_vec(), [valid, &[0]].concat(), Vec::new()];
    // Places far into a long run of the same are all alike.
    let places = (0..valid.len()).filter(|at| *at < 128 || at % 61 == 0 || at + 20 > valid.len());
    for at in places {
        all.push(valid[..at].to_vec());
        for number in NUMBERS {
            all.push([&valid[..at], number, &valid[at..]].concat());
            let after = (at + number.len()).min(valid.len());
            all.push([&valid[..at], number, &valid[after..]].concat());
            all.push([&valid[..at], number].concat());
        }
    }
    all
}

type Decoder = (&'static str, Vec<u8>, fn(&[u8]));

fn frame() -> Vec<u8> {
    let ids: Vec<_> = (0..9).map(fake_id).collect();
    let mut frame = Vec::new();
    let records = [
        Record::Want(ids.clone()),
        Record::Offer {
            class: Class::Text,
            ids: ids.clone(),
        },
        Record::SyncList(Page {
            epoch: 1,
            class: Class::Sos,
            cut: Wall(0).tick(),
            left: 0,
            shorts: vec![1; 9],
        }),
        Record::Gone(ids),
        Record::Took(7),
        Record::Pad,
        Record::Push(sealed_junk(Class::Text, in_an_hour(Wall(0)), 1)),
    ];
    records
        .iter()
        .for_each(|record| encode_record(&mut frame, record));
    frame
}

fn decoders() -> Vec<Decoder> {
    let frame = frame();
    let pipe = [&(frame.len() as u16).to_le_bytes()[..], &frame].concat();
    let inner = text(Wall(1_700_000_000_000), 1, b"hello").encode().unwrap();
    let envelope = sealed_junk(Class::Text, in_an_hour(Wall(0)), 2).into_bytes();
    let datagram = [&[3, 0x80][..], &[0xff; 8], &[1, 0], &pipe[..400]].concat();
    vec![
        ("frame", frame, |bytes| drop(decode_frame(bytes))),
        ("pipe", pipe, |bytes| {
            drop(FrameReader::default().read(bytes))
        }),
        ("inner message", inner, |bytes| drop(Inner::decode(bytes))),
        ("envelope", envelope, |bytes| {
            drop(Envelope::parse(bytes.to_vec()))
        }),
        ("card", vec![1; 186], |bytes| drop(Card::decode(bytes))),
        ("datagram", datagram, |bytes| {
            let mut link = Datagrams::new(509, 4_096).unwrap();
            link.put(b"on the way");
            link.poll_transmit(Mono(0));
            drop(link.receive(Mono(1), bytes));
        }),
        ("handshake", vec![9; 32], |bytes| {
            let mut handshake = Handshake::new(Side::Called, &mut rng(1)).unwrap();
            let _ = handshake.read(bytes);
        }),
    ]
}

/// The fastest of a few tries: the machine has other work.
#[expect(clippy::disallowed_methods, reason = "the test is about real time")]
fn time_of(work: impl Fn()) -> Duration {
    let mut fastest = Duration::MAX;
    for _ in 0..20 {
        let began = Instant::now();
        work();
        fastest = fastest.min(began.elapsed());
        if fastest < TIME_MAX {
            break;
        }
    }
    fastest
}

#[test]
fn no_claimed_length_costs_time_or_memory() {
    for (name, valid, decode) in decoders() {
        let corpus = corpus(&valid);
        let (mut slowest, mut largest) = (Duration::ZERO, 0);
        for bytes in &corpus {
            let ((), peak) = heap::peak_of(|| decode(bytes));
            assert!(peak < HEAP_BYTES_MAX, "{name}: {peak} bytes for {bytes:?}");
            let took = time_of(|| decode(bytes));
            assert!(took < TIME_MAX, "{name}: {took:?} for {bytes:?}");
            (slowest, largest) = (slowest.max(took), largest.max(peak));
        }
        println!(
            "{name}: {} inputs, at most {slowest:?} and {largest} bytes",
            corpus.len()
        );
    }
}
