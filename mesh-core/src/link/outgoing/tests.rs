//! Tests of the outgoing queues: order, frame size, credit, confirmation.

use core::convert::Infallible;

use super::*;
use crate::limits::{
    ENVELOPE_BYTES_LARGE, ENVELOPE_BYTES_SMALL, FRAME_BYTES_BLE_MAX, FRAME_BYTES_LAN_MAX,
    LAN_CREDIT_BYTES,
};
use crate::types::{LinkKind, Source, Tick};
use crate::wire::envelope::Header;
use crate::wire::frame::decode_frame;
use crate::wire::sync::Page;

fn id(number: u16) -> EnvelopeId {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&number.to_le_bytes());
    EnvelopeId(bytes)
}

fn item(class: Class, number: u16) -> Item {
    Item {
        id: id(number),
        class,
        source: Source::HERE,
        bytes: 480,
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the shape that next_bytes asks for"
)]
fn body(_: EnvelopeId) -> Result<Option<Vec<u8>>, Infallible> {
    let mut bytes = Header {
        class: Class::Text,
        expiry: Tick(1),
    }
    .encode()
    .to_vec();
    bytes.resize(ENVELOPE_BYTES_SMALL, 0);
    Ok(Some(bytes))
}

fn next(outgoing: &mut Outgoing) -> Option<Vec<Record>> {
    let Ok(bytes) = outgoing.next_bytes(usize::MAX, body);
    bytes.map(|bytes| decode_frame(&bytes[2..]).unwrap())
}

#[test]
fn urgent_comes_first_and_texts_last() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    assert!(outgoing.push(item(Class::Text, 1)));
    assert_eq!(outgoing.offer(item(Class::Text, 2)), None);
    outgoing.want(id(3));
    assert!(outgoing.control(Record::Pad));
    assert!(outgoing.push(item(Class::Sos, 4)));
    let records = next(&mut outgoing).unwrap();
    assert!(matches!(
        records.as_slice(),
        [
            Record::Push(_),
            Record::Pad,
            Record::Want(_),
            Record::Offer { .. },
            Record::Push(_)
        ]
    ));
    assert_eq!(next(&mut outgoing), None);
}

#[test]
fn no_frame_is_larger_than_the_neighbour_takes() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    outgoing.limit_frames(FRAME_BYTES_BLE_MAX);
    for number in 0..500 {
        outgoing.want(id(number));
        assert_eq!(outgoing.offer(item(Class::Text, number)), None);
        assert!(outgoing.push(item(Class::Text, number)));
    }
    let mut pushes = 0;
    while let Ok(Some(bytes)) = outgoing.next_bytes(usize::MAX, body) {
        assert!(bytes.len() <= FRAME_BYTES_BLE_MAX + 2);
        outgoing.sent(bytes.len());
        let records = decode_frame(&bytes[2..]).unwrap();
        pushes += records
            .iter()
            .filter(|record| matches!(record, Record::Push(_)))
            .count();
    }
    assert_eq!(pushes, 500);
}

#[test]
fn nothing_goes_beyond_the_credit_until_the_carrier_took_some() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    (0..2_000).for_each(|number| assert!(outgoing.push(item(Class::Text, number))));
    let mut frames = Vec::new();
    while let Ok(Some(bytes)) = outgoing.next_bytes(usize::MAX, body) {
        frames.push(bytes.len());
    }
    let in_flight: usize = frames.iter().sum();
    assert!((LAN_CREDIT_BYTES - FRAME_BYTES_LAN_MAX - 2..=LAN_CREDIT_BYTES).contains(&in_flight));
    outgoing.sent(frames[0]);
    assert!(next(&mut outgoing).is_some());
}

#[test]
fn confirmation_names_what_was_pushed_once() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    (0..3).for_each(|number| assert!(outgoing.push(item(Class::Text, number))));
    assert!(next(&mut outgoing).is_some());
    assert_eq!(outgoing.confirmed(2), Some(vec![id(0), id(1)]));
    assert_eq!(outgoing.confirmed(2), Some(vec![]));
    assert_eq!(outgoing.confirmed(4), None);
}

#[test]
fn what_is_not_held_any_more_is_said_to_be_gone() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    assert!(outgoing.push(item(Class::Text, 1)));
    let Ok(bytes) = outgoing.next_bytes(usize::MAX, |_| Ok::<_, Infallible>(None));
    assert_eq!(
        decode_frame(&bytes.unwrap()[2..]),
        Ok(vec![Record::Gone(vec![id(1)])])
    );
}

#[test]
fn queues_refuse_beyond_their_bound() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    let offered = (0..5_000)
        .filter(|n| outgoing.offer(item(Class::Text, *n)).is_none())
        .count();
    let pushed = (0..5_000)
        .filter(|n| outgoing.push(item(Class::Text, *n)))
        .count();
    assert_eq!((offered, pushed), (OFFERS_QUEUED_MAX, PUSHES_QUEUED_MAX));
}

#[test]
fn what_the_neighbour_refused_is_not_confirmed() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    (0..3).for_each(|number| assert!(outgoing.push(item(Class::Text, number))));
    assert!(next(&mut outgoing).is_some());
    outgoing.refused(id(1));
    assert_eq!(outgoing.confirmed(3), Some(vec![id(0), id(2)]));
}

#[test]
fn what_was_cancelled_does_not_go_out_and_may_be_asked_for_again() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    assert!(outgoing.offer(item(Class::Text, 1)).is_none() && outgoing.push(item(Class::Sos, 2)));
    outgoing.cancel(id(1));
    outgoing.cancel(id(2));
    assert_eq!(next(&mut outgoing), None);
    assert!(outgoing.push(item(Class::Sos, 2)));
    assert!(next(&mut outgoing).is_some());
}

#[test]
fn a_small_room_gets_what_fits_and_what_does_not_holds_back_the_rest() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Ble));
    assert!(outgoing.push(item(Class::Text, 1)));
    assert!(outgoing.push(item(Class::Text, 2)));
    let Ok(bytes) = outgoing.next_bytes(2 + 2 * 483 - 1, body);
    assert_eq!(bytes.map(|bytes| bytes.len()), Some(485));
    let page = Record::SyncList(Page {
        epoch: 1,
        class: Class::Text,
        cut: Tick(1),
        left: 0,
        shorts: vec![3; 200],
    });
    assert!(outgoing.control(page));
    assert_eq!(outgoing.next_bytes(1_000, body), Ok(None));
    assert!(outgoing.push(item(Class::Sos, 4)));
    let Ok(bytes) = outgoing.next_bytes(1_000, body);
    assert_eq!(bytes.map(|bytes| bytes.len()), Some(485), "the SOS alone");
    let Ok(bytes) = outgoing.next_bytes(3_000, body);
    let sizes = 2 + (3 + 10 + 200 * 8);
    assert_eq!(bytes.map(|bytes| bytes.len()), Some(sizes));
}

#[test]
fn an_envelope_too_large_for_the_link_is_gone_and_stops_nothing() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Ble));
    let large = Item {
        bytes: u32::try_from(ENVELOPE_BYTES_LARGE).unwrap(),
        ..item(Class::Text, 1)
    };
    assert!(outgoing.push(large));
    assert!(outgoing.push(item(Class::Text, 2)));
    let Ok(bytes) = outgoing.next_bytes(usize::MAX, body);
    assert_eq!(bytes.map(|bytes| bytes.len()), Some(2 + 19 + 483));
}

#[test]
fn control_records_are_bounded_in_number_and_in_bytes() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    let pads = (0..2 * CONTROL_QUEUED_MAX).filter(|_| outgoing.control(Record::Pad));
    assert_eq!(pads.count(), CONTROL_QUEUED_MAX);
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    let large = Record::Gone(vec![id(1); 900]);
    let taken = (0..2 * CONTROL_QUEUED_MAX).filter(|_| outgoing.control(large.clone()));
    assert_eq!(
        taken.count(),
        CONTROL_QUEUED_BYTES_MAX / encoded_bytes(&large)
    );
}

#[test]
fn who_never_confirms_makes_us_remember_a_bounded_number() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Lan));
    let pushes = UNCONFIRMED_MAX + 100;
    for number in 0..pushes {
        assert!(outgoing.push(item(Class::Text, u16::try_from(number).unwrap())));
        let Ok(bytes) = outgoing.next_bytes(usize::MAX, body);
        outgoing.sent(bytes.unwrap().len());
    }
    assert_eq!(outgoing.unconfirmed.len(), UNCONFIRMED_MAX);
    assert_eq!(outgoing.number_of.len(), UNCONFIRMED_MAX);
    let confirmed = outgoing.confirmed(pushes as u64).unwrap();
    assert_eq!(confirmed.first(), Some(&id(100)), "the oldest went");
}

/// How many SOS and texts leave in `frames` frames while as many of both wait.
fn left_of_each(outgoing: &mut Outgoing, frames: usize) -> (u64, u64) {
    let mut left = (0, 0);
    for _ in 0..frames {
        let Ok(bytes) = outgoing.next_bytes(usize::MAX, |id| {
            let class = match id.0[1] & 0x80 {
                0 => Class::Text,
                _ => Class::Sos,
            };
            let Ok(Some(mut bytes)) = body(id) else {
                return Ok(None);
            };
            let expiry = Tick(1);
            bytes[..16].copy_from_slice(&Header { class, expiry }.encode());
            Ok::<_, Infallible>(Some(bytes))
        });
        let bytes = bytes.unwrap();
        outgoing.sent(bytes.len());
        for record in decode_frame(&bytes[2..]).unwrap() {
            match record {
                Record::Push(envelope) if envelope.header().class == Class::Sos => left.0 += 1,
                Record::Push(_) => left.1 += 1,
                other => panic!("{other:?}"),
            }
        }
    }
    left
}

#[test]
fn a_flood_marked_sos_takes_its_share_of_a_link_and_no_more() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Ble));
    for number in 0..2_000 {
        assert!(outgoing.push(item(Class::Sos, 0x8000 | number)));
        assert!(outgoing.push(item(Class::Text, number)));
    }
    let (sos, texts) = left_of_each(&mut outgoing, 400);
    let fair = (sos + texts) / SOS_SHARE_PARTS;
    // One burst ahead, and what one frame rounds.
    assert!(
        (fair..=fair + SOS_BURST + 8).contains(&sos),
        "{sos} of {}",
        sos + texts
    );
}

#[test]
fn whoever_asks_without_end_leaves_texts_most_of_a_link() {
    let mut outgoing = Outgoing::new(Allowance::of(LinkKind::Ble));
    (0..2_000).for_each(|number| assert!(outgoing.push(item(Class::Text, number))));
    let (mut control, mut all) = (0, 0);
    for _ in 0..200 {
        while outgoing.control(Record::Gone(vec![id(1); 100])) {}
        let Ok(bytes) = outgoing.next_bytes(usize::MAX, body);
        let bytes = bytes.unwrap();
        outgoing.sent(bytes.len());
        let records = decode_frame(&bytes[2..]).unwrap();
        let answers = records.iter().filter(|r| !matches!(r, Record::Push(_)));
        control += answers.map(encoded_bytes).sum::<usize>();
        all += bytes.len() - 2;
    }
    let parts = usize::try_from(CONTROL_SHARE_PARTS).unwrap();
    // The room at a frame's end that no text fits is theirs besides.
    let fair = all / parts;
    assert!(
        (fair / 2..=fair + 2 * FRAME_BYTES_BLE_MAX + all / 20).contains(&control),
        "{control} of {all}"
    );
}
