//! What the question before an SOS shows, and the alert of somebody else's.

use mesh_core::limits::SOS_BYTES_MAX;
use mesh_core::types::{ConversationId, ConversationKind};

use crate::clock::Moment;
use crate::model::{Dialog, Model};
use crate::screens::chat::data::{AuthorData, time};
use crate::{plain, text};

/// Characters of an SOS that an alert shows; the conversation shows all.
const ALERT_CHARS: usize = 160;

/// Widget state of the question.
#[derive(Default)]
pub struct Form {
    /// Whether the field has had the keyboard already.
    pub focused: bool,
}

/// The question before an SOS is sent.
#[derive(Debug, PartialEq, Eq)]
pub struct SosData {
    /// Where it goes.
    pub conversation: ConversationId,
    /// The channel's name on one line.
    pub name: String,
    /// Whether anybody can read it.
    pub public: bool,
    /// Who can read it, in words.
    pub sign: &'static str,
    /// What was typed: the composer's text.
    pub draft: String,
    /// The room left, or how much is too much.
    pub counter: String,
    /// Whether the text is too long.
    pub too_long: bool,
    /// Whether it can be sent.
    pub can_send: bool,
}

impl SosData {
    /// What to show; none while nobody is asked.
    #[must_use]
    pub fn new(model: &Model) -> Option<Self> {
        let Some(Dialog::Sos { conversation }) = model.route.dialog else {
            return None;
        };
        let view = model.conversation(conversation)?;
        let public = view.kind == ConversationKind::Public;
        let draft = model.drafts.of(conversation).text;
        let bytes = draft.trim().len();
        let too_long = bytes > SOS_BYTES_MAX;
        Some(Self {
            conversation,
            name: plain::line(&view.name.0),
            public,
            sign: if public {
                text::PUBLIC_SIGN
            } else {
                text::KEYED_SIGN
            },
            counter: match SOS_BYTES_MAX.checked_sub(bytes) {
                Some(left) => text::bytes_left(left),
                None => text::bytes_over(bytes - SOS_BYTES_MAX),
            },
            too_long,
            can_send: bytes > 0 && !too_long,
            draft,
        })
    }
}

/// Somebody's SOS that came where the person was not looking.
#[derive(Debug, PartialEq, Eq)]
pub struct AlertData {
    /// Where it came.
    pub conversation: ConversationId,
    /// The word, the channel, and how many others came.
    pub heading: String,
    /// Who calls.
    pub author: AuthorData,
    /// The beginning of what they wrote, on one line.
    pub text: String,
    /// When.
    pub time: String,
}

impl AlertData {
    /// What to show; none while there is no alert.
    #[must_use]
    pub fn new(model: &Model, now: Moment) -> Option<Self> {
        let alert = model.alert.as_ref()?;
        let view = model.conversation(alert.conversation())?;
        let beginning: String = alert.message.text.chars().take(ALERT_CHARS).collect();
        Some(Self {
            conversation: alert.conversation(),
            heading: text::alert(&plain::line(&view.name.0), alert.earlier),
            author: AuthorData::new(&alert.message.from),
            text: plain::line(&beginning),
            time: time(&alert.message, now),
        })
    }
}
