//! What the list of conversations shows.

use mesh_core::api::ConversationView;
use mesh_core::types::{ConversationId, ConversationKind, Message, MessageClass};

use crate::clock::Moment;
use crate::model::Model;
use crate::{plain, text};

/// Characters of the last message that are kept for the list.
const PREVIEW_CHARS: usize = 80;

/// What the list of conversations shows.
#[derive(Debug, PartialEq, Eq)]
pub struct ListData {
    /// The name this profile claims.
    pub me: Option<String>,
    /// What the button to people says.
    pub people: String,
    /// Whether somebody asks to be let in.
    pub is_asked: bool,
    /// The most recently active first.
    pub rows: Vec<ListRow>,
}

/// One conversation.
#[derive(Debug, PartialEq, Eq)]
pub struct ListRow {
    /// Which one.
    pub conversation: ConversationId,
    /// On one line.
    pub name: String,
    /// Who can read it.
    pub kind: ConversationKind,
    /// The draft, or the last message.
    pub preview: String,
    /// Whether `preview` is a draft.
    pub is_draft: bool,
    /// Whether `preview` is a call for help.
    pub is_sos: bool,
    /// When the last message came.
    pub time: Option<String>,
    /// Messages not seen.
    pub unread: u32,
    /// Whether it is open.
    pub selected: bool,
    /// For a screen reader.
    pub label: String,
}

impl ListData {
    /// What to show.
    #[must_use]
    pub fn new(model: &Model, now: Moment) -> Self {
        let rows = model.conversations.iter();
        Self {
            me: model
                .status
                .as_ref()
                .and_then(|status| status.name.as_ref())
                .map(|name| plain::name(&name.0)),
            people: text::contacts::button(model.asking.len() + model.introductions.len()),
            is_asked: !model.asking.is_empty() || !model.introductions.is_empty(),
            rows: rows.map(|view| row(model, now, view)).collect(),
        }
    }
}

fn row(model: &Model, now: Moment, view: &ConversationView) -> ListRow {
    let name = plain::line(&view.name.0);
    let draft = model.drafts.of(view.conversation).text;
    let selected = model.route.open == Some(view.conversation);
    let is_draft = !selected && !draft.trim().is_empty();
    let preview = if is_draft {
        short(&draft)
    } else if let Some(last) = view
        .last
        .as_ref()
        .filter(|_| view.kind == ConversationKind::Direct)
    {
        text::contacts::preview(last.from.own, &said(last))
    } else if let Some(last) = &view.last {
        let author = if last.from.own {
            text::YOU.to_owned()
        } else {
            plain::name(&last.from.name)
        };
        format!("{author}: {}", said(last))
    } else {
        text::NO_MESSAGES_SHORT.to_owned()
    };
    let kind = match view.kind {
        ConversationKind::Public => text::PUBLIC,
        ConversationKind::Keyed => text::KEYED,
        ConversationKind::Direct => text::contacts::PERSON,
        ConversationKind::Group => text::groups::KIND,
    };
    ListRow {
        conversation: view.conversation,
        label: text::spoken_conversation(&name, kind, view.unread),
        name,
        kind: view.kind,
        preview,
        is_draft,
        is_sos: !is_draft && is_sos(view),
        time: view
            .last
            .as_ref()
            .map(|last| text::list_time(now, last.received_at)),
        unread: view.unread,
        selected,
    }
}

fn is_sos(view: &ConversationView) -> bool {
    view.last
        .as_ref()
        .is_some_and(|last| last.class == MessageClass::Sos)
}

fn said(last: &Message) -> String {
    match last.marks.is_withdrawn {
        true => text::marks::WITHDRAWN_SHORT.to_owned(),
        false => short(&last.text),
    }
}

/// Cut before cleaning: the rest is not shown anyway.
fn short(text: &str) -> String {
    plain::line(&text.chars().take(PREVIEW_CHARS).collect::<String>())
}
