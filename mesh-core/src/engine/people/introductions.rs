//! Contacts make each other known: a third passes on both cards, with a word of its own
//! (`docs/protocol/crypto.md`, "Introductions").
//!
//! Nothing follows from an introduction before the person accepts it, and no key that is
//! known is ever replaced by one.

use zeroize::Zeroizing;

use crate::api::{Answer, CommandError, Event, IntroductionView};
use crate::crypto::bundle::Bundle;
use crate::crypto::identity::{self, Card};
use crate::crypto::names::Skeletons;
use crate::crypto::verify::card_link;
use crate::limits::{CONTACTS_MAX, INTRODUCTION_TEXT_BYTES_MAX, INTRODUCTIONS_PER_CONTACT_MAX};
use crate::redact::Redacted;
use crate::store::{ProfileStore, Queue, StoreError};
use crate::types::{ContactId, ConversationId, Now, Standing, Trust, Wall};
use crate::wire::introduction::{self as wire, is_introduction_text};
use crate::wire::items::Item;

use super::super::marks::Outgoing;
use super::super::{Engine, EngineError, Profile};
use super::alike::Alike;
use super::direct::Incoming;
use super::{People, Person, contact_id, contact_row};

const _: () = assert!(wire::CARD_BYTES == identity::CARD_BYTES);
const _: () = assert!(wire::BUNDLE_BYTES == crate::crypto::bundle::BUNDLE_BYTES);

const MALFORMED: StoreError = StoreError::Malformed("an introduction");

type Asked = Result<Result<Answer, CommandError>, EngineError>;

/// Who introduces, and whom.
pub(super) type Pair = (ContactId, ContactId);

/// An introduction that waits for the person.
pub(super) struct Introduction {
    /// Its number in the queue of the introducer's conversation.
    slot: u32,
    card: Card,
    /// The card as signed.
    signed: Vec<u8>,
    bundle: Option<Bundle>,
    text: Zeroizing<String>,
    /// By the introducer's clock.
    written_at: Wall,
    /// By ours.
    since: Wall,
}

impl Introduction {
    /// Checks card and bundle; a bundle that is not of this person is left out.
    fn new(told: &wire::Introduction, slot: u32, written_at: Wall, since: Wall) -> Option<Self> {
        let card = Card::decode(&told.card).ok()?;
        let bundle = told.bundle.as_ref();
        let bundle = bundle.and_then(|bundle| Bundle::decode(&card, &bundle[..]).ok());
        Some(Self {
            slot,
            card,
            signed: told.card.to_vec(),
            bundle,
            text: Zeroizing::new(told.text.clone()),
            written_at,
            since,
        })
    }

    /// Of a row `written at u64 ‖ since u64 ‖ as in the message`.
    fn decode(slot: u32, row: &[u8]) -> Option<Self> {
        let (written_at, rest) = row.split_first_chunk()?;
        let (since, rest) = rest.split_first_chunk()?;
        let told = wire::Introduction::decode(rest)?;
        let times = [written_at, since].map(|bytes| Wall(u64::from_le_bytes(*bytes)));
        let [written_at, since] = times;
        Self::new(&told, slot, written_at, since)
    }
}

impl People {
    /// Reads what waits in the conversation with an introducer.
    pub(super) fn load_introductions(
        &mut self,
        store: &dyn ProfileStore,
        (from, conversation): (ContactId, ConversationId),
    ) -> Result<(), StoreError> {
        for (slot, row) in store.queued(Queue::Introductions, conversation)? {
            let row = Zeroizing::new(row);
            let read = Introduction::decode(slot, &row).ok_or(MALFORMED)?;
            self.introductions
                .insert((from, contact_id(&read.card)), read);
        }
        Ok(())
    }

    /// Whether it would change anything that somebody vouches for a card: not for our
    /// own, for their own, or for somebody blocked or known at least as well.
    fn is_news(&self, (from, whom): Pair) -> bool {
        let introduces = |person: &Person| person.is_accepted();
        if whom == from || whom == contact_id(&self.card) {
            return false;
        }
        let known = self.persons.get(&whom);
        self.persons.get(&from).is_some_and(introduces)
            && known.is_none_or(|person| match person.row.standing {
                Standing::Blocked => false,
                Standing::Asking => true,
                Standing::Accepted => person.row.trust == Trust::Unverified,
            })
    }
}

impl Engine {
    /// Tells two contacts of each other.
    pub(super) fn introduce(
        &mut self,
        now: Now,
        profile: &mut Profile,
        pair: Pair,
        text: &str,
    ) -> Asked {
        let text = text.trim();
        if !is_introduction_text(text) {
            return Ok(Err(CommandError::TextTooLong {
                bytes: text.len(),
                max: INTRODUCTION_TEXT_BYTES_MAX,
            }));
        }
        if pair.0 == pair.1 {
            return Ok(Err(CommandError::IntroducedToSelf));
        }
        let both = [pair, (pair.1, pair.0)];
        let mut told = Vec::new();
        for (reader, whom) in both {
            match profile.introduction_of(whom, text) {
                Ok(item) => told.push((reader, item)),
                Err(refused) => return Ok(Err(refused)),
            }
        }
        for (reader, item) in told {
            self.say_to(now, profile, reader, Outgoing::only(vec![item], now))?;
        }
        Ok(Ok(Answer::Done))
    }

    /// Takes what a contact says of others; once, as a message may come again after the
    /// person declined.
    pub(super) fn take_introductions(
        &mut self,
        now: Now,
        profile: &mut Profile,
        incoming: &Incoming,
    ) -> Result<(), EngineError> {
        for item in &incoming.items {
            if let Item::Introduction(told) = item {
                self.take_introduction(now, profile, incoming, told)?;
            }
        }
        Ok(())
    }

    fn take_introduction(
        &mut self,
        now: Now,
        profile: &mut Profile,
        incoming: &Incoming,
        told: &wire::Introduction,
    ) -> Result<(), EngineError> {
        let (from, written_at) = (incoming.contact, incoming.inner.sent);
        let Some(mut new) = Introduction::new(told, 0, written_at, now.wall) else {
            return Ok(());
        };
        let pair = (from, contact_id(&new.card));
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        if !people.is_news(pair) {
            return Ok(());
        }
        let known = people.introductions.get(&pair);
        let known = known.map(|known| (known.slot, known.since, known.written_at));
        match known {
            Some((.., before)) if before >= written_at => return Ok(()),
            Some((slot, since, _)) => (new.slot, new.since) = (slot, since),
            None => new.slot = profile.make_slot(from)?,
        }
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        let Some(introducer) = people.persons.get(&from) else {
            return Ok(());
        };
        let times = [new.written_at, new.since].map(|at| at.0.to_le_bytes());
        let row = Zeroizing::new([&times.concat()[..], &told.encode()].concat());
        let (queue, conversation) = (Queue::Introductions, introducer.row.conversation);
        profile
            .store
            .put_queued(queue, conversation, new.slot, &row)?;
        let name = Redacted(new.card.name.clone());
        people.introductions.insert(pair, new);
        let (from, contact) = pair;
        self.tell(match known {
            None => Event::Introduction {
                from,
                contact,
                name,
            },
            Some(_) => Event::ContactsChanged,
        });
        Ok(())
    }

    /// Makes a contact of somebody introduced, or lets the word count for one.
    pub(super) fn accept_introduction(
        &mut self,
        now: Now,
        profile: &mut Profile,
        pair: Pair,
    ) -> Asked {
        let (from, whom) = pair;
        let Some(people) = &mut profile.people else {
            return Ok(Err(CommandError::NoIdentity));
        };
        if !people.is_news(pair) {
            return Ok(Err(CommandError::UnknownIntroduction));
        }
        let contacts = people.persons.values();
        let contacts = contacts.filter(|person| person.row.standing != Standing::Asking);
        let is_full = contacts.count() >= CONTACTS_MAX;
        let known = people.persons.get(&whom).map(|person| person.row.standing);
        if is_full && known != Some(Standing::Accepted) {
            return Ok(Err(CommandError::ContactsFull { max: CONTACTS_MAX }));
        }
        let Some(told) = people.introductions.get(&pair) else {
            return Ok(Err(CommandError::UnknownIntroduction));
        };
        if known.is_none() {
            let card = told.card.clone();
            let own = &people.card;
            let row = contact_row(own, &card, &told.signed, now.wall, Standing::Accepted);
            people.insert(row, card);
        }
        if let Some(person) = people.persons.get_mut(&whom) {
            let told = people.introductions.get(&pair);
            let bundle = told.and_then(|told| told.bundle.as_ref());
            if let Some(bundle) = bundle.filter(|it| it.replaces(person.bundle.as_ref())) {
                person.bundle = Some(bundle.clone());
            }
            if person.row.trust == Trust::Unverified {
                person.row.trust = Trust::Introduced;
                person.row.introduced_by = Some(from);
            }
        }
        let pairs = people.introductions.keys();
        let done: Vec<Pair> = pairs.filter(|pair| pair.1 == whom).copied().collect();
        for pair in done {
            profile.drop_introduction(pair)?;
        }
        // They have our card from the same introducer, and may have no keys of ours.
        self.become_reachable(now, profile)?;
        self.become_contact(now, profile, whom)
    }

    /// Forgets what one contact said of somebody.
    pub(super) fn decline_introduction(&mut self, profile: &mut Profile, pair: Pair) -> Asked {
        let was_there = profile.drop_introduction(pair)?;
        if was_there {
            self.tell(Event::ContactsChanged);
        }
        Ok(was_there
            .then_some(Answer::Done)
            .ok_or(CommandError::UnknownIntroduction))
    }
}

impl Profile {
    /// What another is told of a contact.
    fn introduction_of(&self, whom: ContactId, text: &str) -> Result<Item, CommandError> {
        let unknown = CommandError::UnknownContact;
        let people = self.people.as_ref().ok_or(CommandError::NoIdentity)?;
        let person = people.persons.get(&whom).filter(|it| it.is_accepted());
        let person = person.ok_or(unknown.clone())?;
        let sending = people.sending_session(whom);
        let live = sending.and_then(|session| people.sessions.get(&session));
        if live.is_none_or(|live| !live.is_answered) {
            return Err(CommandError::NotConnected);
        }
        let bundle = person.bundle.as_ref();
        let bundle = bundle.filter(|bundle| bundle.knock_day(self.today).is_some());
        let bundle = bundle.and_then(|bundle| bundle.encode().try_into().ok());
        Ok(Item::Introduction(wire::Introduction {
            card: person.row.card.as_slice().try_into().map_err(|_| unknown)?,
            bundle: bundle.map(Box::new),
            text: text.to_owned(),
        }))
    }

    /// A free number for what a contact says; the oldest makes way for it.
    fn make_slot(&mut self, from: ContactId) -> Result<u32, StoreError> {
        let Some(people) = &self.people else {
            return Ok(0);
        };
        let all = (from, ContactId([0; 16]))..=(from, ContactId([u8::MAX; 16]));
        let said = people.introductions.range(all);
        let mut slots: Vec<(u32, Pair)> = said.map(|(pair, it)| (it.slot, *pair)).collect();
        slots.sort_unstable();
        let next = slots.last().map_or(0, |(slot, _)| slot.saturating_add(1));
        let over = (slots.len() + 1).saturating_sub(INTRODUCTIONS_PER_CONTACT_MAX);
        for (_, pair) in slots.into_iter().take(over) {
            self.drop_introduction(pair)?;
        }
        Ok(next)
    }

    /// Whether it was there.
    fn drop_introduction(&mut self, pair: Pair) -> Result<bool, StoreError> {
        let Some(people) = &mut self.people else {
            return Ok(false);
        };
        let Some(told) = people.introductions.remove(&pair) else {
            return Ok(false);
        };
        if let Some(introducer) = people.persons.get(&pair.0) {
            let (queue, conversation) = (Queue::Introductions, introducer.row.conversation);
            self.store.remove_queued(queue, conversation, told.slot)?;
        }
        Ok(true)
    }

    /// Answers `Query::Introductions`.
    pub(in super::super) fn introductions(&self) -> Answer {
        let Some(people) = &self.people else {
            return Answer::Introductions(Vec::new());
        };
        let waiting = people.introductions.iter();
        let mut waiting: Vec<(&Pair, &Introduction)> =
            waiting.filter(|(pair, _)| people.is_news(**pair)).collect();
        waiting.sort_by_key(|(pair, told)| (told.since, **pair));
        let alike = Alike::of(people);
        let views = waiting.into_iter().map(|((from, whom), told)| {
            let known = people.persons.get(whom);
            let known_look = known.map(|person| person.look.skeletons.clone());
            let look = known_look.unwrap_or_else(|| Skeletons::of(&told.card.name));
            IntroductionView {
                from: *from,
                contact: *whom,
                name: Redacted(told.card.name.clone()),
                link: Redacted(card_link(&told.signed)),
                text: Redacted(told.text.to_string()),
                since: told.since,
                is_contact: known.is_some_and(Person::is_accepted),
                can_write: told
                    .bundle
                    .as_ref()
                    .is_some_and(|bundle| bundle.knock_day(self.today).is_some()),
                looks_like: alike.to(*whom, &look),
            }
        });
        Answer::Introductions(views.collect())
    }
}
