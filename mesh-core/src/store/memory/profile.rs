//! One person's own things in memory.

use std::collections::BTreeMap;

use super::Gate;
use super::history::History;
use super::marks::Marks;
use super::people::People;
use super::ring::Ring;
use super::table::Table;
use crate::limits::PARTIAL_MESSAGES_MAX;
use crate::store::{
    Bounds, ConversationRow, GroupRow, IdentityRow, MessageRow, OutboxRow, PartRow, ProfileStore,
    StoreError, Taken, TimelinePage, Transact, deleted_key, history_bytes,
};
use crate::types::{ConversationId, Day, Delivery, EnvelopeId, MessageId};

/// What messages are unique by: where, who signed, and the number they drew.
type MessageKey = (ConversationId, [u8; 32], MessageId);

/// A message some of whose pieces are here.
#[derive(Clone)]
struct Partial {
    /// Place of its first piece among all that was put.
    order: u64,
    pieces: BTreeMap<u8, PartRow>,
}

/// A profile store in memory.
#[derive(Clone, Default)]
pub struct MemoryProfile {
    pub(super) bounds: Bounds,
    pub(super) gate: Gate,
    /// Numbers everything that has an order; never runs backwards.
    order_next: u64,
    identity: Table<(), IdentityRow>,
    conversations: Table<ConversationId, (u64, ConversationRow)>,
    pub(super) messages: Table<(ConversationId, u64), MessageRow>,
    pub(super) message_keys: Table<MessageKey, u64>,
    pub(super) message_ids: Table<(ConversationId, MessageId, u64), ()>,
    pub(super) history: Table<ConversationId, History>,
    seen: Table<ConversationId, u64>,
    pub(super) deleted: Ring<[u8; 16]>,
    partials: Table<MessageKey, Partial>,
    outbox: Table<EnvelopeId, (u64, OutboxRow)>,
    opened: Ring<EnvelopeId>,
    pub(super) people: People,
    pub(super) marks: Marks,
    pub(super) groups: Table<ConversationId, (u64, GroupRow)>,
}

/// What a profile store held at its last commit.
#[derive(Clone)]
pub struct ProfileSnapshot(MemoryProfile);

/// Does the same to every table; they have different types, so no list can hold them.
macro_rules! each_table {
    ($store:expr, $method:ident) => {{
        $store.identity.$method();
        $store.conversations.$method();
        $store.messages.$method();
        $store.message_keys.$method();
        $store.message_ids.$method();
        $store.history.$method();
        $store.seen.$method();
        $store.deleted.$method();
        $store.partials.$method();
        $store.outbox.$method();
        $store.opened.$method();
        $store.people.$method();
        $store.marks.$method();
        $store.groups.$method();
    }};
}

impl MemoryProfile {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty store that keeps less, or more.
    #[must_use]
    pub fn bounded(bounds: Bounds) -> Self {
        Self {
            bounds,
            ..Self::default()
        }
    }

    /// A store as it comes up after a crash: the state of the last commit.
    #[must_use]
    pub fn restore(snapshot: &ProfileSnapshot) -> Self {
        snapshot.0.clone()
    }

    /// What a crash now would leave; an open transaction is not in it.
    #[must_use]
    pub fn snapshot(&self) -> ProfileSnapshot {
        let mut copy = self.clone();
        copy.undo();
        ProfileSnapshot(copy)
    }

    fn undo(&mut self) {
        self.gate.open = false;
        each_table!(self, rollback);
    }

    /// The next place in every order.
    pub(super) fn order(&mut self) -> u64 {
        self.order_next = self.order_next.saturating_add(1);
        self.order_next
    }

    /// Places of all messages of a conversation.
    fn orders_in(&self, conversation: ConversationId) -> Vec<u64> {
        let messages = self.messages_after(conversation, 0);
        messages.map(|(order, _)| order).collect()
    }

    fn drop_oldest_partials(&mut self, conversation: ConversationId) {
        let mut oldest: Vec<(u64, MessageKey)> = self
            .partials
            .range(partials_of(conversation))
            .map(|(key, partial)| (partial.order, *key))
            .collect();
        oldest.sort_unstable();
        let surplus = oldest.len().saturating_sub(PARTIAL_MESSAGES_MAX);
        for (_, key) in oldest.into_iter().take(surplus) {
            self.partials.remove(&key);
        }
    }
}

/// Keys of all messages that a conversation may have.
fn partials_of(conversation: ConversationId) -> core::ops::RangeInclusive<MessageKey> {
    let first = (conversation, [0; 32], MessageId([0; 16]));
    let last = (conversation, [u8::MAX; 32], MessageId([u8::MAX; 16]));
    first..=last
}

/// Values in the order of the numbers beside them.
pub(super) fn in_order<'a, V: Clone + 'a>(rows: impl Iterator<Item = &'a (u64, V)>) -> Vec<V> {
    let ordered: BTreeMap<u64, &V> = rows.map(|(order, row)| (*order, row)).collect();
    ordered.into_values().cloned().collect()
}

impl Transact for MemoryProfile {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.gate.begin()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.gate.commit()?;
        each_table!(self, commit);
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.undo();
        Ok(())
    }
}

impl ProfileStore for MemoryProfile {
    fn identity(&self) -> Result<Option<IdentityRow>, StoreError> {
        Ok(self.identity.get(&()).cloned())
    }

    fn set_identity(&mut self, identity: &IdentityRow) -> Result<(), StoreError> {
        self.gate.write()?;
        self.identity.put((), identity.clone());
        Ok(())
    }

    fn conversations(&self) -> Result<Vec<ConversationRow>, StoreError> {
        Ok(in_order(self.conversations.iter().map(|(_, row)| row)))
    }

    fn add_conversation(&mut self, row: &ConversationRow) -> Result<(), StoreError> {
        self.gate.write()?;
        if !self.conversations.contains(&row.conversation) {
            let order = self.order();
            self.conversations
                .put(row.conversation, (order, row.clone()));
        }
        Ok(())
    }

    fn remove_conversation(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        self.gate.write()?;
        for order in self.orders_in(conversation) {
            self.delete_message(conversation, order);
        }
        self.forget_conversation(conversation)
    }

    fn forget_conversation(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        self.gate.write()?;
        for order in self.orders_in(conversation) {
            self.forget_message(conversation, order);
        }
        self.conversations.remove(&conversation);
        self.history.remove(&conversation);
        self.seen.remove(&conversation);
        self.partials.remove_where(|key, _| key.0 == conversation);
        self.outbox
            .remove_where(|_, (_, row)| row.conversation == conversation);
        self.people.remove_queues(conversation);
        self.marks.remove_timer(conversation);
        self.groups.remove(&conversation);
        Ok(())
    }

    fn insert_message(&mut self, row: &MessageRow) -> Result<bool, StoreError> {
        self.gate.write()?;
        let key = (row.conversation, row.author, row.message_id);
        let deleted = deleted_key(row.conversation, &row.author, row.message_id);
        if self.message_keys.contains(&key) || self.deleted.contains(&deleted) {
            return Ok(false);
        }
        let order = self.order();
        self.message_keys.put(key, order);
        self.message_ids
            .put((row.conversation, row.message_id, order), ());
        self.messages.put((row.conversation, order), row.clone());
        if !row.own {
            let history = self.history.get(&row.conversation).copied();
            let mut history = history.unwrap_or_default();
            history.messages += 1;
            history.bytes += history_bytes(row);
            self.history.put(row.conversation, history);
            self.drop_oldest_of_others(row.conversation);
        }
        Ok(true)
    }

    fn message(
        &self,
        conversation: ConversationId,
        message_id: MessageId,
    ) -> Result<Option<MessageRow>, StoreError> {
        let orders = self.orders_of(conversation, message_id);
        let first = orders.first().map(|order| (conversation, *order));
        Ok(first.and_then(|key| self.messages.get(&key).cloned()))
    }

    fn remove_message(
        &mut self,
        conversation: ConversationId,
        author: &[u8; 32],
        message_id: MessageId,
    ) -> Result<bool, StoreError> {
        self.gate.write()?;
        let key = (conversation, *author, message_id);
        let Some(order) = self.message_keys.get(&key).copied() else {
            return Ok(false);
        };
        self.delete_message(conversation, order);
        Ok(true)
    }

    fn set_state(
        &mut self,
        conversation: ConversationId,
        message_id: MessageId,
        state: Delivery,
    ) -> Result<(), StoreError> {
        self.gate.write()?;
        for order in self.orders_of(conversation, message_id) {
            let key = (conversation, order);
            if let Some(mut row) = self.messages.get(&key).filter(|row| row.own).cloned() {
                row.state = state;
                self.messages.put(key, row);
            }
        }
        Ok(())
    }

    fn timeline(
        &self,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: u16,
    ) -> Result<Option<TimelinePage>, StoreError> {
        let end = match before {
            None => u64::MAX,
            Some(message_id) => match self.orders_of(conversation, message_id).first() {
                None => return Ok(None),
                Some(order) => *order,
            },
        };
        let mut older = self
            .messages
            .range((conversation, 0)..(conversation, end))
            .rev();
        let mut page: Vec<MessageRow> = older
            .by_ref()
            .take(usize::from(limit))
            .map(|(_, row)| row.clone())
            .collect();
        page.reverse();
        Ok(Some((page, older.next().is_some())))
    }

    fn unread(&self, conversation: ConversationId) -> Result<u32, StoreError> {
        let seen = self.seen.get(&conversation).copied().unwrap_or_default();
        let others = self
            .messages_after(conversation, seen)
            .filter(|(_, row)| !row.own);
        Ok(u32::try_from(others.count()).unwrap_or(u32::MAX))
    }

    fn mark_seen(&mut self, conversation: ConversationId) -> Result<(), StoreError> {
        self.gate.write()?;
        let newest = self.messages_after(conversation, 0).next_back();
        if let Some((order, _)) = newest {
            self.seen.put(conversation, order);
        }
        Ok(())
    }

    fn put_part(&mut self, row: &PartRow) -> Result<Vec<PartRow>, StoreError> {
        self.gate.write()?;
        let key = (row.conversation, row.author, row.message_id);
        let mut partial = match self.partials.get(&key) {
            Some(partial) => partial.clone(),
            None => Partial {
                order: self.order(),
                pieces: BTreeMap::new(),
            },
        };
        partial
            .pieces
            .entry(row.index)
            .or_insert_with(|| row.clone());
        let pieces = partial.pieces.values().cloned().collect();
        self.partials.put(key, partial);
        self.drop_oldest_partials(row.conversation);
        Ok(pieces)
    }

    fn part_bytes(&self, conversation: ConversationId) -> Result<u64, StoreError> {
        let partials = self.partials.range(partials_of(conversation));
        let pieces = partials.flat_map(|(_, partial)| partial.pieces.values());
        Ok(pieces.map(|piece| piece.bytes.len() as u64).sum())
    }

    fn remove_parts(
        &mut self,
        conversation: ConversationId,
        author: &[u8; 32],
        message_id: MessageId,
    ) -> Result<(), StoreError> {
        self.gate.write()?;
        self.partials.remove(&(conversation, *author, message_id));
        Ok(())
    }

    fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        Ok(in_order(self.outbox.iter().map(|(_, row)| row)))
    }

    fn put_outbox(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        self.gate.write()?;
        if !self.outbox.contains(&row.id) {
            let order = self.order();
            self.outbox.put(row.id, (order, row.clone()));
        }
        Ok(())
    }

    fn take_outbox(&mut self, id: EnvelopeId) -> Result<Option<Taken>, StoreError> {
        self.gate.write()?;
        let Some((_, row)) = self.outbox.remove(&id) else {
            return Ok(None);
        };
        let (conversation, message_id) = (row.conversation, row.message_id);
        let mut left = self.outbox.iter().map(|(_, (_, other))| other);
        let is_left =
            left.any(|other| (other.conversation, other.message_id) == (conversation, message_id));
        Ok(Some(Taken {
            conversation,
            message_id,
            is_last: !is_left,
        }))
    }

    fn mark_opened(&mut self, id: EnvelopeId, until: Day) -> Result<(), StoreError> {
        self.gate.write()?;
        self.opened.mark(id, until, self.bounds.opened_ids);
        Ok(())
    }

    fn opened(&self) -> Result<Vec<EnvelopeId>, StoreError> {
        Ok(self.opened.keys())
    }

    fn prune(&mut self, day: Day) -> Result<(), StoreError> {
        self.gate.write()?;
        self.opened.prune(day);
        self.deleted.prune(day);
        self.people.prune(day);
        Ok(())
    }
}
