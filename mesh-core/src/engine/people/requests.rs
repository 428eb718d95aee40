//! What somebody who only asks may make us keep.

use crate::limits::{REQUEST_BYTES_MAX, REQUEST_MESSAGES_MAX};
use crate::store::StoreError;
use crate::types::Standing;
use crate::wire::items::Item;

use super::super::Profile;
use super::direct::Incoming;

impl Profile {
    /// Whether there is room for a message. What is refused is not acknowledged either,
    /// so that its author sends it again once accepted.
    pub(super) fn has_room_for(&self, incoming: &Incoming) -> Result<bool, StoreError> {
        let person = self.person(incoming.contact);
        let Some(person) = person.filter(|person| person.row.standing == Standing::Asking) else {
            return Ok(true);
        };
        let conversation = person.row.conversation;
        let limit = u16::try_from(REQUEST_MESSAGES_MAX).unwrap_or(u16::MAX);
        let kept = self.store.timeline(conversation, None, limit)?;
        let (kept, _) = kept.unwrap_or_default();
        let early = person.early.values();
        let texts = kept.iter().map(|row| row.text.len() + row.name.len());
        let texts: usize = texts.chain(early.map(|early| early.text.len())).sum();
        let parts = incoming.items.iter().filter_map(Item::text_part);
        let more: usize = parts.map(|part| part.bytes.len()).sum();
        let pieces = self.store.part_bytes(conversation)?;
        let bytes = pieces.saturating_add((texts + more) as u64);
        let messages = kept.len() + person.early.len();
        Ok(messages < REQUEST_MESSAGES_MAX && bytes <= REQUEST_BYTES_MAX)
    }
}
