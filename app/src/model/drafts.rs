//! What the composers hold, one for each conversation.

use std::collections::BTreeMap;

use mesh_core::types::{ConversationId, Lifetime};

/// One composer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// What was typed and not sent.
    pub text: String,
    /// Why the last message came back, one sentence; gone at the next key.
    pub refused: Option<String>,
    /// How long a text written here is carried; stays as chosen.
    pub lifetime: Lifetime,
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

    /// Takes a composer's text to send it; none if there is only white space.
    pub fn take(&mut self, conversation: ConversationId) -> Option<String> {
        let draft = self.0.get_mut(&conversation)?;
        let text = draft.text.trim().to_owned();
        if text.is_empty() {
            return None;
        }
        draft.text.clear();
        draft.refused = None;
        Some(text)
    }

    /// Gives a refused message back, before whatever was typed since.
    pub fn restore(&mut self, conversation: ConversationId, text: &str, refused: String) {
        let draft = self.0.entry(conversation).or_default();
        let typed_since = core::mem::take(&mut draft.text);
        draft.text = text.to_owned();
        if !typed_since.trim().is_empty() {
            draft.text.push('\n');
            draft.text.push_str(&typed_since);
        }
        draft.refused = Some(refused);
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
}
