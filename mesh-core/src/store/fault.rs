//! A store that breaks when it is told to (feature "testing").

use super::{
    ContactRow, ConversationRow, GroupRow, GroupStore, IdentityRow, MarksRow, MarksStore,
    MessageRef, MessageRow, OutboxRow, PartRow, PeopleStore, PrekeyRow, ProfileStore, Queue,
    ReactionRow, RelayMeta, RelayStore, SessionRow, Setting, StoreError, Taken, TimelinePage,
    Transact,
};
use crate::types::{ContactId, ConversationId, Day, Delivery, EnvelopeId, MessageId, Wall};
use crate::wire::items::Timer;

/// Wraps a store and fails at one write or commit, and at everything afterwards.
///
/// The call that fails does not reach the store within: whoever continues has to
/// open again, and must find the last commit.
pub struct FaultStore<S> {
    inner: S,
    writes_left: u64,
    poisoned: bool,
}

impl<S> FaultStore<S> {
    /// Fails at the `fail_at`-th write or commit, counted from 1; never if 0.
    pub fn new(inner: S, fail_at: u64) -> Self {
        Self {
            inner,
            writes_left: fail_at.checked_sub(1).unwrap_or(u64::MAX),
            poisoned: false,
        }
    }

    /// The store within, as the failure left it: drop it and open again, or take
    /// its snapshot.
    pub fn into_inner(self) -> S {
        self.inner
    }

    /// Whether it has failed.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    fn read(&self) -> Result<&S, StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        Ok(&self.inner)
    }

    fn write(&mut self) -> Result<&mut S, StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        if self.writes_left == 0 {
            self.poisoned = true;
            return Err(StoreError::Io("failed on purpose".to_owned()));
        }
        self.writes_left -= 1;
        Ok(&mut self.inner)
    }
}

impl<S: Transact> Transact for FaultStore<S> {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.read()?;
        self.inner.begin()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.write()?.commit()
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.read()?;
        self.inner.rollback()
    }
}

impl<S: RelayStore> RelayStore for FaultStore<S> {
    fn insert(&mut self, meta: &RelayMeta, body: &[u8]) -> Result<bool, StoreError> {
        self.write()?.insert(meta, body)
    }

    fn body(&self, id: EnvelopeId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read()?.body(id)
    }

    fn evict(&mut self, id: EnvelopeId) -> Result<(), StoreError> {
        self.write()?.evict(id)
    }

    fn forget(&mut self, id: EnvelopeId) -> Result<(), StoreError> {
        self.write()?.forget(id)
    }

    fn load(&self) -> Result<Vec<RelayMeta>, StoreError> {
        self.read()?.load()
    }
}

impl<S: ProfileStore> ProfileStore for FaultStore<S> {
    fn identity(&self) -> Result<Option<IdentityRow>, StoreError> {
        self.read()?.identity()
    }

    fn set_identity(&mut self, identity: &IdentityRow) -> Result<(), StoreError> {
        self.write()?.set_identity(identity)
    }

    fn conversations(&self) -> Result<Vec<ConversationRow>, StoreError> {
        self.read()?.conversations()
    }

    fn add_conversation(&mut self, row: &ConversationRow) -> Result<(), StoreError> {
        self.write()?.add_conversation(row)
    }

    fn remove_conversation(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        self.write()?.remove_conversation(conversation)
    }

    fn forget_conversation(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        self.write()?.forget_conversation(conversation)
    }

    fn insert_message(&mut self, row: &MessageRow) -> Result<bool, StoreError> {
        self.write()?.insert_message(row)
    }

    fn message(
        &self,
        conversation: ConversationId,
        message_id: MessageId,
    ) -> Result<Option<MessageRow>, StoreError> {
        self.read()?.message(conversation, message_id)
    }

    fn remove_message(
        &mut self,
        conversation: ConversationId,
        author: &[u8; 32],
        message_id: MessageId,
    ) -> Result<bool, StoreError> {
        self.write()?
            .remove_message(conversation, author, message_id)
    }

    fn set_state(
        &mut self,
        conversation: ConversationId,
        message_id: MessageId,
        state: Delivery,
    ) -> Result<(), StoreError> {
        self.write()?.set_state(conversation, message_id, state)
    }

    fn timeline(
        &self,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: u16,
    ) -> Result<Option<TimelinePage>, StoreError> {
        self.read()?.timeline(conversation, before, limit)
    }

    fn unread(&self, conversation: ConversationId) -> Result<u32, StoreError> {
        self.read()?.unread(conversation)
    }

    fn mark_seen(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        self.write()?.mark_seen(conversation)
    }

    fn put_part(&mut self, row: &PartRow) -> Result<Vec<PartRow>, StoreError> {
        self.write()?.put_part(row)
    }

    fn part_bytes(&self, conversation: ConversationId) -> Result<u64, StoreError> {
        self.read()?.part_bytes(conversation)
    }

    fn remove_parts(
        &mut self,
        conversation: ConversationId,
        author: &[u8; 32],
        message_id: MessageId,
    ) -> Result<(), StoreError> {
        self.write()?.remove_parts(conversation, author, message_id)
    }

    fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        self.read()?.outbox()
    }

    fn put_outbox(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        self.write()?.put_outbox(row)
    }

    fn take_outbox(&mut self, id: EnvelopeId) -> Result<Option<Taken>, StoreError> {
        self.write()?.take_outbox(id)
    }

    fn mark_opened(&mut self, id: EnvelopeId, until: Day) -> Result<(), StoreError> {
        self.write()?.mark_opened(id, until)
    }

    fn opened(&self) -> Result<Vec<EnvelopeId>, StoreError> {
        self.read()?.opened()
    }

    fn prune(&mut self, day: Day) -> Result<(), StoreError> {
        self.write()?.prune(day)
    }
}

impl<S: PeopleStore> PeopleStore for FaultStore<S> {
    fn contacts(&self) -> Result<Vec<ContactRow>, StoreError> {
        self.read()?.contacts()
    }

    fn put_contact(&mut self, row: &ContactRow) -> Result<(), StoreError> {
        self.write()?.put_contact(row)
    }

    fn remove_contact(&mut self, contact: ContactId) -> Result<(), StoreError> {
        self.write()?.remove_contact(contact)
    }

    fn sessions(&self) -> Result<Vec<SessionRow>, StoreError> {
        self.read()?.sessions()
    }

    fn put_session(&mut self, row: &SessionRow) -> Result<(), StoreError> {
        self.write()?.put_session(row)
    }

    fn remove_session(&mut self, session: &[u8; 32]) -> Result<(), StoreError> {
        self.write()?.remove_session(session)
    }

    fn prekeys(&self) -> Result<Vec<PrekeyRow>, StoreError> {
        self.read()?.prekeys()
    }

    fn put_prekey(&mut self, row: &PrekeyRow) -> Result<(), StoreError> {
        self.write()?.put_prekey(row)
    }

    fn erase_prekeys(&mut self, day: Day) -> Result<(), StoreError> {
        self.write()?.erase_prekeys(day)
    }

    fn mark_knock(&mut self, hash: &[u8; 32], until: Day) -> Result<(), StoreError> {
        self.write()?.mark_knock(hash, until)
    }

    fn knows_knock(&self, hash: &[u8; 32]) -> Result<bool, StoreError> {
        self.read()?.knows_knock(hash)
    }

    fn queued(
        &self,
        queue: Queue,
        conversation: ConversationId,
    ) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
        self.read()?.queued(queue, conversation)
    }

    fn put_queued(
        &mut self,
        queue: Queue,
        conversation: ConversationId,
        number: u32,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        self.write()?.put_queued(queue, conversation, number, bytes)
    }

    fn remove_queued(
        &mut self,
        queue: Queue,
        conversation: ConversationId,
        number: u32,
    ) -> Result<(), StoreError> {
        self.write()?.remove_queued(queue, conversation, number)
    }

    fn setting(&self, setting: Setting) -> Result<Option<Vec<u8>>, StoreError> {
        self.read()?.setting(setting)
    }

    fn set_setting(&mut self, setting: Setting, value: &[u8]) -> Result<(), StoreError> {
        self.write()?.set_setting(setting, value)
    }
}

impl<S: MarksStore> MarksStore for FaultStore<S> {
    fn marks(&self, of: &MessageRef) -> Result<Option<MarksRow>, StoreError> {
        self.read()?.marks(of)
    }

    fn set_marks(&mut self, of: &MessageRef, row: &MarksRow) -> Result<bool, StoreError> {
        self.write()?.set_marks(of, row)
    }

    fn set_text(&mut self, of: &MessageRef, text: &str) -> Result<bool, StoreError> {
        self.write()?.set_text(of, text)
    }

    fn reactions(&self, of: &MessageRef) -> Result<Vec<ReactionRow>, StoreError> {
        self.read()?.reactions(of)
    }

    fn put_reaction(&mut self, of: &MessageRef, row: &ReactionRow) -> Result<bool, StoreError> {
        self.write()?.put_reaction(of, row)
    }

    fn remove_reactions(&mut self, of: &MessageRef) -> Result<(), StoreError> {
        self.write()?.remove_reactions(of)
    }

    fn start_timers(
        &mut self,
        conversation: ConversationId,
        now: Wall,
    ) -> Result<Vec<MessageRef>, StoreError> {
        self.write()?.start_timers(conversation, now)
    }

    fn disappearing(&self, now: Wall, limit: u16) -> Result<Vec<MessageRef>, StoreError> {
        self.read()?.disappearing(now, limit)
    }

    fn next_to_disappear(&self) -> Result<Option<Wall>, StoreError> {
        self.read()?.next_to_disappear()
    }

    fn limit_deadlines(&mut self, now: Wall) -> Result<(), StoreError> {
        self.write()?.limit_deadlines(now)
    }

    fn timer(&self, conversation: ConversationId) -> Result<Option<Timer>, StoreError> {
        self.read()?.timer(conversation)
    }

    fn set_timer(&mut self, conversation: ConversationId, timer: Timer) -> Result<(), StoreError> {
        self.write()?.set_timer(conversation, timer)
    }
}

impl<S: GroupStore> GroupStore for FaultStore<S> {
    fn groups(&self) -> Result<Vec<GroupRow>, StoreError> {
        self.read()?.groups()
    }

    fn put_group(&mut self, row: &GroupRow) -> Result<(), StoreError> {
        self.write()?.put_group(row)
    }
}
