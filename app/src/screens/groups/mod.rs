//! The dialog about groups: a new one, who is in one, and cutting somebody off.

mod about_ui;
mod ask;
mod ask_ui;
pub mod data;
pub mod members;
pub mod ui;
