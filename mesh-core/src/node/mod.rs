//! The running node: engine on a thread of its own, carriers on tokio, files.
//!
//! Floor 6.

mod config;
mod error;

use std::path::Path;

pub use config::{KdfCost, NodeConfig};
pub use error::{Busy, NodeError};

use crate::api::{Command, Event, Strength};
use crate::types::RequestId;

/// What lies in a profile folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileState {
    /// Nothing: a profile can be created.
    Absent,
    /// A profile that a passphrase opens.
    Locked,
    /// Something that is no profile, or cannot be read: why, without a full stop.
    Unreadable(String),
}

/// Ways to start a node and to look at a profile without one.
///
/// Starting takes a second or more (Argon2id): never call it on a thread that draws.
#[derive(Debug)]
pub struct Node;

impl Node {
    /// What lies in a profile folder; reads no secret and takes no lock.
    pub fn profile_state(profile: &Path) -> ProfileState {
        let _ = profile;
        ProfileState::Absent
    }

    /// Creates a profile and starts its node.
    pub fn create(
        config: NodeConfig,
        name: &str,
        passphrase: &str,
    ) -> Result<(NodeHandle, EventStream), NodeError> {
        let _ = (config, name, passphrase);
        Err(NodeError::Start("under construction".into()))
    }

    /// Opens a profile and starts its node.
    pub fn unlock(
        config: NodeConfig,
        passphrase: &str,
    ) -> Result<(NodeHandle, EventStream), NodeError> {
        let _ = (config, passphrase);
        Err(NodeError::Start("under construction".into()))
    }

    /// Starts a node that carries and forwards and holds no identity.
    pub fn relay(config: NodeConfig) -> Result<(NodeHandle, EventStream), NodeError> {
        let _ = config;
        Err(NodeError::Start("under construction".into()))
    }

    /// Destroys a profile: keys first, then files. For "start anew".
    pub fn erase(profile: &Path) -> Result<(), NodeError> {
        let _ = profile;
        Err(NodeError::Start("under construction".into()))
    }

    /// Six words drawn at random (66 bits), separated by spaces.
    #[must_use]
    pub fn generate_phrase() -> String {
        String::new()
    }

    /// How hard a passphrase is to guess.
    #[must_use]
    pub fn strength(passphrase: &str) -> Strength {
        let _ = passphrase;
        Strength {
            bits: 0,
            grade: crate::api::Grade::Weak,
        }
    }
}

/// Talks to a running node. Dropping the last handle stops the node.
#[derive(Debug, Clone)]
pub struct NodeHandle;

impl NodeHandle {
    /// A request id not used before in this run.
    #[must_use]
    pub fn fresh_request(&self) -> RequestId {
        RequestId(0)
    }

    /// Gives a command to the node, without waiting. The answer comes as an event.
    pub fn send(&self, command: Command) -> Result<(), Busy> {
        let _ = command;
        Err(Busy)
    }

    /// Called after each new event is queued; an egui app passes its repaint request.
    pub fn set_waker(&self, waker: Box<dyn Fn() + Send + Sync>) {
        let _ = waker;
    }

    /// Asks the node to stop; `Event::Stopped` is the last event.
    pub fn shutdown(&self) {}
}

/// What a node tells, in order. One reader.
#[derive(Debug)]
pub struct EventStream;

impl EventStream {
    /// The next event; `None` after `Event::Stopped`.
    pub async fn next(&mut self) -> Option<Event> {
        None
    }

    /// The next event if one is queued.
    pub fn try_next(&mut self) -> Option<Event> {
        None
    }
}
