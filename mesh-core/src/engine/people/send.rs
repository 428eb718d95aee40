//! Own messages to one person: kept until acknowledged, sealed as often as that takes.
//!
//! Before they have answered, a message goes inside a knock; before their keys are
//! known it waits.

use zeroize::Zeroizing;

use crate::api::{Answer, CommandError};
use crate::crypto::seal::message_id;
use crate::limits::{DAY_MS, ENVELOPE_BYTES_SMALL, RESEND_AFTER_MS, RESEND_DAYS, RESEND_ROOM_MIN};
use crate::store::{MessageRow, Queue};
use crate::types::{
    ContactId, Delivery, EnvelopeId, Lifetime, MessageClass, MessageId, Now, Standing,
};
use crate::wire::items::{self, Item};

use super::super::marks::Outgoing;
use super::super::{Draft, Engine, EngineError, Profile};
use super::direct::no_message;
use super::letter::{Letter, Piece, Route, cut};
use super::queues::Unacked;

impl Engine {
    /// A person wrote to a contact.
    pub(in super::super) fn write_to(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        draft: &Draft,
    ) -> Result<Result<Answer, CommandError>, EngineError> {
        if draft.class != MessageClass::Text {
            return Ok(Err(CommandError::SosToPerson));
        }
        let standing = profile.person(contact).map(|person| person.row.standing);
        match standing {
            Some(Standing::Accepted) => {}
            Some(Standing::Blocked) => return Ok(Err(CommandError::Blocked)),
            Some(Standing::Asking) | None => return Ok(Err(CommandError::UnknownConversation)),
        }
        if !draft.mentions.is_empty() {
            return Ok(Err(CommandError::UnknownMember));
        }
        let Some(conversation) = profile.person(contact).map(|it| it.row.conversation) else {
            return Ok(Err(CommandError::UnknownConversation));
        };
        if let Some(of) = draft.reply_to
            && profile.store.message(conversation, of)?.is_none()
        {
            return Ok(Err(CommandError::UnknownMessage));
        }
        let outgoing = Outgoing {
            text: draft.text.0.clone(),
            items: draft.reply_to.map(Item::Reply).into_iter().collect(),
            lifetime: draft.lifetime.unwrap_or_default(),
            expire: profile.timer_s(conversation)?.unwrap_or_default(),
            written_at: now.wall,
        };
        let message_id = self.say_to(now, profile, contact, outgoing)?;
        Ok(Ok(Answer::Sent { message_id }))
    }

    /// Queues a message that a person caused, and sends what can go.
    pub(in super::super) fn say_to(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        outgoing: Outgoing,
    ) -> Result<MessageId, EngineError> {
        let message_id = self.queue_said(now, profile, contact, outgoing)?;
        profile.be_active(contact, now.wall);
        self.send_waiting(now, profile, contact)?;
        profile.save(contact)?;
        Ok(message_id)
    }

    /// Gives a message its number and keeps it until it is acknowledged; shows it here if
    /// it has a text.
    pub(in super::super) fn queue_said(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        outgoing: Outgoing,
    ) -> Result<MessageId, EngineError> {
        let Outgoing {
            text,
            items,
            lifetime,
            expire,
            written_at,
        } = outgoing;
        let mut drawn = MessageId([0; 16]);
        self.rng.fill_bytes(&mut drawn.0);
        let name = profile.name.clone();
        let Some(people) = &mut profile.people else {
            return Ok(drawn);
        };
        let author = people.card.id();
        let message_id = message_id(&author, drawn);
        let Some(person) = people.persons.get_mut(&contact) else {
            return Ok(message_id);
        };
        let conversation = person.row.conversation;
        if person.progress.numbering == 0 {
            person.progress.numbering = self.rng.next_u64().max(1);
        }
        let seq = person.progress.next_seq();
        let unacked = Unacked {
            message_id,
            drawn,
            written_at,
            lifetime,
            text: Zeroizing::new(text),
            items,
            expire,
            sent_at: None,
            expires_at: now.wall.plus_ms(lifetime.ms()),
            sealed: None,
            envelopes: Vec::new(),
            tries: 0,
        };
        let bytes = unacked.encode()?;
        person.unacked.insert(seq, unacked.clone());
        profile
            .store
            .put_queued(Queue::Unacknowledged, conversation, seq, &bytes)?;
        if !unacked.text.is_empty() {
            let row = MessageRow {
                conversation,
                message_id,
                author,
                name,
                own: true,
                class: MessageClass::Text,
                text: unacked.text.to_string(),
                written_at,
                received_at: now.wall,
                expires_at: unacked.expires_at,
                state: Delivery::Waiting,
            };
            self.insert_said(now, profile, &row, &unacked.items, expire)?;
        }
        Ok(message_id)
    }

    /// Sends whatever has never gone out, in order, as far as that is possible now.
    pub(super) fn send_waiting(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let unsent = |(seq, unacked): (&u32, &Unacked)| unacked.sent_at.is_none().then_some(*seq);
        let waiting: Vec<u32> = match profile.person(contact) {
            Some(person) if person.is_accepted() => {
                person.unacked.iter().filter_map(unsent).collect()
            }
            _ => return Ok(()),
        };
        for seq in waiting {
            if !self.send_out(now, profile, contact, seq)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends again what was probably lost: later ones were acknowledged and it was
    /// not, or the mesh has dropped it by now.
    pub(super) fn resend(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let Some(heard) = profile.person(contact).map(|person| person.heard) else {
            return Ok(());
        };
        let mesh = self.mesh_now(now).wall;
        let is_lost = |seq: u32, unacked: &Unacked| {
            let Some(sent_at) = unacked.sent_at else {
                return false;
            };
            let since_ms = now.wall.0.saturating_sub(sent_at.0);
            let age_ms = now.wall.0.saturating_sub(unacked.written_at.0);
            // Each try waits longer: the other side may be out of reach for hours.
            let patience_ms = RESEND_AFTER_MS << unacked.tries.saturating_sub(1).min(16);
            let is_skipped = super::numbers::skips(&heard, seq);
            let is_dropped = unacked.expires_at <= mesh;
            age_ms < RESEND_DAYS * DAY_MS && since_ms >= patience_ms && (is_dropped || is_skipped)
        };
        let lost: Vec<u32> = match profile.person(contact) {
            Some(person) if person.is_accepted() => {
                let unacked = person.unacked.iter();
                let lost = unacked.filter(|(seq, unacked)| is_lost(**seq, unacked));
                lost.map(|(seq, _)| *seq).collect()
            }
            _ => return Ok(()),
        };
        for seq in lost {
            // What is new must not wait behind what was said before.
            if !profile.has_room(contact, RESEND_ROOM_MIN) {
                return Ok(());
            }
            if !self.send_out(now, profile, contact, seq)? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Seals one message and gives it to the outbox; `false` if there is no key for it,
    /// or the other side has too much to acknowledge: it waits.
    fn send_out(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        seq: u32,
    ) -> Result<bool, EngineError> {
        let Some(route) = self.route(now, profile, contact)? else {
            return Ok(false);
        };
        let Some(person) = profile.person(contact) else {
            return Ok(false);
        };
        let conversation = person.row.conversation;
        let Some(unacked) = person.unacked.get(&seq).cloned() else {
            return Ok(true);
        };
        let Some(cut) = cut(route, &unacked.text, items::encode(&unacked.items).len()) else {
            // Too long for a knock: it waits for the answer to an empty one.
            if !profile.has_sent(&route.session()) {
                self.send_acknowledgement(now, profile, contact, route)?;
            }
            return Ok(false);
        };
        let lifetime = match route {
            // Nobody watches longer for one.
            Route::Knock(_) => unacked.lifetime.min(Lifetime::Day),
            Route::Session(_) => unacked.lifetime,
        };
        let header = self.text_header(now, lifetime);
        let letter = Letter {
            route,
            header,
            envelope_bytes: ENVELOPE_BYTES_SMALL,
            seq,
            drawn: unacked.drawn,
            written_at: unacked.written_at,
            message_id: unacked.line_id(),
            expire: unacked.expire,
        };
        let said = &unacked.items;
        let pieces = self.seal_pieces(now, profile, contact, letter, (said, cut))?;
        let Some((number, envelopes)) = pieces else {
            return Ok(false);
        };
        // What went out before need not go any more.
        self.withdraw(profile, &unacked.envelopes)?;
        let sealed = unacked
            .sealed
            .filter(|(of, _)| *of == route.session())
            .or(Some((route.session(), number)));
        let again = Unacked {
            sent_at: Some(now.wall),
            expires_at: header.expiry.start(),
            sealed,
            envelopes,
            tries: unacked.tries.saturating_add(1),
            ..unacked
        };
        let bytes = again.encode()?;
        let queue = Queue::Unacknowledged;
        profile.store.put_queued(queue, conversation, seq, &bytes)?;
        if let Some(person) = profile.person_mut(contact) {
            person.unacked.insert(seq, again);
        }
        Ok(true)
    }

    /// Seals every piece of a message, each with what it says beside its text; gives the
    /// number of the last one. `None` if the session refuses.
    fn seal_pieces(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        mut letter: Letter,
        (said, cut): (&[Item], Vec<Piece>),
    ) -> Result<Option<(u32, Vec<EnvelopeId>)>, EngineError> {
        let (mut last, mut envelopes) = (0, Vec::new());
        for (envelope_bytes, part) in cut {
            letter.envelope_bytes = envelope_bytes;
            let mut items = said.to_vec();
            items.extend(part.map(Item::Text));
            match self.seal_letter(now, profile, contact, &letter, items)? {
                Ok((number, id)) => {
                    last = number;
                    envelopes.push(id);
                }
                Err(_) => return Ok(None),
            }
        }
        Ok(Some((last, envelopes)))
    }

    /// Seals a message that only acknowledges, with whatever rides along.
    pub(super) fn send_acknowledgement(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        route: Route,
    ) -> Result<(), EngineError> {
        let mut drawn = MessageId([0; 16]);
        self.rng.fill_bytes(&mut drawn.0);
        let letter = Letter {
            route,
            header: self.text_header(now, Lifetime::Day),
            // A knock is always of the larger size.
            envelope_bytes: ENVELOPE_BYTES_SMALL,
            seq: 0,
            drawn,
            written_at: now.wall,
            message_id: no_message(),
            expire: 0,
        };
        // Refused only while far too much is unacknowledged: then nothing helps.
        let _ = self.seal_letter(now, profile, contact, &letter, Vec::new())?;
        Ok(())
    }
}

impl Profile {
    /// Whether so many messages more may leave before something is acknowledged.
    pub(super) fn has_room(&self, contact: ContactId, room: u32) -> bool {
        let people = self.people.as_ref();
        let session = people.and_then(|people| people.sending_session(contact));
        let live = session.and_then(|session| people?.sessions.get(&session));
        live.is_none_or(|live| live.session.room() >= room)
    }

    /// Whether anything ever left under a session.
    fn has_sent(&self, session: &[u8; 32]) -> bool {
        let people = self.people.as_ref();
        let live = people.and_then(|people| people.sessions.get(session));
        live.is_none_or(|live| live.session.sent() > 0)
    }
}
