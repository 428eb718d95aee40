//! People: who is known, by which keys, and what is under way between them and us.
//!
//! Floor 4. A [`Person`] is a contact, or somebody who asks to be one; what was
//! agreed with them lies in [`Live`] sessions. Everything here changes inside the
//! profile transaction of one batch, and is written back by [`Profile::save`] and
//! [`Profile::save_session`] before an envelope leaves. Protocol:
//! `docs/protocol/crypto.md`.

mod acks;
mod alike;
mod anew;
mod asked;
mod check;
mod choice;
mod codes;
mod direct;
mod emptied;
mod introductions;
mod keys;
mod knocks;
mod letter;
mod live;
mod numbers;
mod parcels;
mod progress;
mod queues;
mod requests;
mod send;
mod sessions;
mod tend;
mod views;

use std::collections::BTreeMap;

use crate::api::Receipts;
use crate::crypto::bundle::{Bundle, CardDay};
use crate::crypto::identity::{Card, Identity};
use crate::crypto::prekeys::DayPrekey;
use crate::crypto::secret::Secret;
use crate::crypto::tags::TagOwner;
use crate::store::{ContactRow, IdentityRow, ProfileStore, Queue, SessionRow, Setting, StoreError};
use crate::types::{ContactId, ConversationId, Day, Mono, Standing, Wall};
use crate::wire::inner::Numbers;

use super::Profile;

use alike::Look;
use codes::Codes;
use introductions::Introduction;
use keys::Reachable;
use live::Live;
use progress::Progress;
use queues::{Early, Unacked};
use sessions::Sessions;

/// Everybody known, and own keys.
pub(super) struct People {
    identity: Identity,
    /// Own card; its name changes, its keys never.
    card: Card,
    /// In no order that shows; [`Person::order`] is the order of adding.
    persons: BTreeMap<ContactId, Person>,
    sessions: Sessions,
    /// By who introduces, and whom.
    introductions: BTreeMap<introductions::Pair, Introduction>,
    /// Own keys for strangers, by day.
    prekeys: BTreeMap<Day, DayPrekey>,
    /// Own card on the days on which knocks are watched for.
    days: BTreeMap<Day, CardDay>,
    reachable: Reachable,
    /// Own contact codes.
    codes: Codes,
    receipts: Receipts,
    /// Nothing between people is due before; `None` if nothing is due at all.
    due_at: Option<Mono>,
    /// When strangers were told to the person lately.
    told: Vec<Mono>,
    /// The same for those who saw a contact code.
    told_by_code: Vec<Mono>,
}

/// Somebody, and how far the conversation with them has come.
pub(super) struct Person {
    /// As stored, but for its progress, which lies beside it.
    row: ContactRow,
    card: Card,
    /// Of the shown name.
    look: Look,
    order: usize,
    progress: Progress,
    /// Own messages that they have not acknowledged, by number.
    unacked: BTreeMap<u32, Unacked>,
    /// Theirs that came before an earlier one, by number.
    early: BTreeMap<u32, Early>,
    /// Early ones are shown then, whatever is missing.
    early_at: Option<Mono>,
    /// What came is acknowledged then, if nothing else goes before.
    ack_at: Option<Mono>,
    /// Their newest keys for strangers.
    bundle: Option<Bundle>,
    /// What they acknowledged last.
    heard: Numbers,
}

impl Person {
    /// Somebody with whom nothing happened yet.
    fn new(row: ContactRow, card: Card, order: usize) -> Self {
        let mut person = Self {
            look: Look::of(""),
            row,
            card,
            order,
            progress: Progress::default(),
            unacked: BTreeMap::new(),
            early: BTreeMap::new(),
            early_at: None,
            ack_at: None,
            bundle: None,
            heard: Numbers::default(),
        };
        person.look_again();
        person
    }

    /// Whether they are a contact of ours now.
    fn is_accepted(&self) -> bool {
        self.row.standing == Standing::Accepted
    }

    /// What we call them: the petname, or the name they claim.
    fn shown_name(&self) -> &str {
        match self.row.petname.as_str() {
            "" => &self.row.name,
            petname => petname,
        }
    }
}

/// The first 16 bytes of a card id.
fn contact_id(card: &Card) -> ContactId {
    let mut id = [0; 16];
    id.iter_mut()
        .zip(card.id())
        .for_each(|(slot, byte)| *slot = byte);
    ContactId(id)
}

impl People {
    /// Reads everybody. Tags are not watched yet: [`Profile::watch_people`].
    pub(super) fn load(
        store: &dyn ProfileStore,
        identity: Option<&IdentityRow>,
    ) -> Result<Option<Self>, StoreError> {
        let Some(row) = identity else {
            return Ok(None);
        };
        let mut seed = row.seed.clone();
        let identity = Identity::from_seed(&Secret::take(&mut seed));
        let card = identity
            .card(*row.card_secret, &row.name)
            .ok_or(StoreError::Malformed("own name"))?;
        let mut people = Self {
            identity,
            card,
            persons: BTreeMap::new(),
            sessions: Sessions::default(),
            introductions: BTreeMap::new(),
            prekeys: BTreeMap::new(),
            days: BTreeMap::new(),
            reachable: Reachable::load(store)?,
            codes: Codes::load(store)?,
            receipts: Receipts {
                read: store.setting(Setting::Receipts)?.as_deref() == Some(&[1]),
            },
            due_at: None,
            told: Vec::new(),
            told_by_code: Vec::new(),
        };
        for row in store.contacts()? {
            people.add(store, row)?;
        }
        for row in store.sessions()? {
            let live = Live::decode(&people, &row)?;
            people.sessions.insert(row.session, live);
        }
        for row in store.prekeys()? {
            let prekey =
                DayPrekey::decode(&row.secret).map_err(|_| StoreError::Malformed("a prekey"))?;
            people.prekeys.insert(row.day, prekey);
        }
        Ok(Some(people))
    }

    /// Takes a stored contact with what waits in its conversation.
    fn add(&mut self, store: &dyn ProfileStore, row: ContactRow) -> Result<(), StoreError> {
        let card = Card::decode(&row.card).map_err(|_| StoreError::Malformed("a card"))?;
        let progress = Progress::decode(&row.progress)?;
        let mut person = Person {
            progress,
            ..Person::new(row, card, self.persons.len())
        };
        let conversation = person.row.conversation;
        for (seq, bytes) in store.queued(Queue::Unacknowledged, conversation)? {
            person.unacked.insert(seq, Unacked::decode(&bytes)?);
        }
        for (seq, bytes) in store.queued(Queue::Early, conversation)? {
            person.early.insert(seq, Early::decode(&bytes)?);
        }
        let contact = person.row.contact;
        self.persons.insert(contact, person);
        self.load_introductions(store, (contact, conversation))
    }

    /// The person behind a conversation.
    pub(super) fn by_conversation(&self, conversation: ConversationId) -> Option<ContactId> {
        self.persons
            .values()
            .find(|person| person.row.conversation == conversation)
            .map(|person| person.row.contact)
    }

    /// When something is due whatever comes in.
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        let due = [self.due_at, self.reachable.publish_at];
        due.into_iter().flatten().min()
    }

    /// Something is due then. What is due no more is found out when its time has come,
    /// so that nobody need look at everybody in between.
    fn due_by(&mut self, at: Mono) {
        self.due_at = Some(self.due_at.map_or(at, |before| before.min(at)));
    }

    /// Looks at everybody for what is due next.
    fn plan(&mut self) {
        let persons = self.persons.values();
        let due = persons.flat_map(|person| [person.early_at, person.ack_at]);
        self.due_at = due.flatten().min();
    }
}

impl Profile {
    /// Something is to be said to a person by this time, or before if more is.
    fn say_by(&mut self, contact: ContactId, at: Mono) {
        let Some(people) = &mut self.people else {
            return;
        };
        if let Some(person) = people.persons.get_mut(&contact) {
            person.ack_at = Some(person.ack_at.map_or(at, |before| before.min(at)));
            people.due_by(at);
        }
    }

    /// Writes a person back.
    fn save(&mut self, contact: ContactId) -> Result<(), StoreError> {
        let Some(people) = &mut self.people else {
            return Ok(());
        };
        if let Some(person) = people.persons.get_mut(&contact) {
            person.look_again();
            person.row.progress = person.progress.encode().to_vec();
            self.store.put_contact(&person.row)?;
        }
        Ok(())
    }

    /// Writes a session back.
    fn save_session(&mut self, session: &[u8; 32]) -> Result<(), StoreError> {
        let Some(people) = &self.people else {
            return Ok(());
        };
        if let Some(live) = people.sessions.get(session) {
            let row = SessionRow {
                session: *session,
                contact: live.contact,
                state: live.encode(),
            };
            self.store.put_session(&row)?;
        }
        Ok(())
    }

    /// Forgets a session and its tags.
    fn drop_session(&mut self, session: &[u8; 32]) -> Result<(), StoreError> {
        let Some(people) = &mut self.people else {
            return Ok(());
        };
        if let Some(live) = people.sessions.remove(session) {
            self.tags.unwatch(live.session.tags().map(|(tag, _)| tag));
            self.store.remove_session(session)?;
        }
        Ok(())
    }

    /// Watches the tags of a session, unless its person is blocked.
    fn watch_session(&mut self, session: &[u8; 32]) {
        let Some(people) = &self.people else {
            return;
        };
        let Some(live) = people.sessions.get(session) else {
            return;
        };
        let person = people.persons.get(&live.contact);
        if person.is_some_and(|person| person.row.standing != Standing::Blocked) {
            let tags = live.session.tags().map(|(tag, _)| tag);
            self.tags.watch(TagOwner::Session(*session), tags);
        }
    }

    /// Watches whatever people may write to us with: at start and on a new day.
    pub(super) fn watch_people(&mut self) {
        let today = self.today;
        let Some(people) = &mut self.people else {
            return;
        };
        self.tags.forget(|owner| {
            matches!(
                owner,
                TagOwner::Knock(_) | TagOwner::Bundle(..) | TagOwner::Session(_)
            )
        });
        people.days = CardDay::watched(today)
            .map(|day| (day, CardDay::new(&people.card, day)))
            .collect();
        for (day, card_day) in &people.days {
            self.tags
                .watch(TagOwner::Knock(*day), card_day.knock_tags());
        }
        let contacts: Vec<ContactId> = people.persons.keys().copied().collect();
        let sessions: Vec<[u8; 32]> = people.sessions.keys().copied().collect();
        contacts
            .iter()
            .for_each(|contact| self.watch_bundles(*contact));
        sessions
            .iter()
            .for_each(|session| self.watch_session(session));
    }

    /// Watches for the keys that a contact publishes.
    fn watch_bundles(&mut self, contact: ContactId) {
        let today = self.today;
        let person = self
            .people
            .as_ref()
            .and_then(|people| people.persons.get(&contact));
        let Some(person) = person.filter(|person| person.is_accepted()) else {
            return;
        };
        for day in CardDay::bundles_watched(today) {
            let tag = CardDay::new(&person.card, day).bundle_tag();
            self.tags.watch(TagOwner::Bundle(contact, day), [tag]);
        }
    }
}

/// A new row for a person; the conversation's name follows from both cards.
fn contact_row(
    own: &Card,
    card: &Card,
    signed: &[u8],
    now: Wall,
    standing: Standing,
) -> ContactRow {
    ContactRow {
        contact: contact_id(card),
        card: signed.to_vec(),
        name: card.name.clone(),
        petname: String::new(),
        standing,
        trust: crate::types::Trust::Unverified,
        introduced_by: None,
        conversation: own.conversation_with(card),
        added_at: now,
        progress: Progress::default().encode().to_vec(),
    }
}

#[cfg(test)]
mod tests;
