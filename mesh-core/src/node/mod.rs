//! The running node: engine on a thread of its own, carriers on tokio, files.
//!
//! Floor 6. Starts and stops things; every decision of the protocol is the
//! engine's. [`Node`] is where to begin:
//!
//! ```no_run
//! use mesh_core::api::{Command, Query};
//! use mesh_core::node::{Node, NodeConfig};
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let config = NodeConfig::new("profile".into());
//! let (node, mut events) = Node::create(config, "Ana", "six words that nobody guesses")?;
//! let request = node.fresh_request();
//! node.send(Command::Query { request, query: Query::Conversations })?;
//! while let Some(event) = events.next().await {
//!     println!("{event:?}");
//! }
//! # Ok(())
//! # }
//! ```

mod clock;
mod commands;
mod config;
mod disk;
mod driver;
mod entropy;
mod error;
mod events;
mod folder;
mod kdf;
mod links;
mod memory;
mod profile;
mod restore;
mod sealed;
mod start;
mod vault;
mod wipe;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, watch};

pub use config::{KdfCost, NodeConfig};
pub use error::{Busy, NodeError};

use crate::api::{Command, Event, Grade, Strength};
use crate::crypto::{verify, words};
use crate::limits::NAME_BYTES_MAX;
use crate::types::RequestId;

use events::Events;

/// Every symbol that two people may be shown to compare, with its word: a window must
/// be able to draw each.
#[must_use]
pub fn check_symbols() -> [(char, &'static str); 64] {
    verify::all_symbols()
}

/// Whether a person can be called that.
fn is_name(name: &str) -> bool {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.trim().len());
    fits && name.len() <= NAME_BYTES_MAX && !name.chars().any(char::is_control)
}

/// What lies in a profile folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProfileState {
    /// Nothing: a profile can be created.
    Absent,
    /// A profile that a passphrase opens.
    Locked,
    /// Something that is no profile, or cannot be read: why, without a full stop.
    /// A folder with other files and no trace of a profile is that too.
    Unreadable(String),
}

/// Ways to start a node and to look at a profile without one.
///
/// Starting takes a second or more (Argon2id): never call it on a thread that draws.
#[derive(Debug)]
pub struct Node;

impl Node {
    /// What lies in a profile folder; reads no secret and takes no lock.
    #[must_use]
    pub fn profile_state(profile: &Path) -> ProfileState {
        profile::state(profile)
    }

    /// Whether a profile can be opened or made in a folder now. Takes its lock for a
    /// moment, and creates nothing.
    ///
    /// # Errors
    /// Another process holds it, or it cannot be used.
    pub fn check_profile(profile: &Path) -> Result<(), NodeError> {
        profile::check(profile)
    }

    /// Creates a profile, joins the public channel of everyone nearby, and starts
    /// its node.
    ///
    /// # Errors
    /// The name or passphrase will not do, or the folder cannot be used.
    pub fn create(
        config: NodeConfig,
        name: &str,
        passphrase: &str,
    ) -> Result<(NodeHandle, EventStream), NodeError> {
        let name = name.trim();
        if !is_name(name) {
            return Err(NodeError::Name {
                max: NAME_BYTES_MAX,
            });
        }
        if passphrase.trim().is_empty() {
            return Err(NodeError::PassphraseEmpty);
        }
        start::created(config, name, passphrase)
    }

    /// Opens a profile and starts its node.
    ///
    /// # Errors
    /// Wrong passphrase, profile in use, or the folder cannot be used.
    pub fn unlock(
        config: NodeConfig,
        passphrase: &str,
    ) -> Result<(NodeHandle, EventStream), NodeError> {
        start::unlocked(config, passphrase)
    }

    /// Starts a node that carries and forwards and holds no identity.
    ///
    /// # Errors
    /// Profile in use, or the folder cannot be used.
    pub fn relay(config: NodeConfig) -> Result<(NodeHandle, EventStream), NodeError> {
        start::relaying(config)
    }

    /// Destroys a profile: keys first, then files. For "start anew".
    ///
    /// # Errors
    /// Profile in use, or the disk refuses; calling again goes on.
    pub fn erase(profile: &Path) -> Result<(), NodeError> {
        wipe::erase(profile)
    }

    /// Destroys the keys of a profile at once, whoever holds it, and then its files if
    /// nobody does. A running node stops within a minute and removes them itself; what is
    /// left after a crash is removed when the folder is next used.
    ///
    /// # Errors
    /// The disk refuses: calling again goes on. [`NodeError::InUse`] says that the keys
    /// are gone and a running node still has them in memory: end that one.
    pub fn wipe(profile: &Path) -> Result<(), NodeError> {
        wipe::wipe(profile)
    }

    /// Keeps the memory of this process to itself, as far as the system lets it: no core
    /// dump, and no other process of the same account reads it. For the first line of a
    /// program.
    pub fn protect_memory() {
        memory::protect();
    }

    /// Six words drawn at random (66 bits), separated by spaces.
    #[must_use]
    pub fn generate_phrase() -> String {
        words::draw_phrase(&mut entropy::system())
    }

    /// How hard a passphrase is to guess.
    #[must_use]
    pub fn strength(passphrase: &str) -> Strength {
        let bits = words::guess_bits(passphrase);
        let grade = match bits {
            0..45 => Grade::Weak,
            45..64 => Grade::Fair,
            64.. => Grade::Strong,
        };
        Strength { bits, grade }
    }
}

/// Talks to a running node. Dropping the last handle stops the node.
#[derive(Debug, Clone)]
pub struct NodeHandle {
    commands: mpsc::Sender<Command>,
    stop: Arc<watch::Sender<bool>>,
    events: Events,
    requests: Arc<AtomicU64>,
}

impl NodeHandle {
    /// A request id not used before in this run.
    #[must_use]
    pub fn fresh_request(&self) -> RequestId {
        RequestId(self.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// Gives a command to the node, without waiting. The answer comes as an event.
    ///
    /// # Errors
    /// Too many commands or unread events wait; the command was not taken.
    pub fn send(&self, command: Command) -> Result<(), Busy> {
        if self.events.is_full() {
            return Err(Busy);
        }
        self.commands.try_send(command).map_err(|_| Busy)
    }

    /// Called after each new event is queued; an egui app passes its repaint
    /// request. It must not call back into the node.
    pub fn set_waker(&self, waker: Box<dyn Fn() + Send + Sync>) {
        self.events.set_waker(waker);
    }

    /// Asks the node to stop; `Event::Stopped` is the last event.
    pub fn shutdown(&self) {
        self.stop.send_replace(true);
    }
}

/// What a node tells, in order. One reader.
#[derive(Debug)]
pub struct EventStream {
    events: Events,
}

impl EventStream {
    /// The next event; `None` after `Event::Stopped`.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.pop().await
    }

    /// The next event if one is queued.
    pub fn try_next(&mut self) -> Option<Event> {
        self.events.try_pop()
    }
}
