//! What the composer shows: the text, what it is about, and whom it can name.

use std::collections::BTreeMap;

use mesh_core::limits::TEXT_BYTES_MAX;
use mesh_core::types::{ConversationId, ConversationKind, Lifetime, MemberId};

use super::beside::short;
use super::bubble::Place;
use crate::model::{About, Draft, Model};
use crate::screens::groups::members;
use crate::text::marks as words;
use crate::{plain, text};

/// From here on the composer counts bytes.
const COUNT_FROM_BYTES: usize = TEXT_BYTES_MAX - 200;
/// Characters that are shown of the message that is answered.
const ABOUT_CHARS: usize = 80;
/// Names that are offered at once.
const NAMES_MAX: usize = 6;

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
    /// What the button says.
    pub send: &'static str,
    /// Why the last message came back.
    pub refused: Option<String>,
    /// Whether an SOS can be sent here.
    pub has_sos: bool,
    /// Whether own messages can be changed here.
    pub can_edit: bool,
    /// How long a text written here is carried; none of one that is changed.
    pub lifetime: Option<Lifetime>,
    /// What it answers or changes.
    pub about: Option<AboutLine>,
    /// Members who can be named, in the order of the group.
    pub names: Vec<NameRow>,
}

/// What is said above the composer of what it answers or changes.
#[derive(Debug, PartialEq, Eq)]
pub struct AboutLine {
    /// What is being done.
    pub title: String,
    /// How the message begins.
    pub text: String,
    /// What the button that ends it is called.
    pub cancel: &'static str,
}

/// A member who can be named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameRow {
    /// Who.
    pub member: MemberId,
    /// What is put in, without the `@`.
    pub name: String,
    /// What is offered: with the badge where two have one name.
    pub label: String,
}

impl ComposerData {
    /// The composer of a conversation.
    #[must_use]
    pub fn new(model: &Model, conversation: ConversationId, kind: ConversationKind) -> Self {
        let draft = model.drafts.of(conversation);
        let bytes = draft.text.trim().len();
        let too_long = bytes > TEXT_BYTES_MAX;
        let counter = if too_long {
            Some(text::bytes_over(bytes - TEXT_BYTES_MAX))
        } else {
            (bytes >= COUNT_FROM_BYTES).then(|| text::bytes_left(TEXT_BYTES_MAX - bytes))
        };
        let is_edit = matches!(draft.about, Some(About::Edit { .. }));
        let is_channel = matches!(kind, ConversationKind::Public | ConversationKind::Keyed);
        Self {
            hint: match kind {
                ConversationKind::Public => text::COMPOSER_HINT_PUBLIC,
                _ => text::COMPOSER_HINT,
            },
            // An SOS goes where many can help.
            has_sos: is_channel,
            can_edit: !is_channel,
            counter,
            too_long,
            can_send: bytes > 0 && !too_long,
            send: if is_edit { words::SAVE } else { text::SEND },
            lifetime: (!is_edit).then_some(draft.lifetime),
            about: about(model, conversation, kind, &draft),
            names: match kind {
                ConversationKind::Group => names(model, conversation),
                _ => Vec::new(),
            },
            refused: draft.refused,
            draft: draft.text,
        }
    }

    /// Members whose names begin with what stands between an `@` and the cursor, and
    /// where the `@` is, in characters.
    #[must_use]
    pub fn offered(&self, cursor: usize) -> Option<(usize, Vec<&NameRow>)> {
        let before: Vec<char> = self.draft.chars().take(cursor).collect();
        let at = before.iter().rposition(|c| *c == '@')?;
        let is_word = at
            .checked_sub(1)
            .and_then(|before_at| before.get(before_at))
            .is_none_or(|c| c.is_whitespace());
        let typed: String = before.iter().skip(at + 1).collect();
        if !is_word || typed.contains('\n') {
            return None;
        }
        let typed = typed.to_lowercase();
        let fits = |row: &&NameRow| row.name.to_lowercase().starts_with(&typed);
        let rows: Vec<&NameRow> = self.names.iter().filter(fits).take(NAMES_MAX).collect();
        // A name that stands there whole needs no more help.
        let is_whole = rows
            .iter()
            .any(|row| typed == format!("{} ", row.name.to_lowercase()));
        (!rows.is_empty() && !is_whole).then_some((at, rows))
    }
}

/// The text with a name in place of what was typed from `at` to the cursor, and where
/// the cursor is then; all in characters.
#[must_use]
pub(super) fn with_name(draft: &str, (at, cursor): (usize, usize), name: &str) -> (String, usize) {
    let put_in = format!("@{name} ");
    let mut out: String = draft.chars().take(at).collect();
    out.push_str(&put_in);
    let cursor_then = out.chars().count();
    let rest: String = draft.chars().skip(cursor).collect();
    out.push_str(rest.strip_prefix(' ').unwrap_or(&rest));
    (out, cursor_then)
}

fn about(
    model: &Model,
    conversation: ConversationId,
    kind: ConversationKind,
    draft: &Draft,
) -> Option<AboutLine> {
    let about = draft.about.as_ref()?;
    let (About::Reply(message_id) | About::Edit { message_id, .. }) = about;
    let message = model
        .timeline
        .as_ref()
        .and_then(|timeline| timeline.message(*message_id));
    let view = model.conversation(conversation);
    let name = view.map_or_else(String::new, |view| plain::line(&view.name.0));
    let place = Place {
        name: &name,
        kind,
        can_write: true,
    };
    let (title, cancel) = match (about, message) {
        (About::Edit { .. }, _) => (words::EDITING.to_owned(), words::CANCEL_EDIT),
        (About::Reply(_), None) => (words::REPLYING_MISSING.to_owned(), words::CANCEL_REPLY),
        (About::Reply(_), Some(message)) if message.from.own => {
            (words::REPLYING_OWN.to_owned(), words::CANCEL_REPLY)
        }
        (About::Reply(_), Some(message)) => {
            let name = place.name_of(&message.from);
            (words::replying(&name), words::CANCEL_REPLY)
        }
    };
    Some(AboutLine {
        title,
        text: message.map_or_else(String::new, |message| short(&message.text, ABOUT_CHARS)),
        cancel,
    })
}

fn names(model: &Model, conversation: ConversationId) -> Vec<NameRow> {
    let Some(group) = model.groups.get(&conversation) else {
        return Vec::new();
    };
    let named = group
        .members
        .iter()
        .filter(|view| !view.is_us && !view.name.0.trim().is_empty());
    let authors: Vec<_> = named
        .map(|view| (view.member, members::author(view)))
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, author) in &authors {
        *counts.entry(&author.name).or_default() += 1;
    }
    let rows = authors.iter().map(|(member, author)| {
        let is_one = counts.get(author.name.as_str()) == Some(&1);
        let badge = (!is_one).then_some(author.badge.as_str());
        NameRow {
            member: *member,
            name: author.name.clone(),
            label: words::mention(&author.name, badge),
        }
    });
    rows.collect()
}
