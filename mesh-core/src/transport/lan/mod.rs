//! LAN carrier: neighbours over Wi-Fi and cable.
//!
//! Floor 5 (`docs/protocol/link.md`). TCP, Noise and Yamux by libp2p, under a key
//! made fresh for every run and every network; one long-lived stream a peer is the
//! link. Knows nothing of frames, envelopes or people. Inside: `driver` runs it all,
//! `neighbours` decides whom to call and keep, with `roster` for connections and
//! `discovery` for addresses; `beacon` and mDNS find others, `interfaces` the
//! networks; `tcp`, `gate`, `links` and `stream` move bytes and bound who may;
//! `isolation` and `status` say in plain words how things stand.

mod beacon;
mod chance;
mod discovery;
mod driver;
mod gate;
mod interfaces;
mod isolation;
mod links;
mod met;
mod neighbours;
mod quiet;
mod roster;
mod status;
mod stream;
mod swarm;
mod tcp;
#[cfg(feature = "testing")]
pub mod trial;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};

use super::{LinkIds, TransportCommand, TransportEvent};
use crate::limits::COMMAND_QUEUE_CAP;
use crate::types::LinkId;
use driver::{Driver, Ending};
use stream::LinkQueue;

/// How long links may take to say goodbye.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// What the carrier is to do. No `Debug`: it holds a secret.
pub struct LanConfig {
    /// Where to listen; port 0 is any free port, an unspecified IP every interface.
    pub listen: Vec<SocketAddr>,
    /// Addresses given by a person, called until the carrier ends.
    pub dial: Vec<SocketAddr>,
    /// Whether to look for others and be found. Off: neither mDNS nor beacon.
    pub discovery: bool,
    /// Local secret that orders candidates; must not be known to neighbours.
    pub secret: [u8; 32],
}

/// Why the carrier did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LanError {
    /// The system gave no thread or event queue.
    #[error("cannot start the network thread")]
    Runtime(#[source] std::io::Error),
    /// The handshake could not be prepared with the fresh key.
    #[error("cannot prepare the handshake")]
    Handshake,
}

/// The command queue is full; try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the carrier's command queue is full")]
pub struct Full;

/// Starts LAN carriers.
pub struct LanCarrier;

impl LanCarrier {
    /// Starts a carrier under a fresh peer id. What it does goes to `events`: first
    /// `Status` and `Listening`, then links. An address that cannot be bound is no
    /// error but told in `Status`, and tried again.
    ///
    /// # Errors
    ///
    /// The system refuses a thread, or the libraries a key; ours or the machine's fault.
    pub fn start(
        config: LanConfig,
        link_ids: LinkIds,
        events: mpsc::Sender<TransportEvent>,
    ) -> Result<LanHandle, LanError> {
        let queues = Queues::default();
        let (control, controls) = mpsc::channel(COMMAND_QUEUE_CAP);
        let (halt, halted) = watch::channel(false);
        let (alive, ended) = mpsc::channel(1);
        let life = Life {
            config,
            link_ids,
            queues: queues.clone(),
            events,
            controls,
            halted,
            _alive: alive,
        };
        let first = life.begin()?;
        std::thread::Builder::new()
            .name("lan".to_owned())
            .spawn(move || life.live(first))
            .map_err(LanError::Runtime)?;
        Ok(LanHandle {
            queues,
            control: Some(control),
            halt,
            ended,
        })
    }
}

/// A carrier from start to end: one driver after another, each with a key of its own.
struct Life {
    config: LanConfig,
    link_ids: LinkIds,
    queues: Queues,
    events: mpsc::Sender<TransportEvent>,
    controls: mpsc::Receiver<SocketAddr>,
    halted: watch::Receiver<bool>,
    /// Never used: its end tells the handle that ports are free.
    _alive: mpsc::Sender<()>,
}

impl Life {
    /// A driver and a runtime of its own, because libp2p's mDNS leaves tasks behind
    /// that go on answering under the old peer id: they end with the runtime.
    fn begin(&self) -> Result<(Runtime, Driver), LanError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(LanError::Runtime)?;
        let driver = {
            let _inside = runtime.enter();
            Driver::new(
                &self.config,
                self.link_ids.clone(),
                self.queues.clone(),
                self.events.clone(),
            )?
        };
        Ok((runtime, driver))
    }

    fn live(mut self, (mut runtime, mut driver): (Runtime, Driver)) {
        loop {
            let (controls, halted) = (&mut self.controls, &mut self.halted);
            let ending = runtime.block_on(async {
                tokio::select! {
                    _ = halted.wait_for(|halted| *halted) => None,
                    ending = driver.run(controls) => Some(ending),
                }
            });
            match ending {
                None => return,
                Some(Ending::Stopped) => {
                    runtime.block_on(driver.goodbye());
                    return;
                }
                Some(Ending::Moved) => {
                    self.config.dial = driver.hand_addresses();
                    match self.begin() {
                        Ok(next) => {
                            runtime.block_on(driver.goodbye());
                            (runtime, driver) = next;
                        }
                        // The old key is better than no links.
                        Err(error) => tracing::error!(%error, "no new key for this network"),
                    }
                }
            }
        }
    }
}

/// A running carrier. Dropping it ends the carrier at once, without goodbyes.
pub struct LanHandle {
    queues: Queues,
    control: Option<mpsc::Sender<SocketAddr>>,
    halt: watch::Sender<bool>,
    ended: mpsc::Receiver<()>,
}

impl LanHandle {
    /// Does as told, without waiting. Commands for links that are gone are ignored.
    ///
    /// A `Transmit` beyond the credit ([`crate::limits::LAN_CREDIT_BYTES`] not yet
    /// answered by `Sent`) closes its link.
    ///
    /// # Errors
    ///
    /// Only for `Dial`: too many wait, or the carrier has ended.
    pub fn command(&self, command: TransportCommand) -> Result<(), Full> {
        match command {
            TransportCommand::Transmit { link, bytes } => {
                if let Some(queue) = self.queues.find(link) {
                    queue.push(bytes);
                }
                Ok(())
            }
            TransportCommand::Close { link } => {
                if let Some(queue) = self.queues.find(link) {
                    queue.close();
                }
                Ok(())
            }
            TransportCommand::Dial { address } => {
                let control = self.control.as_ref().ok_or(Full)?;
                control.try_send(address).map_err(|_| Full)
            }
        }
    }

    /// Closes every link and ends all tasks; ports are free afterwards. Go on taking
    /// events meanwhile, or goodbyes are cut short after three seconds.
    pub async fn shutdown(mut self) {
        self.control = None;
        let in_time = tokio::time::timeout(SHUTDOWN_TIMEOUT, self.ended.recv()).await;
        if in_time.is_err() {
            self.halt.send_replace(true);
            let _ = self.ended.recv().await;
        }
    }
}

impl Drop for LanHandle {
    fn drop(&mut self) {
        self.halt.send_replace(true);
    }
}

/// The write queues of all links that are up.
#[derive(Clone, Default)]
struct Queues(Arc<Mutex<BTreeMap<LinkId, Arc<LinkQueue>>>>);

impl Queues {
    fn find(&self, link: LinkId) -> Option<Arc<LinkQueue>> {
        self.lock().get(&link).cloned()
    }

    fn add(&self, link: LinkId) -> Arc<LinkQueue> {
        let queue = Arc::<LinkQueue>::default();
        self.lock().insert(link, Arc::clone(&queue));
        queue
    }

    fn remove(&self, link: LinkId) {
        self.lock().remove(&link);
    }

    fn close_all(&self) {
        for queue in self.lock().values() {
            queue.close();
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<LinkId, Arc<LinkQueue>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
