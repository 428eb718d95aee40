//! What others, and we, say of messages that are here.

use crate::api::Event;
use crate::limits::{DISAPPEAR_S_MAX, TEXT_BYTES_MAX, TIMER_AHEAD_MS_MAX};
use crate::store::{MarksRow, MessageRef, MessageRow, ReactionRow, StoreError};
use crate::types::{ConversationId, MessageClass, MessageId, Now};
use crate::wire::items::{Item, Timer, is_emoji};

use super::super::{Engine, Profile};
use super::{Said, named};

impl Engine {
    /// Does what items say; gives back those whose message is not here, with the text of
    /// an edit.
    pub(super) fn take_items(
        &mut self,
        now: Now,
        profile: &mut Profile,
        said: &Said,
        items: &[Item],
    ) -> Result<Vec<Item>, StoreError> {
        let text = items.iter().find(|item| whole_text(item).is_some());
        let mut missing = Vec::new();
        for item in items {
            let of = match item {
                Item::Reaction(of, _) | Item::Delete(of) | Item::Edit(of) => *of,
                Item::Timer(timer) => {
                    self.take_timer(now, profile, said.conversation, *timer)?;
                    continue;
                }
                _ => continue,
            };
            let Some(row) = profile.store.message(said.conversation, of)? else {
                missing.push(item.clone());
                continue;
            };
            match item {
                Item::Reaction(_, emoji) => self.take_reaction(profile, said, &row, emoji)?,
                Item::Delete(_) if row.author == said.author => {
                    self.withdraw_here(profile, &row)?
                }
                Item::Edit(_) if row.author == said.author => {
                    let text = text.and_then(whole_text).unwrap_or_default();
                    self.change_text(profile, said, &row, text)?;
                }
                _ => {}
            }
        }
        if missing.iter().any(|item| matches!(item, Item::Edit(_)))
            && let Some(text) = text
        {
            missing.insert(0, text.clone());
        }
        Ok(missing)
    }

    fn take_reaction(
        &mut self,
        profile: &mut Profile,
        said: &Said,
        row: &MessageRow,
        emoji: &str,
    ) -> Result<(), StoreError> {
        let of = named(row);
        let marks = profile.store.marks(&of)?.unwrap_or_default();
        if marks.is_withdrawn || !(emoji.is_empty() || is_emoji(emoji)) {
            return Ok(());
        }
        let reaction = ReactionRow {
            author: said.author,
            own: profile.own_author(said.conversation) == Some(said.author),
            emoji: emoji.to_owned(),
            at: said.written_at,
        };
        if profile.store.put_reaction(&of, &reaction)? {
            self.tell_changed(profile, of.conversation, of.message_id)?;
        }
        Ok(())
    }

    /// An author asks that a message be deleted: the line stays, and says so.
    pub(super) fn withdraw_here(
        &mut self,
        profile: &mut Profile,
        row: &MessageRow,
    ) -> Result<(), StoreError> {
        let of = named(row);
        let marks = profile.store.marks(&of)?.unwrap_or_default();
        if marks.is_withdrawn {
            return Ok(());
        }
        let left = MarksRow {
            is_withdrawn: true,
            expire_s: marks.expire_s,
            disappears_at: marks.disappears_at,
            ..MarksRow::default()
        };
        profile.store.set_text(&of, "")?;
        profile.store.set_marks(&of, &left)?;
        profile.store.remove_reactions(&of)?;
        self.tell_changed(profile, of.conversation, of.message_id)
    }

    /// An author changes a text. Of two changes the one that was written later counts,
    /// whichever comes first.
    fn change_text(
        &mut self,
        profile: &mut Profile,
        said: &Said,
        row: &MessageRow,
        text: &str,
    ) -> Result<(), StoreError> {
        let of = named(row);
        let marks = profile.store.marks(&of)?.unwrap_or_default();
        let is_late = marks.edited_at.is_some_and(|at| at >= said.written_at);
        let is_text = !text.trim().is_empty() && text.len() <= TEXT_BYTES_MAX;
        if marks.is_withdrawn || is_late || !is_text || row.class != MessageClass::Text {
            return Ok(());
        }
        let changed = MarksRow {
            edited_at: Some(said.written_at),
            ..marks
        };
        profile.store.set_text(&of, text)?;
        profile.store.set_marks(&of, &changed)?;
        self.tell_changed(profile, of.conversation, of.message_id)
    }

    /// Somebody set the timer of a conversation.
    pub(super) fn take_timer(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
        timer: Timer,
    ) -> Result<(), StoreError> {
        let latest = self.mesh_now(now).wall.plus_ms(TIMER_AHEAD_MS_MAX);
        let held = profile.store.timer(conversation)?.unwrap_or_default();
        let timer = Timer {
            seconds: timer.seconds.min(DISAPPEAR_S_MAX),
            ..timer
        };
        if timer > held && timer.set_at <= latest {
            profile.store.set_timer(conversation, timer)?;
            if timer.seconds != held.seconds {
                self.tell(Event::ConversationsChanged);
            }
        }
        Ok(())
    }

    /// Tells that a message is another now. Of somebody who asks to be a contact only
    /// that they ask is told.
    pub(super) fn tell_changed(
        &mut self,
        profile: &Profile,
        conversation: ConversationId,
        message_id: MessageId,
    ) -> Result<(), StoreError> {
        if profile.is_asking(conversation) {
            self.tell(Event::ContactsChanged);
        } else if let Some(row) = profile.store.message(conversation, message_id)? {
            self.tell(Event::MessageChanged(profile.shown(row)?));
        }
        Ok(())
    }

    /// Tells that a message is here, as it is after everything that waited for it.
    pub(in super::super) fn tell_received(
        &mut self,
        profile: &Profile,
        row: &MessageRow,
    ) -> Result<(), StoreError> {
        let (conversation, message_id) = (row.conversation, row.message_id);
        if let Some(row) = profile.store.message(conversation, message_id)? {
            self.tell(Event::MessageReceived(profile.shown(row)?));
        }
        Ok(())
    }

    /// Deletes a message here, for good.
    pub(super) fn remove_here(
        &mut self,
        profile: &mut Profile,
        of: &MessageRef,
    ) -> Result<(), StoreError> {
        let (conversation, message_id) = (of.conversation, of.message_id);
        if profile
            .store
            .remove_message(conversation, &of.author, message_id)?
        {
            self.tell(Event::MessageRemoved {
                conversation,
                message_id,
            });
        }
        Ok(())
    }
}

/// The text of an item that holds all of one.
fn whole_text(item: &Item) -> Option<&str> {
    let part = item.text_part().filter(|part| part.count == 1)?;
    str::from_utf8(&part.bytes).ok()
}
