//! Our differences against those of `negentropy`, another protocol by other people.

use negentropy::{Id, Negentropy, NegentropyStorageVector};
use rand_core::Rng as _;

use super::*;

/// What the second side lacks and what it has alone, by the other protocol.
fn oracle(first: &Set, second: &Set) -> (Set, Set) {
    let [mut client, mut server] = [first, second].map(|set| {
        let mut storage = NegentropyStorageVector::new();
        for id in set {
            let mut long = [0; 32];
            long[..16].copy_from_slice(&id.0);
            storage.insert(0, Id::from_byte_array(long)).unwrap();
        }
        storage.seal().unwrap();
        Negentropy::owned(storage, 0).unwrap()
    });
    let (mut have, mut need) = (Vec::new(), Vec::new());
    let mut query = client.initiate().unwrap();
    loop {
        let answer = server.reconcile(&query).unwrap();
        let Some(next) = client
            .reconcile_with_ids(&answer, &mut have, &mut need)
            .unwrap()
        else {
            break;
        };
        query = next;
    }
    let set = |ids: Vec<Id>| {
        let ids = ids.into_iter();
        ids.map(|id| EnvelopeId(*id.to_bytes().first_chunk().unwrap()))
            .collect()
    };
    (set(have), set(need))
}

#[test]
fn ten_thousand_random_pairs_differ_as_another_protocol_says() {
    let mut sizes = rng(77);
    for seed in 0..10_000 {
        // Small sets mostly: each hundredth is large.
        let scale = if seed % 100 == 0 { 1_500 } else { 60 };
        let mut below = |bound: u64| usize::try_from(sizes.next_u64() % bound).unwrap();
        let (common, first, second) = (below(scale), below(scale / 4), below(scale / 4));
        let [mut a, mut b] = sides(LinkKind::Lan, seed, common, [first, second]);
        match a.held[1].is_empty() {
            true => b.open(now(0)),
            false => a.open(now(0)),
        }
        talk(now(0), &mut a, &mut b);
        let (a_alone, b_alone) = oracle(&a.held[1], &b.held[1]);
        assert_eq!((a.offers(), b.offers()), (a_alone, b_alone), "seed {seed}");
    }
}
