//! Neighbours that lie in comparisons: what it costs us, and that it ends.

use proptest::prelude::*;

use super::*;
use crate::limits::SYNC_WORK_PER_CELL;
use crate::wire::sync::{Cell, Done, More, Opening, Page, Say, Summary};

/// An honest side with `count` texts, and an account that never runs dry.
pub(super) fn honest(count: usize) -> Side {
    let mut rng = rng(4);
    let held = [Set::new(), ids(&mut rng, count), Set::new(), Set::new()];
    let mut side = Side::new(LinkKind::Lan, 1, held);
    side.session.heard(Mono(0), 1 << 30);
    side
}

/// Everything it says now, and how many bytes that is.
pub(super) fn said(side: &mut Side) -> (Vec<Record>, usize) {
    let records: Vec<Record> = std::iter::from_fn(|| side.session.poll(Mono(0))).collect();
    let total = records.iter().map(|record| bytes(record) + 2).sum();
    (records, total)
}

pub(super) fn opening(epoch: u8, count: u32) -> Record {
    let mut held = [Summary::default(); 4];
    held[1] = Summary {
        count,
        print: [7; 6],
    };
    let cut = Tick(0);
    Record::Sync(Opening { epoch, cut, held })
}

pub(super) fn more(epoch: u8, say: Say) -> Record {
    let class = Class::Text;
    Record::SyncMore(More { epoch, class, say })
}

#[test]
fn a_liar_who_asks_costs_sixteen_bytes_for_each_id_of_the_smaller_side() {
    for (count, step) in [(30, 1), (500, 1), (500, 100), (5_000, 1), (5_000, 900)] {
        let mut side = honest(count);
        side.hear(now(0), opening(3, u32::try_from(count).unwrap()));
        let mut cost = said(&mut side).1;
        for until in (0..200_000).step_by(step) {
            side.hear(now(0), more(3, Say::AskCells { until, pad: 0 }));
            let (records, bytes) = said(&mut side);
            cost += bytes;
            if records
                .iter()
                .any(|record| matches!(record, Record::SyncList(_)))
            {
                break;
            }
        }
        side.hear(
            now(0),
            Record::SyncDone(Done {
                epoch: 3,
                classes: 2,
                more: false,
                lacks: Vec::new(),
            }),
        );
        let list = 8 * count;
        println!(
            "{count} ids, {step} cells at a time: {:.2} lists",
            cost as f64 / list as f64
        );
        assert!(cost <= 16 * count + 64, "{count}: {cost}");
        assert!(cost as f64 / list as f64 <= 2.1 + 64.0 / list as f64);
    }
}

#[test]
fn a_liar_who_answers_costs_no_more() {
    let count = 2_000;
    let mut side = honest(count);
    side.open(now(0));
    let mut cost = said(&mut side).1;
    // Cells that never decode.
    let noise = |from: u32, count: u32| -> Vec<Cell> {
        let cell = |n: u32| Cell {
            shorts: u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            checks: n,
        };
        (from..from + count).map(|n| cell(n + 1)).collect()
    };
    let start = Say::Start {
        cut: Tick(0),
        count: 1 << 20,
        sample: [1; 16],
        cells: noise(0, 16),
    };
    side.hear(now(0), more(2, start));
    let mut have = 16;
    loop {
        let (records, bytes) = said(&mut side);
        cost += bytes;
        let Some(Record::SyncMore(More {
            say: Say::AskCells { until, .. },
            ..
        })) = records.first()
        else {
            break;
        };
        let cells = noise(have, until - have);
        side.hear(now(0), more(2, Say::Cells { start: have, cells }));
        have = *until;
    }
    assert!(have <= 2_000 * 5 / 8);
    assert!(cost <= 16 * count + 64, "{cost}");
}

#[test]
fn crafted_cells_end_within_their_bound() {
    let key = LinkKey::new(&[1; 32], &[2; 32]);
    let pure = |short| Cell {
        shorts: short,
        checks: key.check(short),
    };
    let far_from_its_walk = |index: u32| {
        // All walks come through cell 0.
        let mut shorts = (1_u64..).filter(|short| index == 0 || !Mapping::reaches(*short, index).0);
        pure(shorts.next().unwrap())
    };
    let one_cell = (0..1).map(|_| pure(5)).collect::<Vec<_>>();
    let misplaced: Vec<Cell> = (0..4_096).map(far_from_its_walk).collect();
    let same: Vec<Cell> = (0..4_096).map(|_| pure(5)).collect();
    let chain: Vec<Cell> = (0..4_096).map(|n| pure(u64::from(n % 7_u32))).collect();
    let ones = vec![
        Cell {
            shorts: u64::MAX,
            checks: u32::MAX
        };
        4_096
    ];
    // The highest state of the generator, at which the published decoder stands still.
    let stuck = vec![pure(u64::MAX); 4_096];
    let zeros = vec![Cell::default(); 4_096];
    for (name, cells) in [
        ("one", one_cell),
        ("misplaced", misplaced),
        ("the same", same),
        ("a chain", chain),
        ("all ones", ones),
        ("stuck", stuck),
        ("all zeros", zeros),
    ] {
        let count = cells.len();
        let mut decoder = Decoder::default();
        let (progress, _) = decoder.absorb(&key, cells);
        println!("{name}: {progress:?} after {} steps", decoder.work());
        // A step is 10 ns: 4,096 cells end within 3 ms.
        assert!(
            decoder.work() <= SYNC_WORK_PER_CELL * count + count + 64,
            "{name}"
        );
        assert!(decoder.found() <= count + 1, "{name}");
    }
}

#[test]
fn whoever_begins_too_often_is_blamed_and_whoever_makes_no_sense_is_shunned() {
    let mut side = honest(100);
    let held = side.held();
    let mut hear = |now: Now, record| side.session.came(now, record, 0, held.iter().copied());
    assert_eq!(hear(now(0), opening(3, 90)), Ok(vec![]));
    assert_eq!(hear(now(900), opening(5, 90)), Err(Offence::Overrun));
    let unasked = more(
        7,
        Say::Cells {
            start: 0,
            cells: vec![],
        },
    );
    assert_eq!(hear(now(6_000), opening(7, 90)), Ok(vec![]));
    assert_eq!(hear(now(6_000), unasked), Err(Offence::Nonsense));
    assert!(!side.session.is_due(now(300_000).mono));
    let held = side.held();
    side.session.open(now(300_000), held.into_iter());
    assert!(side.session.poll(now(300_000).mono).is_none());
    assert!(side.session.is_due(now(700_000).mono));
}

#[test]
fn whoever_delivers_less_than_half_of_64_wants_is_shunned_for_ten_minutes() {
    let mut side = honest(100);
    side.session.judge(Mono(0), 63, 0);
    assert!(side.session.is_due(Mono(60_000)));
    side.session.judge(Mono(0), 64, 31);
    assert!(!side.session.is_due(Mono(599_000)) && side.session.is_due(Mono(601_000)));
    // Only the wants since then count.
    side.session.judge(Mono(601_000), 128, 63);
    assert!(side.session.is_due(Mono(661_000)));
}

#[test]
fn cuts_at_the_end_of_time_are_not_refused_and_harm_nobody_else() {
    let mut side = honest(100);
    side.open(now(0));
    assert_eq!(said(&mut side).0.len(), 1);
    let cut = Tick(u32::MAX);
    let page = Page {
        epoch: 2,
        class: Class::Text,
        cut,
        left: 0,
        shorts: vec![],
    };
    side.hear(now(0), Record::SyncList(page));
    assert!(side.offers().is_empty());
}

fn any_record() -> impl Strategy<Value = Record> {
    let epoch = prop_oneof![Just(2_u8), Just(3), any::<u8>()];
    let class = (0_u8..4).prop_map(|code| Class::from_code(code).unwrap());
    let tick = prop_oneof![Just(Tick(0)), any::<u32>().prop_map(Tick)];
    let cells = prop::collection::vec(
        (any::<u64>(), any::<u32>()).prop_map(|(shorts, checks)| Cell { shorts, checks }),
        0..40,
    );
    let number = prop_oneof![0_u32..200, any::<u32>()];
    (epoch, class, tick, cells, number, 0..7, any::<[u8; 16]>()).prop_map(
        |(epoch, class, cut, cells, number, kind, sample)| {
            let say = match kind {
                0 => return opening(epoch, number),
                1 => {
                    return Record::SyncDone(Done {
                        epoch,
                        classes: sample[0],
                        more: sample[1] > 128,
                        lacks: sample.as_chunks().0.to_vec(),
                    });
                }
                2 => {
                    return Record::SyncList(Page {
                        epoch,
                        class,
                        cut,
                        left: number,
                        shorts: cells.iter().map(|cell| cell.shorts).collect(),
                    });
                }
                3 => Say::Start {
                    cut,
                    count: number,
                    sample,
                    cells,
                },
                4 => Say::Cells {
                    start: number,
                    cells,
                },
                5 => Say::AskCells {
                    until: number,
                    pad: 0,
                },
                _ => Say::AskList { cut, pad: 0 },
            };
            Record::SyncMore(More { epoch, class, say })
        },
    )
}

proptest! {
    #[test]
    fn any_records_in_any_order_end(records in prop::collection::vec(any_record(), 0..30), opens in any::<bool>()) {
        let mut side = honest(60);
        if opens {
            side.open(now(0));
        }
        let held = side.held();
        let mut cost = 0;
        for (at, record) in (0..).zip(records) {
            let _ = side.session.came(now(at * 2_500), record, 0, held.iter().copied());
            cost += said(&mut side).1;
        }
        // At most one comparison in 5 s; each costs a sketch and a list of each class.
        prop_assert!(cost <= 16 * (16 * 60 + 200), "{cost}");
    }
}
