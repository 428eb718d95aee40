//! What is on show: the open conversation, the dialog on top, the pane.

use mesh_core::api::ChannelSecret;
use mesh_core::types::{ConversationId, MessageId};

use super::{GroupState, PeopleState};

/// What is on show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The selected conversation.
    pub open: Option<ConversationId>,
    /// Which pane a window shows that has room for one.
    pub pane: Pane,
    /// Whether the pane of people and links is unfolded.
    pub people: bool,
    /// What lies on top.
    pub dialog: Option<Dialog>,
}

/// One of the three panes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pane {
    /// The conversations.
    #[default]
    List,
    /// The open conversation.
    Chat,
    /// People and links.
    People,
}

/// What lies on top of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dialog {
    /// Join or create a channel.
    Join(JoinState),
    /// A channel's words and code.
    Secret {
        /// Whose.
        conversation: ConversationId,
        /// None until the node has answered.
        secret: Option<ChannelSecret>,
        /// Whether the channel was made just now.
        fresh: bool,
    },
    /// Really leave?
    Leave {
        /// Which one.
        conversation: ConversationId,
        /// Whether the node is at it.
        busy: bool,
    },
    /// Really send an SOS?
    Sos {
        /// Where to.
        conversation: ConversationId,
    },
    /// The connection explained.
    Status {
        /// What came of the last call by address.
        dial: Option<Result<(), String>>,
    },
    /// People: who asks, contacts, the own card.
    People(PeopleState),
    /// Groups: a new one, who is in one, and what can be done about them.
    Group(GroupState),
    /// Really delete a message?
    Delete {
        /// Where it is.
        conversation: ConversationId,
        /// Which one.
        message_id: MessageId,
        /// Whether the others are asked to delete it, too.
        everybody: bool,
    },
    /// The passphrase, and the end of the profile.
    Safety,
    /// Really erase the profile?
    StartAnew {
        /// Whether it is being erased.
        busy: bool,
        /// Why it could not be.
        error: Option<String>,
    },
}

/// What the dialog to join or create waits for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JoinState {
    /// Whether the node is at it.
    pub busy: bool,
    /// Why it was refused.
    pub error: Option<String>,
}

/// Light, dark, or the system's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThemeChoice {
    /// As the desktop says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl ThemeChoice {
    /// The one after this, round and round.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}
