//! What is kept beside the text of messages: replies, reactions, changes, and when
//! they disappear.

use crate::types::{ConversationId, MessageId, Wall};
use crate::wire::items::Timer;

use super::{StoreError, Transact};

/// Names one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MessageRef {
    /// Where it is.
    pub conversation: ConversationId,
    /// Who wrote it.
    pub author: [u8; 32],
    /// Which of theirs.
    pub message_id: MessageId,
}

/// What stands beside the text of one message, but for reactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MarksRow {
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Whether it names this profile.
    pub mentions_us: bool,
    /// When its author changed it last, by the author's clock.
    pub edited_at: Option<Wall>,
    /// Whether its author asked that it be deleted.
    pub is_withdrawn: bool,
    /// Seconds after reading until it disappears; 0 for never.
    pub expire_s: u32,
    /// When it disappears here, by our clock; none before its time runs.
    pub disappears_at: Option<Wall>,
}

/// What one person feels about a message.
#[derive(Clone, PartialEq, Eq)]
pub struct ReactionRow {
    /// Who.
    pub author: [u8; 32],
    /// Whether it is this profile.
    pub own: bool,
    /// Empty if it was taken back: what was said before that may still come.
    pub emoji: String,
    /// By the clock of whoever reacts.
    pub at: Wall,
}

impl ReactionRow {
    /// Whether it takes the place of another of the same person: the newer one does,
    /// and of two at once the one with the greater bytes.
    pub(super) fn replaces(&self, held: &Self) -> bool {
        (self.at, &self.emoji) > (held.at, &held.emoji)
    }
}

/// Marks of messages. They go with their message, reactions too.
pub trait MarksStore: Transact {
    /// The marks of a message; `None` if it is not there.
    fn marks(&self, of: &MessageRef) -> Result<Option<MarksRow>, StoreError>;
    /// Puts others in their place; `false` if the message is not there.
    fn set_marks(&mut self, of: &MessageRef, row: &MarksRow) -> Result<bool, StoreError>;
    /// Changes the text of a message and counts it anew, see
    /// [`super::ProfileStore::insert_message`]; `false` if it is not there.
    fn set_text(&mut self, of: &MessageRef, text: &str) -> Result<bool, StoreError>;

    /// Reactions to a message, those taken back included, in the order in which they
    /// were put.
    fn reactions(&self, of: &MessageRef) -> Result<Vec<ReactionRow>, StoreError>;
    /// Puts a reaction; `false` and no change if the message is not there, if the same
    /// person's newer one is, or with those of [`crate::limits::REACTIONS_MAX`] others.
    fn put_reaction(&mut self, of: &MessageRef, row: &ReactionRow) -> Result<bool, StoreError>;
    /// Deletes all reactions to a message.
    fn remove_reactions(&mut self, of: &MessageRef) -> Result<(), StoreError>;

    /// Starts the time of everything of others in a conversation whose time does not
    /// run: what that was, in the order of the timeline.
    fn start_timers(
        &mut self,
        conversation: ConversationId,
        now: Wall,
    ) -> Result<Vec<MessageRef>, StoreError>;
    /// At most `limit` messages whose time is over, the first to disappear first.
    fn disappearing(&self, now: Wall, limit: u16) -> Result<Vec<MessageRef>, StoreError>;
    /// When the next message disappears.
    fn next_to_disappear(&self) -> Result<Option<Wall>, StoreError>;
    /// No message stays longer from `now` on than its whole time: a clock that was
    /// ahead when it was read must not keep it.
    fn limit_deadlines(&mut self, now: Wall) -> Result<(), StoreError>;

    /// The timer of a conversation; `None` if nobody set one.
    fn timer(&self, conversation: ConversationId) -> Result<Option<Timer>, StoreError>;
    /// Sets it, whatever was there.
    fn set_timer(&mut self, conversation: ConversationId, timer: Timer) -> Result<(), StoreError>;
}

/// The moment `seconds` after `now`. Both are of our own clock: bounded, so that the
/// columns of a database can compare them.
pub(super) fn deadline(now: Wall, seconds: u32) -> Wall {
    Wall(bounded(now).0 + 1_000 * u64::from(seconds))
}

/// A time of our own clock in the range that a column compares rightly.
pub(super) fn bounded(now: Wall) -> Wall {
    Wall(now.0.min(1 << 62))
}
