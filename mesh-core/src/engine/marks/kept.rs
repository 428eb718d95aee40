//! What was said of messages that are not here: it came before them, or they never come.
//!
//! Kept for as long as its message may still come, and so much of each author that
//! nobody pushes out what others said.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::limits::{DAY_MS, DELETED_DAYS, ITEMS_MAX, MARKS_KEPT_MAX};
use crate::store::{Queue, StoreError};
use crate::types::{ConversationId, MessageId, Now, Wall};
use crate::wire::codec;
use crate::wire::items::{self, Item};

use super::super::{Engine, Profile};
use super::Said;

/// One message's part in it.
#[derive(Debug, PartialEq, Eq)]
struct Kept {
    author: [u8; 32],
    /// The message that says it.
    message_id: MessageId,
    /// By its author's clock.
    written_at: Wall,
    /// By ours.
    kept_at: Wall,
    items: Vec<Item>,
}

/// The layout in the row: bincode in this order.
#[derive(Serialize, Deserialize)]
struct Layout<'a> {
    version: u8,
    author: [u8; 32],
    message_id: [u8; 16],
    written_at: u64,
    kept_at: u64,
    items: &'a [u8],
}

const VERSION: u8 = 1;
const MALFORMED: StoreError = StoreError::Malformed("what waits for a message");

impl Kept {
    fn encode(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let items = Zeroizing::new(items::encode(&self.items));
        let layout = Layout {
            version: VERSION,
            author: self.author,
            message_id: self.message_id.0,
            written_at: self.written_at.0,
            kept_at: self.kept_at.0,
            items: &items,
        };
        codec::encode(&layout).map(Zeroizing::new).ok_or(MALFORMED)
    }

    fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let layout: Layout<'_> = codec::decode(bytes).map_err(|_| MALFORMED)?;
        if layout.version != VERSION {
            return Err(MALFORMED);
        }
        Ok(Self {
            author: layout.author,
            message_id: MessageId(layout.message_id),
            written_at: Wall(layout.written_at),
            kept_at: Wall(layout.kept_at),
            items: items::decode(layout.items).map_err(|_| MALFORMED)?,
        })
    }

    fn is_over(&self, now: Wall) -> bool {
        now.0.saturating_sub(self.kept_at.0) > u64::from(DELETED_DAYS) * DAY_MS
    }

    fn speaks_of(&self, message_id: MessageId) -> bool {
        self.items.iter().any(|item| match item {
            Item::Reaction(of, _) | Item::Delete(of) | Item::Edit(of) => *of == message_id,
            _ => false,
        })
    }
}

impl Engine {
    /// A message came: takes what was said of it before.
    pub(super) fn take_kept(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
        message_id: MessageId,
    ) -> Result<(), StoreError> {
        for (number, kept) in profile.kept(conversation)? {
            if !kept.speaks_of(message_id) {
                continue;
            }
            let said = Said {
                conversation,
                author: kept.author,
                message_id: kept.message_id,
                written_at: kept.written_at,
            };
            let items = self.take_items(now, profile, &said, &kept.items)?;
            let queue = Queue::Marks;
            if items.is_empty() {
                profile.store.remove_queued(queue, conversation, number)?;
            } else {
                let bytes = Kept { items, ..kept }.encode()?;
                profile
                    .store
                    .put_queued(queue, conversation, number, &bytes)?;
            }
        }
        Ok(())
    }
}

impl Profile {
    /// Keeps what was said of messages that are not here.
    pub(super) fn keep_said(
        &mut self,
        now: Wall,
        said: &Said,
        mut items: Vec<Item>,
    ) -> Result<(), StoreError> {
        if items.is_empty() {
            return Ok(());
        }
        items.truncate(ITEMS_MAX);
        let conversation = said.conversation;
        let rows = self.kept(conversation)?;
        let of_author = |kept: &Kept| kept.author == said.author;
        if rows
            .iter()
            .any(|(_, kept)| of_author(kept) && kept.message_id == said.message_id)
        {
            return Ok(());
        }
        let theirs: Vec<u32> = rows
            .iter()
            .filter(|(_, kept)| of_author(kept))
            .map(|(number, _)| *number)
            .collect();
        let surplus = (theirs.len() + 1).saturating_sub(MARKS_KEPT_MAX);
        for number in theirs.into_iter().take(surplus) {
            let queue = Queue::Marks;
            self.store.remove_queued(queue, conversation, number)?;
        }
        let last = rows.last().map_or(0, |(number, _)| *number);
        let kept = Kept {
            author: said.author,
            message_id: said.message_id,
            written_at: said.written_at,
            kept_at: now,
            items,
        };
        let (queue, bytes) = (Queue::Marks, kept.encode()?);
        let number = last.saturating_add(1);
        self.store.put_queued(queue, conversation, number, &bytes)
    }

    /// What is kept in a conversation, by age.
    fn kept(&self, conversation: ConversationId) -> Result<Vec<(u32, Kept)>, StoreError> {
        let rows = self.store.queued(Queue::Marks, conversation)?;
        let rows = rows.into_iter().map(|(number, bytes)| {
            let bytes = Zeroizing::new(bytes);
            Ok((number, Kept::decode(&bytes)?))
        });
        rows.collect()
    }

    /// Forgets what waited too long for its message, wherever that is.
    pub(in super::super) fn forget_kept(&mut self, now: Wall) -> Result<(), StoreError> {
        let groups = self.group_conversations().into_iter().map(|(at, _)| at);
        let everywhere = self.person_conversations().into_iter().chain(groups);
        for conversation in everywhere.collect::<Vec<_>>() {
            for (number, kept) in self.kept(conversation)? {
                if kept.is_over(now) {
                    let queue = Queue::Marks;
                    self.store.remove_queued(queue, conversation, number)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back_whole_and_damaged_rows_are_refused() {
        let kept = Kept {
            author: [1; 32],
            message_id: MessageId([2; 16]),
            written_at: Wall(u64::MAX),
            kept_at: Wall(1_795_000_000_000),
            items: vec![
                Item::Edit(MessageId([3; 16])),
                super::super::whole("at the bridge"),
            ],
        };
        let bytes = kept.encode().unwrap();
        assert_eq!(Kept::decode(&bytes).unwrap(), kept);
        for len in 0..bytes.len() {
            assert!(Kept::decode(&bytes[..len]).is_err());
        }
        let mut newer = bytes.to_vec();
        newer[0] = VERSION + 1;
        assert!(Kept::decode(&newer).is_err());
        assert!(kept.speaks_of(MessageId([3; 16])) && !kept.speaks_of(MessageId([2; 16])));
        let last = kept.kept_at.plus_ms(u64::from(DELETED_DAYS) * DAY_MS);
        assert!(!kept.is_over(last) && kept.is_over(last.plus_ms(1)));
    }
}
