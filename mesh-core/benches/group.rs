//! What a group costs in time: `cargo bench -p mesh-core --features testing --bench
//! group`.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on ends by panicking"
)]

use divan::Bencher;
use mesh_core::crypto::group::{Changes, Group, OwnKeys, Role};
use mesh_core::testing::{SeededRng, rng};
use mesh_core::types::Wall;

const NOW: Wall = Wall(1_795_000_000_000);

fn main() {
    divan::main();
}

/// The owner of a group of so many, and another member.
fn group(count: usize) -> (Group, Group, SeededRng) {
    let mut rng = rng(1);
    let [owner, other] = [0, 1].map(|_| OwnKeys::draw(&mut rng));
    let mut members = vec![other.member(Role::Member)];
    members.extend((2..count).map(|_| OwnKeys::draw(&mut rng).member(Role::Member)));
    let (group, made) = Group::found(&mut rng, owner, members, NOW).unwrap();
    let other = Group::join(other, &made.welcome, NOW).unwrap().0;
    (group, other, rng)
}

/// Makes an operation that changes nothing, and begins its epoch.
#[divan::bench(args = [50, 200])]
fn rekey(bencher: Bencher<'_, '_>, count: usize) {
    let (group, _, rng) = group(count);
    let state = group.encode();
    bencher
        .with_inputs(|| (Group::decode(&state).unwrap(), rng.clone()))
        .bench_values(|(mut group, mut rng)| {
            let made = group.rekey(Changes::default(), None, &mut rng, NOW);
            (made.unwrap(), group)
        });
}

/// Opens it, makes every wrap again, and begins its epoch.
#[divan::bench(args = [50, 200])]
fn take(bencher: Bencher<'_, '_>, count: usize) {
    let (mut group, other, mut rng) = group(count);
    let made = group.rekey(Changes::default(), None, &mut rng, NOW);
    let made = made.unwrap();
    let state = other.encode();
    bencher
        .with_inputs(|| Group::decode(&state).unwrap())
        .bench_values(|mut group| {
            let taken = group.take_op(&made.op, NOW);
            (taken.unwrap(), group)
        });
}

/// A message sealed; one opened and committed.
#[divan::bench(args = [50, 200])]
fn seal(bencher: Bencher<'_, '_>, count: usize) {
    let (mut group, _, mut rng) = group(count);
    bencher.bench_local(|| group.seal(&mut rng, [1; 16], 480, b"a text").unwrap());
}

/// See [`seal`].
#[divan::bench(args = [50, 200])]
fn open(bencher: Bencher<'_, '_>, count: usize) {
    let (mut group, other, mut rng) = group(count);
    let envelope = group.seal(&mut rng, [1; 16], 480, b"a text").unwrap();
    let state = other.encode();
    bencher
        .with_inputs(|| Group::decode(&state).unwrap())
        .bench_values(|mut group| {
            group.open(NOW, &envelope).unwrap().commit();
            group
        });
}

/// State to bytes; and back, with every tag.
#[divan::bench(args = [50, 200])]
fn encode(bencher: Bencher<'_, '_>, count: usize) {
    let (group, ..) = group(count);
    bencher.bench_local(|| group.encode());
}

/// See [`encode`].
#[divan::bench(args = [50, 200])]
fn decode(bencher: Bencher<'_, '_>, count: usize) {
    let (group, ..) = group(count);
    let state = group.encode();
    bencher.bench_local(|| Group::decode(&state).unwrap());
}
