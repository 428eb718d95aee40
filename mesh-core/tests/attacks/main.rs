//! The attacks that broke other mesh messengers, each tried on ours. One file a
//! row; the names are those of `docs/TESTING.md`.
//!
//! Each runs at a size that fits the ordinary test run. With `STARLING_FULL=1` in
//! the environment it runs at full size, with a greater number at no more than that.

#![cfg(all(feature = "testing", feature = "node"))]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what is wrong by failing"
)]

mod c13_eclipse;
mod crowd;

/// The size of a test: small in the ordinary run, full by command, where a number
/// over one is the size itself.
fn size(small: usize, full: usize) -> usize {
    let asked = std::env::var("STARLING_FULL").ok();
    match asked.and_then(|asked| asked.parse().ok()) {
        None | Some(0) => small,
        Some(1) => full,
        Some(other) => full.min(other),
    }
}
