//! What a neighbour can make a comparison hold, say and wait for.

use super::hostile::{honest, more, opening, said};
use super::*;
use crate::limits::{
    SYNC_ANSWER_RATIO, SYNC_ASK_CELLS_MAX, SYNC_CELLS_BLE_MAX, SYNC_CELLS_LAN_MAX,
    SYNC_FIRST_CELLS, SYNC_INTERVAL_BLE_MS, SYNC_INTERVAL_LAN_MS, SYNC_JUDGED_WANTS,
    SYNC_LACKS_MAX, SYNC_LIST_IDS_MAX, SYNC_OPENING_MS_MIN, SYNC_PUT_OFF_MAX, SYNC_QUIET_MS_MAX,
    SYNC_SHUN_MS, SYNC_SKETCH_MS_MIN,
};
use crate::wire::sync::{Cell, Done, Page, STUB_BYTES, Say};

fn with_texts(kind: LinkKind, count: usize) -> Side {
    let held = ids(&mut rng(7), count);
    Side::new(kind, 1, [Set::new(), held, Set::new(), Set::new()])
}

fn cells_of(records: &[Record]) -> usize {
    let cells = records.iter().map(|record| match record {
        Record::SyncMore(more) => match &more.say {
            Say::Start { cells, .. } | Say::Cells { cells, .. } => cells.len(),
            _ => 0,
        },
        _ => 0,
    });
    cells.sum()
}

#[test]
fn answers_stay_below_the_ratio_of_what_was_heard() {
    let mut side = with_texts(LinkKind::Lan, 5_000);
    side.hear(now(0), opening(3, 5_000));
    let mut heard = 53 + bytes(&opening(3, 5_000)) + 2;
    let mut answered = 0;
    for _ in 0..50 {
        let ask = more(
            3,
            Say::AskCells {
                until: 3_000,
                pad: 0,
            },
        );
        heard += bytes(&ask) + 2;
        side.hear(now(0), ask);
        answered += said(&mut side).1;
        assert!(answered as u64 <= heard as u64 * SYNC_ANSWER_RATIO);
    }
    // It was asked for more than that, and says nearly all that was paid for.
    assert!(answered as u64 * 10 > heard as u64 * SYNC_ANSWER_RATIO * 9);
}

#[test]
fn a_sketch_of_the_largest_sets_ends_at_the_cells_of_its_kind() {
    // The most that the relay store holds is more than twice the cells of a LAN link.
    for (kind, cells_max) in [
        (LinkKind::Ble, SYNC_CELLS_BLE_MAX),
        (LinkKind::Lan, SYNC_CELLS_LAN_MAX),
    ] {
        let count = 2 * cells_max;
        let mut side = with_texts(kind, count as usize);
        side.session.heard(Mono(0), 1 << 30);
        side.hear(now(0), opening(3, count));
        let mut cells = cells_of(&said(&mut side).0);
        side.hear(
            now(0),
            more(
                3,
                Say::AskCells {
                    until: cells_max,
                    pad: 0,
                },
            ),
        );
        cells += cells_of(&said(&mut side).0);
        let beyond = Say::AskCells {
            until: cells_max + 1,
            pad: 0,
        };
        side.hear(now(0), more(3, beyond));
        let (records, _) = said(&mut side);
        assert!(cells <= cells_max as usize, "{kind:?}: {cells}");
        assert!(cells > cells_max as usize / 2, "{kind:?}: {cells}");
        assert_eq!(cells_of(&records), 0, "{kind:?}");
        assert!(matches!(records.first(), Some(Record::SyncList(_))));
    }
}

#[test]
fn what_is_asked_at_once_is_bounded_however_many_cells_came() {
    let mut side = with_texts(LinkKind::Lan, 60_000);
    side.session.heard(Mono(0), 1 << 30);
    side.open(now(0));
    said(&mut side);
    let noise = |from: u32, count: u32| -> Vec<Cell> {
        let cells = (from + 1..=from + count).map(|n| Cell {
            shorts: u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            checks: n,
        });
        cells.collect()
    };
    let start = Say::Start {
        cut: Tick(0),
        count: 60_000,
        sample: [1; 16],
        cells: noise(0, SYNC_FIRST_CELLS),
    };
    side.hear(now(0), more(2, start));
    let (mut have, mut most) = (SYNC_FIRST_CELLS, 0);
    while let [Record::SyncMore(asked)] = said(&mut side).0.as_slice()
        && let Say::AskCells { until, .. } = asked.say
    {
        most = most.max(until - have);
        while have < until {
            let count = 800.min(until - have);
            let cells = noise(have, count);
            side.hear(now(0), more(2, Say::Cells { start: have, cells }));
            have += count;
        }
    }
    assert_eq!(most, SYNC_ASK_CELLS_MAX);
}

#[test]
fn a_list_longer_than_any_store_makes_no_sense() {
    let mut side = honest(100);
    let held = side.held();
    let mut hear = |record| side.session.came(now(0), record, 0, held.iter().copied());
    assert_eq!(hear(opening(3, 60)), Ok(vec![]));
    let page = |number: u64| {
        Record::SyncList(Page {
            epoch: 3,
            class: Class::Text,
            cut: Tick(0),
            left: 1_000_000,
            shorts: (number * 2_000..(number + 1) * 2_000).collect(),
        })
    };
    let pages = (0..1_000).take_while(|number| hear(page(*number)).is_ok());
    let heard = pages.count() * 2_000;
    assert!(heard <= SYNC_LIST_IDS_MAX && heard + 2_000 > SYNC_LIST_IDS_MAX);
}

#[test]
fn asking_for_more_than_may_lack_is_an_overrun() {
    let mut side = honest(100);
    let held = side.held();
    let mut hear = |record| side.session.came(now(0), record, 0, held.iter().copied());
    assert_eq!(hear(opening(3, 90)), Ok(vec![]));
    let done = Record::SyncDone(Done {
        epoch: 3,
        classes: 2,
        more: true,
        lacks: vec![[0; STUB_BYTES]; 1_000],
    });
    let heard = (0..1_000).map(|number| (number, hear(done.clone())));
    let refused = heard.into_iter().find(|(_, heard)| heard.is_err());
    assert_eq!(
        refused,
        Some((SYNC_LACKS_MAX / 1_000, Err(Offence::Overrun)))
    );
}

#[test]
fn openings_come_no_faster_than_allowed_and_sketches_more_rarely() {
    let begins_after = |count: u32, span_ms: u64| {
        let mut side = honest(100);
        let held = side.held();
        let mut hear = |at, epoch| {
            let heard = side
                .session
                .came(now(at), opening(epoch, count), 0, held.iter().copied());
            heard.is_ok()
        };
        assert!(hear(1_000, 3));
        hear(1_000 + span_ms, 5)
    };
    // Whoever holds nothing is fed without a sketch.
    assert!(begins_after(0, SYNC_OPENING_MS_MIN));
    assert!(!begins_after(0, SYNC_OPENING_MS_MIN - 1));
    assert!(begins_after(90, SYNC_SKETCH_MS_MIN / 2));
    assert!(!begins_after(90, SYNC_SKETCH_MS_MIN / 2 - 1));
}

#[test]
fn a_comparison_that_fell_silent_is_over() {
    let mut side = honest(100);
    side.open(now(1_000));
    side.session.expire(Mono(1_000 + SYNC_QUIET_MS_MAX - 1));
    assert!(!side.session.is_idle());
    side.session.expire(Mono(1_000 + SYNC_QUIET_MS_MAX));
    assert!(side.session.is_idle());
}

#[test]
fn whoever_delivers_less_than_half_is_shunned_for_so_long() {
    let mut side = honest(100);
    side.session.judge(Mono(0), SYNC_JUDGED_WANTS - 1, 0);
    assert!(side.session.next_timeout() < Mono(SYNC_SHUN_MS));
    side.session
        .judge(Mono(0), SYNC_JUDGED_WANTS, SYNC_JUDGED_WANTS / 2);
    assert!(side.session.next_timeout() < Mono(SYNC_SHUN_MS));
    side.session
        .judge(Mono(0), 2 * SYNC_JUDGED_WANTS, SYNC_JUDGED_WANTS - 1);
    assert_eq!(side.session.next_timeout(), Mono(SYNC_SHUN_MS));
}

#[test]
fn a_comparison_begins_within_the_interval_of_its_kind_and_is_put_off_so_often() {
    for (kind, interval_ms) in [
        (LinkKind::Lan, SYNC_INTERVAL_LAN_MS),
        (LinkKind::Ble, SYNC_INTERVAL_BLE_MS),
    ] {
        let mut side = with_texts(kind, 10);
        let first = side.session.next_timeout();
        assert!(first <= Mono(interval_ms.start), "{kind:?}: {first:?}");
        let may_wait = (0..100).filter(|_| side.session.put_off(Mono(0))).count();
        assert_eq!(may_wait, usize::from(SYNC_PUT_OFF_MAX));
        assert!(side.session.next_timeout() <= Mono(interval_ms.end));
    }
}
