//! Direct messages: the session of two people (`docs/protocol/crypto.md`, "Direct
//! messages: the session").
//!
//! Signal's Double Ratchet with header encryption (revision 1, §4), with two changes:
//! header keys come from chains of their own, which also give each message its
//! delivery tag, and a random salt goes into the keys of header and body.
//!
//! Whoever holds a session seals with [`Session::seal`] and stores the new state
//! before the envelope leaves; opens with [`Session::open`], which changes nothing
//! until [`Opening::commit`]; and keeps the tags that [`TagChanges`] names in the
//! table by which envelopes find their session.

mod chains;
mod opening;
mod skipped;
mod state;
mod window;

use core::fmt;
use std::collections::BTreeMap;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::limits::{
    ENVELOPE_BYTES_MEDIUM, ENVELOPE_BYTES_SMALL, HEADER_BYTES, SESSION_UNACKNOWLEDGED_MAX,
    TAG_BYTES,
};
use crate::types::Wall;

use self::chains::{Chain, HeaderChain, body_key, header_seal_key, root_step, start};
use self::skipped::SkippedKeys;
use self::window::{Window, is_anchor};
use super::padding::{LENGTH_BYTES, pad};
use super::primitives::{SEAL_OVERHEAD_BYTES, agree, draw_secret, public_key, seal};
use super::secret::Secret;

pub use self::opening::{OpenError, Opening};

type Tag = [u8; TAG_BYTES];

const SALT_BYTES: usize = 8;
/// Ratchet key and length of the chain before, sealed.
const SEALED_HEADER_BYTES: usize = 32 + 4 + SEAL_OVERHEAD_BYTES;
/// Everything in a message but its data.
pub const MESSAGE_OVERHEAD_BYTES: usize = HEADER_BYTES
    + TAG_BYTES
    + SALT_BYTES
    + SEALED_HEADER_BYTES
    + SEAL_OVERHEAD_BYTES
    + LENGTH_BYTES;

/// The card ids of both people, the smaller first: in the associated data of all
/// that they send each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parties([u8; 64]);

impl Parties {
    /// The same whichever comes first.
    #[must_use]
    pub fn new(one: &[u8; 32], other: &[u8; 32]) -> Self {
        let mut both = [0; 64];
        let ids = one.min(other).iter().chain(one.max(other));
        both.iter_mut()
            .zip(ids)
            .for_each(|(slot, byte)| *slot = *byte);
        Self(both)
    }
}

/// Which message of the other side a tag stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Their chains by number, from 1.
    pub chain: u32,
    /// Messages of the chain by number, from 0.
    pub n: u32,
}

/// What a table of tags must do to stay what [`Session::tags`] says. No tag is in
/// both lists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TagChanges {
    /// Watched from now on, in no order.
    pub added: Vec<(Tag, Position)>,
    /// Watched no more: their messages were opened or cannot be opened again.
    pub removed: Vec<Tag>,
}

/// A message under seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// To be sent after the session's new state was stored.
    pub envelope: Vec<u8>,
    /// Its number among all that this side sealed in the session, from 0: what an
    /// acknowledgement names.
    pub seq: u32,
}

/// Why nothing was sealed. The state is as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The data does not fit, or there is no such envelope size: the caller's mistake.
    #[error("the message does not fit its envelope")]
    Size,
    /// Whoever answers may not send before a message of the initiator was opened.
    #[error("nothing came from the other side yet")]
    Unanswered,
    /// 1,024 messages are on the way and not acknowledged: the other side would not
    /// find what comes after them.
    #[error("waiting for an acknowledgement")]
    Waiting,
}

/// An acknowledgement of something that this state never sealed: another copy of the
/// session is in use, or the state was rolled back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other side acknowledged what was never sealed here")]
pub struct NeverSealed;

/// What this side seals with.
enum Sending {
    /// The answerer, before anything came: the secret of its prekey.
    Prekey(Secret<32>),
    /// A chain is begun.
    Chain {
        /// Of our ratchet key.
        secret: Secret<32>,
        /// Our ratchet key: follows from the secret, at the price of three messages.
        public: [u8; 32],
        chain: Chain,
        /// Messages of our chain before.
        previous: u32,
    },
    /// The other side began a chain: the next message begins one of ours, with a new
    /// ratchet key. Until then there is no secret of ours to steal.
    Due {
        /// Their ratchet key; not of low order.
        theirs: [u8; 32],
        /// Messages of our last chain.
        previous: u32,
    },
}

/// The chain that the other side seals with.
struct Receiving {
    chain: Chain,
    /// Messages of all their chains before.
    first_seq: u32,
    window: Window,
}

/// One direction each way between two people. Every secret in it is zeroed when it is
/// replaced and when the session is dropped.
pub struct Session {
    parties: Parties,
    root: Secret<32>,
    sending: Sending,
    /// Header chain of our next chain.
    next_sending: Secret<32>,
    /// Messages sealed.
    sent: u32,
    /// One more than the highest acknowledged; 0 for none.
    acknowledged: u32,
    receiving: Option<Receiving>,
    /// Chains that the other side began.
    chain: u32,
    /// Header chain of their next chain.
    next_receiving: HeaderChain,
    next_window: Window,
    skipped: SkippedKeys,
    /// What [`Session::tags`] says; follows from the rest.
    watched: BTreeMap<Tag, Position>,
}

impl Session {
    /// The side that knows a prekey of the other, and sends first. `shared` is SK, the
    /// secret of the handshake; use it in one session only.
    ///
    /// `None` if the prekey is of low order.
    #[must_use]
    pub fn initiate(
        shared: &Secret<32>,
        their_prekey: [u8; 32],
        parties: Parties,
        rng: &mut dyn CryptoRng,
    ) -> Option<Self> {
        let [root, sending, receiving] = start(shared);
        let due = Sending::Due {
            theirs: their_prekey,
            previous: 0,
        };
        let mut session = Self::begin(parties, root, due, sending, receiving);
        session.begin_chain(rng)?;
        Some(session)
    }

    /// The side whose prekey was used.
    #[must_use]
    pub fn answer(shared: &Secret<32>, prekey: Secret<32>, parties: Parties) -> Self {
        let [root, receiving, sending] = start(shared);
        Self::begin(parties, root, Sending::Prekey(prekey), sending, receiving)
    }

    fn begin(
        parties: Parties,
        root: Secret<32>,
        sending: Sending,
        next_sending: Secret<32>,
        next_receiving: Secret<32>,
    ) -> Self {
        let next_receiving = HeaderChain::new(next_receiving, 0);
        let mut watched = BTreeMap::new();
        let next_window = Window::of_next(&next_receiving, |n, tag| {
            watched.insert(tag, Position { chain: 1, n });
        });
        Self {
            parties,
            root,
            sending,
            next_sending,
            sent: 0,
            acknowledged: 0,
            receiving: None,
            chain: 0,
            next_receiving,
            next_window,
            skipped: SkippedKeys::default(),
            watched,
        }
    }

    /// All tags by which messages for this session are known, in order: at most
    /// [`crate::limits::SESSION_TAGS_MAX`].
    pub fn tags(&self) -> impl ExactSizeIterator<Item = (Tag, Position)> {
        self.watched.iter().map(|(tag, position)| (*tag, *position))
    }

    /// Messages sealed so far: the number of the next one.
    #[must_use]
    pub fn sent(&self) -> u32 {
        self.sent
    }

    /// How many more messages may be sealed before something is acknowledged.
    #[must_use]
    pub fn room(&self) -> u32 {
        let end = self.acknowledged.saturating_add(SESSION_UNACKNOWLEDGED_MAX);
        end.saturating_sub(self.sent)
    }

    /// Chains that the other side began: grows by one at each round trip.
    #[must_use]
    pub fn rounds(&self) -> u32 {
        self.chain
    }

    /// Whether the next message is one that the other side watches for from afar, and
    /// not the first of its chain: it should be an acknowledgement, which asks for
    /// nothing more than to come.
    #[must_use]
    pub fn is_acknowledgement_due(&self) -> bool {
        match &self.sending {
            Sending::Chain { chain, .. } => chain.n() > 0 && is_anchor(chain.n()),
            Sending::Prekey(_) | Sending::Due { .. } => false,
        }
    }

    /// The other side opened message `seq` of ours. A chain that it begins says as much
    /// by itself, of the first message of ours since its last.
    ///
    /// # Errors
    /// There is no such message.
    pub fn acknowledge(&mut self, seq: u32) -> Result<(), NeverSealed> {
        if seq >= self.sent {
            return Err(NeverSealed);
        }
        self.acknowledged = self.acknowledged.max(seq.saturating_add(1));
        Ok(())
    }

    /// Erases skipped keys whose time is over. To be called now and then, so that they
    /// go also where nothing comes in.
    pub fn expire(&mut self, now: Wall) -> TagChanges {
        self.skipped.expire(now);
        TagChanges {
            added: Vec::new(),
            removed: self.sweep(),
        }
    }

    /// Seals data into an envelope of 480 or 1,920 bytes: `header 16 ‖ tag 16 ‖ salt 8
    /// ‖ sealed header 52 ‖ sealed body`. Store the session before the envelope goes
    /// anywhere.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn seal(
        &mut self,
        rng: &mut dyn CryptoRng,
        header: [u8; HEADER_BYTES],
        envelope_bytes: usize,
        data: &[u8],
    ) -> Result<Sealed, SealError> {
        if !is_envelope(envelope_bytes) {
            return Err(SealError::Size);
        }
        let associated = self.parties.0;
        self.seal_with(rng, header, envelope_bytes, &associated, data)
    }

    /// The same for a message of any length inside another envelope, as in a knock.
    /// Cut out of it, it is no envelope: its length is in the associated data.
    ///
    /// # Errors
    /// See [`SealError`].
    pub fn seal_embedded(
        &mut self,
        rng: &mut dyn CryptoRng,
        header: [u8; HEADER_BYTES],
        message_bytes: usize,
        data: &[u8],
    ) -> Result<Sealed, SealError> {
        let associated = embedded(&self.parties, message_bytes).ok_or(SealError::Size)?;
        self.seal_with(rng, header, message_bytes, &associated, data)
    }

    fn seal_with(
        &mut self,
        rng: &mut dyn CryptoRng,
        header: [u8; HEADER_BYTES],
        message_bytes: usize,
        associated: &[u8],
        data: &[u8],
    ) -> Result<Sealed, SealError> {
        let padded_bytes = message_bytes
            .checked_sub(MESSAGE_OVERHEAD_BYTES - LENGTH_BYTES)
            .ok_or(SealError::Size)?;
        let padded = Zeroizing::new(pad(data, padded_bytes).ok_or(SealError::Size)?);
        let seq = self.sent;
        let end = self.acknowledged.saturating_add(SESSION_UNACKNOWLEDGED_MAX);
        if seq >= end {
            return Err(SealError::Waiting);
        }
        if matches!(self.sending, Sending::Due { .. }) {
            self.begin_chain(rng).ok_or(SealError::Unanswered)?;
        }
        let Sending::Chain {
            public,
            chain,
            previous,
            ..
        } = &mut self.sending
        else {
            return Err(SealError::Unanswered);
        };
        let mut salt = [0; SALT_BYTES];
        rng.fill_bytes(&mut salt);
        let keys = chain.step();
        let plain_header = Zeroizing::new([&public[..], &previous.to_le_bytes()].concat());
        let mut message = [&header[..], &keys.tag, &salt].concat();
        let before = [&message[..], associated].concat();
        message.extend(seal(
            header_seal_key(&keys.header_key, &salt),
            &plain_header,
            &before,
        ));
        let before = [&message[..], associated].concat();
        message.extend(seal(body_key(&keys.message_key, &salt), &padded, &before));
        self.sent = seq.saturating_add(1);
        Ok(Sealed {
            envelope: message,
            seq,
        })
    }

    /// The half of a ratchet step that is ours: a new ratchet key and a chain from it.
    /// `None`, and nothing done, if it is not due or their key is of low order.
    fn begin_chain(&mut self, rng: &mut dyn CryptoRng) -> Option<()> {
        let Sending::Due { theirs, previous } = &self.sending else {
            return None;
        };
        let secret = draw_secret(rng);
        let [root, message, next] = root_step(&self.root, &agree(&secret, theirs)?);
        let head = core::mem::replace(&mut self.next_sending, next);
        self.root = root;
        self.sending = Sending::Chain {
            public: public_key(&secret),
            secret,
            chain: Chain::new(HeaderChain::new(head, 0), message),
            previous: *previous,
        };
        Some(())
    }

    /// Forgets the tags whose messages cannot be opened any more, and gives them.
    fn sweep(&mut self) -> Vec<Tag> {
        let current = self.chain;
        let next_n = self.receiving.as_ref().map_or(0, |it| it.chain.n());
        let skipped = &self.skipped;
        let is_ahead = |at: &Position| at.chain > current || at.chain == current && at.n >= next_n;
        let gone: Vec<Tag> = self
            .watched
            .iter()
            .filter(|(_, at)| !is_ahead(at) && !skipped.contains(**at))
            .map(|(tag, _)| *tag)
            .collect();
        for tag in &gone {
            self.watched.remove(tag);
        }
        gone
    }
}

/// What the associated data of an embedded message ends with: `card ids 64 ‖ its
/// length u16`.
fn embedded(parties: &Parties, message_bytes: usize) -> Option<Vec<u8>> {
    let length = u16::try_from(message_bytes).ok()?;
    Some([&parties.0[..], &length.to_le_bytes()].concat())
}

fn is_envelope(bytes: usize) -> bool {
    matches!(bytes, ENVELOPE_BYTES_SMALL | ENVELOPE_BYTES_MEDIUM)
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("sent", &self.sent)
            .field("acknowledged", &self.acknowledged)
            .field("chain", &self.chain)
            .field("skipped", &self.skipped.iter().len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
