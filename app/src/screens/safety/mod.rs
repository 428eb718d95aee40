//! The settings of safety: lock, passphrase, and the end of the profile.

pub mod data;
pub mod ui;
