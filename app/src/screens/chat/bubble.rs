//! A message spelled out: what its bubble says, and nothing of how it looks.

use mesh_core::types::{Author, ConversationKind, Delivery, Message, MessageClass, MessageId};

use crate::clock::Moment;
use crate::model::Outgoing;
use crate::text::marks as words;
use crate::{plain, text};

pub use super::beside::{Chip, MenuData, Quote};
use super::beside::{chips, menu, quote};

/// Written and received further apart than this is told.
const LATE_MS: u64 = 10 * 60 * 1_000;

/// A message spelled out.
#[derive(Debug, PartialEq, Eq)]
pub struct Bubble {
    /// Who wrote it; none below the first of a run, and for own ones.
    pub author: Option<AuthorData>,
    /// Whether it starts a run of one author's messages.
    pub first: bool,
    /// Whether it is ours.
    pub own: bool,
    /// A call for help: the word, and the channel that it came in.
    pub sos: Option<String>,
    /// Said of a message that names us.
    pub names_us: Option<&'static str>,
    /// What it answers.
    pub quote: Option<Quote>,
    /// Plain text, made safe.
    pub text: String,
    /// Whether the text is ours: the message was taken back.
    pub is_withdrawn: bool,
    /// Emoji under it, in the order in which each was first used.
    pub chips: Vec<Chip>,
    /// What can be done about it; none while it is being stored.
    pub menu: Option<MenuData>,
    /// Time and state, in words.
    pub meta: String,
    /// What became of an own message.
    pub mark: Option<Mark>,
    /// Which message can be sent once more.
    pub send_again: Option<MessageId>,
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorData {
    /// Claimed, made safe, one line.
    pub name: String,
    /// From the key, what tells authors apart: short form.
    pub badge: String,
    /// All of it.
    pub badge_full: String,
    /// For the colour.
    pub key: [u8; 8],
}

/// What became of an own message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Not stored yet.
    Storing,
    /// Stored; nobody took it yet.
    Waiting,
    /// Nobody took it in time.
    Expired,
    /// A neighbour took it.
    WithMesh,
    /// An addressee has it.
    Delivered,
    /// An addressee read it.
    Read,
}

/// Where a message is shown.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The conversation's name on one line.
    pub name: &'a str,
    /// With whom: to people messages are sent until they have them.
    pub kind: ConversationKind,
    /// Whether anything can be written here.
    pub can_write: bool,
}

impl Place<'_> {
    pub(super) fn is_channel(self) -> bool {
        matches!(
            self.kind,
            ConversationKind::Public | ConversationKind::Keyed
        )
    }

    fn is_direct(self) -> bool {
        self.kind == ConversationKind::Direct
    }

    /// What an author is called here.
    pub(super) fn name_of(self, author: &Author) -> String {
        match author.own {
            true => text::YOU.to_owned(),
            // What they are called today, whatever they were when they wrote.
            false if self.is_direct() => self.name.to_owned(),
            false => plain::name(&author.name),
        }
    }
}

impl Bubble {
    /// A stored message; `first` if it starts a run of one author's messages, `answers`
    /// the message that it answers, if that is here.
    #[must_use]
    pub fn of_message(
        message: &Message,
        answers: Option<&Message>,
        place: Place<'_>,
        first: bool,
        now: Moment,
    ) -> Self {
        let own = message.from.own;
        let name = place.name_of(&message.from);
        let mut author = AuthorData::new(&message.from);
        author.name.clone_from(&name);
        let is_withdrawn = message.marks.is_withdrawn;
        let mark = own
            .then(|| mark(message, place, now))
            .flatten()
            .filter(|_| !is_withdrawn);
        let said = match (is_withdrawn, own) {
            (false, _) => plain::block(&message.text),
            (true, true) => words::WITHDRAWN_OWN.to_owned(),
            (true, false) => words::withdrawn(&name),
        };
        Self {
            author: (first && !own).then_some(author),
            first,
            own,
            sos: sos(message.class, place.name),
            names_us: (message.marks.mentions_us && !is_withdrawn).then_some(words::MENTIONS_US),
            quote: quote(message, answers, place),
            menu: Some(menu(message, place, &name, &said)),
            text: said,
            is_withdrawn,
            chips: chips(&message.marks, place.can_write),
            meta: meta(message, mark, place, now),
            mark,
            send_again: (mark == Some(Mark::Expired)).then_some(message.message_id),
        }
    }

    /// An own message on its way into the store.
    #[must_use]
    pub fn of_outgoing(outgoing: &Outgoing, channel: &str) -> Self {
        Self {
            author: None,
            first: true,
            own: true,
            sos: sos(outgoing.class, channel),
            names_us: None,
            quote: None,
            text: plain::block(&outgoing.text),
            is_withdrawn: false,
            chips: Vec::new(),
            menu: None,
            meta: text::STORING.to_owned(),
            mark: Some(Mark::Storing),
            send_again: None,
        }
    }
}

/// Time, whether it was changed, what became of it, and when it disappears.
fn meta(message: &Message, mark: Option<Mark>, place: Place<'_>, now: Moment) -> String {
    let marks = &message.marks;
    let mut parts = vec![time(message, now)];
    if marks.edited_at.is_some() && !marks.is_withdrawn {
        parts.push(words::EDITED.to_owned());
    }
    parts.extend(mark.map(|mark| match (mark, marks.reach) {
        (Mark::Waiting, _) if !place.is_channel() => text::contacts::WAITING.to_owned(),
        (_, Some(reach)) if reach.came > 0 => words::reach(reach.came, reach.of),
        _ => mark.words(message, now),
    }));
    if let Some(at) = marks.disappears_at {
        let left = at.0.saturating_sub(now.wall.0);
        parts.push(words::disappears_in(left));
    }
    parts.join(" · ")
}

impl AuthorData {
    /// Name and badge are never shown one without the other.
    #[must_use]
    pub fn new(author: &Author) -> Self {
        let hex: String = author
            .badge
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let group = |from: usize| hex.chars().skip(from).take(4).collect::<String>();
        Self {
            name: plain::name(&author.name),
            badge: format!("{} {}", group(0), group(4)),
            badge_full: format!("{} {} {} {}", group(0), group(4), group(8), group(12)),
            key: author.badge,
        }
    }
}

impl Mark {
    fn words(self, message: &Message, now: Moment) -> String {
        match self {
            Self::Storing => text::STORING.to_owned(),
            Self::Waiting => text::waiting(now, message.expires_at),
            Self::Expired => text::EXPIRED.to_owned(),
            Self::WithMesh => text::WITH_MESH.to_owned(),
            Self::Delivered => text::DELIVERED.to_owned(),
            Self::Read => text::READ.to_owned(),
        }
    }
}

fn mark(message: &Message, place: Place<'_>, now: Moment) -> Option<Mark> {
    let is_dropped = message.expires_at <= now.wall && place.is_channel();
    if let Some(reach) = message.marks.reach.filter(|reach| reach.came > 0) {
        // The sign of all only when it is all.
        return Some(match reach.came >= reach.of {
            true => Mark::Delivered,
            false => Mark::WithMesh,
        });
    }
    match message.state {
        Delivery::Waiting if is_dropped => Some(Mark::Expired),
        Delivery::Waiting => Some(Mark::Waiting),
        Delivery::WithMesh => Some(Mark::WithMesh),
        Delivery::Delivered => Some(Mark::Delivered),
        Delivery::Read => Some(Mark::Read),
        Delivery::Received => None,
    }
}

fn sos(class: MessageClass, channel: &str) -> Option<String> {
    (class == MessageClass::Sos).then(|| text::sos_in(channel))
}

/// When a message was written or came, in words.
#[must_use]
pub fn time(message: &Message, now: Moment) -> String {
    let (written, received) = (message.written_at, message.received_at);
    if received.0.saturating_sub(written.0) > LATE_MS {
        text::late(now, written, received)
    } else if written.0.saturating_sub(received.0) > LATE_MS {
        text::ahead(now, written, received)
    } else {
        text::clock(now, received)
    }
}
