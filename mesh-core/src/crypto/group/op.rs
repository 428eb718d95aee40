//! Rekey, the one operation on a group: it adds, removes, gives roles, and always
//! brings a new secret to everybody who is left.
//!
//! ```text
//! op     = count u8 ‖ parents × 32 ‖ actor 16 ‖ count u16 ‖ wraps × 80
//!          ‖ SEAL(EXP(ES, "starling/1 op", 32), inside, gid ‖ all before)
//! inside = count u16 ‖ adds × (GSK 32 ‖ MK 32 ‖ role 1)
//!          ‖ count u16 ‖ removes × member id 16
//!          ‖ count u16 ‖ roles × (member id 16 ‖ role 1)
//!          ‖ count u16 ‖ MK ids used × 8
//!          ‖ [consent: member id 16 ‖ signature 64]
//!          ‖ signature 64
//! eid    = H(op)
//! ```
//!
//! Wraps and MK ids are sorted. The actor signs `gid ‖ all before the sealed part ‖
//! inside up to the signature`; whoever consents, `"starling/1 gconsent" ‖ gid ‖ the
//! removes with their count`. Whether there is a consent follows from the length.

use crate::limits::{GROUP_MEMBERS_MAX, GROUP_PARENTS_MAX};

use super::super::channel::verify;
use super::super::labels;
use super::super::primitives::{SEAL_OVERHEAD_BYTES, expand, hash, open, seal};
use super::super::secret::Secret;
use super::member::{GroupId, Member, MemberId, Role, mk_id, sign};
use super::wrap::{WRAP_BYTES, Wrap, unwrap, wrap, wrap_info};

/// Names an operation, and the epoch that it begins: the hash of its bytes.
pub type Eid = [u8; 32];

const SIGNATURE_BYTES: usize = 64;
const CONSENT_BYTES: usize = 16 + SIGNATURE_BYTES;
const ADD_BYTES: usize = 32 + 32 + 1;
const ROLE_BYTES: usize = 16 + 1;
const MK_ID_BYTES: usize = 8;
/// The longest operation: everything of which there is a count, as often as can be.
pub const OP_BYTES_MAX: usize = 1
    + 32 * GROUP_PARENTS_MAX
    + 16
    + 2
    + GROUP_MEMBERS_MAX * (WRAP_BYTES + ADD_BYTES + 16 + ROLE_BYTES + MK_ID_BYTES)
    + 4 * 2
    + CONSENT_BYTES
    + SIGNATURE_BYTES
    + SEAL_OVERHEAD_BYTES;

/// What an operation changes in the roster; nothing at all is a renewal of keys.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Who comes.
    pub adds: Vec<Member>,
    /// Who goes; never to come back under the same id.
    pub removes: Vec<MemberId>,
    /// Whose role becomes another, after those two.
    pub roles: Vec<(MemberId, Role)>,
}

impl Changes {
    /// Whether it is a renewal of keys and nothing else.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.adds.is_empty() && self.removes.is_empty() && self.roles.is_empty()
    }

    pub(super) fn encode(&self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        put_count(&mut bytes, self.adds.len())?;
        for add in &self.adds {
            bytes.extend(add.gsk);
            bytes.extend(add.mk);
            bytes.push(add.role.code());
        }
        bytes.extend(encode_removes(&self.removes)?);
        put_count(&mut bytes, self.roles.len())?;
        for (id, role) in &self.roles {
            bytes.extend(id.0);
            bytes.push(role.code());
        }
        Some(bytes)
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let mut changes = Self::default();
        for _ in 0..reader.count()? {
            changes.adds.push(Member {
                gsk: reader.take()?,
                mk: reader.take()?,
                role: reader.role()?,
            });
        }
        for _ in 0..reader.count()? {
            changes.removes.push(MemberId(reader.take()?));
        }
        for _ in 0..reader.count()? {
            changes
                .roles
                .push((MemberId(reader.take()?), reader.role()?));
        }
        Some(changes)
    }
}

/// A second admin's signature under a list of removals, for when those removed are no
/// juniors of the actor. It holds as long as they are members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consent {
    /// Who consents.
    pub signer: MemberId,
    /// By its GSK.
    pub signature: [u8; 64],
}

impl Consent {
    /// `None` for more removals than there can be members.
    pub(super) fn give(
        gid: &GroupId,
        signer: MemberId,
        seed: &Secret<32>,
        removes: &[MemberId],
    ) -> Option<Self> {
        let removes = encode_removes(removes)?;
        Some(Self {
            signer,
            signature: sign(seed, &[labels::GROUP_CONSENT, gid, &removes]),
        })
    }

    pub(super) fn is_by(&self, gid: &GroupId, gsk: &[u8; 32], removes: &[MemberId]) -> bool {
        let Some(removes) = encode_removes(removes) else {
            return false;
        };
        let signed = [labels::GROUP_CONSENT, gid, &removes].concat();
        verify(gsk, &signed, &self.signature)
    }
}

/// What an operation says, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its name.
    pub eid: Eid,
    /// The operations that its actor knew and nobody had built on yet.
    pub parents: Vec<Eid>,
    /// Who made it.
    pub actor: MemberId,
    /// What it changes.
    pub changes: Changes,
    /// A second signature under its removals.
    pub consent: Option<Consent>,
}

/// Everything that goes into an operation but its secret.
pub(super) struct Draft<'a> {
    pub(super) gid: &'a GroupId,
    pub(super) parents: &'a [Eid],
    pub(super) actor: MemberId,
    /// Seed of the actor's GSK.
    pub(super) seed: &'a Secret<32>,
    pub(super) changes: &'a Changes,
    pub(super) consent: Option<Consent>,
    /// Everybody who is in the group afterwards, with the key to wrap to.
    pub(super) readers: &'a [(MemberId, [u8; 32])],
}

impl Draft<'_> {
    /// The operation's bytes. `None` if something is over its limit, or a key is of low
    /// order.
    pub(super) fn seal(&self, secret: &Secret<32>) -> Option<Vec<u8>> {
        let info = wrap_info(self.gid, self.parents);
        let wraps: Option<Vec<Wrap>> = self
            .readers
            .iter()
            .map(|(id, mk)| wrap(&info, secret, *id, mk))
            .collect();
        let mut wraps = wraps?;
        wraps.sort_unstable();
        let mut used: Vec<_> = self.readers.iter().map(|(_, mk)| mk_id(mk)).collect();
        used.sort_unstable();
        let parents = u8::try_from(self.parents.len()).ok()?;
        (self.parents.len() <= GROUP_PARENTS_MAX).then_some(())?;
        let mut op = [&[parents][..], self.parents.as_flattened(), &self.actor.0].concat();
        put_count(&mut op, wraps.len())?;
        op.extend(wraps.as_flattened());
        let mut inside = self.changes.encode()?;
        put_count(&mut inside, used.len())?;
        inside.extend(used.as_flattened());
        if let Some(consent) = &self.consent {
            inside.extend(consent.signer.0);
            inside.extend(consent.signature);
        }
        let signature = sign(self.seed, &[self.gid, &op, &inside]);
        inside.extend(signature);
        let associated = [self.gid, &op[..]].concat();
        op.extend(seal(op_key(secret), &inside, &associated));
        Some(op)
    }
}

/// An operation as it travels, taken apart. Nothing in it is checked but its form.
pub(super) struct SealedOp<'a> {
    eid: Eid,
    parents: Vec<Eid>,
    actor: MemberId,
    wraps: Vec<Wrap>,
    before: &'a [u8],
    sealed: &'a [u8],
}

impl<'a> SealedOp<'a> {
    /// `None` for what is no operation: over a limit, too short, wraps not sorted or
    /// twice the same.
    pub(super) fn decode(op: &'a [u8]) -> Option<Self> {
        (op.len() <= OP_BYTES_MAX).then_some(())?;
        let mut reader = Reader(op);
        let [count] = reader.take()?;
        (usize::from(count) <= GROUP_PARENTS_MAX).then_some(())?;
        let parents: Option<Vec<Eid>> = (0..count).map(|_| reader.take()).collect();
        let actor = MemberId(reader.take()?);
        let wraps: Option<Vec<Wrap>> = (0..reader.count()?).map(|_| reader.take()).collect();
        let (parents, wraps) = (parents?, wraps?);
        let before = op.get(..op.len().checked_sub(reader.0.len())?)?;
        let is_valid = wraps.is_sorted_by(|one, next| one < next) && are_distinct(&parents);
        is_valid.then(|| Self {
            eid: hash(&[op]),
            parents,
            actor,
            wraps,
            before,
            sealed: reader.0,
        })
    }

    pub(super) fn eid(&self) -> Eid {
        self.eid
    }

    pub(super) fn actor(&self) -> MemberId {
        self.actor
    }

    pub(super) fn parents(&self) -> &[Eid] {
        &self.parents
    }

    /// `None` if no wrap is for one of our keys, or the sealed part is no such.
    pub(super) fn open<'k>(
        self,
        gid: &GroupId,
        own: impl Iterator<Item = &'k Secret<32>>,
    ) -> Option<OpenedOp> {
        let info = wrap_info(gid, &self.parents);
        let secret = unwrap(&info, &self.wraps, own)?;
        let associated = [gid, self.before].concat();
        let inside = open(op_key(&secret), self.sealed, &associated)?;
        let (signed, signature) = inside.split_last_chunk::<SIGNATURE_BYTES>()?;
        let mut reader = Reader(signed);
        let changes = Changes::decode(&mut reader)?;
        let used: Option<Vec<[u8; MK_ID_BYTES]>> =
            (0..reader.count()?).map(|_| reader.take()).collect();
        let used = used?;
        let consent = match reader.0.len() {
            0 => None,
            CONSENT_BYTES => Some(Consent {
                signer: MemberId(reader.take()?),
                signature: reader.take()?,
            }),
            _ => return None,
        };
        used.is_sorted().then_some(())?;
        Some(OpenedOp {
            signed: [gid, self.before, signed].concat(),
            signature: *signature,
            operation: Operation {
                eid: self.eid,
                parents: self.parents,
                actor: self.actor,
                changes,
                consent,
            },
            info,
            wraps: self.wraps,
            used,
            secret,
        })
    }
}

/// An opened operation, of which signatures, rights and wraps are to be checked.
pub(super) struct OpenedOp {
    pub(super) operation: Operation,
    /// ES.
    pub(super) secret: Secret<32>,
    signed: Vec<u8>,
    signature: [u8; 64],
    info: Vec<u8>,
    wraps: Vec<Wrap>,
    used: Vec<[u8; MK_ID_BYTES]>,
}

impl OpenedOp {
    /// Whether the actor signed it, whose key this is.
    pub(super) fn is_signed_by(&self, gsk: &[u8; 32]) -> bool {
        verify(gsk, &self.signed, &self.signature)
    }

    /// Whether it lists this key as one that it wraps to.
    pub(super) fn uses(&self, mk: &[u8; 32]) -> bool {
        self.used.binary_search(&mk_id(mk)).is_ok()
    }

    /// Whether exactly the readers have a wrap. Each comes with the keys that are known
    /// of it; one of them is made again and must be there. Of a reader all of whose
    /// known keys are older only the number can be checked.
    pub(super) fn reaches<'k>(
        &self,
        readers: impl Iterator<Item = (MemberId, &'k [[u8; 32]])>,
    ) -> bool {
        let mut unclaimed = self.used.clone();
        let (mut count, mut unknown) = (0, 0);
        for (id, keys) in readers {
            count += 1;
            let Some(mk) = keys.iter().find(|mk| self.uses(mk)) else {
                unknown += 1;
                continue;
            };
            let expected = wrap(&self.info, &self.secret, id, mk);
            let is_there = expected.is_some_and(|it| self.wraps.binary_search(&it).is_ok());
            let listed = unclaimed.iter().position(|used| *used == mk_id(mk));
            let (true, Some(at)) = (is_there, listed) else {
                return false;
            };
            unclaimed.remove(at);
        }
        self.wraps.len() == count && self.used.len() == count && unclaimed.len() == unknown
    }
}

/// `EXP(ES, "starling/1 op", 32)`.
fn op_key(secret: &Secret<32>) -> Secret<32> {
    expand(secret, &[labels::GROUP_OP])
}

fn encode_removes(removes: &[MemberId]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    put_count(&mut bytes, removes.len())?;
    removes.iter().for_each(|id| bytes.extend(id.0));
    Some(bytes)
}

/// `None` for a list longer than any may be.
fn put_count(bytes: &mut Vec<u8>, count: usize) -> Option<()> {
    (count <= GROUP_MEMBERS_MAX).then_some(())?;
    bytes.extend(u16::try_from(count).ok()?.to_le_bytes());
    Some(())
}

fn are_distinct(eids: &[Eid]) -> bool {
    let distinct: std::collections::BTreeSet<_> = eids.iter().collect();
    distinct.len() == eids.len()
}

/// Takes fields from the front of bytes.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(super) fn slice(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    /// Of a list that has at most as many entries as a group has members.
    pub(super) fn count(&mut self) -> Option<usize> {
        let count = usize::from(u16::from_le_bytes(self.take()?));
        (count <= GROUP_MEMBERS_MAX).then_some(count)
    }

    pub(super) fn role(&mut self) -> Option<Role> {
        let [code] = self.take()?;
        Role::from_code(code)
    }
}
