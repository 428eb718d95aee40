//! Saying what came, and hearing it of what we wrote.
//!
//! An acknowledgement rides on a message that goes anyway. One alone goes only to
//! contacts and waits a random time, because its appearance near a laptop points at
//! the addressee; who is careful sends none.

use crate::api::Event;
use crate::limits::{ACK_ACTIVE_MS, ACK_LATER_MS, ACK_SOON_MS};
use crate::store::Queue;
use crate::types::{ContactId, Delivery, Now, Wall};
use crate::wire::inner::Numbers;
use crate::wire::items::Item;

use super::super::{Engine, EngineError, Profile};
use super::numbers::{covers, highest};
use super::send::Route;

impl Engine {
    /// Something came that must be acknowledged some time: sooner while the
    /// conversation goes on anyway.
    pub(super) fn acknowledge_later(&mut self, now: Now, profile: &mut Profile, of: ContactId) {
        let Some(person) = profile.person_mut(of) else {
            return;
        };
        person.progress.owes_ack = true;
        let idle_ms = now.wall.0.saturating_sub(person.progress.active_at.0);
        let span = match idle_ms < ACK_ACTIVE_MS {
            true => ACK_SOON_MS,
            false => ACK_LATER_MS,
        };
        self.schedule(now, profile, of, span);
    }

    /// Somebody waits for what rides along.
    pub(super) fn acknowledge_soon(&mut self, now: Now, profile: &mut Profile, of: ContactId) {
        self.schedule(now, profile, of, ACK_SOON_MS);
    }

    fn schedule(
        &mut self,
        now: Now,
        profile: &mut Profile,
        of: ContactId,
        span: core::ops::Range<u64>,
    ) {
        let is_careful = self.config.careful;
        let Some(person) = profile.person_mut(of) else {
            return;
        };
        if is_careful || !person.is_accepted() {
            return;
        }
        let wait_ms = span.start + self.rng.next_u64() % (span.end - span.start);
        let at = now.mono.plus_ms(wait_ms);
        person.ack_at = Some(person.ack_at.map_or(at, |before| before.min(at)));
    }

    /// Sends an acknowledgement alone if its time has come and there is something to
    /// say.
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
        // The emoji of a session in which they began anew are compared before anything
        // else is said in it.
        if let Some(side) = profile.side_to_answer(contact) {
            self.send_acknowledgement(now, profile, contact, Route::Session(side))?;
        }
        let owes = profile
            .person(contact)
            .is_some_and(|person| person.progress.owes_ack);
        if let Some(route @ Route::Session(session)) = self.route(now, profile, contact)?
            && (owes || profile.has_urgent_rider(contact, &session))
        {
            self.send_acknowledgement(now, profile, contact, route)?;
        }
        Ok(profile.save(contact)?)
    }

    /// They say what of ours came.
    pub(super) fn take_acknowledgement(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        numbers: &Numbers,
    ) -> Result<(), EngineError> {
        let Some(person) = profile.person_mut(contact) else {
            return Ok(());
        };
        // They have more than we know of having written: our state is an old copy.
        // Numbers that they have must not be used again, or they would drop ours.
        person.progress.last_seq = person.progress.last_seq.max(highest(numbers));
        if covers(numbers, person.progress.name_until) {
            person.progress.name_until = 0;
        }
        let covered: Vec<u32> = person
            .unacked
            .keys()
            .copied()
            .filter(|seq| covers(numbers, *seq))
            .collect();
        person.progress.is_numbering_known |= !covered.is_empty();
        for seq in covered {
            self.delivered(profile, contact, seq)?;
        }
        self.resend(now, profile, contact, Some(numbers))?;
        self.send_waiting(now, profile, contact)
    }

    /// One of ours came to them.
    fn delivered(
        &mut self,
        profile: &mut Profile,
        contact: ContactId,
        seq: u32,
    ) -> Result<(), EngineError> {
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        let Some(person) = people.persons.get_mut(&contact) else {
            return Ok(());
        };
        let conversation = person.row.conversation;
        let Some(unacked) = person.unacked.remove(&seq) else {
            return Ok(());
        };
        let queue = Queue::Unacknowledged;
        profile.store.remove_queued(queue, conversation, seq)?;
        if let Some((session, number)) = unacked.sealed
            && let Some(live) = people.sessions.get_mut(&session)
        {
            // It was sealed in this very session: the number is one of its own.
            let _ = live.session.acknowledge(number);
            profile.save_session(&session)?;
        }
        if unacked.text.is_empty() {
            return Ok(());
        }
        if let Some(person) = profile.person_mut(contact) {
            person.progress.came_to_them(seq, unacked.message_id);
        }
        let (message_id, state) = (unacked.message_id, Delivery::Delivered);
        profile.store.set_state(conversation, message_id, state)?;
        self.tell(Event::MessageState {
            conversation,
            message_id,
            state,
        });
        Ok(())
    }
}

impl Profile {
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
        let live = people.sessions.get(&route.session());
        riders.extend(live.and_then(|live| live.check.rider()));
        if let Some(person) = people.persons.get(&contact)
            && people.receipts.read
            && person.progress.read > 0
        {
            riders.push(Item::Read(person.progress.read));
        }
        riders
    }

    /// A message left: what rode on it needs no message of its own.
    pub(super) fn was_sent(&mut self, contact: ContactId, route: Route, sent: Sent) {
        let Some(people) = &mut self.people else {
            return;
        };
        if let Some(live) = people.sessions.get_mut(&route.session())
            && sent.all_ride
        {
            live.check.told();
        }
        let Some(person) = people.persons.get_mut(&contact) else {
            return;
        };
        if person.progress.restarted_in == Some(route.session()) {
            return;
        }
        person.progress.owes_ack = false;
        person.ack_at = None;
        if sent.all_ride && people.receipts.read {
            person.progress.read_told = person.progress.read;
        }
        if sent.has_name && sent.seq > 0 && person.progress.name_until == u32::MAX {
            person.progress.name_until = sent.seq;
        }
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
