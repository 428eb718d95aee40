//! Which of several sessions with a person is the one to send under, and how many there
//! may be (`docs/protocol/crypto.md`, "The knock").

use crate::crypto::knock::{Agreed, KnockKind, wins};
use crate::limits::{KNOCKS_PER_DAY_MAX, SESSIONS_PER_PERSON_MAX};
use crate::store::StoreError;
use crate::types::{ContactId, Standing, Wall};

use super::super::Profile;
use super::People;
use super::live::{Live, Role};

impl Profile {
    /// Whether a session is with somebody whom we blocked.
    pub(super) fn is_session_blocked(&self, session: &[u8; 32]) -> bool {
        let people = self.people.as_ref();
        let live = people.and_then(|people| people.sessions.get(session));
        let person = live.and_then(|live| self.person(live.contact));
        person.is_some_and(|person| person.row.standing == Standing::Blocked)
    }

    /// Whether somebody may begin one more session today; makes room for it.
    pub(super) fn may_knock(&mut self, contact: ContactId) -> Result<bool, StoreError> {
        let today = self.today;
        let Some(person) = self.person_mut(contact) else {
            return Ok(false);
        };
        let knocks = &mut person.progress.knocks;
        if knocks.0 != today {
            *knocks = (today, 0);
        }
        if knocks.1 >= KNOCKS_PER_DAY_MAX {
            return Ok(false);
        }
        knocks.1 += 1;
        let Some(people) = &self.people else {
            return Ok(false);
        };
        let mut idle: Vec<(u64, [u8; 32])> = Vec::new();
        let sessions = people.sessions_with(contact);
        for session in &sessions {
            if let Some(Role::Receives { since }) = people.sessions.get(session).map(|it| it.role) {
                idle.push((since, *session));
            }
        }
        idle.sort_unstable();
        let over = (sessions.len() + 1).saturating_sub(SESSIONS_PER_PERSON_MAX);
        for (_, session) in idle.into_iter().take(over) {
            if let Some(person) = self.person_mut(contact)
                && person.progress.restarted_in == Some(session)
            {
                person.progress.restarted_in = None;
            }
            self.drop_session(&session)?;
        }
        Ok(true)
    }
}

impl People {
    /// The newest session that somebody began with us and that goes on, but for one in
    /// which they began anew.
    pub(super) fn newest_begun_by(&self, contact: ContactId) -> Option<[u8; 32]> {
        let side = self.persons.get(&contact)?.progress.restarted_in;
        let with = self.sessions.with(contact).iter();
        let begun = with.filter_map(|session| self.sessions.get_key_value(session));
        let begun = begun.filter(|(session, live)| !live.is_initiator && side != Some(**session));
        let newest = begun.max_by_key(|(session, live)| (live.made_at, **session));
        newest.map(|(session, _)| *session)
    }

    /// Whether a session that somebody begins is the one that we send under; changes
    /// the one that was.
    ///
    /// `numbering` is what its first message says that their messages are counted under.
    pub(super) fn role_of_new(
        &mut self,
        now: Wall,
        contact: ContactId,
        agreed: &Agreed,
        numbering: Option<u64>,
    ) -> Role {
        let person = self.persons.get(&contact);
        let known = person.map(|person| person.progress.their_numbering);
        let Some(current) = self.sending_session(contact) else {
            return Role::Sends;
        };
        let Some(live) = self.sessions.get_mut(&current) else {
            return Role::Sends;
        };
        let new = (agreed.kind, &agreed.session_id);
        let is_preferred = match (live.is_initiator, live.is_answered) {
            // Ours never left: they cannot know of it.
            (true, false) if live.session.sent() == 0 => true,
            // Both began one at the same time.
            (true, false) => wins(new, (kind_of(live), &current)),
            // They did not get our answers, or they would not knock again.
            (false, false) => true,
            // It left before they heard of ours, and only now comes here: they count on
            // as in ours, which nobody knows who lost it.
            (true, true) if numbering.is_some() && numbering == known => {
                return Role::Receives { since: now.0 };
            }
            // It is the same identity key, and nothing shows that it is the same
            // laptop: what they write is shown, and we go on where we were.
            (_, true) => false,
        };
        if is_preferred {
            live.retire(now);
            return Role::Sends;
        }
        if live.is_answered
            && let Some(person) = self.persons.get_mut(&contact)
        {
            person.progress.restarted_in = Some(agreed.session_id);
        }
        Role::Receives { since: now.0 }
    }

    /// Sends under another session from now on.
    pub(super) fn send_under(&mut self, now: Wall, contact: ContactId, session: &[u8; 32]) {
        for other in self.sessions_with(contact) {
            if let Some(live) = self.sessions.get_mut(&other).filter(|_| other != *session) {
                live.retire(now);
            }
        }
        if let Some(live) = self.sessions.get_mut(session) {
            live.role = Role::Sends;
        }
    }

    /// A session was answered: it is better than one that was not.
    pub(super) fn prefer_answered(&mut self, now: Wall, contact: ContactId, answered: &[u8; 32]) {
        let Some(current) = self.sending_session(contact) else {
            return;
        };
        let is_answered = |session| {
            self.sessions
                .get(session)
                .is_some_and(|live| live.is_answered)
        };
        if current != *answered && !is_answered(&current) {
            self.send_under(now, contact, answered);
        }
    }
}

/// As the choice between crossing knocks sees it.
fn kind_of(live: &Live) -> KnockKind {
    match live.is_quantum_safe {
        true => KnockKind::Bundle,
        false => KnockKind::CodeClassic,
    }
}
