//! B07 · bitchat padded two of its types, and those with gaps: the length of a frame
//! told what it was.
//!
//! Here whatever a person writes leaves in envelopes of three sizes, and what a link
//! carries beside them are ids and counts.

use std::collections::BTreeMap;

use mesh_core::limits::{ENVELOPE_BYTES_LARGE, ENVELOPE_BYTES_MEDIUM, ENVELOPE_BYTES_SMALL};
use mesh_core::wire::frame::Record;

use crate::size;
use crate::world::World;

#[test]
fn every_text_leaves_in_one_of_three_sizes() {
    let mut world = World::new(1);
    let channel = world.join(0, "nearby");
    let listener = world.neighbour(0);
    let mut sizes: BTreeMap<usize, u64> = BTreeMap::new();
    let count = size(2_000, 1_000_000);
    for number in 0..count {
        // Every length from 1 to 2,000 bytes, in letters of one to four bytes.
        let letter = ['a', 'é', '—', '🕊'][number as usize % 4];
        let length = 1 + number as usize % 2_000;
        let mut text = letter.to_string().repeat(length / letter.len_utf8());
        text.push_str(&"a".repeat(length - text.len()));
        world.write(0, channel, &text);
        world.run(600);
        take(&mut world, listener, &mut sizes);
    }
    world.run(2_000);
    take(&mut world, listener, &mut sizes);
    println!("{sizes:?}");
    let buckets = [
        ENVELOPE_BYTES_SMALL,
        ENVELOPE_BYTES_MEDIUM,
        ENVELOPE_BYTES_LARGE,
    ];
    assert!(
        sizes.keys().all(|bytes| buckets.contains(bytes)),
        "{sizes:?}"
    );
    assert!(
        sizes.values().sum::<u64>() >= count,
        "all of them were seen"
    );
    assert!(sizes.len() >= 2, "short and long ones");
}

/// Wants what was offered, and counts what came.
fn take(world: &mut World, listener: mesh_core::types::LinkId, sizes: &mut BTreeMap<usize, u64>) {
    for record in world.records(listener) {
        match record {
            Record::Offer { ids, .. } => world.say(listener, &[Record::Want(ids)]),
            Record::Push(envelope) => *sizes.entry(envelope.as_bytes().len()).or_default() += 1,
            _ => {}
        }
    }
}
