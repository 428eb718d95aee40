//! How far a conversation with one person has come, as kept in its contact row.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::limits::UNREAD_KEPT_MAX;
use crate::store::StoreError;
use crate::types::{Day, MessageId, Wall};
use crate::wire::codec;

use super::numbers::Received;

/// What must survive a restart, beside keys.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// The number that our next message gets, less one.
    pub(super) last_seq: u32,
    /// Which of theirs have come.
    pub(super) received: Received,
    /// Whether something of theirs was not acknowledged yet.
    pub(super) owes_ack: bool,
    /// Our name changed, or they never heard it: it rides along until this number of
    /// ours is acknowledged. 0 if they know it.
    pub(super) name_until: u32,
    /// Everything of theirs up to this number was on the screen.
    pub(super) read: u32,
    /// Up to which number they were told so.
    pub(super) read_told: u32,
    /// Own texts that came to them and were not said to be read, by number, as far as
    /// they may still be.
    pub(super) unread: BTreeMap<u32, MessageId>,
    /// When a person last wrote, read or accepted here: acknowledgements go sooner
    /// while a conversation goes on anyway.
    pub(super) active_at: Wall,
    /// The name under which our messages are counted, drawn when the first is written;
    /// 0 before.
    pub(super) numbering: u64,
    /// Whether they know it: what they acknowledge before is of another.
    pub(super) is_numbering_known: bool,
    /// Whether they still say theirs, and so wait to hear that we know it.
    pub(super) is_theirs_told: bool,
    /// Own messages with smaller numbers were given up or came; they may not know.
    pub(super) floor: u32,
    /// Knocks of theirs that began something on a day.
    pub(super) knocks: (Day, u8),
    /// Whether they were asking when they were blocked.
    pub(super) was_asking: bool,
    /// The name under which theirs are counted; 0 while unknown.
    pub(super) their_numbering: u64,
    /// The session in which they began anew, until a person goes on in it.
    pub(super) restarted_in: Option<[u8; 32]>,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            last_seq: 0,
            received: Received::default(),
            owes_ack: false,
            name_until: 0,
            read: 0,
            read_told: 0,
            unread: BTreeMap::new(),
            active_at: Wall(0),
            numbering: 0,
            is_numbering_known: false,
            is_theirs_told: false,
            floor: 0,
            knocks: (Day(0), 0),
            was_asking: false,
            their_numbering: 0,
            restarted_in: None,
        }
    }
}

/// The layout in the row: bincode in this order.
#[derive(Serialize, Deserialize)]
struct Layout<'a> {
    version: u8,
    last_seq: u32,
    missing: u32,
    ahead: &'a [u8],
    owes_ack: bool,
    name_until: u32,
    read: u32,
    read_told: u32,
    unread: &'a [u8],
    active_at: u64,
    numbering: u64,
    is_numbering_known: bool,
    is_theirs_told: bool,
    floor: u32,
    knocks: (u32, u8),
    was_asking: bool,
    their_numbering: u64,
    restarted_in: Option<[u8; 32]>,
}

const VERSION: u8 = 1;

impl Progress {
    /// As the store keeps it.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let ahead = self.received.ahead().flat_map(u32::to_le_bytes);
        let ahead: Vec<u8> = ahead.collect();
        let unread = self.unread.iter();
        let unread: Vec<u8> = unread
            .flat_map(|(seq, id)| seq.to_le_bytes().into_iter().chain(id.0))
            .collect();
        let layout = Layout {
            version: VERSION,
            last_seq: self.last_seq,
            missing: self.received.missing(),
            ahead: &ahead,
            owes_ack: self.owes_ack,
            name_until: self.name_until,
            read: self.read,
            read_told: self.read_told,
            unread: &unread,
            active_at: self.active_at.0,
            numbering: self.numbering,
            is_numbering_known: self.is_numbering_known,
            is_theirs_told: self.is_theirs_told,
            floor: self.floor,
            knocks: (self.knocks.0.0, self.knocks.1),
            was_asking: self.was_asking,
            their_numbering: self.their_numbering,
            restarted_in: self.restarted_in,
        };
        // 1,024 numbers and 256 rows at the most: below the limit.
        Zeroizing::new(codec::encode(&layout).unwrap_or_default())
    }

    /// From a row; one without any is of a conversation that begins.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let layout: Layout<'_> = codec::decode(bytes)
            .ok()
            .filter(|layout: &Layout<'_>| layout.version == VERSION)
            .ok_or(StoreError::Malformed("progress of a conversation"))?;
        Ok(Self {
            last_seq: layout.last_seq,
            received: Received::of(layout.missing, numbers(layout.ahead)),
            owes_ack: layout.owes_ack,
            name_until: layout.name_until,
            read: layout.read,
            read_told: layout.read_told,
            unread: unread(layout.unread),
            active_at: Wall(layout.active_at),
            numbering: layout.numbering,
            is_numbering_known: layout.is_numbering_known,
            is_theirs_told: layout.is_theirs_told,
            floor: layout.floor,
            knocks: (Day(layout.knocks.0), layout.knocks.1),
            was_asking: layout.was_asking,
            their_numbering: layout.their_numbering,
            restarted_in: layout.restarted_in,
        })
    }

    /// They count their messages under another name: those from before mean nothing any
    /// more.
    pub(super) fn count_theirs_anew(&mut self, name: u64) {
        self.their_numbering = name;
        self.received = Received::default();
        (self.read, self.read_told) = (0, 0);
    }

    /// We count ours under another name.
    pub(super) fn count_ours_anew(&mut self, name: u64) {
        self.numbering = name;
        self.is_numbering_known = false;
        (self.last_seq, self.floor) = (0, 0);
        self.unread.clear();
        if self.name_until != 0 {
            self.name_until = u32::MAX;
        }
    }

    /// One of ours came to them. Remembers it until they have read it, for a while.
    pub(super) fn came_to_them(&mut self, seq: u32, message_id: MessageId) {
        self.unread.insert(seq, message_id);
        while self.unread.len() > UNREAD_KEPT_MAX {
            self.unread.pop_first();
        }
    }

    /// They read everything of ours up to a number: which messages that is news of.
    pub(super) fn take_read(&mut self, up_to: u32) -> Vec<MessageId> {
        let later = self.unread.split_off(&up_to.saturating_add(1));
        let read = core::mem::replace(&mut self.unread, later);
        read.into_values().collect()
    }

    /// The number of our next message.
    pub(super) fn next_seq(&mut self) -> u32 {
        self.last_seq = self.last_seq.saturating_add(1);
        self.last_seq
    }
}

/// Numbers, u32 each.
fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    let rows = bytes.as_chunks::<4>().0;
    rows.iter().map(|row| u32::from_le_bytes(*row))
}

/// Rows of `number u32 ‖ message id 16`.
fn unread(bytes: &[u8]) -> BTreeMap<u32, MessageId> {
    let rows = bytes.as_chunks::<20>().0;
    let row = |row: &[u8; 20]| {
        let (seq, id) = row.split_first_chunk::<4>()?;
        let id: [u8; 16] = id.try_into().ok()?;
        Some((u32::from_le_bytes(*seq), MessageId(id)))
    };
    rows.iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_comes_back_whole_and_damaged_rows_are_refused() {
        let mut progress = Progress {
            last_seq: 70_000,
            owes_ack: true,
            name_until: 9,
            read: 3,
            read_told: 2,
            unread: BTreeMap::from([(7, MessageId([8; 16])), (300, MessageId([9; 16]))]),
            active_at: Wall(1_795_000_000_000),
            numbering: 77,
            is_numbering_known: true,
            is_theirs_told: true,
            floor: 5,
            knocks: (Day(9), 2),
            was_asking: true,
            their_numbering: 78,
            restarted_in: Some([1; 32]),
            ..Progress::default()
        };
        progress.received.note(3);
        let bytes = progress.encode();
        assert_eq!(Progress::decode(&bytes).unwrap(), progress);
        for len in 1..bytes.len() {
            assert!(Progress::decode(&bytes[..len]).is_err());
        }
        assert_eq!(Progress::decode(&[]).unwrap(), Progress::default());
        assert_eq!(progress.next_seq(), 70_001);
    }

    #[test]
    fn what_was_read_is_told_once_and_only_the_newest_wait_for_it() {
        let mut progress = Progress::default();
        let id = |seq: u32| MessageId([u8::try_from(seq % 251).unwrap(); 16]);
        let last = u32::try_from(UNREAD_KEPT_MAX).unwrap() + 3;
        (1..=last).for_each(|seq| progress.came_to_them(seq, id(seq)));
        assert_eq!(progress.unread.len(), UNREAD_KEPT_MAX);
        assert_eq!(progress.take_read(5), [id(4), id(5)]);
        assert_eq!(progress.take_read(5), []);
        assert_eq!(progress.take_read(u32::MAX).len(), UNREAD_KEPT_MAX - 2);
    }
}
