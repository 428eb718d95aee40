//! Sessions that begin, on either side, and the envelopes that go out under them.

use crate::api::Event;
use crate::crypto::bundle::CardDay;
use crate::crypto::knock::{Arrival, Opened, PrekeySecret, Target, start};
use crate::crypto::session::{SealError, Sealed, TagChanges};
use crate::crypto::tags::TagOwner;
use crate::crypto::verify::SasOffer;
use crate::limits::{PREKEY_DAYS_KEPT, REQUESTS_MAX, REQUESTS_TOLD_PER_HOUR_MAX};
use crate::store::StoreError;
use crate::types::{ContactId, Day, Now, Standing};
use crate::wire::envelope::Envelope;
use crate::wire::items::Item;

use super::super::{Engine, EngineError, Profile};
use super::check::Check;
use super::direct::{Incoming, decode};
use super::letter::{Letter, Route};
use super::live::{Live, Role};
use super::{People, contact_id, contact_row};

const HOUR_MS: u64 = 60 * 60 * 1_000;

impl Engine {
    /// How a message to somebody goes out now; `None` while it must wait for their
    /// keys. Begins a session where there is none.
    pub(super) fn route(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<Option<Route>, EngineError> {
        let today = profile.today;
        let Some(people) = &mut profile.people else {
            return Ok(None);
        };
        if let Some(session) = people.sending_session(contact)
            && let Some(live) = people.sessions.get_mut(&session)
        {
            if live.knock.is_none() {
                return Ok(Some(Route::Session(session)));
            }
            if knock_day(live.keys_day, today).is_some() {
                return Ok(Some(Route::Knock(session)));
            }
            // Nobody answered, and the keys that it was sealed to are gone by now.
            live.retire(now.wall);
            profile.save_session(&session)?;
        }
        let Some(people) = &mut profile.people else {
            return Ok(None);
        };
        // They began one: it is as good as any, and needs no knock.
        if let Some(session) = people.newest_begun_by(contact) {
            people.send_under(now.wall, contact, &session);
            profile.save_session(&session)?;
            return Ok(Some(Route::Session(session)));
        }
        self.begin_knock(now, profile, contact)
    }

    fn begin_knock(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<Option<Route>, EngineError> {
        let today = profile.today;
        let bundle = profile.person(contact);
        let bundle = bundle.and_then(|person| person.bundle.clone());
        let Some(bundle) = bundle.filter(|bundle| bundle.knock_day(today).is_some()) else {
            return Ok(None);
        };
        let target = Target::Bundle(&bundle);
        let session = self.begin_at(now, profile, contact, target, bundle.day)?;
        Ok(session.map(Route::Knock))
    }

    /// Begins a session, under which everything to somebody goes from now on. `None` if
    /// their keys are of no use.
    pub(super) fn begin_at(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        target: Target<'_>,
        keys_day: Day,
    ) -> Result<Option<[u8; 32]>, EngineError> {
        let Some(people) = &mut profile.people else {
            return Ok(None);
        };
        let Some(person) = people.persons.get(&contact) else {
            return Ok(None);
        };
        let rng = self.rng.as_mut();
        let (identity, card) = (&people.identity, &people.card);
        let Ok(started) = start(identity, card, &person.card, target, rng) else {
            return Ok(None);
        };
        let session = started.agreed.session_id;
        let live = Live {
            contact,
            session: started.session,
            role: Role::Sends,
            is_initiator: true,
            is_answered: false,
            is_quantum_safe: started.agreed.kind.is_quantum_safe(),
            made_at: now.wall,
            verify_key: started.agreed.verify,
            check: Check::offer(&SasOffer::new(rng)),
            knock_hash: started.knock.ephemeral_id(),
            knock: Some(started.knock),
            keys_day,
            numbering: 0,
        };
        let before = people.sending_session(contact);
        people.sessions.insert(session, live);
        people.send_under(now.wall, contact, &session);
        profile.watch_session(&session);
        for changed in before.iter().chain([&session]) {
            profile.save_session(changed)?;
        }
        Ok(Some(session))
    }

    /// Seals under the session of a route; the caller stores the session.
    pub(super) fn seal_by(
        &mut self,
        profile: &mut Profile,
        contact: ContactId,
        letter: &Letter,
        data: &[u8],
    ) -> Result<Sealed, SealError> {
        let today = profile.today;
        let rng = self.rng.as_mut();
        let people = profile.people.as_mut().ok_or(SealError::Size)?;
        let person = people.persons.get(&contact).ok_or(SealError::Size)?;
        let session = letter.route.session();
        let live = people.sessions.get_mut(&session).ok_or(SealError::Size)?;
        let header = letter.header.encode();
        match (letter.route, &live.knock) {
            (Route::Knock(_), Some(knock)) => {
                let day = knock_day(live.keys_day, today).ok_or(SealError::Waiting)?;
                let day = CardDay::new(&person.card, day);
                knock.seal(&mut live.session, &day, header, data, rng)
            }
            _ => live.session.seal(rng, header, letter.envelope_bytes, data),
        }
    }

    /// A session moved: keeps the table of tags true, and opens at once what lies here
    /// already under the new ones.
    pub(super) fn session_moved(
        &mut self,
        now: Now,
        profile: &mut Profile,
        session: &[u8; 32],
        changes: TagChanges,
    ) -> Result<(), EngineError> {
        profile.tags.unwatch(changes.removed);
        let added = changes.added.into_iter().map(|(tag, _)| tag);
        let added: Vec<[u8; 16]> = added.collect();
        let owner = TagOwner::Session(*session);
        profile.tags.watch(owner, added.iter().copied());
        profile.save_session(session)?;
        for tag in added {
            self.open_tagged(now, &tag)?;
        }
        Ok(())
    }

    /// Puts the stored envelopes with a tag among those to be opened, at once.
    pub(in super::super) fn open_tagged(
        &mut self,
        now: Now,
        tag: &[u8; 16],
    ) -> Result<(), EngineError> {
        for id in self.inventory.tagged(tag) {
            if let Some(Ok(envelope)) = self.relay.body(id)?.map(Envelope::parse) {
                self.openings.insert((now.mono, id), envelope);
            }
        }
        Ok(())
    }

    /// Opens what lies here already for a session.
    pub(super) fn open_stored_of(
        &mut self,
        now: Now,
        profile: &Profile,
        session: &[u8; 32],
    ) -> Result<(), EngineError> {
        let people = profile.people.as_ref();
        let live = people.and_then(|people| people.sessions.get(session));
        let tags = live.into_iter().flat_map(|live| live.session.tags());
        let tags: Vec<[u8; 16]> = tags.map(|(tag, _)| tag).collect();
        tags.iter().try_for_each(|tag| self.open_tagged(now, tag))
    }

    /// Opens the keys of a new contact that lie here already.
    pub(super) fn open_stored_bundles(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Result<(), EngineError> {
        let today = profile.today;
        let Some(person) = profile.person(contact) else {
            return Ok(());
        };
        let tags: Vec<[u8; 16]> = CardDay::bundles_watched(today)
            .map(|day| CardDay::new(&person.card, day).bundle_tag())
            .collect();
        tags.iter().try_for_each(|tag| self.open_tagged(now, tag))
    }

    /// Opens a knock at our card, or a further message of one.
    pub(in super::super) fn open_knock(
        &mut self,
        now: Now,
        profile: &mut Profile,
        envelope: &Envelope,
        day: Day,
    ) -> Result<(), EngineError> {
        let until = Day(profile.today.0.saturating_add(PREKEY_DAYS_KEPT));
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        let Some(card_day) = people.days.get(&day) else {
            return Ok(());
        };
        let Ok(arrival) = Arrival::open(card_day, envelope.as_bytes()) else {
            // Its tag stays watched: it is tried once.
            return Ok(profile.store.mark_opened(envelope.id(), until)?);
        };
        let hash = arrival.ephemeral_id();
        let begun = people
            .sessions
            .iter()
            .find(|(_, live)| live.knock_hash == hash && !live.is_initiator)
            .map(|(session, _)| *session);
        match begun {
            Some(session) if profile.is_session_blocked(&session) => return Ok(()),
            Some(session) => {
                self.open_direct(now, profile, envelope, &session, Some(&arrival))?;
            }
            None if profile.store.knows_knock(&hash)? && !profile.asks_again(now, &arrival)? => {}
            None if !self.open_first(now, profile, envelope, &arrival, until)? => return Ok(()),
            None => {}
        }
        Ok(profile.store.mark_opened(envelope.id(), until)?)
    }

    /// The first message of somebody, or of somebody who begins anew. `false` if it may
    /// open another time: its keys are not here now, or its sender is blocked.
    fn open_first(
        &mut self,
        now: Now,
        profile: &mut Profile,
        envelope: &Envelope,
        arrival: &Arrival,
        until: Day,
    ) -> Result<bool, EngineError> {
        let Some(people) = &mut profile.people else {
            return Ok(false);
        };
        let named = arrival.prekey_id();
        let Some((secret, keys_day)) = people.secret_of(named, now) else {
            return Ok(false);
        };
        let Ok(opened) = arrival.answer(&people.identity, secret, now.wall) else {
            return Ok(true);
        };
        let Some((inner, items)) = decode(&opened.data) else {
            return Ok(true);
        };
        let Some(contact) = self.who_knocks(now, profile, &opened)? else {
            return Ok(false);
        };
        if !profile.may_knock(contact)? {
            return Ok(true);
        }
        if opened.has_seen_code {
            profile.code_was_seen(named, contact)?;
            self.tell(Event::ContactsChanged);
        }
        let knock_hash = arrival.ephemeral_id();
        profile.store.mark_knock(&knock_hash, until)?;
        let session = opened.agreed.session_id;
        let numbering = items.iter().find_map(Item::numbering);
        let begun = Begun {
            contact,
            knock_hash,
            keys_day,
            numbering,
        };
        profile.begin_by(now, begun, opened)?;
        let incoming = Incoming {
            contact,
            session,
            is_knock: true,
            inner,
            items,
            expires_at: envelope.header().expiry.start(),
        };
        self.take_message(now, profile, incoming)?;
        Ok(true)
    }

    /// The person behind an opened knock: known, or new and asking. `None` for a
    /// blocked one, of whom nothing is kept.
    fn who_knocks(
        &mut self,
        now: Now,
        profile: &mut Profile,
        opened: &Opened,
    ) -> Result<Option<ContactId>, EngineError> {
        let contact = contact_id(&opened.card);
        match profile.person(contact).map(|person| person.row.standing) {
            Some(Standing::Blocked) => return Ok(None),
            Some(Standing::Accepted | Standing::Asking) => return Ok(Some(contact)),
            None => {}
        }
        let Some(people) = &mut profile.people else {
            return Ok(None);
        };
        let asking = people.persons.values();
        let asking = asking.filter(|person| person.row.standing == Standing::Asking);
        let mut asking: Vec<_> = asking
            .map(|person| {
                let contact = person.row.contact;
                (people.codes.was_seen_by(contact), person.order, contact)
            })
            .collect();
        // A flood of strangers pushes out nobody who stood before our screen.
        asking.sort_unstable();
        if asking.len() >= REQUESTS_MAX
            && let Some((.., oldest)) = asking.first()
        {
            self.forget_person(profile, *oldest)?;
        }
        let Some(people) = &mut profile.people else {
            return Ok(None);
        };
        let signed = &opened.card_bytes;
        let row = contact_row(
            &people.card,
            &opened.card,
            signed,
            now.wall,
            Standing::Asking,
        );
        let name = row.name.clone();
        people.insert(row, opened.card.clone());
        // Nor does it keep the person from hearing of them.
        let told = match opened.has_seen_code {
            true => &mut people.told_by_code,
            false => &mut people.told,
        };
        told.retain(|at| now.mono.ms_since(*at) < HOUR_MS);
        let is_told = told.len() < REQUESTS_TOLD_PER_HOUR_MAX;
        if is_told {
            told.push(now.mono);
        }
        profile.save(contact)?;
        self.tell(match is_told {
            true => Event::ContactRequest {
                request: contact,
                name: name.into(),
            },
            // A flood of strangers waits in the list, and does not ring.
            false => Event::ContactsChanged,
        });
        Ok(Some(contact))
    }

    /// A message came in a session: whoever began it is answered.
    pub(super) fn session_answered(
        &mut self,
        now: Now,
        profile: &mut Profile,
        incoming: &Incoming,
    ) -> Result<(), EngineError> {
        let (contact, session) = (incoming.contact, &incoming.session);
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        let Some(live) = people.sessions.get_mut(session) else {
            return Ok(());
        };
        // A knock shows only that they have it, not that they heard from us.
        if live.is_answered || incoming.is_knock {
            return Ok(());
        }
        live.is_answered = true;
        live.knock = None;
        // Whoever was asked kept little of what was said: what this answer does not
        // acknowledge goes again.
        if let Some(person) = people.persons.get_mut(&contact) {
            let unacked = person.unacked.values_mut();
            let said = unacked.filter(|it| it.sealed.is_some_and(|(of, _)| of == *session));
            said.for_each(|unacked| unacked.expires_at = now.wall.min(unacked.expires_at));
        }
        let before = people.sending_session(contact);
        people.prefer_answered(now.wall, contact, session);
        for changed in before.iter().chain([session]) {
            profile.save_session(changed)?;
        }
        self.tell(Event::ContactsChanged);
        Ok(())
    }
}

/// The day under whose tag a knock sealed to the keys of a day is sent; `None` once
/// they are too old.
fn knock_day(keys: Day, today: Day) -> Option<Day> {
    let day = keys.max(today);
    (day.0 - keys.0 <= 1 && keys.0 <= today.0.saturating_add(1)).then_some(day)
}

impl People {
    /// What a knock names, and the day of those keys.
    pub(super) fn secret_of(&self, id: [u8; 8], now: Now) -> Option<(PrekeySecret<'_>, Day)> {
        if let Some(day) = self.prekeys.values().find(|day| day.id() == id) {
            return Some((PrekeySecret::Day(day), day.day()));
        }
        let prekey = self.codes.named(id, now.wall)?;
        let kem_day = prekey.kem_day();
        let day = self.prekeys.get(&kem_day);
        Some((PrekeySecret::OneTime { prekey, day }, kem_day))
    }
}

/// What a knock that opened begins, beside its session.
struct Begun {
    contact: ContactId,
    knock_hash: [u8; 32],
    keys_day: Day,
    numbering: Option<u64>,
}

impl Profile {
    /// Keeps the session that somebody began.
    fn begin_by(&mut self, now: Now, begun: Begun, opened: Opened) -> Result<(), StoreError> {
        let Some(people) = &mut self.people else {
            return Ok(());
        };
        let contact = begun.contact;
        let session = opened.agreed.session_id;
        let before = people.sending_session(contact);
        let role = people.role_of_new(now.wall, contact, &opened.agreed, begun.numbering);
        let live = Live {
            contact,
            session: opened.session,
            role,
            is_initiator: false,
            is_answered: false,
            is_quantum_safe: opened.agreed.kind.is_quantum_safe(),
            made_at: now.wall,
            verify_key: opened.agreed.verify,
            check: Check::default(),
            knock: None,
            knock_hash: begun.knock_hash,
            keys_day: begun.keys_day,
            numbering: 0,
        };
        people.sessions.insert(session, live);
        if let Some(before) = before {
            self.save_session(&before)?;
        }
        self.watch_session(&session);
        self.save_session(&session)
    }
}
