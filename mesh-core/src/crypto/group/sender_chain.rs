//! One member's messages in one epoch, and how they are sealed and opened.
//!
//! ```text
//! CK_0 ‖ HC_0 = HKDF(eid, ES, label ‖ member id, 64)
//! message     = header 16 ‖ tag 16 ‖ salt 8 ‖ SEAL(body key, padded ‖ signature 64,
//!               header ‖ tag ‖ salt ‖ gid ‖ eid)
//! signature   = GSK over "starling/1 gmsg" ‖ gid ‖ eid ‖ member id ‖ n u32 ‖ H(padded)
//! ```
//!
//! The chains step as those of a session do; there is no header to seal. The label is
//! `"starling/1 gsend"` for messages and `"starling/1 gctl"` for control.

use std::collections::VecDeque;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::limits::{GROUP_SKIPPED_MAX, HEADER_BYTES, SESSION_SKIPPED_MS_MAX, TAG_BYTES};
use crate::types::Wall;

use super::super::channel::verify;
use super::super::labels;
use super::super::padding::{LENGTH_BYTES, pad, unpad};
use super::super::primitives::{SEAL_OVERHEAD_BYTES, hash, hkdf, open, seal};
use super::super::secret::Secret;
use super::super::session::chains::{Chain, HeaderChain, MessageKeys, body_key};
use super::member::{GroupId, MemberId, sign};
use super::op::{Eid, Reader};

/// A delivery tag.
pub(super) type Tag = [u8; TAG_BYTES];

const SALT_BYTES: usize = 8;
const CLEAR_BYTES: usize = HEADER_BYTES + TAG_BYTES + SALT_BYTES;
const SIGNATURE_BYTES: usize = 64;
/// Everything in a message of a group but its data.
pub const GROUP_MESSAGE_OVERHEAD_BYTES: usize =
    CLEAR_BYTES + SIGNATURE_BYTES + SEAL_OVERHEAD_BYTES + LENGTH_BYTES;

/// What a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// What people write.
    Message,
    /// Operations, new keys, and who knows what.
    Control,
}

/// Whose chain it is, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) gid: GroupId,
    pub(super) eid: Eid,
    pub(super) author: MemberId,
}

impl Place {
    /// The chain that begins here.
    pub(super) fn chain(&self, secret: &Secret<32>, purpose: Purpose) -> Chain {
        let label = match purpose {
            Purpose::Message => labels::GROUP_SEND,
            Purpose::Control => labels::GROUP_CONTROL,
        };
        let both: Secret<64> = hkdf(&self.eid, secret.expose(), &[label, &self.author.0]);
        let (mut message, mut head) = (Secret::<32>::zeroed(), Secret::<32>::zeroed());
        let slots = message.expose_mut().iter_mut().chain(head.expose_mut());
        slots
            .zip(both.expose())
            .for_each(|(slot, byte)| *slot = *byte);
        Chain::new(HeaderChain::new(head, 0), message)
    }

    fn signed(&self, n: u32, padded: &[u8]) -> Vec<u8> {
        let Self { gid, eid, author } = self;
        let n = n.to_le_bytes();
        [
            labels::GROUP_MESSAGE,
            gid,
            eid,
            &author.0,
            &n,
            &hash(&[padded]),
        ]
        .concat()
    }

    fn associated(&self, clear: &[u8]) -> Vec<u8> {
        [clear, &self.gid, &self.eid].concat()
    }
}

/// Seals the next message of a chain. `None`, and the chain as before, if the data does
/// not fit.
pub(super) fn seal_next(
    chain: &mut Chain,
    place: &Place,
    seed: &Secret<32>,
    rng: &mut dyn CryptoRng,
    header: [u8; HEADER_BYTES],
    envelope_bytes: usize,
    data: &[u8],
) -> Option<Vec<u8>> {
    let padded_bytes = envelope_bytes.checked_sub(GROUP_MESSAGE_OVERHEAD_BYTES - LENGTH_BYTES)?;
    let mut inside = Zeroizing::new(Vec::with_capacity(padded_bytes + SIGNATURE_BYTES));
    let padded = Zeroizing::new(pad(data, padded_bytes)?);
    inside.extend_from_slice(&padded);
    inside.extend(sign(seed, &[&place.signed(chain.n(), &padded)]));
    let mut salt = [0; SALT_BYTES];
    rng.fill_bytes(&mut salt);
    let keys = chain.step();
    let mut message = [&header[..], &keys.tag, &salt].concat();
    let associated = place.associated(&message);
    message.extend(seal(
        body_key(&keys.message_key, &salt),
        &inside,
        &associated,
    ));
    Some(message)
}

/// One message that was passed over.
struct SkippedKey {
    n: u32,
    since: Wall,
    tag: Tag,
    message_key: Secret<32>,
}

/// Somebody else's chain.
pub(super) struct ReceivingChain {
    chain: Chain,
    /// Runs ahead of `chain`.
    ahead: HeaderChain,
    /// Tags of the messages from the next one of `chain` on.
    window: VecDeque<Tag>,
    /// In order of number.
    skipped: VecDeque<SkippedKey>,
}

/// What opening one message would do to its chain.
pub(super) struct Step {
    tag: Tag,
    n: u32,
    kind: StepKind,
}

enum StepKind {
    Skipped,
    Ahead {
        gap: Vec<SkippedKey>,
        chain: Box<Chain>,
    },
}

/// The tags that come into a table and go from it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupTags {
    /// Watched from now on.
    pub added: Vec<[u8; TAG_BYTES]>,
    /// Watched no more.
    pub removed: Vec<[u8; TAG_BYTES]>,
}

impl ReceivingChain {
    /// Watches `width` messages ahead.
    pub(super) fn new(chain: Chain, width: u32) -> Self {
        let mut receiving = Self {
            ahead: chain.head().copy(),
            chain,
            window: VecDeque::new(),
            skipped: VecDeque::new(),
        };
        receiving.widen(width, &mut Vec::new());
        receiving
    }

    /// Every tag watched.
    pub(super) fn tags(&self) -> impl Iterator<Item = Tag> + '_ {
        let skipped = self.skipped.iter().map(|key| key.tag);
        self.window.iter().copied().chain(skipped)
    }

    /// Watches at least `width` messages ahead.
    pub(super) fn widen(&mut self, width: u32, added: &mut Vec<Tag>) {
        let end = self.chain.n().saturating_add(width);
        while self.ahead.n < end {
            let (tag, _) = self.ahead.step();
            self.window.push_back(tag);
            added.push(tag);
        }
    }

    /// Opens an envelope if its tag is one of these; nothing changes.
    pub(super) fn open(
        &self,
        place: &Place,
        gsk: &[u8; 32],
        now: Wall,
        envelope: &[u8],
    ) -> Option<(Zeroizing<Vec<u8>>, Step)> {
        let tag = tag_of(envelope)?;
        let key = self.skipped.iter().find(|key| key.tag == tag);
        if let Some(key) = key {
            if is_over(key.since, now) {
                return None;
            }
            let data = open_body(place, gsk, key.n, &key.message_key, envelope)?;
            let kind = StepKind::Skipped;
            return Some((
                data,
                Step {
                    tag,
                    n: key.n,
                    kind,
                },
            ));
        }
        let at = u32::try_from(self.window.iter().position(|it| *it == tag)?).ok()?;
        let n = self.chain.n().saturating_add(at);
        let mut chain = Box::new(self.chain.copy());
        let mut gap = Vec::new();
        while chain.n() < n {
            let passed = chain.n();
            let MessageKeys {
                tag, message_key, ..
            } = chain.step();
            gap.push(SkippedKey {
                n: passed,
                since: now,
                tag,
                message_key,
            });
        }
        let keys = chain.step();
        let data = open_body(place, gsk, n, &keys.message_key, envelope)?;
        let kind = StepKind::Ahead { gap, chain };
        Some((data, Step { tag, n, kind }))
    }

    /// Does it; `width` messages ahead are watched then.
    pub(super) fn commit(&mut self, step: Step, width: u32) -> GroupTags {
        let mut tags = GroupTags {
            added: Vec::new(),
            removed: vec![step.tag],
        };
        match step.kind {
            StepKind::Skipped => self.skipped.retain(|key| key.n != step.n),
            StepKind::Ahead { gap, chain } => {
                for _ in self.chain.n()..chain.n() {
                    self.window.pop_front();
                }
                self.chain = *chain;
                self.skipped.extend(gap);
                while self.skipped.len() > GROUP_SKIPPED_MAX {
                    tags.removed
                        .extend(self.skipped.pop_front().map(|it| it.tag));
                }
                self.widen(width, &mut tags.added);
            }
        }
        tags
    }

    /// Erases skipped keys whose time is over; gives their tags. A stamp after `now` is
    /// of a clock that was ahead: its time begins again, or it would never be over.
    pub(super) fn expire(&mut self, now: Wall, removed: &mut Vec<Tag>) {
        self.skipped.retain(|key| {
            let is_over = is_over(key.since, now);
            removed.extend(is_over.then_some(key.tag));
            !is_over
        });
        let keys = self.skipped.iter_mut();
        keys.for_each(|key| key.since = key.since.min(now));
    }

    /// `chain 68 ‖ width u8 ‖ count u16 ‖ skipped × (n u32 ‖ since u64 ‖ tag 16 ‖ key
    /// 32)`, integers little-endian.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        put_chain(bytes, &self.chain);
        bytes.push(u8::try_from(self.window.len()).unwrap_or(u8::MAX));
        let count = u16::try_from(self.skipped.len()).unwrap_or(u16::MAX);
        bytes.extend(count.to_le_bytes());
        for key in &self.skipped {
            bytes.extend(key.n.to_le_bytes());
            bytes.extend(key.since.0.to_le_bytes());
            bytes.extend(key.tag);
            bytes.extend(key.message_key.expose());
        }
    }

    /// Bytes of [`ReceivingChain::encode`].
    pub(super) fn encoded_bytes(&self) -> usize {
        68 + 1 + 2 + self.skipped.len() * (4 + 8 + TAG_BYTES + 32)
    }

    /// The inverse; `None` for anything else.
    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let chain = take_chain(reader)?;
        let [width] = reader.take()?;
        let count = usize::from(u16::from_le_bytes(reader.take()?));
        (count <= GROUP_SKIPPED_MAX).then_some(())?;
        let mut receiving = Self::new(chain, u32::from(width));
        for _ in 0..count {
            let key = SkippedKey {
                n: u32::from_le_bytes(reader.take()?),
                since: Wall(u64::from_le_bytes(reader.take()?)),
                tag: reader.take()?,
                message_key: Secret::take(&mut reader.take()?),
            };
            let last = receiving.skipped.back();
            let is_next = last.is_none_or(|last| last.n < key.n) && key.n < receiving.chain.n();
            is_next.then_some(())?;
            receiving.skipped.push_back(key);
        }
        Some(receiving)
    }
}

/// `header chain 32 ‖ message chain 32 ‖ next message u32`.
pub(super) fn put_chain(bytes: &mut Vec<u8>, chain: &Chain) {
    for key in chain.keys() {
        bytes.extend(key.expose());
    }
    bytes.extend(chain.n().to_le_bytes());
}

pub(super) fn take_chain(reader: &mut Reader<'_>) -> Option<Chain> {
    let head = Secret::take(&mut reader.take()?);
    let message = Secret::take(&mut reader.take()?);
    let n = u32::from_le_bytes(reader.take()?);
    Some(Chain::new(HeaderChain::new(head, n), message))
}

/// The tag of what has the form of an envelope.
pub(super) fn tag_of(envelope: &[u8]) -> Option<Tag> {
    let (_, rest) = envelope.split_at_checked(HEADER_BYTES)?;
    rest.first_chunk().copied()
}

/// The data of a message whose seal, signature and padding are right.
fn open_body(
    place: &Place,
    gsk: &[u8; 32],
    n: u32,
    message_key: &Secret<32>,
    envelope: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (clear, sealed) = envelope.split_at_checked(CLEAR_BYTES)?;
    let salt = clear.last_chunk::<SALT_BYTES>()?;
    let key = body_key(message_key, salt);
    let inside = open(key, sealed, &place.associated(clear))?;
    let (padded, signature) = inside.split_last_chunk::<SIGNATURE_BYTES>()?;
    verify(gsk, &place.signed(n, padded), signature).then_some(())?;
    unpad(padded).map(|data| Zeroizing::new(data.to_vec()))
}

fn is_over(since: Wall, now: Wall) -> bool {
    now.0.saturating_sub(since.0) >= SESSION_SKIPPED_MS_MAX
}
