//! The list of conversations.

pub mod data;
pub mod ui;
