//! Coming into a group that a member founded in the place of another, from its founding
//! alone: the operation brings the secret to each of its readers.

use crate::limits::GROUP_MEMBERS_MAX;
use crate::types::Wall;

use super::super::primitives::public_key;
use super::super::secret::Secret;
use super::Group;
use super::history::History;
use super::keys::{Announced, OwnRing};
use super::member::{GroupId, MemberId, OwnKeys, Role, Roster};
use super::op::SealedOp;
use super::roster::{applied, has_few_admins, is_well_formed};
use super::sender_chain::GroupTags;

impl Group {
    /// Comes into the group of this name and founding. `None` unless the founder is the
    /// member `from`, everybody in it is a member here, and we are among them.
    #[must_use]
    pub fn join_founded(
        &self,
        from: MemberId,
        gid: &GroupId,
        op: &[u8],
        now: Wall,
    ) -> Option<(Self, GroupTags)> {
        let sealed = SealedOp::decode(op)?;
        sealed.parents().is_empty().then_some(())?;
        let opened = sealed.open(gid, self.own.secrets())?;
        let operation = opened.operation.clone();
        let roster = applied(gid, &operation, Roster::new());
        let founder = roster.get(&operation.actor)?;
        let is_from = self.roster.get(&from).map(|it| it.gsk) == Some(founder.gsk);
        let is_here = |gsk: &[u8; 32]| {
            let id = MemberId::new(&self.gid, gsk);
            self.roster.contains_key(&id)
        };
        let readers = roster.iter();
        let readers = readers.map(|(id, member)| (*id, core::slice::from_ref(&member.mk)));
        let changes = &operation.changes;
        let is_valid = is_from
            && *gid != self.gid
            && founder.role == Role::Owner
            && changes.removes.is_empty()
            && changes.roles.is_empty()
            && operation.consent.is_none()
            && roster.len() <= GROUP_MEMBERS_MAX
            && roster.values().all(|member| is_here(&member.gsk))
            && is_well_formed(gid, &operation)
            && has_few_admins(&roster)
            && opened.is_signed_by(&founder.gsk)
            && opened.reaches(readers);
        is_valid.then_some(())?;
        let mut secrets = self.own.secrets();
        let mine = secrets.find_map(|secret| {
            let keys = self.keys_again(secret);
            let me = MemberId::new(gid, &keys.member(Role::Member).gsk);
            let is_mine = roster.get(&me)?.mk == public_key(secret);
            is_mine.then_some((me, keys))
        });
        let (me, keys): (MemberId, OwnKeys) = mine?;
        let (seed, secret): (Secret<32>, Secret<32>) = keys.into_secrets();
        let eid = operation.eid;
        let mut own = OwnRing::new(secret, now);
        own.is_used(eid, now, |_| true);
        let mut group = Self {
            gid: *gid,
            me,
            seed,
            own,
            announced: Announced::default(),
            history: History::new(*gid, operation, roster, now),
            roster: Roster::new(),
            epochs: Vec::new(),
            active: std::collections::BTreeSet::new(),
            renewed: None,
        };
        let tags = group.begin_epoch(eid, opened.secret, now);
        Some((group, tags))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::group::Purpose;
    use crate::testing::rng;

    const NOW: Wall = Wall(1_795_000_000_000);

    /// Three members: their groups and ids.
    fn three() -> Vec<Group> {
        let mut random = rng(4);
        let keys: Vec<OwnKeys> = (0..2).map(|_| OwnKeys::draw(&mut random)).collect();
        let members = keys.iter().map(|it| it.member(Role::Member)).collect();
        let own = OwnKeys::draw(&mut random);
        let (group, rekeyed) = Group::found(&mut random, own, members, NOW).unwrap();
        let others = keys.into_iter();
        let others = others.map(|it| Group::join(it, &rekeyed.welcome, NOW).unwrap().0);
        [group].into_iter().chain(others).collect()
    }

    #[test]
    fn everybody_but_one_comes_in_and_talks() {
        let (groups, mut random) = (three(), rng(5));
        let without = groups[0].me();
        let founder = groups[1].me();
        let again = groups[1].found_again_without(without, &mut random, NOW);
        let (mut new, rekeyed) = again.unwrap();
        let gid = *new.gid();
        let join = |at: usize, from, gid| groups[at].join_founded(from, gid, &rekeyed.op, NOW);
        let (mut other, _) = join(2, founder, &gid).unwrap();
        assert_eq!(other.roster(), new.roster());
        let sealed = new.seal(&mut random, [0; 16], 480, b"here").unwrap();
        let opening = other.open(NOW, &sealed).unwrap();
        assert_eq!(
            (opening.data(), opening.purpose()),
            (&b"here"[..], Purpose::Message)
        );
        let _ = opening.commit();
        let back = other.seal(&mut random, [0; 16], 480, b"and here").unwrap();
        assert_eq!(new.open(NOW, &back).unwrap().data(), b"and here");
        let again = Group::decode(&other.encode()).unwrap();
        assert_eq!(again.roster(), new.roster());
        // Not the one who was left out, nor under another name or from another member.
        assert!(join(0, founder, &gid).is_none());
        assert!(join(2, without, &gid).is_none());
        assert!(join(2, founder, &[1; 32]).is_none());
        for len in 0..rekeyed.op.len() {
            let cut = groups[2].join_founded(founder, &gid, &rekeyed.op[..len], NOW);
            assert!(cut.is_none());
        }
    }

    #[test]
    fn nobody_is_brought_together_with_strangers() {
        let (groups, mut random) = (three(), rng(6));
        let stranger = OwnKeys::draw(&mut random).member(Role::Member);
        let own = groups[1].keys_again(groups[1].own.secrets().next().unwrap());
        let mut members: Vec<_> = vec![*groups[0].roster().get(&groups[2].me()).unwrap()];
        members.push(stranger);
        let (new, rekeyed) = Group::found(&mut random, own, members, NOW).unwrap();
        let from = groups[1].me();
        let joined = groups[2].join_founded(from, new.gid(), &rekeyed.op, NOW);
        assert!(joined.is_none());
    }
}
