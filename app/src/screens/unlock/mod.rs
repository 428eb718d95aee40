//! The door: unlock, start anew, and the two screens for when neither is possible.

pub mod data;
pub mod ui;
