//! C03 · ca638931 in bitchat: a sealed packet of 16 to 19 bytes made the subtraction
//! of a length trap, and the app was gone.
//!
//! Every length from 0 to 2,100 into everything that opens what a peer sealed: the
//! engine over a pipe and over datagrams, before, during and after the handshake,
//! and the functions below it that take bytes of any length.

use mesh_core::crypto::channel::ChannelRoot;
use mesh_core::crypto::seal::open_post;
use mesh_core::limits::{ENVELOPE_BYTES_MEDIUM, ENVELOPE_BYTES_SMALL};
use mesh_core::link::LinkCipher;
use mesh_core::testing::rng;
use mesh_core::types::{Day, LinkId, LinkKind};

use crate::radio::{RADIO, Radio};
use crate::world::{PIPE, Siege};

const LENGTHS: std::ops::RangeInclusive<usize> = 0..=2_100;
const FILLS: [u8; 3] = [0, 1, 0xff];

/// `length u16` in front, as a pipe wants it.
fn as_frame(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u16).to_le_bytes()[..], bytes].concat()
}

/// The same cut into datagrams that are in order.
fn as_datagrams(stream: &[u8], first: u16) -> Vec<Vec<u8>> {
    let cut = (first..).zip(stream.chunks(505));
    cut.map(|(number, bytes)| [&[0, 0][..], &number.to_le_bytes(), bytes].concat())
        .collect()
}

#[test]
fn posts_and_sealed_records_of_every_length_do_not_open() {
    let day = ChannelRoot::from_bytes([7; 32]).day(Day(20_000));
    for length in LENGTHS {
        for fill in FILLS {
            let bytes = vec![fill; length];
            assert!(open_post(&day, &bytes).is_err());
            let (mut caller, _) = LinkCipher::new(true, &mut rng(1)).unwrap();
            assert!(caller.open(&bytes).is_err(), "as the answer to a handshake");
            let (mut called, _) = LinkCipher::new(false, &mut rng(2)).unwrap();
            let opened = called.open(&bytes).is_ok();
            // 32 bytes are a key, unless they are a point of low order.
            assert_eq!(opened, length == 32 && fill != 0, "{length} {fill}");
            assert!(called.open(&bytes).is_err(), "as the first sealed record");
        }
    }
}

#[test]
fn frames_of_every_length_leave_the_engine_well() {
    let mut siege = Siege::new();
    for length in LENGTHS {
        let fill = FILLS[length % 3];
        for greeted in [false, true] {
            let link = match greeted {
                true => siege.world.neighbour(0),
                false => siege.world.besiege(0, LinkKind::Lan, PIPE),
            };
            siege.world.deafen(link);
            siege.world.bring(link, as_frame(&vec![fill; length]));
            siege.world.leave(link);
        }
        let sealed_size = [ENVELOPE_BYTES_SMALL, ENVELOPE_BYTES_MEDIUM].contains(&length);
        if length % 500 == 0 || sealed_size {
            siege.assert_honest_messages_pass();
        }
    }
}

/// A link over datagrams, at one of the stages of its life.
fn at_stage(siege: &mut Siege, stage: usize) -> (LinkId, u16) {
    match stage {
        0 => (siege.world.besiege(0, LinkKind::Ble, RADIO), 0),
        1 => (Radio::connect(&mut siege.world, 0).link, 1),
        _ => (Radio::neighbour(&mut siege.world, 0).link, 2),
    }
}

#[test]
fn datagrams_and_sealed_frames_of_every_length_leave_the_engine_well() {
    let mut siege = Siege::new();
    for length in LENGTHS {
        let bytes = vec![FILLS[length % 3]; length];
        for stage in 0..3 {
            let (link, next) = at_stage(&mut siege, stage);
            siege.world.deafen(link);
            siege.world.bring(link, bytes.clone());
            for datagram in as_datagrams(&as_frame(&bytes), next) {
                siege.world.bring(link, datagram);
            }
            siege.world.leave(link);
        }
        if length % 500 == 0 {
            siege.assert_honest_messages_pass();
        }
    }
}
