//! Whom a batch looks at.

use super::crowd::Crowd;
use super::hostile::pipe;
use crate::engine::Input;
use crate::limits::{CONFIDE_MS_MAX, KEEP_ALIVE_MS, OWN_HOLD_MS_MAX};
use crate::types::LinkId;
use crate::wire::frame::Record;

/// One engine with so many neighbours, who have nothing more to say to each other;
/// its links.
fn settled(neighbours: usize) -> (Crowd, Vec<LinkId>) {
    let mut crowd = Crowd::new(1 + neighbours);
    let links = (1..=neighbours).map(|other| crowd.link(0, other).0);
    let links = links.collect();
    crowd.run(2 * KEEP_ALIVE_MS);
    (crowd, links)
}

#[test]
fn a_batch_about_one_neighbour_looks_at_no_other() {
    let (mut crowd, links) = settled(8);
    let before = crowd.engines[0].peers.looks;
    crowd.give(0, Vec::new());
    assert_eq!(crowd.engines[0].peers.looks, before);
    let bytes = pipe(&[Record::Pad]);
    let link = links[3];
    crowd.give(0, vec![Input::Received { link, bytes }]);
    assert_eq!(crowd.engines[0].peers.looks, before + 1);
}

#[test]
fn something_new_is_a_matter_of_all_neighbours() {
    let (mut crowd, _) = settled(8);
    let nearby = crowd.join(0, "nearby");
    let before = crowd.engines[0].peers.looks;
    crowd.say(0, nearby, "hello");
    crowd.run(OWN_HOLD_MS_MAX + CONFIDE_MS_MAX);
    assert!(crowd.engines[0].peers.looks >= before + 8);
}

/// The check that every other test of the engine runs under.
#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "had no mark")]
fn a_neighbour_that_is_forgotten_with_something_to_say_is_found() {
    let (mut crowd, links) = settled(2);
    let peers = &mut crowd.engines[0].peers;
    assert!(peers.touch(links[1]).unwrap().outgoing.control(Record::Pad));
    peers.unmark(links[1]);
    crowd.give(0, Vec::new());
}
