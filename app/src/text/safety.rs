//! Sentences about the passphrase, and about destroying the profile.

#![allow(missing_docs, reason = "each constant is its own explanation")]

pub const TITLE: &str = "Safety";
pub const OPEN: &str = "Safety…";
