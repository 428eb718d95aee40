//! The status chip that is always in sight, and the panel that explains it.

pub mod data;
pub mod ui;
