//! Who is in the group when people changed it without knowing of each other.

mod orders;
mod rules;

use super::super::history::{History, Refused};
use super::super::member::{Member, MemberId, Role, Roster};
use super::super::op::{Changes, Consent, Eid, Operation};
use crate::types::Wall;

pub(super) const GID: [u8; 32] = [7; 32];
pub(super) const NOW: Wall = Wall(1_795_000_000_000);

/// Somebody whose keys stand for nothing: the merge looks at none.
pub(super) fn person(number: u16, role: Role) -> Member {
    let [low, high] = number.to_le_bytes();
    let mut gsk = [3; 32];
    (gsk[0], gsk[1]) = (low, high);
    Member {
        gsk,
        mk: [9; 32],
        role,
    }
}

pub(super) fn id(number: u16) -> MemberId {
    MemberId::new(&GID, &person(number, Role::Member).gsk)
}

pub(super) fn eid(number: u64) -> Eid {
    let mut eid = [0; 32];
    eid[..8].copy_from_slice(&number.to_be_bytes());
    eid
}

/// A group whose members are numbered from 0, with these roles; its founding is 0.
pub(super) fn founded(roles: &[Role]) -> History {
    let people = (0..)
        .zip(roles)
        .map(|(number, role)| (id(number), person(number, *role)));
    let roster: Roster = people.collect();
    let founding = op(0, &[], 0, Changes::default());
    History::new(GID, founding, roster, NOW)
}

pub(super) fn op(number: u64, parents: &[u64], actor: u16, changes: Changes) -> Operation {
    Operation {
        eid: eid(number),
        parents: parents.iter().map(|parent| eid(*parent)).collect(),
        actor: id(actor),
        changes,
        consent: None,
    }
}

pub(super) fn consented(op: Operation, by: u16) -> Operation {
    let consent = Consent {
        signer: id(by),
        signature: [0; 64],
    };
    Operation {
        consent: Some(consent),
        ..op
    }
}

pub(super) fn adding(people: &[(u16, Role)]) -> Changes {
    Changes {
        adds: people
            .iter()
            .map(|(number, role)| person(*number, *role))
            .collect(),
        ..Changes::default()
    }
}

pub(super) fn removing(people: &[u16]) -> Changes {
    Changes {
        removes: people.iter().map(|number| id(*number)).collect(),
        ..Changes::default()
    }
}

pub(super) fn giving(number: u16, role: Role) -> Changes {
    Changes {
        roles: vec![(id(number), role)],
        ..Changes::default()
    }
}

impl History {
    /// Takes operations in the order given.
    fn with(mut self, ops: &[Operation]) -> Self {
        for op in ops {
            assert_eq!(self.insert(op.clone(), NOW), Ok(()), "{op:?}");
        }
        self
    }

    fn refuses(&self, op: &Operation) -> bool {
        self.clone().insert(op.clone(), NOW) == Err(Refused::NotAllowed)
    }

    /// The members by number, of those below 64.
    fn members(&self) -> Vec<u16> {
        let roster = self.merged();
        (0..64)
            .filter(|number| roster.contains_key(&id(*number)))
            .collect()
    }

    fn role(&self, number: u16) -> Role {
        self.merged().get(&id(number)).unwrap().role
    }
}
