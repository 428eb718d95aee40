//! What a carrier can do right now, in words a person understands.

use super::LinkKind;

/// One way of making links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarrierStatus {
    /// What it carries over.
    pub kind: LinkKind,
    /// For people: "Wi-Fi and cable".
    pub name: String,
    /// Whether it can find others by itself.
    pub can_find: bool,
    /// Whether others can find it.
    pub can_be_found: bool,
    /// Whether others were heard and nothing passes between them and us.
    pub isolated: bool,
    /// Why not, in plain words.
    pub reason: Option<String>,
    /// What to do about it, in plain words.
    pub advice: Option<String>,
}
