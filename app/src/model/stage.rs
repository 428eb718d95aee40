//! How far the start of the program has come.

/// What the whole window is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// No profile is there: name and passphrase are asked for.
    Onboarding(Entry),
    /// A profile is there: its passphrase is asked for.
    Unlock(Entry),
    /// The folder holds something else.
    Unreadable {
        /// Why, without a full stop.
        reason: String,
    },
    /// The node runs.
    Main,
    /// The node runs and only relays: the passphrase is asked for.
    Locked {
        /// The form on show.
        entry: Entry,
        /// Whether the node said that nothing is in memory any more.
        is_done: bool,
    },
    /// The profile is being destroyed, or was.
    Wiped {
        /// Whether it is under way.
        busy: bool,
        /// Why it could not be done, one sentence.
        error: Option<String>,
    },
    /// The node has stopped.
    Stopped {
        /// Why, if nobody asked it to.
        error: Option<String>,
    },
}

/// A form at the door.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Whether the node is being started.
    pub busy: bool,
    /// Why the last try failed, one sentence.
    pub error: Option<String>,
}

impl Default for Stage {
    fn default() -> Self {
        Self::Onboarding(Entry::default())
    }
}

impl Stage {
    /// The form on show, if one is.
    pub fn entry_mut(&mut self) -> Option<&mut Entry> {
        match self {
            Self::Onboarding(entry) | Self::Unlock(entry) | Self::Locked { entry, .. } => {
                Some(entry)
            }
            Self::Unreadable { .. } | Self::Main | Self::Wiped { .. } | Self::Stopped { .. } => {
                None
            }
        }
    }
}
