//! What one operation lets its readers read and write: a chain of messages and a
//! control chain for each of them.

use std::collections::BTreeMap;

use crate::limits::{GROUP_AHEAD, GROUP_AHEAD_WIDE};
use crate::types::Wall;

use super::super::secret::Secret;
use super::super::session::chains::Chain;
use super::member::{GroupId, MemberId, Roster};
use super::op::{Eid, Reader};
use super::sender_chain::{GroupTags, Place, Purpose, ReceivingChain, put_chain, take_chain};

/// Chains of one other member.
pub(super) struct Author {
    pub(super) gsk: [u8; 32],
    message: ReceivingChain,
    control: ReceivingChain,
}

impl Author {
    pub(super) fn chain(&self, purpose: Purpose) -> &ReceivingChain {
        match purpose {
            Purpose::Message => &self.message,
            Purpose::Control => &self.control,
        }
    }

    pub(super) fn chain_mut(&mut self, purpose: Purpose) -> &mut ReceivingChain {
        match purpose {
            Purpose::Message => &mut self.message,
            Purpose::Control => &mut self.control,
        }
    }
}

/// The chains of everybody but us, and our two.
pub(super) struct Epoch {
    pub(super) eid: Eid,
    message: Chain,
    control: Chain,
    pub(super) authors: BTreeMap<MemberId, Author>,
    /// When an operation that builds on this one came.
    pub(super) superseded: Option<Wall>,
}

impl Epoch {
    /// `readers` is the roster after the operation. The secret is used up.
    pub(super) fn begin(
        gid: GroupId,
        eid: Eid,
        secret: Secret<32>,
        readers: &Roster,
        me: MemberId,
    ) -> Self {
        let place = |author| Place { gid, eid, author };
        let others = readers.iter().filter(|(id, _)| **id != me);
        let receiving =
            |id, purpose, width| ReceivingChain::new(place(id).chain(&secret, purpose), width);
        let authors = others.map(|(id, member)| {
            let author = Author {
                gsk: member.gsk,
                message: receiving(*id, Purpose::Message, GROUP_AHEAD),
                control: receiving(*id, Purpose::Control, GROUP_AHEAD_WIDE),
            };
            (*id, author)
        });
        Self {
            eid,
            message: place(me).chain(&secret, Purpose::Message),
            control: place(me).chain(&secret, Purpose::Control),
            authors: authors.collect(),
            superseded: None,
        }
    }

    /// Our own chain.
    pub(super) fn sending(&mut self, purpose: Purpose) -> &mut Chain {
        match purpose {
            Purpose::Message => &mut self.message,
            Purpose::Control => &mut self.control,
        }
    }

    /// Messages that we sealed here.
    pub(super) fn sent(&self) -> u32 {
        self.message.n()
    }

    /// Every tag watched.
    pub(super) fn tags(&self) -> impl Iterator<Item = [u8; 16]> + '_ {
        let authors = self.authors.values();
        authors.flat_map(|it| it.message.tags().chain(it.control.tags()))
    }

    /// Whose message has this tag.
    pub(super) fn find(&self, tag: &[u8; 16]) -> Option<(MemberId, Purpose)> {
        self.authors.iter().find_map(|(id, author)| {
            let has = |purpose: &Purpose| author.chain(*purpose).tags().any(|it| it == *tag);
            let purposes = [Purpose::Message, Purpose::Control];
            purposes.into_iter().find(has).map(|purpose| (*id, purpose))
        })
    }

    /// Erases skipped keys whose time is over.
    pub(super) fn expire(&mut self, now: Wall, tags: &mut GroupTags) {
        for author in self.authors.values_mut() {
            author.message.expire(now, &mut tags.removed);
            author.control.expire(now, &mut tags.removed);
        }
    }

    /// `eid 32 ‖ superseded (0, or 1 and u64) ‖ own chains 2 × 68 ‖ count u16 ‖ authors
    /// × (member id 16 ‖ GSK 32 ‖ two chains)`.
    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.eid);
        put_time(bytes, self.superseded);
        put_chain(bytes, &self.message);
        put_chain(bytes, &self.control);
        let count = u16::try_from(self.authors.len()).unwrap_or(u16::MAX);
        bytes.extend(count.to_le_bytes());
        for (id, author) in &self.authors {
            bytes.extend(id.0);
            bytes.extend(author.gsk);
            author.message.encode(bytes);
            author.control.encode(bytes);
        }
    }

    /// Bytes of [`Epoch::encode`] at most.
    pub(super) fn encoded_bytes(&self) -> usize {
        let authors = self.authors.values();
        let of_each = authors.map(|author| {
            16 + 32 + author.message.encoded_bytes() + author.control.encoded_bytes()
        });
        32 + 9 + 2 * 68 + 2 + of_each.sum::<usize>()
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let eid = reader.take()?;
        let superseded = take_time(reader)?;
        let (message, control) = (take_chain(reader)?, take_chain(reader)?);
        let mut authors = BTreeMap::new();
        for _ in 0..reader.count()? {
            let id = MemberId(reader.take()?);
            let is_next = authors.last_key_value().is_none_or(|(last, _)| *last < id);
            is_next.then_some(())?;
            let author = Author {
                gsk: reader.take()?,
                message: ReceivingChain::decode(reader)?,
                control: ReceivingChain::decode(reader)?,
            };
            authors.insert(id, author);
        }
        Some(Self {
            eid,
            message,
            control,
            authors,
            superseded,
        })
    }
}

/// `0`, or `1 ‖ Unix ms u64`.
pub(super) fn put_time(bytes: &mut Vec<u8>, time: Option<Wall>) {
    bytes.push(u8::from(time.is_some()));
    if let Some(time) = time {
        bytes.extend(time.0.to_le_bytes());
    }
}

pub(super) fn take_time(reader: &mut Reader<'_>) -> Option<Option<Wall>> {
    Some(match reader.take()? {
        [0] => None,
        [1] => Some(Wall(u64::from_le_bytes(reader.take()?))),
        _ => return None,
    })
}
