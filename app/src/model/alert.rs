//! A call for help of somebody else, until the person has seen it.

use mesh_core::types::{ConversationId, Message};

/// The newest SOS that came where the person was not looking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// As it came.
    pub message: Message,
    /// How many came before it and were not seen either. Only counted: whoever
    /// floods with SOS gets one line for all of them.
    pub earlier: u32,
}

impl Alert {
    /// The alert after one more SOS.
    #[must_use]
    pub fn after(before: Option<Self>, message: Message) -> Self {
        Self {
            message,
            earlier: before.map_or(0, |alert| alert.earlier.saturating_add(1)),
        }
    }

    /// Where it came.
    #[must_use]
    pub fn conversation(&self) -> ConversationId {
        self.message.conversation
    }
}
