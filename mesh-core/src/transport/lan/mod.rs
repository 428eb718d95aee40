//! LAN carrier: neighbours over Wi-Fi and cable.
//!
//! Floor 5 (`docs/protocol/link.md`). TCP, Noise and Yamux by libp2p, under a key
//! made fresh for every run; one long-lived stream a peer is the link. Knows
//! nothing of frames, envelopes or people. Inside: `driver` runs it all, `roster`
//! decides which connection is the link, `discovery` whom to call, `gate` bounds
//! handshakes, `links` and `stream` move bytes, `beacon` finds profiles on the
//! same machine, `status` says in plain words how things stand.

mod beacon;
mod chance;
mod discovery;
mod driver;
mod gate;
mod links;
mod quiet;
mod roster;
mod status;
mod stream;
mod swarm;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{LinkIds, TransportCommand, TransportEvent};
use crate::limits::COMMAND_QUEUE_CAP;
use crate::types::LinkId;
use driver::Driver;
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
        // A runtime of its own, because libp2p's mDNS leaves tasks behind that go on
        // answering under the old peer id: they end with the runtime.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("lan")
            .enable_all()
            .build()
            .map_err(LanError::Runtime)?;
        let queues = Queues::default();
        let (control, controls) = mpsc::channel(COMMAND_QUEUE_CAP);
        let driver = {
            let _inside = runtime.enter();
            Driver::new(config, link_ids, queues.clone(), events)?
        };
        let driver = runtime.spawn(driver.run(controls));
        Ok(LanHandle {
            queues,
            control: Some(control),
            driver: Some(driver),
            runtime: Some(runtime),
        })
    }
}

/// A running carrier. Dropping it ends the carrier at once, without goodbyes.
pub struct LanHandle {
    queues: Queues,
    control: Option<mpsc::Sender<SocketAddr>>,
    driver: Option<JoinHandle<()>>,
    runtime: Option<Runtime>,
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
        if let Some(mut driver) = self.driver.take()
            && tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut driver)
                .await
                .is_err()
        {
            driver.abort();
            let _ = driver.await;
        }
    }
}

impl Drop for LanHandle {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
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
