//! Offer-first gossip: who holds what, what is wanted from whom, what was seen.
//!
//! Floor 2. State machines over ids; no bytes of envelopes, no store, no clock
//! (`docs/protocol/link.md`, "Gossip").

mod inventory;
pub mod neighbours;
mod seen;
mod wants;

pub use inventory::{Held, Inventory, Slot};
pub use seen::Seen;
pub use wants::Wants;
