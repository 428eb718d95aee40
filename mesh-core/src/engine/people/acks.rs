//! Saying what came, and hearing it of what we wrote.
//!
//! An acknowledgement rides on a message that goes anyway. One alone goes only to
//! contacts and waits a random time, because its appearance near a laptop points at
//! the addressee; who is careful sends none.

use std::collections::BTreeSet;

use crate::api::Event;
use crate::limits::{ACK_ACTIVE_MS, ACK_LATER_MS, ACK_SOON_MS, SESSION_UNACKNOWLEDGED_MAX};
use crate::store::Queue;
use crate::types::{ContactId, Delivery, EnvelopeId, Now, Wall};
use crate::wire::items::Item;

use super::super::{Engine, EngineError, Profile};
use super::Person;
use super::direct::Incoming;
use super::letter::Route;
use super::numbers::{covers, highest, skips};

impl Engine {
    /// Something came that must be acknowledged some time: sooner while the
    /// conversation goes on anyway.
    pub(super) fn acknowledge_later(&mut self, now: Now, profile: &mut Profile, of: ContactId) {
        let Some(person) = profile.person_mut(of) else {
            return;
        };
        person.progress.owes_ack = true;
        self.tend_later(now, profile, of);
    }

    /// Something is to be said that acknowledges nothing.
    pub(super) fn tend_later(&mut self, now: Now, profile: &mut Profile, of: ContactId) {
        let is_careful = self.config.careful;
        let Some(person) = profile.person_mut(of) else {
            return;
        };
        if is_careful || !person.is_accepted() {
            return;
        }
        let idle_ms = now.wall.0.saturating_sub(person.progress.active_at.0);
        let span = match idle_ms < ACK_ACTIVE_MS {
            true => ACK_SOON_MS,
            false => ACK_LATER_MS,
        };
        let wait_ms = span.start + self.rng.next_u64() % (span.end - span.start);
        let at = now.mono.plus_ms(wait_ms);
        profile.say_by(of, at);
    }

    /// If the time has come, sends what is due: what was lost, what waited, and an
    /// acknowledgement alone if nothing else went and there is something to say. What
    /// follows from opening something never goes at once, or it would point at us.
    pub(super) fn acknowledge_due(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let Some(person) = profile.person_mut(contact) else {
            return Ok(());
        };
        if person.ack_at.is_none_or(|at| at > now.mono) {
            return Ok(());
        }
        person.ack_at = None;
        self.resend(now, profile, contact)?;
        self.send_waiting(now, profile, contact)?;
        // The emoji of a session in which they began anew are compared before anything
        // else is said in it.
        if let Some(side) = profile.side_to_answer(contact) {
            self.send_acknowledgement(now, profile, contact, Route::Session(side))?;
        }
        if let Some(session) = profile.settled_session(contact)
            && profile.owes_word(contact)
        {
            self.send_acknowledgement(now, profile, contact, Route::Session(session))?;
        }
        Ok(profile.save(contact)?)
    }

    /// They say what of ours came.
    pub(super) fn take_acknowledgement(
        &mut self,
        now: Now,
        profile: &mut Profile,
        incoming: &Incoming,
    ) -> Result<(), EngineError> {
        let (contact, numbers) = (incoming.contact, &incoming.inner.numbers);
        let Some(person) = profile.person_mut(contact) else {
            return Ok(());
        };
        let ours = person.progress.numbering;
        person.progress.is_numbering_known |= incoming
            .items
            .iter()
            .any(|item| *item == Item::Counting(ours) && ours != 0);
        if !person.progress.is_numbering_known {
            return Ok(());
        }
        // They have more than we know of having written: our state is an old copy.
        // Numbers that they have must not be used again, or they would drop ours.
        let ahead = highest(numbers).saturating_sub(person.progress.last_seq);
        if ahead <= SESSION_UNACKNOWLEDGED_MAX {
            person.progress.last_seq += ahead;
        }
        if covers(numbers, person.progress.name_until) {
            person.progress.name_until = 0;
        }
        if numbers.ack_base >= person.progress.floor {
            person.progress.floor = 0;
        }
        person.heard = *numbers;
        let seqs = person.unacked.keys().copied();
        let covered: Vec<u32> = seqs.filter(|seq| covers(numbers, *seq)).collect();
        let seqs = person.unacked.keys();
        let is_lost = seqs.into_iter().any(|seq| skips(numbers, *seq));
        let mut moved = BTreeSet::new();
        for seq in covered {
            moved.extend(self.delivered(profile, contact, seq)?);
        }
        for session in moved {
            profile.save_session(&session)?;
        }
        let waits = profile.person(contact).is_some_and(|person| {
            let mut unacked = person.unacked.values();
            unacked.any(|unacked| unacked.sent_at.is_none() || unacked.expires_at <= now.wall)
        });
        if is_lost || waits {
            self.tend_later(now, profile, contact);
        }
        Ok(())
    }

    /// One of ours came to them; gives the session whose state changed.
    fn delivered(
        &mut self,
        profile: &mut Profile,
        contact: ContactId,
        seq: u32,
    ) -> Result<Option<[u8; 32]>, EngineError> {
        let Some(people) = &mut profile.people else {
            return Ok(None);
        };
        let Some(person) = people.persons.get_mut(&contact) else {
            return Ok(None);
        };
        let conversation = person.row.conversation;
        let Some(unacked) = person.unacked.remove(&seq) else {
            return Ok(None);
        };
        let mut moved = None;
        if let Some((session, number)) = unacked.sealed
            && let Some(live) = people.sessions.get_mut(&session)
        {
            // It was sealed in this very session: the number is one of its own.
            moved = live.session.acknowledge(number).is_ok().then_some(session);
        }
        let queue = Queue::Unacknowledged;
        profile.store.remove_queued(queue, conversation, seq)?;
        self.withdraw(profile, &unacked.envelopes)?;
        if !unacked.is_line() {
            return Ok(moved);
        }
        let (message_id, state) = (unacked.message_id, Delivery::Delivered);
        if let Some(person) = profile.person_mut(contact) {
            person.progress.came_to_them(seq, message_id);
        }
        profile.store.set_state(conversation, message_id, state)?;
        self.tell(Event::MessageState {
            conversation,
            message_id,
            state,
        });
        Ok(moved)
    }

    /// Takes envelopes back that need not go out any more.
    pub(super) fn withdraw(
        &mut self,
        profile: &mut Profile,
        envelopes: &[EnvelopeId],
    ) -> Result<(), EngineError> {
        for id in envelopes {
            if profile.untaken.remove(id) {
                profile.store.take_outbox(*id)?;
                self.outbox.retain(|held| held != *id);
            }
        }
        Ok(())
    }
}

impl Profile {
    /// Whether something must be said to somebody, be it in a message of its own.
    pub(super) fn owes_word(&self, contact: ContactId) -> bool {
        let owes = |person: &Person| person.progress.owes_ack || person.progress.floor != 0;
        let session = self.settled_session(contact);
        self.person(contact).is_some_and(owes)
            || session.is_some_and(|session| self.has_urgent_rider(contact, &session))
    }

    /// The session that goes on with somebody and needs no knock.
    fn settled_session(&self, contact: ContactId) -> Option<[u8; 32]> {
        let people = self.people.as_ref()?;
        let session = people.sending_session(contact)?;
        let live = people.sessions.get(&session)?;
        live.knock.is_none().then_some(session)
    }

    /// What should ride on the next message to somebody, the most urgent first.
    pub(super) fn riders(&self, contact: ContactId, route: Route) -> Vec<Item> {
        let Some(people) = &self.people else {
            return Vec::new();
        };
        let mut riders = Vec::new();
        if let Some(person) = people.persons.get(&contact)
            && person.progress.numbering != 0
            && !person.progress.is_numbering_known
        {
            riders.push(Item::Numbering(person.progress.numbering));
        }
        let side = |person: &Person| person.progress.restarted_in == Some(route.session());
        if let Some(person) = people.persons.get(&contact).filter(|person| !side(person)) {
            let progress = &person.progress;
            if progress.is_theirs_told && progress.their_numbering != 0 {
                riders.push(Item::Counting(progress.their_numbering));
            }
            if progress.floor != 0 {
                riders.push(Item::Floor(progress.floor));
            }
        }
        let live = people.sessions.get(&route.session());
        riders.extend(live.and_then(|live| live.check.rider()));
        if let Some(person) = people.persons.get(&contact)
            && people.receipts.read
            && person.progress.read > 0
            && !side(person)
        {
            riders.push(Item::Read(person.progress.read));
        }
        riders
    }

    /// A message left: what rode on it needs no message of its own. Whether there are
    /// emoji to compare since then.
    pub(super) fn was_sent(&mut self, contact: ContactId, route: Route, sent: Sent) -> bool {
        let Some(people) = &mut self.people else {
            return false;
        };
        let mut shows = false;
        if let Some(live) = people.sessions.get_mut(&route.session())
            && sent.all_ride
        {
            shows = live.check.sas(&live.verify_key).is_none();
            live.check.told();
            shows &= live.check.sas(&live.verify_key).is_some();
        }
        let Some(person) = people.persons.get_mut(&contact) else {
            return shows;
        };
        if person.progress.restarted_in == Some(route.session()) {
            return shows;
        }
        person.progress.owes_ack = false;
        person.ack_at = None;
        if sent.all_ride && people.receipts.read {
            person.progress.read_told = person.progress.read;
        }
        if sent.has_name && sent.seq > 0 && person.progress.name_until == u32::MAX {
            person.progress.name_until = sent.seq;
        }
        shows
    }

    /// A person does something in a conversation.
    pub(super) fn be_active(&mut self, contact: ContactId, now: Wall) {
        if let Some(person) = self.person_mut(contact) {
            person.progress.active_at = now;
        }
    }
}

/// What a message carried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    /// Its number; 0 if it has none.
    pub(super) seq: u32,
    /// Whether our name was in it.
    pub(super) has_name: bool,
    /// Whether everything that should ride along did.
    pub(super) all_ride: bool,
}
