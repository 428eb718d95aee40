//! What the open conversation shows.
//!
//! A timeline can be long, and most of it is off screen: [`ChatData::rows`] only
//! says which rows there are, and [`ChatData::bubble`] spells one out when it is
//! drawn.

use mesh_core::api::{ContactView, GroupView};
use mesh_core::limits::DAY_MS;
use mesh_core::types::{
    ContactId, ConversationId, ConversationKind, Delivery, Message, MessageClass, MessageId,
};

use crate::clock::Moment;
use crate::model::{Model, Outgoing, Timeline};
use crate::screens::contacts::person::{contact_in, signs};
use crate::text::{groups, marks};
use crate::{plain, text};

pub use super::bubble::{AuthorData, Bubble, Chip, Mark, MenuData, Place, Quote, time};
pub use super::compose::{AboutLine, ComposerData, NameRow};
pub use super::timer::{TimerChoice, TimerData};

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
    /// After how long messages disappear, in words.
    pub timer: Option<String>,
    /// Whether it is a group.
    pub is_group: bool,
    /// What is said instead of a composer where nothing can be written any more.
    pub gone: Option<&'static str>,
    /// What is said while new keys are on their way.
    pub keys: Option<&'static str>,
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
    timeline: &'a Timeline,
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
        let group = model
            .open_group()
            .filter(|_| kind == ConversationKind::Group);
        let rows = rows(timeline, &model.outgoing, now);
        let has_messages = rows
            .iter()
            .any(|row| matches!(row.kind, RowKind::Message { .. } | RowKind::Outgoing(_)));
        Some(Self {
            conversation,
            sign: sign(kind, contact, group, &name),
            timer: view.and_then(|view| view.timer_s).map(marks::timer_sign),
            is_group: kind == ConversationKind::Group,
            gone: group
                .filter(|group| group.role.is_none())
                .map(|_| groups::GONE),
            keys: group
                .filter(|group| !group.is_ready && group.role.is_some())
                .map(|_| groups::KEYS_COMING),
            is_warned: kind == ConversationKind::Public
                || contact.is_some_and(|contact| contact.restarted),
            contact: contact.map(|contact| contact.contact),
            name,
            people: match kind {
                ConversationKind::Direct => text::contacts::ABOUT.to_owned(),
                ConversationKind::Group => groups::ABOUT_SHORT.to_owned(),
                _ => text::people(people(timeline)),
            },
            empty: (!has_messages).then(|| empty(timeline, kind)),
            rows: if has_messages { rows } else { Vec::new() },
            nobody_near: (model.links.is_empty() && model.status.is_some())
                .then(|| nobody_near(model, conversation, kind)),
            more: timeline.more,
            composer: ComposerData::new(model, conversation, kind),
            timeline,
            kind,
            now,
        })
    }

    /// Spells a row out; none if it is not a message.
    #[must_use]
    pub fn bubble(&self, row: &Row<'_>) -> Option<Bubble> {
        match row.kind {
            RowKind::Message { message, first } => {
                let answers = message
                    .marks
                    .reply_to
                    .and_then(|answered| self.timeline.message(answered));
                let place = self.place();
                let now = self.now;
                Some(Bubble::of_message(message, answers, place, first, now))
            }
            RowKind::Outgoing(outgoing) => Some(Bubble::of_outgoing(outgoing, &self.name)),
            RowKind::Top { .. } | RowKind::Day(_) | RowKind::Unread => None,
        }
    }

    fn place(&self) -> Place<'_> {
        Place {
            name: &self.name,
            kind: self.kind,
            can_write: self.gone.is_none(),
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
        let vanishing = self.rows.iter().filter_map(|row| match row.kind {
            RowKind::Message { message, .. } => message.marks.disappears_at,
            _ => None,
        });
        let vanishing = vanishing.map(|at| next_said(at.0.saturating_sub(now)));
        waiting
            .chain(vanishing)
            .chain([self.now.ms_to_midnight()])
            .min()
            .unwrap_or(DAY_MS)
    }
}

/// When the words for so much time change, milliseconds from now.
fn next_said(left_ms: u64) -> u64 {
    const MINUTE_MS: u64 = 60_000;
    match left_ms {
        // It is the node that takes the message out.
        0..=MINUTE_MS => left_ms.max(1_000),
        _ => left_ms % MINUTE_MS + 1,
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
        let key = row_key(message.message_id);
        let kind = RowKind::Message { message, first };
        rows.push(Row { key, kind });
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

/// Names the row of a message.
#[must_use]
pub fn row_key(message_id: MessageId) -> RowKey {
    (4, message_id.0)
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

fn sign(
    kind: ConversationKind,
    contact: Option<&ContactView>,
    group: Option<&GroupView>,
    name: &str,
) -> String {
    match (kind, contact) {
        (ConversationKind::Group, _) => group.map_or_else(|| groups::KIND.to_owned(), readers),
        (ConversationKind::Public, _) => text::PUBLIC_SIGN.to_owned(),
        (ConversationKind::Direct, Some(contact)) => text::contacts::sign(name, &signs(contact)),
        _ => text::KEYED_SIGN.to_owned(),
    }
}

fn readers(group: &GroupView) -> String {
    match group.role {
        Some(_) => groups::readers(group.members.len()),
        None => groups::GONE.to_owned(),
    }
}

fn nobody_near(model: &Model, conversation: ConversationId, kind: ConversationKind) -> String {
    match kind {
        ConversationKind::Direct | ConversationKind::Group => text::contacts::nobody_near(),
        _ => text::nobody_near(model.drafts.of(conversation).lifetime),
    }
}

fn empty(timeline: &Timeline, kind: ConversationKind) -> EmptyData {
    let (title, text) = match (timeline.loaded, kind) {
        (false, _) => (text::LOADING, ""),
        (true, ConversationKind::Public) => (text::NO_MESSAGES, text::NO_MESSAGES_PUBLIC),
        (true, ConversationKind::Keyed) => (text::NO_MESSAGES, text::NO_MESSAGES_KEYED),
        (true, ConversationKind::Direct) => (text::NO_MESSAGES, text::contacts::NO_MESSAGES),
        (true, ConversationKind::Group) => (text::NO_MESSAGES, groups::NO_MESSAGES),
    };
    EmptyData { title, text }
}
