//! People in memory.

use super::profile::{MemoryProfile, in_order};
use super::ring::Ring;
use super::table::Table;
use crate::store::{ContactRow, PeopleStore, PrekeyRow, Queue, SessionRow, Setting, StoreError};
use crate::types::{ContactId, ConversationId, Day};

/// Tables of what is kept of people.
#[derive(Clone, Default)]
pub(super) struct People {
    contacts: Table<ContactId, (u64, ContactRow)>,
    sessions: Table<[u8; 32], (u64, SessionRow)>,
    prekeys: Table<Day, PrekeyRow>,
    knocks: Ring<[u8; 32]>,
    queues: Table<(ConversationId, Queue, u32), Vec<u8>>,
    settings: Table<Setting, Vec<u8>>,
}

impl People {
    pub(super) fn commit(&mut self) {
        self.contacts.commit();
        self.sessions.commit();
        self.prekeys.commit();
        self.knocks.commit();
        self.queues.commit();
        self.settings.commit();
    }

    pub(super) fn rollback(&mut self) {
        self.contacts.rollback();
        self.sessions.rollback();
        self.prekeys.rollback();
        self.knocks.rollback();
        self.queues.rollback();
        self.settings.rollback();
    }

    /// Empties the queues of a conversation.
    pub(super) fn remove_queues(&mut self, conversation: ConversationId) {
        self.queues.remove_where(|key, _| key.0 == conversation);
    }

    /// Forgets knocks of days before `day`.
    pub(super) fn prune(&mut self, day: Day) {
        self.knocks.prune(day);
    }
}

impl PeopleStore for MemoryProfile {
    fn contacts(&self) -> Result<Vec<ContactRow>, StoreError> {
        Ok(in_order(self.people.contacts.iter().map(|(_, row)| row)))
    }

    fn put_contact(&mut self, row: &ContactRow) -> Result<(), StoreError> {
        self.gate.write()?;
        let order = match self.people.contacts.get(&row.contact) {
            Some((order, _)) => *order,
            None => self.order(),
        };
        self.people.contacts.put(row.contact, (order, row.clone()));
        Ok(())
    }

    fn remove_contact(&mut self, contact: ContactId) -> Result<(), StoreError> {
        self.gate.write()?;
        self.people.contacts.remove(&contact);
        self.people
            .sessions
            .remove_where(|_, (_, row)| row.contact == contact);
        Ok(())
    }

    fn sessions(&self) -> Result<Vec<SessionRow>, StoreError> {
        Ok(in_order(self.people.sessions.iter().map(|(_, row)| row)))
    }

    fn put_session(&mut self, row: &SessionRow) -> Result<(), StoreError> {
        self.gate.write()?;
        let (order, contact) = match self.people.sessions.get(&row.session) {
            Some((order, before)) => (*order, before.contact),
            None => (self.order(), row.contact),
        };
        let kept = SessionRow {
            contact,
            ..row.clone()
        };
        self.people.sessions.put(row.session, (order, kept));
        Ok(())
    }

    fn remove_session(&mut self, session: &[u8; 32]) -> Result<(), StoreError> {
        self.gate.write()?;
        self.people.sessions.remove(session);
        Ok(())
    }

    fn prekeys(&self) -> Result<Vec<PrekeyRow>, StoreError> {
        let rows = self.people.prekeys.iter().map(|(_, row)| row.clone());
        Ok(rows.collect())
    }

    fn put_prekey(&mut self, row: &PrekeyRow) -> Result<(), StoreError> {
        self.gate.write()?;
        self.people.prekeys.put(row.day, row.clone());
        Ok(())
    }

    fn erase_prekeys(&mut self, day: Day) -> Result<(), StoreError> {
        self.gate.write()?;
        self.people.prekeys.remove_where(|of, _| *of < day);
        Ok(())
    }

    fn mark_knock(&mut self, hash: &[u8; 32], until: Day) -> Result<(), StoreError> {
        self.gate.write()?;
        if !self.people.knocks.contains(hash) {
            self.people.knocks.mark(*hash, until, self.bounds.knocks);
        }
        Ok(())
    }

    fn knows_knock(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.people.knocks.contains(hash))
    }

    fn queued(
        &self,
        queue: Queue,
        conversation: ConversationId,
    ) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        let all = (conversation, queue, 0)..=(conversation, queue, u32::MAX);
        let rows = self.people.queues.range(all);
        Ok(rows
            .map(|((_, _, number), bytes)| (*number, bytes.clone()))
            .collect())
    }

    fn put_queued(
        &mut self,
        queue: Queue,
        conversation: ConversationId,
        number: u32,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.gate.write()?;
        let key = (conversation, queue, number);
        self.people.queues.put(key, bytes.to_vec());
        Ok(())
    }

    fn remove_queued(
        &mut self,
        queue: Queue,
        conversation: ConversationId,
        number: u32,
    ) -> Result<(), StoreError> {
        self.gate.write()?;
        self.people.queues.remove(&(conversation, queue, number));
        Ok(())
    }

    fn setting(&self, setting: Setting) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.people.settings.get(&setting).cloned())
    }

    fn set_setting(&mut self, setting: Setting, value: &[u8]) -> Result<(), StoreError> {
        self.gate.write()?;
        self.people.settings.put(setting, value.to_vec());
        Ok(())
    }
}
