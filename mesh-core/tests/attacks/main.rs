//! Attacks that broke others, each as a test against the real engine.
//!
//! One file an attack; its header tells who broke by it and what must hold here.
//! The common bar: no panic, memory within its caps, honest messages delivered in
//! the same run, the hostile neighbour dropped or held to its share.
//!
//! Sizes are those of every run; `ATTACK_SIZE=full` takes the full ones, which take
//! minutes: `ATTACK_SIZE=full cargo test --release -p mesh-core --all-features --test attacks`.

#![cfg(all(feature = "testing", feature = "node", feature = "sim"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_possible_truncation,
    reason = "a test that cannot go on must fail, and tells what it measured"
)]

mod a01_substituted_keys;
mod a02_confusable_names;
mod a03_altered_post;
mod a04_key_swap;
mod a06_plaintext_inside;
mod a07_downgrade;
mod a08_without_the_phrase;
mod a09_low_order_keys;
mod a10_fresh_keys;
mod a11_lines_of_the_system;
mod a12_claimed_identities;
mod a13_forged_presence;
mod b01_social_graph;
mod b05_first_spy;
mod b06_neighbour_lists;
mod b07_message_length;
mod b09_one_error;
mod b10_killed_and_restored;
mod b11_key_separation;
mod b12_both_long_term_keys;
mod b13_seized_later;
mod b14_presence;
mod by_hand;
mod c01_zip_bomb;
mod c02_claimed_lengths;
mod c03_every_length;
mod c04_over_the_limit;
mod c05_fragment_exhaustion;
mod c06_spoofed_fragments;
mod c07_poisoned_ids;
mod c08_second_encodings;
mod c09_replay;
mod c10_wrong_clocks;
mod c11_altered_lifetime;
mod c12_flood;
mod c13_eclipse;
mod c14_good_conduct;
mod c15_new_ids;
mod c16_yamux_frames;
mod c18_sync_amplification;
mod c19_full_store;
mod c20_attacker_keys;
mod c21_half_open;
mod c21_slow_loris;
mod c22_silence;
mod c23_hostile_lan;
mod c24_blocked_person;
mod crowd;
mod d10_seized_admin;
mod forgery;
mod heap;
mod information;
mod p0_memory;
mod people;
mod person;
mod radio;
mod world;

/// How much of something: `often` in every run, `full` when asked for.
fn size(often: u64, full: u64) -> u64 {
    match std::env::var("ATTACK_SIZE").as_deref() {
        Ok("full") => full,
        _ => often,
    }
}
