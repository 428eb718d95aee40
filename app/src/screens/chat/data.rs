//! What the open conversation shows.
//!
//! A timeline can be long, and most of it is off screen: [`ChatData::rows`] only
//! says which rows there are, and [`ChatData::bubble`] spells one out when it is
//! drawn.

use mesh_core::api::ContactView;
use mesh_core::limits::{DAY_MS, TEXT_BYTES_MAX};
use mesh_core::types::{
    ContactId, ConversationId, ConversationKind, Delivery, Lifetime, Message, MessageClass,
};

use crate::clock::Moment;
use crate::model::{Model, Outgoing, Timeline};
use crate::screens::contacts::person::{contact_in, signs};
use crate::{plain, text};

pub use super::bubble::{AuthorData, Bubble, Mark, Place, time};

/// From here on the composer counts bytes.
const COUNT_FROM_BYTES: usize = TEXT_BYTES_MAX - 200;
/// Messages of one author within this time share one author line.
const RUN_MS: u64 = 5 * 60 * 1_000;

/// What the open conversation shows.
pub struct ChatData<'a> {
    /// Which one.
    pub conversation: ConversationId,
    /// Its name on one line.
    pub name: String,
    /// Who can read it, in words.
    pub sign: String,
    /// Whether that is to be careful about.
    pub is_warned: bool,
    /// With whom, if it is with one person.
    pub contact: Option<ContactId>,
    /// How many people wrote here, in words.
    pub people: String,
    /// What the timeline consists of, top to bottom.
    pub rows: Vec<Row<'a>>,
    /// What is said where there are no messages.
    pub empty: Option<EmptyData>,
    /// What is said above the composer while nobody is near.
    pub nobody_near: Option<String>,
    /// Whether scrolling to the top brings older messages.
    pub more: bool,
    /// The composer.
    pub composer: ComposerData,
    kind: ConversationKind,
    now: Moment,
}

/// What is said where there are no messages.
#[derive(Debug, PartialEq, Eq)]
pub struct EmptyData {
    /// One line.
    pub title: &'static str,
    /// Below it.
    pub text: &'static str,
}

/// The composer.
#[derive(Debug, PartialEq, Eq)]
pub struct ComposerData {
    /// What was typed.
    pub draft: String,
    /// What is said in an empty field.
    pub hint: &'static str,
    /// The room left, when it gets short.
    pub counter: Option<String>,
    /// Whether the text is too long to send.
    pub too_long: bool,
    /// Whether it can be sent.
    pub can_send: bool,
    /// Why the last message came back.
    pub refused: Option<String>,
    /// Whether an SOS can be sent here.
    pub has_sos: bool,
    /// How long a text written here is carried.
    pub lifetime: Lifetime,
}

/// Names a row: what it is, and for which message. Authors choose message ids, so
/// nothing shorter would do.
pub type RowKey = (u8, [u8; 16]);

/// One row of the timeline.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The same for the same row from frame to frame.
    pub key: RowKey,
    /// What it is.
    pub kind: RowKind<'a>,
}

/// What a row is. Only this program makes lines; people's text is always in a bubble.
#[derive(Clone, Copy)]
pub enum RowKind<'a> {
    /// Where the timeline begins, or older messages are being loaded.
    Top {
        /// Whether older ones exist.
        more: bool,
    },
    /// A day begins.
    Day(&'a Message),
    /// From here on messages were not seen when the conversation was opened.
    Unread,
    /// A message.
    Message {
        /// Which.
        message: &'a Message,
        /// Whether it starts a run of one author's messages.
        first: bool,
    },
    /// An own message on its way into the store.
    Outgoing(&'a Outgoing),
}

impl<'a> ChatData<'a> {
    /// What to show; none while no conversation is open.
    #[must_use]
    pub fn new(model: &'a Model, now: Moment) -> Option<Self> {
        let conversation = model.route.open?;
        let timeline = model.timeline.as_ref()?;
        let view = model.conversation(conversation);
        let kind = view.map_or(ConversationKind::Keyed, |view| view.kind);
        let name = view.map_or_else(String::new, |view| plain::line(&view.name.0));
        let contact = contact_in(model, conversation).filter(|_| kind == ConversationKind::Direct);
        let rows = rows(timeline, &model.outgoing, now);
        let has_messages = rows
            .iter()
            .any(|row| matches!(row.kind, RowKind::Message { .. } | RowKind::Outgoing(_)));
        Some(Self {
            conversation,
            sign: sign(kind, contact, &name),
            is_warned: kind == ConversationKind::Public
                || contact.is_some_and(|contact| contact.restarted),
            contact: contact.map(|contact| contact.contact),
            name,
            people: match kind {
                ConversationKind::Direct => text::contacts::ABOUT.to_owned(),
                _ => text::people(people(timeline)),
            },
            empty: (!has_messages).then(|| empty(timeline, kind)),
            rows: if has_messages { rows } else { Vec::new() },
            nobody_near: (model.links.is_empty() && model.status.is_some())
                .then(|| nobody_near(model, conversation, kind)),
            more: timeline.more,
            composer: composer(model, conversation, kind),
            kind,
            now,
        })
    }

    /// Spells a row out; none if it is not a message.
    #[must_use]
    pub fn bubble(&self, row: &Row<'_>) -> Option<Bubble> {
        match row.kind {
            RowKind::Message { message, first } => {
                let name = &self.name;
                let is_direct = self.kind == ConversationKind::Direct;
                let place = Place { name, is_direct };
                Some(Bubble::of_message(message, place, first, self.now))
            }
            RowKind::Outgoing(outgoing) => Some(Bubble::of_outgoing(outgoing, &self.name)),
            RowKind::Top { .. } | RowKind::Day(_) | RowKind::Unread => None,
        }
    }

    /// The words of a row that is no message.
    #[must_use]
    pub fn line(&self, row: &Row<'_>) -> String {
        match row.kind {
            RowKind::Top { more: true } => text::LOADING_OLDER.to_owned(),
            RowKind::Top { more: false } => text::BEGINNING.to_owned(),
            RowKind::Day(message) => text::day(self.now, message.received_at),
            RowKind::Unread => text::NEW_LINE.to_owned(),
            RowKind::Message { .. } | RowKind::Outgoing(_) => String::new(),
        }
    }

    /// When a label of this conversation changes by itself, milliseconds from now.
    #[must_use]
    pub fn changes_in_ms(&self) -> u64 {
        let now = self.now.wall.0;
        let waiting = self.rows.iter().filter_map(|row| match row.kind {
            RowKind::Message { message, .. } if message.state == Delivery::Waiting => message
                .expires_at
                .0
                .checked_sub(now)
                .filter(|left| *left > 0),
            _ => None,
        });
        waiting
            .chain([self.now.ms_to_midnight()])
            .min()
            .unwrap_or(DAY_MS)
    }
}

fn rows<'a>(timeline: &'a Timeline, outgoing: &'a [Outgoing], now: Moment) -> Vec<Row<'a>> {
    let mut rows = Vec::with_capacity(timeline.messages.len() + 8);
    if timeline.loaded && !timeline.messages.is_empty() {
        let more = timeline.more;
        rows.push(row(RowKind::Top { more }, 1, [0; 16]));
    }
    let mut last: Option<&Message> = None;
    for message in &timeline.messages {
        let id = message.message_id.0;
        let day = |message: &Message| now.days_until(message.received_at);
        let new_day = last.is_none_or(|last| day(last) != day(message));
        if new_day {
            rows.push(row(RowKind::Day(message), 2, id));
        }
        let unread = timeline.first_unread == Some(message.message_id);
        if unread {
            rows.push(row(RowKind::Unread, 3, [0; 16]));
        }
        let first = new_day || unread || last.is_none_or(|last| !same_run(last, message));
        rows.push(row(RowKind::Message { message, first }, 4, id));
        last = Some(message);
    }
    let here = outgoing
        .iter()
        .filter(|line| line.conversation == timeline.conversation);
    for line in here {
        let request = u128::from(line.request.0).to_be_bytes();
        rows.push(row(RowKind::Outgoing(line), 5, request));
    }
    rows
}

fn row(kind: RowKind<'_>, what: u8, whose: [u8; 16]) -> Row<'_> {
    Row {
        key: (what, whose),
        kind,
    }
}

fn same_run(last: &Message, message: &Message) -> bool {
    // A call for help always says who calls.
    message.class == MessageClass::Text
        && last.class == MessageClass::Text
        && last.from.badge == message.from.badge
        && last.from.own == message.from.own
        && last.from.name == message.from.name
        && message.received_at.0.saturating_sub(last.received_at.0) < RUN_MS
}

fn people(timeline: &Timeline) -> usize {
    let authors = timeline.messages.iter().map(|message| &message.from);
    let badges: std::collections::BTreeSet<[u8; 8]> = authors
        .filter(|author| !author.own)
        .map(|author| author.badge)
        .collect();
    badges.len()
}

fn sign(kind: ConversationKind, contact: Option<&ContactView>, name: &str) -> String {
    match (kind, contact) {
        (ConversationKind::Public, _) => text::PUBLIC_SIGN.to_owned(),
        (ConversationKind::Direct, Some(contact)) => text::contacts::sign(name, &signs(contact)),
        _ => text::KEYED_SIGN.to_owned(),
    }
}

fn nobody_near(model: &Model, conversation: ConversationId, kind: ConversationKind) -> String {
    match kind {
        ConversationKind::Direct => text::contacts::nobody_near(),
        _ => text::nobody_near(model.drafts.of(conversation).lifetime),
    }
}

fn empty(timeline: &Timeline, kind: ConversationKind) -> EmptyData {
    let (title, text) = match (timeline.loaded, kind) {
        (false, _) => (text::LOADING, ""),
        (true, ConversationKind::Public) => (text::NO_MESSAGES, text::NO_MESSAGES_PUBLIC),
        (true, ConversationKind::Keyed) => (text::NO_MESSAGES, text::NO_MESSAGES_KEYED),
        (true, ConversationKind::Direct) => (text::NO_MESSAGES, text::contacts::NO_MESSAGES),
    };
    EmptyData { title, text }
}

fn composer(model: &Model, conversation: ConversationId, kind: ConversationKind) -> ComposerData {
    let draft = model.drafts.of(conversation);
    let bytes = draft.text.trim().len();
    let too_long = bytes > TEXT_BYTES_MAX;
    let counter = if too_long {
        Some(text::bytes_over(bytes - TEXT_BYTES_MAX))
    } else {
        (bytes >= COUNT_FROM_BYTES).then(|| text::bytes_left(TEXT_BYTES_MAX - bytes))
    };
    ComposerData {
        hint: match kind {
            ConversationKind::Public => text::COMPOSER_HINT_PUBLIC,
            _ => text::COMPOSER_HINT,
        },
        // An SOS goes where many can help.
        has_sos: kind != ConversationKind::Direct,
        counter,
        too_long,
        can_send: bytes > 0 && !too_long,
        refused: draft.refused,
        lifetime: draft.lifetime,
        draft: draft.text,
    }
}
