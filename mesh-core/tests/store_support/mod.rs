//! What the store tests share: files that go away, and chance that comes back.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;

/// Key of every database of these tests.
pub const KEY: [u8; 32] = [0x5c; 32];

/// A folder of its own, and names for databases in it.
pub struct Files {
    folder: tempfile::TempDir,
    made: Cell<u32>,
}

impl Files {
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            made: Cell::new(0),
        }
    }

    /// A path where nothing is yet.
    pub fn fresh(&self) -> PathBuf {
        self.made.set(self.made.get() + 1);
        self.latest()
    }

    /// The path that `fresh` gave last.
    pub fn latest(&self) -> PathBuf {
        self.folder.path().join(format!("{}.db", self.made.get()))
    }
}

/// SplitMix64: one number to write down, the same run each time.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 up to and without `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// One of few numbers, so that steps meet each other.
    pub fn small(&mut self) -> u32 {
        self.below(24) as u32
    }
}

/// A seed nobody chose, or the one in `STORE_SEED`.
pub fn fresh_seed() -> u64 {
    match std::env::var("STORE_SEED") {
        Ok(text) => text.parse().unwrap(),
        Err(_) => RandomState::new().hash_one(0),
    }
}

/// Runs with seeds that once were enough, and with a new one; prints each.
pub fn each_seed(run: impl Fn(u64)) {
    for seed in [1, 2, fresh_seed()] {
        // Shown by the test harness when the test fails.
        eprintln!("STORE_SEED={seed}");
        run(seed);
    }
}
