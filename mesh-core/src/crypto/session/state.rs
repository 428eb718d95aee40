//! A session as bytes, for the store: secret, to be sealed at rest.

use zeroize::Zeroizing;

use crate::limits::{SESSION_SKIPPED_CHAINS_MAX, SESSION_SKIPPED_MAX, TAG_BYTES};
use crate::types::Wall;

use super::super::primitives::public_key;
use super::chains::{Chain, HeaderChain};
use super::skipped::{SkippedKey, SkippedKeys};
use super::window::Window;
use super::{BTreeMap, Parties, Position, Receiving, Secret, Sending, Session};

const VERSION: u8 = 1;
const PREKEY: u8 = 0;
const CHAIN: u8 = 1;
const DUE: u8 = 2;
/// Bytes of one skipped key.
const SKIPPED_BYTES: usize = 4 + 4 + 4 + 8 + TAG_BYTES + 32;
/// Bytes of the longest state but its skipped keys: a chain each way.
const FIXED_BYTES_MAX: usize = 1 + 64 + 3 * 32 + 3 * 4 + (1 + 3 * 32 + 8) + (1 + 2 * 32 + 8) + 2;

impl Session {
    /// At most 140 kB, and 350 bytes where no message is missing. Integers are
    /// little-endian:
    ///
    /// | bytes | field |
    /// |---|---|
    /// | 1 | version, 1 |
    /// | 64 | both card ids |
    /// | 32 ‖ 32 ‖ 32 | root; header chain of our next chain, of theirs |
    /// | 4 ‖ 4 ‖ 4 | messages sealed; acknowledged; chains that they began |
    /// | 1 | what we seal with: 0 prekey, 1 chain, 2 a chain is due |
    /// | 32, or | 0: secret of the prekey |
    /// | 32 ‖ 32 ‖ 32 ‖ 4 ‖ 4, or | 1: secret of our ratchet key; header chain, message chain, next message; messages of our chain before |
    /// | 32 ‖ 4 | 2: their ratchet key; messages of our last chain |
    /// | 1 | whether they began a chain, and if so: |
    /// | 32 ‖ 32 ‖ 4 ‖ 4 | its header chain, message chain, next message; messages of all their chains before |
    /// | 2 | number of skipped keys, and for each, in order of chain and message: |
    /// | 4 ‖ 4 ‖ 4 ‖ 8 ‖ 16 ‖ 32 | chain; message; seq; since, Unix ms; tag; message key |
    #[must_use]
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let skipped = self.skipped.iter();
        // The room is there from the start: growing would leave copies behind.
        let room = FIXED_BYTES_MAX + skipped.len() * SKIPPED_BYTES;
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        bytes.push(VERSION);
        bytes.extend(self.parties.0);
        for key in [&self.root, &self.next_sending, self.next_receiving.key()] {
            bytes.extend(key.expose());
        }
        for number in [self.sent, self.acknowledged, self.chain] {
            bytes.extend(number.to_le_bytes());
        }
        put_sending(&mut bytes, &self.sending);
        bytes.push(u8::from(self.receiving.is_some()));
        if let Some(receiving) = &self.receiving {
            put_chain(&mut bytes, &receiving.chain);
            bytes.extend(receiving.first_seq.to_le_bytes());
        }
        let count = u16::try_from(skipped.len()).unwrap_or(u16::MAX);
        bytes.extend(count.to_le_bytes());
        for key in skipped {
            for number in [key.position.chain, key.position.n, key.seq] {
                bytes.extend(number.to_le_bytes());
            }
            bytes.extend(key.since.0.to_le_bytes());
            bytes.extend(key.tag);
            bytes.extend(key.message_key.expose());
        }
        bytes
    }

    /// The inverse: `None` for anything that [`Session::encode`] does not make. Works
    /// out the watched tags again, which takes about two thousand hashes.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let [VERSION] = reader.take()? else {
            return None;
        };
        let parties = Parties(reader.take()?);
        let root = reader.secret()?;
        let next_sending = reader.secret()?;
        let next_receiving = reader.secret()?;
        let (sent, acknowledged, chain) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let sending = reader.sending()?;
        let theirs = match reader.take()? {
            [0] => None,
            [1] => Some((reader.chain()?, reader.u32()?)),
            _ => return None,
        };
        let next_n = theirs.as_ref().map_or(0, |(chain, _)| chain.n());
        let is_behind = |at: Position| at.chain < chain || at.chain == chain && at.n < next_n;
        let skipped = reader.skipped()?;
        let is_consistent = reader.0.is_empty()
            && acknowledged <= sent
            && theirs.is_some() == (chain > 0)
            && skipped.iter().all(|key| is_behind(key.position));
        is_consistent.then_some(())?;
        let mut session = Self::begin(parties, root, sending, next_sending, next_receiving);
        (session.sent, session.acknowledged) = (sent, acknowledged);
        session.restore(chain, theirs, skipped);
        Some(session)
    }

    /// What of the state decides on watched tags.
    fn restore(&mut self, number: u32, theirs: Option<(Chain, u32)>, skipped: SkippedKeys) {
        let next = number.saturating_add(1);
        let mut watched = BTreeMap::new();
        // `begin` took theirs for the first chain.
        for (tag, at) in &self.watched {
            watched.insert(
                *tag,
                Position {
                    chain: next,
                    n: at.n,
                },
            );
        }
        watched.extend(skipped.iter().map(|key| (key.tag, key.position)));
        self.receiving = theirs.map(|(chain, first_seq)| Receiving {
            window: Window::of_current(chain.head(), |n, tag| {
                watched.insert(tag, Position { chain: number, n });
            }),
            chain,
            first_seq,
        });
        (self.chain, self.skipped, self.watched) = (number, skipped, watched);
    }
}

fn put_sending(bytes: &mut Vec<u8>, sending: &Sending) {
    match sending {
        Sending::Prekey(secret) => {
            bytes.push(PREKEY);
            bytes.extend(secret.expose());
        }
        Sending::Chain {
            secret,
            chain,
            previous,
            ..
        } => {
            bytes.push(CHAIN);
            bytes.extend(secret.expose());
            put_chain(bytes, chain);
            bytes.extend(previous.to_le_bytes());
        }
        Sending::Due { theirs, previous } => {
            bytes.push(DUE);
            bytes.extend(theirs);
            bytes.extend(previous.to_le_bytes());
        }
    }
}

fn put_chain(bytes: &mut Vec<u8>, chain: &Chain) {
    for key in chain.keys() {
        bytes.extend(key.expose());
    }
    bytes.extend(chain.n().to_le_bytes());
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn secret(&mut self) -> Option<Secret<32>> {
        self.take().map(|mut bytes| Secret::take(&mut bytes))
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn chain(&mut self) -> Option<Chain> {
        let (head, message, n) = (self.secret()?, self.secret()?, self.u32()?);
        Some(Chain::new(HeaderChain::new(head, n), message))
    }

    fn sending(&mut self) -> Option<Sending> {
        Some(match self.take()? {
            [PREKEY] => Sending::Prekey(self.secret()?),
            [CHAIN] => {
                let secret = self.secret()?;
                Sending::Chain {
                    public: public_key(&secret),
                    secret,
                    chain: self.chain()?,
                    previous: self.u32()?,
                }
            }
            [DUE] => Sending::Due {
                theirs: self.take()?,
                previous: self.u32()?,
            },
            _ => return None,
        })
    }

    fn skipped(&mut self) -> Option<SkippedKeys> {
        let count = usize::from(u16::from_le_bytes(self.take()?));
        let mut skipped = SkippedKeys::default();
        if count > SESSION_SKIPPED_MAX {
            return None;
        }
        for _ in 0..count {
            let key = SkippedKey {
                position: Position {
                    chain: self.u32()?,
                    n: self.u32()?,
                },
                seq: self.u32()?,
                since: Wall(u64::from_le_bytes(self.take()?)),
                tag: self.take()?,
                message_key: self.secret()?,
            };
            skipped.push(key).then_some(())?;
        }
        (skipped.chains() <= SESSION_SKIPPED_CHAINS_MAX).then_some(skipped)
    }
}
