//! C01 · Bridgefy, 2021 and again 2022: one compressed message of 10 kB unpacked to
//! gigabytes, on the reader and on every laptop that relayed it.
//!
//! Here nothing unpacks what a peer sent: there is no such code in the library, and
//! bombs in every place where a peer may put bytes are carried like any others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use mesh_core::limits::{ENVELOPE_BYTES_LARGE, ENVELOPE_BYTES_SMALL};
use mesh_core::wire::envelope::{Class, Envelope, Header};

use crate::forgery::{in_an_hour, post, text};
use crate::heap;
use crate::world::Siege;

/// Parts of names of crates that unpack or decode pictures.
const UNPACKERS: &[&str] = &[
    "brotli",
    "bzip",
    "deflate",
    "flate",
    "gif",
    "inflate",
    "jpeg",
    "lz4",
    "lzma",
    "miniz",
    "png",
    "snap",
    "tiff",
    "image-webp",
    "xz",
    "zip",
    "zlib",
    "zstd",
];

/// Everything that the library is built from, tests included, by `Cargo.lock`.
fn dependencies() -> BTreeSet<String> {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    let mut uses: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let quoted: Vec<&str> = package.split('"').skip(1).step_by(2).collect();
        let listed = package
            .split_once("dependencies = [")
            .map_or("", |(_, list)| list);
        let listed = listed.split('"').skip(1).step_by(2);
        // `name`, or `name version` where there are several.
        let names = listed.filter_map(|entry| entry.split(' ').next());
        uses.entry(quoted[0]).or_default().extend(names);
    }
    let mut reached = BTreeSet::new();
    let mut ahead = vec!["mesh-core"];
    while let Some(name) = ahead.pop() {
        if reached.insert(name.to_owned()) {
            ahead.extend(uses.get(name).into_iter().flatten());
        }
    }
    reached
}

#[test]
fn nothing_in_the_library_can_unpack() {
    let all = dependencies();
    assert!(
        all.len() > 100 && all.contains("chacha20poly1305"),
        "{all:?}"
    );
    let unpack = |name: &&String| UNPACKERS.iter().any(|part| name.contains(part));
    let found: Vec<&String> = all.iter().filter(unpack).collect();
    assert!(found.is_empty(), "{found:?}");
}

/// A deflate stream of so many bytes, all matches of 258 zeros in 13 bits each: 160
/// times as much comes out.
fn deflated(bytes: usize) -> Vec<u8> {
    let mut bits: Vec<bool> = vec![true, true, false];
    let literal_zero = [false, false, true, true, false, false, false, false];
    let length_258 = [true, true, false, false, false, true, false, true];
    bits.extend(literal_zero);
    while bits.len() / 8 + 4 < bytes {
        bits.extend(length_258.iter().chain(&[false; 5]));
    }
    bits.extend([false; 7]);
    let byte = |bits: &[bool]| {
        let ones = (0..).zip(bits).filter(|(_, bit)| **bit);
        ones.fold(0, |byte: u8, (at, _)| byte | 1 << at)
    };
    bits.chunks(8).map(byte).collect()
}

fn bombs(bytes: usize) -> Vec<Vec<u8>> {
    let stream = deflated(bytes - 64);
    let gzip = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], stream.as_slice()].concat();
    let zlib = [&[0x78, 0xda], stream.as_slice()].concat();
    // 65,535 x 65,535 pixels of 8 bytes: 34 GB of picture.
    let head = [0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff, 16, 6, 0, 0, 0];
    let png = [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(),
        &head,
        &[0; 4],
        b"IDAT",
        &zlib,
    ]
    .concat();
    let nested = [&gzip[..10], &gzip[..bytes - 74]].concat();
    [gzip, zlib, png, nested]
        .map(|mut bomb| {
            bomb.truncate(bytes);
            bomb
        })
        .to_vec()
}

#[test]
fn bombs_are_carried_like_any_bytes_and_never_unpacked() {
    let mut siege = Siege::new();
    let link = siege.world.neighbour(0);
    siege.world.deafen(link);
    let now = siege.world.now(0).wall;
    let mut envelopes = Vec::new();
    for (number, bomb) in (0..).zip(bombs(10_000)) {
        // As a sealed body, and as the text of a member.
        let mut bytes = Header {
            class: Class::Text,
            expiry: in_an_hour(now),
        }
        .encode()
        .to_vec();
        bytes.extend(&bomb);
        bytes.resize(ENVELOPE_BYTES_LARGE, 0);
        envelopes.push(Envelope::parse(bytes).unwrap());
        envelopes.push(post(
            now,
            number,
            &text(now, number, &bomb),
            ENVELOPE_BYTES_LARGE,
        ));
        let small = &bomb[..200];
        envelopes.push(post(
            now,
            100 + number,
            &text(now, 100 + number, small),
            ENVELOPE_BYTES_SMALL,
        ));
    }
    let sent: usize = envelopes
        .iter()
        .map(|envelope| envelope.as_bytes().len())
        .sum();
    let held = siege.world.held(0);
    let count = envelopes.len() as u64;
    let ((), peak) = heap::peak_of(|| {
        for envelope in envelopes {
            siege.world.plant(link, envelope);
            siege.world.run(300);
        }
    });
    println!("{sent} bytes of bombs, {peak} bytes of heap");
    assert_eq!(siege.world.held(0), held + count, "carried");
    // Both nodes hold them, and a few copies are on the way.
    assert!(peak < 6 * sent as i64, "{peak}");
    assert!(!siege.world.is_closed(link));
    siege.assert_honest_messages_pass();
    // And as a frame, which is none.
    for bomb in bombs(10_000) {
        let link = siege.world.neighbour(0);
        let length = (bomb.len() as u16).to_le_bytes();
        siege.world.bring(link, [&length[..], &bomb].concat());
    }
    siege.assert_honest_messages_pass();
}
