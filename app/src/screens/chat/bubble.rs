//! A message spelled out: what its bubble says, and nothing of how it looks.

use mesh_core::types::{Author, Delivery, Message, MessageClass, MessageId};

use crate::clock::Moment;
use crate::model::Outgoing;
use crate::{plain, text};

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
    /// Plain text, made safe.
    pub text: String,
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
    /// Whether it is one with one person: messages are sent until they have them.
    pub is_direct: bool,
}

impl Bubble {
    /// A stored message; `first` if it starts a run of one author's messages.
    #[must_use]
    pub fn of_message(message: &Message, place: Place<'_>, first: bool, now: Moment) -> Self {
        let own = message.from.own;
        let mut author = AuthorData::new(&message.from);
        if place.is_direct {
            // What they are called today, whatever they were when they wrote.
            place.name.clone_into(&mut author.name);
        }
        let mark = own.then(|| mark(message, place, now)).flatten();
        let time = time(message, now);
        let meta = match mark {
            None => time,
            Some(Mark::Waiting) if place.is_direct => {
                format!("{time} · {}", text::contacts::WAITING)
            }
            Some(mark) => format!("{time} · {}", mark.words(message, now)),
        };
        let mut bubble = bubble(Some(author), own, &message.text, meta, mark);
        bubble.sos = sos(message.class, place.name);
        if !first || own {
            bubble.author = None;
        }
        bubble.first = first;
        bubble.send_again = (mark == Some(Mark::Expired)).then_some(message.message_id);
        bubble
    }

    /// An own message on its way into the store.
    #[must_use]
    pub fn of_outgoing(outgoing: &Outgoing, channel: &str) -> Self {
        let meta = text::STORING.to_owned();
        Self {
            sos: sos(outgoing.class, channel),
            ..bubble(None, true, &outgoing.text, meta, Some(Mark::Storing))
        }
    }
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

fn bubble(
    author: Option<AuthorData>,
    own: bool,
    text: &str,
    meta: String,
    mark: Option<Mark>,
) -> Bubble {
    let text = plain::block(text);
    Bubble {
        author,
        first: true,
        own,
        sos: None,
        text,
        meta,
        mark,
        send_again: None,
    }
}

fn mark(message: &Message, place: Place<'_>, now: Moment) -> Option<Mark> {
    let is_dropped = message.expires_at <= now.wall && !place.is_direct;
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
