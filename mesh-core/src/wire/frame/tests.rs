//! Tests of the frame codec: golden bytes, every cut, hostile lengths.

use proptest::prelude::*;

use super::*;
use crate::wire::envelope::Header;
use crate::wire::sync::{Cell, Say, Summary};

fn id(byte: u8) -> EnvelopeId {
    EnvelopeId([byte; 16])
}

fn envelope() -> Envelope {
    let mut bytes = Header {
        class: Class::Text,
        expiry: Tick(9),
    }
    .encode()
    .to_vec();
    bytes.resize(480, 0xa5);
    Envelope::parse(bytes).unwrap()
}

fn every_record() -> Vec<Record> {
    let hello = Hello {
        frame_bytes_max: 16_384,
        random: [7; 32],
        clock_quarters: 1_995_000,
        held_log2: [0, 11, 0, 1],
    };
    let mut records = vec![
        Record::Hello(hello),
        Record::Offer {
            class: Class::Sos,
            ids: vec![id(1), id(2)],
        },
        Record::Want(vec![id(3)]),
        Record::Gone(vec![]),
        Record::Push(envelope()),
        Record::Pad,
        Record::Took(1 << 40),
    ];
    records.extend(sync_records());
    records
}

fn sync_records() -> Vec<Record> {
    let cells = vec![Cell {
        shorts: 0x0807_0605_0403_0201,
        checks: 0x0c0b_0a09,
    }];
    let more = |class, say| {
        let epoch = 6;
        Record::SyncMore(More { epoch, class, say })
    };
    let mut held = [Summary::default(); 4];
    held[1] = Summary {
        count: 300,
        print: [1, 2, 3, 4, 5, 6],
    };
    let (epoch, cut) = (6, Tick(0x0102_0304));
    let start = Say::Start {
        cut,
        count: 299,
        sample: [9; 16],
        cells: cells.clone(),
    };
    vec![
        Record::Sync(Opening { epoch, cut, held }),
        more(Class::Sos, start),
        more(Class::Text, Say::Cells { start: 16, cells }),
        more(Class::Manifest, Say::AskCells { until: 20, pad: 3 }),
        more(Class::Keys, Say::AskList { cut, pad: 0 }),
        Record::SyncDone(Done {
            epoch,
            classes: 2,
            more: true,
            lacks: vec![[1, 2, 3]],
        }),
        Record::SyncList(Page {
            epoch,
            class: Class::Keys,
            cut,
            left: 7,
            shorts: vec![1, u64::MAX],
        }),
    ]
}

fn encode(records: &[Record]) -> Vec<u8> {
    let mut frame = Vec::new();
    records
        .iter()
        .for_each(|record| encode_record(&mut frame, record));
    frame
}

#[test]
fn every_record_comes_back() {
    let records = every_record();
    assert_eq!(decode_frame(&encode(&records)), Ok(records));
}

#[test]
fn golden_bytes() {
    let offer = Record::Offer {
        class: Class::Text,
        ids: vec![id(0xee)],
    };
    let mut expected = vec![2, 17, 0, 1];
    expected.extend([0xee; 16]);
    assert_eq!(encode(&[offer]), expected);
    assert_eq!(
        encode(&[Record::Took(258)]),
        [14, 8, 0, 2, 1, 0, 0, 0, 0, 0, 0]
    );
    assert_eq!(encode(&[Record::Pad]), [13, 0, 0]);
}

#[test]
fn golden_bytes_of_comparisons() {
    let expected: [&[u8]; 7] = [
        &[6, 14, 0, 6, 4, 3, 2, 1, 2, 0xac, 2, 1, 2, 3, 4, 5, 6],
        &[
            7, 39, 0, 6, 0, 0, 4, 3, 2, 1, 43, 1, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9,
            9, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
        ],
        &[
            7, 19, 0, 6, 1, 1, 16, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
        ],
        &[7, 10, 0, 6, 2, 2, 20, 0, 0, 0, 0, 0, 0],
        &[7, 7, 0, 6, 3, 3, 4, 3, 2, 1],
        &[8, 5, 0, 6, 0x82, 1, 2, 3],
        &[
            9, 26, 0, 6, 3, 4, 3, 2, 1, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255,
            255, 255, 255, 255,
        ],
    ];
    for (record, bytes) in sync_records().iter().zip(expected) {
        assert_eq!(encode(std::slice::from_ref(record)), bytes, "{record:?}");
    }
}

#[test]
fn a_frame_is_tallied_without_reading_its_records() {
    let mut tally = Tally::default();
    tally.add(&encode(&every_record()));
    let expected = Tally {
        sync_bytes: 17 + 42 + 22 + 13 + 10 + 8 + 29,
        pushes: 1,
        offers: 2,
        wants: 1,
    };
    assert_eq!(tally, expected);
}

#[test]
fn every_truncation_is_an_error_or_a_shorter_run_of_records() {
    let records = every_record();
    let frame = encode(&records);
    for len in 0..frame.len() {
        if let Ok(fewer) = decode_frame(&frame[..len]) {
            assert!(records.starts_with(&fewer) && fewer.len() < records.len());
        }
    }
}

#[test]
fn unknown_kinds_are_left_out() {
    let mut frame = vec![200, 2, 0, 9, 9];
    encode_record(&mut frame, &Record::Pad);
    assert_eq!(decode_frame(&frame), Ok(vec![Record::Pad]));
}

#[test]
fn claimed_length_beyond_the_frame_is_an_error() {
    for kind in 0..=u8::MAX {
        assert_eq!(
            decode_frame(&[kind, 255, 255, 0]),
            Err(FrameError::Truncated { offset: 0 })
        );
    }
}

#[test]
fn wrong_payloads_are_errors() {
    let cases: [&[u8]; 19] = [
        &[1, 0, 0],
        &[2, 0, 0],
        &[2, 1, 0, 9],
        &[2, 2, 0, 1, 0],
        &[3, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        // A Sync with a class that does not exist, with too little, with too much,
        // with a count of zero, and with one in a longer form than it needs.
        &[6, 6, 0, 6, 0, 0, 0, 0, 16],
        &[6, 6, 0, 6, 0, 0, 0, 0, 1],
        &[6, 7, 0, 6, 0, 0, 0, 0, 0, 9],
        &[6, 13, 0, 6, 0, 0, 0, 0, 1, 0, 1, 2, 3, 4, 5, 6],
        &[6, 14, 0, 6, 0, 0, 0, 0, 1, 0x81, 0, 1, 2, 3, 4, 5, 6],
        // A SyncMore of a kind that does not exist, without a class, and with a broken cell.
        &[7, 7, 0, 6, 0, 4, 0, 0, 0, 0],
        &[7, 7, 0, 6, 4, 1, 0, 0, 0, 0],
        &[7, 8, 0, 6, 0, 1, 0, 0, 0, 0, 1],
        &[8, 3, 0, 6, 1, 1],
        &[9, 10, 0, 6, 9, 0, 0, 0, 0, 0, 0, 0, 0],
        &[9, 11, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        &[9, 2, 0, 1, 2],
        &[14, 1, 0, 0],
        &[5, 1, 0, 0],
    ];
    for case in cases {
        assert!(decode_frame(case).is_err(), "{case:?}");
    }
}

#[test]
fn counts_are_said_as_powers_of_two() {
    let cases = [
        (0, 0),
        (1, 1),
        (2, 2),
        (3, 3),
        (4, 3),
        (1_000, 11),
        (1_024, 11),
        (1_025, 12),
    ];
    for (count, log2) in cases {
        assert_eq!(held_log2(count), log2, "{count}");
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(frame in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let _ = decode_frame(&frame);
    }

    #[test]
    fn what_decodes_encodes_to_the_same_records(
        frame in prop::collection::vec(prop_oneof![0u8..16, any::<u8>()], 0..200)
    ) {
        if let Ok(records) = decode_frame(&frame) {
            prop_assert_eq!(decode_frame(&encode(&records)), Ok(records));
        }
    }
}
