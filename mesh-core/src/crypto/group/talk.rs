//! Sealing and opening.

use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::limits::{
    ENVELOPE_BYTES_MEDIUM, ENVELOPE_BYTES_SMALL, GROUP_AHEAD, GROUP_AHEAD_WIDE, HEADER_BYTES,
};
use crate::types::Wall;

use super::control::Control;
use super::keys::OwnRing;
use super::member::MemberId;
use super::op::Eid;
use super::sender_chain::{GroupTags, Place, Purpose, Step, seal_next, tag_of};
use super::{Consent, Group};

/// Why nothing was sealed. The state is as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The data does not fit, or there is no such envelope size: the caller's mistake.
    #[error("the message does not fit its envelope")]
    Size,
    /// No epoch is read by exactly the members: new keys first
    /// ([`Group::renewal_due`]). Or we are no member any more.
    #[error("there are no keys that all members have and nobody else")]
    NoEpoch,
}

/// Not a message of this group that can be opened now. One error for every cause: a
/// difference would be an oracle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the envelope does not open")]
pub struct OpenError;

/// An opened message whose group has not moved yet: dropped, it leaves no trace.
#[must_use = "the group moves when the opening is committed"]
pub struct GroupOpening<'a> {
    group: &'a mut Group,
    eid: Eid,
    author: MemberId,
    purpose: Purpose,
    data: Zeroizing<Vec<u8>>,
    step: Step,
}

impl GroupOpening<'_> {
    /// Who signed it.
    #[must_use]
    pub fn author(&self) -> MemberId {
        self.author
    }

    /// The epoch it was sealed in.
    #[must_use]
    pub fn epoch(&self) -> Eid {
        self.eid
    }

    /// Whether it is a message of people or a control message ([`Control`]).
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// What it says.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Moves the group on: its key is erased, and nobody opens it here again.
    pub fn commit(self) -> GroupTags {
        let Self {
            group,
            eid,
            author,
            purpose,
            step,
            ..
        } = self;
        let is_wide = purpose == Purpose::Control || group.active.contains(&author);
        let width = match is_wide {
            true => GROUP_AHEAD_WIDE,
            false => GROUP_AHEAD,
        };
        let epoch = group.epoch_mut(&eid);
        let chains = epoch.and_then(|epoch| epoch.authors.get_mut(&author));
        chains.map_or_else(GroupTags::default, |author| {
            author.chain_mut(purpose).commit(step, width)
        })
    }
}

impl fmt::Debug for GroupOpening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupOpening")
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

impl Group {
    /// Seals what people write, for exactly the members, into an envelope of 480 or
    /// 1,920 bytes. Store the group before the envelope goes anywhere.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn seal(
        &mut self,
        rng: &mut dyn CryptoRng,
        header: [u8; HEADER_BYTES],
        envelope_bytes: usize,
        data: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let eid = self.sending_epoch().ok_or(SealError::NoEpoch)?;
        self.seal_in(&eid, Purpose::Message, rng, header, envelope_bytes, data)
    }

    /// Seals a control message into one epoch; each is told in all of
    /// [`Group::epochs`].
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn seal_control(
        &mut self,
        eid: &Eid,
        rng: &mut dyn CryptoRng,
        header: [u8; HEADER_BYTES],
        envelope_bytes: usize,
        control: &Control,
    ) -> Result<Vec<u8>, SealError> {
        let data = control.encode();
        self.seal_in(eid, Purpose::Control, rng, header, envelope_bytes, &data)
    }

    /// Messages that we sealed in the epoch that we send in.
    #[must_use]
    pub fn sent(&self) -> u32 {
        let epoch = self.sending_epoch().and_then(|eid| self.epoch(&eid));
        epoch.map_or(0, super::epoch::Epoch::sent)
    }

    fn seal_in(
        &mut self,
        eid: &Eid,
        purpose: Purpose,
        rng: &mut dyn CryptoRng,
        header: [u8; HEADER_BYTES],
        envelope_bytes: usize,
        data: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        if !is_envelope(envelope_bytes) {
            return Err(SealError::Size);
        }
        let place = self.place(*eid, self.me);
        let seed = &self.seed;
        let mut epochs = self.epochs.iter_mut();
        let epoch = epochs
            .find(|epoch| epoch.eid == *eid)
            .ok_or(SealError::NoEpoch)?;
        let chain = epoch.sending(purpose);
        seal_next(chain, &place, seed, rng, header, envelope_bytes, data).ok_or(SealError::Size)
    }

    /// Opens an envelope whose tag is one of ours. Nothing has changed unless and until
    /// the opening is committed. What somebody wrote who was removed is refused, and
    /// opens if that removal turns out to be void.
    ///
    /// # Errors
    /// It is no message of this group, or was opened before, whatever the cause.
    pub fn open(&mut self, now: Wall, envelope: &[u8]) -> Result<GroupOpening<'_>, OpenError> {
        if !is_envelope(envelope.len()) {
            return Err(OpenError);
        }
        let tag = tag_of(envelope).ok_or(OpenError)?;
        let found = self.epochs.iter().find_map(|epoch| {
            epoch
                .find(&tag)
                .map(|(author, purpose)| (epoch, author, purpose))
        });
        let (epoch, author, purpose) = found.ok_or(OpenError)?;
        let eid = epoch.eid;
        let chains = epoch.authors.get(&author).ok_or(OpenError)?;
        let place = self.place(eid, author);
        let chain = chains.chain(purpose);
        let opened = chain.open(&place, &chains.gsk, now, envelope);
        let (data, step) = opened
            .filter(|_| self.roster.contains_key(&author))
            .ok_or(OpenError)?;
        Ok(GroupOpening {
            group: self,
            eid,
            author,
            purpose,
            data,
            step,
        })
    }

    /// A member told which heads it knows: whether a wrapping key of ours can go
    /// depends on that.
    pub fn take_heads(&mut self, from: MemberId, heads: &[Eid], now: Wall) {
        let history = &self.history;
        let knows = |eid: &Eid| history.is_before(eid, heads);
        self.own
            .acknowledge(from, &self.roster, self.me, now, knows);
    }

    /// A member announced a new wrapping key. Whether it is one: newer than what is
    /// known, and of no low order.
    pub fn take_key(&mut self, from: MemberId, seq: u32, mk: [u8; 32]) -> bool {
        self.roster.contains_key(&from) && self.announced.take(from, seq, mk)
    }

    /// When a new wrapping key of ours is to be announced at the latest; a random time
    /// before that. `None` while none is due.
    #[must_use]
    pub fn key_due(&self) -> Option<Wall> {
        self.own.due()
    }

    /// Draws a new wrapping key, to be told in every epoch. `None` while none is due.
    pub fn new_key(&mut self, rng: &mut dyn CryptoRng, now: Wall) -> Option<Control> {
        let (seq, mk) = OwnRing::rotate(&mut self.own, rng, now)?;
        Some(Control::Key { seq, mk })
    }

    /// Our signature under a list of removals, for another admin's operation; to be
    /// told in every epoch. `None` for a list longer than there can be members.
    #[must_use]
    pub fn consent(&self, removes: &[MemberId]) -> Option<Control> {
        let consent = Consent::give(&self.gid, self.me, &self.seed, removes)?;
        Some(Control::Consent {
            removes: removes.to_vec(),
            signature: consent.signature,
        })
    }

    fn place(&self, eid: Eid, author: MemberId) -> Place {
        Place {
            gid: self.gid,
            eid,
            author,
        }
    }
}

fn is_envelope(bytes: usize) -> bool {
    matches!(bytes, ENVELOPE_BYTES_SMALL | ENVELOPE_BYTES_MEDIUM)
}
