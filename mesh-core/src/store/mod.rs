//! What is kept: sealed envelopes for everybody, and one person's own things.
//!
//! Floor 3. Two stores, because they are open at different times: the relay
//! store works while the profile is locked and for `starling relay`, and holds
//! only what any neighbour could have recorded; the profile store needs the
//! passphrase. They are separate files, so no transaction spans both; the engine
//! keeps the order of writing of `docs/protocol/store.md` instead.
//!
//! Promises of every implementation, tested by the `conformance` suite:
//! - what was committed is there after a crash and reopening;
//! - what was not committed is not;
//! - after a failed write the handle refuses everything with
//!   [`StoreError::Poisoned`] until it is dropped and opened again;
//! - reads see the writes of the open transaction;
//! - results come in the order that the method names, never by chance.

#[cfg(feature = "testing")]
pub mod conformance;
mod copy;
mod deleted;
mod error;
#[cfg(feature = "testing")]
mod fault;
mod groups;
mod marks;
mod memory;
mod people;
#[cfg(feature = "sqlite")]
mod sqlite;

pub use copy::PeopleCopy;
pub use error::StoreError;
#[cfg(feature = "testing")]
pub use fault::FaultStore;
pub use groups::{GroupRow, GroupStore};
pub use marks::{MarksRow, MarksStore, MessageRef, ReactionRow};
pub use memory::{MemoryProfile, MemoryRelay, ProfileSnapshot, RelaySnapshot};
pub use people::{ContactRow, PeopleStore, PrekeyRow, Queue, SessionRow, Setting};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteProfile, SqliteRelay};

use zeroize::Zeroizing;

use deleted::{deleted_key, remembered_until};

use crate::limits::{
    DELETED_IDS_MAX, HISTORY_BYTES_MAX, HISTORY_MESSAGES_MAX, KNOCKS_REMEMBERED_MAX, OPENED_IDS_MAX,
};
use crate::types::{
    ChannelKind, ConversationId, Day, Delivery, EnvelopeId, MessageClass, MessageId, Tick, Wall,
};

/// Explicit transactions, shared by both stores.
pub trait Transact {
    /// Begins a transaction. Beginning inside one is a programmer error and an `Err`.
    fn begin(&mut self) -> Result<(), StoreError>;
    /// Makes everything since `begin` durable, then returns.
    fn commit(&mut self) -> Result<(), StoreError>;
    /// Drops everything since `begin`. Without an open transaction it does nothing.
    fn rollback(&mut self) -> Result<(), StoreError>;
}

/// What the relay store knows of an envelope without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RelayMeta {
    /// Hash of the whole envelope.
    pub id: EnvelopeId,
    /// From the header.
    pub class: u8,
    /// From the header.
    pub expiry: Tick,
    /// Delivery tag, in clear in every envelope.
    pub tag: [u8; 16],
    /// Length in bytes; 0 once the body was evicted and only the id is remembered.
    pub bytes: u32,
    /// When it was stored here.
    pub received_at: Wall,
}

/// Sealed envelopes and the ids seen. Holds no mark of whose they are.
pub trait RelayStore: Transact {
    /// Stores an envelope; `false` if the id is known already (nothing changes then).
    fn insert(&mut self, meta: &RelayMeta, body: &[u8]) -> Result<bool, StoreError>;
    /// The bytes of an envelope; `None` if unknown or evicted.
    fn body(&self, id: EnvelopeId) -> Result<Option<Vec<u8>>, StoreError>;
    /// Drops the bytes and keeps the id as seen. Unknown ids are ignored.
    fn evict(&mut self, id: EnvelopeId) -> Result<(), StoreError>;
    /// Drops every trace of an id. Unknown ids are ignored.
    fn forget(&mut self, id: EnvelopeId) -> Result<(), StoreError>;
    /// Everything known, in the order it was stored: how the index is built at start.
    fn load(&self) -> Result<Vec<RelayMeta>, StoreError>;
}

/// The person, as kept.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityRow {
    /// The seed that all identity keys follow from (`docs/protocol/crypto.md` §1).
    pub seed: Zeroizing<[u8; 32]>,
    /// "Card secret": replaceable, not derived.
    pub card_secret: Zeroizing<[u8; 32]>,
    /// The claimed name, at most 24 bytes.
    pub name: String,
}

/// A channel this profile is in.
#[derive(Clone, PartialEq, Eq)]
pub struct ConversationRow {
    /// Which one.
    pub conversation: ConversationId,
    /// Who can read it.
    pub kind: ChannelKind,
    /// Channel root key.
    pub root: [u8; 32],
    /// Normalised phrase of a keyed channel, or the name of a public one.
    pub words: String,
    /// Seed of the Ed25519 key that signs our posts here and nowhere else.
    pub pseudonym_seed: [u8; 32],
    /// When it was joined.
    pub joined_at: Wall,
}

/// One line of a timeline, as kept.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Where it belongs.
    pub conversation: ConversationId,
    /// Drawn by the author.
    pub message_id: MessageId,
    /// The whole key that signed; messages are unique by (conversation, author, message id).
    pub author: [u8; 32],
    /// The name claimed in this message.
    pub name: String,
    /// Whether this profile wrote it.
    pub own: bool,
    /// What its author wrote it as.
    pub class: MessageClass,
    /// UTF-8 text.
    pub text: String,
    /// The author's clock.
    pub written_at: Wall,
    /// Our clock.
    pub received_at: Wall,
    /// When the mesh stops carrying it.
    pub expires_at: Wall,
    /// What became of it.
    pub state: Delivery,
}

/// One piece of a text that needs several envelopes.
#[derive(Clone, PartialEq, Eq)]
pub struct PartRow {
    /// Where it belongs.
    pub conversation: ConversationId,
    /// The key that signed.
    pub author: [u8; 32],
    /// The same in every piece.
    pub message_id: MessageId,
    /// Which piece, from 0.
    pub index: u8,
    /// How many there are.
    pub count: u8,
    /// Its bytes; a character may be cut between two pieces.
    pub bytes: Vec<u8>,
}

/// An own sealed envelope that no neighbour has yet.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Hash of `body`.
    pub id: EnvelopeId,
    /// The message it carries (a piece of).
    pub conversation: ConversationId,
    /// The message it carries (a piece of).
    pub message_id: MessageId,
    /// The sealed envelope.
    pub body: Vec<u8>,
}

/// What an outbox row was a piece of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Of the message.
    pub conversation: ConversationId,
    /// Of the message.
    pub message_id: MessageId,
    /// Whether no other piece of it is in the outbox.
    pub is_last: bool,
}

/// How much a profile store keeps of what others can make it keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Messages of others in one conversation.
    pub history_messages: u64,
    /// Bytes of their texts and names.
    pub history_bytes: u64,
    /// Marks of [`ProfileStore::mark_opened`].
    pub opened_ids: u64,
    /// Memories of deleted messages.
    pub deleted_ids: u64,
    /// Marks of [`PeopleStore::mark_knock`].
    pub knocks: u64,
}

impl Default for Bounds {
    /// Those of `limits.rs`.
    fn default() -> Self {
        Self {
            history_messages: HISTORY_MESSAGES_MAX,
            history_bytes: HISTORY_BYTES_MAX,
            opened_ids: OPENED_IDS_MAX,
            deleted_ids: DELETED_IDS_MAX,
            knocks: KNOCKS_REMEMBERED_MAX as u64,
        }
    }
}

/// What a message of others counts against [`Bounds::history_bytes`].
fn history_bytes(row: &MessageRow) -> u64 {
    (row.text.len() + row.name.len()) as u64
}

/// Messages in order of receipt, oldest first, and whether older ones exist.
pub type TimelinePage = (Vec<MessageRow>, bool);

/// One person's own things. Encrypted at rest by every implementation that writes files.
pub trait ProfileStore: GroupStore + MarksStore {
    /// The identity; `None` in a profile just created.
    fn identity(&self) -> Result<Option<IdentityRow>, StoreError>;
    /// Sets the identity.
    fn set_identity(&mut self, identity: &IdentityRow) -> Result<(), StoreError>;

    /// All conversations, in the order they were joined.
    fn conversations(&self) -> Result<Vec<ConversationRow>, StoreError>;
    /// Adds a conversation; one that is there already stays as it is.
    fn add_conversation(&mut self, row: &ConversationRow) -> Result<(), StoreError>;
    /// Deletes a conversation with its messages, pieces, outbox, queues, timer and group.
    /// What was opened stays marked, so that it is not shown again.
    fn remove_conversation(&mut self, conversation: ConversationId) -> Result<(), StoreError>;
    /// The same, and remembers none of its messages as deleted: for conversations in
    /// which only the author of a message can bring it back, and does so only while
    /// nobody acknowledged it.
    fn forget_conversation(&mut self, conversation: ConversationId) -> Result<(), StoreError>;

    /// Stores a message; `false` if (conversation, author, message id) is known
    /// already or was before it was deleted (nothing changes then). While the
    /// others' messages of this conversation exceed [`Bounds`], the oldest of them
    /// is deleted; own ones, and other conversations, stay.
    fn insert_message(&mut self, row: &MessageRow) -> Result<bool, StoreError>;
    /// A message by its id; the one stored first if several authors drew the same.
    fn message(
        &self,
        conversation: ConversationId,
        message_id: MessageId,
    ) -> Result<Option<MessageRow>, StoreError>;
    /// Deletes one message and remembers it as deleted; `false` if it is not there.
    /// Its pieces and envelopes on their way stay.
    fn remove_message(
        &mut self,
        conversation: ConversationId,
        author: &[u8; 32],
        message_id: MessageId,
    ) -> Result<bool, StoreError>;
    /// Changes the state of an own message; unknown ones are ignored.
    fn set_state(
        &mut self,
        conversation: ConversationId,
        message_id: MessageId,
        state: Delivery,
    ) -> Result<(), StoreError>;
    /// At most `limit` messages stored before `before` (the newest if `None`), and
    /// whether older ones exist. `Ok(None)` if `before` is no message of the conversation.
    fn timeline(
        &self,
        conversation: ConversationId,
        before: Option<MessageId>,
        limit: u16,
    ) -> Result<Option<TimelinePage>, StoreError>;
    /// Messages of others stored since `mark_seen`.
    fn unread(&self, conversation: ConversationId) -> Result<u32, StoreError>;
    /// Everything stored so far counts as seen.
    fn mark_seen(&mut self, conversation: ConversationId) -> Result<(), StoreError>;

    /// Keeps one piece and returns all pieces of that message held so far, by
    /// index. A piece whose index is there already changes nothing. Keeps at most
    /// [`crate::limits::PARTIAL_MESSAGES_MAX`] incomplete messages a conversation;
    /// the oldest goes first.
    fn put_part(&mut self, row: &PartRow) -> Result<Vec<PartRow>, StoreError>;
    /// Bytes of all pieces kept for a conversation.
    fn part_bytes(&self, conversation: ConversationId) -> Result<u64, StoreError>;
    /// Drops the pieces of a message that is whole.
    fn remove_parts(
        &mut self,
        conversation: ConversationId,
        author: &[u8; 32],
        message_id: MessageId,
    ) -> Result<(), StoreError>;

    /// Own sealed envelopes that no neighbour has, in the order they were put.
    fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError>;
    /// Keeps an own sealed envelope until a neighbour has it.
    fn put_outbox(&mut self, row: &OutboxRow) -> Result<(), StoreError>;
    /// Drops an outbox row with its body: a neighbour has it, or its time is over.
    /// Says what it was a piece of; `None` if it is not there (any more).
    fn take_outbox(&mut self, id: EnvelopeId) -> Result<Option<Taken>, StoreError>;

    /// Remembers that an envelope was opened (or can never be), so that it is not
    /// opened again before `day`. Beyond [`Bounds`] the mark made first goes.
    fn mark_opened(&mut self, id: EnvelopeId, until: Day) -> Result<(), StoreError>;
    /// All envelopes marked opened, by id.
    fn opened(&self) -> Result<Vec<EnvelopeId>, StoreError>;
    /// Drops marks of days before `day`, and memories of deleted messages and of
    /// knocks as old.
    fn prune(&mut self, day: Day) -> Result<(), StoreError>;
}

/// Length of a body as kept beside it.
fn body_bytes(body: &[u8]) -> Result<u32, StoreError> {
    u32::try_from(body.len()).map_err(|_| StoreError::Misuse("body of more than 4 GiB"))
}
