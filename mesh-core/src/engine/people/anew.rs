//! Somebody lost what they shared with us, and begins anew with the same identity key
//! (`docs/protocol/crypto.md`, "Beginning anew").
//!
//! A knock proves the identity key, but whoever stole a prekey of ours could forge one.
//! So what comes is shown, and we go on where we were, until the person compared emoji
//! or chose to go on. Numbers then begin anew on both sides: those from before mean
//! nothing to who lost them.

use crate::api::Event;
use crate::store::{Queue, StoreError};
use crate::types::{ContactId, Now};
use crate::wire::items::Item;

use super::super::{Engine, EngineError, Profile};
use super::direct::Incoming;

impl Engine {
    /// Sends under the session in which somebody began anew, if there is one.
    pub(super) fn go_on_anew(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        let Some(person) = people.persons.get_mut(&contact) else {
            return Ok(());
        };
        let Some(session) = person.progress.restarted_in.take() else {
            return Ok(());
        };
        // Numbers of early ones will be used again.
        person.early_at = person.early_at.map(|_| now.mono);
        people.due_by(now.mono);
        self.show_early(now, profile, contact)?;
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        people.send_under(now.wall, contact, &session);
        for session in people.sessions_with(contact) {
            profile.save_session(&session)?;
        }
        let numbering = self.rng.next_u64().max(1);
        profile.count_anew(contact, &session, numbering)?;
        self.send_waiting(now, profile, contact)?;
        self.tend_later(now, profile, contact);
        profile.save(contact)?;
        self.tell(Event::ContactsChanged);
        Ok(())
    }
}

impl Engine {
    /// Goes on where we were: forgets the session in which somebody began anew.
    pub(super) fn refuse_anew(
        &mut self,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let person = profile.person_mut(contact);
        let side = person.and_then(|person| person.progress.restarted_in.take());
        if let Some(session) = side {
            profile.drop_session(&session)?;
            profile.save(contact)?;
            self.tell(Event::ContactsChanged);
        }
        Ok(())
    }
}

impl Profile {
    /// Takes the name under which a message is counted; whether it is to be counted
    /// with the others of this person.
    pub(super) fn take_numbering(&mut self, incoming: &Incoming) -> bool {
        let Some(people) = &mut self.people else {
            return false;
        };
        let Some(live) = people.sessions.get_mut(&incoming.session) else {
            return false;
        };
        let Some(person) = people.persons.get_mut(&incoming.contact) else {
            return false;
        };
        let progress = &mut person.progress;
        let told = incoming.items.iter().find_map(Item::numbering);
        live.numbering = match (told, live.numbering) {
            (Some(name), _) => name,
            (None, 0) => progress.their_numbering,
            (None, known) => known,
        };
        if progress.restarted_in == Some(incoming.session) {
            return false;
        }
        let is_current = live.role == super::live::Role::Sends;
        if live.numbering != progress.their_numbering
            && (progress.their_numbering == 0 || is_current)
        {
            progress.count_theirs_anew(live.numbering);
        }
        let is_counted = live.numbering == progress.their_numbering;
        if is_counted {
            progress.is_theirs_told = told.is_some();
        }
        is_counted
    }

    /// Counts both sides' messages from 1 again; what they have not acknowledged goes
    /// out again under new numbers.
    fn count_anew(
        &mut self,
        contact: ContactId,
        session: &[u8; 32],
        numbering: u64,
    ) -> Result<(), StoreError> {
        let Some(people) = &mut self.people else {
            return Ok(());
        };
        let theirs = people.sessions.get(session).map(|live| live.numbering);
        let Some(person) = people.persons.get_mut(&contact) else {
            return Ok(());
        };
        let conversation = person.row.conversation;
        let queue = Queue::Unacknowledged;
        person
            .progress
            .count_theirs_anew(theirs.unwrap_or_default());
        person.progress.count_ours_anew(numbering);
        for (seq, mut unacked) in core::mem::take(&mut person.unacked) {
            self.store.remove_queued(queue, conversation, seq)?;
            unacked.sent_at = None;
            unacked.sealed = None;
            let seq = person.progress.next_seq();
            person.unacked.insert(seq, unacked);
        }
        for (seq, unacked) in &person.unacked {
            let bytes = unacked.encode()?;
            self.store.put_queued(queue, conversation, *seq, &bytes)?;
        }
        Ok(())
    }

    /// The session in which somebody began anew, if something of its emoji check must
    /// be said.
    pub(super) fn side_to_answer(&self, contact: ContactId) -> Option<[u8; 32]> {
        let side = self.person(contact)?.progress.restarted_in?;
        self.has_urgent_rider(contact, &side).then_some(side)
    }

    /// Whether something must be said in a session although there is nothing to
    /// acknowledge.
    pub(super) fn has_urgent_rider(&self, contact: ContactId, session: &[u8; 32]) -> bool {
        let Some(people) = &self.people else {
            return false;
        };
        let live = people.sessions.get(session);
        let check = live.is_some_and(|live| live.check.is_urgent());
        let person = people.persons.get(&contact);
        let tells_name = person.is_some_and(|person| person.progress.name_until == u32::MAX);
        let tells_read = people.receipts.read
            && person.is_some_and(|person| person.progress.read > person.progress.read_told);
        check || tells_name || tells_read
    }
}
