//! The history of a conversation in memory, and what goes when it is too much.

use super::profile::MemoryProfile;
use crate::store::{MessageRow, deleted_key, history_bytes, remembered_until};
use crate::types::{ConversationId, MessageId};

/// What is kept of others in one conversation.
#[derive(Clone, Copy, Default)]
pub(super) struct History {
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

impl MemoryProfile {
    /// Rows of one conversation after `order`, oldest first.
    pub(super) fn messages_after(
        &self,
        conversation: ConversationId,
        order: u64,
    ) -> impl DoubleEndedIterator<Item = (u64, &MessageRow)> {
        self.messages
            .range((conversation, order.saturating_add(1))..=(conversation, u64::MAX))
            .map(|((_, order), row)| (*order, row))
    }

    /// Places of the messages with this id, oldest first: authors may collide.
    pub(super) fn orders_of(
        &self,
        conversation: ConversationId,
        message_id: MessageId,
    ) -> Vec<u64> {
        self.message_ids
            .range((conversation, message_id, 0)..=(conversation, message_id, u64::MAX))
            .map(|((_, _, order), ())| *order)
            .collect()
    }

    /// Deletes the oldest messages of others while there are too many of them.
    pub(super) fn drop_oldest_of_others(&mut self, conversation: ConversationId) {
        while self.exceeds_bounds(conversation) {
            let oldest = self
                .messages_after(conversation, 0)
                .find(|(_, row)| !row.own)
                .map(|(order, _)| order);
            let Some(order) = oldest else {
                return;
            };
            self.delete_message(conversation, order);
        }
    }

    fn exceeds_bounds(&self, conversation: ConversationId) -> bool {
        let history = self.history.get(&conversation).copied().unwrap_or_default();
        history.messages > self.bounds.history_messages || history.bytes > self.bounds.history_bytes
    }

    /// Deletes one message and keeps its hash.
    pub(super) fn delete_message(&mut self, conversation: ConversationId, order: u64) {
        let Some(row) = self.forget_message(conversation, order) else {
            return;
        };
        let key = deleted_key(conversation, &row.author, row.message_id);
        let until = remembered_until(row.received_at, row.expires_at);
        self.deleted.mark(key, until, self.bounds.deleted_ids);
    }

    /// Deletes one message, which may come again.
    pub(super) fn forget_message(
        &mut self,
        conversation: ConversationId,
        order: u64,
    ) -> Option<MessageRow> {
        let row = self.messages.remove(&(conversation, order))?;
        self.message_keys
            .remove(&(conversation, row.author, row.message_id));
        self.message_ids
            .remove(&(conversation, row.message_id, order));
        self.marks.remove((conversation, order));
        if !row.own {
            let mut history = self.history.get(&conversation).copied().unwrap_or_default();
            history.messages = history.messages.saturating_sub(1);
            history.bytes = history.bytes.saturating_sub(history_bytes(&row));
            self.history.put(conversation, history);
        }
        Some(row)
    }
}
