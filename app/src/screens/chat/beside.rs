//! What stands beside a message: what it answers, emoji under it, and what can be done.

use mesh_core::types::{Marks, Message, MessageClass, MessageId};

use super::bubble::Place;
use crate::plain;
use crate::text::marks as words;

/// Characters of a message that are quoted.
const QUOTE_CHARS: usize = 120;
/// Characters of a message that name it for a screen reader.
const LABEL_CHARS: usize = 40;

/// The message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Which.
    pub message_id: MessageId,
    /// Who wrote it; empty if it is not here.
    pub name: String,
    /// For the colour of the name; none of an own one.
    pub key: Option<[u8; 8]>,
    /// How it begins, or that it is not here.
    pub text: String,
    /// Whether it is here.
    pub is_here: bool,
    /// For a screen reader.
    pub label: String,
}

/// An emoji under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chip {
    /// As it is sent.
    pub emoji: String,
    /// As it is drawn, made safe.
    pub shown: String,
    /// How many people used it.
    pub count: String,
    /// Whether we are one of them.
    pub own: bool,
    /// Whether pressing it does something.
    pub can_press: bool,
    /// For a screen reader.
    pub label: String,
}

/// What can be done about a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuData {
    /// Which.
    pub message_id: MessageId,
    /// For a screen reader.
    pub label: String,
    /// Answer it.
    pub can_reply: bool,
    /// Put an emoji under it.
    pub can_react: bool,
    /// Change its text.
    pub can_edit: bool,
    /// Delete it on this laptop.
    pub can_delete_here: bool,
    /// Delete it for everybody.
    pub can_withdraw: bool,
    /// Text to be copied.
    pub copies: Option<String>,
}

pub(super) fn quote(
    message: &Message,
    answers: Option<&Message>,
    place: Place<'_>,
) -> Option<Quote> {
    let message_id = message
        .marks
        .reply_to
        .filter(|_| !message.marks.is_withdrawn)?;
    let Some(answered) = answers else {
        return Some(Quote {
            message_id,
            name: String::new(),
            key: None,
            text: words::QUOTE_MISSING.to_owned(),
            is_here: false,
            label: words::QUOTE_MISSING.to_owned(),
        });
    };
    let name = place.name_of(&answered.from);
    let text = match (answered.marks.is_withdrawn, answered.from.own) {
        (false, _) => short(&answered.text, QUOTE_CHARS),
        (true, true) => words::WITHDRAWN_OWN.to_owned(),
        (true, false) => words::withdrawn(&name),
    };
    Some(Quote {
        message_id,
        label: words::spoken_quote(&name, &text),
        name,
        key: (!answered.from.own).then_some(answered.from.badge),
        text,
        is_here: true,
    })
}

pub(super) fn chips(marks: &Marks, can_press: bool) -> Vec<Chip> {
    if marks.is_withdrawn {
        return Vec::new();
    }
    let chips = marks.reactions.iter().map(|one| {
        let emoji = plain::emoji(&one.emoji);
        Chip {
            emoji: one.emoji.clone(),
            label: words::spoken_reaction(&emoji, one.count, one.own),
            shown: emoji,
            count: one.count.to_string(),
            own: one.own,
            can_press,
        }
    });
    chips.collect()
}

/// Only what works where the message is.
pub(super) fn menu(message: &Message, place: Place<'_>, name: &str, said: &str) -> MenuData {
    let is_person = !place.is_channel();
    let is_whole = is_person && !message.marks.is_withdrawn;
    let can_say = is_whole && place.can_write;
    let own = message.from.own;
    MenuData {
        message_id: message.message_id,
        label: words::menu(name, &short(said, LABEL_CHARS)),
        can_reply: can_say,
        can_react: can_say,
        can_edit: can_say && own && message.class == MessageClass::Text,
        can_delete_here: is_person,
        can_withdraw: can_say && own,
        copies: (!message.marks.is_withdrawn).then(|| said.to_owned()),
    }
}

/// Cut before cleaning: the rest is not shown anyway.
pub(super) fn short(text: &str, chars: usize) -> String {
    let mut cut = plain::line(&text.chars().take(chars).collect::<String>());
    if text.chars().nth(chars).is_some() {
        cut.push('…');
    }
    cut
}
