//! How much bytes tell of labels: mutual information, with what chance alone gives taken
//! off.

use std::collections::BTreeMap;

use mesh_core::testing::SeededRng;
use rand_core::Rng as _;

/// Shuffles for each estimate.
const SHUFFLES: usize = 4;

/// Plug-in estimate of the mutual information of symbols and labels, bits: too high by
/// chance where there are many symbols and few of each.
fn plug_in(symbols: &[u32], labels: &[u16]) -> f64 {
    let mut joint: Vec<(u32, u16)> = symbols
        .iter()
        .copied()
        .zip(labels.iter().copied())
        .collect();
    joint.sort_unstable();
    let count = joint.len() as f64;
    let entropy = |counts: &mut dyn Iterator<Item = usize>| -> f64 {
        let each = counts.map(|times| {
            let share = times as f64 / count;
            -share * share.log2()
        });
        each.sum()
    };
    let mut of_symbol = vec![0; symbols.len()];
    let mut of_label: BTreeMap<u16, usize> = BTreeMap::new();
    for (symbol, label) in &joint {
        of_symbol[*symbol as usize] += 1;
        *of_label.entry(*label).or_default() += 1;
    }
    let mut of_both = joint.chunk_by(|one, other| one == other).map(<[_]>::len);
    let mut of_symbol = of_symbol.into_iter().filter(|times| *times > 0);
    entropy(&mut of_symbol) + entropy(&mut of_label.into_values()) - entropy(&mut of_both)
}

/// Bytes as numbers below their count, equal for equal bytes.
fn symbols<'a>(of: impl Iterator<Item = &'a [u8]>) -> Vec<u32> {
    let mut known = BTreeMap::new();
    of.map(|bytes| {
        let next = known.len() as u32;
        *known.entry(bytes).or_insert(next)
    })
    .collect()
}

fn shuffle(labels: &mut [u16], rng: &mut SeededRng) {
    for at in (1..labels.len()).rev() {
        labels.swap(at, (rng.next_u64() % (at as u64 + 1)) as usize);
    }
}

/// What some bytes tell of the labels.
pub(crate) struct Told {
    /// Beyond what the same bytes tell of shuffled labels on average, bits.
    pub(crate) bits: f64,
    /// How far those are from their average, bits: each, squared.
    pub(crate) spread: f64,
}

pub(crate) fn told<'a>(
    bytes: impl Iterator<Item = &'a [u8]>,
    labels: &[u16],
    rng: &mut SeededRng,
) -> Told {
    let symbols = symbols(bytes);
    let mut shuffled = labels.to_vec();
    let by_chance: Vec<f64> = (0..SHUFFLES)
        .map(|_| {
            shuffle(&mut shuffled, rng);
            plug_in(&symbols, &shuffled)
        })
        .collect();
    let mean = by_chance.iter().sum::<f64>() / SHUFFLES as f64;
    let squares = by_chance.iter().map(|bits| (bits - mean).powi(2));
    Told {
        bits: plug_in(&symbols, labels) - mean,
        spread: squares.sum::<f64>() / (SHUFFLES - 1) as f64,
    }
}

#[test]
fn what_is_told_is_measured_and_what_is_not_is_nothing() {
    let mut rng = mesh_core::testing::rng(1);
    let labels: Vec<u16> = (0..2_000).map(|_| (rng.next_u32() % 16) as u16).collect();
    let clear: Vec<[u8; 2]> = labels.iter().map(|label| label.to_le_bytes()).collect();
    let noise: Vec<[u8; 2]> = labels.iter().map(|_| [rng.next_u32() as u8, 0]).collect();
    // A byte that gives the label away one time in eight.
    let leak = labels.iter().map(|label| match rng.next_u32() % 8 {
        0 => [*label as u8, 0],
        _ => [rng.next_u32() as u8 % 16, 0],
    });
    let leak: Vec<[u8; 2]> = leak.collect();
    let mut of = |bytes: &[[u8; 2]]| {
        let bytes = bytes.iter().map(<[u8; 2]>::as_slice);
        told(bytes, &labels, &mut rng).bits
    };
    assert!(of(&clear) > 3.9);
    assert!(of(&noise).abs() < 0.1);
    assert!(of(&leak) > 0.02);
}
