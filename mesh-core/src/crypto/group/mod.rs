//! Groups of 5 to 200 people (`docs/protocol/crypto.md`, "Groups").
//!
//! Everybody has a chain of messages in each *epoch*; an epoch begins with an operation
//! that brings a new secret to its readers. Operations are made by whoever has the
//! right, wherever they are, and merged by strong removal; nobody waits for anybody.
//!
//! Whoever holds a [`Group`] stores it before anything that it sealed leaves, opens with
//! [`Group::open`], which changes nothing until [`GroupOpening::commit`], and keeps a
//! table of the tags that [`GroupTags`] names.

mod change;
mod control;
mod epoch;
mod facts;
mod founded;
mod history;
mod hpke;
mod keys;
mod member;
mod merge;
mod op;
mod roster;
mod sender_chain;
mod state;
mod talk;
mod welcome;
mod wrap;

use core::fmt;
use std::collections::BTreeSet;

use crate::limits::{
    GROUP_AHEAD_WIDE, GROUP_EPOCH_KEPT_MS, GROUP_NEUTRAL_HOLD_MS_MAX, GROUP_NEUTRAL_MS,
    GROUP_PARENTS_MAX, GROUP_REFRESH_MS,
};
use crate::types::Wall;

use super::secret::Secret;

use self::epoch::Epoch;
use self::history::{Entry, History};
use self::keys::{Announced, OwnRing};

pub use self::change::{RekeyError, Rekeyed, TakeError, Taken};
pub use self::control::Control;
pub use self::facts::{conversation, eid_of};
pub use self::history::Refused;
pub use self::member::{GroupId, Member, MemberId, OwnKeys, Role, Roster};
pub use self::op::{Changes, Consent, Eid, OP_BYTES_MAX, Operation};
pub use self::sender_chain::{GROUP_MESSAGE_OVERHEAD_BYTES, GroupTags, Purpose};
pub use self::talk::{GroupOpening, OpenError, SealError};

/// One group as one of its members knows it. Every secret in it is zeroed when it is
/// replaced and when the group is dropped.
pub struct Group {
    gid: GroupId,
    me: MemberId,
    /// Of GSK.
    seed: Secret<32>,
    own: OwnRing,
    announced: Announced,
    history: History,
    /// Of everything in the history; follows from it.
    roster: Roster,
    /// In the order in which they began here.
    epochs: Vec<Epoch>,
    /// Members whose messages are watched further ahead. Not stored.
    active: BTreeSet<MemberId>,
    /// When we last made an operation without changes.
    renewed: Option<Wall>,
}

impl Group {
    /// Its name.
    #[must_use]
    pub fn gid(&self) -> &GroupId {
        &self.gid
    }

    /// Our own id in it.
    #[must_use]
    pub fn me(&self) -> MemberId {
        self.me
    }

    /// The members, ourselves among them unless we were removed.
    #[must_use]
    pub fn roster(&self) -> &Roster {
        &self.roster
    }

    /// The operations that nothing is built on, best first and at most 8: what is told
    /// to others, who re-send what is missing in it.
    #[must_use]
    pub fn heads(&self) -> Vec<Eid> {
        let heads = self.history.heads().into_iter().map(|head| head.op.eid);
        heads.take(GROUP_PARENTS_MAX).collect()
    }

    /// Of the heads that another told, those that are not known here.
    #[must_use]
    pub fn missing(&self, heads: &[Eid]) -> Vec<Eid> {
        let is_missing = |eid: &&Eid| self.history.get(eid).is_none();
        heads.iter().filter(is_missing).copied().collect()
    }

    /// Everything known here that somebody with these heads lacks, parents first.
    #[must_use]
    pub fn lacking(&self, heads: &[Eid]) -> Vec<Eid> {
        let known = self.history.before(heads);
        let all = self.history.all();
        let entries = self.history.in_order(&all).into_iter();
        let eids = entries.map(|entry| entry.op.eid);
        eids.filter(|eid| !known.contains(eid)).collect()
    }

    /// The epoch in which messages are sealed: the best head whose readers are exactly
    /// the members. `None` while there is none: then new keys are due.
    #[must_use]
    pub fn sending_epoch(&self) -> Option<Eid> {
        self.sending_entry().map(|entry| entry.op.eid)
    }

    fn sending_entry(&self) -> Option<&Entry> {
        let sendable = self.history.sendable().into_iter();
        let mut readable = sendable.filter(|it| self.epoch(&it.op.eid).is_some());
        readable
            .next()
            .filter(|_| self.roster.contains_key(&self.me))
    }

    /// Whose devices can read what is sealed now, without ourselves.
    #[must_use]
    pub fn who_can_read(&self) -> Vec<MemberId> {
        let epoch = self.sending_epoch().and_then(|eid| self.epoch(&eid));
        epoch.map_or_else(Vec::new, |it| it.authors.keys().copied().collect())
    }

    /// Epochs whose messages can be read here, in the order in which they began:
    /// operations, keys and heads are told in each.
    #[must_use]
    pub fn epochs(&self) -> Vec<Eid> {
        self.epochs.iter().map(|epoch| epoch.eid).collect()
    }

    /// Every tag watched.
    pub fn tags(&self) -> impl Iterator<Item = [u8; 16]> + '_ {
        self.epochs.iter().flat_map(Epoch::tags)
    }

    /// How long to wait at most before an operation without changes is made: a random
    /// time up to this. `None` while none is due. It is due while no head is sendable,
    /// and when the keys are a day old; one member makes no two within six hours.
    #[must_use]
    pub fn renewal_due(&self, now: Wall) -> Option<u64> {
        let age = |at: Wall| now.0.saturating_sub(at.0);
        let is_old = |entry: &Entry| age(entry.taken) >= GROUP_REFRESH_MS;
        let is_due = self.sending_entry().is_none_or(is_old);
        (is_due && self.may_renew(now)).then_some(GROUP_NEUTRAL_HOLD_MS_MAX)
    }

    /// Whether we may make an operation without changes now: somebody who is no admin
    /// only to join heads, after a head that nobody can send in, or after six hours.
    fn may_renew(&self, now: Wall) -> bool {
        let Some(me) = self.roster.get(&self.me) else {
            return false;
        };
        let is_past = |at: Wall| now.0.saturating_sub(at.0) >= GROUP_NEUTRAL_MS;
        let has_reason = || {
            let heads = self.history.heads();
            let sending = self.sending_entry();
            heads.len() > 1 || sending.is_none_or(|entry| is_past(entry.taken))
        };
        me.role >= Role::Admin || self.renewed.is_none_or(is_past) && has_reason()
    }

    /// Watches the messages of these members twice as far ahead: the most active ones.
    pub fn set_active(&mut self, active: BTreeSet<MemberId>) -> GroupTags {
        let mut tags = GroupTags::default();
        for epoch in &mut self.epochs {
            for id in &active {
                if let Some(author) = epoch.authors.get_mut(id) {
                    let chain = author.chain_mut(Purpose::Message);
                    chain.widen(GROUP_AHEAD_WIDE, &mut tags.added);
                }
            }
        }
        self.active = active;
        tags
    }

    /// Erases what is over: epochs 72 h after they were superseded, skipped keys, old
    /// wrapping keys; folds old operations. To be called now and then.
    pub fn expire(&mut self, now: Wall) -> GroupTags {
        let mut tags = GroupTags::default();
        let is_over = |at: Wall| now.0.saturating_sub(at.0) >= GROUP_EPOCH_KEPT_MS;
        self.epochs.retain_mut(|epoch| {
            // A stamp after now is of a clock that was ahead: its time begins again.
            epoch.superseded = epoch.superseded.map(|at| at.min(now));
            let is_over = epoch.superseded.is_some_and(is_over);
            tags.removed
                .extend(is_over.then(|| epoch.tags()).into_iter().flatten());
            !is_over
        });
        for epoch in &mut self.epochs {
            epoch.expire(now, &mut tags);
        }
        self.own.erase(now);
        self.history.fold(now);
        let history = &self.history;
        self.epochs.retain(|epoch| {
            let is_known = history.get(&epoch.eid).is_some();
            let tags_gone = (!is_known).then(|| epoch.tags());
            tags.removed.extend(tags_gone.into_iter().flatten());
            is_known
        });
        tags
    }

    #[cfg(test)]
    fn get_entry(&self, eid: &Eid) -> Option<&Entry> {
        self.history.get(eid)
    }

    fn epoch(&self, eid: &Eid) -> Option<&Epoch> {
        self.epochs.iter().find(|epoch| epoch.eid == *eid)
    }

    fn epoch_mut(&mut self, eid: &Eid) -> Option<&mut Epoch> {
        self.epochs.iter_mut().find(|epoch| epoch.eid == *eid)
    }

    /// Wrapping keys known of a member, newest first.
    fn keys_of(&self, id: MemberId, member: &Member) -> Vec<[u8; 32]> {
        match id == self.me {
            true => self.own.publics(),
            false => self.announced.of(id, member.mk),
        }
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("members", &self.roster.len())
            .field("operations", &self.history.entries.len())
            .field("epochs", &self.epochs.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
