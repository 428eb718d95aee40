//! Locking: the person's things leave memory, the neighbours notice nothing.

use std::collections::BTreeSet;

use crate::api::{CommandError, Event, Notice};
use crate::store::{PeopleCopy, ProfileStore, StoreError};
use crate::types::{EnvelopeId, Now};

use super::groups::Groups;
use super::people::People;
use super::{Engine, EngineError, Pending};

/// What is kept of a locked profile: ids of own envelopes on their way. They say that
/// somebody here wrote, and not what or to whom.
#[derive(Debug, Default)]
pub(super) struct Locked {
    /// Whether there was one.
    is_locked: bool,
    untaken: BTreeSet<EnvelopeId>,
    /// Those that a neighbour confirmed meanwhile, or whose time was over.
    gone: Pending,
}

impl Engine {
    /// Whether there is a profile, and it is open.
    #[must_use]
    pub fn has_profile(&self) -> bool {
        self.profile.is_some()
    }

    /// There is a profile, and it is locked from the start.
    pub fn begin_locked(&mut self) {
        self.locked.is_locked = true;
    }

    /// Grows whenever something was committed to a profile's store: [`Engine::people_copy`]
    /// may give something else then.
    #[must_use]
    pub fn profile_revision(&self) -> u64 {
        self.profile_revision
    }

    /// What is to be kept of the profile beside its store; `None` without a profile.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn people_copy(&self) -> Result<Option<PeopleCopy>, StoreError> {
        let store = self.profile.as_ref().map(|profile| profile.store.as_ref());
        store.map_or(Ok(None), |store| PeopleCopy::of(store))
    }

    /// Whether a profile can be made of what a store holds: reads all that
    /// [`Engine::unlock`] does, and changes nothing.
    ///
    /// # Errors
    /// The store cannot be read, or a row does not hold what its column promises.
    pub fn check_profile(store: &dyn ProfileStore) -> Result<(), StoreError> {
        let identity = store.identity()?;
        People::load(store, identity.as_ref())?;
        Groups::load(store)?;
        store.conversations()?;
        store.outbox().map(drop)
    }

    /// Puts others in the place of what the person should know of this machine.
    pub fn set_notices(&mut self, notices: Vec<Notice>) {
        if notices != self.config.notices {
            self.config.notices = notices;
            self.tell(Event::StatusChanged);
        }
    }

    /// Forgets everything that needs the passphrase and goes on relaying; own envelopes
    /// on their way go on, too. Nothing happens without a profile.
    ///
    /// Gives the profile's store, to be closed. Every secret is zeroed as it is dropped;
    /// names and texts only as far as the allocator zeroes what is freed.
    pub fn lock(&mut self) -> Option<Box<dyn ProfileStore + Send>> {
        let profile = self.profile.take()?;
        self.locked.is_locked = true;
        self.locked.untaken = profile.untaken.clone();
        // What was about to be opened is opened from the relay store afterwards.
        self.openings.clear();
        self.pending.openable.clear();
        self.pending.people = false;
        self.tell(Event::Locked);
        Some(profile.store)
    }

    /// Takes a profile in, after [`Engine::lock`] or at any time without one, and opens
    /// what came meanwhile.
    ///
    /// # Errors
    /// The store failed; the engine refuses everything from then on.
    pub fn unlock(
        &mut self,
        now: Now,
        store: Box<dyn ProfileStore + Send>,
    ) -> Result<(), EngineError> {
        let Locked { gone, .. } = core::mem::take(&mut self.locked);
        self.outbox.clear();
        let unlocked = self.load_profile(now, store);
        let unlocked = unlocked.and_then(|()| {
            self.pending.confirmed.extend(gone.confirmed);
            self.pending.lapsed.extend(gone.lapsed);
            self.handle_pending(now)
        });
        self.is_poisoned |= unlocked.is_err();
        unlocked?;
        self.tell(Event::Unlocked);
        Ok(())
    }

    /// Why what concerns a person is refused now.
    pub(super) fn refusal(&self) -> CommandError {
        match self.locked.is_locked {
            true => CommandError::Locked,
            false => CommandError::NoIdentity,
        }
    }

    /// A batch without a profile: what concerns it later is kept, and requests are
    /// refused.
    pub(super) fn postpone(&mut self, pending: Pending) {
        let untaken = &mut self.locked.untaken;
        let confirmed = pending.confirmed.into_iter();
        let confirmed = confirmed.filter(|id| untaken.remove(id));
        self.locked.gone.confirmed.extend(confirmed);
        self.locked.gone.lapsed.extend(pending.lapsed);
        for (request, asked) in pending.requests {
            self.answer_without_profile(request, asked);
        }
    }
}
