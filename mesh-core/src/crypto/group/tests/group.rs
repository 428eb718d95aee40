//! Whole groups: several people, each with their own state.

mod keys;
mod life;
mod removal;
mod state;

use std::collections::BTreeMap;

use super::super::*;
use crate::limits::{ENVELOPE_BYTES_MEDIUM, HEADER_BYTES};
use crate::testing::{SeededRng, rng};

pub(super) const NOW: Wall = Wall(1_795_000_000_000);
pub(super) const HEADER: [u8; HEADER_BYTES] = [1; HEADER_BYTES];

/// Everybody's own view of one group; the first is the owner.
pub(super) struct Circle {
    pub(super) views: Vec<Group>,
    pub(super) rng: SeededRng,
    pub(super) now: Wall,
    /// Operations by name, for whoever missed one.
    pub(super) ops: BTreeMap<Eid, Vec<u8>>,
}

impl Circle {
    /// The first `admins` after the owner are admins.
    pub(super) fn new(count: usize, admins: usize, seed: u64) -> Self {
        let mut rng = rng(seed);
        let owner = OwnKeys::draw(&mut rng);
        let keys: Vec<_> = (1..count).map(|_| OwnKeys::draw(&mut rng)).collect();
        let role = |at| {
            if at < admins {
                Role::Admin
            } else {
                Role::Member
            }
        };
        let members = keys
            .iter()
            .enumerate()
            .map(|(at, keys)| keys.member(role(at)));
        let (group, made) = Group::found(&mut rng, owner, members.collect(), NOW).unwrap();
        assert_eq!(made.newcomers.len(), count - 1);
        let join = |keys| Group::join(keys, &made.welcome, NOW).unwrap().0;
        let mut views = vec![group];
        views.extend(keys.into_iter().map(join));
        let ops = BTreeMap::from([(made.eid, made.op)]);
        Self {
            views,
            rng,
            now: NOW,
            ops,
        }
    }

    pub(super) fn id(&self, at: usize) -> MemberId {
        self.views[at].me()
    }

    pub(super) fn rekey(&mut self, by: usize, changes: Changes) -> Result<Eid, RekeyError> {
        self.rekey_with(by, changes, None)
    }

    pub(super) fn rekey_with(
        &mut self,
        by: usize,
        changes: Changes,
        consent: Option<Consent>,
    ) -> Result<Eid, RekeyError> {
        let made = self.views[by].rekey(changes, consent, &mut self.rng, self.now)?;
        self.ops.insert(made.eid, made.op);
        Ok(made.eid)
    }

    /// Adds somebody, whose view comes last.
    pub(super) fn add(&mut self, by: usize, role: Role) -> Eid {
        let keys = OwnKeys::draw(&mut self.rng);
        let changes = Changes {
            adds: vec![keys.member(role)],
            ..Changes::default()
        };
        let made = self.views[by]
            .rekey(changes, None, &mut self.rng, self.now)
            .unwrap();
        assert_eq!(made.newcomers.len(), 1);
        self.ops.insert(made.eid, made.op);
        self.views
            .push(Group::join(keys, &made.welcome, self.now).unwrap().0);
        made.eid
    }

    pub(super) fn remove(&mut self, by: usize, whom: usize) -> Result<Eid, RekeyError> {
        let removes = vec![self.id(whom)];
        self.rekey(
            by,
            Changes {
                removes,
                ..Changes::default()
            },
        )
    }

    pub(super) fn take(&mut self, at: usize, eid: &Eid) -> Result<Taken, TakeError> {
        let op = self.ops[eid].clone();
        self.views[at].take_op(&op, self.now)
    }

    /// Everybody of these gets everything that any of them has.
    pub(super) fn meet(&mut self, who: &[usize]) {
        let mut all: Vec<Eid> = Vec::new();
        for at in who {
            let known = self.views[*at].history.all();
            let order = self.views[*at].history.in_order(&known);
            all.extend(order.iter().map(|it| it.op.eid));
        }
        for _ in 0..who.len() {
            for at in who {
                for eid in &all {
                    let _ = self.take(*at, eid);
                }
            }
        }
    }

    pub(super) fn write(&mut self, by: usize, text: &[u8]) -> Result<Vec<u8>, SealError> {
        self.views[by].seal(&mut self.rng, HEADER, 480, text)
    }

    pub(super) fn read(&mut self, at: usize, envelope: &[u8]) -> Option<(MemberId, Vec<u8>)> {
        let opening = self.views[at].open(self.now, envelope).ok()?;
        let read = (opening.author(), opening.data().to_vec());
        opening.commit();
        Some(read)
    }

    /// Who of all reads a message of somebody.
    pub(super) fn readers(&mut self, by: usize) -> Vec<usize> {
        let envelope = self.write(by, b"who reads this?").unwrap();
        let all = 0..self.views.len();
        all.filter(|at| self.read(*at, &envelope).is_some())
            .collect()
    }

    pub(super) fn later(&mut self, ms: u64) {
        self.now = Wall(self.now.0 + ms);
    }
}
