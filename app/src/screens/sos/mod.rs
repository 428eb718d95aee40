//! Calls for help: the question before one is sent, and the alert of somebody else's.

pub mod data;
pub mod ui;
