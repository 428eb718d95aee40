//! The operations of a group, each behind those that its actor knew.
//!
//! Operations arrive in any order that keeps parents before children. Whether one is
//! allowed depends on what its actor knew and on nothing else, so that everybody who
//! has the same operations has the same roster.

use std::collections::{BTreeMap, BTreeSet};

use crate::limits::{GROUP_FOLD_MS, GROUP_OPS_MAX};
use crate::types::Wall;

use super::super::primitives::hash;
use super::member::{GroupId, MemberId, Role, Roster};
use super::merge::Settlement;
use super::op::{Eid, Operation};
use super::roster::{added, applied, is_allowed, is_well_formed, merged};

/// Why an operation is not taken. Only [`Refused::Parents`] may change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Some of the operations before it are not here. If they were folded away, it
    /// forked off too long ago.
    #[error("operations before it are missing")]
    Parents(Vec<Eid>),
    /// It is here already.
    #[error("it is known")]
    Known,
    /// Its actor was no member, or may not do that.
    #[error("it is not allowed")]
    NotAllowed,
    /// There are too many operations.
    #[error("there are too many operations")]
    Full,
}

/// One operation, and what follows from what its actor knew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) op: Operation,
    /// Length of the longest way from the founding: later than all before it.
    pub(super) depth: u32,
    /// Of the actor, in the roster that it knew.
    pub(super) rank: Role,
    /// The members after it, as its actor saw them.
    pub(super) members: [u8; 32],
    /// When it came here.
    pub(super) taken: Wall,
}

impl Entry {
    /// By what one that removes stands against another that removes: two signatures,
    /// then the senior, then the smaller hash.
    pub(super) fn strength(&self) -> (bool, Role, core::cmp::Reverse<Eid>) {
        let eid = core::cmp::Reverse(self.op.eid);
        (self.op.consent.is_some(), self.rank, eid)
    }

    /// Where it stands among all: parents first, and of those that may not know each
    /// other the one that shall have the last word last.
    fn place(&self) -> (u32, Role, core::cmp::Reverse<Eid>) {
        (self.depth, self.rank, core::cmp::Reverse(self.op.eid))
    }
}

/// The operations since one that everybody had, and the roster after that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct History {
    pub(super) gid: GroupId,
    pub(super) base: Entry,
    pub(super) roster: Roster,
    pub(super) entries: BTreeMap<Eid, Entry>,
}

impl History {
    /// From the founding, or from whichever operation a newcomer is told of first.
    /// `roster` is the one after it.
    pub(super) fn new(gid: GroupId, mut op: Operation, roster: Roster, now: Wall) -> Self {
        only_name(&mut op);
        let rank = roster.get(&op.actor).map_or(Role::Member, |it| it.role);
        let base = Entry {
            op,
            depth: 0,
            rank,
            members: member_set(&roster),
            taken: now,
        };
        Self {
            gid,
            base,
            roster,
            entries: BTreeMap::new(),
        }
    }

    pub(super) fn get(&self, eid: &Eid) -> Option<&Entry> {
        match *eid == self.base.op.eid {
            true => Some(&self.base),
            false => self.entries.get(eid),
        }
    }

    /// The roster that the actor of an operation with these parents knew.
    ///
    /// # Errors
    /// Parents are missing.
    pub(super) fn known_to(&self, parents: &[Eid]) -> Result<Roster, Refused> {
        let is_missing = |eid: &&Eid| self.get(eid).is_none();
        let missing: Vec<Eid> = parents.iter().filter(is_missing).copied().collect();
        match missing.is_empty() && !parents.is_empty() {
            true => Ok(self.roster_of(&self.before(parents))),
            false => Err(Refused::Parents(missing)),
        }
    }

    /// Takes an operation whose signatures were checked.
    ///
    /// # Errors
    /// See [`Refused`].
    pub(super) fn insert(&mut self, op: Operation, now: Wall) -> Result<(), Refused> {
        let most = match op.changes.removes.is_empty() {
            true => GROUP_OPS_MAX,
            false => GROUP_OPS_MAX + GROUP_OPS_MAX / 2,
        };
        let has_room = self.entries.len() < most || self.get(&op.eid).is_some();
        has_room.then_some(()).ok_or(Refused::Full)?;
        self.place(op, now)
    }

    /// The same without a bound on their number, for those that were taken before.
    ///
    /// # Errors
    /// See [`Refused`].
    pub(super) fn place(&mut self, op: Operation, now: Wall) -> Result<(), Refused> {
        if self.get(&op.eid).is_some() {
            return Err(Refused::Known);
        }
        let roster = self.known_to(&op.parents)?;
        let has_left = |id: &MemberId| self.was_member(id);
        let is_new = added(&self.gid, &op).all(|(id, _)| {
            roster.contains_key(&id) || !self.knew_of(&op.parents, &id) && !has_left(&id)
        });
        let may = is_new && is_well_formed(&self.gid, &op) && is_allowed(&self.gid, &op, &roster);
        may.then_some(()).ok_or(Refused::NotAllowed)?;
        let depths = op.parents.iter().filter_map(|eid| self.get(eid));
        let depth = depths.map(|entry| entry.depth).max().unwrap_or(0);
        // A welcome says how deep its base is. Were two as deep as can be told, no order
        // of the operations would be sure to have parents first.
        let depth = depth.checked_add(1).ok_or(Refused::NotAllowed)?;
        let entry = Entry {
            depth,
            rank: roster.get(&op.actor).map_or(Role::Member, |it| it.role),
            members: member_set(&applied(&self.gid, &op, roster)),
            taken: now,
            op,
        };
        self.entries.insert(entry.op.eid, entry);
        Ok(())
    }

    /// Whether anything before added this member: who was removed does not come back
    /// under the same id.
    fn knew_of(&self, parents: &[Eid], id: &MemberId) -> bool {
        let before = self.before(parents);
        let known = before.iter().filter_map(|eid| self.entries.get(eid));
        known
            .flat_map(|entry| added(&self.gid, &entry.op))
            .any(|(of, _)| of == *id)
    }

    /// Whether it was in the roster that everything here builds on.
    fn was_member(&self, id: &MemberId) -> bool {
        self.roster.contains_key(id)
    }

    /// Operations and all that came before them, but the base.
    pub(super) fn before(&self, heads: &[Eid]) -> BTreeSet<Eid> {
        let mut found = BTreeSet::new();
        let mut ahead = heads.to_vec();
        while let Some(eid) = ahead.pop() {
            if let Some(entry) = self.entries.get(&eid)
                && found.insert(eid)
            {
                ahead.extend(&entry.op.parents);
            }
        }
        found
    }

    /// Whether `eid` is one of `heads` or came before one of them.
    pub(super) fn is_before(&self, eid: &Eid, heads: &[Eid]) -> bool {
        *eid == self.base.op.eid || self.before(heads).contains(eid)
    }

    /// The entries of a set in the order that everybody finds.
    pub(super) fn in_order(&self, set: &BTreeSet<Eid>) -> Vec<&Entry> {
        let mut entries: Vec<_> = set.iter().filter_map(|eid| self.entries.get(eid)).collect();
        entries.sort_unstable_by_key(|entry| entry.place());
        entries
    }

    fn roster_of(&self, set: &BTreeSet<Eid>) -> Roster {
        let settlement = Settlement::of(self, set);
        let ops = settlement.in_force().map(|entry| &entry.op);
        merged(&self.gid, &self.roster, ops)
    }

    pub(super) fn all(&self) -> BTreeSet<Eid> {
        self.entries.keys().copied().collect()
    }

    /// The roster of everything that is known here.
    pub(super) fn merged(&self) -> Roster {
        self.roster_of(&self.all())
    }

    /// Operations that nothing is built on, by how much a sender would like them: the
    /// actor's rank, then the smaller hash.
    pub(super) fn heads(&self) -> Vec<&Entry> {
        let entries = self.entries.values();
        let parents: BTreeSet<&Eid> = entries.clone().flat_map(|it| &it.op.parents).collect();
        let every = entries.chain([&self.base]);
        let mut heads: Vec<_> = every.filter(|it| !parents.contains(&it.op.eid)).collect();
        heads.sort_unstable_by_key(|it| {
            core::cmp::Reverse((it.rank, core::cmp::Reverse(it.op.eid)))
        });
        heads
    }

    /// Heads whose readers are exactly the members, best first. Its actor knows an
    /// epoch's secret: one that left has made none for the others.
    pub(super) fn sendable(&self) -> Vec<&Entry> {
        let all = self.all();
        let settlement = Settlement::of(self, &all);
        let ops = settlement.in_force().map(|entry| &entry.op);
        let members = member_set(&merged(&self.gid, &self.roster, ops));
        let is_in_force =
            |entry: &Entry| entry.depth == self.base.depth || settlement.is_in_force(&entry.op.eid);
        let is_sendable = |entry: &&Entry| {
            let has_left = entry.op.changes.removes.contains(&entry.op.actor);
            !has_left && entry.members == members && is_in_force(entry)
        };
        self.heads().into_iter().filter(is_sendable).collect()
    }

    /// Folds what is old into one roster: up to the last operation that came here long
    /// ago and before or behind which all others stand.
    pub(super) fn fold(&mut self, now: Wall) {
        let is_old = |entry: &&Entry| now.0.saturating_sub(entry.taken.0) >= GROUP_FOLD_MS;
        let order = self.in_order(&self.all());
        let stands_alone = |entry: &&&Entry| {
            let before = self.before(&[entry.op.eid]);
            let others = self.entries.keys().filter(|eid| !before.contains(*eid));
            let mut others = others.copied();
            others.all(|other| self.before(&[other]).contains(&entry.op.eid))
        };
        let candidates = order.iter().rev().filter(|entry| is_old(entry));
        let Some(last) = candidates
            .copied()
            .find(|entry| stands_alone(&entry))
            .cloned()
        else {
            return;
        };
        let before = self.before(&[last.op.eid]);
        self.roster = self.roster_of(&before);
        self.entries.retain(|eid, _| !before.contains(eid));
        self.base = last;
        only_name(&mut self.base.op);
    }
}

/// Drops what an operation says of others: the roster after it says that.
fn only_name(op: &mut Operation) {
    op.changes.adds = Vec::new();
    op.changes.roles = Vec::new();
}

/// `H` of all member ids in order.
pub(super) fn member_set(roster: &Roster) -> [u8; 32] {
    let ids: Vec<u8> = roster.keys().flat_map(|id| id.0).collect();
    hash(&[&ids])
}
