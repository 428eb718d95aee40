//! Engines joined by perfect pipes, on virtual time.

mod crowd;
mod delivery;
mod hostile;
mod sos;
