//! What can be asked of a node, and the plain structs that answer.

use super::Receipts;
use crate::redact::Redacted;
use crate::types::{
    CarrierStatus, ChannelKind, ContactId, ConversationId, ConversationKind, LinkId, LinkKind,
    Message, MessageId, Wall,
};

/// Something to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Every conversation, in the order they were joined.
    Conversations,
    /// A page of one conversation.
    Timeline {
        /// Which one.
        conversation: ConversationId,
        /// Only messages stored before this one; the newest page if none.
        before: Option<MessageId>,
        /// At most [`crate::limits::PAGE_MESSAGES_MAX`]; more is cut to it.
        limit: u16,
    },
    /// The state of the node.
    Status,
    /// Neighbours now.
    Links,
    /// What one must know to join a channel, to pass it on.
    ChannelSecret {
        /// Which one.
        conversation: ConversationId,
    },
    /// Every contact, blocked ones too, in the order they were added.
    Contacts,
    /// Everybody who wrote to us and is no contact, in the order they came.
    Requests,
    /// Everybody whom a contact introduced, until the person accepts or declines, in the
    /// order they came.
    Introductions,
    /// The text of a code that a contact scans from our screen, instead of comparing
    /// emoji: then they are sure of us.
    ReturnCode {
        /// Whom it is for.
        contact: ContactId,
    },
    /// Who is in a group.
    Group {
        /// Which one.
        conversation: ConversationId,
    },
    /// What to compare with a contact to be sure of their keys.
    Emoji {
        /// Whom.
        contact: ContactId,
    },
}

/// One row of the conversation list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationView {
    /// Which one.
    pub conversation: ConversationId,
    /// Who can read it.
    pub kind: ConversationKind,
    /// A public channel's name; for a keyed one the first two words of its
    /// phrase, so that two can be told apart on one's own screen; a contact's petname,
    /// or the name they claim.
    pub name: Redacted<String>,
    /// Messages of others not seen yet.
    pub unread: u32,
    /// The newest message, if there is one.
    pub last: Option<Message>,
    /// Seconds after reading until what is written now disappears; none for never.
    pub timer_s: Option<u32>,
}

/// A run of messages in the order they were stored, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The conversation asked for.
    pub conversation: ConversationId,
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether older ones exist.
    pub more: bool,
}

/// What to give another person so that they can join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelSecret {
    /// The conversation asked for.
    pub conversation: ConversationId,
    /// Who can read it.
    pub kind: ChannelKind,
    /// The phrase of a keyed channel, or the name of a public one.
    pub words: Redacted<String>,
    /// The same as a link, to be drawn as a QR code:
    /// `starling:k/WORD-WORD-…` or `starling:p/NAME`, percent-encoded.
    pub link: Redacted<String>,
}

/// The state of the node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Of this program.
    pub version: &'static str,
    /// The name this profile claims; none for a relay.
    pub name: Option<Redacted<String>>,
    /// Whether the identity is out of reach (relay, locked).
    pub locked: bool,
    /// What the neighbours say of our clock.
    pub clock: Clock,
    /// Each way of making links, whether on or off.
    pub carriers: Vec<CarrierStatus>,
    /// Neighbours now.
    pub links: usize,
    /// What we carry.
    pub stored: Stored,
    /// What neighbours pushed to us.
    pub pushed: Pushed,
    /// What others are told of our reading.
    pub receipts: Receipts,
    /// What the person should know, most important first.
    pub notices: Vec<Notice>,
}

/// Our clock against the neighbours'.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clock {
    /// Seconds that neighbours are ahead of us (their median), in steps of 15 minutes.
    pub offset_s: i64,
    /// Whether nothing speaks against our clock.
    pub trusted: bool,
}

/// What we carry, our own included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stored {
    /// Sealed envelopes.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Envelopes that neighbours pushed to us since the start. Offer-first gossip is
/// worth its offers while both numbers are nearly the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pushed {
    /// All of them: each costs its neighbour and us a whole envelope.
    pub came: u64,
    /// Of these, new to us and kept.
    pub kept: u64,
}

/// Something the person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Stable name for programs, such as `clock`.
    pub code: &'static str,
    /// One plain sentence that says what to do.
    pub text: String,
}

/// One neighbour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkView {
    /// Which link.
    pub link: LinkId,
    /// What carries it.
    pub kind: LinkKind,
    /// Where the other end is, `IP:PORT`, where that means anything.
    pub address: Option<Redacted<String>>,
    /// When it came up, by our clock.
    pub since: Wall,
    /// Bytes received on it, before the carrier's own encryption.
    pub bytes_in: u64,
    /// Bytes sent on it.
    pub bytes_out: u64,
}
