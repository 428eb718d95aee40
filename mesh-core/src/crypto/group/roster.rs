//! What one operation may do to a roster, and what it does.

use std::collections::BTreeSet;

use crate::limits::{GROUP_ADMINS_MAX, GROUP_MEMBERS_MAX};

use super::super::identity::is_low_order;
use super::member::{GroupId, Member, MemberId, Role, Roster};
use super::op::Operation;

/// Whether everything in it is well formed whatever the roster: nobody twice in one
/// list, no key of low order.
pub(super) fn is_well_formed(gid: &GroupId, op: &Operation) -> bool {
    let added: Vec<MemberId> = added(gid, op).map(|(id, _)| id).collect();
    let given: Vec<MemberId> = op.changes.roles.iter().map(|(id, _)| *id).collect();
    let no_low_order = op.changes.adds.iter().all(|add| !is_low_order(&add.mk));
    no_low_order
        && [&added, &op.changes.removes, &given]
            .iter()
            .all(|ids| are_distinct(ids))
}

/// Whether the actor may do all of it in this roster, and all of it changes something.
pub(super) fn is_allowed(gid: &GroupId, op: &Operation, roster: &Roster) -> bool {
    let Some(actor) = roster.get(&op.actor) else {
        return false;
    };
    let rank = actor.role;
    let is_admin = rank >= Role::Admin;
    let consents = op.consent.is_some_and(|consent| {
        let signer = roster.get(&consent.signer);
        is_admin
            && consent.signer != op.actor
            && signer.is_some_and(|signer| signer.role >= Role::Admin)
            && !op.changes.removes.is_empty()
            && !op.changes.removes.contains(&consent.signer)
    });
    let may_add =
        |(id, add): (MemberId, &Member)| is_admin && add.role <= rank && !roster.contains_key(&id);
    let may_remove = |id: &MemberId| {
        let is_junior = |target: &Member| is_admin && target.role < rank;
        roster
            .get(id)
            .is_some_and(|target| *id == op.actor || is_junior(target) || consents)
    };
    let after = applied(gid, op, roster.clone());
    let may_give = |(id, role): &(MemberId, Role)| {
        let before = roster.get(id).copied();
        let target = before.or_else(|| added(gid, op).find(|it| it.0 == *id).map(|it| *it.1));
        let is_there = after.contains_key(id);
        let is_junior = |target: Member| is_admin && target.role < rank;
        is_there && *role <= rank && (*id == op.actor || target.is_some_and(is_junior))
    };
    op.consent.is_none_or(|_| consents)
        && added(gid, op).all(may_add)
        && op.changes.removes.iter().all(may_remove)
        && op.changes.roles.iter().all(may_give)
        && (1..=GROUP_MEMBERS_MAX).contains(&after.len())
        && has_few_admins(&after)
}

/// The members that an operation adds.
pub(super) fn added<'a>(
    gid: &'a GroupId,
    op: &'a Operation,
) -> impl Iterator<Item = (MemberId, &'a Member)> {
    let adds = op.changes.adds.iter();
    adds.map(|add| (MemberId::new(gid, &add.gsk), add))
}

/// The roster after an operation that is allowed in it: removes, adds, roles.
pub(super) fn applied(gid: &GroupId, op: &Operation, mut roster: Roster) -> Roster {
    for id in &op.changes.removes {
        roster.remove(id);
    }
    for (id, add) in added(gid, op) {
        roster.entry(id).or_insert(*add);
    }
    for (id, role) in &op.changes.roles {
        if let Some(member) = roster.get_mut(id) {
            member.role = *role;
        }
    }
    roster
}

/// The roster after operations that did not all know each other, in an order that
/// everybody finds. Who is removed by any of them does not come back through another.
/// Where additions and promotions that did not know each other come over a limit
/// together, the later ones have no effect.
pub(super) fn merged<'a>(
    gid: &GroupId,
    base: &Roster,
    ops: impl Iterator<Item = &'a Operation> + Clone,
) -> Roster {
    let removed: BTreeSet<MemberId> = ops
        .clone()
        .flat_map(|op| op.changes.removes.iter().copied())
        .collect();
    let mut roster = base.clone();
    roster.retain(|id, _| !removed.contains(id));
    for op in ops {
        for (id, add) in added(gid, op) {
            let has_room = roster.len() < GROUP_MEMBERS_MAX && !removed.contains(&id);
            if has_room && !roster.contains_key(&id) {
                let role = granted(&roster, Role::Member, add.role);
                roster.insert(id, Member { role, ..*add });
            }
        }
        for (id, role) in &op.changes.roles {
            if let Some(before) = roster.get(id).map(|member| member.role) {
                let role = granted(&roster, before, *role);
                roster.entry(*id).and_modify(|member| member.role = role);
            }
        }
    }
    roster
}

/// A new role, or the one before if there are as many admins as there may be.
fn granted(roster: &Roster, before: Role, role: Role) -> Role {
    let is_new_admin = before < Role::Admin && role >= Role::Admin;
    match is_new_admin && admins(roster) >= GROUP_ADMINS_MAX {
        true => before,
        false => role,
    }
}

/// Whether there are no more admins than there may be.
pub(super) fn has_few_admins(roster: &Roster) -> bool {
    admins(roster) <= GROUP_ADMINS_MAX
}

fn admins(roster: &Roster) -> usize {
    let roles = roster.values().map(|member| member.role);
    roles.filter(|role| *role >= Role::Admin).count()
}

fn are_distinct(ids: &[MemberId]) -> bool {
    ids.iter().collect::<BTreeSet<_>>().len() == ids.len()
}
