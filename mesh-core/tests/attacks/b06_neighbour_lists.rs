//! B06 · bitchat §4.3: each announcement named the sender's neighbours, so one
//! listener drew the map of a crowd.
//!
//! Here no record has a field for it, and what a node says does not depend on whom
//! else it is linked with: a listener hears the same from a node with five neighbours
//! as from one with none.

use mesh_core::wire::frame::Record;

use crate::world::World;

/// What a quiet node with so many other neighbours says to one more within two
/// minutes, without what is drawn at random.
fn said(others: usize) -> Vec<String> {
    let mut world = World::new(1 + others);
    for other in 1..=others {
        world.link(0, other);
    }
    world.run(10_000);
    let listener = world.neighbour(0);
    let mut said = Vec::new();
    for _ in 0..12 {
        world.run(10_000);
        world.say(listener, &[Record::Pad]);
        for record in world.records(listener) {
            said.push(match record {
                Record::Hello(hello) => {
                    format!("{} {:?}", hello.frame_bytes_max, hello.held_log2)
                }
                other => format!("{other:?}"),
            });
        }
    }
    said
}

#[test]
fn a_node_says_the_same_whoever_else_it_knows() {
    let alone = said(0);
    assert!(alone.len() > 5, "{alone:?}");
    assert_eq!(alone, said(5));
}
