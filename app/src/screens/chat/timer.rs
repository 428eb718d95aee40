//! After how long messages disappear.

use mesh_core::types::ConversationId;

use crate::model::Model;
use crate::text::marks as words;

/// What can be chosen, and what is in force.
#[derive(Debug, PartialEq, Eq)]
pub struct TimerData {
    /// Where.
    pub conversation: ConversationId,
    /// What is in force; none for never.
    pub seconds: Option<u32>,
    /// The shortest first, after "off".
    pub choices: Vec<TimerChoice>,
}

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub struct TimerChoice {
    /// None for never.
    pub seconds: Option<u32>,
    /// In words.
    pub label: String,
}

impl TimerData {
    /// What to show of a conversation.
    #[must_use]
    pub fn new(model: &Model, conversation: ConversationId) -> Self {
        let view = model.conversation(conversation);
        let seconds = view.and_then(|view| view.timer_s);
        let mut offered = words::TIMERS.to_vec();
        // Another program may have set what is not offered here.
        offered.extend(seconds.filter(|seconds| !words::TIMERS.contains(seconds)));
        offered.sort_unstable();
        let off = TimerChoice {
            seconds: None,
            label: words::TIMER_OFF.to_owned(),
        };
        let others = offered.into_iter().map(|seconds| TimerChoice {
            seconds: Some(seconds),
            label: words::timer(seconds),
        });
        Self {
            conversation,
            seconds,
            choices: core::iter::once(off).chain(others).collect(),
        }
    }
}
