//! C19 · BCH-01-002 (bitchat): whoever sent enough filled the disk.
//!
//! Here the relay store is bounded in bytes, on disk too, and a stranger's envelopes
//! push out a stranger's. What an honest neighbour brought stays, and what was read
//! from it is the person's and in no quota at all.

use mesh_core::engine::Config;
use mesh_core::store::{MemoryProfile, SqliteRelay};
use mesh_core::wire::envelope::Class;

use crate::forgery::{in_an_hour, sealed_junk};
use crate::size;
use crate::world::World;

const RELAY_BYTES_MAX: u64 = 1 << 20;
/// A database is larger than what is in it: its index, pages that are half full, and
/// the ids of what was evicted, which are remembered until they expire.
const FILE_BYTES_PER_BYTE: u64 = 3;
const ID_ROW_BYTES: u64 = 200;

#[test]
fn strangers_push_out_strangers_and_the_file_stays_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.db");
    let mut world = World::new(1);
    let config = Config {
        relay_bytes_max: RELAY_BYTES_MAX,
        seen_ids_max: 4_096,
        ..Config::new("test")
    };
    let relay = SqliteRelay::open(&path, &[0x19; 32]).unwrap();
    let mut profile = MemoryProfile::default();
    world.set_identity(&mut profile);
    let victim = world.add(Box::new(relay), Box::new(profile), config);
    let channel = world.join(0, "nearby");
    world.join(victim, "nearby");
    world.link(0, victim);
    for number in 0..50 {
        world.write(0, channel, &format!("honest {number}"));
    }
    world.run(2_000);
    let honest = world.held(victim);
    assert_eq!(honest, 50);

    let stranger = world.neighbour(victim);
    let expiry = in_an_hour(world.now(victim).wall);
    for number in 0..size(6_000, 20_000_000) {
        world.plant(stranger, sealed_junk(Class::Text, expiry, number));
        if number % 40 == 39 {
            // It keeps to the share that it is asked at.
            world.heard(stranger);
            world.run(1_000);
        }
    }
    assert!(!world.is_closed(stranger), "a patient one");
    let stored = world.status(victim).stored;
    assert!(stored.bytes <= RELAY_BYTES_MAX, "{}", stored.bytes);
    let file_bytes = std::fs::metadata(&path).unwrap().len();
    let most = FILE_BYTES_PER_BYTE * RELAY_BYTES_MAX + 4_096 * ID_ROW_BYTES;
    assert!(file_bytes <= most, "{file_bytes} bytes, of at most {most}");

    // The writer goes away; a newcomer gets every honest message from the victim.
    let mut newcomer = MemoryProfile::default();
    world.set_identity(&mut newcomer);
    let relay = Box::new(mesh_core::store::MemoryRelay::default());
    let late = world.add(relay, Box::new(newcomer), Config::new("test"));
    let channel = world.join(late, "nearby");
    world.link(victim, late);
    world.run(60_000);
    assert_eq!(world.timeline(late, channel).len(), 50);
    assert_eq!(
        world.timeline(victim, channel).len(),
        50,
        "unread ones are kept"
    );
}
