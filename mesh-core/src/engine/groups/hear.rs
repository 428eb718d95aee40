//! From an opened message of a member to a line in the conversation.
//!
//! A block is enforced here and nowhere else: whatever a blocked contact writes in a
//! group passes [`Engine::hear`] before anything is kept or told.

use crate::api::Event;
use crate::crypto::group::{Control, Eid, MemberId, Purpose};
use crate::crypto::names::are_confusable;
use crate::crypto::seal::message_id;
use crate::limits::{ACK_LATER_MS, GROUP_ACK_MEMBERS_MAX};
use crate::store::{MessageRow, PartRow, StoreError};
use crate::types::{ConversationId, Delivery, MessageClass, MessageId, Now, Reach, Standing};
use crate::wire::envelope::Envelope;
use crate::wire::inner::{Inner, KIND_ITEMS, TextPart};
use crate::wire::items::{self, Came, Item};

use super::super::compose::join_parts;
use super::super::marks::Said;
use super::super::{Engine, EngineError, Profile};
use super::{Due, Room};

/// What a member's envelope holds.
enum Heard {
    /// A message of people.
    Said(Inner, Vec<Item>),
    /// A control message.
    Told(Control),
}

impl Heard {
    /// What was sealed for one purpose means nothing in the other: a signature does not
    /// say for which it was made.
    fn decode(purpose: Purpose, data: &[u8]) -> Option<Self> {
        match purpose {
            Purpose::Control => Control::decode(data).map(Self::Told),
            Purpose::Message => {
                let inner = Inner::decode_numbered(data).ok()?;
                let is_list = inner.kind == KIND_ITEMS;
                let items = is_list.then(|| items::decode(&inner.body).ok())??;
                Some(Self::Said(inner, items))
            }
        }
    }
}

/// A message of a member, not believed yet.
struct Incoming {
    author: MemberId,
    gsk: [u8; 32],
    inner: Inner,
    items: Vec<Item>,
    expires_at: crate::types::Wall,
}

impl Engine {
    /// Opens a message of a group. What does not open changes nothing: anybody may copy
    /// a tag.
    pub(in super::super) fn open_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        envelope: &Envelope,
        at: ConversationId,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.groups.rooms.get_mut(&at) else {
            return Ok(());
        };
        let Ok(opening) = room.group.open(now.wall, envelope.as_bytes()) else {
            return Ok(());
        };
        let (author, epoch): (MemberId, Eid) = (opening.author(), opening.epoch());
        let Some(heard) = Heard::decode(opening.purpose(), opening.data()) else {
            return Ok(());
        };
        let tags = opening.commit();
        let gsk = room.gsk(&author);
        self.group_moved(now, profile, at, tags)?;
        profile.groups.unsaved.insert(at);
        match (heard, gsk) {
            (Heard::Told(control), _) => {
                self.take_control(now, profile, at, (author, epoch), control)
            }
            (Heard::Said(inner, items), Some(gsk)) => {
                let expires_at = envelope.header().expiry.start();
                let incoming = Incoming {
                    author,
                    gsk,
                    inner,
                    items,
                    expires_at,
                };
                self.hear(now, profile, at, incoming)
            }
            (Heard::Said(..), None) => Ok(()),
        }
    }

    /// Takes what a member said.
    fn hear(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        incoming: Incoming,
    ) -> Result<(), EngineError> {
        if profile.is_member_blocked(at, &incoming.author) {
            return Ok(());
        }
        let Some(room) = profile.groups.rooms.get_mut(&at) else {
            return Ok(());
        };
        let claims = !incoming.inner.name.is_empty();
        if let Some(known) = room.notes.known_mut(&incoming.author)
            && claims
            && known.name != incoming.inner.name
        {
            known.name.clone_from(&incoming.inner.name);
            self.tell(Event::GroupChanged { conversation: at });
        }
        for item in &incoming.items {
            if let Item::Came(came) = item {
                self.take_came(profile, at, &incoming.author, came)?;
            }
        }
        if incoming.inner.numbers.seq > 0 {
            self.take_numbered_in_group(now, profile, at, incoming)?;
        }
        Ok(())
    }

    /// Takes a message that has a number: a text, or something about one.
    fn take_numbered_in_group(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
        incoming: Incoming,
    ) -> Result<(), EngineError> {
        let message_id = message_id(&incoming.gsk, incoming.inner.message_id);
        let Some(text) = collect(profile, at, &incoming, message_id)? else {
            return Ok(());
        };
        let name = profile.member_name(at, &incoming.author);
        if let Some(room) = profile.room_mut(at)
            && let Some(known) = room.notes.known_mut(&incoming.author)
        {
            known.came.note(incoming.inner.numbers.seq);
            known.owes = true;
        }
        self.acknowledge_group_later(now, profile, at);
        let expire = incoming.inner.numbers.expire;
        let said = Said {
            conversation: at,
            author: incoming.gsk,
            message_id,
            written_at: incoming.inner.sent,
        };
        if !text.is_empty() {
            let row = MessageRow {
                conversation: at,
                message_id,
                author: incoming.gsk,
                name,
                own: false,
                class: MessageClass::Text,
                text,
                written_at: incoming.inner.sent,
                received_at: now.wall,
                expires_at: incoming.expires_at,
                state: Delivery::Received,
            };
            if self.insert_said(now, profile, &row, &incoming.items, expire)? {
                self.tell_received(profile, &row)?;
            }
        }
        self.take_said(now, profile, &said, &incoming.items)
    }

    /// A member says what of ours came to it.
    fn take_came(
        &mut self,
        profile: &mut Profile,
        at: ConversationId,
        from: &MemberId,
        came: &Came,
    ) -> Result<(), EngineError> {
        let Some(room) = profile.room_mut(at) else {
            return Ok(());
        };
        // Of others' messages we hear from the others.
        if came.author != room.group.me() || came.ack_base > room.notes.last_seq {
            return Ok(());
        }
        let Some(known) = room.notes.known_mut(from) else {
            return Ok(());
        };
        let before = known.heard;
        known.heard.take(came.ack_base, came.ack_bits);
        let after = known.heard;
        let sent = room.notes.sent.iter().copied();
        let news: Vec<_> = sent
            .filter(|sent| after.has(sent.seq) && !before.has(sent.seq))
            .map(|sent| (sent.message_id, room.notes.came_to(sent.seq) == 1))
            .collect();
        for (message_id, is_first) in news {
            self.reached(profile, at, message_id, is_first)?;
        }
        Ok(())
    }

    /// One more member has an own message.
    fn reached(
        &mut self,
        profile: &mut Profile,
        conversation: ConversationId,
        message_id: MessageId,
        is_first: bool,
    ) -> Result<(), EngineError> {
        if is_first {
            let state = Delivery::Delivered;
            profile.store.set_state(conversation, message_id, state)?;
            self.tell(Event::MessageState {
                conversation,
                message_id,
                state,
            });
        }
        if let Some(row) = profile.store.message(conversation, message_id)? {
            self.tell(Event::MessageChanged(profile.shown(row)?));
        }
        Ok(())
    }

    /// Something came that its author may want to know: told with our next message, or
    /// alone after a random time, in a group that is not too large for that.
    pub(super) fn acknowledge_group_later(
        &mut self,
        now: Now,
        profile: &mut Profile,
        at: ConversationId,
    ) {
        let is_careful = self.config.careful;
        let Some(room) = profile.groups.rooms.get_mut(&at) else {
            return;
        };
        if is_careful || room.group.roster().len() > GROUP_ACK_MEMBERS_MAX {
            return;
        }
        let span = ACK_LATER_MS;
        let wait_ms = span.start + self.rng.next_u64() % (span.end - span.start);
        room.later(Due::Ack, now.mono.plus_ms(wait_ms));
    }
}

/// The whole text of which this is the last piece; empty for what is none, and `None`
/// while pieces are missing.
fn collect(
    profile: &mut Profile,
    at: ConversationId,
    incoming: &Incoming,
    message_id: MessageId,
) -> Result<Option<String>, StoreError> {
    let part = incoming.items.iter().find_map(Item::text_part).cloned();
    let Some(part) = part else {
        return Ok(Some(String::new()));
    };
    if part.count == 1 {
        return Ok(join_parts(MessageClass::Text, &[part]));
    }
    let kept = profile.store.put_part(&PartRow {
        conversation: at,
        author: incoming.gsk,
        message_id,
        index: part.index,
        count: part.count,
        bytes: part.bytes,
    })?;
    let part = |row: PartRow| TextPart {
        index: row.index,
        count: row.count,
        bytes: row.bytes,
    };
    let parts: Vec<TextPart> = kept.into_iter().map(part).collect();
    let Some(text) = join_parts(MessageClass::Text, &parts) else {
        return Ok(None);
    };
    profile.store.remove_parts(at, &incoming.gsk, message_id)?;
    Ok(Some(text))
}

impl Profile {
    /// Whether a member is a contact whom we blocked.
    pub(super) fn is_member_blocked(&self, at: ConversationId, id: &MemberId) -> bool {
        let contact = self.room(at).and_then(|room| room.notes.contact(id));
        let standing = contact.and_then(|contact| self.standing_of(contact));
        standing == Some(Standing::Blocked)
    }

    /// What we call a member: the name of the contact, or the one they claim; with the
    /// beginning of their badge, if that could be taken for a contact's or ours.
    pub(super) fn member_name(&self, at: ConversationId, id: &MemberId) -> String {
        let Some(room) = self.room(at) else {
            return String::new();
        };
        if *id == room.group.me() {
            return self.name.clone();
        }
        let Some(known) = room.notes.known(id) else {
            return String::new();
        };
        if let Some(name) = known.contact.and_then(|contact| self.name_of(contact)) {
            return name.to_owned();
        }
        if known.name.is_empty() {
            return String::new();
        }
        let mut taken = self.names_of_contacts().chain([self.name.as_str()]);
        let badge = room.gsk(id).unwrap_or_default();
        let [one, two, ..] = badge;
        match taken.any(|name| are_confusable(name, &known.name)) {
            true => format!("{} ({one:02x}{two:02x})", known.name),
            false => known.name.clone(),
        }
    }

    /// How far an own message to a group came.
    pub(in super::super) fn reach_of(
        &self,
        at: ConversationId,
        message_id: MessageId,
    ) -> Option<Reach> {
        self.room(at).and_then(|room| reach(room, message_id))
    }

    /// What names us as a member and as an author in a group.
    pub(in super::super) fn us_in_group(&self, at: ConversationId) -> Option<(MemberId, [u8; 32])> {
        let room = self.room(at)?;
        let me = room.group.me();
        Some((me, room.gsk(&me)?))
    }

    /// Whether a member has an own message: it does not become "with the mesh" again.
    pub(in super::super) fn is_heard_in_group(
        &self,
        at: ConversationId,
        message_id: MessageId,
    ) -> bool {
        let reach = self.reach_of(at, message_id);
        reach.is_some_and(|reach| reach.came > 0)
    }
}

fn reach(room: &Room, message_id: MessageId) -> Option<Reach> {
    let mut sent = room.notes.sent.iter();
    let sent = sent.find(|sent| sent.message_id == message_id)?;
    let came = room.notes.came_to(sent.seq).min(sent.of);
    Some(Reach { came, of: sent.of })
}
