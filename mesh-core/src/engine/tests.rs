//! Engines joined by perfect pipes, or through bad air, on virtual time.

mod air;
pub(super) mod crowd;
mod delivery;
mod fair;
pub(super) mod groups;
mod hostile;
mod limits;
mod lock;
mod marks;
mod parted;
pub(super) mod people;
mod reconcile;
mod sos;
