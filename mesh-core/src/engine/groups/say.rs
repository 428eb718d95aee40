//! Own messages to a group: kept until exactly the members can read them, then sealed
//! once for all.

use zeroize::Zeroizing;

use crate::api::{Answer, CommandError};
use crate::crypto::seal::message_id;
use crate::limits::{GROUP_MENTIONS_MAX, GROUP_UNSEALED_MAX};
use crate::store::{MessageRow, OutboxRow, Queue, StoreError};
use crate::types::{ConversationId, Delivery, Lifetime, MessageClass, MessageId, Now, Wall};
use crate::wire::envelope::{Envelope, Header};
use crate::wire::inner::{Inner, KIND_ITEMS, Numbers};
use crate::wire::items::{self, CAME_ITEM_BYTES, Came, Item};

use super::super::marks::Outgoing;
use super::super::{Draft, Engine, EngineError, Profile};
use super::Due;
use super::cut::{cut, items_room};
use super::notes::Sent;
use super::unsealed::Unsealed;

impl Engine {
    /// A person wrote to a group.
    pub(in super::super) fn write_to_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        draft: &Draft,
    ) -> Result<Result<Answer, CommandError>, EngineError> {
        if draft.class != MessageClass::Text {
            return Ok(Err(CommandError::SosToPerson));
        }
        let Some(room) = profile.room(at) else {
            return Ok(Err(CommandError::UnknownConversation));
        };
        let roster = room.group.roster();
        if !draft.mentions.iter().all(|id| roster.contains_key(id)) {
            return Ok(Err(CommandError::UnknownMember));
        }
        if let Some(of) = draft.reply_to
            && profile.store.message(at, of)?.is_none()
        {
            return Ok(Err(CommandError::UnknownMessage));
        }
        let mut items: Vec<Item> = draft.reply_to.map(Item::Reply).into_iter().collect();
        let mentions = draft.mentions.iter().take(GROUP_MENTIONS_MAX);
        items.extend(mentions.map(|id| Item::Mention(*id)));
        let outgoing = Outgoing {
            text: draft.text.0.clone(),
            items,
            lifetime: draft.lifetime.unwrap_or_default(),
            expire: profile.timer_s(at)?.unwrap_or_default(),
            written_at: now.wall,
        };
        let said = self.say_in_group(now, profile, at, outgoing)?;
        Ok(said.map(|message_id| Answer::Sent { message_id }))
    }

    /// Says something in a group: a text, items, or both. What comes of it is shown here
    /// at once; the others have it when there are keys that exactly they have.
    pub(in super::super) fn say_in_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        outgoing: Outgoing,
    ) -> Result<Result<MessageId, CommandError>, EngineError> {
        let Outgoing {
            text,
            items,
            lifetime,
            expire,
            written_at,
        } = outgoing;
        if let Err(refused) = profile.may_say_in_group(at) {
            return Ok(Err(refused));
        }
        let name = profile.name.clone();
        let Some(room) = profile.room_mut(at) else {
            return Ok(Err(CommandError::UnknownConversation));
        };
        let Some(author) = room.gsk(&room.group.me()) else {
            return Ok(Err(CommandError::NotMember));
        };
        let mut drawn = MessageId([0; 16]);
        self.rng.fill_bytes(&mut drawn.0);
        room.notes.last_seq = room.notes.last_seq.saturating_add(1);
        let seq = room.notes.last_seq;
        let unsealed = Unsealed {
            message_id: message_id(&author, drawn),
            drawn,
            written_at,
            lifetime,
            text: Zeroizing::new(text),
            items,
            expire,
        };
        let row = MessageRow {
            conversation: at,
            message_id: unsealed.message_id,
            author,
            name,
            own: true,
            class: MessageClass::Text,
            text: unsealed.text.to_string(),
            written_at,
            received_at: now.wall,
            expires_at: now.wall.plus_ms(lifetime.ms()),
            state: Delivery::Waiting,
        };
        let bytes = unsealed.encode()?;
        let items = unsealed.items.clone();
        room.unsealed.insert(seq, unsealed);
        profile.store.put_queued(Queue::Unsealed, at, seq, &bytes)?;
        if !row.text.is_empty() {
            self.insert_said(now, profile, &row, &items, expire)?;
        }
        self.seal_waiting(now, profile, at)?;
        Ok(Ok(row.message_id))
    }

    /// Seals what waits, in order, if there are keys that exactly the members have and
    /// somebody is there to read it. What does not seal goes on waiting.
    pub(super) fn seal_waiting(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let room = profile.room(at);
        let waiting: Vec<u32> = room
            .iter()
            .flat_map(|it| it.unsealed.keys().copied())
            .collect();
        for seq in waiting {
            let Some(room) = profile.room(at).filter(|room| room.is_ready()) else {
                return Ok(());
            };
            let readers = room.group.who_can_read().len();
            let Some(unsealed) = room.unsealed.get(&seq).filter(|_| readers > 0).cloned() else {
                return Ok(());
            };
            if !self.seal_message(now, profile, at, seq, &unsealed)? {
                continue;
            }
            let Some(room) = profile.room_mut(at) else {
                return Ok(());
            };
            room.unsealed.remove(&seq);
            if !unsealed.text.is_empty() {
                room.notes.was_sent(Sent {
                    seq,
                    message_id: unsealed.message_id,
                    of: u16::try_from(readers).unwrap_or(u16::MAX),
                });
            }
            profile.store.remove_queued(Queue::Unsealed, at, seq)?;
        }
        Ok(())
    }

    /// Seals every piece of one message; with the last one goes what came of others.
    /// Whether it was sealed.
    fn seal_message(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        seq: u32,
        message: &Unsealed,
    ) -> Result<bool, EngineError> {
        let name = profile.name.clone();
        let items_bytes = items::encode(&message.items).len();
        let Some(pieces) = cut(&name, &message.text, items_bytes) else {
            return Ok(false);
        };
        let header = self.text_header(now, message.lifetime);
        let shown = match message.text.is_empty() {
            true => nothing(),
            false => message.message_id,
        };
        let last = pieces.len().saturating_sub(1);
        for (index, (envelope_bytes, part)) in pieces.into_iter().enumerate() {
            let mut items = message.items.clone();
            items.extend(part.map(Item::Text));
            if index == last {
                let used = items::encode(&items).len();
                let room = items_room(envelope_bytes, &name).saturating_sub(used);
                items.extend(profile.riders_of_group(at, room / CAME_ITEM_BYTES));
            }
            let inner = Inner {
                kind: KIND_ITEMS,
                message_id: message.drawn,
                sent: message.written_at,
                name: name.clone(),
                body: items::encode(&items),
                numbers: Numbers {
                    seq,
                    expire: message.expire,
                    ..Numbers::default()
                },
            };
            if !self.seal_inner(now, profile, (at, shown), header, envelope_bytes, &inner)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Seals one message of people and gives it to the outbox; whether it was sealed.
    pub(super) fn seal_inner(
        &mut self,
        now: Now,
        profile: &mut Profile,
        (at, message_id): (ConversationId, MessageId),
        header: Header,
        envelope_bytes: usize,
        inner: &Inner,
    ) -> Result<bool, EngineError> {
        let data = inner.encode().ok_or(StoreError::Malformed("a message"))?;
        let data = Zeroizing::new(data);
        let Some(room) = profile.room_mut(at) else {
            return Ok(false);
        };
        let rng = self.rng.as_mut();
        let sealed = room.group.seal(rng, header.encode(), envelope_bytes, &data);
        let Ok(envelope) = sealed else {
            return Ok(false);
        };
        self.send_sealed(now, profile, at, message_id, envelope)?;
        Ok(true)
    }

    /// A sealed envelope waits for its time to go out.
    pub(super) fn send_sealed(
        &mut self,
        now: Now,
        profile: &mut Profile,
        conversation: ConversationId,
        message_id: MessageId,
        sealed: Vec<u8>,
    ) -> Result<(), EngineError> {
        let envelope =
            Envelope::parse(sealed).map_err(|_| StoreError::Malformed("a sealed message"))?;
        let (id, body) = (envelope.id(), envelope.as_bytes().to_vec());
        profile.store.put_outbox(&OutboxRow {
            id,
            conversation,
            message_id,
            body,
        })?;
        profile.untaken.insert(id);
        self.hold(now, envelope);
        Ok(())
    }

    /// Members' messages came that nobody was told of: a message that only says so.
    pub(super) fn acknowledge_in_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let is_ready = profile.room(at).is_some_and(super::Room::is_ready);
        if !is_ready {
            return Ok(());
        }
        let size = crate::limits::ENVELOPE_BYTES_SMALL;
        let most = items_room(size, "") / CAME_ITEM_BYTES;
        let items = profile.riders_of_group(at, most);
        if items.is_empty() {
            return Ok(());
        }
        let mut drawn = MessageId([0; 16]);
        self.rng.fill_bytes(&mut drawn.0);
        let inner = Inner {
            kind: KIND_ITEMS,
            message_id: drawn,
            sent: now.wall,
            name: String::new(),
            body: items::encode(&items),
            numbers: Numbers::default(),
        };
        let header = self.text_header(now, Lifetime::Day);
        self.seal_inner(now, profile, (at, nothing()), header, size, &inner)?;
        if profile.room(at).is_some_and(super::Room::owes_word) {
            self.acknowledge_group_later(now, profile, at);
        }
        Ok(())
    }
}

impl Profile {
    /// Whether a group takes what we say in it; what is no group takes it.
    pub(in super::super) fn may_say_in_group(
        &self,
        at: ConversationId,
    ) -> Result<(), CommandError> {
        match self.room(at) {
            Some(room) if room.role().is_none() => Err(CommandError::NotMember),
            Some(room) if room.unsealed.len() >= GROUP_UNSEALED_MAX => Err(CommandError::Busy),
            _ => Ok(()),
        }
    }

    /// Whether an own message to a group waits for keys: nobody has it yet.
    pub(in super::super) fn waits(&self, at: ConversationId, message_id: MessageId) -> bool {
        let room = self.room(at);
        let mut waiting = room.iter().flat_map(|room| room.unsealed.values());
        waiting.any(|unsealed| unsealed.message_id == message_id)
    }

    /// Drops own messages that were written before this, of a group that is over all of
    /// them: nobody will read them, and they do not lie here for longer than they say.
    /// Their lines stay as they are, waiting.
    pub(super) fn forget_waiting(
        &mut self,
        at: ConversationId,
        oldest: Wall,
    ) -> Result<(), StoreError> {
        let Some(room) = self.groups.rooms.get_mut(&at) else {
            return Ok(());
        };
        let is_over = room.role().is_none();
        let goes = |_: &u32, it: &mut Unsealed| is_over || it.written_at < oldest;
        for (seq, _) in room.unsealed.extract_if(.., goes) {
            self.store.remove_queued(Queue::Unsealed, at, seq)?;
        }
        Ok(())
    }

    /// Takes a withdrawn text out of what waits for keys, with every change of it: what
    /// has a number goes out empty. Whether the text may have left.
    pub(in super::super) fn empty_unsealed(
        &mut self,
        at: ConversationId,
        message_id: MessageId,
    ) -> Result<bool, EngineError> {
        let Some(room) = self.groups.rooms.get_mut(&at) else {
            return Ok(true);
        };
        let change = Item::Edit(message_id);
        let mut may_have_left = true;
        for (seq, unsealed) in &mut room.unsealed {
            let is_it = unsealed.message_id == message_id;
            if is_it || unsealed.items.contains(&change) {
                may_have_left &= !is_it;
                unsealed.text = Zeroizing::default();
                unsealed.items.clear();
                let bytes = unsealed.encode()?;
                self.store.put_queued(Queue::Unsealed, at, *seq, &bytes)?;
            }
        }
        Ok(may_have_left)
    }

    /// What of members' messages came, as much as there is room for; they count as told.
    fn riders_of_group(&mut self, at: ConversationId, most: usize) -> Vec<Item> {
        let Some(room) = self.groups.rooms.get_mut(&at) else {
            return Vec::new();
        };
        let roster = room.group.roster();
        let members = room.notes.members.iter_mut();
        let owed = members.filter(|known| known.owes && roster.contains_key(&known.id));
        let riders: Vec<Item> = owed
            .take(most)
            .map(|known| {
                known.owes = false;
                let (ack_base, ack_bits) = known.came.told();
                Item::Came(Came {
                    author: known.id,
                    ack_base,
                    ack_bits,
                })
            })
            .collect();
        if !room.owes_word() {
            room.due.remove(&Due::Ack);
        }
        riders
    }
}

/// The message of an envelope that carries none of a person.
pub(super) fn nothing() -> MessageId {
    MessageId([0; 16])
}
