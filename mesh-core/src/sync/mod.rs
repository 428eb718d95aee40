//! Reconciliation: what two neighbours hold and the other does not, at a cost that
//! follows the difference and not the size of the sets.
//!
//! Floor 2. Keyed rateless sketches with their bounds, lists where those are shorter,
//! and the machine that decides who says what when (`docs/protocol/sync.md`). What
//! is lacking is offered and wanted like everything else, by the engine.

mod charge;
mod decoder;
mod encoder;
mod estimate;
mod key;
mod mapping;
mod session;
mod snapshot;
mod trickle;

pub use charge::Charge;
pub use decoder::{Decoder, Density, Progress};
pub use encoder::Encoder;
pub use estimate::{Plan, cells_for, difference};
pub use key::{LinkKey, Short};
pub use mapping::Mapping;
pub use session::{Carried, Finding, Held, Offence, Session};
pub use snapshot::{Listener, Snapshot};
pub use trickle::Trickle;

#[cfg(test)]
mod tests;
