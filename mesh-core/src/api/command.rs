//! Everything a person can ask of a node.

use zeroize::Zeroizing;

use crate::redact::Redacted;
use crate::types::{ConversationId, Lifetime, MemberId, MessageClass, MessageId, RequestId};

use super::{GroupCommand, PeopleCommand, Query};

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
    /// Leave a conversation and delete its messages here, for good. The others of a
    /// group are told.
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
        /// The message that it answers. Not in a channel.
        reply_to: Option<MessageId>,
        /// Members of the group whom it names.
        mentions: Vec<MemberId>,
    },
    /// Something about one message. Not in a channel.
    Message {
        /// Repeated by the answer.
        request: RequestId,
        /// Where it is.
        conversation: ConversationId,
        /// Which one.
        message_id: MessageId,
        /// What.
        ask: MessageCommand,
    },
    /// Let what is written in a conversation from now on disappear on every side some
    /// time after it was read. Not in a channel.
    SetTimer {
        /// Repeated by the answer.
        request: RequestId,
        /// Which one.
        conversation: ConversationId,
        /// Seconds, at most [`crate::limits::DISAPPEAR_S_MAX`]; none for never.
        seconds: Option<u32>,
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
    /// Forget everything that needs the passphrase and go on relaying.
    Lock {
        /// Repeated by the answer.
        request: RequestId,
    },
    /// Open the profile again after `Lock`. Takes a second or more.
    Unlock {
        /// Repeated by the answer.
        request: RequestId,
        /// Of the profile.
        passphrase: Redacted<Zeroizing<String>>,
    },
    /// Use another passphrase from now on.
    ChangePassphrase {
        /// Repeated by the answer.
        request: RequestId,
        /// The one so far.
        old: Redacted<Zeroizing<String>>,
        /// The one from now on.
        new: Redacted<Zeroizing<String>>,
    },
    /// Set a second passphrase that opens an empty profile and destroys this one, or take
    /// it back.
    SetDuress {
        /// Repeated by the answer.
        request: RequestId,
        /// The passphrase of the profile.
        own: Redacted<Zeroizing<String>>,
        /// The second one, and the name that the empty profile claims; none to take it
        /// back.
        duress: Option<(Redacted<Zeroizing<String>>, Redacted<String>)>,
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
    /// Something about groups.
    Group {
        /// Repeated by the answer.
        request: RequestId,
        /// What.
        ask: GroupCommand,
    },
    /// Ask for something to show.
    Query {
        /// Repeated by the answer.
        request: RequestId,
        /// What.
        query: Query,
    },
}

/// Something to be done about one message. What goes to the others is a request: their
/// devices follow it, and whoever read the message has read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageCommand {
    /// Put an emoji under it.
    React {
        /// At most [`crate::limits::EMOJI_BYTES_MAX`] bytes; empty takes ours back.
        emoji: Redacted<String>,
    },
    /// Change the text of one of ours.
    Edit {
        /// As in [`Command::Send`].
        text: Redacted<String>,
    },
    /// Delete it here, for good.
    DeleteHere,
    /// Delete one of ours here and ask the others to do so.
    Withdraw,
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
            | Self::Message { request, .. }
            | Self::SetTimer { request, .. }
            | Self::AdoptClock { request }
            | Self::Lock { request }
            | Self::Unlock { request, .. }
            | Self::ChangePassphrase { request, .. }
            | Self::SetDuress { request, .. }
            | Self::Dial { request, .. }
            | Self::People { request, .. }
            | Self::Group { request, .. }
            | Self::Query { request, .. } => *request,
        }
    }
}
