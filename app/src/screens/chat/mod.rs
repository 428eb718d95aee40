//! The open conversation: its header, its messages, its composer.

mod beside;
mod bubble;
mod compose;
pub mod composer;
pub mod data;
pub mod delete;
mod names;
mod rows;
mod timer;
pub mod ui;
