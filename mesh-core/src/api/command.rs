//! Everything a person can ask of a node.

use crate::redact::Redacted;
use crate::types::{ConversationId, Lifetime, MessageClass, RequestId};

use super::{PeopleCommand, Query};

/// Which channel to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChannelSpec {
    /// A public channel, by name: anybody who knows the name reads it.
    Public {
        /// Any spelling; normalised before use.
        name: Redacted<String>,
    },
    /// A keyed channel, by its phrase.
    Phrase {
        /// Any spelling; normalised before use.
        phrase: Redacted<String>,
    },
}

/// One request. Each is answered by exactly one [`super::Event::Answer`] with
/// the same request id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Join a channel; joining again gives the same conversation.
    Join {
        /// Repeated by the answer.
        request: RequestId,
        /// Which one.
        channel: ChannelSpec,
    },
    /// Make a keyed channel with a freshly drawn six-word phrase and join it.
    Create {
        /// Repeated by the answer.
        request: RequestId,
    },
    /// Leave a conversation and delete its messages here, for good.
    Leave {
        /// Repeated by the answer.
        request: RequestId,
        /// Which one.
        conversation: ConversationId,
    },
    /// Write a message.
    Send {
        /// Repeated by the answer.
        request: RequestId,
        /// Where to.
        conversation: ConversationId,
        /// Not empty; at most [`crate::limits::TEXT_BYTES_MAX`] bytes, or
        /// [`crate::limits::SOS_BYTES_MAX`] for an SOS.
        text: Redacted<String>,
        /// What it is written as.
        class: MessageClass,
        /// How long the mesh carries a text; [`Lifetime::Day`] if none. An SOS has
        /// a lifetime of its own and is refused with one.
        lifetime: Option<Lifetime>,
    },
    /// Everything in a conversation so far has been seen by the person.
    MarkSeen {
        /// Repeated by the answer.
        request: RequestId,
        /// Which one.
        conversation: ConversationId,
    },
    /// The neighbours' clocks are right and ours is not: judge and date the life of
    /// messages by theirs, at once. Nothing else follows them.
    AdoptClock {
        /// Repeated by the answer.
        request: RequestId,
    },
    /// Call another node by address, `IP:PORT`.
    Dial {
        /// Repeated by the answer.
        request: RequestId,
        /// As typed.
        address: Redacted<String>,
    },
    /// Something about people.
    People {
        /// Repeated by the answer.
        request: RequestId,
        /// What.
        ask: PeopleCommand,
    },
    /// Ask for something to show.
    Query {
        /// Repeated by the answer.
        request: RequestId,
        /// What.
        query: Query,
    },
}

impl Command {
    /// The id that the answer to this command will carry.
    #[must_use]
    pub fn request(&self) -> RequestId {
        match self {
            Self::Join { request, .. }
            | Self::Create { request }
            | Self::Leave { request, .. }
            | Self::Send { request, .. }
            | Self::MarkSeen { request, .. }
            | Self::AdoptClock { request }
            | Self::Dial { request, .. }
            | Self::People { request, .. }
            | Self::Query { request, .. } => *request,
        }
    }
}
