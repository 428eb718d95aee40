//! C15 · gossipsub: control messages that name ever new topics or ids grew a map
//! without end, and a back-off of u64::MAX overflowed (RUSTSEC-2026-0536,
//! GHSA-gc42-3jg7-rxr2, GHSA-xqmp-fxgv-xvq5).
//!
//! We do not use it, so its faults cannot be ours: the first test. What a neighbour
//! can name here without end are ids: a million new ones of each sort on one link
//! cost no more memory than the queues may take. And numbers of its choosing at
//! their greatest change nothing.

use mesh_core::types::{EnvelopeId, LinkId};
use mesh_core::wire::envelope::Class;
use mesh_core::wire::frame::{Hello, Record};

use crate::forgery::fake_id;
use crate::heap;
use crate::size;
use crate::world::Siege;

const HEAP_BYTES_MAX: i64 = 64 << 20;
const IDS: usize = 900;

/// One neighbour after another says records of one sort, each with ids never said
/// before; whoever is closed for it comes again.
fn say_new_ids(siege: &mut Siege, record: impl Fn(Vec<EnvelopeId>) -> Record) -> i64 {
    let count = size(100_000, 1_000_000);
    let mut link: Option<LinkId> = None;
    let ((), peak) = heap::peak_of(|| {
        for first in (0..count).step_by(IDS) {
            let link = match link {
                Some(link) if !siege.world.is_closed(link) => link,
                former => {
                    former
                        .into_iter()
                        .for_each(|former| siege.world.leave(former));
                    let fresh = siege.world.neighbour(0);
                    siege.world.deafen(fresh);
                    *link.insert(fresh)
                }
            };
            let ids = (first..first + IDS as u64).map(fake_id).collect();
            siege.world.say(link, &[record(ids)]);
        }
    });
    siege.assert_honest_messages_pass();
    peak
}

#[test]
fn gossipsub_is_not_in_the_tree() {
    let lock = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.lock");
    let lock = std::fs::read_to_string(lock).unwrap();
    assert!(
        lock.contains("name = \"libp2p-yamux\""),
        "not the right file"
    );
    for absent in [
        "gossipsub",
        "floodsub",
        "libp2p-kad",
        "libp2p-relay",
        "libp2p-identify",
    ] {
        assert!(!lock.contains(&format!("name = \"{absent}")), "{absent}");
        assert!(
            !lock.contains(&format!("name = \"libp2p-{absent}\"")),
            "{absent}"
        );
    }
}

#[test]
fn new_ids_without_end_take_no_more_than_their_queues() {
    let mut siege = Siege::new();
    let offered = say_new_ids(&mut siege, |ids| Record::Offer {
        class: Class::Text,
        ids,
    });
    let wanted = say_new_ids(&mut siege, Record::Want);
    let gone = say_new_ids(&mut siege, Record::Gone);
    println!("peak bytes: offers {offered}, wants {wanted}, gone {gone}");
    assert!(offered.max(wanted).max(gone) < HEAP_BYTES_MAX);
}

#[test]
fn greatest_numbers_change_nothing() {
    let mut siege = Siege::new();
    let link = siege.world.neighbour(0);
    siege.world.say(
        link,
        &[
            Record::Took(u64::MAX),
            Record::Took(0),
            Record::Took(u64::MAX),
        ],
    );
    for (frame_bytes_max, clock_quarters) in [(u32::MAX, u32::MAX), (0, 0), (1, u32::MAX)] {
        let link = siege
            .world
            .besiege(0, mesh_core::types::LinkKind::Lan, crate::world::PIPE);
        let hello = Hello {
            frame_bytes_max,
            random: [7; 32],
            clock_quarters,
            held_log2: [u8::MAX; 4],
        };
        siege.world.say(link, &[Record::Hello(hello)]);
        siege.world.run(60_000);
        siege.world.leave(link);
    }
    siege.assert_honest_messages_pass();
}
