//! What a person wrote, in clear.

use core::fmt;

use super::{ConversationId, Delivery, MessageId, Wall};

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
    /// At most [`crate::limits::TEXT_BYTES_MAX`] bytes.
    pub text: String,
    /// The author's clock, which may be wrong.
    pub written_at: Wall,
    /// Our clock when it was stored here; timelines are in this order.
    pub received_at: Wall,
    /// When the mesh stops carrying it.
    pub expires_at: Wall,
    /// What became of it.
    pub state: Delivery,
}

/// Who can read a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChannelKind {
    /// Anybody: the key follows from the name.
    Public,
    /// Whoever has the phrase.
    Keyed,
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
            .field("text_bytes", &self.text.len())
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
