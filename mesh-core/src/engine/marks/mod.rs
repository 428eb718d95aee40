//! What stands beside a text: replies, reactions, edits, deletions, timers. The same in a
//! conversation of two and in a group.
//!
//! Everything said of a message is a request to whoever has it. What is said of a message
//! that is not here waits for it, for a while ([`kept`]). Saying the same twice changes
//! nothing and is told to nobody.

mod ask;
mod kept;
mod leave;
mod take;
mod view;

use crate::store::{MarksRow, MessageRef, MessageRow, StoreError};
use crate::types::{ConversationId, Lifetime, MemberId, MessageId, Now, Wall};
use crate::wire::inner::TextPart;
use crate::wire::items::Item;

use super::{Engine, EngineError, Profile};

/// Whose message it is, and where: authenticated by session or signature.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    pub(super) conversation: ConversationId,
    /// As in [`MessageRow::author`].
    pub(super) author: [u8; 32],
    /// The message that says it.
    pub(super) message_id: MessageId,
    /// By the author's clock.
    pub(super) written_at: Wall,
}

/// An own message before it has a number or a place in a chain.
pub(super) struct Outgoing {
    /// Empty if it only says something of others.
    pub(super) text: String,
    pub(super) items: Vec<Item>,
    pub(super) lifetime: Lifetime,
    /// Seconds after reading until it disappears; 0 for never.
    pub(super) expire: u32,
    pub(super) written_at: Wall,
}

impl Outgoing {
    /// Items without a text, carried for a day.
    pub(super) fn only(items: Vec<Item>, now: Now) -> Self {
        Self {
            text: String::new(),
            items,
            lifetime: Lifetime::Day,
            expire: 0,
            written_at: now.wall,
        }
    }
}

/// Whether an item is one of those that say something of messages, or of a text.
pub(super) fn is_said(item: &Item) -> bool {
    matches!(
        item,
        Item::Reaction(..)
            | Item::Delete(_)
            | Item::Reply(_)
            | Item::Edit(_)
            | Item::Mention(_)
            | Item::Timer(_)
    )
}

/// A text as one piece among items: how [`Engine::take_said`] finds that of an edit.
fn whole(text: &str) -> Item {
    Item::Text(TextPart {
        index: 0,
        count: 1,
        bytes: text.as_bytes().to_vec(),
    })
}

impl Engine {
    /// Puts a text into the timeline with what is said of it; `false` if it was known.
    /// With [`Item::Edit`] it changes the text of another message instead, and gives
    /// `false`.
    pub(super) fn insert_said(
        &mut self,
        now: Now,
        profile: &mut Profile,
        row: &MessageRow,
        items: &[Item],
        expire: u32,
    ) -> Result<bool, StoreError> {
        let edit = items.iter().find(|item| matches!(item, Item::Edit(_)));
        if let Some(edit) = edit {
            let said = Said {
                conversation: row.conversation,
                author: row.author,
                message_id: row.message_id,
                written_at: row.written_at,
            };
            let items = [edit.clone(), whole(&row.text)];
            let missing = self.take_items(now, profile, &said, &items)?;
            profile.keep_said(now.wall, &said, missing)?;
            return Ok(false);
        }
        if !profile.store.insert_message(row)? {
            return Ok(false);
        }
        let expire_s = expire.min(crate::limits::DISAPPEAR_S_MAX);
        let own_member = profile.own_member(row.conversation);
        let reply = items.iter().find_map(|item| match item {
            Item::Reply(of) if *of != row.message_id => Some(*of),
            _ => None,
        });
        let marks = MarksRow {
            reply_to: reply,
            mentions_us: items
                .iter()
                .any(|item| matches!(item, Item::Mention(member) if Some(*member) == own_member)),
            expire_s,
            // What others wrote disappears after it was read: [`Engine::start_timers`].
            disappears_at: (row.own && expire_s > 0).then(|| self.deadline(now, expire_s)),
            ..MarksRow::default()
        };
        if marks != MarksRow::default() {
            profile.store.set_marks(&named(row), &marks)?;
        }
        if marks.disappears_at.is_some() {
            self.plan_leaving(now, profile)?;
        }
        self.take_kept(now, profile, row.conversation, row.message_id)?;
        Ok(true)
    }

    /// Takes reactions, edits, deletions and timers that came, each only from whoever may.
    /// The text of an edit stands among the items in one piece; without it the edit is
    /// skipped.
    pub(super) fn take_said(
        &mut self,
        now: Now,
        profile: &mut Profile,
        said: &Said,
        items: &[Item],
    ) -> Result<(), EngineError> {
        let missing = self.take_items(now, profile, said, items)?;
        Ok(profile.keep_said(now.wall, said, missing)?)
    }
}

/// The name of a stored message.
fn named(row: &MessageRow) -> MessageRef {
    MessageRef {
        conversation: row.conversation,
        author: row.author,
        message_id: row.message_id,
    }
}

impl Profile {
    /// Our key as an author in a conversation; none in channels.
    pub(super) fn own_author(&self, conversation: ConversationId) -> Option<[u8; 32]> {
        if let Some((_, author)) = self.us_in_group(conversation) {
            return Some(author);
        }
        self.contact_of(conversation)?;
        self.own_card_id()
    }

    /// How a conversation names us in mentions; none where nobody can.
    pub(super) fn own_member(&self, conversation: ConversationId) -> Option<MemberId> {
        self.us_in_group(conversation).map(|(member, _)| member)
    }

    /// The timer of a conversation, seconds; none if nothing disappears.
    pub(super) fn timer_s(&self, conversation: ConversationId) -> Result<Option<u32>, StoreError> {
        let timer = self.store.timer(conversation)?;
        Ok(timer.map(|timer| timer.seconds).filter(|s| *s > 0))
    }
}

#[cfg(test)]
mod tests;
