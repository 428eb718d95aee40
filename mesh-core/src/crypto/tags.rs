//! From a delivery tag to the key that opens the envelope.
//!
//! Every tag that a channel may use within the watched days is computed ahead, so
//! that whether an envelope is for us is one look-up, never a trial decryption.

use std::collections::{BTreeMap, HashMap};

use crate::limits::{CHANNEL_DAYS_AHEAD, CHANNEL_DAYS_BACK};
use crate::types::{ConversationId, Day};

use super::channel::{ChannelDay, ChannelRoot};

/// What a tag stands for.
#[derive(Debug)]
pub struct TagEntry {
    /// Which conversation.
    pub conversation: ConversationId,
    /// The keys of the tag's day.
    pub key: ChannelDay,
}

/// All tags watched. About 1.2 MB for each channel.
#[derive(Debug, Default)]
pub struct TagTable {
    entries: BTreeMap<(ConversationId, Day), TagEntry>,
    by_tag: HashMap<[u8; 16], (ConversationId, Day)>,
    roots: BTreeMap<ConversationId, ChannelRoot>,
}

impl TagTable {
    /// Watches a channel from `today` − 4 to `today` + 1.
    pub fn add(&mut self, conversation: ConversationId, root: &ChannelRoot, today: Day) {
        self.roots
            .insert(conversation, ChannelRoot::from_bytes(root.to_bytes()));
        watched(today).for_each(|day| self.add_day(conversation, day));
    }

    /// Watches a channel no longer.
    pub fn remove(&mut self, conversation: ConversationId) {
        self.roots.remove(&conversation);
        self.by_tag.retain(|_, (of, _)| *of != conversation);
        self.entries.retain(|(of, _), _| *of != conversation);
    }

    /// It is another day: watches the new ones and drops the old.
    pub fn roll(&mut self, today: Day) {
        let days: Vec<Day> = watched(today).collect();
        self.by_tag.retain(|_, (_, day)| days.contains(day));
        self.entries.retain(|(_, day), _| days.contains(day));
        let conversations: Vec<ConversationId> = self.roots.keys().copied().collect();
        for conversation in conversations {
            for day in &days {
                self.add_day(conversation, *day);
            }
        }
    }

    /// What a tag stands for; `None` for everybody else's.
    #[must_use]
    pub fn get(&self, tag: &[u8; 16]) -> Option<&TagEntry> {
        self.entries.get(self.by_tag.get(tag)?)
    }

    fn add_day(&mut self, conversation: ConversationId, day: Day) {
        if self.entries.contains_key(&(conversation, day)) {
            return;
        }
        let Some(root) = self.roots.get(&conversation) else {
            return;
        };
        let key = root.day(day);
        self.by_tag
            .extend(key.tags().map(|tag| (tag, (conversation, day))));
        self.entries
            .insert((conversation, day), TagEntry { conversation, key });
    }
}

fn watched(today: Day) -> impl Iterator<Item = Day> {
    let first = today.0.saturating_sub(CHANNEL_DAYS_BACK);
    (first..=today.0.saturating_add(CHANNEL_DAYS_AHEAD)).map(Day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::CHANNEL_TAG_SLOTS;

    const TODAY: Day = Day(20_000);

    fn is_watched(table: &TagTable, root: &ChannelRoot, day: Day) -> bool {
        let tags = [0, CHANNEL_TAG_SLOTS - 1].map(|slot| root.day(day).tag(slot));
        let found = tags.map(|tag| table.get(&tag).is_some_and(|entry| entry.key.day() == day));
        assert_eq!(found[0], found[1]);
        found[0]
    }

    #[test]
    fn six_days_are_watched_and_roll_with_the_calendar() {
        let root = ChannelRoot::from_bytes([1; 32]);
        let mut table = TagTable::default();
        table.add(root.conversation(), &root, TODAY);
        let days = |table: &TagTable| -> Vec<u32> {
            (19_990..20_010)
                .filter(|day| is_watched(table, &root, Day(*day)))
                .collect()
        };
        assert_eq!(days(&table), (19_996..=20_001).collect::<Vec<_>>());
        table.roll(Day(TODAY.0 + 2));
        assert_eq!(days(&table), (19_998..=20_003).collect::<Vec<_>>());
        table.remove(root.conversation());
        assert!(days(&table).is_empty() && table.by_tag.is_empty());
    }
}
