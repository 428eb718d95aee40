//! What is kept of groups: one row for each, and for each that we were asked into.
//!
//! As with people, state lies here as bytes that the engine encodes.

use zeroize::Zeroizing;

use crate::types::{ConversationId, Wall};

use super::{PeopleStore, StoreError};

/// A group, or an invitation that was answered and has not become one yet.
#[derive(Clone, PartialEq, Eq)]
pub struct GroupRow {
    /// Its conversation; of an invitation a name of its own.
    pub conversation: ConversationId,
    /// What it is called here, at most 64 bytes.
    pub name: String,
    /// When it was founded here, joined, or answered.
    pub joined_at: Wall,
    /// Who is whom, what came and what was told; encoded by the engine. Holds secrets of
    /// invitations.
    pub progress: Zeroizing<Vec<u8>>,
    /// Keys and operations; encoded by the engine. Empty for an invitation.
    pub state: Zeroizing<Vec<u8>>,
}

/// Groups. A group goes with its conversation:
/// [`super::ProfileStore::remove_conversation`].
pub trait GroupStore: PeopleStore {
    /// All groups and invitations, in the order they were first put.
    fn groups(&self) -> Result<Vec<GroupRow>, StoreError>;
    /// Adds one, or changes everything of it but its place in the order and when it was
    /// joined.
    fn put_group(&mut self, row: &GroupRow) -> Result<(), StoreError>;
}
