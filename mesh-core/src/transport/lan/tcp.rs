//! TCP as we call: libp2p listens, but calls go out from here.
//!
//! Floor 5 (`docs/protocol/link.md`). Two reasons: libp2p cannot say on which
//! interface a link-local IPv6 address is, and that is the only kind there is
//! between two laptops on one cable; and it does not tell whether a call that
//! failed was answered by anybody.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use libp2p::Multiaddr;
use libp2p::core::transport::{DialOpts, ListenerId, Transport, TransportError, TransportEvent};
use libp2p::tcp;
use libp2p::tcp::tokio::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::isolation::Reach;
use super::status::socket_address;

/// Two lost packets and the answer; a neighbour is nearer than that.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// What became of a call to this address.
pub(super) type Outcome = (SocketAddr, Reach);

/// Why the last address could not be listened on: libp2p's layers above wrap the
/// error until its kind is lost.
#[derive(Clone, Default)]
pub(super) struct Refusal(Arc<Mutex<Option<io::ErrorKind>>>);

impl Refusal {
    /// Takes it; another one must come first.
    pub(super) fn take(&self) -> Option<io::ErrorKind> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set(&self, kind: io::ErrorKind) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(kind);
    }
}

/// The transport below Noise.
pub(super) struct Tcp {
    inner: tcp::tokio::Transport,
    outcomes: mpsc::Sender<Outcome>,
    refusal: Refusal,
}

impl Tcp {
    pub(super) fn new(outcomes: mpsc::Sender<Outcome>, refusal: Refusal) -> Self {
        Self {
            inner: tcp::tokio::Transport::new(tcp::Config::new().nodelay(true)),
            outcomes,
            refusal,
        }
    }
}

impl Transport for Tcp {
    type Output = TcpStream;
    type Error = io::Error;
    type ListenerUpgrade = <tcp::tokio::Transport as Transport>::ListenerUpgrade;
    type Dial = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send>>;

    fn listen_on(
        &mut self,
        id: ListenerId,
        address: Multiaddr,
    ) -> Result<(), TransportError<io::Error>> {
        let result = self.inner.listen_on(id, address);
        if let Err(TransportError::Other(error)) = &result {
            self.refusal.set(error.kind());
        }
        result
    }

    fn remove_listener(&mut self, id: ListenerId) -> bool {
        self.inner.remove_listener(id)
    }

    fn dial(
        &mut self,
        address: Multiaddr,
        _: DialOpts,
    ) -> Result<Self::Dial, TransportError<io::Error>> {
        let Some(to) = socket_address(&address).filter(|to| to.port() != 0) else {
            return Err(TransportError::MultiaddrNotSupported(address));
        };
        let outcomes = self.outcomes.clone();
        Ok(Box::pin(async move {
            // A port of its own: from the listening port, two that call each other at
            // once would meet in one TCP connection with two callers.
            let connect = tokio::net::TcpStream::connect(to);
            let connected = timeout(CONNECT_TIMEOUT, connect).await;
            let result = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            if let Some(reach) = reach(&result) {
                // A full queue loses evidence, and more of it will come.
                let _ = outcomes.try_send((to, reach));
            }
            let stream = result?;
            stream.set_nodelay(true)?;
            Ok(TcpStream(stream))
        }))
    }

    fn poll(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<TransportEvent<Self::ListenerUpgrade, io::Error>> {
        Pin::new(&mut self.inner).poll(cx)
    }
}

/// What the outcome says of the network; `None` where it speaks of us alone.
fn reach(result: &io::Result<tokio::net::TcpStream>) -> Option<Reach> {
    match result {
        Ok(_) => Some(Reach::Answer),
        Err(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => {
                Some(Reach::Answer)
            }
            io::ErrorKind::TimedOut | io::ErrorKind::HostUnreachable => Some(Reach::Nothing),
            _ => None,
        },
    }
}
