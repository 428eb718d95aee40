//! Starling, the app: the window and the command line over `mesh-core`.
//!
//! A library, so that tests can build every part; `main.rs` only calls [`cli::run`].
//!
//! Of the window, three kinds of state are kept apart. The [`model`] is what is
//! true: changed only by `model::apply` (events of the node) and `app::update`
//! (actions of the person). View data (`screens/*/data.rs`) is built from it for
//! every frame and never stored. Widget state (scroll position, typed forms) stays
//! with the screens. The node is reached through [`node_link`] alone.

pub mod action;
pub mod app;
pub mod cli;
pub mod clock;
pub mod model;
pub mod node_link;
pub mod notice_window;
pub mod plain;
pub mod screens;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod text;
pub mod theme;
pub mod widgets;
pub mod window;
