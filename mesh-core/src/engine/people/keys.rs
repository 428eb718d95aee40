//! Keys for strangers: our own, published once a day while people with our card may
//! reach us, and those of contacts whom we have not heard from yet.

use crate::crypto::bundle::{CardDay, open_bundle, seal_bundle};
use crate::crypto::prekeys::DayPrekey;
use crate::limits::{DAY_MS, KEYS_LIFETIME_MS, PUBLISH_AFTER_START_MS};
use crate::router::expiry_of;
use crate::store::{OutboxRow, PrekeyRow, ProfileStore, Setting, StoreError};
use crate::types::{ContactId, ConversationId, Day, Mono, Now};
use crate::wire::envelope::{Class, Envelope, Header};

use super::super::{Engine, EngineError, Profile};
use super::direct::no_message;

/// Whether people with our card can reach us.
#[derive(Debug, Default)]
pub(super) struct Reachable {
    /// The person said so.
    pub(super) is_on: bool,
    /// The day whose keys went out last.
    pub(super) published: Option<Day>,
    /// When the next ones go out; none while nothing is to be published.
    pub(super) publish_at: Option<Mono>,
}

impl Reachable {
    /// `on u8 ‖ day u32`, or nothing.
    pub(super) fn load(store: &dyn ProfileStore) -> Result<Self, StoreError> {
        let row = store.setting(Setting::Reachable)?;
        let published = row.as_deref().and_then(|row| match row {
            [1, day @ ..] => day.try_into().ok().map(u32::from_le_bytes),
            _ => None,
        });
        Ok(Self {
            is_on: row.is_some(),
            published: published.map(Day),
            publish_at: None,
        })
    }
}

impl Engine {
    /// Lets people with our card reach us from now on: the keys of today go out at
    /// once.
    pub(super) fn become_reachable(
        &mut self,
        now: Now,
        profile: &mut Profile,
    ) -> Result<(), EngineError> {
        let today = profile.today;
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        people.reachable.is_on = true;
        if people.reachable.published != Some(today) {
            people.reachable.publish_at = Some(now.mono);
        }
        self.publish_due(now, profile)
    }

    /// It is a new day, or the start: old keys go, and new ones are due at a random
    /// moment, as whoever holds our card sees where they first appear.
    pub(in super::super) fn plan_keys(
        &mut self,
        now: Now,
        profile: &mut Profile,
    ) -> Result<(), EngineError> {
        // By a wrong clock every key would be over.
        let offset_ms = self.clock_offset_s().unsigned_abs() * 1_000;
        if self.clocks.is_long_past() || offset_ms >= DAY_MS {
            return Ok(());
        }
        let today = profile.today;
        let left_ms = DAY_MS - now.wall.0 % DAY_MS;
        // A laptop may be on for half an hour only; one that is on for days shows no
        // hour of its own.
        let span_ms = match now.mono.0 < PUBLISH_AFTER_START_MS {
            true => left_ms.min(PUBLISH_AFTER_START_MS),
            false => left_ms,
        };
        let wait_ms = self.rng.next_u64() % span_ms;
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        let over: Vec<Day> = people
            .prekeys
            .iter()
            .filter(|(_, prekey)| prekey.is_over(today))
            .map(|(day, _)| *day)
            .collect();
        for day in &over {
            people.prekeys.remove(day);
        }
        let oldest = people.prekeys.keys().next().copied();
        profile.store.erase_prekeys(oldest.unwrap_or(today))?;
        let is_due = people.reachable.is_on && people.reachable.published != Some(today);
        people.reachable.publish_at = is_due.then(|| now.mono.plus_ms(wait_ms));
        Ok(())
    }

    /// Publishes the keys of today if their time has come.
    pub(super) fn publish_due(
        &mut self,
        now: Now,
        profile: &mut Profile,
    ) -> Result<(), EngineError> {
        let today = profile.today;
        let due = profile
            .people
            .as_ref()
            .and_then(|people| people.reachable.publish_at);
        if due.is_none_or(|at| at > now.mono) {
            return Ok(());
        }
        let chance = self.rng.next_u32();
        let expiry = expiry_of(self.mesh_now(now).wall, KEYS_LIFETIME_MS, chance);
        let class = Class::Keys;
        let rng = self.rng.as_mut();
        let Some(people) = &mut profile.people else {
            return Ok(());
        };
        let prekey = people
            .prekeys
            .entry(today)
            .or_insert_with(|| DayPrekey::generate(today, rng));
        profile.store.put_prekey(&PrekeyRow {
            day: today,
            secret: prekey.encode().expose().to_vec().into(),
        })?;
        let header = Header { class, expiry }.encode();
        let bytes = seal_bundle(&people.identity, &people.card, prekey, header, rng);
        people.reachable.publish_at = None;
        people.reachable.published = Some(today);
        let row = [&[1][..], &today.0.to_le_bytes()].concat();
        profile.store.set_setting(Setting::Reachable, &row)?;
        let envelope =
            Envelope::parse(bytes).map_err(|_| StoreError::Malformed("a sealed bundle"))?;
        let id = envelope.id();
        profile.store.put_outbox(&OutboxRow {
            id,
            conversation: ConversationId([0; 16]),
            message_id: no_message(),
            body: envelope.as_bytes().to_vec(),
        })?;
        profile.untaken.insert(id);
        self.hold(now, envelope);
        Ok(())
    }

    /// Opens the keys that a contact published, and sends what waited for them. They
    /// are not marked as opened: the relay store is where they are kept.
    pub(in super::super) fn open_bundle(
        &mut self,
        now: Now,
        profile: &mut Profile,
        envelope: &Envelope,
        (contact, day): (ContactId, Day),
    ) -> Result<(), EngineError> {
        let Some(person) = profile.person_mut(contact) else {
            return Ok(());
        };
        let card_day = CardDay::new(&person.card, day);
        let Ok(bundle) = open_bundle(&person.card, &card_day, envelope.as_bytes()) else {
            return Ok(());
        };
        if bundle.replaces(person.bundle.as_ref()) {
            person.bundle = Some(bundle);
            // Not at once, or the knock would tell whom these keys were for.
            if person.unacked.values().any(|it| it.sent_at.is_none()) {
                self.tend_later(now, profile, contact);
            }
        }
        Ok(())
    }
}
