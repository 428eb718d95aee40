//! What the dialog about people is at.

use mesh_core::api::{EmojiView, PeopleCommand};
use mesh_core::redact::Redacted;
use mesh_core::types::{ContactId, ConversationId};

use super::Model;

/// The dialog about people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleState {
    /// Which page is on show.
    pub page: PeoplePage,
    /// Whether the node is at it.
    pub busy: bool,
    /// What came of the last thing asked here: done, or why not.
    pub outcome: Option<Result<(), String>>,
}

/// One page of the dialog about people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PeoplePage {
    /// Who asks, and every contact.
    List,
    /// The own name, and what others are told.
    Me,
    /// The own card.
    Card {
        /// None until the person wants it shown and the node has answered.
        link: Option<Redacted<String>>,
    },
    /// Add somebody by link.
    Add,
    /// One contact.
    Contact(ContactId),
    /// Compare emoji with a contact.
    Check(Check),
    /// Introduce a contact to another one.
    Introduce(ContactId),
    /// Really block?
    AskBlock(ContactId),
    /// Really remove?
    AskRemove(ContactId),
}

/// How far comparing emoji has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// With whom.
    pub contact: ContactId,
    /// What to compare; none until the node has it.
    pub shown: Option<Box<EmojiView>>,
    /// Why there is nothing to compare.
    pub trouble: Option<String>,
    /// Whether the person says that the other screen shows others.
    pub differ: bool,
}

/// What was asked of the node about people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeopleAsk {
    /// The own card.
    Card,
    /// A code to be scanned from this screen.
    Code,
    /// To introduce two people to each other.
    Introduce,
    /// To add or accept somebody.
    Meet,
    /// To decline somebody.
    Decline,
    /// To call somebody something else.
    Petname,
    /// To forget somebody.
    Remove(ContactId),
    /// To note that the emoji agree.
    Verify(ContactId),
    /// To block somebody.
    Block(ContactId),
    /// To unblock somebody.
    Unblock,
    /// To be called something else.
    Rename,
    /// To tell others more or less.
    Receipts,
}

impl From<&PeopleCommand> for PeopleAsk {
    fn from(ask: &PeopleCommand) -> Self {
        match ask {
            PeopleCommand::ShareCard => Self::Card,
            PeopleCommand::ShowCode => Self::Code,
            PeopleCommand::ConfirmCode { contact, .. } => Self::Verify(*contact),
            PeopleCommand::Introduce { .. } => Self::Introduce,
            PeopleCommand::DeclineIntroduction { .. } => Self::Decline,
            PeopleCommand::Add { .. }
            | PeopleCommand::Accept { .. }
            | PeopleCommand::AcceptIntroduction { .. } => Self::Meet,
            PeopleCommand::SetPetname { .. } => Self::Petname,
            PeopleCommand::Remove { contact } => Self::Remove(*contact),
            PeopleCommand::Verify { contact, .. } => Self::Verify(*contact),
            PeopleCommand::Block {
                contact,
                blocked: true,
            } => Self::Block(*contact),
            PeopleCommand::Block { blocked: false, .. } => Self::Unblock,
            PeopleCommand::Decline { .. } => Self::Decline,
            PeopleCommand::Rename { .. } => Self::Rename,
            PeopleCommand::SetReceipts(_) => Self::Receipts,
        }
    }
}

impl PeopleState {
    /// A page that was just turned to.
    #[must_use]
    pub fn at(page: PeoplePage) -> Self {
        Self {
            page,
            busy: false,
            outcome: None,
        }
    }
}

impl PeoplePage {
    /// The page that compares emoji with somebody.
    #[must_use]
    pub fn check(contact: ContactId) -> Self {
        Self::Check(Check {
            contact,
            shown: None,
            trouble: None,
            differ: false,
        })
    }
}

impl Model {
    /// The conversation with a contact.
    #[must_use]
    pub fn conversation_with(&self, contact: ContactId) -> Option<ConversationId> {
        let mut contacts = self.contacts.iter();
        contacts
            .find(|view| view.contact == contact)
            .map(|view| view.conversation)
    }
}
