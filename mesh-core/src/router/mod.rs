//! What may use our space, for how long, and what goes first when it is full.
//!
//! Floor 2. Depends on headers and the relay set alone, never on whether an
//! envelope is ours or was opened: a neighbour who watches what we drop must
//! learn nothing (`docs/protocol/link.md`, "Admission").

mod admission;
mod policy;

pub use admission::Admission;
pub use policy::{Refusal, admit, expiry_of, is_urgent, lifetime_ms_max, quota};
