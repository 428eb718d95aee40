//! C06 · bitchat 3f523d40: the name of a message's fragments was bound neither to its
//! sender nor to its size, so anybody could cut short what somebody else was sending.
//!
//! Here fragments have no name but their place in the stream of one link. From any
//! other link nothing can be done to it, whatever numbers, duplicates and
//! acknowledgements are sent there: the message always completes. On the link itself
//! datagrams are not authenticated: who can write on it without its keys can end it,
//! and cannot bring in, change or repeat one record.

use mesh_core::testing::rng;
use mesh_core::types::LinkId;
use mesh_core::wire::envelope::{Class, Envelope};
use mesh_core::wire::frame::Record;
use rand_core::Rng as _;

use crate::forgery::{in_an_hour, sealed_junk};
use crate::radio::Radio;
use crate::size;
use crate::world::Siege;

/// Chance for one permutation.
struct Dice(mesh_core::testing::SeededRng);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        (self.0.next_u64() % count as u64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// A datagram made from one that was overheard: its number, its bytes or both are
/// another's, or it acknowledges what it should not.
fn spoof(dice: &mut Dice, overheard: &[Vec<u8>]) -> Vec<u8> {
    let mut spoofed = overheard[dice.below(overheard.len())].clone();
    let other = &overheard[dice.below(overheard.len())];
    match dice.below(7) {
        0 => {}
        1 => spoofed[2..4].copy_from_slice(&other[2..4]),
        2 => spoofed[2] = dice.below(256) as u8,
        3 => spoofed.truncate(5 + dice.below(spoofed.len() - 5)),
        4 => spoofed[0] = spoofed[0].wrapping_add(dice.below(4) as u8),
        5 => {
            let at = 4 + dice.below(spoofed.len() - 4);
            spoofed[at] ^= 1 << dice.below(8);
        }
        _ => {
            spoofed = [
                &[dice.below(3) as u8, 0x80][..],
                &dice.0.next_u64().to_le_bytes(),
            ]
            .concat()
        }
    }
    spoofed
}

/// What the honest side is in the middle of sending: an SOS, with padding frames
/// before and behind, in four datagrams or more.
fn live_assembly(siege: &Siege, honest: &mut Radio, number: u64) -> (Envelope, Vec<Vec<u8>>) {
    let expiry = in_an_hour(siege.world.now(0).wall);
    let sos = sealed_junk(Class::Sos, expiry, number);
    let gone = Record::Gone(vec![sos.id(); 30]);
    let records = [gone.clone(), gone, Record::Push(sos.clone()), Record::Pad];
    (sos, honest.prepare(&siege.world, &records))
}

#[test]
fn nothing_sent_on_another_link_keeps_a_message_from_completing() {
    let count = size(200, 10_000);
    println!("permutations 0 to {count}, each the seed of its own");
    let mut siege = Siege::new();
    for number in 0..count {
        let mut dice = Dice(rng(number));
        let mut honest = Radio::neighbour(&mut siege.world, 0);
        let mut hostile = match number % 2 {
            0 => Radio::connect(&mut siege.world, 0),
            _ => Radio::neighbour(&mut siege.world, 0),
        };
        let before = siege.world.held(0);
        let (_, datagrams) = live_assembly(&siege, &mut honest, number);
        assert!(datagrams.len() >= 3, "{}", datagrams.len());
        let mut sendings: Vec<(LinkId, Vec<u8>)> = (0..20)
            .map(|_| (hostile.link, spoof(&mut dice, &datagrams)))
            .collect();
        sendings.extend(datagrams.into_iter().map(|bytes| (honest.link, bytes)));
        dice.shuffle(&mut sendings);
        for (link, bytes) in sendings {
            siege.world.bring(link, bytes);
        }
        assert_eq!(siege.world.held(0), before + 1, "permutation {number}");
        assert!(!siege.world.is_closed(honest.link), "permutation {number}");
        for radio in [&mut honest, &mut hostile] {
            siege.world.leave(radio.link);
        }
        // The allowance of unasked SOS is a link's, so each round has a fresh one.
        siege.world.run(10);
    }
    siege.assert_honest_messages_pass();
}

#[test]
fn spoofed_datagrams_on_the_link_itself_end_it_or_do_nothing() {
    let count = size(200, 10_000);
    println!("permutations 0 to {count}, each the seed of its own");
    let mut siege = Siege::new();
    let mut ended = 0;
    for number in 0..count {
        if number % 20 == 0 {
            // Nothing of what is counted may lapse meanwhile.
            siege = Siege::new();
        }
        let mut dice = Dice(rng(1_000_000 + number));
        let mut honest = Radio::neighbour(&mut siege.world, 0);
        let before = siege.world.held(0);
        let (_, datagrams) = live_assembly(&siege, &mut honest, 1_000_000 + number);
        let mut sendings: Vec<Vec<u8>> = (0..4).map(|_| spoof(&mut dice, &datagrams)).collect();
        sendings.extend(datagrams);
        dice.shuffle(&mut sendings);
        honest.bring(&mut siege.world, sendings);
        let came = siege.world.held(0) - before;
        // Whole and true, or not at all: an envelope with one altered byte would be
        // another one, and be held beside it.
        assert!(came <= 1, "permutation {number}");
        // Longer than a gap may last, shorter than silence.
        siege.world.run(15_000);
        assert_eq!(siege.world.held(0) - before, came, "permutation {number}");
        ended += u64::from(siege.world.is_closed(honest.link));
        siege.world.leave(honest.link);
        if number % 20 == 19 {
            siege.assert_honest_messages_pass();
        }
    }
    println!("{ended} of {count} links ended");
}
