//! C04 · Briar, 2023: a message over its limit raised an error of a type that nobody
//! caught, and the app was gone.
//!
//! One more than every limit that a peer can reach. Each is an error of that peer,
//! a value and not a panic; what it costs is a fault or nothing, and honest messages
//! pass. Limits of lifetime are in `c11`, of fragments in `c05`, of keys in `c20`.

use mesh_core::limits::{
    CHUNKS_MAX, CONTROL_QUEUED_MAX, DATAGRAM_BYTES_MIN, DATAGRAM_LINKS_MAX, ENVELOPE_BYTES_LARGE,
    ENVELOPE_BYTES_MEDIUM, ENVELOPE_BYTES_SMALL, FRAME_BYTES_BLE_MAX, FRAME_BYTES_LAN_MAX,
    HELLO_TIMEOUT_MS, LINKS_MAX, NAME_BYTES_MAX, OPENINGS_MAX, PARTIAL_MESSAGES_MAX, PENALTY_MAX,
    PUSHES_QUEUED_MAX, SILENCE_MS_MAX, SOS_BURST, TEXT_BYTES_MAX, WANTS_QUEUED_MAX,
};
use mesh_core::types::{LinkId, LinkKind, LinkShape, MessageId};
use mesh_core::wire::envelope::Class;
use mesh_core::wire::frame::{Hello, Record};
use mesh_core::wire::inner::{Inner, TextPart};

use crate::forgery::{fake_id, in_an_hour, post, sealed_junk, text};
use crate::heap;
use crate::radio::{RADIO, Radio};
use crate::world::{PIPE, Siege};

fn pipe_frame(bytes: usize) -> Vec<u8> {
    [&(bytes as u16).to_le_bytes()[..], &vec![13; bytes]].concat()
}

#[test]
fn frames_above_the_link_s_largest_end_the_link() {
    let mut siege = Siege::new();
    let link = siege.world.neighbour(0);
    siege.world.bring(link, pipe_frame(FRAME_BYTES_LAN_MAX + 1));
    assert!(siege.world.is_closed(link));
    let link = siege.world.besiege(0, LinkKind::Ble, PIPE);
    siege
        .world
        .bring(link, pipe_frame(FRAME_BYTES_BLE_MAX + 1)[..2].to_vec());
    assert!(siege.world.is_closed(link));
    siege.assert_honest_messages_pass();
}

#[test]
fn a_hello_that_takes_less_than_the_smallest_frame_ends_the_link() {
    let mut siege = Siege::new();
    let link = siege.world.besiege(0, LinkKind::Lan, PIPE);
    let Record::Hello(hello) = siege.world.hello(link) else {
        panic!("a Hello")
    };
    let frame_bytes_max = FRAME_BYTES_BLE_MAX as u32 - 1;
    siege.world.say(
        link,
        &[Record::Hello(Hello {
            frame_bytes_max,
            ..hello
        })],
    );
    assert!(siege.world.is_closed(link));
    siege.assert_honest_messages_pass();
}

#[test]
fn links_beyond_the_last_place_are_refused() {
    let mut siege = Siege::new();
    let links: Vec<LinkId> = (0..LINKS_MAX).map(|_| siege.world.neighbour(0)).collect();
    let closed = links.iter().filter(|link| siege.world.is_closed(**link));
    assert_eq!(closed.count(), 1, "one place was the honest neighbour's");
    siege.assert_honest_messages_pass();
}

#[test]
fn datagram_links_beyond_the_last_place_and_of_no_use_are_refused() {
    let mut siege = Siege::new();
    let radios = |siege: &mut Siege, count: usize, mtu: usize| -> Vec<LinkId> {
        let shape = LinkShape::Datagrams { mtu };
        (0..count)
            .map(|_| siege.world.besiege(0, LinkKind::Ble, shape))
            .collect()
    };
    let links = radios(&mut siege, 1, DATAGRAM_BYTES_MIN - 1);
    assert!(siege.world.is_closed(links[0]));
    let links = radios(&mut siege, DATAGRAM_LINKS_MAX + 1, DATAGRAM_BYTES_MIN);
    let open = links.iter().filter(|link| !siege.world.is_closed(**link));
    assert_eq!(open.count(), DATAGRAM_LINKS_MAX);
    siege.assert_honest_messages_pass();
}

#[test]
fn silence_beyond_its_limit_ends_a_link_before_and_after_hello() {
    let mut siege = Siege::new();
    let [mute, radio] = [PIPE, RADIO].map(|shape| siege.world.besiege(0, LinkKind::Ble, shape));
    let greeted = siege.world.neighbour(0);
    siege.world.run(HELLO_TIMEOUT_MS);
    assert!(siege.world.is_closed(mute) && siege.world.is_closed(radio));
    assert!(!siege.world.is_closed(greeted));
    siege.world.run(SILENCE_MS_MAX - HELLO_TIMEOUT_MS);
    assert!(siege.world.is_closed(greeted));
    siege.assert_honest_messages_pass();
}

#[test]
fn offers_beyond_the_queue_are_dropped_and_others_are_heard() {
    let mut siege = Siege::new();
    let link = siege.world.neighbour(0);
    siege.world.deafen(link);
    let ((), peak) = heap::peak_of(|| {
        for number in 0..(WANTS_QUEUED_MAX as u64 / 512 + 8) {
            let ids = (0..512).map(|of| fake_id(number * 512 + of)).collect();
            siege.world.say(
                link,
                &[Record::Offer {
                    class: Class::Text,
                    ids,
                }],
            );
        }
    });
    assert!(peak < 4 << 20, "{peak}");
    siege.assert_honest_messages_pass();
}

#[test]
fn answers_beyond_the_queue_of_who_does_not_read_end_its_link() {
    let mut siege = Siege::new();
    let link = siege.world.neighbour(0);
    siege.world.choke(link);
    for number in 0..(CONTROL_QUEUED_MAX as u64 + u64::from(PENALTY_MAX)) {
        if siege.world.is_closed(link) {
            break;
        }
        siege
            .world
            .say(link, &[Record::Want(vec![fake_id(number); 900])]);
    }
    assert!(siege.world.is_closed(link));
    siege.assert_honest_messages_pass();
}

#[test]
fn pushes_beyond_the_queue_of_who_does_not_read_end_its_link() {
    let mut siege = Siege::new();
    let bringer = siege.world.neighbour(0);
    siege.world.deafen(bringer);
    let expiry = in_an_hour(siege.world.now(0).wall);
    let count = PUSHES_QUEUED_MAX as u64 + 600;
    let mut ids = Vec::new();
    for number in 0..count {
        let junk = sealed_junk(Class::Text, expiry, number);
        ids.push(junk.id());
        siege.world.plant(bringer, junk);
    }
    assert_eq!(siege.world.held(0), count);
    let link = siege.world.neighbour(0);
    siege.world.choke(link);
    for ids in ids.chunks(900).cycle().take(100) {
        if siege.world.is_closed(link) {
            break;
        }
        siege.world.say(link, &[Record::Want(ids.to_vec())]);
    }
    assert!(siege.world.is_closed(link));
    siege.assert_honest_messages_pass();
}

#[test]
fn unasked_envelopes_end_the_link_at_the_hundredth() {
    let mut siege = Siege::new();
    let link = siege.world.neighbour(0);
    let expiry = in_an_hour(siege.world.now(0).wall);
    for number in 1..=u64::from(PENALTY_MAX) {
        assert!(!siege.world.is_closed(link), "{number}");
        siege.world.say(
            link,
            &[Record::Push(sealed_junk(Class::Text, expiry, number))],
        );
    }
    assert!(siege.world.is_closed(link));
    assert_eq!(siege.world.held(0), 0);
    siege.assert_honest_messages_pass();
}

#[test]
fn an_sos_beyond_the_burst_is_not_kept() {
    let mut siege = Siege::new();
    let link = siege.world.neighbour(0);
    siege.world.deafen(link);
    let expiry = in_an_hour(siege.world.now(0).wall);
    for number in 0..5 * SOS_BURST {
        siege.world.say(
            link,
            &[Record::Push(sealed_junk(Class::Sos, expiry, number))],
        );
    }
    let held = siege.world.held(0);
    assert!((SOS_BURST..=2 * SOS_BURST).contains(&held), "{held}");
    siege.assert_honest_messages_pass();
}

/// What a member of the channel may try: nothing of it is shown.
#[test]
fn posts_over_a_limit_are_carried_and_not_shown() {
    let mut siege = Siege::new();
    let link = siege.world.neighbour(0);
    siege.world.deafen(link);
    let now = siege.world.now(0).wall;
    let named = |name: &str, number: u64| Inner {
        name: name.to_owned(),
        ..text(now, number, b"hello")
    };
    let cut = |number: u8, index: u8, count: u8, bytes: usize| {
        let part = TextPart {
            index,
            count,
            bytes: vec![b'x'; bytes],
        };
        Inner::text(MessageId([number; 16]), now, "Mallory", &part)
    };
    let mut posts = vec![
        (
            named(&"x".repeat(NAME_BYTES_MAX + 1), 1),
            ENVELOPE_BYTES_SMALL,
        ),
        (named("two\nlines", 2), ENVELOPE_BYTES_SMALL),
        (cut(3, 0, 1, TEXT_BYTES_MAX + 1), ENVELOPE_BYTES_LARGE),
        (cut(4, 0, 1, 0), ENVELOPE_BYTES_SMALL),
        (cut(5, 0, 0, 9), ENVELOPE_BYTES_SMALL),
        (cut(6, 1, 1, 9), ENVELOPE_BYTES_SMALL),
        (text(now, 7, &[0xc3, 0x28]), ENVELOPE_BYTES_SMALL),
    ];
    // Too many pieces, and few that are too long together.
    posts.extend(
        (0..=CHUNKS_MAX).map(|index| (cut(8, index, CHUNKS_MAX + 1, 9), ENVELOPE_BYTES_SMALL)),
    );
    posts.extend((0..2).map(|index| (cut(9, index, 2, 1_001), ENVELOPE_BYTES_MEDIUM)));
    let count = posts.len() as u64;
    for (number, (inner, envelope_bytes)) in (100..).zip(posts) {
        siege
            .world
            .plant(link, post(now, number, &inner, envelope_bytes));
    }
    siege.world.run(1_000);
    assert_eq!(siege.world.held(0), count);
    assert_eq!(siege.world.timeline(0, siege.channel), []);
    // The same member can be heard when it keeps to the limits.
    siege.world.plant(
        link,
        post(
            now,
            99,
            &named(&"x".repeat(NAME_BYTES_MAX), 99),
            ENVELOPE_BYTES_SMALL,
        ),
    );
    siege.world.run(1_000);
    assert_eq!(siege.world.timeline(0, siege.channel).len(), 1);
    siege.assert_honest_messages_pass();
}

#[test]
fn incomplete_messages_beyond_their_limit_push_out_their_own_kind_only() {
    let mut siege = Siege::new();
    let link = siege.world.neighbour(0);
    siege.world.deafen(link);
    let now = siege.world.now(0).wall;
    for number in 0..PARTIAL_MESSAGES_MAX as u64 + 200 {
        let mut message_id = [0; 16];
        message_id[..8].copy_from_slice(&number.to_le_bytes());
        let part = TextPart {
            index: 0,
            count: 2,
            bytes: vec![b'x'; 100],
        };
        let half = Inner::text(MessageId(message_id), now, "Mallory", &part);
        siege
            .world
            .plant(link, post(now, number, &half, ENVELOPE_BYTES_SMALL));
    }
    siege.world.run(1_000);
    assert_eq!(siege.world.timeline(0, siege.channel), []);
    let long = "long ".repeat(TEXT_BYTES_MAX / 5);
    siege.world.write(1, siege.channel, &long);
    siege.world.run(5_000);
    let came = siege.world.timeline(0, siege.channel);
    assert!(came.iter().any(|message| message.text == long));
}

#[test]
fn posts_beyond_those_that_may_wait_to_be_opened_are_opened() {
    let mut siege = Siege::new();
    let link = siege.world.neighbour(0);
    siege.world.deafen(link);
    let now = siege.world.now(0).wall;
    let count = OPENINGS_MAX as u64 + 50;
    for number in 0..count {
        let inner = text(now, number, b"hello");
        siege
            .world
            .plant(link, post(now, number, &inner, ENVELOPE_BYTES_SMALL));
    }
    siege.world.run(1_000);
    assert_eq!(siege.world.received(0), count as usize);
    siege.assert_honest_messages_pass();
}

#[test]
fn a_record_that_claims_more_confirmed_than_was_sent_ends_the_link() {
    let mut siege = Siege::new();
    for over_radio in [false, true] {
        let link = match over_radio {
            true => {
                let mut radio = Radio::neighbour(&mut siege.world, 0);
                radio.say(&mut siege.world, &[Record::Took(1)]);
                radio.link
            }
            false => {
                let link = siege.world.neighbour(0);
                siege.world.say(link, &[Record::Took(u64::MAX)]);
                link
            }
        };
        assert!(siege.world.is_closed(link));
    }
    siege.assert_honest_messages_pass();
}
