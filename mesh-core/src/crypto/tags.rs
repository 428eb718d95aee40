//! From a delivery tag to whoever can open the envelope.
//!
//! Every tag that somebody may use to write to us is computed ahead, so that whether
//! an envelope is for us is one look-up, never a trial decryption.

use std::collections::{BTreeMap, HashMap};

use crate::limits::{CHANNEL_DAYS_AHEAD, CHANNEL_DAYS_BACK};
use crate::types::{ContactId, ConversationId, Day};

use super::channel::{ChannelDay, ChannelRoot};

/// What an envelope with a tag is, if it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagOwner {
    /// A post of a channel, sealed on this day.
    Channel(ConversationId, Day),
    /// Somebody with our card writes for the first time, on this day.
    Knock(Day),
    /// The keys that a contact published for this day.
    Bundle(ContactId, Day),
    /// A message of the session with this id.
    Session([u8; 32]),
    /// A message of the group of this conversation.
    Group(ConversationId),
}

/// All tags watched. About 64 bytes each; 1.5 MB for each channel.
#[derive(Debug, Default)]
pub struct TagTable {
    owners: HashMap<[u8; 16], TagOwner>,
    /// The keys of the watched days of each channel.
    days: BTreeMap<(ConversationId, Day), ChannelDay>,
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
        self.days.retain(|(of, _), _| *of != conversation);
        self.forget(|owner| matches!(owner, TagOwner::Channel(of, _) if of == conversation));
    }

    /// Watches tags of one owner. A tag that is watched already keeps its owner:
    /// tags are keyed hashes, and two are equal by nobody's will.
    pub fn watch(&mut self, owner: TagOwner, tags: impl IntoIterator<Item = [u8; 16]>) {
        for tag in tags {
            self.owners.entry(tag).or_insert(owner);
        }
    }

    /// Watches tags no longer.
    pub fn unwatch(&mut self, tags: impl IntoIterator<Item = [u8; 16]>) {
        for tag in tags {
            self.owners.remove(&tag);
        }
    }

    /// Watches no tag of these owners any longer. Looks at every tag.
    pub fn forget(&mut self, mut is_gone: impl FnMut(TagOwner) -> bool) {
        self.owners.retain(|_, owner| !is_gone(*owner));
    }

    /// It is another day: watches the channels on the new ones and drops the old.
    pub fn roll(&mut self, today: Day) {
        let days: Vec<Day> = watched(today).collect();
        self.days.retain(|(_, day), _| days.contains(day));
        self.forget(|owner| matches!(owner, TagOwner::Channel(_, day) if !days.contains(&day)));
        let conversations: Vec<ConversationId> = self.roots.keys().copied().collect();
        for conversation in conversations {
            for day in &days {
                self.add_day(conversation, *day);
            }
        }
    }

    /// Whose a tag is; `None` for everybody else's.
    #[must_use]
    pub fn get(&self, tag: &[u8; 16]) -> Option<TagOwner> {
        self.owners.get(tag).copied()
    }

    /// The keys of a channel on a watched day.
    #[must_use]
    pub fn channel_day(&self, conversation: ConversationId, day: Day) -> Option<&ChannelDay> {
        self.days.get(&(conversation, day))
    }

    /// Tags watched.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// Whether nothing is watched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    fn add_day(&mut self, conversation: ConversationId, day: Day) {
        if self.days.contains_key(&(conversation, day)) {
            return;
        }
        let Some(root) = self.roots.get(&conversation) else {
            return;
        };
        let key = root.day(day);
        self.watch(TagOwner::Channel(conversation, day), key.tags());
        self.days.insert((conversation, day), key);
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
        let found =
            tags.map(|tag| table.get(&tag) == Some(TagOwner::Channel(root.conversation(), day)));
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
        assert!(days(&table).is_empty() && table.is_empty());
    }

    #[test]
    fn a_session_gains_and_loses_tags_and_goes_with_all_of_them() {
        let mut table = TagTable::default();
        let (one, other) = (TagOwner::Session([1; 32]), TagOwner::Session([2; 32]));
        table.watch(one, [[1; 16], [2; 16], [3; 16]]);
        table.watch(other, [[3; 16], [4; 16]]);
        assert_eq!(table.get(&[3; 16]), Some(one));
        table.unwatch([[1; 16], [9; 16]]);
        assert_eq!((table.get(&[1; 16]), table.len()), (None, 3));
        table.forget(|owner| owner == one);
        assert_eq!((table.get(&[4; 16]), table.len()), (Some(other), 1));
    }
}
