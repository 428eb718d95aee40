//! Opening: everything is worked out on the side, and taken over by
//! [`Opening::commit`] or dropped.

use core::fmt;

use zeroize::Zeroizing;

use crate::limits::{
    HEADER_BYTES, SESSION_SKIPPED_STEP_MAX, SESSION_UNACKNOWLEDGED_MAX, TAG_BYTES,
};
use crate::types::Wall;

use super::super::padding::unpad;
use super::super::primitives::{agree, open};
use super::super::secret::Secret;
use super::chains::{Chain, HeaderChain, MessageKeys, body_key, header_seal_key, root_step};
use super::skipped::SkippedKey;
use super::window::Window;
use super::{
    Position, Receiving, SALT_BYTES, SEALED_HEADER_BYTES, Sending, Session, Tag, TagChanges,
    embedded, is_envelope,
};

/// Not a message of this session that can still be opened. One error for every cause:
/// a difference would be an oracle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the envelope does not open")]
pub struct OpenError;

/// An opened message whose session has not moved yet: dropped, it leaves no trace.
///
/// Only [`Session::open`] and [`Session::open_embedded`] make one. What came in clear
/// cannot be passed off as what was opened:
///
/// ```compile_fail,E0451
/// use mesh_core::crypto::session::{Opening, Session};
/// use mesh_core::types::Wall;
///
/// fn pass_off(session: &mut Session, clear: Vec<u8>) -> Opening<'_> {
///     let (tag, now, seq) = ([0; 16], Wall(0), 0);
///     Opening { session, padded: clear.into(), seq, tag, now }
/// }
/// ```
#[must_use = "the session moves when the opening is committed"]
pub struct Opening<'a> {
    session: &'a mut Session,
    padded: Zeroizing<Vec<u8>>,
    seq: u32,
    tag: Tag,
    now: Wall,
    step: Step,
}

/// How the session moves.
enum Step {
    /// One skipped key is used up.
    Skipped(Position),
    /// The current chain moves to behind the message.
    Ahead { gap: Vec<SkippedKey>, chain: Chain },
    /// The other side began a chain.
    Turn(Box<Turn>),
}

struct Turn {
    gap: Vec<SkippedKey>,
    chain: Chain,
    first_seq: u32,
    root: Secret<32>,
    next_receiving: Secret<32>,
    theirs: [u8; 32],
}

/// The parts of a message.
struct Parts<'a> {
    tag: &'a Tag,
    salt: &'a [u8],
    header: &'a [u8],
    /// All before the sealed header, and the associated data.
    before_header: Vec<u8>,
    body: &'a [u8],
    /// All before the sealed body, and the associated data.
    before_body: Vec<u8>,
}

impl<'a> Parts<'a> {
    fn of(message: &'a [u8], associated: &[u8]) -> Option<Self> {
        let (clear, rest) = message.split_at_checked(HEADER_BYTES + TAG_BYTES + SALT_BYTES)?;
        let (header, body) = rest.split_at_checked(SEALED_HEADER_BYTES)?;
        let (_, tag_and_salt) = clear.split_at_checked(HEADER_BYTES)?;
        let (tag, salt) = tag_and_salt.split_first_chunk::<TAG_BYTES>()?;
        Some(Self {
            tag,
            salt,
            header,
            before_header: [clear, associated].concat(),
            body,
            before_body: [clear, header, associated].concat(),
        })
    }

    /// Their ratchet key, and the number of messages in their chain before.
    fn open_header(&self, header_key: &Secret<32>) -> Option<([u8; 32], u32)> {
        let key = header_seal_key(header_key, self.salt);
        let header = open(key, self.header, &self.before_header)?;
        let (theirs, previous) = header.split_first_chunk::<32>()?;
        Some((*theirs, u32::from_le_bytes(previous.try_into().ok()?)))
    }

    /// The padded data. Padding that is wrong is as bad as a seal that is wrong.
    fn open_body(&self, message_key: &Secret<32>) -> Option<Zeroizing<Vec<u8>>> {
        let key = body_key(message_key, self.salt);
        let padded = open(key, self.body, &self.before_body)?;
        unpad(&padded).is_some().then_some(padded)
    }
}

impl Session {
    /// Opens an envelope whose tag is one of ours. Nothing has changed unless and until
    /// the opening is committed; so what the data says can be refused too.
    ///
    /// # Errors
    /// It is no message of this session, or was opened before, whatever the cause.
    pub fn open(&mut self, now: Wall, envelope: &[u8]) -> Result<Opening<'_>, OpenError> {
        if !is_envelope(envelope.len()) {
            return Err(OpenError);
        }
        let associated = self.parties.0;
        self.open_with(now, envelope, &associated).ok_or(OpenError)
    }

    /// The same for what [`Session::seal_embedded`] made.
    ///
    /// # Errors
    /// See [`Session::open`].
    pub fn open_embedded(&mut self, now: Wall, message: &[u8]) -> Result<Opening<'_>, OpenError> {
        let associated = embedded(&self.parties, message.len()).ok_or(OpenError)?;
        self.open_with(now, message, &associated).ok_or(OpenError)
    }

    fn open_with(&mut self, now: Wall, message: &[u8], associated: &[u8]) -> Option<Opening<'_>> {
        let parts = Parts::of(message, associated)?;
        let position = *self.watched.get(parts.tag)?;
        let (padded, seq, step) = if position.chain > self.chain {
            self.open_turn(now, &parts, position)?
        } else if let Some(key) = self.skipped.get(position, now) {
            let padded = parts.open_body(&key.message_key)?;
            (padded, key.seq, Step::Skipped(position))
        } else {
            self.open_ahead(now, &parts, position)?
        };
        Some(Opening {
            tag: *parts.tag,
            session: self,
            padded,
            seq,
            now,
            step,
        })
    }

    fn open_ahead(
        &self,
        now: Wall,
        parts: &Parts<'_>,
        position: Position,
    ) -> Option<(Zeroizing<Vec<u8>>, u32, Step)> {
        let receiving = self.receiving.as_ref()?;
        let mut chain = receiving.chain.copy();
        // A skipped key whose time is over is behind the chain.
        if position.chain != self.chain || position.n < chain.n() {
            return None;
        }
        let mut gap = Gap::new(position.chain, receiving.first_seq, now);
        gap.pass(&mut chain, position.n);
        let keys = chain.step();
        parts.open_header(&keys.header_key)?;
        let padded = parts.open_body(&keys.message_key)?;
        let seq = receiving.first_seq.saturating_add(position.n);
        let step = Step::Ahead {
            gap: gap.keys,
            chain,
        };
        Some((padded, seq, step))
    }

    fn open_turn(
        &self,
        now: Wall,
        parts: &Parts<'_>,
        position: Position,
    ) -> Option<(Zeroizing<Vec<u8>>, u32, Step)> {
        let (theirs, previous) = parts.open_header(&self.next_header_key(position.n))?;
        let secret = match &self.sending {
            Sending::Prekey(secret) | Sending::Chain { secret, .. } => secret,
            // They cannot have answered a key that was not drawn yet.
            Sending::Due { .. } => return None,
        };
        let [root, message, next_receiving] = root_step(&self.root, &agree(secret, &theirs)?);
        let (mut gap, first_seq) = self.rest_of_chain(now, previous)?;
        let mut chain = Chain::new(self.next_receiving.copy(), message);
        let mut passed = Gap::new(position.chain, first_seq, now);
        passed.pass(&mut chain, position.n);
        let MessageKeys { message_key, .. } = chain.step();
        let padded = parts.open_body(&message_key)?;
        gap.append(&mut passed.keys);
        let seq = first_seq.saturating_add(position.n);
        let turn = Turn {
            gap,
            chain,
            first_seq,
            root,
            next_receiving,
            theirs,
        };
        Some((padded, seq, Step::Turn(Box::new(turn))))
    }

    fn next_header_key(&self, n: u32) -> Secret<32> {
        let mut head: HeaderChain = self.next_receiving.copy();
        while head.n < n {
            head.step();
        }
        head.step().1
    }

    /// What is left of the current chain, which had `length` messages; and the number
    /// of the first message after it. `None` for a length that no sender reaches: it
    /// would cost any amount of work.
    fn rest_of_chain(&self, now: Wall, length: u32) -> Option<(Vec<SkippedKey>, u32)> {
        let Some(receiving) = &self.receiving else {
            return (length == 0).then(|| (Vec::new(), 0));
        };
        let mut chain = receiving.chain.copy();
        if length > chain.n().saturating_add(SESSION_UNACKNOWLEDGED_MAX) {
            return None;
        }
        let mut gap = Gap::new(self.chain, receiving.first_seq, now);
        gap.pass(&mut chain, length);
        // A sender that was rolled back counts fewer than came.
        let end = length.max(chain.n());
        Some((gap.keys, receiving.first_seq.saturating_add(end)))
    }
}

/// Keys of messages that a chain passes over: the newest 512.
struct Gap {
    chain: u32,
    first_seq: u32,
    since: Wall,
    keys: Vec<SkippedKey>,
}

impl Gap {
    fn new(chain: u32, first_seq: u32, since: Wall) -> Self {
        Self {
            chain,
            first_seq,
            since,
            keys: Vec::new(),
        }
    }

    /// Moves the chain to message `n`; one that is beyond already stays.
    fn pass(&mut self, chain: &mut Chain, n: u32) {
        while chain.n() < n {
            let passed = chain.n();
            let keys = chain.step();
            if n.saturating_sub(passed) > SESSION_SKIPPED_STEP_MAX {
                continue;
            }
            self.keys.push(SkippedKey {
                position: Position {
                    chain: self.chain,
                    n: passed,
                },
                seq: self.first_seq.saturating_add(passed),
                since: self.since,
                tag: keys.tag,
                message_key: keys.message_key,
            });
        }
    }
}

impl Opening<'_> {
    /// The data.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        unpad(&self.padded).unwrap_or_default()
    }

    /// Its number among all that the other side sealed in the session: what to
    /// acknowledge.
    #[must_use]
    pub fn seq(&self) -> u32 {
        self.seq
    }

    /// Moves the session: the message cannot be opened again. Store the new state
    /// together with the message.
    pub fn commit(self) -> TagChanges {
        let Self {
            session,
            tag,
            now,
            step,
            ..
        } = self;
        session.commit(tag, now, step)
    }
}

impl Session {
    fn commit(&mut self, opened: Tag, now: Wall, step: Step) -> TagChanges {
        let mut added = Vec::new();
        let gap = match step {
            Step::Skipped(position) => {
                self.skipped.remove(position);
                Vec::new()
            }
            Step::Ahead { gap, chain } => {
                self.ahead(chain, &mut added);
                gap
            }
            Step::Turn(turn) => self.turn(*turn, &mut added),
        };
        self.watched.remove(&opened);
        let passed: Vec<_> = gap.iter().map(|key| (key.tag, key.position)).collect();
        for key in gap {
            self.skipped.push(key);
        }
        self.skipped.trim();
        self.skipped.expire(now);
        let kept = passed
            .into_iter()
            .filter(|(tag, at)| !self.watched.contains_key(tag) && self.skipped.contains(*at));
        added.extend(kept);
        self.watched.extend(added.iter().copied());
        let mut removed = self.sweep();
        removed.push(opened);
        TagChanges { added, removed }
    }

    fn ahead(&mut self, chain: Chain, added: &mut Vec<(Tag, Position)>) {
        let number = self.chain;
        if let Some(receiving) = &mut self.receiving {
            receiving.window.advance(chain.n(), |n, tag| {
                added.push((tag, Position { chain: number, n }));
            });
            receiving.chain = chain;
        }
    }

    /// The half of a ratchet step that is theirs. Our secret is used up: the next
    /// message of ours draws another.
    fn turn(&mut self, turn: Turn, added: &mut Vec<(Tag, Position)>) -> Vec<SkippedKey> {
        self.chain = self.chain.saturating_add(1);
        let (current, next) = (self.chain, self.chain.saturating_add(1));
        self.next_receiving = HeaderChain::new(turn.next_receiving, 0);
        let next_window = Window::of_next(&self.next_receiving, |n, tag| {
            added.push((tag, Position { chain: next, n }));
        });
        let mut window = core::mem::replace(&mut self.next_window, next_window);
        window.advance(turn.chain.n(), |n, tag| {
            added.push((tag, Position { chain: current, n }));
        });
        self.receiving = Some(Receiving {
            chain: turn.chain,
            first_seq: turn.first_seq,
            window,
        });
        self.root = turn.root;
        let previous = match &self.sending {
            Sending::Prekey(_) => 0,
            Sending::Chain { chain, .. } => {
                // They turned by our ratchet key, which came with a message of this chain:
                // they have all up to its first.
                let began = self.sent.saturating_sub(chain.n());
                self.acknowledged = self
                    .acknowledged
                    .max(began.saturating_add(1))
                    .min(self.sent);
                chain.n()
            }
            Sending::Due { previous, .. } => *previous,
        };
        self.sending = Sending::Due {
            theirs: turn.theirs,
            previous,
        };
        turn.gap
    }
}

impl fmt::Debug for Opening<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opening")
            .field("seq", &self.seq)
            .finish_non_exhaustive()
    }
}
