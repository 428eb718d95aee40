//! What is due between people without anybody asking.

use crate::limits::{DAY_MS, EARLY_WAIT_MS, RESEND_DAYS, SESSION_RECEIVES_DAYS};
use crate::store::{Queue, StoreError};
use crate::types::{ContactId, ConversationId, Delivery, MessageId, Mono, Now};
use crate::wire::items::Item;

use super::super::{Engine, EngineError, Profile};
use super::People;
use super::direct::Incoming;
use super::live::Role;
use super::queues::Unacked;

impl Engine {
    /// Does what is due between people: keys, acknowledgements, messages that waited
    /// for earlier ones.
    pub(in super::super) fn tend_people(
        &mut self,
        now: Now,
        profile: &mut Profile,
    ) -> Result<(), EngineError> {
        self.publish_due(now, profile)?;
        let Some(people) = &profile.people else {
            return Ok(());
        };
        if people.due_at.is_none_or(|at| at > now.mono) {
            return Ok(());
        }
        let is_due = |at: Option<Mono>| at.is_some_and(|at| at <= now.mono);
        let due: Vec<ContactId> = people
            .persons
            .iter()
            .filter(|(_, person)| is_due(person.early_at) || is_due(person.ack_at))
            .map(|(contact, _)| *contact)
            .collect();
        for contact in due {
            self.show_early(now, profile, contact)?;
            self.acknowledge_due(now, profile, contact)?;
        }
        if let Some(people) = &mut profile.people {
            people.plan();
        }
        Ok(())
    }

    /// A start: what a run before this one owed is owed still.
    pub(in super::super) fn greet_people(&mut self, now: Now, profile: &mut Profile) {
        let Some(people) = &mut profile.people else {
            return;
        };
        let mut owing = Vec::new();
        for (contact, person) in &mut people.persons {
            if !person.early.is_empty() {
                person.early_at = Some(now.mono.plus_ms(EARLY_WAIT_MS));
            }
            owing.push(*contact);
        }
        people.plan();
        for contact in owing {
            if profile.owes_word(contact) {
                self.tend_later(now, profile, contact);
            }
        }
    }

    /// Now and then: sends again what the mesh dropped before it was acknowledged, and
    /// erases keys whose time is over.
    pub(in super::super) fn tidy_people(
        &mut self,
        now: Now,
        profile: &mut Profile,
    ) -> Result<(), EngineError> {
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        let waiting: Vec<ContactId> = people
            .persons
            .iter()
            .filter(|(_, person)| !person.unacked.is_empty())
            .map(|(contact, _)| *contact)
            .collect();
        let sessions: Vec<[u8; 32]> = people.sessions.keys().copied().collect();
        for contact in waiting {
            self.give_up(now, profile, contact)?;
            self.resend(now, profile, contact)?;
            self.send_waiting(now, profile, contact)?;
            profile.save(contact)?;
        }
        for session in sessions {
            profile.tidy_session(now, &session)?;
        }
        Ok(profile.drop_old_codes(now)?)
    }

    /// Gives up what nobody acknowledged for a week, and says so: the other side would
    /// wait for it for ever.
    fn give_up(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let oldest = now.wall.minus_ms(RESEND_DAYS * DAY_MS);
        let Some(person) = profile.person_mut(contact) else {
            return Ok(());
        };
        let conversation = person.row.conversation;
        let is_over = |unacked: &Unacked| unacked.written_at < oldest && unacked.tries > 0;
        let over: Vec<(u32, Unacked)> = person
            .unacked
            .extract_if(.., |_, unacked| is_over(unacked))
            .collect();
        if over.is_empty() {
            return Ok(());
        }
        let lowest = person.unacked.keys().next().copied();
        let next = person.progress.last_seq.saturating_add(1);
        person.progress.floor = lowest.unwrap_or(next);
        for (seq, unacked) in over {
            let queue = Queue::Unacknowledged;
            profile.store.remove_queued(queue, conversation, seq)?;
            self.withdraw(profile, &unacked.envelopes)?;
        }
        self.tend_later(now, profile, contact);
        Ok(())
    }

    /// Everything in a conversation was on the screen.
    pub(in super::super) fn have_read(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let tells = profile
            .people
            .as_ref()
            .is_some_and(|people| people.receipts.read);
        let Some(person) = profile.person_mut(contact) else {
            return Ok(());
        };
        person.progress.active_at = now.wall;
        let read = person.progress.received.missing() - 1;
        let is_news = read > person.progress.read;
        person.progress.read = read;
        if tells && is_news {
            self.acknowledge_later(now, profile, contact);
        }
        Ok(profile.save(contact)?)
    }

    /// Takes what a message says beside words and numbers.
    pub(super) fn take_signals(
        &mut self,
        now: Now,
        profile: &mut Profile,
        incoming: &Incoming,
    ) -> Result<(), EngineError> {
        for item in &incoming.items {
            match item {
                Item::Read(up_to) => self.take_read(profile, incoming.contact, *up_to)?,
                Item::Floor(floor) => self.take_floor(now, profile, incoming.contact, *floor)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// They gave up what has a smaller number.
    fn take_floor(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        floor: u32,
    ) -> Result<(), EngineError> {
        if let Some(person) = profile.person_mut(contact) {
            person.progress.received.skip_to(floor);
            person.progress.owes_ack = true;
        }
        self.show_followers(now, profile, contact)
    }

    /// They read everything of ours up to a number.
    fn take_read(
        &mut self,
        profile: &mut Profile,
        contact: ContactId,
        up_to: u32,
    ) -> Result<(), EngineError> {
        let Some(person) = profile.person_mut(contact) else {
            return Ok(());
        };
        let conversation = person.row.conversation;
        let read = person.progress.take_read(up_to);
        for message_id in read {
            let state = Delivery::Read;
            profile.store.set_state(conversation, message_id, state)?;
            self.tell(crate::api::Event::MessageState {
                conversation,
                message_id,
                state,
            });
        }
        Ok(())
    }
}

impl Profile {
    /// Whether there is anybody to do something for.
    pub(in super::super) fn knows_somebody(&self) -> bool {
        let people = self.people.as_ref();
        people.is_some_and(|people| !people.persons.is_empty())
    }

    /// When something between people is due, or something disappears.
    pub(in super::super) fn next_timeout(&self) -> Option<Mono> {
        let people = self.people.as_ref().and_then(People::next_timeout);
        let due = [people, self.groups.next_timeout(), self.leaves_at];
        due.into_iter().flatten().min()
    }

    /// Whether an own message needs no word of a neighbour any more: the person has
    /// it, or it is no message at all.
    pub(in super::super) fn is_done_with(
        &self,
        conversation: ConversationId,
        message_id: MessageId,
    ) -> bool {
        let Some(people) = &self.people else {
            return false;
        };
        if message_id == super::direct::no_message() {
            return true;
        }
        let Some(contact) = people.by_conversation(conversation) else {
            return false;
        };
        let waits = people.persons.get(&contact).is_some_and(|person| {
            let mut unacked = person.unacked.values();
            unacked.any(|unacked| unacked.message_id == message_id)
        });
        !waits
    }

    /// Erases what is too old in a session, or all of one that nothing comes in any
    /// more.
    fn tidy_session(&mut self, now: Now, session: &[u8; 32]) -> Result<(), StoreError> {
        let Some(people) = &mut self.people else {
            return Ok(());
        };
        let Some(live) = people.sessions.get_mut(session) else {
            return Ok(());
        };
        let person = people.persons.get(&live.contact);
        let is_side = person.is_some_and(|it| it.progress.restarted_in == Some(*session));
        if let Role::Receives { since } = live.role
            && now.wall.0.saturating_sub(since) > SESSION_RECEIVES_DAYS * DAY_MS
            && !is_side
        {
            return self.drop_session(session);
        }
        let changes = live.session.expire(now.wall);
        if changes.removed.is_empty() {
            return Ok(());
        }
        self.tags.unwatch(changes.removed);
        self.save_session(session)
    }
}
