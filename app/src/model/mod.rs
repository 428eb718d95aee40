//! What is true, as far as the window knows. No egui here.
//!
//! Changed by [`apply`] (what the node tells) and by `app::update` (what the
//! person does), and by nothing else.

mod alert;
pub mod apply;
mod drafts;
mod groups;
mod people;
mod requests;
mod route;
mod stage;
mod timeline;

use std::collections::BTreeMap;

use mesh_core::api::{
    ContactView, ConversationView, GroupView, IntroductionView, LinkView, RequestView, Status,
};
use mesh_core::types::ConversationId;

pub use alert::Alert;
pub use drafts::{About, Draft, Drafts, Written};
pub use groups::{Arrested, GroupAsk, GroupOutcome, GroupPage, GroupState, Whom};
pub use people::{Check, PeopleAsk, PeoplePage, PeopleState};
pub use requests::{MessageAsk, Purpose, Requests};
pub use route::{Dialog, JoinState, Pane, Route, ThemeChoice};
pub use stage::{Entry, Stage};
pub use timeline::{Outgoing, Timeline};

/// The public channel that a new profile joins.
pub const NEARBY: &str = "nearby";

/// What is true, as far as the window knows.
#[derive(Debug, Default)]
pub struct Model {
    /// How far the start has come.
    pub stage: Stage,
    /// Every conversation, the most recently active first.
    pub conversations: Vec<ConversationView>,
    /// Every contact, blocked ones too, in the order they were added.
    pub contacts: Vec<ContactView>,
    /// Strangers who wrote, in the order they came.
    pub asking: Vec<RequestView>,
    /// People whom contacts introduced, in the order they came.
    pub introductions: Vec<IntroductionView>,
    /// Who is in the groups that were looked at.
    pub groups: BTreeMap<ConversationId, GroupView>,
    /// The open conversation's messages; only one is held.
    pub timeline: Option<Timeline>,
    /// Own messages on their way into the store, of every conversation.
    pub outgoing: Vec<Outgoing>,
    /// What the composers hold.
    pub drafts: Drafts,
    /// What is on show.
    pub route: Route,
    /// The node's state; none until it first answered.
    pub status: Option<Status>,
    /// Whether messages go by the neighbours' clocks since the person said so.
    pub clock_adopted: bool,
    /// Neighbours now.
    pub links: Vec<LinkView>,
    /// Addresses others can dial.
    pub listen: Vec<String>,
    /// One sentence that the person should see, until put away.
    pub notice: Option<String>,
    /// A call for help that came where the person was not looking.
    pub alert: Option<Alert>,
    /// Commands sent and not answered.
    pub requests: Requests,
    /// Whether the window has the keyboard: only then does it mark as seen.
    pub focused: bool,
    /// Whether the profile was made in this run, so that `nearby` is to be joined.
    pub is_new: bool,
    /// Light, dark, or the system's.
    pub theme: ThemeChoice,
}

impl Model {
    /// A window that has just been opened on a profile folder.
    #[must_use]
    pub fn new(stage: Stage) -> Self {
        Self {
            stage,
            ..Self::default()
        }
    }

    /// Everything of the person goes. What belongs to the window or to the laptop stays.
    pub fn forget(&mut self, stage: Stage) {
        let mut requests = core::mem::take(&mut self.requests);
        requests.forget();
        *self = Self {
            theme: self.theme,
            focused: self.focused,
            clock_adopted: self.clock_adopted,
            listen: core::mem::take(&mut self.listen),
            requests,
            ..Self::new(stage)
        };
    }

    /// The row of one conversation.
    #[must_use]
    pub fn conversation(&self, conversation: ConversationId) -> Option<&ConversationView> {
        self.conversations
            .iter()
            .find(|view| view.conversation == conversation)
    }

    /// The open conversation, if it is still there.
    #[must_use]
    pub fn open(&self) -> Option<&ConversationView> {
        self.conversation(self.route.open?)
    }

    /// Messages of others not seen yet, all conversations together.
    #[must_use]
    pub fn unread(&self) -> u32 {
        self.conversations
            .iter()
            .fold(0, |sum, view| sum.saturating_add(view.unread))
    }

    /// Newest activity first; conversations without messages keep the order of joining.
    fn sort_conversations(&mut self) {
        self.conversations.sort_by_key(|view| {
            core::cmp::Reverse(view.last.as_ref().map(|message| message.received_at))
        });
    }
}
