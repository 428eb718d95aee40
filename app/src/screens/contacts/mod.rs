//! The dialog about people: who asks, contacts, the own card, and how sure we are.

mod check_ui;
pub mod data;
pub mod meet;
mod meet_ui;
pub mod person;
mod person_ui;
pub mod ui;
