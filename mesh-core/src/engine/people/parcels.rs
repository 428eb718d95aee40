//! What other parts of the engine ask of people: to carry something to a contact, and
//! who somebody is.

use crate::limits::ACK_SOON_MS;
use crate::types::{ContactId, Now, Standing};
use crate::wire::items::Item;

use super::super::marks::Outgoing;
use super::super::{Engine, EngineError, Profile};

impl Engine {
    /// Sends items to a contact in messages of their own, each numbered, acknowledged and
    /// sent again like any other: at once for what a person asked for, else after a
    /// random time.
    pub(in super::super) fn send_items(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        messages: Vec<Vec<Item>>,
        is_asked_for: bool,
    ) -> Result<(), EngineError> {
        for items in messages {
            self.queue_said(now, profile, contact, Outgoing::only(items, now))?;
        }
        match is_asked_for {
            true => self.send_waiting(now, profile, contact)?,
            false => self.send_soon(now, profile, contact),
        }
        Ok(profile.save(contact)?)
    }

    /// What waits for a contact goes after a random time, as in a conversation that goes
    /// on: many answer one question, and are waited for together. Who is careful sends
    /// it with the next housekeeping.
    fn send_soon(&mut self, now: Now, profile: &mut Profile, contact: ContactId) {
        let is_careful = self.config.careful;
        let is_accepted = profile.standing_of(contact) == Some(Standing::Accepted);
        if is_careful || !is_accepted {
            return;
        }
        let span = ACK_SOON_MS;
        let wait_ms = span.start + self.rng.next_u64() % (span.end - span.start);
        let at = now.mono.plus_ms(wait_ms);
        profile.say_by(contact, at);
    }
}

impl Profile {
    /// What somebody is to us; `None` for nobody known.
    pub(in super::super) fn standing_of(&self, contact: ContactId) -> Option<Standing> {
        self.person(contact).map(|person| person.row.standing)
    }

    /// What we call a contact.
    pub(in super::super) fn name_of(&self, contact: ContactId) -> Option<&str> {
        self.person(contact).map(super::Person::shown_name)
    }

    /// What we call everybody whom we accepted.
    pub(in super::super) fn names_of_contacts(&self) -> impl Iterator<Item = &str> {
        let persons = self
            .people
            .iter()
            .flat_map(|people| people.persons.values());
        let accepted = persons.filter(|person| person.is_accepted());
        accepted.map(super::Person::shown_name)
    }
}
