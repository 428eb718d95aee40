//! What the composers hold, one for each conversation.

use std::collections::BTreeMap;

use mesh_core::types::{ConversationId, Lifetime, MemberId, MessageId};

use super::Outgoing;

/// One composer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// What was typed and not sent.
    pub text: String,
    /// Why the last message came back, one sentence; gone at the next key.
    pub refused: Option<String>,
    /// How long a text written here is carried; stays as chosen.
    pub lifetime: Lifetime,
    /// The message that it answers or changes.
    pub about: Option<About>,
    /// Members chosen from the list of names, each with the name that was put in.
    pub mentions: Vec<(MemberId, String)>,
}

/// What a composer is about, beside its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// It answers a message.
    Reply(MessageId),
    /// It changes an own one.
    Edit {
        /// Which.
        message_id: MessageId,
        /// What the composer held before; comes back afterwards.
        kept: String,
    },
}

/// What a composer gave to be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// Without white space around it.
    pub text: String,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Those whom it still names.
    pub mentions: Vec<(MemberId, String)>,
}

/// What was typed and not sent, kept while the program runs.
#[derive(Debug, Default)]
pub struct Drafts(BTreeMap<ConversationId, Draft>);

impl Drafts {
    /// Replaces a composer's text.
    pub fn edit(&mut self, conversation: ConversationId, text: String) {
        let draft = self.0.entry(conversation).or_default();
        draft.text = text;
        draft.refused = None;
    }

    /// Chooses how long texts written in a conversation are carried from now on.
    pub fn choose(&mut self, conversation: ConversationId, lifetime: Lifetime) {
        self.0.entry(conversation).or_default().lifetime = lifetime;
    }

    /// Notes that a name in the text stands for a member.
    pub fn mention(&mut self, conversation: ConversationId, member: MemberId, name: String) {
        let draft = self.0.entry(conversation).or_default();
        draft.mentions.retain(|(known, _)| *known != member);
        draft.mentions.push((member, name));
    }

    /// Begins an answer; what was typed stays.
    pub fn reply(&mut self, conversation: ConversationId, message_id: MessageId) {
        self.end_edit(conversation);
        let draft = self.0.entry(conversation).or_default();
        draft.about = Some(About::Reply(message_id));
    }

    /// Begins to change an own message; what was typed comes back afterwards.
    pub fn begin_edit(&mut self, conversation: ConversationId, message_id: MessageId, text: &str) {
        self.end_edit(conversation);
        let draft = self.0.entry(conversation).or_default();
        let kept = core::mem::replace(&mut draft.text, text.to_owned());
        draft.about = Some(About::Edit { message_id, kept });
        draft.refused = None;
    }

    /// Neither answers nor changes anything any more.
    pub fn put_aside(&mut self, conversation: ConversationId) {
        self.end_edit(conversation);
        if let Some(draft) = self.0.get_mut(&conversation) {
            draft.about = None;
        }
    }

    /// A message was changed as it was asked.
    pub fn edited(&mut self, conversation: ConversationId, message_id: MessageId) {
        if self.edits(conversation) == Some(message_id) {
            self.end_edit(conversation);
        }
    }

    /// Says why what was typed did not do.
    pub fn refuse(&mut self, conversation: ConversationId, refused: String) {
        self.0.entry(conversation).or_default().refused = Some(refused);
    }

    /// A message is gone: nothing is about it any more. What was typed stays.
    pub fn lose(&mut self, conversation: ConversationId, lost: MessageId, said: &str) {
        let Some(draft) = self.0.get_mut(&conversation) else {
            return;
        };
        match &draft.about {
            Some(About::Reply(message_id)) if *message_id == lost => draft.about = None,
            Some(About::Edit { message_id, .. }) if *message_id == lost => {
                draft.about = None;
                draft.refused = Some(said.to_owned());
            }
            _ => {}
        }
    }

    /// Which message a composer changes.
    #[must_use]
    pub fn edits(&self, conversation: ConversationId) -> Option<MessageId> {
        match self.0.get(&conversation)?.about {
            Some(About::Edit { message_id, .. }) => Some(message_id),
            _ => None,
        }
    }

    /// Takes what a composer holds to send it; none if there is only white space.
    pub fn take(&mut self, conversation: ConversationId) -> Option<Written> {
        let draft = self.0.get_mut(&conversation)?;
        let text = draft.text.trim().to_owned();
        if text.is_empty() {
            return None;
        }
        draft.text.clear();
        draft.refused = None;
        let mut mentions = core::mem::take(&mut draft.mentions);
        // Names that were put in and deleted again.
        mentions.retain(|(_, name)| text.contains(&format!("@{name}")));
        let reply_to = match draft.about.take() {
            Some(About::Reply(message_id)) => Some(message_id),
            _ => None,
        };
        Some(Written {
            text,
            reply_to,
            mentions,
        })
    }

    /// Gives a refused message back, before whatever was typed since.
    pub fn restore(&mut self, line: Outgoing, refused: String) {
        let draft = self.0.entry(line.conversation).or_default();
        let typed_since = core::mem::take(&mut draft.text);
        draft.text = line.text;
        if !typed_since.trim().is_empty() {
            draft.text.push('\n');
            draft.text.push_str(&typed_since);
        }
        draft.refused = Some(refused);
        draft.mentions.extend(line.mentions);
        if draft.about.is_none() {
            draft.about = line.reply_to.map(About::Reply);
        }
    }

    /// Forgets a conversation's composer.
    pub fn forget(&mut self, conversation: ConversationId) {
        self.0.remove(&conversation);
    }

    /// A conversation's composer.
    #[must_use]
    pub fn of(&self, conversation: ConversationId) -> Draft {
        self.0.get(&conversation).cloned().unwrap_or_default()
    }

    fn end_edit(&mut self, conversation: ConversationId) {
        let Some(draft) = self.0.get_mut(&conversation) else {
            return;
        };
        draft.about = match draft.about.take() {
            Some(About::Edit { kept, .. }) => {
                draft.text = kept;
                draft.refused = None;
                None
            }
            other => other,
        };
    }
}
