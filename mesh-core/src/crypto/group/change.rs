//! Making and taking operations.

use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::limits::{GROUP_EPOCHS_MAX, GROUP_MEMBERS_MAX, GROUP_PARENTS_MAX};
use crate::types::Wall;

use super::super::primitives::draw_secret;
use super::super::secret::Secret;
use super::epoch::Epoch;
use super::history::{History, Refused};
use super::keys::{Announced, OwnRing};
use super::member::{Member, MemberId, OwnKeys, Role, Roster};
use super::op::{Changes, Consent, Draft, Eid, Operation, SealedOp};
use super::roster::applied;
use super::sender_chain::GroupTags;
use super::{Group, welcome};

/// Why no operation was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RekeyError {
    /// We may not do that, or it changes nothing of what it says.
    #[error("that is not allowed in this group")]
    NotAllowed,
    /// An operation without changes, too soon after the last.
    #[error("the keys are new enough")]
    TooSoon,
    /// There are too many operations; they are folded as time goes.
    #[error("there are too many operations")]
    Full,
}

/// An operation that we made, and everything that goes with it into one transaction.
pub struct Rekeyed {
    /// To be sent to the others in pieces, in every epoch but the new one.
    pub op: Vec<u8>,
    /// The epoch that it begins.
    pub eid: Eid,
    /// What the table of tags must do.
    pub tags: GroupTags,
    /// Who needs the welcome, each sealed for itself: those who come, and members who
    /// do not know all that came before.
    pub newcomers: Vec<MemberId>,
    /// History and secret. Seal it and keep nothing else of it.
    pub welcome: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Rekeyed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rekeyed")
            .field("bytes", &self.op.len())
            .field("newcomers", &self.newcomers.len())
            .finish_non_exhaustive()
    }
}

/// Why an operation of somebody else was not taken. The state is as before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TakeError {
    /// The bytes are no operation.
    #[error("the bytes are no operation")]
    Malformed,
    /// None of our keys opens it: it may be the one that removes us, or one made before
    /// anybody there knew of us.
    #[error("the operation is not for us")]
    NotForUs,
    /// A signature is wrong, or somebody was left out or let in silently.
    #[error("the operation is forged")]
    Forged,
    /// See [`Refused`].
    #[error("the operation is refused")]
    Refused(#[from] Refused),
}

/// An operation that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// What it says.
    pub operation: Operation,
    /// What the table of tags must do.
    pub tags: GroupTags,
}

impl Group {
    /// Founds a group with us as its owner and everybody who gave their keys; gives the
    /// welcome for them. `None` for keys that cannot be wrapped to, or too many people.
    pub fn found(
        rng: &mut dyn CryptoRng,
        keys: OwnKeys,
        members: Vec<Member>,
        now: Wall,
    ) -> Option<(Self, Rekeyed)> {
        let mut gid = [0; 32];
        rng.fill_bytes(&mut gid);
        let me = keys.member(Role::Owner);
        let my_id = MemberId::new(&gid, &me.gsk);
        let adds = [vec![me], members].concat();
        let changes = Changes {
            adds,
            ..Changes::default()
        };
        let (seed, secret) = keys.into_secrets();
        let es = draw_secret(rng);
        let mut operation = Operation {
            eid: [0; 32],
            parents: Vec::new(),
            actor: my_id,
            changes,
            consent: None,
        };
        let roster = applied(&gid, &operation, Roster::new());
        let is_valid = super::roster::is_well_formed(&gid, &operation)
            && roster.len() <= GROUP_MEMBERS_MAX
            && super::roster::has_few_admins(&roster);
        is_valid.then_some(())?;
        let readers: Vec<_> = roster.iter().map(|(id, it)| (*id, it.mk)).collect();
        let op = Draft {
            gid: &gid,
            parents: &[],
            actor: my_id,
            seed: &seed,
            changes: &operation.changes,
            consent: None,
            readers: &readers,
        }
        .seal(&es)?;
        operation.eid = SealedOp::decode(&op)?.eid();
        let mut group = Self {
            gid,
            me: my_id,
            seed,
            own: OwnRing::new(secret, now),
            announced: Announced::default(),
            history: History::new(gid, operation, roster.clone(), now),
            roster,
            epochs: Vec::new(),
            active: std::collections::BTreeSet::new(),
            renewed: None,
        };
        let rekeyed = group.begin_own(op, group.history.base.op.eid, es, now);
        Some((group, rekeyed))
    }

    /// Makes an operation: adds, removes, gives roles, or renews the keys and nothing
    /// else. Removing seniors takes another admin's consent to exactly these removals.
    /// To leave there is [`Group::leave`].
    ///
    /// # Errors
    /// See [`RekeyError`]. The state is as before.
    pub fn rekey(
        &mut self,
        changes: Changes,
        consent: Option<Consent>,
        rng: &mut dyn CryptoRng,
        now: Wall,
    ) -> Result<Rekeyed, RekeyError> {
        if changes.removes.contains(&self.me) {
            return Err(RekeyError::NotAllowed);
        }
        let is_neutral = changes.is_empty();
        if is_neutral && !self.may_renew(now) {
            return Err(RekeyError::TooSoon);
        }
        let is_consented = consent.is_none_or(|consent| {
            let signer = self.roster.get(&consent.signer);
            signer.is_some_and(|it| consent.is_by(&self.gid, &it.gsk, &changes.removes))
        });
        is_consented.then_some(()).ok_or(RekeyError::NotAllowed)?;
        let es = draw_secret(rng);
        let (op, operation) = self.draft(changes, consent, &es)?;
        let eid = operation.eid;
        self.history.insert(operation, now).map_err(|it| match it {
            Refused::Full => RekeyError::Full,
            _ => RekeyError::NotAllowed,
        })?;
        if is_neutral {
            self.renewed = Some(now);
        }
        Ok(self.begin_own(op, eid, es, now))
    }

    /// The operation that removes us from the group, for the others; ours is deleted
    /// when it was sent. `None` if we are the last.
    #[must_use]
    pub fn leave(&self, rng: &mut dyn CryptoRng) -> Option<Vec<u8>> {
        let changes = Changes {
            removes: vec![self.me],
            ..Changes::default()
        };
        let es = draw_secret(rng);
        let (op, _) = self.draft(changes, None, &es).ok()?;
        (self.roster.len() > 1).then_some(op)
    }

    /// Founds another group with the same people and keys but one, and us as its owner:
    /// for anybody, when somebody was arrested and no admin can be reached. The welcome
    /// goes to the members of the new group whose ids are given.
    pub fn found_again_without(
        &self,
        member: MemberId,
        rng: &mut dyn CryptoRng,
        now: Wall,
    ) -> Option<(Self, Rekeyed)> {
        let keys = self.keys_again(self.own.secrets().next()?);
        let others = self.roster.iter();
        let others = others.filter(|(id, _)| **id != member && **id != self.me);
        let members = others.map(|(id, it)| Member {
            gsk: it.gsk,
            mk: self.keys_of(*id, it).first().copied().unwrap_or(it.mk),
            role: it.role.min(Role::Admin),
        });
        let members = members.collect();
        let is_other = member != self.me && self.roster.contains_key(&self.me);
        is_other.then_some(())?;
        Self::found(rng, keys, members, now)
    }

    /// Comes into a group that somebody founded in the place of this one.
    #[must_use]
    pub fn join_again(&self, welcome: &[u8], now: Wall) -> Option<(Self, GroupTags)> {
        let mut own = self.own.secrets();
        own.find_map(|secret| Self::join(self.keys_again(secret), welcome, now))
    }

    /// A second copy of our keys, for another group.
    pub(super) fn keys_again(&self, secret: &Secret<32>) -> OwnKeys {
        let mut copies = [Secret::zeroed(), Secret::zeroed()];
        for (copy, of) in copies.iter_mut().zip([&self.seed, secret]) {
            *copy.expose_mut() = *of.expose();
        }
        let [seed, secret] = copies;
        OwnKeys::from_secrets(seed, secret)
    }

    fn draft(
        &self,
        changes: Changes,
        consent: Option<Consent>,
        secret: &Secret<32>,
    ) -> Result<(Vec<u8>, Operation), RekeyError> {
        let parents = self.heads();
        let known = self.history.known_to(&parents);
        let known = known.map_err(|_| RekeyError::NotAllowed)?;
        let mut operation = Operation {
            eid: [0; 32],
            parents,
            actor: self.me,
            changes,
            consent,
        };
        let after = applied(&self.gid, &operation, known);
        let newest = |(id, member): (&MemberId, &Member)| {
            let mk = self.keys_of(*id, member).first().copied();
            (*id, mk.unwrap_or(member.mk))
        };
        let readers: Vec<_> = after.iter().map(newest).collect();
        let draft = Draft {
            gid: &self.gid,
            parents: &operation.parents,
            actor: self.me,
            seed: &self.seed,
            changes: &operation.changes,
            consent,
            readers: &readers,
        };
        let op = draft.seal(secret).ok_or(RekeyError::NotAllowed)?;
        let sealed = SealedOp::decode(&op).ok_or(RekeyError::NotAllowed)?;
        operation.eid = sealed.eid();
        Ok((op, operation))
    }

    /// What follows from an operation of ours that is in the history.
    fn begin_own(&mut self, op: Vec<u8>, eid: Eid, es: Secret<32>, now: Wall) -> Rekeyed {
        let welcome = welcome::encode(&self.history, &self.announced, &eid, &es);
        let newcomers = self.newcomers(&eid);
        let newest = self.own.publics().first().copied();
        self.own.is_used(eid, now, |mk| newest == Some(*mk));
        let tags = self.begin_epoch(eid, es, now);
        Rekeyed {
            op,
            eid,
            tags,
            newcomers,
            welcome,
        }
    }

    /// Readers of an operation that were not readers of all that it builds on, without
    /// ourselves: who needs a welcome, or the history ([`Group::history_for`]).
    #[must_use]
    pub fn newcomers(&self, eid: &Eid) -> Vec<MemberId> {
        let Some(entry) = self.history.get(eid) else {
            return Vec::new();
        };
        let parents = entry.op.parents.iter();
        let known: Vec<Roster> = parents
            .filter_map(|parent| self.history.known_to(&[*parent]).ok())
            .collect();
        let is_new = |id: &MemberId| {
            *id != self.me
                && (known.is_empty() || known.iter().any(|roster| !roster.contains_key(id)))
        };
        let after = self.history.known_to(&[*eid]).unwrap_or_default();
        after.into_keys().filter(is_new).collect()
    }

    /// Takes an operation that somebody sent. One that is not taken because its parents
    /// are missing is to be tried again when they came.
    ///
    /// # Errors
    /// See [`TakeError`].
    pub fn take_op(&mut self, op: &[u8], now: Wall) -> Result<Taken, TakeError> {
        let sealed = SealedOp::decode(op).ok_or(TakeError::Malformed)?;
        if self.history.get(&sealed.eid()).is_some() {
            return Err(Refused::Known.into());
        }
        let known = self.history.known_to(sealed.parents())?;
        let opened = sealed
            .open(&self.gid, self.own.secrets())
            .ok_or(TakeError::NotForUs)?;
        let operation = opened.operation.clone();
        let actor = known.get(&operation.actor).ok_or(Refused::NotAllowed)?;
        let is_consented = operation.consent.is_none_or(|consent| {
            let signer = known.get(&consent.signer);
            let removes = &operation.changes.removes;
            signer.is_some_and(|it| consent.is_by(&self.gid, &it.gsk, removes))
        });
        if !opened.is_signed_by(&actor.gsk) || !is_consented {
            return Err(TakeError::Forged);
        }
        let after = applied(&self.gid, &operation, known);
        let keys: Vec<_> = after
            .iter()
            .map(|(id, member)| (*id, self.keys_of(*id, member)))
            .collect();
        let readers = keys.iter().map(|(id, keys)| (*id, keys.as_slice()));
        if !opened.reaches(readers) {
            return Err(TakeError::Forged);
        }
        self.history.insert(operation.clone(), now)?;
        let eid = operation.eid;
        self.own.is_used(eid, now, |mk| opened.uses(mk));
        let tags = self.begin_epoch(eid, opened.secret, now);
        Ok(Taken { operation, tags })
    }

    /// Begins the epoch of an operation in the history: what it builds on is superseded,
    /// the roster is merged again, and what is too much is erased.
    pub(super) fn begin_epoch(&mut self, eid: Eid, secret: Secret<32>, now: Wall) -> GroupTags {
        let readers = self.history.known_to(&[eid]).unwrap_or_default();
        let epoch = Epoch::begin(self.gid, eid, secret, &readers, self.me);
        let mut tags = GroupTags {
            added: epoch.tags().collect(),
            removed: Vec::new(),
        };
        self.epochs.push(epoch);
        self.refresh(now);
        while self.epochs.len() > GROUP_EPOCHS_MAX
            && let Some(evicted) = self.worst_epoch()
        {
            let gone = self.epochs.remove(evicted);
            tags.removed.extend(gone.tags());
        }
        tags
    }

    /// What follows from the history alone.
    pub(super) fn refresh(&mut self, now: Wall) {
        self.roster = self.history.merged();
        let (roster, history) = (&self.roster, &self.history);
        self.announced.retain(|id| roster.contains_key(id));
        let heads: Vec<Eid> = history.heads().iter().map(|it| it.op.eid).collect();
        for epoch in &mut self.epochs {
            if !heads.contains(&epoch.eid) {
                epoch.superseded.get_or_insert(now);
            }
        }
    }

    /// Which epoch goes first: the worst head of somebody who is no admin, then the one
    /// superseded longest ago, then the worst head.
    fn worst_epoch(&self) -> Option<usize> {
        let sending = self.sending_epoch();
        let place = |eid: &Eid| self.epochs.iter().position(|epoch| epoch.eid == *eid);
        let heads = self.history.heads();
        let mut heads = heads
            .iter()
            .rev()
            .filter(|head| sending != Some(head.op.eid));
        let of_member = heads
            .clone()
            .filter(|head| head.rank < Role::Admin)
            .find_map(|head| place(&head.op.eid));
        let superseded = self.epochs.iter().enumerate();
        let oldest = superseded
            .filter_map(|(at, epoch)| Some((epoch.superseded?, at)))
            .min();
        of_member
            .or(oldest.map(|(_, at)| at))
            .or_else(|| heads.find_map(|head| place(&head.op.eid)))
    }
}

const _: () = assert!(GROUP_PARENTS_MAX <= GROUP_EPOCHS_MAX);
