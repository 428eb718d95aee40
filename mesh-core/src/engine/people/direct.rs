//! From an opened message of a person to a line in the conversation, in the order it
//! was written in.
//!
//! A block is enforced here and nowhere else: whatever a person sends, by whatever
//! way, passes [`Engine::take_message`] before anything is kept or told.

use zeroize::{Zeroize as _, Zeroizing};

use crate::api::Event;
use crate::crypto::knock::Arrival;
use crate::crypto::seal::message_id;
use crate::limits::{EARLY_WAIT_MS, TEXT_BYTES_MAX};
use crate::store::{MessageRow, PartRow, Queue, StoreError};
use crate::types::{ContactId, Delivery, MessageClass, MessageId, Now, Standing, Wall};
use crate::wire::envelope::Envelope;
use crate::wire::inner::{Inner, KIND_ITEMS, TextPart};
use crate::wire::items::{self, Item};

use super::super::compose::join_parts;
use super::super::marks::{Said, is_said};
use super::super::{Engine, EngineError, Profile};
use super::numbers::Place;
use super::queues::Early;

/// A message of a person, opened and decoded, not believed yet.
pub(super) struct Incoming {
    /// Whose session it came in.
    pub(super) contact: ContactId,
    /// Which.
    pub(super) session: [u8; 32],
    /// Whether it came inside a knock.
    pub(super) is_knock: bool,
    pub(super) inner: Inner,
    pub(super) items: Vec<Item>,
    /// When the mesh drops its envelope.
    pub(super) expires_at: Wall,
}

/// Decodes what a session opened; `None` for what no Starling writes.
pub(super) fn decode(data: &[u8]) -> Option<(Inner, Vec<Item>)> {
    let mut inner = Inner::decode_numbered(data).ok()?;
    let items = match inner.kind {
        KIND_ITEMS => items::decode(&inner.body).ok()?,
        // A newer Starling means something by it.
        _ => Vec::new(),
    };
    // A welcome to a group holds a secret.
    inner.body.zeroize();
    Some((inner, items))
}

impl Engine {
    /// Opens a message of a session, out of its envelope or out of the knock in it. What
    /// does not open changes nothing: anybody may copy a tag.
    pub(in super::super) fn open_direct(
        &mut self,
        now: Now,
        profile: &mut Profile,
        envelope: &Envelope,
        session: &[u8; 32],
        knock: Option<&Arrival>,
    ) -> Result<(), EngineError> {
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        let Some(live) = people.sessions.get_mut(session) else {
            return Ok(());
        };
        let opened = match knock {
            Some(knock) => live.session.open_embedded(now.wall, knock.message()),
            None => live.session.open(now.wall, envelope.as_bytes()),
        };
        let Ok(opening) = opened else {
            return Ok(());
        };
        let Some((inner, items)) = decode(opening.data()) else {
            return Ok(());
        };
        let changes = opening.commit();
        let incoming = Incoming {
            contact: live.contact,
            session: *session,
            is_knock: knock.is_some(),
            inner,
            items,
            expires_at: envelope.header().expiry.start(),
        };
        self.session_moved(now, profile, session, changes)?;
        self.take_message(now, profile, incoming)
    }

    /// Takes what a person said.
    pub(super) fn take_message(
        &mut self,
        now: Now,
        profile: &mut Profile,
        incoming: Incoming,
    ) -> Result<(), EngineError> {
        let contact = incoming.contact;
        let Some(person) = profile.person(contact) else {
            return Ok(());
        };
        if person.row.standing == Standing::Blocked {
            return Ok(());
        }
        self.session_answered(now, profile, &incoming)?;
        let is_counted = profile.take_numbering(&incoming);
        if is_counted {
            self.take_acknowledgement(now, profile, &incoming)?;
            self.take_name(profile, contact, &incoming.inner.name);
            self.take_signals(now, profile, &incoming)?;
        }
        self.take_check(now, profile, &incoming);
        self.take_group_items(now, profile, contact, &incoming.items)?;
        if incoming.inner.numbers.seq > 0 && profile.has_room_for(&incoming)? {
            match is_counted {
                true => self.take_numbered(now, profile, &incoming)?,
                false => self.take_uncounted(now, profile, &incoming)?,
            }
        }
        profile.save_session(&incoming.session)?;
        profile.save(contact)?;
        Ok(())
    }

    /// Takes a message that has a place in the conversation.
    fn take_numbered(
        &mut self,
        now: Now,
        profile: &mut Profile,
        incoming: &Incoming,
    ) -> Result<(), EngineError> {
        let contact = incoming.contact;
        let seq = incoming.inner.numbers.seq;
        let Some(person) = profile.person_mut(contact) else {
            return Ok(());
        };
        let place = person.progress.received.place(seq);
        match place {
            // It came again because we are late to say that we have it; or its author lost
            // count, and it is another: its id tells.
            Place::Again => {
                self.acknowledge_later(now, profile, contact);
                let parts = incoming.items.iter().filter_map(Item::text_part);
                if parts.clone().all(|part| part.count == 1)
                    && let Some(message) = collect(now, profile, incoming)?
                {
                    self.show(now, profile, contact, message)?;
                }
            }
            Place::TooFar => {}
            Place::Next | Place::Early => {
                let Some(message) = collect(now, profile, incoming)? else {
                    return Ok(());
                };
                if let Some(person) = profile.person_mut(contact) {
                    person.progress.received.note(seq);
                }
                self.take_introductions(now, profile, incoming)?;
                self.acknowledge_later(now, profile, contact);
                match place {
                    Place::Next => {
                        self.show(now, profile, contact, message)?;
                        self.show_followers(now, profile, contact)?;
                    }
                    _ => keep_early(now, profile, contact, seq, &message)?,
                }
            }
        }
        Ok(())
    }

    /// Takes a message of a session that was left, or in which they began anew: its
    /// numbers say nothing beside the others. It is shown as it comes, and not
    /// acknowledged; whoever goes on in that session has it sent again and then counted.
    fn take_uncounted(
        &mut self,
        now: Now,
        profile: &mut Profile,
        incoming: &Incoming,
    ) -> Result<(), EngineError> {
        match collect(now, profile, incoming)? {
            Some(message) => self.show(now, profile, incoming.contact, message),
            None => Ok(()),
        }
    }

    /// Shows early ones whose time has come, whatever is missing before them.
    pub(super) fn show_early(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let Some(person) = profile.person_mut(contact) else {
            return Ok(());
        };
        if person.early_at.is_none_or(|at| at > now.mono) {
            return Ok(());
        }
        person.early_at = None;
        // Of a blocked person nothing is told; it is there when that ends.
        if person.row.standing == Standing::Blocked {
            return Ok(());
        }
        let early: Vec<u32> = person.early.keys().copied().collect();
        self.show_kept(now, profile, contact, &early)
    }

    /// Shows early ones that nothing is missing before any more.
    pub(super) fn show_followers(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let Some(person) = profile.person_mut(contact) else {
            return Ok(());
        };
        let missing = person.progress.received.missing();
        let followers: Vec<u32> = person.early.range(..missing).map(|(seq, _)| *seq).collect();
        if followers.len() == person.early.len() {
            person.early_at = None;
        }
        self.show_kept(now, profile, contact, &followers)
    }

    fn show_kept(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        numbers: &[u32],
    ) -> Result<(), EngineError> {
        for seq in numbers {
            let Some(person) = profile.person_mut(contact) else {
                return Ok(());
            };
            let conversation = person.row.conversation;
            let Some(message) = person.early.remove(seq) else {
                continue;
            };
            let queue = Queue::Early;
            profile.store.remove_queued(queue, conversation, *seq)?;
            self.show(now, profile, contact, message)?;
        }
        Ok(())
    }

    /// Puts a message into the conversation, and does what it says of others there.
    fn show(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        message: Early,
    ) -> Result<(), EngineError> {
        let Some(person) = profile.person(contact) else {
            return Ok(());
        };
        let is_asking = person.row.standing == Standing::Asking;
        let said = Said {
            conversation: person.row.conversation,
            author: person.card.id(),
            message_id: message.message_id,
            written_at: message.written_at,
        };
        if !message.text.is_empty() {
            let row = MessageRow {
                conversation: said.conversation,
                message_id: said.message_id,
                author: said.author,
                name: person.shown_name().to_owned(),
                own: false,
                class: MessageClass::Text,
                text: message.text.to_string(),
                written_at: message.written_at,
                received_at: message.received_at,
                expires_at: message.expires_at,
                state: Delivery::Received,
            };
            if self.insert_said(now, profile, &row, &message.items, message.expire)? {
                // Somebody who asks is told of as a request, not as a conversation.
                match is_asking {
                    true => self.tell(Event::ContactsChanged),
                    false => self.tell_received(profile, &row)?,
                }
            }
        }
        self.take_said(now, profile, &said, &message.items)
    }
}

/// The whole message of which this is the last piece, or all; `None` while pieces are
/// missing, and for a text that is none.
fn collect(
    now: Now,
    profile: &mut Profile,
    incoming: &Incoming,
) -> Result<Option<Early>, EngineError> {
    let Some(person) = profile.person(incoming.contact) else {
        return Ok(None);
    };
    let (author, conversation) = (person.card.id(), person.row.conversation);
    let message_id = message_id(&author, incoming.inner.message_id);
    let mut early = Early {
        message_id,
        written_at: incoming.inner.sent,
        received_at: now.wall,
        expires_at: incoming.expires_at,
        text: Zeroizing::new(String::new()),
        items: Vec::new(),
        expire: incoming.inner.numbers.expire,
    };
    early
        .items
        .extend(incoming.items.iter().filter(|item| is_said(item)).cloned());
    let part = incoming.items.iter().find_map(Item::text_part).cloned();
    let Some(part) = part else {
        return Ok(Some(early));
    };
    let parts_id = parts_id(message_id, part.count, incoming.is_knock);
    let parts = match part.count {
        1 => vec![part],
        _ => pieces(
            profile,
            PartRow {
                conversation,
                author,
                message_id: parts_id,
                index: part.index,
                count: part.count,
                bytes: part.bytes,
            },
        )?,
    };
    let Some(text) = join_parts(MessageClass::Text, &parts) else {
        return Ok(None);
    };
    if parts.len() > 1 {
        let store = &mut profile.store;
        store.remove_parts(conversation, &author, parts_id)?;
    }
    debug_assert!(text.len() <= TEXT_BYTES_MAX);
    early.text = Zeroizing::new(text);
    Ok(Some(early))
}

/// Where the pieces of one cut are kept: a message that is sent again another way may
/// be cut otherwise, and pieces of two cuts do not fit together.
fn parts_id(message_id: MessageId, count: u8, is_knock: bool) -> MessageId {
    let MessageId(mut id) = message_id;
    if let Some(first) = id.first_mut() {
        *first ^= count << 1 | u8::from(is_knock);
    }
    MessageId(id)
}

/// Keeps a piece; gives all that came so far.
fn pieces(profile: &mut Profile, row: PartRow) -> Result<Vec<TextPart>, StoreError> {
    let kept = profile.store.put_part(&row)?;
    let part = |row: PartRow| TextPart {
        index: row.index,
        count: row.count,
        bytes: row.bytes,
    };
    Ok(kept.into_iter().map(part).collect())
}

/// Keeps a message until the ones before it come, for a while.
fn keep_early(
    now: Now,
    profile: &mut Profile,
    contact: ContactId,
    seq: u32,
    message: &Early,
) -> Result<(), EngineError> {
    let Some(person) = profile.person_mut(contact) else {
        return Ok(());
    };
    let conversation = person.row.conversation;
    person.early.insert(seq, message.clone());
    let at = *person
        .early_at
        .get_or_insert(now.mono.plus_ms(EARLY_WAIT_MS));
    if let Some(people) = &mut profile.people {
        people.due_by(at);
    }
    let bytes = message.encode()?;
    profile
        .store
        .put_queued(Queue::Early, conversation, seq, &bytes)?;
    Ok(())
}

/// Whether an id names nothing: what carries no message of a person.
pub(super) fn no_message() -> MessageId {
    MessageId([0; 16])
}
