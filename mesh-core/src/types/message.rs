//! What a person wrote, in clear.

use core::fmt;

use crate::limits::{TEXT_LIFETIME_MS, TEXT_LIFETIME_MS_MAX, TEXT_LIFETIME_MS_MIN};

use super::{ConversationId, Delivery, MessageId, Wall};

const HOUR_MS: u64 = 60 * 60 * 1_000;

/// Who wrote a message, as far as anybody can know.
#[derive(Clone, PartialEq, Eq)]
pub struct Author {
    /// The name the author claims, at most [`crate::limits::NAME_BYTES_MAX`]
    /// bytes. Anyone can claim any name.
    pub name: String,
    /// First 8 bytes of the key that signed: what really tells authors apart.
    pub badge: [u8; 8],
    /// Whether it is this profile.
    pub own: bool,
}

/// One line of a conversation.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it belongs.
    pub conversation: ConversationId,
    /// Drawn by the author.
    pub message_id: MessageId,
    /// Who wrote it.
    pub from: Author,
    /// What its author wrote it as.
    pub class: MessageClass,
    /// At most [`crate::limits::TEXT_BYTES_MAX`] bytes; an SOS at most
    /// [`crate::limits::SOS_BYTES_MAX`].
    pub text: String,
    /// The author's clock, which may be wrong.
    pub written_at: Wall,
    /// Our clock when it was stored here; timelines are in this order.
    pub received_at: Wall,
    /// When the mesh stops carrying it.
    pub expires_at: Wall,
    /// What became of it.
    pub state: Delivery,
    /// What it answers, and what was said of it since. Never in a channel.
    pub marks: Marks,
}

/// What stands beside the text of a message between people.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// The message that this one answers; it may not be here (any more).
    pub reply_to: Option<MessageId>,
    /// Whether it names us.
    pub mentions_us: bool,
    /// When its author last changed the text, by the author's clock.
    pub edited_at: Option<Wall>,
    /// Whether its author asked that it be deleted: the text is gone, the line stays.
    pub is_withdrawn: bool,
    /// When it disappears here.
    pub disappears_at: Option<Wall>,
    /// By emoji, in the order in which each was first used.
    pub reactions: Vec<Reaction>,
    /// Of an own message to a group: how far it came.
    pub reach: Option<Reach>,
}

/// One emoji under a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Reaction {
    /// At most [`crate::limits::EMOJI_BYTES_MAX`] bytes.
    pub emoji: String,
    /// How many people used it.
    pub count: u16,
    /// Whether we are one of them.
    pub own: bool,
}

/// How many members of a group have a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Those whose devices confirmed it.
    pub came: u16,
    /// All who could have, without ourselves.
    pub of: u16,
}

/// What a message was written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum MessageClass {
    /// The ordinary case.
    #[default]
    Text,
    /// A call for help: goes first on every link, and short.
    Sos,
}

/// How long the mesh carries a text, at most, as its author chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Lifetime {
    /// 2 hours.
    Short,
    /// 24 hours.
    #[default]
    Day,
    /// 72 hours.
    Long,
}

impl Lifetime {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Short, Self::Day, Self::Long];

    /// In milliseconds.
    #[must_use]
    pub fn ms(self) -> u64 {
        match self {
            Self::Short => TEXT_LIFETIME_MS_MIN,
            Self::Day => TEXT_LIFETIME_MS,
            Self::Long => TEXT_LIFETIME_MS_MAX,
        }
    }

    /// In hours: 2, 24 or 72.
    #[must_use]
    pub fn hours(self) -> u64 {
        self.ms() / HOUR_MS
    }

    /// The one with so many hours, if there is one.
    #[must_use]
    pub fn of_hours(hours: u64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|lifetime| lifetime.hours() == hours)
    }
}

/// Who can read a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    /// Anybody: the key follows from the name.
    Public,
    /// Whoever has the phrase.
    Keyed,
}

/// Who can read a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConversationKind {
    /// Anybody: the key follows from the name.
    Public,
    /// Whoever has the phrase.
    Keyed,
    /// One other person.
    Direct,
    /// The members of a group.
    Group,
}

impl From<ChannelKind> for ConversationKind {
    fn from(kind: ChannelKind) -> Self {
        match kind {
            ChannelKind::Public => Self::Public,
            ChannelKind::Keyed => Self::Keyed,
        }
    }
}

// By hand: names and text must not reach a log.
impl fmt::Debug for Author {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Author")
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("message_id", &self.message_id)
            .field("class", &self.class)
            .field("text_bytes", &self.text.len())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marks")
            .field("reactions", &self.reactions.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_two_twenty_four_and_seventy_two_hours() {
        assert_eq!(Lifetime::ALL.map(Lifetime::hours), [2, 24, 72]);
        for lifetime in Lifetime::ALL {
            assert_eq!(Lifetime::of_hours(lifetime.hours()), Some(lifetime));
        }
        for hours in [0, 1, 3, 6, 48, 73, u64::MAX] {
            assert_eq!(Lifetime::of_hours(hours), None, "{hours}");
        }
    }
}
