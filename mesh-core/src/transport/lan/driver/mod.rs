//! The carrier's one task: waits for one thing, handles it, does the steps.
//!
//! Floor 5 (`docs/protocol/link.md`). Never waits for the engine: links have tasks
//! of their own for that, and of status only the latest is kept to be told. A
//! driver lives under one key and on one set of networks; when those change it
//! says so, and another one takes its place.

mod calls;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use libp2p::PeerId;
use libp2p::identity::Keypair;
use libp2p::swarm::{ConnectionId, Stream, Swarm, SwarmEvent};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::beacon::{self, Plan};
use super::chance::Chance;
use super::interfaces::{Interfaces, Moves};
use super::isolation::{Isolation, Reach};
use super::links::{Activity, Ask, Tell};
use super::neighbours::{Neighbours, Newcomer};
use super::roster::Step;
use super::status::{Listening, Searching, socket_address};
use super::stream::{Link, LinkQueue};
use super::swarm::{self, Behaviour, BehaviourEvent};
use super::tcp::{Outcome, Refusal};
use super::{LanConfig, LanError, Queues};
use crate::redact::Redacted;
use crate::transport::{LinkIds, TransportEvent};
use crate::types::{CarrierStatus, LinkInfo, LinkKind, LinkShape};

const HEARD_QUEUE_CAP: usize = 64;
const OUTCOMES_QUEUE_CAP: usize = 64;
/// For goodbyes; the handle waits longer.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(2);

/// One libp2p connection.
struct Connection {
    peer: PeerId,
    outbound: bool,
    remote: Option<SocketAddr>,
    stream: Option<(Stream, Activity)>,
    queue: Option<Arc<LinkQueue>>,
}

/// News that nobody has taken yet; the latest of each kind.
#[derive(Default)]
struct News {
    told: Option<CarrierStatus>,
    status: Option<CarrierStatus>,
    listening: Option<Vec<String>>,
}

/// Everything the carrier knows.
pub(super) struct Driver {
    swarm: Swarm<Behaviour>,
    neighbours: Neighbours,
    listening: Listening,
    refusal: Refusal,
    interfaces: Interfaces,
    moves: Moves,
    isolation: Isolation,
    searching: Searching,
    connections: BTreeMap<ConnectionId, Connection>,
    link_ids: LinkIds,
    queues: Queues,
    links: JoinSet<ConnectionId>,
    events: mpsc::Sender<TransportEvent>,
    news: News,
    plan: watch::Sender<Plan>,
    heard: mpsc::Receiver<SocketAddr>,
    outcomes: mpsc::Receiver<Outcome>,
    start: Instant,
    tick_due: Instant,
    listen_due_ms: u64,
    interfaces_due_ms: u64,
    mdns_due_ms: Option<u64>,
    /// When there was a link last, or the start.
    company_ms: u64,
    /// Somebody was heard, or was linked, at some time.
    is_anybody: bool,
    has_moved: bool,
}

/// Why a driver is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nobody needs the carrier any more.
    Stopped,
    /// Other networks: a driver under another key must go on.
    Moved,
}

impl Driver {
    /// Must be called inside the carrier's runtime.
    pub(super) fn new(
        config: &LanConfig,
        link_ids: LinkIds,
        queues: Queues,
        events: mpsc::Sender<TransportEvent>,
    ) -> Result<Self, LanError> {
        let key = Keypair::generate_ed25519();
        let run = key.public().encode_protobuf();
        let chance = |purpose: &'static [u8]| Chance::new(&config.secret, &run, purpose);
        let (plan, plans) = watch::channel(Plan::default());
        let (hear, heard) = mpsc::channel(HEARD_QUEUE_CAP);
        let (outcome, outcomes) = mpsc::channel(OUTCOMES_QUEUE_CAP);
        if config.discovery {
            tokio::spawn(beacon::run(plans, hear, chance(b"beacon")));
        }
        let me = key.public().to_peer_id();
        let mut neighbours = Neighbours::new(me, config.secret, chance);
        for address in &config.dial {
            neighbours.discovery().by_hand(0, *address);
        }
        let listening = Listening::new(&config.listen);
        let mdns_wanted = config.discovery && !listening.is_loopback_only();
        let interfaces = Interfaces::look();
        let refusal = Refusal::default();
        Ok(Self {
            swarm: swarm::build(&key, outcome, refusal.clone())?,
            neighbours,
            listening,
            refusal,
            moves: Moves::new(0, &interfaces),
            interfaces,
            isolation: Isolation::default(),
            searching: if config.discovery {
                Searching::On
            } else {
                Searching::Off
            },
            connections: BTreeMap::new(),
            link_ids,
            queues,
            links: JoinSet::new(),
            events,
            news: News::default(),
            plan,
            heard,
            outcomes,
            start: Instant::now(),
            tick_due: Instant::now(),
            listen_due_ms: 0,
            interfaces_due_ms: 0,
            mdns_due_ms: mdns_wanted.then_some(0),
            company_ms: 0,
            is_anybody: false,
            has_moved: false,
        })
    }

    /// The addresses that a person gave, for the next driver.
    pub(super) fn hand_addresses(&self) -> Vec<SocketAddr> {
        self.neighbours.hand_addresses()
    }

    /// Runs until the sender of `controls` is gone or the networks are others. May be
    /// called again after the latter, if no other driver can be had.
    pub(super) async fn run(&mut self, controls: &mut mpsc::Receiver<SocketAddr>) -> Ending {
        self.has_moved = false;
        self.tick();
        self.listening_changed();
        while !self.has_moved {
            tokio::select! {
                event = self.swarm.select_next_some() => self.swarm_event(event),
                control = controls.recv() => match control {
                    Some(address) => {
                        let now_ms = self.now_ms();
                        self.neighbours.discovery().by_hand(now_ms, address);
                        self.tick_due = Instant::now();
                    }
                    None => return Ending::Stopped,
                },
                Some(ended) = self.links.join_next() => match ended {
                    Ok(connection) => self.link_ended(connection),
                    Err(error) => tracing::error!(%error, "a link's task failed"),
                },
                Some(address) = self.heard.recv() => self.beacon_heard(address),
                Some((to, reach)) = self.outcomes.recv() => self.reached(to, reach),
                () = sleep_until(self.tick_due) => self.tick(),
                permit = self.events.clone().reserve_owned(), if self.news.has_any() => {
                    match (permit, self.news.next()) {
                        (Ok(permit), Some(event)) => drop(permit.send(event)),
                        (Err(_), _) => return Ending::Stopped,
                        (Ok(_), None) => {}
                    }
                }
            }
        }
        Ending::Moved
    }

    /// Ends every link and waits until each has told so.
    pub(super) async fn goodbye(&mut self) {
        self.queues.close_all();
        let links = &mut self.links;
        let goodbyes = async { while links.join_next().await.is_some() {} };
        let _ = timeout(GOODBYE_TIMEOUT, goodbyes).await;
    }

    fn swarm_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Links((connection, tell))) => {
                self.told(connection, tell);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Mdns(event)) => self.mdns_event(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                connection_id,
                endpoint,
                ..
            } => self.established(
                connection_id,
                Connection {
                    peer: peer_id,
                    outbound: endpoint.is_dialer(),
                    remote: socket_address(endpoint.get_remote_address()),
                    stream: None,
                    queue: None,
                },
            ),
            SwarmEvent::ConnectionClosed { connection_id, .. } => self.closed(connection_id),
            SwarmEvent::OutgoingConnectionError {
                connection_id,
                error,
                ..
            } => self.dial_failed(connection_id, &error),
            SwarmEvent::NewListenAddr { address, .. } => {
                self.address_came(&address);
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                self.address_went(&address);
            }
            SwarmEvent::ListenerClosed {
                listener_id,
                addresses,
                reason,
            } => self.listener_closed(listener_id, &addresses, reason),
            _ => {}
        }
    }

    fn established(&mut self, connection: ConnectionId, known: Connection) {
        let newcomer = Newcomer {
            connection,
            peer: known.peer,
            outbound: known.outbound,
            host: known.remote.map(|remote| remote.ip()),
        };
        if let Some(remote) = known.remote.filter(|_| !known.outbound) {
            self.reached(remote, Reach::Answer);
        }
        self.connections.insert(connection, known);
        let now_ms = self.now_ms();
        let steps = self.neighbours.established(now_ms, newcomer);
        self.take(steps);
    }

    fn told(&mut self, connection: ConnectionId, tell: Tell) {
        let steps = match tell {
            Tell::Opened(stream, activity) => {
                self.keep_stream(connection, stream, activity);
                self.neighbours.roster().opened(connection)
            }
            Tell::Accepted(stream, activity) => {
                self.keep_stream(connection, stream, activity);
                self.neighbours.roster().accepted(connection)
            }
            Tell::Failed => self.neighbours.roster().fail(connection),
        };
        self.take(steps);
    }

    fn keep_stream(&mut self, connection: ConnectionId, stream: Stream, activity: Activity) {
        if let Some(known) = self.connections.get_mut(&connection) {
            known.stream = Some((stream, activity));
        }
    }

    fn closed(&mut self, connection: ConnectionId) {
        let now_ms = self.now_ms();
        let Some(known) = self.connections.get(&connection) else {
            let steps = self.neighbours.roster().closed(connection);
            return self.take(steps);
        };
        let peer = known.peer;
        if known.queue.is_none() {
            self.connections.remove(&connection);
        }
        let steps = self.neighbours.closed(now_ms, connection, peer);
        self.take(steps);
    }

    fn link_ended(&mut self, connection: ConnectionId) {
        if let Some(known) = self.connections.get_mut(&connection) {
            known.queue = None;
            if !self.neighbours.is_called(connection) {
                // An inbound one may be closed already; if not, `closed` finds nothing to do.
                self.connections.remove(&connection);
            }
        }
        let steps = self.neighbours.roster().link_ended(connection);
        self.take(steps);
    }

    /// Does the steps; those that need more have it told to them by events.
    fn take(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Open(connection) => self.ask(connection, Ask::Open),
                Step::Probe(connection) => self.ask(connection, Ask::Probe),
                Step::Close(connection) => {
                    self.swarm.close_connection(connection);
                }
                Step::Start(connection) => self.start_link(connection),
                Step::End(connection) => {
                    let known = self.connections.get(&connection);
                    if let Some(queue) = known.and_then(|known| known.queue.as_ref()) {
                        queue.close();
                    }
                }
            }
        }
        self.make_plan();
    }

    fn ask(&mut self, connection: ConnectionId, ask: Ask) {
        if let Some(known) = self.connections.get(&connection) {
            let links = &mut self.swarm.behaviour_mut().links;
            links.ask(known.peer, connection, ask);
        }
    }

    fn start_link(&mut self, connection: ConnectionId) {
        let Some(known) = self.connections.get_mut(&connection) else {
            return;
        };
        let Some((stream, activity)) = known.stream.take() else {
            return;
        };
        let id = self.link_ids.fresh();
        let queue = self.queues.add(id);
        known.queue = Some(Arc::clone(&queue));
        let info = LinkInfo {
            kind: LinkKind::Lan,
            outbound: known.outbound,
            shape: LinkShape::Pipe,
            address: known.remote.map(|address| Redacted(address.to_string())),
        };
        let (events, queues) = (self.events.clone(), self.queues.clone());
        self.links.spawn(async move {
            let link = Link {
                id,
                info,
                queue: &queue,
                activity,
                events,
            };
            link.run(stream).await;
            queues.remove(id);
            connection
        });
        self.is_anybody = true;
        let now_ms = self.now_ms();
        self.neighbours.started(now_ms, connection);
    }

    fn make_plan(&mut self) {
        let plan = Plan {
            loopback: self.listening.loopback(),
            networks: self.announced(),
            is_alone: self.neighbours.links() == 0,
            wants_more: self.neighbours.wants_more(),
        };
        self.plan.send_if_modified(|current| {
            let changed = *current != plan;
            *current = plan;
            changed
        });
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl News {
    fn has_any(&self) -> bool {
        self.status.is_some() || self.listening.is_some()
    }

    fn next(&mut self) -> Option<TransportEvent> {
        if let Some(status) = self.status.take() {
            self.told = Some(status.clone());
            return Some(TransportEvent::Status(status));
        }
        let addresses = self.listening.take()?;
        Some(TransportEvent::Listening { addresses })
    }
}
