//! The loop: wait for one thing, take what else is there, handle it, send, repeat.
//!
//! Runs on a thread of its own, so that a slow disk stalls no radio. All protocol
//! is the engine's; this file moves bytes and commands and keeps the engine alive.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use tokio::sync::{mpsc, watch};

use crate::api::{Answer, Command, CommandError, Event, Notice};
use crate::engine::{Engine, EngineError, Input, Output, Request};
use crate::limits::{
    BATCH_INPUTS_MAX, DERIVATIONS_WAITING_MAX, READY_WAIT_MS, REBUILD_WINDOW_MS, REBUILDS_MAX,
};
use crate::store::{PeopleCopy, ProfileStore};
use crate::transport::{TransportCommand, TransportEvent};
use crate::types::{CarrierStatus, LinkId, Mono, RequestId};

use super::NodeError;
use super::clock::Clock;
use super::commands::{Resolved, resolve};
use super::disk::DiskWatch;
use super::events::Events;
use super::links::Carriers;
use super::profile::OpenKeys;
use super::sealed::CopyTimer;

/// Holds the profile folder, and the keys of what is open in it.
pub(super) trait Keeper: Send {
    /// Builds the engine from the stores on disk: at start and after a failure, without
    /// a profile while that is locked.
    fn build(&mut self) -> Result<Engine, NodeError>;
    /// Forgets the keys.
    fn lock(&mut self);
    /// Opens the profile's store, and keeps the keys for the next building.
    fn unlock(&mut self, keys: OpenKeys) -> Result<Box<dyn ProfileStore + Send>, NodeError>;
    /// Keeps a sealed copy beside the profile's store; nothing while that is locked.
    fn keep_people(&mut self, copy: &PeopleCopy) -> std::io::Result<()>;
    /// What the person should know, for `status`.
    fn notices(&self) -> Vec<Notice>;
}

/// What slow work on another thread gave.
pub(super) enum Derived {
    /// The engine is to be asked this.
    Ask(Request),
    /// The passphrase was right.
    Unlock(OpenKeys),
    /// It was about files, and is done.
    Done,
}

/// Whom it is for, how often the profile had been locked when it was begun, and what came
/// of it.
pub(super) type DerivedFor = (RequestId, u64, Result<Derived, CommandError>);

/// The receiving ends that the loop waits on.
pub(super) struct Inlets {
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) resolved: mpsc::Receiver<DerivedFor>,
    pub(super) carriers: mpsc::Receiver<TransportEvent>,
    pub(super) stop: watch::Receiver<bool>,
}

pub(super) struct Driver {
    pub(super) clock: Clock,
    /// None only while it is built anew: two cannot hold one database.
    pub(super) engine: Option<Engine>,
    pub(super) keeper: Box<dyn Keeper>,
    pub(super) carriers: Carriers,
    pub(super) disk: DiskWatch,
    pub(super) events: Events,
    pub(super) resolved: mpsc::Sender<DerivedFor>,
    /// Whether the node holds an identity, be it locked.
    pub(super) has_profile: bool,
    pub(super) folder: PathBuf,
    pub(super) state: State,
}

/// What the loop remembers beside the engine.
#[derive(Default)]
pub(super) struct State {
    is_ready: bool,
    listen: Vec<String>,
    live: BTreeSet<LinkId>,
    statuses: BTreeMap<String, CarrierStatus>,
    failures: Vec<Mono>,
    /// Key derivations begun and not taken yet.
    deriving: usize,
    /// How often the profile was locked: what was begun before a lock does not undo it.
    locks: u64,
    /// To be done once the batch is, which it ends: what was asked before comes first.
    then: Option<(RequestId, Then)>,
    pub(super) copy: CopyTimer,
}

/// What ends a batch.
enum Then {
    Lock,
    Unlock(OpenKeys),
}

/// One thing that the loop woke up for.
enum Woken {
    Command(Command),
    Resolved(DerivedFor),
    Carrier(TransportEvent),
    Timeout,
    Stop,
}

impl Driver {
    /// Runs until told to stop, or until nobody holds a handle.
    ///
    /// # Errors
    /// The store failed again and again.
    pub(super) async fn run(&mut self, mut inlets: Inlets) -> Result<(), NodeError> {
        if !self.carriers.is_any() {
            self.tell_ready();
        }
        self.drain_outputs();
        loop {
            let inputs = match self.wait(&mut inlets).await {
                Woken::Stop => {
                    self.write_copy();
                    return Ok(());
                }
                woken => self.batch(woken, &mut inlets),
            };
            if !self.state.is_ready && self.clock.now().mono.0 >= READY_WAIT_MS {
                self.tell_ready();
            }
            self.handle(inputs)?;
            match self.state.then.take() {
                Some((request, Then::Lock)) => self.lock(request),
                Some((request, Then::Unlock(keys))) => self.unlock(request, keys),
                None => {}
            }
            self.tend_copy();
            if self.disk.is_wiped() {
                return Err(NodeError::Wiped);
            }
        }
    }

    /// The inputs of one store transaction: what woke the loop, and what else is there.
    fn batch(&mut self, woken: Woken, inlets: &mut Inlets) -> Vec<Input> {
        let mut inputs = Vec::new();
        self.take(woken, &mut inputs);
        while inputs.len() < BATCH_INPUTS_MAX && self.state.then.is_none() {
            let Some(woken) = more(inlets) else {
                break;
            };
            self.take(woken, &mut inputs);
        }
        inputs
    }

    async fn wait(&self, inlets: &mut Inlets) -> Woken {
        let mut until = self.engine.as_ref().map_or(Mono(0), Engine::next_timeout);
        if !self.state.is_ready {
            until = until.min(Mono(READY_WAIT_MS));
        }
        until = self.state.copy.at.map_or(until, |at| until.min(at));
        tokio::select! {
            biased;
            _ = inlets.stop.wait_for(|stop| *stop) => Woken::Stop,
            command = inlets.commands.recv() => command.map_or(Woken::Stop, Woken::Command),
            Some(derived) = inlets.resolved.recv() => Woken::Resolved(derived),
            Some(event) = inlets.carriers.recv() => Woken::Carrier(event),
            () = tokio::time::sleep_until(self.clock.instant(until)) => Woken::Timeout,
        }
    }

    fn take(&mut self, woken: Woken, inputs: &mut Vec<Input>) {
        match woken {
            Woken::Command(command) => self.command(command, inputs),
            Woken::Resolved((request, locks, derived)) => {
                self.state.deriving = self.state.deriving.saturating_sub(1);
                let is_late = locks != self.state.locks;
                match derived {
                    // A changed passphrase is changed, whatever happened since.
                    Ok(Derived::Done) => self.done(request),
                    Ok(_) if is_late => self.refuse(request, CommandError::Locked),
                    Ok(Derived::Ask(asked)) => inputs.push(Input::Request(request, asked)),
                    Ok(Derived::Unlock(keys)) => {
                        self.state.then = Some((request, Then::Unlock(keys)));
                    }
                    Err(error) => self.refuse(request, error),
                }
            }
            Woken::Carrier(event) => self.carrier(event, inputs),
            Woken::Timeout | Woken::Stop => {}
        }
    }

    fn command(&mut self, command: Command, inputs: &mut Vec<Input>) {
        let request = command.request();
        match resolve(command, self.has_profile, &self.folder) {
            Resolved::Lock => self.state.then = Some((request, Then::Lock)),
            Resolved::Ask(asked) => inputs.push(Input::Request(request, asked)),
            Resolved::Refuse(error) => self.refuse(request, error),
            Resolved::Dial(address) => {
                let result = self.carriers.dial(address);
                self.events.push(Event::Answer { request, result });
            }
            Resolved::Derive(_) if self.state.deriving >= DERIVATIONS_WAITING_MAX => {
                self.refuse(request, CommandError::Busy);
            }
            Resolved::Derive(derive) => {
                self.state.deriving += 1;
                let (resolved, locks) = (self.resolved.clone(), self.state.locks);
                tokio::task::spawn_blocking(move || {
                    // The loop is gone only when the node stops: nobody waits then.
                    let _ = resolved.blocking_send((request, locks, derive()));
                });
            }
        }
    }

    /// Links stay up and envelopes go on; only what needs the passphrase goes.
    fn lock(&mut self, request: RequestId) {
        self.write_copy();
        self.close();
        self.done(request);
    }

    fn close(&mut self) {
        self.state.locks = self.state.locks.saturating_add(1);
        self.keeper.lock();
        if let Some(engine) = &mut self.engine {
            drop(engine.lock());
        }
        self.events.forget();
        self.drain_outputs();
    }

    fn unlock(&mut self, request: RequestId, keys: OpenKeys) {
        // Under duress what is open is destroyed already, and must not stay on the screen.
        if keys.decoy.is_some() {
            self.close();
        }
        let now = self.clock.now();
        let is_open = self.engine.as_ref().is_some_and(Engine::has_profile);
        let unlocked = match (is_open, &mut self.engine) {
            (true, _) => Ok(()),
            (false, Some(engine)) => self.keeper.unlock(keys).and_then(|store| {
                engine.set_notices(self.keeper.notices());
                let unlocked = engine.unlock(now, store);
                unlocked.map_err(|error| NodeError::Start(error.to_string()))
            }),
            (false, None) => Err(NodeError::Start("the store is closed".into())),
        };
        self.drain_outputs();
        match unlocked {
            Ok(()) => self.done(request),
            Err(error) => {
                self.keeper.lock();
                self.refuse(request, CommandError::Profile(error.to_string()));
            }
        }
    }

    fn done(&self, request: RequestId) {
        let result = Ok(Answer::Done);
        self.events.push(Event::Answer { request, result });
    }

    fn refuse(&self, request: RequestId, error: CommandError) {
        self.events.push(Event::Answer {
            request,
            result: Err(error),
        });
    }

    fn carrier(&mut self, event: TransportEvent, inputs: &mut Vec<Input>) {
        match event {
            TransportEvent::LinkUp { link, info } => {
                self.state.live.insert(link);
                inputs.push(Input::LinkUp { link, info });
            }
            TransportEvent::LinkDown { link } => {
                self.state.live.remove(&link);
                inputs.push(Input::LinkDown { link });
            }
            TransportEvent::Received { link, bytes } => {
                inputs.push(Input::Received { link, bytes });
            }
            TransportEvent::Sent { link, bytes } => inputs.push(Input::Sent { link, bytes }),
            TransportEvent::Status(status) => {
                self.state
                    .statuses
                    .insert(status.name.clone(), status.clone());
                inputs.push(Input::Carrier(status));
            }
            TransportEvent::Listening { addresses } => {
                self.state.listen = addresses;
                if self.state.is_ready {
                    let listen = self.state.listen.clone();
                    self.events.push(Event::Listening { listen });
                } else if !self.state.listen.is_empty() {
                    self.tell_ready();
                }
            }
        }
    }

    fn tell_ready(&mut self) {
        self.state.is_ready = true;
        self.events.push(Event::Ready {
            listen: self.state.listen.clone(),
        });
    }

    fn handle(&mut self, mut inputs: Vec<Input>) -> Result<(), NodeError> {
        let requests: Vec<RequestId> = inputs
            .iter()
            .filter_map(|input| match input {
                Input::Request(request, _) => Some(*request),
                _ => None,
            })
            .collect();
        let now = self.clock.now();
        inputs.extend(self.disk.look(now.mono).map(Input::DiskFree));
        match self.engine()?.handle(now, inputs) {
            Ok(()) => self.drain_outputs(),
            Err(error) => self.recover(&error, &requests)?,
        }
        Ok(())
    }

    fn engine(&mut self) -> Result<&mut Engine, NodeError> {
        let gone = || NodeError::Start("the store is closed".into());
        self.engine.as_mut().ok_or_else(gone)
    }

    fn drain_outputs(&mut self) {
        while let Some(output) = self.engine.as_mut().and_then(Engine::poll_output) {
            match output {
                // Nobody has asked for a status yet that could be out of date.
                Output::Event(Event::StatusChanged) if !self.state.is_ready => {}
                Output::Event(event) => self.events.push(event),
                Output::Transmit { link, bytes } => {
                    self.carriers
                        .command(TransportCommand::Transmit { link, bytes });
                }
                Output::CloseLink { link } => {
                    self.carriers.command(TransportCommand::Close { link });
                }
            }
        }
    }

    /// The store failed: what was asked in that batch is refused, the links are
    /// closed, and everything is read again from disk.
    fn recover(&mut self, error: &EngineError, requests: &[RequestId]) -> Result<(), NodeError> {
        tracing::error!(%error, "the store failed; starting again from disk");
        for request in requests {
            self.refuse(*request, CommandError::Store(error.to_string()));
        }
        let now = self.clock.now();
        self.state
            .failures
            .retain(|at| now.mono.ms_since(*at) < REBUILD_WINDOW_MS);
        self.state.failures.push(now.mono);
        if self.state.failures.len() > REBUILDS_MAX {
            return Err(NodeError::StoreFails(error.to_string()));
        }
        drop(self.engine.take());
        self.state.copy.begin_anew();
        self.engine = Some(self.keeper.build()?);
        // Building may have opened what was stored and not opened yet.
        self.drain_outputs();
        for link in std::mem::take(&mut self.state.live) {
            self.carriers.command(TransportCommand::Close { link });
            self.events.push(Event::LinkDown { link });
        }
        let statuses: Vec<Input> = self
            .state
            .statuses
            .values()
            .cloned()
            .map(Input::Carrier)
            .collect();
        self.engine()?
            .handle(now, statuses)
            .map_err(|error| NodeError::Start(format!("the store fails: {error}")))?;
        self.events.push(Event::Missed);
        self.drain_outputs();
        Ok(())
    }
}

/// What else is waiting, without waiting for it. Local work before a neighbour's.
fn more(inlets: &mut Inlets) -> Option<Woken> {
    if let Ok(command) = inlets.commands.try_recv() {
        return Some(Woken::Command(command));
    }
    if let Ok(derived) = inlets.resolved.try_recv() {
        return Some(Woken::Resolved(derived));
    }
    inlets.carriers.try_recv().ok().map(Woken::Carrier)
}

#[cfg(test)]
mod tests;
