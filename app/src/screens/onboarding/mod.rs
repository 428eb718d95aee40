//! First run: a name, a passphrase, and what Wi-Fi reveals before it is used.

pub mod data;
pub mod ui;
