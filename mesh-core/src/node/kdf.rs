//! Argon2id: one at a time in a process, so that memory stays bounded.

use std::sync::{Mutex, PoisonError};

static TURN: Mutex<()> = Mutex::new(());

/// Runs a key derivation when it is its turn.
pub(super) fn in_turn<T>(derive: impl FnOnce() -> T) -> T {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    derive()
}
