//! The open conversation: its header, its messages, its composer.

mod bubble;
pub mod composer;
pub mod data;
mod rows;
pub mod ui;
