//! What the dialogs about a channel show.

use mesh_core::limits::{CHANNEL_NAME_BYTES_MAX, PHRASE_BYTES_MAX};
use mesh_core::types::{ConversationId, ConversationKind};

use crate::model::{Dialog, Model};
use crate::{plain, text};

/// What was typed so far. Widget state.
#[derive(Default)]
pub struct Form {
    /// Which tab is on show.
    pub tab: Tab,
    /// Of a keyed channel.
    pub phrase: String,
    /// Of a public channel.
    pub name: String,
}

/// A tab of the dialog to join or create.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tab {
    /// A new keyed channel.
    #[default]
    Create,
    /// A keyed channel of others.
    Phrase,
    /// A public channel.
    Public,
}

/// The dialog about a channel.
#[derive(Debug, PartialEq, Eq)]
pub enum ChannelData {
    /// Join or create.
    Join {
        /// Whether the node is at it.
        busy: bool,
        /// Why it was refused.
        error: Option<String>,
        /// Whether what was typed can be tried.
        can_join: bool,
    },
    /// Words and code.
    Secret {
        /// The heading.
        title: &'static str,
        /// What the words open.
        warning: &'static str,
        /// Whether the warning is one.
        is_keyed: bool,
        /// None until the node has answered.
        words: Option<String>,
        /// What the code says.
        link: Option<String>,
    },
    /// Really leave?
    Leave {
        /// Which one.
        conversation: ConversationId,
        /// Its name.
        name: String,
        /// What will happen, point by point.
        points: &'static [&'static str],
        /// Whether the node is at it.
        busy: bool,
    },
}

impl ChannelData {
    /// What to show; none while no such dialog is open.
    #[must_use]
    pub fn new(model: &Model, form: &Form) -> Option<Self> {
        match model.route.dialog.as_ref()? {
            Dialog::Join(state) => Some(Self::Join {
                busy: state.busy,
                error: state.error.clone(),
                can_join: !state.busy && can_join(form),
            }),
            Dialog::Secret {
                conversation,
                secret,
                fresh,
            } => {
                let view = model.conversation(*conversation);
                let is_keyed = view.is_none_or(|view| view.kind == ConversationKind::Keyed);
                Some(Self::Secret {
                    title: match (is_keyed, fresh) {
                        (true, true) => text::SECRET_FRESH_TITLE,
                        (true, false) => text::SECRET_TITLE,
                        (false, _) => text::SECRET_PUBLIC_TITLE,
                    },
                    warning: if is_keyed {
                        text::SECRET_WARNING
                    } else {
                        text::SECRET_PUBLIC_NOTE
                    },
                    is_keyed,
                    words: secret.as_ref().map(|secret| secret.words.0.clone()),
                    link: secret.as_ref().map(|secret| secret.link.0.clone()),
                })
            }
            Dialog::Leave { conversation, busy } => Some(Self::Leave {
                conversation: *conversation,
                name: model
                    .conversation(*conversation)
                    .map(|view| plain::line(&view.name.0))
                    .unwrap_or_default(),
                points: match model.conversation(*conversation).map(|view| view.kind) {
                    Some(ConversationKind::Group) => &text::groups::LEAVE_POINTS,
                    _ => &text::LEAVE_POINTS,
                },
                busy: *busy,
            }),
            Dialog::Sos { .. }
            | Dialog::Status { .. }
            | Dialog::People(_)
            | Dialog::Group(_)
            | Dialog::Delete { .. }
            | Dialog::Safety
            | Dialog::StartAnew { .. } => None,
        }
    }
}

fn can_join(form: &Form) -> bool {
    match form.tab {
        Tab::Create => true,
        Tab::Phrase => (1..=PHRASE_BYTES_MAX).contains(&form.phrase.trim().len()),
        Tab::Public => (1..=CHANNEL_NAME_BYTES_MAX).contains(&form.name.trim().len()),
    }
}
