//! Operations as bytes.

use crate::limits::{GROUP_MEMBERS_MAX, GROUP_PARENTS_MAX};
use crate::testing::rng;

use super::super::member::{GroupId, Member, MemberId, OwnKeys, Role};
use super::super::op::{Changes, Consent, Draft, OP_BYTES_MAX, OpenedOp, SealedOp};
use crate::crypto::primitives::draw_secret;
use crate::crypto::secret::Secret;

const GID: GroupId = [7; 32];

/// People with keys of one group.
struct Crowd(Vec<(Secret<32>, Secret<32>, Member)>);

impl Crowd {
    fn new(count: usize) -> Self {
        let mut rng = rng(60);
        let draw = |_| {
            let keys = OwnKeys::draw(&mut rng);
            let member = keys.member(Role::Member);
            let (sign, wrap) = keys.into_secrets();
            (sign, wrap, member)
        };
        Self((0..count).map(draw).collect())
    }

    fn id(&self, index: usize) -> MemberId {
        MemberId::new(&GID, &self.0[index].2.gsk)
    }

    fn readers(&self) -> Vec<(MemberId, [u8; 32])> {
        let ids = (0..self.0.len()).map(|index| self.id(index));
        ids.zip(self.0.iter().map(|(_, _, member)| member.mk))
            .collect()
    }

    fn op(&self, changes: &Changes, consent: Option<Consent>) -> Vec<u8> {
        self.draft(changes, consent, &self.readers())
            .seal(&draw_secret(&mut rng(61)))
            .unwrap()
    }

    fn draft<'a>(
        &'a self,
        changes: &'a Changes,
        consent: Option<Consent>,
        readers: &'a [(MemberId, [u8; 32])],
    ) -> Draft<'a> {
        Draft {
            gid: &GID,
            parents: &[[1; 32], [2; 32]],
            actor: self.id(0),
            seed: &self.0[0].0,
            changes,
            consent,
            readers,
        }
    }

    fn open(&self, index: usize, op: &[u8]) -> Option<OpenedOp> {
        SealedOp::decode(op)?.open(&GID, [&self.0[index].1].into_iter())
    }

    /// Whether a member takes it, whose known keys of the others these are.
    fn reaches(&self, index: usize, op: &[u8]) -> Option<bool> {
        let opened = self.open(index, op)?;
        let readers = self.readers();
        let readers = readers
            .iter()
            .map(|(id, mk)| (*id, core::slice::from_ref(mk)));
        Some(opened.is_signed_by(&self.0[0].2.gsk) && opened.reaches(readers))
    }
}

fn changes(crowd: &Crowd) -> Changes {
    Changes {
        adds: vec![crowd.0[1].2, crowd.0[2].2],
        removes: vec![MemberId([9; 16])],
        roles: vec![(crowd.id(1), Role::Admin)],
    }
}

#[test]
fn an_operation_opens_for_every_reader_and_nobody_else() {
    let crowd = Crowd::new(5);
    let changes = changes(&crowd);
    let consent = Consent::give(&GID, crowd.id(1), &crowd.0[1].0, &changes.removes);
    for consent in [None, consent] {
        let op = crowd.op(&changes, consent);
        for index in 0..5 {
            let opened = crowd.open(index, &op).unwrap();
            assert_eq!(opened.operation.changes, changes);
            assert_eq!(opened.operation.consent, consent);
            assert_eq!(opened.operation.parents, [[1; 32], [2; 32]]);
            assert_eq!(opened.operation.actor, crowd.id(0));
            assert_eq!(crowd.reaches(index, &op), Some(true));
        }
        let stranger = draw_secret(&mut rng(62));
        let sealed = SealedOp::decode(&op).unwrap();
        assert!(sealed.open(&GID, [&stranger].into_iter()).is_none());
        let sealed = SealedOp::decode(&op).unwrap();
        assert!(sealed.open(&[8; 32], [&crowd.0[1].1].into_iter()).is_none());
    }
}

#[test]
fn a_consent_holds_for_its_signer_group_and_removals_alone() {
    let crowd = Crowd::new(2);
    let removes = [MemberId([9; 16]), MemberId([8; 16])];
    let consent = Consent::give(&GID, crowd.id(1), &crowd.0[1].0, &removes).unwrap();
    let gsk = crowd.0[1].2.gsk;
    assert!(consent.is_by(&GID, &gsk, &removes));
    assert!(!consent.is_by(&GID, &crowd.0[0].2.gsk, &removes));
    assert!(!consent.is_by(&[8; 32], &gsk, &removes));
    assert!(!consent.is_by(&GID, &gsk, &removes[..1]));
    let many = vec![MemberId([9; 16]); GROUP_MEMBERS_MAX + 1];
    assert!(Consent::give(&GID, crowd.id(1), &crowd.0[1].0, &many).is_none());
}

#[test]
fn an_operation_with_a_wrap_left_out_too_many_or_exchanged_is_refused() {
    let crowd = Crowd::new(5);
    let nothing = Changes::default();
    let secret = draw_secret(&mut rng(61));
    let all = crowd.readers();
    let seal = |readers: &[(MemberId, [u8; 32])]| {
        crowd.draft(&nothing, None, readers).seal(&secret).unwrap()
    };
    assert_eq!(crowd.reaches(1, &seal(&all)), Some(true));
    assert_eq!(crowd.reaches(1, &seal(&all[..4])), Some(false));
    let stranger = (
        MemberId([9; 16]),
        OwnKeys::draw(&mut rng(63)).member(Role::Member).mk,
    );
    let with = |reader: (MemberId, [u8; 32]), at: usize| {
        let mut readers = all.clone();
        readers.truncate(at);
        readers.push(reader);
        readers.extend(all.get(at + 1..).unwrap_or_default());
        seal(&readers)
    };
    assert_eq!(crowd.reaches(1, &with(stranger, 5)), Some(false));
    // A key that nobody knows of the last member may be one that it announced.
    assert_eq!(
        crowd.reaches(1, &with((all[4].0, stranger.1), 4)),
        Some(true)
    );
    // The right key under another's name is another wrap.
    assert_eq!(
        crowd.reaches(1, &with((stranger.0, all[4].1), 4)),
        Some(false)
    );
    // One member twice and another not at all.
    assert_eq!(crowd.reaches(1, &with(all[3], 4)), None);
    let nobody: &[[u8; 32]] = &[];
    let opened = crowd.open(1, &seal(&all)).unwrap();
    assert!(opened.reaches(all.iter().map(|(id, _)| (*id, nobody))));
    assert!(!opened.reaches(all[..4].iter().map(|(id, _)| (*id, nobody))));
}

#[test]
fn any_flipped_bit_and_any_length_is_refused() {
    let crowd = Crowd::new(3);
    let changes = changes(&crowd);
    let op = crowd.op(&changes, None);
    assert_eq!(crowd.reaches(1, &op), Some(true));
    let sealed_from = 1 + 64 + 16 + 2 + 3 * 80;
    for bit in 0..8 * op.len() {
        let mut altered = op.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        // Every bit before the sealed part, and of that one in seven: the seal is one.
        if bit / 8 < sealed_from || bit % 7 == 0 {
            let taken = crowd.reaches(1, &altered);
            assert_ne!(taken, Some(true), "bit {bit}");
        }
    }
    for len in 0..op.len() {
        assert_ne!(crowd.reaches(1, &op[..len]), Some(true), "{len}");
    }
    assert_ne!(crowd.reaches(1, &[&op[..], &[0]].concat()), Some(true));
}

#[test]
fn more_than_a_limit_is_neither_made_nor_read() {
    let crowd = Crowd::new(1);
    let readers = crowd.readers();
    let nothing = Changes::default();
    let secret = draw_secret(&mut rng(61));
    for (count, is_made) in [(GROUP_PARENTS_MAX, true), (GROUP_PARENTS_MAX + 1, false)] {
        let parents: Vec<_> = (0..count).map(|n| [n as u8; 32]).collect();
        let mut draft = crowd.draft(&nothing, None, &readers);
        draft.parents = &parents;
        assert_eq!(draft.seal(&secret).is_some(), is_made);
    }
    let long = |count| Changes {
        removes: vec![MemberId([9; 16]); count],
        ..Changes::default()
    };
    let most = long(GROUP_MEMBERS_MAX);
    let op = crowd.draft(&most, None, &readers).seal(&secret).unwrap();
    assert_eq!(crowd.reaches(0, &op), Some(true));
    let more = long(GROUP_MEMBERS_MAX + 1);
    assert!(crowd.draft(&more, None, &readers).seal(&secret).is_none());
    // By hand: counts beyond the limits, with room behind them, and parents that repeat.
    for head in [&[9][..], &[2; 1]] {
        assert!(SealedOp::decode(&[head, &[0; OP_BYTES_MAX - 1]].concat()).is_none());
    }
    assert!(SealedOp::decode(&[0; OP_BYTES_MAX + 1]).is_none());
    let mut counted = [0; OP_BYTES_MAX];
    counted[17..19].copy_from_slice(&201_u16.to_le_bytes());
    assert!(SealedOp::decode(&counted).is_none());
}
