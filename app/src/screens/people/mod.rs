//! The pane of people and links.

pub mod data;
pub mod ui;
