//! Sessions as the engine holds and stores them.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::crypto::knock::Knock;
use crate::crypto::secret::Secret;
use crate::crypto::session::Session;
use crate::crypto::verify::VerifyKey;
use crate::store::{SessionRow, StoreError};
use crate::types::{ContactId, Day, Wall};
use crate::wire::codec;

use super::People;
use super::check::Check;

/// What a session is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Role {
    /// What we write goes out under it.
    Sends,
    /// Another took its place, or it took nobody's: it only opens what still comes.
    Receives {
        /// Since when, Unix ms.
        since: u64,
    },
}

/// A session with what belongs to it.
pub(super) struct Live {
    pub(super) contact: ContactId,
    pub(super) session: Session,
    pub(super) role: Role,
    /// Whether we began it.
    pub(super) is_initiator: bool,
    /// Whether both sides are known to have it.
    pub(super) is_answered: bool,
    /// Whether X-Wing went into its secret.
    pub(super) is_quantum_safe: bool,
    pub(super) made_at: Wall,
    pub(super) verify_key: VerifyKey,
    pub(super) check: Check,
    /// What our messages go inside of until it is answered.
    pub(super) knock: Option<Knock>,
    /// The key of the knock that began it, hashed: further knocks of it are messages.
    pub(super) knock_hash: [u8; 32],
    /// Of the keys that the knock was sealed to.
    pub(super) keys_day: Day,
    /// The name under which their messages in it are counted; 0 while unknown.
    pub(super) numbering: u64,
}

/// All but the session, bincode in this order.
#[derive(Serialize, Deserialize)]
struct Layout<'a> {
    version: u8,
    role: Role,
    is_initiator: bool,
    is_answered: bool,
    is_quantum_safe: bool,
    made_at: u64,
    verify_key: [u8; 32],
    check: Check,
    knock: Option<&'a [u8]>,
    knock_hash: [u8; 32],
    keys_day: u32,
    numbering: u64,
}

const VERSION: u8 = 1;

impl Live {
    /// Opens what still comes, from now on, and nothing more.
    pub(super) fn retire(&mut self, now: Wall) {
        if self.role == Role::Sends {
            self.role = Role::Receives { since: now.0 };
        }
    }

    /// As the store keeps it: `length u16 ‖ all but the session ‖ session`.
    pub(super) fn encode(&self) -> Zeroizing<Vec<u8>> {
        let knock = self.knock.as_ref().map(Knock::encode);
        let layout = Layout {
            version: VERSION,
            role: self.role,
            is_initiator: self.is_initiator,
            is_answered: self.is_answered,
            is_quantum_safe: self.is_quantum_safe,
            made_at: self.made_at.0,
            verify_key: *self.verify_key.row().expose(),
            check: self.check.clone(),
            knock,
            knock_hash: self.knock_hash,
            keys_day: self.keys_day.0,
            numbering: self.numbering,
        };
        // A fixed size and one knock: far below the limits of codec and length.
        let head = Zeroizing::new(codec::encode(&layout).unwrap_or_default());
        let length = u16::try_from(head.len()).unwrap_or(u16::MAX);
        let parts = [&length.to_le_bytes()[..], &head, &self.session.encode()].concat();
        Zeroizing::new(parts)
    }

    /// From a row; `Err` also if its contact is unknown.
    pub(super) fn decode(people: &People, row: &SessionRow) -> Result<Self, StoreError> {
        let malformed = StoreError::Malformed("a session");
        let is_known = people.persons.contains_key(&row.contact);
        let decoded = is_known.then(|| Self::read(row)).flatten();
        decoded.ok_or(malformed)
    }

    fn read(row: &SessionRow) -> Option<Self> {
        let (length, rest) = row.state.split_first_chunk::<2>()?;
        let (head, session) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let mut layout: Layout<'_> = codec::decode(head).ok()?;
        if layout.version != VERSION {
            return None;
        }
        let knock = match layout.knock {
            Some(bytes) => Some(Knock::decode(bytes)?),
            None => None,
        };
        Some(Self {
            contact: row.contact,
            session: Session::decode(session)?,
            role: layout.role,
            is_initiator: layout.is_initiator,
            is_answered: layout.is_answered,
            is_quantum_safe: layout.is_quantum_safe,
            made_at: Wall(layout.made_at),
            verify_key: VerifyKey::from_row(Secret::take(&mut layout.verify_key)),
            check: layout.check,
            knock,
            knock_hash: layout.knock_hash,
            keys_day: Day(layout.keys_day),
            numbering: layout.numbering,
        })
    }
}
