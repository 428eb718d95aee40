//! C18 · Sync amplification and sketch exhaustion: a bitchat neighbour that sent an
//! empty filter in a loop was sent everything each time, 10,000 bytes for each of its
//! own; a crafted IBLT keeps a decoder busy for ever.
//!
//! Here answers to comparisons, and the offers that follow from them, are at most 20
//! bytes for each byte that the neighbour said in a minute, however it asks; who asks
//! too often is dropped; a decoder is bounded by what it was sent (unit tests of `sync`).

use mesh_core::sync::LinkKey;
use mesh_core::types::{LinkId, LinkKind, Tick};
use mesh_core::wire::envelope::Class;
use mesh_core::wire::frame::{Record, encode_record};
use mesh_core::wire::sync::{Cell, Done, More, Opening, Page, Say, Summary};

use crate::forgery::{fake_id, in_an_hour, sealed_junk};
use crate::world::{PIPE, START, Siege, framed};

/// Envelopes that the besieged node holds.
const HELD: u64 = 1_500;

/// A siege of a node that holds much, a neighbour that says to hold as much, and the
/// key of their link.
fn siege() -> (Siege, LinkId, LinkKey) {
    let mut siege = Siege::new();
    let expiry = in_an_hour(START);
    let feeder = siege.world.neighbour(0);
    for number in 0..HELD {
        let envelope = sealed_junk(Class::Text, expiry, number);
        siege.world.plant(feeder, envelope);
        if number % 50 == 0 {
            siege.world.run(2_000);
        }
    }
    siege.world.run(5_000);
    assert!(siege.world.held(0) >= HELD);
    siege.world.leave(feeder);
    let liar = siege.world.besiege(0, LinkKind::Lan, PIPE);
    let Record::Hello(mut hello) = siege.world.hello(liar) else {
        panic!("a Hello");
    };
    hello.held_log2[1] = 12;
    siege.world.say(liar, &[Record::Hello(hello)]);
    let heard = siege.world.records(liar);
    let Some(Record::Hello(ours)) = heard.first() else {
        panic!("{heard:?}");
    };
    (siege, liar, LinkKey::new(&ours.random, &hello.random))
}

/// Bytes said because the neighbour asked: not Hello, Pad, our own Sync, confirmations,
/// nor the gossip of what is new meanwhile.
fn answered(records: &[Record]) -> usize {
    let answers = records.iter().filter(|record| {
        matches!(
            record,
            Record::SyncMore(_)
                | Record::SyncDone(_)
                | Record::SyncList(_)
                | Record::Offer { .. }
                | Record::Push(_)
        )
    });
    answers
        .map(|record| {
            let mut frame = Vec::new();
            encode_record(&mut frame, record);
            frame.len()
        })
        .sum()
}

/// Lets the neighbour say something every `pause_ms` for three minutes; the ratio of
/// what it was answered to what it said must hold in each.
fn assert_ratio(pause_ms: u64, mut next: impl FnMut(u64, &[Record], &LinkKey) -> Vec<Record>) {
    let (mut siege, liar, key) = siege();
    let mut rounds = 0;
    let mut heard = Vec::new();
    for minute in 0..3 {
        // Its Hello is what it said before.
        let mut said = if minute == 0 { 53 } else { 0 };
        let mut answers = 0;
        for _ in 0..60_000 / pause_ms {
            let bytes = framed(&next(rounds, &heard, &key));
            rounds += 1;
            if !siege.world.is_closed(liar) {
                said += bytes.len();
                siege.world.bring(liar, bytes);
            }
            siege.world.run(pause_ms);
            heard = siege.world.records(liar);
            answers += answered(&heard);
        }
        println!("minute {minute}: {answers} bytes for {said}");
        assert!(
            answers <= 20 * said,
            "minute {minute}: {answers} for {said}"
        );
    }
    siege.assert_honest_messages_pass();
}

fn opening(round: u64, count: u32) -> Record {
    let mut held = [Summary::default(); 4];
    held[1] = Summary {
        count,
        print: round.to_le_bytes()[..6].try_into().unwrap(),
    };
    Record::Sync(Opening {
        epoch: (2 * round) as u8,
        cut: Tick(0),
        held,
    })
}

fn more(round: u64, say: Say) -> Record {
    Record::SyncMore(More {
        epoch: (2 * round) as u8,
        class: Class::Text,
        say,
    })
}

/// Three bytes for each envelope that the node holds.
fn lacks_everything(round: u64, key: &LinkKey) -> Record {
    let expiry = in_an_hour(START);
    let stubs = (0..HELD).map(|number| {
        let id = sealed_junk(Class::Text, expiry, number).id();
        key.short(id).short.to_le_bytes()[..3].try_into().unwrap()
    });
    Record::SyncDone(Done {
        epoch: (2 * round) as u8,
        classes: 2,
        more: false,
        lacks: stubs.collect(),
    })
}

#[test]
fn an_empty_set_in_a_tight_loop_is_not_sent_everything_each_time() {
    assert_ratio(200, |round, _, _| vec![opening(round, 0)]);
    assert_ratio(6_000, |round, _, _| vec![opening(round, 0)]);
}

#[test]
fn openings_that_look_different_each_time_buy_twenty_bytes_a_byte() {
    assert_ratio(5_500, |round, _, _| vec![opening(round, 1_500)]);
    assert_ratio(30_000, |round, _, _| vec![opening(round, 1_500)]);
}

#[test]
fn asks_without_padding_for_all_cells_and_then_the_list_buy_no_more() {
    assert_ratio(100, |round, _, _| match round % 100 {
        0 => vec![opening(round / 100, 1_500)],
        _ => {
            let until = 20 * (round % 100) as u32;
            vec![more(round / 100, Say::AskCells { until, pad: 0 })]
        }
    });
}

#[test]
fn a_list_of_everything_is_bought_by_the_byte() {
    assert_ratio(500, |round, _, _| match round % 20 {
        0 => vec![opening(round / 20, 1 << 30)],
        _ => {
            let cut = Tick(0);
            vec![more(round / 20, Say::AskList { cut, pad: 0 })]
        }
    });
}

#[test]
fn who_says_to_lack_everything_is_offered_what_it_paid_for() {
    assert_ratio(5_500, |round, _, key| {
        vec![opening(round, 1_500), lacks_everything(round, key)]
    });
    assert_ratio(11_000, |round, _, _| {
        let page = Page {
            epoch: (2 * round) as u8,
            class: Class::Text,
            cut: Tick(0),
            left: 0,
            shorts: vec![1, 2, 3],
        };
        vec![opening(round, 3), Record::SyncList(page)]
    });
}

#[test]
fn answers_to_our_own_openings_buy_no_more() {
    assert_ratio(50, |round, heard, _| {
        let opened = heard.iter().find_map(|record| match record {
            Record::Sync(opening) => Some(opening.epoch),
            _ => None,
        });
        let Some(epoch) = opened else {
            return vec![Record::Pad];
        };
        let cells = vec![
            Cell {
                shorts: round,
                checks: 1
            };
            16
        ];
        let say = match round % 2 {
            0 => Say::Start {
                cut: Tick(0),
                count: 1 << 20,
                sample: [9; 16],
                cells,
            },
            _ => Say::AskList {
                cut: Tick(0),
                pad: 0,
            },
        };
        let class = Class::Text;
        vec![Record::SyncMore(More { epoch, class, say })]
    });
}

#[test]
fn whoever_begins_in_a_loop_is_dropped() {
    let (mut siege, liar, _) = siege();
    for round in 0..200 {
        siege.world.say(liar, &[opening(round, 1_500)]);
        siege.world.run(20);
    }
    assert!(siege.world.is_closed(liar));
    siege.assert_honest_messages_pass();
}

#[test]
fn whoever_offers_what_does_not_exist_loses_comparisons() {
    let (mut siege, liar, _) = siege();
    let (class, ids) = (Class::Text, (0..200).map(fake_id).collect());
    siege.world.say(liar, &[Record::Offer { class, ids }]);
    // It stays, silent about what it is asked for.
    for _ in 0..60 {
        siege.world.say(liar, &[Record::Pad]);
        siege.world.run(1_000);
    }
    siege.world.heard(liar);
    for round in 0..10 {
        siege.world.say(liar, &[opening(round, 1_500)]);
        siege.world.run(6_000);
    }
    let heard = siege.world.records(liar);
    assert!(!siege.world.is_closed(liar));
    let is_sync = |record: &&Record| matches!(record, Record::SyncMore(_) | Record::Sync(_));
    assert_eq!(heard.iter().filter(is_sync).count(), 0);
    siege.assert_honest_messages_pass();
}
