//! A scripted neighbour that speaks raw frames, and means harm.

use proptest::prelude::*;

use super::crowd::Crowd;
use crate::engine::Input;
use crate::link::put_frame;
use crate::types::{Delivery, EnvelopeId, LinkId, LinkInfo, LinkKind, LinkShape, Tick};
use crate::wire::envelope::{Class, Envelope, Header};
use crate::wire::frame::{Hello, Record, encode_record};
use crate::wire::sync::{Opening, Summary};

pub(super) const LINK: LinkId = LinkId(1_000);

pub(super) fn hello() -> Record {
    Record::Hello(Hello {
        frame_bytes_max: 16_384,
        random: [0; 32],
        clock_quarters: 0,
        held_log2: [0; 4],
    })
}

pub(super) fn pipe(records: &[Record]) -> Vec<u8> {
    let mut frame = Vec::new();
    records
        .iter()
        .for_each(|record| encode_record(&mut frame, record));
    let mut pipe = Vec::new();
    put_frame(&mut pipe, &frame);
    pipe
}

/// One honest person with a hostile neighbour on [`LINK`].
pub(super) fn besieged() -> Crowd {
    let mut crowd = Crowd::new(2);
    let info = LinkInfo {
        kind: LinkKind::Lan,
        outbound: false,
        shape: LinkShape::Pipe,
        address: None,
    };
    crowd.give(0, vec![Input::LinkUp { link: LINK, info }]);
    crowd
}

pub(super) fn say(crowd: &mut Crowd, records: &[Record]) {
    crowd.give(
        0,
        vec![Input::Received {
            link: LINK,
            bytes: pipe(records),
        }],
    );
}

pub(super) fn envelope(crowd: &Crowd, class: Class, number: u32) -> Envelope {
    let expiry = crowd.now().wall.plus_ms(3_600_000).tick();
    let mut bytes = Header { class, expiry }.encode().to_vec();
    bytes.extend(number.to_le_bytes().repeat(116));
    Envelope::parse(bytes).unwrap()
}

fn is_linked(crowd: &mut Crowd) -> bool {
    crowd.status(0).links == 1
}

/// A neighbour on a wire of its own that brings one envelope.
pub(super) fn bringer(envelope: Envelope) -> Vec<Input> {
    let info = LinkInfo {
        kind: LinkKind::Lan,
        outbound: false,
        shape: LinkShape::Pipe,
        address: None,
    };
    let bytes = pipe(&[hello(), Record::Push(envelope)]);
    vec![
        Input::LinkUp { link: LINK, info },
        Input::Received { link: LINK, bytes },
    ]
}

#[test]
fn whoever_does_not_begin_with_hello_is_closed() {
    let mut crowd = besieged();
    say(&mut crowd, &[Record::Pad]);
    say(&mut crowd, &[hello()]);
    assert!(!is_linked(&mut crowd));
}

#[test]
fn a_second_hello_and_a_mirror_are_closed() {
    let mut crowd = besieged();
    say(&mut crowd, &[hello()]);
    assert!(is_linked(&mut crowd));
    say(&mut crowd, &[hello()]);
    assert!(!is_linked(&mut crowd));
}

#[test]
fn unasked_envelopes_are_not_kept_and_end_the_link() {
    let mut crowd = besieged();
    say(&mut crowd, &[hello()]);
    for number in 0..200 {
        let push = Record::Push(envelope(&crowd, Class::Text, number));
        say(&mut crowd, &[push]);
    }
    assert_eq!(crowd.status(0).stored.count, 0);
    assert!(!is_linked(&mut crowd));
}

#[test]
fn a_liar_about_confirmations_is_closed() {
    let mut crowd = besieged();
    say(&mut crowd, &[hello(), Record::Took(1)]);
    assert!(!is_linked(&mut crowd));
}

#[test]
fn offers_of_what_never_comes_do_not_keep_an_honest_one_from_delivering() {
    let mut crowd = besieged();
    let nearby = crowd.join(1, "nearby");
    crowd.say(1, nearby, "true");
    crowd.run(2_000);
    // The liar learns the id and is the first to offer it, with many that do not exist.
    let id = crowd.engines[1].inventory.iter().next().unwrap().0;
    let ids: Vec<EnvelopeId> = (0..900_u16)
        .map(|n| EnvelopeId([n.to_le_bytes(); 8].concat().try_into().unwrap()))
        .collect();
    say(
        &mut crowd,
        &[
            hello(),
            Record::Offer {
                class: Class::Text,
                ids: vec![id],
            },
        ],
    );
    say(
        &mut crowd,
        &[Record::Offer {
            class: Class::Text,
            ids,
        }],
    );
    crowd.link(0, 1);
    crowd.run(5_000);
    assert_eq!(crowd.status(0).stored.count, 1);
}

#[test]
fn silence_before_hello_and_after_ends_the_link() {
    let mut crowd = besieged();
    crowd.run(11_000);
    say(&mut crowd, &[hello()]);
    assert!(!is_linked(&mut crowd));
    let mut crowd = besieged();
    say(&mut crowd, &[hello()]);
    crowd.run(26_000);
    assert!(!is_linked(&mut crowd));
}

#[test]
fn wants_for_everything_cost_no_more_than_they_ask() {
    let mut crowd = besieged();
    say(&mut crowd, &[hello()]);
    let before = crowd.transmitted_bytes;
    let ids: Vec<EnvelopeId> = vec![EnvelopeId([7; 16]); 900];
    (0..10).for_each(|_| say(&mut crowd, &[Record::Want(ids.clone())]));
    let answered = crowd.transmitted_bytes - before;
    assert!(answered <= 11 * 900 * 16, "{answered}");
}

#[test]
fn comparisons_in_a_loop_end_the_link() {
    let mut crowd = besieged();
    say(&mut crowd, &[hello()]);
    let opening = Record::Sync(Opening {
        epoch: 2,
        cut: Tick(0),
        held: [Summary::default(); 4],
    });
    (0..40).for_each(|_| say(&mut crowd, std::slice::from_ref(&opening)));
    assert!(!is_linked(&mut crowd));
}

#[test]
fn an_unasked_sos_is_taken_and_lapsed_ones_are_not() {
    let mut crowd = besieged();
    say(&mut crowd, &[hello()]);
    let sos = envelope(&crowd, Class::Sos, 1);
    let mut late = Header {
        class: Class::Sos,
        expiry: crate::types::Tick(1),
    }
    .encode()
    .to_vec();
    late.resize(480, 9);
    say(
        &mut crowd,
        &[
            Record::Push(sos),
            Record::Push(Envelope::parse(late).unwrap()),
        ],
    );
    assert_eq!(crowd.status(0).stored.count, 1);
    assert!(is_linked(&mut crowd));
}

#[test]
fn noise_marked_sos_stops_at_its_share_and_texts_get_through() {
    let mut crowd = besieged();
    let nearby = crowd.join(0, "nearby");
    say(&mut crowd, &[hello()]);
    for number in 0..400 {
        let sos = Record::Push(envelope(&crowd, Class::Sos, number));
        say(&mut crowd, &[sos]);
    }
    assert!(!is_linked(&mut crowd), "each beyond the burst is a fault");
    let held = crowd.status(0).stored.count;
    assert!((10..=20).contains(&held), "{held}");
    crowd.say(0, nearby, "still here");
    crowd.run(1_000);
    assert_eq!(crowd.status(0).stored.count, held + 1);
}

#[test]
fn a_refused_push_is_not_with_the_mesh() {
    let mut crowd = Crowd::new(2);
    let nearby = crowd.join(0, "nearby");
    crowd.clock_ahead_ms[1] = 3 * crate::limits::DAY_MS;
    crowd.link(0, 1);
    crowd.say(0, nearby, "hello");
    crowd.run(5_000);
    assert_eq!(crowd.timeline(0, nearby)[0].state, Delivery::Waiting);
}

proptest! {
    #[test]
    fn random_bytes_never_panic(
        bytes in prop::collection::vec(any::<u8>(), 1..2_000),
        greets in any::<bool>(),
    ) {
        let mut crowd = besieged();
        if greets {
            say(&mut crowd, &[hello()]);
        }
        let mut framed = Vec::new();
        put_frame(&mut framed, &bytes);
        for bytes in [framed, bytes] {
            crowd.give(0, vec![Input::Received { link: LINK, bytes }]);
        }
    }

    #[test]
    fn random_records_never_panic(kinds in prop::collection::vec((0u8..16, 0usize..80, any::<u8>()), 1..40)) {
        let mut crowd = besieged();
        say(&mut crowd, &[hello()]);
        for (kind, length, fill) in kinds {
            let mut record = vec![kind];
            record.extend(u16::try_from(length).unwrap().to_le_bytes());
            record.extend(vec![fill; length]);
            let mut framed = Vec::new();
            put_frame(&mut framed, &record);
            crowd.give(0, vec![Input::Received { link: LINK, bytes: framed }]);
        }
    }
}
