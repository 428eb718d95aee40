//! What whoever drives a group may ask of it and of an operation's bytes.

use zeroize::Zeroizing;

use crate::types::ConversationId;

use super::super::labels;
use super::super::primitives::hash;
use super::super::secret::Secret;
use super::epoch::Epoch;
use super::member::{GroupId, MemberId};
use super::op::{Eid, SealedOp};
use super::{Group, welcome};

/// The conversation of a group on every member's device:
/// `H("starling/1 conversation group" ‖ gid)[..16]`.
#[must_use]
pub fn conversation(gid: &GroupId) -> ConversationId {
    let mut id = [0; 16];
    id.iter_mut()
        .zip(hash(&[labels::CONVERSATION_GROUP, gid]))
        .for_each(|(slot, byte)| *slot = byte);
    ConversationId(id)
}

/// The name of the operation with these bytes.
#[must_use]
pub fn eid_of(op: &[u8]) -> Eid {
    hash(&[op])
}

impl Group {
    /// Whether anybody but us can read what is sealed in an epoch.
    #[must_use]
    pub fn has_readers(&self, eid: &Eid) -> bool {
        let epoch = self.epoch(eid);
        epoch.is_some_and(|epoch: &Epoch| !epoch.authors.is_empty())
    }

    /// Who made an operation that is known here.
    #[must_use]
    pub fn maker(&self, eid: &Eid) -> Option<MemberId> {
        self.history.get(eid).map(|entry| entry.op.actor)
    }

    /// Of an operation that none of our keys opens: whether its actor knew of us, as far
    /// as its parents say. Then it removes us, or is forged: it cannot be told which.
    #[must_use]
    pub fn may_cut_us_off(&self, op: &[u8]) -> bool {
        let known = SealedOp::decode(op).and_then(|op| {
            let known = self.history.known_to(op.parents()).ok()?;
            known.contains_key(&op.actor()).then_some(known)
        });
        known.is_some_and(|known| known.contains_key(&self.me))
    }

    /// What happened, as in the welcome of an operation, for
    /// [`Group::take_welcome`]: with zeros in the place of the secret.
    #[must_use]
    pub fn history_for(&self, eid: &Eid) -> Zeroizing<Vec<u8>> {
        welcome::encode(&self.history, &self.announced, eid, &Secret::zeroed())
    }
}
