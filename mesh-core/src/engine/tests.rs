//! Engines joined by perfect pipes, or through bad air, on virtual time.

mod air;
mod crowd;
mod delivery;
mod fair;
mod hostile;
mod limits;
mod people;
mod reconcile;
mod sos;
