//! Keys of messages that were passed over and may still come.

use std::collections::VecDeque;

use crate::limits::{SESSION_SKIPPED_CHAINS_MAX, SESSION_SKIPPED_MAX, SESSION_SKIPPED_MS_MAX};
use crate::types::Wall;

use super::super::secret::Secret;
use super::{Position, Tag};

/// One message passed over. Its header key is not kept: what the header says is known
/// by then, and the body's seal covers its bytes.
pub(super) struct SkippedKey {
    pub(super) position: Position,
    /// Number of the message among all that its author sealed in the session.
    pub(super) seq: u32,
    /// When it was passed over.
    pub(super) since: Wall,
    pub(super) tag: Tag,
    pub(super) message_key: Secret<32>,
}

/// In order of position, which is the order in which they were passed over.
#[derive(Default)]
pub(super) struct SkippedKeys(VecDeque<SkippedKey>);

impl SkippedKeys {
    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &SkippedKey> {
        self.0.iter()
    }

    /// `None` also for a key whose time is over and that nobody erased yet.
    pub(super) fn get(&self, position: Position, now: Wall) -> Option<&SkippedKey> {
        let key = self.0.get(self.find(position)?)?;
        (!is_over(key.since, now)).then_some(key)
    }

    pub(super) fn contains(&self, position: Position) -> bool {
        self.find(position).is_some()
    }

    pub(super) fn remove(&mut self, position: Position) {
        if let Some(index) = self.find(position) {
            self.0.remove(index);
        }
    }

    /// Adds a key behind all others. Refused if it is not: only a damaged state asks
    /// for that.
    pub(super) fn push(&mut self, key: SkippedKey) -> bool {
        let is_last = self
            .0
            .back()
            .is_none_or(|last| last.position < key.position);
        if is_last {
            self.0.push_back(key);
        }
        is_last
    }

    /// Erases the oldest over a limit.
    pub(super) fn trim(&mut self) {
        while self.0.len() > SESSION_SKIPPED_MAX || self.chains() > SESSION_SKIPPED_CHAINS_MAX {
            self.0.pop_front();
        }
    }

    /// Erases those whose time is over. A stamp after `now` is of a clock that was
    /// ahead: its time begins again, or it would never be over.
    pub(super) fn expire(&mut self, now: Wall) {
        self.0.retain(|key| !is_over(key.since, now));
        self.0
            .iter_mut()
            .for_each(|key| key.since = key.since.min(now));
    }

    fn find(&self, position: Position) -> Option<usize> {
        self.0
            .binary_search_by_key(&position, |key| key.position)
            .ok()
    }

    /// Chains that have keys here.
    pub(super) fn chains(&self) -> usize {
        let mut count = 0;
        let mut last = None;
        for key in &self.0 {
            if last != Some(key.position.chain) {
                (count, last) = (count + 1, Some(key.position.chain));
            }
        }
        count
    }
}

fn is_over(since: Wall, now: Wall) -> bool {
    now.0.saturating_sub(since.0) >= SESSION_SKIPPED_MS_MAX
}
