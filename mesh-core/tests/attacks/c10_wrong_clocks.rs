//! C10 · bitchat #376, Briar's window of 24 hours: a message dated into the future
//! stayed on top for ever, one dated into the past was never seen.
//!
//! What passes between two clocks must be what the table in `docs/protocol/link.md`
//! says. A clock that jumps a year in the middle loses nothing that is held, and what
//! is dated into the future pushes nothing out.

use std::path::Path;

use mesh_core::types::{ConversationId, Wall};
use mesh_core::wire::envelope::Class;

use crate::forgery::sealed_junk;
use crate::world::{START, World};

const HOUR_MS: i64 = 3_600_000;
const YEAR_MS: i64 = 365 * 24 * HOUR_MS;
/// Clocks of the table, hours off.
const OFFSETS_H: [i64; 5] = [-25, -24, 0, 24, 25];
/// Enough that one in ten is not missed.
const MESSAGES: usize = 60;

/// Somebody writes, somebody is linked, their clocks are so many hours off.
fn exchange(author_h: i64, reader_h: i64) -> (u64, usize) {
    let mut world = World::new(2);
    world.clock_off_ms = vec![author_h * HOUR_MS, reader_h * HOUR_MS];
    let channel = world.join(0, "nearby");
    world.join(1, "nearby");
    world.link(0, 1);
    world.run(31_000);
    for number in 0..MESSAGES {
        world.write(0, channel, &format!("number {number}"));
    }
    world.run(10_000);
    (world.held(1), world.timeline(1, channel).len())
}

fn verdict(author_h: i64, reader_h: i64) -> &'static str {
    match exchange(author_h, reader_h) {
        (0, 0) => "refused",
        (held, shown) if held as usize == MESSAGES && shown == MESSAGES => "shown",
        (held, 0) if held as usize == MESSAGES => "carried",
        (held, shown) if held as usize == shown => "some shown",
        (_, 0) => "some carried",
        other => panic!("{author_h} {reader_h}: {other:?}"),
    }
}

/// The rows of the table below the head that begins with `| author`.
fn table() -> Vec<Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/protocol/link.md");
    let page = std::fs::read_to_string(page).unwrap();
    let lines = page
        .lines()
        .skip_while(|line| !line.starts_with("| author"));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.map(cells).collect()
}

#[test]
fn what_passes_between_wrong_clocks_is_what_the_page_says() {
    let mut measured = Vec::new();
    for author_h in OFFSETS_H {
        let row = OFFSETS_H.map(|reader_h| verdict(author_h, reader_h));
        println!("| {author_h:+} h | {} |", row.join(" | "));
        measured.push(row);
    }
    let page = table();
    assert_eq!(page.len(), OFFSETS_H.len(), "{page:?}");
    for (row, cells) in measured.iter().zip(page) {
        assert_eq!(cells[2..7], row[..]);
    }
}

/// Two right clocks and one that is a year off from the middle of it all.
fn jumped(jump_ms: i64) -> (World, ConversationId) {
    let mut world = World::new(3);
    let channel = world.join(0, "nearby");
    (1..3).for_each(|node| _ = world.join(node, "nearby"));
    let link = world.link(0, 1);
    world.write(0, channel, "before");
    world.run(2_000);
    world.clock_off_ms[1] = jump_ms;
    world.run(60_000);
    world.write(0, channel, "during");
    world.run(10_000);
    world.cut(0, link);
    world.run(1_000);
    (world, channel)
}

#[test]
fn a_clock_that_jumps_a_year_loses_nothing_and_comes_back() {
    for jump_ms in [YEAR_MS, -YEAR_MS] {
        let (mut world, channel) = jumped(jump_ms);
        let texts = |world: &mut World, node| -> Vec<String> {
            let mut texts: Vec<String> = world
                .timeline(node, channel)
                .into_iter()
                .map(|m| m.text)
                .collect();
            texts.sort();
            texts
        };
        assert_eq!(
            texts(&mut world, 1),
            ["before"],
            "the jumped one refuses what it cannot judge"
        );
        // What it held it still hands on.
        world.link(1, 2);
        world.run(10_000);
        assert_eq!(texts(&mut world, 2), ["before"]);
        // Set right again, it asks for what it had refused.
        world.clock_off_ms[1] = 0;
        world.link(0, 1);
        world.run(60_000);
        for node in 1..3 {
            assert_eq!(texts(&mut world, node), ["before", "during"], "{node}");
        }
    }
}

#[test]
fn envelopes_dated_into_the_future_push_nothing_out() {
    let mut world = World::new(2);
    let channel = world.join(0, "nearby");
    world.join(1, "nearby");
    world.write(0, channel, "honest");
    world.link(0, 1);
    world.run(2_000);
    let liar = world.neighbour(1);
    world.deafen(liar);
    let dates = (0..2_000).map(|number| (number, Wall(START.0 + number * HOUR_MS as u64)));
    for (number, date) in dates {
        if world.is_closed(liar) {
            break;
        }
        let junk = sealed_junk(Class::Text, date.tick(), number);
        world.plant(liar, junk);
    }
    // Those within 72 h and a quarter; the first is a few seconds over already.
    assert_eq!(world.held(1), 1 + 73);
    // Far beyond every lifetime nothing is left of them, by a clock that runs on.
    world.run(73 * HOUR_MS as u64);
    assert_eq!(world.held(1), 0);
    assert_eq!(world.timeline(1, channel).len(), 1, "what was shown stays");
}
