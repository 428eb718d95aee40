//! What the dialog about groups shows, page by page.

use std::collections::BTreeSet;

use mesh_core::limits::GROUP_NAME_BYTES_MAX;
use mesh_core::types::{ContactId, ConversationId};

use crate::model::{Dialog, GroupOutcome, GroupPage, GroupState, Model};
use crate::screens::contacts::data::ContactRow;
use crate::text::groups as words;

pub use super::ask::{AskData, CameData, WithoutRow};
pub use super::members::{AboutData, Deed, MemberRow};

/// What was typed and ticked so far. Widget state.
#[derive(Default)]
pub struct Form {
    /// Of a new group.
    pub name: String,
    /// Who is to be in it.
    pub ticked: BTreeSet<ContactId>,
    /// What a group is to be called.
    pub called: String,
    /// Which one; none until its page was opened.
    pub called_of: Option<ConversationId>,
}

/// The dialog about groups.
#[derive(Debug, PartialEq, Eq)]
pub struct GroupsData {
    /// The heading.
    pub title: &'static str,
    /// What is on show.
    pub page: PageData,
    /// Where "Back" leads.
    pub back: Option<GroupPage>,
    /// Whether the node is at it.
    pub busy: bool,
    /// What came of the last thing asked: how good that is, and the sentence.
    pub outcome: Option<(Came, String)>,
}

/// How good an outcome is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Came {
    /// Done.
    Good,
    /// Done in part.
    Half,
    /// Not done.
    Bad,
}

/// One page.
#[derive(Debug, PartialEq, Eq)]
pub enum PageData {
    /// Found a group.
    New {
        /// Who can be ticked.
        contacts: Vec<ContactRow>,
        /// How many are ticked, in words.
        chosen: String,
        /// Whether what was typed can be tried.
        can_create: bool,
    },
    /// Who is in a group.
    About(Box<AboutData>),
    /// Ask a contact in.
    Add {
        /// Where.
        conversation: ConversationId,
        /// Who can be asked.
        contacts: Vec<ContactRow>,
    },
    /// Really?
    Ask(AskData),
    /// What came of an arrest.
    Came(CameData),
    /// The node has not said yet who is in the group.
    Waiting,
}

impl GroupsData {
    /// What to show; none while the dialog is closed.
    #[must_use]
    pub fn new(model: &Model, form: &Form) -> Option<Self> {
        let Some(Dialog::Group(state)) = &model.route.dialog else {
            return None;
        };
        Some(Self {
            title: title(&state.page),
            page: page(model, form, state),
            back: back(&state.page),
            busy: state.busy,
            outcome: state.outcome.as_ref().map(|outcome| match outcome {
                GroupOutcome::Done => (Came::Good, words::DONE.to_owned()),
                GroupOutcome::Signed(said) => (Came::Half, said.clone()),
                GroupOutcome::Refused(reason) => (Came::Bad, reason.clone()),
            }),
        })
    }
}

fn title(page: &GroupPage) -> &'static str {
    match page {
        GroupPage::New => words::NEW_TITLE,
        GroupPage::About(_) => words::TITLE,
        GroupPage::Add(_) => words::ADD_TITLE,
        GroupPage::AskRemove(_) => words::REMOVE_TITLE,
        GroupPage::AskArrested(_) => words::ARRESTED_TITLE,
        GroupPage::AskWithout(_) => words::WITHOUT_TITLE,
        GroupPage::Arrested(_) => words::CAME_TITLE,
    }
}

fn back(page: &GroupPage) -> Option<GroupPage> {
    match page {
        GroupPage::New | GroupPage::About(_) => None,
        other => other.conversation().map(GroupPage::About),
    }
}

fn page(model: &Model, form: &Form, state: &GroupState) -> PageData {
    match &state.page {
        GroupPage::New => PageData::New {
            contacts: rows(model, None),
            chosen: words::chosen(form.ticked.len()),
            can_create: !state.busy && is_name(&form.name),
        },
        GroupPage::About(conversation) => about(model, *conversation),
        GroupPage::Add(conversation) => PageData::Add {
            conversation: *conversation,
            contacts: rows(model, Some(*conversation)),
        },
        GroupPage::AskRemove(whom) | GroupPage::AskArrested(whom) | GroupPage::AskWithout(whom) => {
            // Who is not there any more cannot be cut off.
            AskData::new(model, &state.page)
                .map_or_else(|| about(model, whom.conversation), PageData::Ask)
        }
        GroupPage::Arrested(arrested) => PageData::Came(CameData::new(model, arrested)),
    }
}

fn about(model: &Model, conversation: ConversationId) -> PageData {
    model
        .groups
        .get(&conversation)
        .map_or(PageData::Waiting, |view| {
            PageData::About(Box::new(AboutData::new(model, view)))
        })
}

fn rows(model: &Model, conversation: Option<ConversationId>) -> Vec<ContactRow> {
    let view = conversation.and_then(|conversation| model.groups.get(&conversation));
    let contacts = super::members::addable(model, view);
    contacts.into_iter().map(ContactRow::new).collect()
}

/// Whether a name can be tried.
#[must_use]
pub fn is_name(typed: &str) -> bool {
    (1..=GROUP_NAME_BYTES_MAX).contains(&typed.trim().len())
}
