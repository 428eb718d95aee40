//! Contact codes on a screen: shown for a quarter of an hour, good for a day, and over
//! once whoever scanned one was verified (`docs/protocol/crypto.md`, "Contact codes").

use zeroize::Zeroizing;

use crate::api::{Answer, CommandError, Event};
use crate::crypto::bundle::{Bundle, CardDay, open_bundle};
use crate::crypto::identity::Card;
use crate::crypto::knock::Target;
use crate::crypto::prekeys::{DayPrekey, ONE_TIME_PREKEY_BYTES, OneTimePrekey};
use crate::crypto::verify::{ContactCode, contact_code};
use crate::limits::{CODE_READERS_MAX, CODES_KEPT_MAX};
use crate::redact::Redacted;
use crate::store::{PrekeyRow, ProfileStore, Setting, StoreError};
use crate::types::{ContactId, Now, Trust, Wall};

use super::super::{Engine, EngineError, Profile};
use super::letter::Route;

const MALFORMED: StoreError = StoreError::Malformed("contact codes");

type Asked = Result<Result<Answer, CommandError>, EngineError>;

/// Own codes that somebody may still knock with, in the order they were made.
#[derive(Default)]
pub(super) struct Codes(Vec<Code>);

struct Code {
    prekey: OneTimePrekey,
    /// Who proved to have seen it.
    readers: Vec<ContactId>,
}

impl Codes {
    /// Rows of `one-time prekey 60 ‖ count u8 ‖ readers × 16`.
    pub(super) fn load(store: &dyn ProfileStore) -> Result<Self, StoreError> {
        let row = Zeroizing::new(store.setting(Setting::Codes)?.unwrap_or_default());
        let (mut codes, mut rest) = (Vec::new(), row.as_slice());
        while !rest.is_empty() {
            let (code, more) = Code::read(rest).ok_or(MALFORMED)?;
            codes.push(code);
            rest = more;
        }
        Ok(Self(codes))
    }

    fn encode(&self) -> Zeroizing<Vec<u8>> {
        let row_bytes = ONE_TIME_PREKEY_BYTES + 1 + 16 * CODE_READERS_MAX;
        let mut row = Zeroizing::new(Vec::with_capacity(self.0.len() * row_bytes));
        for code in &self.0 {
            row.extend_from_slice(code.prekey.encode().expose());
            row.push(u8::try_from(code.readers.len()).unwrap_or(u8::MAX));
            row.extend(code.readers.iter().flat_map(|reader| reader.0));
        }
        row
    }

    /// The key that a knock names, if its time is not over.
    pub(super) fn named(&self, id: [u8; 8], now: Wall) -> Option<&OneTimePrekey> {
        let prekeys = self.0.iter().map(|code| &code.prekey);
        prekeys
            .filter(|prekey| !prekey.is_over(now))
            .find(|prekey| prekey.id() == id)
    }

    /// Whether somebody proved to have seen a code that is still good.
    pub(super) fn was_seen_by(&self, contact: ContactId) -> bool {
        self.0.iter().any(|code| code.readers.contains(&contact))
    }

    /// Notes who saw a code; of very many not all.
    fn note(&mut self, id: [u8; 8], contact: ContactId) {
        for code in self.0.iter_mut().filter(|code| code.prekey.id() == id) {
            if !code.readers.contains(&contact) && code.readers.len() < CODE_READERS_MAX {
                code.readers.push(contact);
            }
        }
    }

    /// Drops some; whether there were any.
    fn drop_if(&mut self, is_gone: impl Fn(&Code) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(|code| !is_gone(code));
        self.0.len() < before
    }

    #[cfg(test)]
    pub(super) fn readers(&self) -> Vec<usize> {
        self.0.iter().map(|code| code.readers.len()).collect()
    }
}

impl Code {
    fn read(row: &[u8]) -> Option<(Self, &[u8])> {
        let (prekey, rest) = row.split_first_chunk::<ONE_TIME_PREKEY_BYTES>()?;
        let ([count], rest) = rest.split_first_chunk()?;
        let (readers, rest) = rest.split_at_checked(16 * usize::from(*count))?;
        let readers = readers.as_chunks().0.iter().map(|id| ContactId(*id));
        let code = Self {
            prekey: OneTimePrekey::decode(prekey).ok()?,
            readers: readers.collect(),
        };
        Some((code, rest))
    }
}

impl Engine {
    /// The code to show now: the one shown before for a quarter of an hour, then a new
    /// one.
    pub(super) fn show_code(&mut self, now: Now, profile: &mut Profile) -> Asked {
        let today = profile.today;
        profile.drop_codes(|code| code.prekey.is_over(now.wall))?;
        let rng = self.rng.as_mut();
        let Some(people) = &mut profile.people else {
            return Ok(Err(CommandError::NoIdentity));
        };
        let newest = people.codes.0.last();
        if !newest.is_some_and(|code| code.prekey.is_shown(now.wall)) {
            if let std::collections::btree_map::Entry::Vacant(free) = people.prekeys.entry(today) {
                let day = free.insert(DayPrekey::generate(today, rng));
                profile.store.put_prekey(&PrekeyRow {
                    day: today,
                    secret: day.encode().expose().to_vec().into(),
                })?;
            }
            let prekey = OneTimePrekey::generate(now.wall, today, rng);
            people.codes.0.push(Code {
                prekey,
                readers: Vec::new(),
            });
            let over = people.codes.0.len().saturating_sub(CODES_KEPT_MAX);
            people.codes.0.drain(..over);
            profile.save_codes()?;
        }
        let code = profile.shown_code();
        Ok(code.ok_or(CommandError::NoIdentity))
    }

    /// Knocks at somebody whose code was scanned, unless they have answered us before.
    pub(super) fn knock_by_code(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        code: &ContactCode,
    ) -> Result<(), EngineError> {
        let today = profile.today;
        let bundle = self.bundle_here(profile, &code.card)?;
        let bundle = bundle.filter(|bundle| bundle.kem_id() == code.kem_id);
        let Some(people) = &profile.people else {
            return Ok(());
        };
        let sending = people.sending_session(contact);
        let live = sending.and_then(|session| people.sessions.get(&session));
        if live.is_some_and(|live| live.is_answered) {
            return Ok(());
        }
        let kem = bundle.as_ref().map(|bundle| bundle.kem.as_ref());
        let target = Target::Code { code, kem };
        let Some(session) = self.begin_at(now, profile, contact, target, today)? else {
            return Ok(());
        };
        // Something goes at once, so that the other screen shows the match.
        let route = Route::Knock(session);
        self.send_acknowledgement(now, profile, contact, route)?;
        self.send_waiting(now, profile, contact)
    }

    /// The newest bundle of a card that lies here.
    fn bundle_here(
        &mut self,
        profile: &Profile,
        card: &Card,
    ) -> Result<Option<Bundle>, StoreError> {
        let mut newest: Option<Bundle> = None;
        for day in CardDay::bundles_watched(profile.today) {
            let day = CardDay::new(card, day);
            for id in self.inventory.tagged(&day.bundle_tag()) {
                let body = self.relay.body(id)?;
                let bundle = body.and_then(|body| open_bundle(card, &day, &body).ok());
                if let Some(bundle) = bundle.filter(|bundle| bundle.replaces(newest.as_ref())) {
                    newest = Some(bundle);
                }
            }
        }
        Ok(newest)
    }

    /// Somebody shows the return code of our session.
    pub(super) fn confirm_code(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
        text: &str,
    ) -> Asked {
        let Some(people) = &profile.people else {
            return Ok(Err(CommandError::NoIdentity));
        };
        let Some(live) = people.compared_session(contact) else {
            return Ok(Err(CommandError::UnknownContact));
        };
        if !live.verify_key.is_return_code(text.trim()) {
            return Ok(Err(CommandError::ReturnCode));
        }
        self.become_verified(now, profile, contact)
    }

    /// The person made sure of somebody's keys: no code that they saw is good any more.
    pub(super) fn become_verified(
        &mut self,
        now: Now,
        profile: &mut Profile,
        contact: ContactId,
    ) -> Asked {
        let Some(person) = profile.person_mut(contact) else {
            return Ok(Err(CommandError::UnknownContact));
        };
        person.row.trust = Trust::Verified;
        profile.save(contact)?;
        profile.drop_codes(|code| code.readers.contains(&contact))?;
        self.go_on_anew(now, profile, contact)?;
        self.tell(Event::ContactsChanged);
        Ok(Ok(Answer::Done))
    }
}

impl Profile {
    fn shown_code(&self) -> Option<Answer> {
        let people = self.people.as_ref()?;
        let prekey = &people.codes.0.last()?.prekey;
        let day = people.prekeys.get(&prekey.kem_day())?;
        let text = contact_code(&people.identity, &people.card, prekey, day.kem_id());
        Some(Answer::Code {
            text: Redacted(text),
            until: prekey.shown_until(),
        })
    }

    /// Somebody proved to have seen a code.
    pub(super) fn code_was_seen(
        &mut self,
        id: [u8; 8],
        contact: ContactId,
    ) -> Result<(), StoreError> {
        if let Some(people) = &mut self.people {
            people.codes.note(id, contact);
        }
        self.save_codes()
    }

    /// Erases codes whose time is over.
    pub(super) fn drop_old_codes(&mut self, now: Now) -> Result<(), StoreError> {
        self.drop_codes(|code| code.prekey.is_over(now.wall))
    }

    fn drop_codes(&mut self, is_gone: impl Fn(&Code) -> bool) -> Result<(), StoreError> {
        let people = self.people.as_mut();
        match people.is_some_and(|people| people.codes.drop_if(is_gone)) {
            true => self.save_codes(),
            false => Ok(()),
        }
    }

    fn save_codes(&mut self) -> Result<(), StoreError> {
        let Some(people) = &self.people else {
            return Ok(());
        };
        self.store
            .set_setting(Setting::Codes, &people.codes.encode())
    }

    /// Answers `Query::ReturnCode`.
    pub(in super::super) fn return_code(&self, contact: ContactId) -> Result<Answer, CommandError> {
        let unknown = CommandError::UnknownContact;
        let people = self.people.as_ref().ok_or(unknown.clone())?;
        let live = people.compared_session(contact).ok_or(unknown)?;
        Ok(Answer::ReturnCode(Redacted(live.verify_key.return_code())))
    }
}
