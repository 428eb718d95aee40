//! Marks of messages in memory.

use super::profile::MemoryProfile;
use super::table::Table;
use crate::limits::REACTIONS_MAX;
use crate::store::marks::{bounded, deadline};
use crate::store::{MarksRow, MarksStore, MessageRef, ReactionRow, StoreError, history_bytes};
use crate::types::{ConversationId, Wall};
use crate::wire::items::Timer;

/// A message by its place in the timeline.
type Place = (ConversationId, u64);

/// Tables of what stands beside messages.
#[derive(Clone, Default)]
pub(super) struct Marks {
    /// Of messages that have any.
    rows: Table<Place, MarksRow>,
    reactions: Table<(Place, [u8; 32]), (u64, ReactionRow)>,
    /// What disappears, in that order.
    leaving: Table<(Wall, u64, ConversationId), ()>,
    timers: Table<ConversationId, Timer>,
}

impl Marks {
    pub(super) fn commit(&mut self) {
        self.rows.commit();
        self.reactions.commit();
        self.leaving.commit();
        self.timers.commit();
    }

    pub(super) fn rollback(&mut self) {
        self.rows.rollback();
        self.reactions.rollback();
        self.leaving.rollback();
        self.timers.rollback();
    }

    /// Everything beside one message.
    pub(super) fn remove(&mut self, place: Place) {
        self.put(place, MarksRow::default());
        self.remove_reactions(place);
    }

    pub(super) fn remove_timer(&mut self, conversation: ConversationId) {
        self.timers.remove(&conversation);
    }

    fn of(&self, place: Place) -> MarksRow {
        self.rows.get(&place).copied().unwrap_or_default()
    }

    fn put(&mut self, place: Place, row: MarksRow) {
        let (conversation, order) = place;
        if let Some(before) = self.of(place).disappears_at {
            self.leaving.remove(&(before, order, conversation));
        }
        if let Some(at) = row.disappears_at {
            self.leaving.put((at, order, conversation), ());
        }
        match row == MarksRow::default() {
            true => drop(self.rows.remove(&place)),
            false => self.rows.put(place, row),
        }
    }

    fn reactions(&self, place: Place) -> Vec<(u64, ReactionRow)> {
        let all = (place, [0; 32])..=(place, [u8::MAX; 32]);
        let rows = self.reactions.range(all).map(|(_, row)| row.clone());
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|(order, _)| *order);
        rows
    }

    fn remove_reactions(&mut self, place: Place) {
        for (_, row) in self.reactions(place) {
            self.reactions.remove(&(place, row.author));
        }
    }
}

impl MemoryProfile {
    fn place(&self, of: &MessageRef) -> Option<Place> {
        let key = (of.conversation, of.author, of.message_id);
        let order = self.message_keys.get(&key)?;
        Some((of.conversation, *order))
    }

    fn named(&self, place: Place) -> Option<MessageRef> {
        let row = self.messages.get(&place)?;
        Some(MessageRef {
            conversation: row.conversation,
            author: row.author,
            message_id: row.message_id,
        })
    }
}

impl MarksStore for MemoryProfile {
    fn marks(&self, of: &MessageRef) -> Result<Option<MarksRow>, StoreError> {
        Ok(self.place(of).map(|place| self.marks.of(place)))
    }

    fn set_marks(&mut self, of: &MessageRef, row: &MarksRow) -> Result<bool, StoreError> {
        self.gate.write()?;
        let Some(place) = self.place(of) else {
            return Ok(false);
        };
        let disappears_at = row.disappears_at.map(bounded);
        let row = MarksRow {
            disappears_at,
            ..*row
        };
        self.marks.put(place, row);
        Ok(true)
    }

    fn set_text(&mut self, of: &MessageRef, text: &str) -> Result<bool, StoreError> {
        self.gate.write()?;
        let Some(place) = self.place(of) else {
            return Ok(false);
        };
        let Some(mut row) = self.messages.get(&place).cloned() else {
            return Ok(false);
        };
        let before = history_bytes(&row);
        text.clone_into(&mut row.text);
        let after = history_bytes(&row);
        let is_own = row.own;
        self.messages.put(place, row);
        if !is_own {
            let history = self.history.get(&of.conversation).copied();
            let mut history = history.unwrap_or_default();
            history.bytes = history.bytes.saturating_sub(before) + after;
            self.history.put(of.conversation, history);
            self.drop_oldest_of_others(of.conversation);
        }
        Ok(true)
    }

    fn reactions(&self, of: &MessageRef) -> Result<Vec<ReactionRow>, StoreError> {
        let rows = self.place(of).map(|place| self.marks.reactions(place));
        let rows = rows.unwrap_or_default().into_iter();
        Ok(rows.map(|(_, row)| row).collect())
    }

    fn put_reaction(&mut self, of: &MessageRef, row: &ReactionRow) -> Result<bool, StoreError> {
        self.gate.write()?;
        let Some(place) = self.place(of) else {
            return Ok(false);
        };
        let key = (place, row.author);
        let is_welcome = match self.marks.reactions.get(&key) {
            Some((_, held)) => row.replaces(held),
            None => self.marks.reactions(place).len() < REACTIONS_MAX,
        };
        if is_welcome {
            let order = self.order();
            self.marks.reactions.put(key, (order, row.clone()));
        }
        Ok(is_welcome)
    }

    fn remove_reactions(&mut self, of: &MessageRef) -> Result<(), StoreError> {
        self.gate.write()?;
        if let Some(place) = self.place(of) {
            self.marks.remove_reactions(place);
        }
        Ok(())
    }

    fn start_timers(
        &mut self,
        conversation: ConversationId,
        now: Wall,
    ) -> Result<Vec<MessageRef>, StoreError> {
        self.gate.write()?;
        let all = (conversation, 0)..=(conversation, u64::MAX);
        let waits = |row: &MarksRow| row.expire_s > 0 && row.disappears_at.is_none();
        let rows = self.marks.rows.range(all);
        let waiting: Vec<(Place, MarksRow)> = rows
            .filter(|(_, row)| waits(row))
            .map(|(place, row)| (*place, *row))
            .collect();
        let mut started = Vec::new();
        for (place, row) in waiting {
            let is_own = self.messages.get(&place).is_none_or(|row| row.own);
            if !is_own {
                let disappears_at = Some(deadline(now, row.expire_s));
                let row = MarksRow {
                    disappears_at,
                    ..row
                };
                self.marks.put(place, row);
                started.extend(self.named(place));
            }
        }
        Ok(started)
    }

    fn disappearing(&self, now: Wall, limit: u16) -> Result<Vec<MessageRef>, StoreError> {
        let due = self.marks.leaving.iter();
        let due = due.take_while(|((at, ..), ())| *at <= bounded(now));
        let due = due.take(usize::from(limit));
        let named = due.filter_map(|((_, order, of), ())| self.named((*of, *order)));
        Ok(named.collect())
    }

    fn next_to_disappear(&self) -> Result<Option<Wall>, StoreError> {
        let next = self.marks.leaving.iter().next();
        Ok(next.map(|((at, ..), ())| *at))
    }

    fn limit_deadlines(&mut self, now: Wall) -> Result<(), StoreError> {
        self.gate.write()?;
        let late: Vec<(Place, MarksRow)> = self
            .marks
            .leaving
            .iter()
            .map(|((at, order, of), ())| (*at, (*of, *order)))
            .map(|(at, place)| (at, place, self.marks.of(place)))
            .filter(|(at, _, row)| *at > deadline(now, row.expire_s))
            .map(|(_, place, row)| (place, row))
            .collect();
        for (place, row) in late {
            let disappears_at = Some(deadline(now, row.expire_s));
            let row = MarksRow {
                disappears_at,
                ..row
            };
            self.marks.put(place, row);
        }
        Ok(())
    }

    fn timer(&self, conversation: ConversationId) -> Result<Option<Timer>, StoreError> {
        Ok(self.marks.timers.get(&conversation).copied())
    }

    fn set_timer(&mut self, conversation: ConversationId, timer: Timer) -> Result<(), StoreError> {
        self.gate.write()?;
        self.marks.timers.put(conversation, timer);
        Ok(())
    }
}
