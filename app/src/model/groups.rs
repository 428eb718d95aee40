//! What the dialog about groups is at.

use mesh_core::api::{Arrest, GroupCommand, GroupView, MemberView};
use mesh_core::types::{ConversationId, MemberId};

use super::{Dialog, Model};

/// The dialog about groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupState {
    /// Which page is on show.
    pub page: GroupPage,
    /// Whether the node is at it.
    pub busy: bool,
    /// What came of the last thing asked here.
    pub outcome: Option<GroupOutcome>,
}

/// What came of something asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupOutcome {
    /// It was done.
    Done,
    /// We signed, and another admin must, too: one sentence.
    Signed(String),
    /// It was not, for this reason: one sentence.
    Refused(String),
}

/// One page of the dialog about groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupPage {
    /// Found a group.
    New,
    /// Who is in a group, and what can be done there.
    About(ConversationId),
    /// Ask a contact in.
    Add(ConversationId),
    /// Really remove?
    AskRemove(Whom),
    /// Really cut off everywhere?
    AskArrested(Whom),
    /// Really go on in another group?
    AskWithout(Whom),
    /// What came of cutting somebody off everywhere.
    Arrested(Box<Arrested>),
}

/// Somebody in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whom {
    /// Which group.
    pub conversation: ConversationId,
    /// Who, there.
    pub member: MemberId,
}

/// What came of cutting somebody off everywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrested {
    /// Where it was asked.
    pub conversation: ConversationId,
    /// Who it was, as they stood there.
    pub who: MemberView,
    /// What came of it; a group leaves `left` when it was gone on without them.
    pub arrest: Arrest,
}

/// What was asked of the node about groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupAsk {
    /// To found one.
    Create,
    /// To ask somebody in.
    Add(ConversationId),
    /// To cut somebody off.
    Remove(ConversationId),
    /// To let somebody do more or less.
    Role(ConversationId),
    /// To call it something else.
    Rename(ConversationId),
    /// To cut somebody off everywhere.
    Arrested(ConversationId),
    /// To go on without somebody.
    Without(ConversationId),
}

impl From<&GroupCommand> for GroupAsk {
    fn from(ask: &GroupCommand) -> Self {
        match ask {
            GroupCommand::Create { .. } => Self::Create,
            GroupCommand::Add { conversation, .. } => Self::Add(*conversation),
            GroupCommand::Remove { conversation, .. } => Self::Remove(*conversation),
            GroupCommand::SetRole { conversation, .. } => Self::Role(*conversation),
            GroupCommand::Rename { conversation, .. } => Self::Rename(*conversation),
            GroupCommand::Arrested { conversation, .. } => Self::Arrested(*conversation),
            GroupCommand::ContinueWithout { conversation, .. } => Self::Without(*conversation),
        }
    }
}

impl GroupAsk {
    /// The group that it is about, if it is about one that is there.
    #[must_use]
    pub fn conversation(self) -> Option<ConversationId> {
        match self {
            Self::Create => None,
            Self::Add(conversation)
            | Self::Remove(conversation)
            | Self::Role(conversation)
            | Self::Rename(conversation)
            | Self::Arrested(conversation)
            | Self::Without(conversation) => Some(conversation),
        }
    }
}

impl GroupState {
    /// A page that was just turned to.
    #[must_use]
    pub fn at(page: GroupPage) -> Self {
        Self {
            page,
            busy: false,
            outcome: None,
        }
    }
}

impl GroupPage {
    /// The group that the page is about.
    #[must_use]
    pub fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::New => None,
            Self::About(conversation) | Self::Add(conversation) => Some(*conversation),
            Self::AskRemove(whom) | Self::AskArrested(whom) | Self::AskWithout(whom) => {
                Some(whom.conversation)
            }
            Self::Arrested(arrested) => Some(arrested.conversation),
        }
    }
}

impl Arrested {
    /// Who it is in another group: there they have another id, so only a contact can be
    /// found again.
    #[must_use]
    pub fn in_group(&self, model: &Model, conversation: ConversationId) -> Option<MemberId> {
        if conversation == self.conversation {
            return Some(self.who.member);
        }
        let contact = self.who.contact?;
        let mut members = model.groups.get(&conversation)?.members.iter();
        members
            .find(|view| view.contact == Some(contact))
            .map(|view| view.member)
    }
}

impl Model {
    /// Somebody in a group, if both are known.
    #[must_use]
    pub fn member(&self, whom: Whom) -> Option<&MemberView> {
        let mut members = self.groups.get(&whom.conversation)?.members.iter();
        members.find(|view| view.member == whom.member)
    }

    /// The group that is open, if it is one and the node has said who is in it.
    #[must_use]
    pub fn open_group(&self) -> Option<&GroupView> {
        self.groups.get(&self.route.open?)
    }

    /// The dialog about groups, if it is open.
    #[must_use]
    pub fn group_state(&self) -> Option<&GroupState> {
        match &self.route.dialog {
            Some(Dialog::Group(state)) => Some(state),
            _ => None,
        }
    }
}
