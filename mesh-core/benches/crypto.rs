//! What a direct message costs beside its bare seals, and what an envelope costs that
//! is not for us. `cargo bench -p mesh-core --no-default-features --features testing
//! --bench crypto`; the figures stand in docs/BENCHMARKS.md.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on must stop"
)]

use std::cell::RefCell;
use std::collections::BTreeMap;

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Nonce};
use divan::Bencher;
use divan::counter::ItemsCount;
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::session::{Parties, Session};
use mesh_core::testing::{SeededRng, rng};
use mesh_core::types::Wall;
use rand_core::Rng as _;
use x25519_dalek::{PublicKey, StaticSecret};

const NOW: Wall = Wall(1_795_000_000_000);
/// A text of 100 bytes with its inner message.
const DATA: &[u8] = &[0x5a; 150];
const SIZES: [usize; 2] = [480, 1_920];

fn main() {
    divan::main();
}

struct Pair {
    rng: SeededRng,
    ana: Session,
    bela: Session,
}

impl Pair {
    /// Both have opened something of the other.
    fn new() -> Self {
        let mut rng = rng(1);
        let (shared, secret) = (Secret::take(&mut [1; 32]), [2; 32]);
        let theirs = PublicKey::from(&StaticSecret::from(secret)).to_bytes();
        let parties = Parties::new(&[3; 32], &[4; 32]);
        let ana = Session::initiate(&shared, theirs, parties, &mut rng).unwrap();
        let bela = Session::answer(&shared, Secret::take(&mut { secret }), parties);
        let mut pair = Self { rng, ana, bela };
        pair.round();
        pair
    }

    fn say(&mut self, bytes: usize) -> Vec<u8> {
        let sealed = self.ana.seal(&mut self.rng, [1; 16], bytes, DATA).unwrap();
        // As if all were acknowledged at once, or the sender would wait.
        self.ana.acknowledge(sealed.seq).unwrap();
        sealed.envelope
    }

    fn hear(&mut self, envelope: &[u8]) -> usize {
        let opening = self.bela.open(NOW, envelope).unwrap();
        opening.commit().added.len()
    }

    /// A message there and one back: two sealed, two opened, a ratchet step of each.
    fn round(&mut self) {
        for _ in 0..2 {
            let envelope = self.say(480);
            self.hear(&envelope);
            core::mem::swap(&mut self.ana, &mut self.bela);
        }
    }
}

/// The two seals of a message and nothing else.
fn bare(bytes: usize) -> [(ChaCha20Poly1305, Vec<u8>); 2] {
    [(1, 36), (2, bytes - 108)].map(|(key, length)| {
        let cipher = ChaCha20Poly1305::new(&[key; 32].into());
        (cipher, vec![0x5a; length])
    })
}

#[divan::bench(args = SIZES)]
fn bare_seals(bencher: Bencher<'_, '_>, bytes: usize) {
    let parts = bare(bytes);
    bencher.bench(|| {
        let sealed = parts
            .iter()
            .map(|(cipher, plain)| cipher.encrypt(&Nonce::default(), plain.as_slice()).unwrap());
        sealed.collect::<Vec<_>>()
    });
}

#[divan::bench(args = SIZES)]
fn bare_opens(bencher: Bencher<'_, '_>, bytes: usize) {
    let parts = bare(bytes).map(|(cipher, plain)| {
        let sealed = cipher.encrypt(&Nonce::default(), plain.as_slice()).unwrap();
        (cipher, sealed)
    });
    bencher.bench(|| {
        let opened = parts.iter().map(|(cipher, sealed)| {
            cipher
                .decrypt(&Nonce::default(), sealed.as_slice())
                .unwrap()
        });
        opened.collect::<Vec<_>>()
    });
}

#[divan::bench(args = SIZES)]
fn seal_in_a_chain(bencher: Bencher<'_, '_>, bytes: usize) {
    let mut pair = Pair::new();
    bencher.bench_local(|| pair.say(bytes));
}

#[divan::bench(args = SIZES)]
fn open_in_a_chain(bencher: Bencher<'_, '_>, bytes: usize) {
    let pair = RefCell::new(Pair::new());
    let input = || pair.borrow_mut().say(bytes);
    let bencher = bencher.with_inputs(input);
    bencher.bench_local_values(|envelope| pair.borrow_mut().hear(&envelope));
}

#[divan::bench]
fn round_trip_of_two_messages(bencher: Bencher<'_, '_>) {
    let mut pair = Pair::new();
    bencher.bench_local(|| pair.round());
}

#[divan::bench]
fn encode_a_state(bencher: Bencher<'_, '_>) {
    let pair = Pair::new();
    bencher.bench_local(|| pair.bela.encode());
}

#[divan::bench]
fn decode_a_state_and_work_out_its_tags(bencher: Bencher<'_, '_>) {
    let state = Pair::new().bela.encode();
    bencher.bench(|| Session::decode(&state).unwrap());
}

/// Of 200 sessions with a few skipped keys, and ten groups.
#[divan::bench]
fn thousand_envelopes_of_others_at_180000_tags(bencher: Bencher<'_, '_>) {
    let mut rng = rng(2);
    let mut tag = || {
        let mut tag = [0; 16];
        rng.fill_bytes(&mut tag);
        tag
    };
    let table: BTreeMap<[u8; 16], u32> = (0..180_000).map(|at| (tag(), at)).collect();
    let strangers: Vec<[u8; 16]> = (0..1_000).map(|_| tag()).collect();
    let bencher = bencher.counter(ItemsCount::new(strangers.len()));
    bencher.bench(|| {
        strangers
            .iter()
            .filter(|tag| table.contains_key(*tag))
            .count()
    });
}
