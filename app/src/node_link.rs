//! The only way from the window to a node: a gate that starts one, and a link to
//! the one that runs. Both are traits, so that tests can stand in for the node.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use mesh_core::api::{Command, Event, Strength};
use mesh_core::node::{Busy, EventStream, Node, NodeConfig, NodeError, NodeHandle, ProfileState};

/// Called when there is something to poll.
pub type Waker = Box<dyn Fn() + Send + Sync>;

/// How long closing the window waits for the node to put its things away.
const STOP_PATIENCE: Duration = Duration::from_secs(3);

/// What lies in the profile folder, and the ways to start a node on it.
///
/// Starting takes a second or more: never call it on the thread that draws.
pub trait Gate: Send + Sync {
    /// What lies there now.
    fn state(&self) -> ProfileState;
    /// Makes a profile and starts its node.
    fn create(&self, name: &str, passphrase: &str) -> Result<Box<dyn NodeLink>, NodeError>;
    /// Opens the profile and starts its node.
    fn unlock(&self, passphrase: &str) -> Result<Box<dyn NodeLink>, NodeError>;
    /// Destroys the profile.
    fn erase(&self) -> Result<(), NodeError>;
    /// Destroys the keys of the profile at once, whoever holds it: done also where
    /// [`NodeError::InUse`] says that a node still runs.
    fn wipe(&self) -> Result<(), NodeError>;
    /// Six words drawn at random.
    fn generate_phrase(&self) -> String;
    /// How hard a passphrase is to guess.
    fn strength(&self, passphrase: &str) -> Strength;
}

/// A running node, as the window sees it.
pub trait NodeLink: Send {
    /// Gives a command to the node, without waiting. Request ids come from
    /// `model::Requests`: the window is the only one who asks.
    fn send(&mut self, command: Command) -> Result<(), Busy>;
    /// The next event, if one is there.
    fn poll(&mut self) -> Option<Event>;
    /// Calls `waker` after each new event.
    fn set_waker(&mut self, waker: Waker);
    /// Stops the node and waits for it, but not for ever.
    fn stop(self: Box<Self>);
}

/// The gate to real nodes.
#[derive(Debug)]
pub struct LiveGate {
    config: NodeConfig,
}

impl LiveGate {
    /// A gate to the profile that `config` names.
    #[must_use]
    pub fn new(config: NodeConfig) -> Self {
        Self { config }
    }
}

impl Gate for LiveGate {
    fn state(&self) -> ProfileState {
        Node::profile_state(&self.config.profile)
    }

    fn create(&self, name: &str, passphrase: &str) -> Result<Box<dyn NodeLink>, NodeError> {
        let started = Node::create(self.config.clone(), name, passphrase)?;
        Ok(Box::new(LiveNode::new(started)))
    }

    fn unlock(&self, passphrase: &str) -> Result<Box<dyn NodeLink>, NodeError> {
        let started = Node::unlock(self.config.clone(), passphrase)?;
        Ok(Box::new(LiveNode::new(started)))
    }

    fn erase(&self) -> Result<(), NodeError> {
        Node::erase(&self.config.profile)
    }

    fn wipe(&self) -> Result<(), NodeError> {
        Node::wipe(&self.config.profile)
    }

    fn generate_phrase(&self) -> String {
        Node::generate_phrase()
    }

    fn strength(&self, passphrase: &str) -> Strength {
        Node::strength(passphrase)
    }
}

/// A real node.
#[derive(Debug)]
pub struct LiveNode {
    handle: NodeHandle,
    events: EventStream,
}

impl LiveNode {
    fn new((handle, events): (NodeHandle, EventStream)) -> Self {
        Self { handle, events }
    }
}

impl NodeLink for LiveNode {
    fn send(&mut self, command: Command) -> Result<(), Busy> {
        self.handle.send(command)
    }

    fn poll(&mut self) -> Option<Event> {
        self.events.try_next()
    }

    fn set_waker(&mut self, waker: Waker) {
        self.handle.set_waker(waker);
    }

    fn stop(mut self: Box<Self>) {
        // One slot: a wake-up that finds it full changes nothing.
        let (wake, woken) = mpsc::sync_channel(1);
        self.handle.set_waker(Box::new(move || {
            let _ = wake.try_send(());
        }));
        self.handle.shutdown();
        let deadline = Instant::now() + STOP_PATIENCE;
        loop {
            while let Some(event) = self.events.try_next() {
                if matches!(event, Event::Stopped { .. }) {
                    return;
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || woken.recv_timeout(left).is_err() {
                return;
            }
        }
    }
}
