//! The dialogs about a channel: join or create, its phrase, leaving it.

pub mod data;
pub mod ui;
