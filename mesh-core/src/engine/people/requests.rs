//! What somebody who only asks may make us keep, and how they ask again.

use crate::crypto::knock::{Arrival, declined_id};
use crate::crypto::seal::message_id;
use crate::limits::{PREKEY_DAYS_KEPT, REQUEST_BYTES_MAX, REQUEST_MESSAGES_MAX};
use crate::store::StoreError;
use crate::types::{ContactId, Day, MessageId, Now, Standing};
use crate::wire::items::Item;

use super::super::Profile;
use super::contact_id;
use super::direct::{Incoming, decode, no_message};

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

    /// Notes what is declined with somebody: whoever records a knock may seal it again,
    /// and only what is new in it asks again.
    pub(super) fn remember_declined(&mut self, contact: ContactId) -> Result<(), StoreError> {
        let until = Day(self.today.0.saturating_add(PREKEY_DAYS_KEPT));
        let Some(person) = self.person(contact) else {
            return Ok(());
        };
        let conversation = person.row.conversation;
        let limit = u16::try_from(REQUEST_MESSAGES_MAX).unwrap_or(u16::MAX);
        let kept = self.store.timeline(conversation, None, limit)?;
        let (kept, _) = kept.unwrap_or_default();
        let early = person.early.values().map(|early| early.message_id);
        let mut ids: Vec<MessageId> = kept.iter().map(|row| row.message_id).collect();
        ids.extend(early.chain([no_message()]));
        let Some(people) = &self.people else {
            return Ok(());
        };
        let sessions = people.sessions.with(contact).iter();
        let live = sessions.filter_map(|session| people.sessions.get(session));
        for knock in live.map(|live| live.knock_hash) {
            for id in &ids {
                self.store.mark_knock(&declined_id(&knock, &id.0), until)?;
            }
        }
        Ok(())
    }

    /// Whether a known knock carries a text of somebody who was declined, and whom nobody
    /// declined for it.
    pub(super) fn asks_again(&self, now: Now, arrival: &Arrival) -> Result<bool, StoreError> {
        let knock = arrival.ephemeral_id();
        let declined = |id: MessageId| self.store.knows_knock(&declined_id(&knock, &id.0));
        if !declined(no_message())? {
            return Ok(false);
        }
        let people = self.people.as_ref();
        let secret = people.and_then(|people| people.secret_of(arrival.prekey_id(), now));
        let (Some(people), Some((secret, _))) = (people, secret) else {
            return Ok(false);
        };
        let Ok(opened) = arrival.answer(&people.identity, secret, now.wall) else {
            return Ok(false);
        };
        let is_known = people.persons.contains_key(&contact_id(&opened.card));
        let Some((inner, items)) = decode(&opened.data).filter(|_| !is_known) else {
            return Ok(false);
        };
        let says_something = items.iter().any(|item| item.text_part().is_some());
        let id = message_id(&opened.card.id(), inner.message_id);
        Ok(says_something && !declined(id)?)
    }
}
