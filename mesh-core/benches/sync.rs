//! What a comparison costs in time: `cargo bench -p mesh-core --bench sync`.
//!
//! Sets that are equal, and sets that differ in 100 ids, of 10,000 and 100,000; both
//! sides are on one processor here, so each of them takes about half of what is
//! printed. And crafted cells, which must end soon.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on ends by panicking"
)]

use divan::Bencher;
use mesh_core::sync::{Carried, Decoder, Held, LinkKey, Session};
use mesh_core::types::{EnvelopeId, LinkKind, Mono, Now, Tick, Wall};
use mesh_core::wire::envelope::Class;
use mesh_core::wire::sync::Cell;

const NOW: Now = Now {
    mono: Mono(0),
    wall: Wall(20_780 * 86_400_000),
};

fn main() {
    divan::main();
}

/// Ids by number, as a hash would give them.
fn held(numbers: impl Iterator<Item = u64>) -> Vec<Held> {
    let id = |number: u64| {
        let hash = blake3::hash(&number.to_le_bytes());
        EnvelopeId(*hash.as_bytes().first_chunk().unwrap())
    };
    let held = numbers.map(|number| (id(number), Class::Text, Tick(u32::MAX)));
    held.collect()
}

fn session(ours: u8, theirs: u8) -> Session {
    let carried = Carried {
        kind: LinkKind::Lan,
        payload_bytes_max: 16_381,
    };
    let mut session = Session::new(Mono(0), 1, carried, &[ours; 32], &[theirs; 32]);
    session.heard(Mono(0), 1 << 30);
    session.said(Mono(0), 1 << 30);
    session
}

/// One whole comparison; how many ids the two sides found that the other lacks.
fn compare(first: &[Held], second: &[Held]) -> usize {
    let mut sides = [(session(1, 2), first), (session(2, 1), second)];
    let mut findings = 0;
    let [opener, _] = &mut sides;
    opener.0.open(NOW, first.iter().copied());
    loop {
        let [(speaker, _), (listener, held)] = &mut sides;
        let records: Vec<_> = std::iter::from_fn(|| speaker.poll(NOW.mono)).collect();
        if records.is_empty() {
            return findings;
        }
        for record in records {
            let found = listener.came(NOW, record, 0, held.iter().copied());
            findings += found.unwrap().len();
        }
        sides.reverse();
    }
}

#[divan::bench(args = [10_000, 100_000])]
fn differ_in_100_both_sides(bencher: Bencher<'_, '_>, count: u64) {
    let (first, second) = (held(0..count), held(50..count + 50));
    bencher.bench(|| compare(&first, &second));
}

#[divan::bench(args = [10_000, 100_000])]
fn equal_both_sides(bencher: Bencher<'_, '_>, count: u64) {
    let set = held(0..count);
    bencher.bench(|| compare(&set, &set));
}

#[divan::bench(args = ["zeros", "ones", "the same", "a cycle"])]
fn crafted_4096_cells(bencher: Bencher<'_, '_>, what: &str) {
    let key = LinkKey::new(&[1; 32], &[2; 32]);
    let pure = |shorts: u64| Cell {
        shorts,
        checks: key.check(shorts),
    };
    let cell = |number: u64| match what {
        "zeros" => Cell::default(),
        "ones" => Cell {
            shorts: u64::MAX,
            checks: u32::MAX,
        },
        "the same" => pure(5),
        _ => pure(number % 7),
    };
    let cells: Vec<Cell> = (0..4_096).map(cell).collect();
    bencher.bench(|| Decoder::default().absorb(&key, cells.clone()).0);
}
