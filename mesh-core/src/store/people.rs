//! What is kept of people: contacts, sessions with them, prekeys, and messages
//! between "written" and "acknowledged".
//!
//! State of cryptographic machines lies here as bytes that the engine encodes: the
//! store promises that they come back whole, and knows nothing of them.

use zeroize::Zeroizing;

use crate::types::{ContactId, ConversationId, Day, Standing, Trust, Wall};

use super::{StoreError, Transact};

/// A person we know, or who asks to be known.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactRow {
    /// From the card.
    pub contact: ContactId,
    /// The card as its owner signed it.
    pub card: Vec<u8>,
    /// The name claimed last, at most 24 bytes.
    pub name: String,
    /// What we call them; empty for none.
    pub petname: String,
    /// Whether they are a contact, ask to be one, or are blocked.
    pub standing: Standing,
    /// How we know them.
    pub trust: Trust,
    /// Who introduced them, if somebody did.
    pub introduced_by: Option<ContactId>,
    /// The conversation with them.
    pub conversation: ConversationId,
    /// When they were added, or first asked.
    pub added_at: Wall,
    /// How far the conversation has come; encoded by the engine.
    pub progress: Vec<u8>,
}

/// One session with a contact. Several may be live: after a restart, or when both
/// sides began one at the same time.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// A hash of the secret it began with.
    pub session: [u8; 32],
    /// With whom.
    pub contact: ContactId,
    /// Encoded by the engine; secret.
    pub state: Zeroizing<Vec<u8>>,
}

/// The secret halves of the keys that strangers may use on a day.
#[derive(Clone, PartialEq, Eq)]
pub struct PrekeyRow {
    /// The day that they were published for.
    pub day: Day,
    /// Encoded by the engine; secret.
    pub secret: Zeroizing<Vec<u8>>,
}

/// Numbered things of a conversation that wait for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queue {
    /// Own messages that the other side has not acknowledged.
    Unacknowledged,
    /// Messages that came before an earlier one.
    Early,
    /// What was said of messages that are not here.
    Marks,
    /// People whom a contact introduced.
    Introductions,
    /// Own messages to a group that there are no keys for yet.
    Unsealed,
    /// Operations of a group, for members who lack them.
    Operations,
}

/// A value that is kept once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Setting {
    /// Whether people with our card can reach us, and which bundle went out last.
    Reachable,
    /// What the other side is told of receipt and reading.
    Receipts,
    /// Contact codes that may still be knocked with; secret.
    Codes,
}

/// People and what is under way between them and us.
pub trait PeopleStore: Transact {
    /// Everybody, in the order they were first put, blocked ones included.
    fn contacts(&self) -> Result<Vec<ContactRow>, StoreError>;
    /// Adds a contact, or changes everything of one but its place in the order.
    fn put_contact(&mut self, row: &ContactRow) -> Result<(), StoreError>;
    /// Deletes a contact with its sessions. Messages go with the conversation.
    fn remove_contact(&mut self, contact: ContactId) -> Result<(), StoreError>;

    /// All sessions, in the order they were first put.
    fn sessions(&self) -> Result<Vec<SessionRow>, StoreError>;
    /// Adds a session, or changes its state and nothing else of it.
    fn put_session(&mut self, row: &SessionRow) -> Result<(), StoreError>;
    /// Deletes a session; an unknown one is ignored.
    fn remove_session(&mut self, session: &[u8; 32]) -> Result<(), StoreError>;

    /// All prekeys, by day.
    fn prekeys(&self) -> Result<Vec<PrekeyRow>, StoreError>;
    /// Adds the prekeys of a day, or puts others in their place.
    fn put_prekey(&mut self, row: &PrekeyRow) -> Result<(), StoreError>;
    /// Deletes the prekeys of days before `day`.
    fn erase_prekeys(&mut self, day: Day) -> Result<(), StoreError>;

    /// Remembers the hash of a knock's key until a day, so that a copy of it begins
    /// nothing; what is known already stays as it is. Beyond [`super::Bounds`] the
    /// knock marked first goes.
    fn mark_knock(&mut self, hash: &[u8; 32], until: Day) -> Result<(), StoreError>;
    /// Whether a knock is remembered.
    fn knows_knock(&self, hash: &[u8; 32]) -> Result<bool, StoreError>;

    /// What waits in a queue of a conversation, by number.
    fn queued(
        &self,
        queue: Queue,
        conversation: ConversationId,
    ) -> Result<Vec<(u32, Vec<u8>)>, StoreError>;
    /// Adds one, or puts another in its place.
    fn put_queued(
        &mut self,
        queue: Queue,
        conversation: ConversationId,
        number: u32,
        bytes: &[u8],
    ) -> Result<(), StoreError>;
    /// Deletes one; an unknown one is ignored.
    fn remove_queued(
        &mut self,
        queue: Queue,
        conversation: ConversationId,
        number: u32,
    ) -> Result<(), StoreError>;

    /// A setting; `None` if it was never set.
    fn setting(&self, setting: Setting) -> Result<Option<Vec<u8>>, StoreError>;
    /// Sets it.
    fn set_setting(&mut self, setting: Setting, value: &[u8]) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use zeroize::ZeroizeOnDrop;

    use crate::store::{IdentityRow, PrekeyRow, SessionRow};

    fn is_wiped(_: &impl ZeroizeOnDrop) {}

    /// Checked by the compiler: a plain column has no such bound.
    #[test]
    fn secret_columns_are_wiped_when_a_row_is_dropped() {
        let check = |identity: &IdentityRow, session: &SessionRow, prekey: &PrekeyRow| {
            is_wiped(&identity.seed);
            is_wiped(&identity.card_secret);
            is_wiped(&session.state);
            is_wiped(&prekey.secret);
        };
        let _ = check;
    }
}
