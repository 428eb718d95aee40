//! Encodings: what crosses a link, byte by byte.
//!
//! Floor 1. Layouts with fixed offsets are written by hand; only `codec.rs`
//! names bincode (`docs/protocol/wire.md`).

pub mod codec;
pub mod envelope;
pub mod frame;
pub mod inner;
pub mod introduction;
pub mod items;
pub mod sync;
