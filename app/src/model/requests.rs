//! Commands on their way: what each was for, so that its answer finds home.
//!
//! A flood of events must not become a flood of queries: of each kind that only
//! refreshes, at most one is under way, and one more follows if things changed
//! meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use mesh_core::api::MessageCommand;
use mesh_core::types::{ContactId, ConversationId, MessageId, RequestId};

use super::{GroupAsk, PeopleAsk};

/// What a command was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Join a channel.
    Join,
    /// Make a channel.
    Create,
    /// Leave a conversation.
    Leave(ConversationId),
    /// Write a message.
    Send(ConversationId),
    /// Call an address.
    Dial,
    /// Take the neighbours' clocks for right.
    AdoptClock,
    /// A channel's words.
    Secret(ConversationId),
    /// Something about people.
    People(PeopleAsk),
    /// Something about groups.
    AskGroup(GroupAsk),
    /// Something about one message.
    Message(ConversationId, MessageId, MessageAsk),
    /// Let messages disappear, or not.
    Timer(ConversationId),
    /// The page before the oldest shown.
    Older(ConversationId),
    /// Open the profile again.
    Unlock,
    /// Lock the profile: tried again until the node takes it, as a refresh is.
    Lock,
    /// Refresh: the newest page.
    Newest(ConversationId),
    /// Refresh: everything was seen.
    MarkSeen(ConversationId),
    /// Refresh: the list.
    Conversations,
    /// Refresh: who is in a group.
    Group(ConversationId),
    /// Refresh: contacts.
    Contacts,
    /// Refresh: strangers who wrote.
    Asking,
    /// Refresh: people whom contacts introduced.
    Introductions,
    /// Refresh: what to compare with a contact.
    Emoji(ContactId),
    /// Refresh: the node's state.
    Status,
    /// Refresh: neighbours.
    Links,
}

/// What was asked about one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessageAsk {
    /// To put an emoji under it, or take it back.
    React,
    /// To change its text.
    Edit,
    /// To delete it on this laptop.
    DeleteHere,
    /// To delete it everywhere.
    Withdraw,
}

impl From<&MessageCommand> for MessageAsk {
    fn from(ask: &MessageCommand) -> Self {
        match ask {
            MessageCommand::React { .. } => Self::React,
            MessageCommand::Edit { .. } => Self::Edit,
            MessageCommand::DeleteHere => Self::DeleteHere,
            MessageCommand::Withdraw => Self::Withdraw,
        }
    }
}

/// Commands sent and not answered.
#[derive(Debug, Default)]
pub struct Requests {
    last: u64,
    open: BTreeMap<RequestId, Purpose>,
    wanted: BTreeSet<Purpose>,
}

impl Requests {
    /// A new id, remembered until [`Self::close`].
    pub fn begin(&mut self, purpose: Purpose) -> RequestId {
        self.last = self.last.wrapping_add(1);
        let request = RequestId(self.last);
        self.open.insert(request, purpose);
        request
    }

    /// Ends a request; none if it was not ours.
    pub fn close(&mut self, request: RequestId) -> Option<Purpose> {
        self.open.remove(&request)
    }

    /// Notes that a refresh is wanted; [`Self::due`] hands it out.
    pub fn want(&mut self, purpose: Purpose) {
        self.wanted.insert(purpose);
    }

    /// The refreshes to send now: wanted, and none of their kind under way.
    pub fn due(&mut self) -> Vec<Purpose> {
        let busy: BTreeSet<Purpose> = self.open.values().copied().collect();
        let due: Vec<Purpose> = self.wanted.difference(&busy).copied().collect();
        self.wanted.retain(|purpose| busy.contains(purpose));
        due
    }

    /// What an open request is for.
    #[must_use]
    pub fn purpose(&self, request: RequestId) -> Option<Purpose> {
        self.open.get(&request).copied()
    }

    /// Whether [`Self::due`] would give something.
    #[must_use]
    pub fn has_due(&self) -> bool {
        self.wanted.iter().any(|purpose| !self.is_open(*purpose))
    }

    /// Forgets what was asked and wanted. Ids go on: a late answer must not be taken for
    /// that to a new request.
    pub fn forget(&mut self) {
        self.open.clear();
        self.wanted.clear();
    }

    /// Whether a request of this kind is under way.
    #[must_use]
    pub fn is_open(&self, purpose: Purpose) -> bool {
        self.open.values().any(|open| *open == purpose)
    }
}
