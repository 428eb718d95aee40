//! Sentences about the passphrase, and about destroying the profile.

#![allow(missing_docs, reason = "each constant is its own explanation")]

pub const TITLE: &str = "Safety";
pub const OPEN: &str = "Safety…";

// Locking.
pub const LOCK_HEADING: &str = "Lock";
pub const LOCK_TEXT: &str = "Hides everything and forgets the keys until you type the passphrase. Messages for others are still carried. Ctrl+L does the same.";

pub const LOCK_NOW: &str = "Lock now";

// Destroying.
pub const DESTROY_HEADING: &str = "Destroy everything";
pub const DESTROY_TEXT: &str = "Destroys the keys of this profile, for good and without asking again: messages, contacts and your identity cannot be opened by anybody any more, you included. Others keep what you sent them.";
pub const DESTROY: &str = "Hold to destroy everything";
pub const DESTROYING: &str = "Destroying everything…";
pub const DESTROYED: &str = "Everything was destroyed.";
pub const DESTROYED_NOTE: &str =
    "Nothing opens this profile any more. That Starling was here can still be seen on this laptop.";
pub const NOT_DESTROYED: &str = "It was not destroyed";
pub const DESTROY_AGAIN: &str = "Try again";
pub const BEGIN: &str = "Begin anew";

/// What a held button says.
pub fn destroying_in(seconds: u32) -> String {
    format!("Destroying everything in {seconds}… let go to stop")
}
