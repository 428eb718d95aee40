//! What the table of watched tags costs with 180,000 of them: seven channels, and sessions
//! with thirty people. `cargo bench -p mesh-core --no-default-features --features testing
//! --bench tags`; the figures stand in docs/BENCHMARKS.md.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on must stop"
)]

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use mesh_core::crypto::channel::ChannelRoot;
use mesh_core::crypto::tags::{TagOwner, TagTable};
use mesh_core::testing::rng;
use mesh_core::types::Day;
use rand_core::Rng as _;

#[global_allocator]
static HEAP: AllocProfiler = AllocProfiler::system();

const TODAY: Day = Day(20_780);
const TAGS: usize = 180_000;
/// Six days of 4,096 slots each.
const CHANNELS: u8 = 7;

fn main() {
    divan::main();
}

fn tags() -> Vec<[u8; 16]> {
    let mut rng = rng(1);
    let draw = |_| {
        let mut tag = [0; 16];
        rng.fill_bytes(&mut tag);
        tag
    };
    (0..TAGS).map(draw).collect()
}

/// The table alone, as it is filled at a start: time, and the greatest size on the heap.
#[divan::bench]
fn fill(bencher: Bencher<'_, '_>) {
    let tags = tags();
    bencher.counter(ItemsCount::new(TAGS)).bench(|| {
        let mut table = TagTable::default();
        for (owner, tags) in (0..).zip(tags.chunks(256)) {
            let owner = TagOwner::Session([owner; 32]);
            table.watch(owner, tags.iter().copied());
        }
        table
    });
}

/// With the keyed hashes that the tags of channels are.
#[divan::bench]
fn join_channels(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        let mut table = TagTable::default();
        for number in 0..CHANNELS {
            let root = ChannelRoot::from_bytes([number; 32]);
            table.add(root.conversation(), &root, TODAY);
        }
        assert_eq!(table.len(), usize::from(CHANNELS) * 6 * 4_096);
        table
    });
}

/// One look-up of a tag that is nobody's here, as of most envelopes.
#[divan::bench]
fn miss(bencher: Bencher<'_, '_>) {
    let mut table = TagTable::default();
    table.watch(TagOwner::Session([1; 32]), tags());
    let mut number = 0_u128;
    bencher.bench_local(move || {
        number = number.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645) + 1;
        table.get(&number.to_le_bytes())
    });
}

/// One of ours.
#[divan::bench]
fn hit(bencher: Bencher<'_, '_>) {
    let mut table = TagTable::default();
    let tags = tags();
    table.watch(TagOwner::Session([1; 32]), tags.iter().copied());
    let mut next = tags.iter().cycle();
    bencher.bench_local(move || table.get(next.next().unwrap()).unwrap());
}
