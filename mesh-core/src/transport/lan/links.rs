//! The libp2p behaviour of a link: one stream a connection, and a heartbeat.
//!
//! Floor 5 (`docs/protocol/link.md`). Decides nothing: `roster.rs` says which
//! connection gets the stream. `libp2p-stream` is not used for it: it keeps an
//! entry for every connection that ever was, picks one of a peer's connections
//! by chance, and does not say over which one a stream came.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{Either, FutureExt as _};
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::core::upgrade::{ReadyUpgrade, SelectUpgrade};
use libp2p::swarm::handler::{
    ConnectionEvent, DialUpgradeError, FullyNegotiatedInbound, FullyNegotiatedOutbound,
};
use libp2p::swarm::{
    ConnectionDenied, ConnectionHandler, ConnectionHandlerEvent, ConnectionId, FromSwarm,
    NetworkBehaviour, NotifyHandler, Stream, StreamProtocol, StreamUpgradeError, SubstreamProtocol,
    THandler, THandlerInEvent, THandlerOutEvent, ToSwarm,
};
use libp2p::{Multiaddr, PeerId};
use tokio::time::{Instant, Sleep};

use crate::limits::LAN_CONNECTIONS_MAX;

/// The stream that is the link.
pub(super) const MESH: StreamProtocol = StreamProtocol::new("/starling/mesh/1");
/// A stream opened only to see whether the other end still answers.
pub(super) const ALIVE: StreamProtocol = StreamProtocol::new("/starling/alive/1");

/// Streams of a peer whose negotiation is not done; it needs two at most.
pub(super) const NEGOTIATING_STREAMS_MAX: usize = 8;
/// Streams a peer may open within `STREAMS_WINDOW`; it needs three at most.
const STREAMS_PER_WINDOW_MAX: u32 = 64;
const STREAMS_WINDOW: Duration = Duration::from_secs(10);
/// TCP tells of a lost network only after a quarter of an hour.
const ALIVE_INTERVAL: Duration = Duration::from_secs(15);
const ALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Patience when something says that the peer lost this connection.
const PROBE_TIMEOUT: Duration = Duration::from_secs(4);

/// How often something passed on the stream of a connection.
#[derive(Debug, Clone, Default)]
pub(super) struct Activity(Arc<Passed>);

#[derive(Debug, Default)]
struct Passed {
    read: AtomicU64,
    written: AtomicU64,
}

impl Activity {
    /// The other end said something.
    pub(super) fn note_read(&self) {
        self.0.read.fetch_add(1, Ordering::Relaxed);
    }

    /// The other end, or the system on its behalf, took something.
    pub(super) fn note_written(&self) {
        self.0.written.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.read.load(Ordering::Relaxed)
    }

    fn both(&self) -> u64 {
        self.read() + self.0.written.load(Ordering::Relaxed)
    }
}

/// What the carrier asks of a connection.
#[derive(Debug)]
pub(super) enum Ask {
    Open,
    Probe,
}

/// What a connection tells.
#[derive(Debug)]
pub(super) enum Tell {
    /// The stream that we asked for.
    Opened(Stream, Activity),
    /// The stream that the other end opened.
    Accepted(Stream, Activity),
    /// The other end does not want the stream, or does not answer.
    Failed,
}

/// Hands streams between connections and the carrier.
pub(super) struct Links {
    established: usize,
    queue: VecDeque<ToSwarm<(ConnectionId, Tell), Ask>>,
}

impl Links {
    pub(super) fn new() -> Self {
        Self {
            established: 0,
            queue: VecDeque::new(),
        }
    }

    /// The swarm must be polled next.
    pub(super) fn ask(&mut self, peer_id: PeerId, connection: ConnectionId, event: Ask) {
        self.queue.push_back(ToSwarm::NotifyHandler {
            peer_id,
            handler: NotifyHandler::One(connection),
            event,
        });
    }

    fn admit(&self) -> Result<Handler, ConnectionDenied> {
        if self.established >= LAN_CONNECTIONS_MAX {
            return Err(ConnectionDenied::new("too many connections"));
        }
        Ok(Handler::new())
    }
}

impl NetworkBehaviour for Links {
    type ConnectionHandler = Handler;
    type ToSwarm = (ConnectionId, Tell);

    fn handle_established_inbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit()
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        self.admit()
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        match event {
            FromSwarm::ConnectionEstablished(_) => self.established += 1,
            FromSwarm::ConnectionClosed(_) => {
                self.established = self.established.saturating_sub(1);
            }
            _ => {}
        }
    }

    fn on_connection_handler_event(
        &mut self,
        _: PeerId,
        connection: ConnectionId,
        event: THandlerOutEvent<Self>,
    ) {
        self.queue
            .push_back(ToSwarm::GenerateEvent((connection, event)));
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        self.queue.pop_front().map_or(Poll::Pending, Poll::Ready)
    }
}

/// Why a stream was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Mesh,
    Alive,
}

/// One connection's side of it.
pub(super) struct Handler {
    open_wanted: bool,
    stream_accepted: bool,
    tell: Option<Tell>,
    activity: Activity,
    alive: Heartbeat,
    window_end: Instant,
    streams_in_window: u32,
}

/// When to ask for a sign of life, and what was seen before.
struct Heartbeat {
    due: Pin<Box<Sleep>>,
    /// What had been read when it was last not due.
    read_before: u64,
    is_probe: bool,
    /// What had passed when it was asked: a full link is not held for dead.
    asked_at_activity: Option<u64>,
}

impl Handler {
    fn new() -> Self {
        Self {
            open_wanted: false,
            stream_accepted: false,
            tell: None,
            activity: Activity::default(),
            alive: Heartbeat {
                due: Box::pin(tokio::time::sleep(ALIVE_INTERVAL)),
                read_before: 0,
                is_probe: false,
                asked_at_activity: None,
            },
            window_end: Instant::now() + STREAMS_WINDOW,
            streams_in_window: 0,
        }
    }

    fn stream_came(&mut self, stream: Either<Stream, Stream>) {
        let now = Instant::now();
        if now >= self.window_end {
            self.window_end = now + STREAMS_WINDOW;
            self.streams_in_window = 0;
        }
        self.streams_in_window += 1;
        if self.streams_in_window > STREAMS_PER_WINDOW_MAX {
            self.tell = Some(Tell::Failed);
            return;
        }
        // A second link stream, and every heartbeat, ends here by drop.
        if let Either::Left(stream) = stream
            && !self.stream_accepted
        {
            self.stream_accepted = true;
            self.tell = Some(Tell::Accepted(stream, self.activity.clone()));
        }
    }

    /// Whether the link itself told that the other end lives. It says something
    /// every few seconds: a stream for each heartbeat beside it cost two thirds of
    /// all that a node sent while nobody wrote. A probe must not believe what may
    /// have been on its way already.
    fn link_spoke(&self) -> bool {
        !self.alive.is_probe && self.activity.read() != self.alive.read_before
    }

    fn answer_came(&mut self) {
        self.alive.asked_at_activity = None;
        self.alive.is_probe = false;
        self.alive.read_before = self.activity.read();
        self.alive
            .due
            .as_mut()
            .reset(Instant::now() + ALIVE_INTERVAL);
    }

    fn no_answer_came(&mut self) {
        let seen = self.activity.both();
        if self
            .alive
            .asked_at_activity
            .is_some_and(|then| then != seen)
        {
            self.answer_came();
        } else {
            self.tell = Some(Tell::Failed);
        }
    }
}

type Request = SubstreamProtocol<ReadyUpgrade<StreamProtocol>, Purpose>;

impl ConnectionHandler for Handler {
    type FromBehaviour = Ask;
    type ToBehaviour = Tell;
    type InboundProtocol =
        SelectUpgrade<ReadyUpgrade<StreamProtocol>, ReadyUpgrade<StreamProtocol>>;
    type OutboundProtocol = ReadyUpgrade<StreamProtocol>;
    type InboundOpenInfo = ();
    type OutboundOpenInfo = Purpose;

    fn listen_protocol(&self) -> SubstreamProtocol<Self::InboundProtocol> {
        let either = SelectUpgrade::new(ReadyUpgrade::new(MESH), ReadyUpgrade::new(ALIVE));
        SubstreamProtocol::new(either, ())
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<ConnectionHandlerEvent<ReadyUpgrade<StreamProtocol>, Purpose, Tell>> {
        if let Some(tell) = self.tell.take() {
            return Poll::Ready(ConnectionHandlerEvent::NotifyBehaviour(tell));
        }
        if std::mem::take(&mut self.open_wanted) {
            let protocol = Request::new(ReadyUpgrade::new(MESH), Purpose::Mesh);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { protocol });
        }
        while self.alive.asked_at_activity.is_none() && self.alive.due.poll_unpin(cx).is_ready() {
            if self.link_spoke() {
                self.answer_came();
                continue;
            }
            self.alive.asked_at_activity = Some(self.activity.both());
            let timeout = match self.alive.is_probe {
                true => PROBE_TIMEOUT,
                false => ALIVE_TIMEOUT,
            };
            let protocol = Request::new(ReadyUpgrade::new(ALIVE), Purpose::Alive);
            return Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest {
                protocol: protocol.with_timeout(timeout),
            });
        }
        Poll::Pending
    }

    fn on_behaviour_event(&mut self, event: Ask) {
        match event {
            Ask::Open => self.open_wanted = true,
            Ask::Probe => {
                self.alive.is_probe = true;
                self.alive.due.as_mut().reset(Instant::now());
            }
        }
    }

    fn on_connection_event(
        &mut self,
        event: ConnectionEvent<'_, Self::InboundProtocol, Self::OutboundProtocol, (), Purpose>,
    ) {
        match event {
            ConnectionEvent::FullyNegotiatedInbound(FullyNegotiatedInbound {
                protocol, ..
            }) => self.stream_came(protocol),
            ConnectionEvent::FullyNegotiatedOutbound(FullyNegotiatedOutbound {
                protocol,
                info,
            }) => match info {
                Purpose::Mesh => {
                    self.tell = Some(Tell::Opened(protocol, self.activity.clone()));
                }
                Purpose::Alive => self.answer_came(),
            },
            ConnectionEvent::DialUpgradeError(DialUpgradeError { info, error }) => {
                match (info, error) {
                    // A peer that refuses the heartbeat has answered.
                    (Purpose::Alive, StreamUpgradeError::NegotiationFailed) => self.answer_came(),
                    (Purpose::Alive, _) => self.no_answer_came(),
                    (Purpose::Mesh, _) => self.tell = Some(Tell::Failed),
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use libp2p::core::ConnectedPoint;
    use libp2p::swarm::behaviour::ConnectionEstablished;

    use super::*;

    /// Whether the handler asks for a sign of life once its time has come.
    async fn asks_when_due(handler: &mut Handler) -> bool {
        handler.alive.due.as_mut().reset(Instant::now());
        let asked = std::future::poll_fn(|cx| match handler.poll(cx) {
            Poll::Ready(ConnectionHandlerEvent::OutboundSubstreamRequest { .. }) => {
                Poll::Ready(true)
            }
            Poll::Ready(_) => Poll::Ready(false),
            // It is not due any more: what was due was skipped.
            Poll::Pending if handler.alive.due.deadline() > Instant::now() => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        });
        asked.await
    }

    #[tokio::test]
    async fn connections_beyond_the_last_place_are_denied() {
        let mut links = Links::new();
        let peer = PeerId::random();
        let address: Multiaddr = "/ip4/127.0.0.1/tcp/9".parse().unwrap();
        for number in 0..LAN_CONNECTIONS_MAX {
            let connection = ConnectionId::new_unchecked(number);
            let taken =
                links.handle_established_inbound_connection(connection, peer, &address, &address);
            assert!(taken.is_ok(), "{number}");
            let endpoint = ConnectedPoint::Listener {
                local_addr: address.clone(),
                send_back_addr: address.clone(),
            };
            links.on_swarm_event(FromSwarm::ConnectionEstablished(ConnectionEstablished {
                peer_id: peer,
                connection_id: connection,
                endpoint: &endpoint,
                failed_addresses: &[],
                other_established: number,
            }));
        }
        let connection = ConnectionId::new_unchecked(LAN_CONNECTIONS_MAX);
        let more =
            links.handle_established_inbound_connection(connection, peer, &address, &address);
        assert!(more.is_err());
    }

    #[tokio::test]
    async fn a_link_that_spoke_is_not_asked_whether_it_lives() {
        let mut handler = Handler::new();
        handler.activity.note_read();
        assert!(!asks_when_due(&mut handler).await);
        assert!(asks_when_due(&mut handler).await, "it fell silent");
    }

    #[tokio::test]
    async fn what_we_write_is_no_sign_of_the_other_end() {
        let mut handler = Handler::new();
        handler.activity.note_written();
        assert!(asks_when_due(&mut handler).await);
    }

    #[tokio::test]
    async fn a_probe_asks_even_a_link_that_spoke() {
        let mut handler = Handler::new();
        handler.activity.note_read();
        handler.on_behaviour_event(Ask::Probe);
        assert!(asks_when_due(&mut handler).await);
    }
}
