//! Marks as the app sees them.

use crate::store::{MessageRow, ReactionRow, StoreError};
use crate::types::{ConversationId, Marks, Message, Reaction, Standing};

use super::super::Profile;
use super::super::ingest::message_of;
use super::named;

impl Profile {
    /// A stored message with what stands beside it.
    pub(in super::super) fn shown(&self, row: MessageRow) -> Result<Message, StoreError> {
        let marks = self.marks_of(&row)?;
        Ok(message_of(row, marks))
    }

    fn marks_of(&self, row: &MessageRow) -> Result<Marks, StoreError> {
        // Channels have none: their timelines need not be looked through for them.
        if self.conversation(row.conversation).is_some() {
            return Ok(Marks::default());
        }
        let of = named(row);
        let marks = self.store.marks(&of)?.unwrap_or_default();
        Ok(Marks {
            reply_to: marks.reply_to,
            mentions_us: marks.mentions_us,
            edited_at: marks.edited_at,
            is_withdrawn: marks.is_withdrawn,
            disappears_at: marks.disappears_at,
            reactions: by_emoji(&self.store.reactions(&of)?),
            reach: self
                .reach_of(row.conversation, row.message_id)
                .filter(|_| row.own),
        })
    }

    /// Whether a conversation is with somebody who asks to be a contact.
    pub(super) fn is_asking(&self, conversation: ConversationId) -> bool {
        self.standing_in(conversation) == Some(Standing::Asking)
    }
}

/// Reactions by emoji, in the order in which each was put first.
fn by_emoji(rows: &[ReactionRow]) -> Vec<Reaction> {
    let mut reactions: Vec<Reaction> = Vec::new();
    for row in rows.iter().filter(|row| !row.emoji.is_empty()) {
        match reactions.iter_mut().find(|it| it.emoji == row.emoji) {
            Some(reaction) => {
                reaction.count = reaction.count.saturating_add(1);
                reaction.own |= row.own;
            }
            None => reactions.push(Reaction {
                emoji: row.emoji.clone(),
                count: 1,
                own: row.own,
            }),
        }
    }
    reactions
}
