//! Tests of the frame codec: golden bytes, every cut, hostile lengths.

use proptest::prelude::*;

use super::*;
use crate::wire::envelope::Header;

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
    vec![
        Record::Hello(hello),
        Record::Offer {
            class: Class::Sos,
            ids: vec![id(1), id(2)],
        },
        Record::Want(vec![id(3)]),
        Record::Gone(vec![]),
        Record::Push(envelope()),
        Record::SyncList {
            class: Class::Keys,
            last: true,
            ids: vec![id(4)],
        },
        Record::Pad,
        Record::Took(1 << 40),
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
    let cases: [&[u8]; 8] = [
        &[1, 0, 0],
        &[2, 0, 0],
        &[2, 1, 0, 9],
        &[2, 2, 0, 1, 0],
        &[3, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
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
