//! The open conversation's messages, in the order the node stored them.

use mesh_core::api::Page;
use mesh_core::types::{
    ConversationId, Delivery, MemberId, Message, MessageClass, MessageId, RequestId,
};

/// An own message that the node has not stored yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The answer to it decides.
    pub request: RequestId,
    /// Where to.
    pub conversation: ConversationId,
    /// Known once it is stored; the line goes when a page brings the message.
    pub message_id: Option<MessageId>,
    /// What it was written as.
    pub class: MessageClass,
    /// What was written.
    pub text: String,
    /// The message that it answers.
    pub reply_to: Option<MessageId>,
    /// Those whom it names, each as named.
    pub mentions: Vec<(MemberId, String)>,
}

/// The open conversation's messages.
#[derive(Debug)]
pub struct Timeline {
    /// Whose.
    pub conversation: ConversationId,
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether older ones exist.
    pub more: bool,
    /// Whether a page has come at all.
    pub loaded: bool,
    /// The first message that was not seen when the conversation was opened.
    pub first_unread: Option<MessageId>,
    unread_when_opened: u32,
}

impl Timeline {
    /// Empty, waiting for its first page.
    #[must_use]
    pub fn new(conversation: ConversationId, unread: u32) -> Self {
        Self {
            conversation,
            messages: Vec::new(),
            more: false,
            loaded: false,
            first_unread: None,
            unread_when_opened: unread,
        }
    }

    /// Takes the newest page as the truth for the end of the timeline.
    pub fn merge_newest(&mut self, page: Page) {
        let first = page.messages.first().map(|message| message.message_id);
        let overlap = first.and_then(|id| self.position(id));
        match overlap {
            Some(position) => self.messages.truncate(position),
            // Nothing in common: what is held lies behind a gap.
            None => {
                self.messages.clear();
                self.more = page.more;
            }
        }
        self.messages.extend(page.messages);
        if !self.loaded {
            self.loaded = true;
            self.first_unread = self.nth_foreign_from_end(self.unread_when_opened);
        }
    }

    /// Puts an older page before the rest.
    pub fn prepend(&mut self, page: Page) {
        self.more = page.more;
        let mut older = page.messages;
        older.retain(|message| self.position(message.message_id).is_none());
        older.append(&mut self.messages);
        self.messages = older;
    }

    /// Adds a message that just came.
    pub fn receive(&mut self, message: Message) {
        // Before the first page an append would leave a gap; the page brings it.
        if self.loaded && self.position(message.message_id).is_none() {
            self.messages.push(message);
        }
    }

    /// Notes what became of an own message.
    pub fn set_state(&mut self, message_id: MessageId, state: Delivery) {
        let newest_first = self.messages.iter_mut().rev();
        for message in newest_first.filter(|message| message.message_id == message_id) {
            message.state = state;
        }
    }

    /// Shows a message as it is now.
    pub fn change(&mut self, message: Message) {
        let held = self.position(message.message_id);
        if let Some(held) = held.and_then(|position| self.messages.get_mut(position)) {
            *held = message;
        }
    }

    /// Takes a message out.
    pub fn remove(&mut self, message_id: MessageId) {
        let Some(position) = self.position(message_id) else {
            return;
        };
        if self.first_unread == Some(message_id) {
            let next = self.messages.get(position.saturating_add(1));
            self.first_unread = next.map(|message| message.message_id);
        }
        self.messages.remove(position);
    }

    /// One message.
    #[must_use]
    pub fn message(&self, message_id: MessageId) -> Option<&Message> {
        self.messages.get(self.position(message_id)?)
    }

    /// Searches from the end, where what is asked for nearly always is.
    fn position(&self, message_id: MessageId) -> Option<usize> {
        self.messages
            .iter()
            .rposition(|message| message.message_id == message_id)
    }

    fn nth_foreign_from_end(&self, count: u32) -> Option<MessageId> {
        let before = usize::try_from(count).ok()?.checked_sub(1)?;
        self.messages
            .iter()
            .rev()
            .filter(|message| !message.from.own)
            .nth(before)
            .map(|message| message.message_id)
    }
}
