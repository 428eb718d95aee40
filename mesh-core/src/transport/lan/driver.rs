//! The carrier's one task: waits for one thing, handles it, does the steps.
//!
//! Floor 5 (`docs/protocol/link.md`). Never waits for the engine: links have tasks
//! of their own for that, and of status only the latest is kept to be told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use libp2p::identity::Keypair;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, DialError, Stream, Swarm, SwarmEvent};
use libp2p::{Multiaddr, PeerId, mdns};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::beacon::{self, Plan};
use super::chance::Chance;
use super::discovery::{Discovery, View};
use super::links::{Activity, Ask, Tell};
use super::roster::{Arrival, Roster, Step};
use super::status::{Listening, Nearby, Searching, multiaddr, socket_address, status};
use super::stream::{Link, LinkQueue};
use super::swarm::{self, Behaviour, BehaviourEvent};
use super::{LanConfig, LanError, Queues};
use crate::limits::{LAN_CANDIDATES_MAX, LAN_LINKS_MAX, LAN_LINKS_OUTBOUND_MIN};
use crate::redact::Redacted;
use crate::transport::{LinkIds, TransportEvent};
use crate::types::{CarrierStatus, LinkInfo, LinkKind};

/// How often calls are considered while some are to be made, and otherwise.
const TICK_BUSY: Duration = Duration::from_millis(100);
const TICK_IDLE: Duration = Duration::from_secs(1);
const LISTEN_RETRY_MS: u64 = 5_000;
/// Peers that mDNS may remember: it bounds nothing itself, and searches linearly.
const MDNS_RECORDS_MAX: usize = 4 * LAN_CANDIDATES_MAX;
/// mDNS stays off so long after a flood, or after it failed to start.
const MDNS_PAUSE_MS: u64 = 10_000;
/// A full table of callers gives way to a call of ours at most this often.
const MAKE_ROOM_MS: u64 = 60_000;
const HEARD_QUEUE_CAP: usize = 64;
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
    roster: Roster,
    discovery: Discovery,
    listening: Listening,
    nearby: Nearby,
    searching: Searching,
    connections: BTreeMap<ConnectionId, Connection>,
    dialed: BTreeMap<ConnectionId, SocketAddr>,
    link_ids: LinkIds,
    queues: Queues,
    links: JoinSet<ConnectionId>,
    events: mpsc::Sender<TransportEvent>,
    news: News,
    plan: watch::Sender<Plan>,
    heard: mpsc::Receiver<SocketAddr>,
    start: Instant,
    listen_due_ms: u64,
    mdns_due_ms: Option<u64>,
    room_due_ms: u64,
}

impl Driver {
    /// Must be called inside the carrier's runtime.
    pub(super) fn new(
        config: LanConfig,
        link_ids: LinkIds,
        queues: Queues,
        events: mpsc::Sender<TransportEvent>,
    ) -> Result<Self, LanError> {
        let key = Keypair::generate_ed25519();
        let run = key.public().encode_protobuf();
        let chance = |purpose| Chance::new(&config.secret, &run, purpose);
        let (plan, plans) = watch::channel(Plan::default());
        let (hear, heard) = mpsc::channel(HEARD_QUEUE_CAP);
        if config.discovery {
            tokio::spawn(beacon::run(plans, hear, chance(b"beacon")));
        }
        let mut discovery = Discovery::new(config.secret, chance(b"dials"));
        for address in &config.dial {
            discovery.by_hand(0, *address);
        }
        let listening = Listening::new(&config.listen);
        let mdns_wanted = config.discovery && !listening.is_loopback_only();
        Ok(Self {
            swarm: swarm::build(&key)?,
            roster: Roster::new(key.public().to_peer_id()),
            discovery,
            listening,
            nearby: Nearby::look(),
            searching: if config.discovery {
                Searching::On
            } else {
                Searching::Off
            },
            connections: BTreeMap::new(),
            dialed: BTreeMap::new(),
            link_ids,
            queues,
            links: JoinSet::new(),
            events,
            news: News::default(),
            plan,
            heard,
            start: Instant::now(),
            listen_due_ms: 0,
            mdns_due_ms: mdns_wanted.then_some(0),
            room_due_ms: 0,
        })
    }

    /// Runs until the sender of `controls` is gone, then says goodbye.
    pub(super) async fn run(mut self, mut controls: mpsc::Receiver<SocketAddr>) {
        self.tick();
        self.listening_changed();
        let mut tick_due = Instant::now();
        loop {
            tokio::select! {
                event = self.swarm.select_next_some() => self.swarm_event(event),
                control = controls.recv() => match control {
                    Some(address) => {
                        self.discovery.by_hand(self.now_ms(), address);
                        tick_due = Instant::now();
                    }
                    None => break,
                },
                Some(ended) = self.links.join_next() => match ended {
                    Ok(connection) => self.link_ended(connection),
                    Err(error) => tracing::error!(%error, "a link's task failed"),
                },
                Some(address) = self.heard.recv() => self.heard(address),
                () = sleep_until(tick_due) => {
                    self.tick();
                    let busy = self.discovery.is_waiting(&view(&self.roster));
                    tick_due = Instant::now() + if busy { TICK_BUSY } else { TICK_IDLE };
                }
                permit = self.events.clone().reserve_owned(), if self.news.has_any() => {
                    match (permit, self.news.next()) {
                        (Ok(permit), Some(event)) => drop(permit.send(event)),
                        (Err(_), _) => break,
                        (Ok(_), None) => {}
                    }
                }
            }
        }
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
                if self.listening.add(&address) {
                    self.discovery.network_changed(self.now_ms());
                    self.listening_changed();
                }
            }
            SwarmEvent::ExpiredListenAddr { address, .. } => {
                if self.listening.remove(&address) {
                    self.listening_changed();
                }
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
        if let Some(address) = self.dialed.get(&connection) {
            self.discovery.connected(*address, known.peer);
        }
        let arrival = Arrival {
            connection,
            peer: known.peer,
            outbound: known.outbound,
            reserved: self.discovery.reserved(&view(&self.roster)),
        };
        self.connections.insert(connection, known);
        let steps = self.roster.established(self.now_ms(), arrival);
        self.take(steps);
    }

    fn told(&mut self, connection: ConnectionId, tell: Tell) {
        let steps = match tell {
            Tell::Opened(stream, activity) => {
                self.keep_stream(connection, stream, activity);
                self.roster.opened(connection)
            }
            Tell::Accepted(stream, activity) => {
                self.keep_stream(connection, stream, activity);
                self.roster.accepted(connection)
            }
            Tell::Failed => self.roster.fail(connection),
        };
        self.take(steps);
    }

    fn keep_stream(&mut self, connection: ConnectionId, stream: Stream, activity: Activity) {
        if let Some(known) = self.connections.get_mut(&connection) {
            known.stream = Some((stream, activity));
        }
    }

    fn closed(&mut self, connection: ConnectionId) {
        let steps = self.roster.closed(connection);
        self.take(steps);
        let Some(known) = self.connections.get(&connection) else {
            return;
        };
        let peer = known.peer;
        if known.queue.is_none() {
            self.connections.remove(&connection);
        }
        if let Some(address) = self.dialed.remove(&connection) {
            let linked = self.roster.is_linked(&peer);
            let now_ms = self.now_ms();
            self.discovery.disconnected(now_ms, address, linked);
        }
    }

    fn link_ended(&mut self, connection: ConnectionId) {
        if let Some(known) = self.connections.get_mut(&connection) {
            known.queue = None;
            if !self.dialed.contains_key(&connection) {
                // An inbound one may be closed already; if not, `closed` finds nothing to do.
                self.connections.remove(&connection);
            }
        }
        let steps = self.roster.link_ended(connection);
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
        if let Some(address) = self.dialed.get(&connection) {
            self.discovery.linked(*address);
        }
        let id = self.link_ids.fresh();
        let queue = self.queues.add(id);
        known.queue = Some(Arc::clone(&queue));
        let info = LinkInfo {
            kind: LinkKind::Lan,
            outbound: known.outbound,
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
    }

    fn dial_failed(&mut self, connection: ConnectionId, error: &DialError) {
        let Some(address) = self.dialed.remove(&connection) else {
            return;
        };
        if matches!(error, DialError::LocalPeerId { .. }) {
            self.discovery.own(address);
        } else {
            self.discovery.failed(self.now_ms(), address);
        }
    }

    fn mdns_event(&mut self, event: mdns::Event) {
        match event {
            mdns::Event::Discovered(records) => {
                for (_, address) in records {
                    let address = socket_address(&address);
                    if let Some(address) = address.filter(|a| self.nearby.contains(a.ip())) {
                        self.heard(address);
                    }
                }
                let mdns = self.swarm.behaviour().mdns.as_ref();
                if mdns.is_some_and(|mdns| mdns.discovered_nodes().len() > MDNS_RECORDS_MAX) {
                    tracing::warn!("flood of mDNS records: pausing");
                    self.swarm.behaviour_mut().mdns = Toggle::from(None);
                    self.mdns_due_ms = Some(self.now_ms() + MDNS_PAUSE_MS);
                }
            }
            mdns::Event::Expired(records) => {
                for (_, address) in records {
                    if let Some(address) = socket_address(&address) {
                        self.discovery.expired(address);
                    }
                }
            }
        }
    }

    fn heard(&mut self, address: SocketAddr) {
        if !self.listening.addresses().contains(&address) {
            self.discovery.heard(self.now_ms(), address);
        }
    }

    fn tick(&mut self) {
        let now_ms = self.now_ms();
        if now_ms >= self.listen_due_ms {
            self.listen_due_ms = now_ms + LISTEN_RETRY_MS;
            self.listen();
        }
        if self.mdns_due_ms.is_some_and(|due_ms| now_ms >= due_ms) {
            self.start_mdns(now_ms);
        }
        let steps = self.roster.tick(now_ms);
        self.take(steps);
        self.make_room(now_ms);
        let dials = self.discovery.dials(now_ms, &view(&self.roster));
        for address in dials {
            self.dial(now_ms, address);
        }
    }

    fn dial(&mut self, now_ms: u64, address: SocketAddr) {
        // A port of its own: from the listening port, two that call each other at
        // once would meet in one TCP connection with two callers.
        let opts = DialOpts::unknown_peer_id()
            .address(multiaddr(address))
            .allocate_new_port()
            .build();
        let connection = opts.connection_id();
        self.dialed.insert(connection, address);
        if self.swarm.dial(opts).is_err() {
            self.dialed.remove(&connection);
            self.discovery.failed(now_ms, address);
        }
    }

    /// Lets go of one caller when callers hold every link and we know whom to call.
    fn make_room(&mut self, now_ms: u64) {
        let view = view(&self.roster);
        let crowded = view.links >= LAN_LINKS_MAX && view.links_outbound < LAN_LINKS_OUTBOUND_MIN;
        if !crowded || now_ms < self.room_due_ms || self.discovery.reserved(&view) == 0 {
            return;
        }
        if let Some(connection) = self.roster.youngest_inbound() {
            self.room_due_ms = now_ms + MAKE_ROOM_MS;
            let steps = self.roster.fail(connection);
            self.take(steps);
        }
    }

    fn listen(&mut self) {
        let swarm = &mut self.swarm;
        let changed = self.listening.open(|address| {
            swarm.listen_on(address).map_err(|error| match error {
                libp2p::TransportError::Other(error) => error,
                libp2p::TransportError::MultiaddrNotSupported(_) => {
                    std::io::ErrorKind::Unsupported.into()
                }
            })
        });
        if changed {
            self.status_changed();
        }
    }

    fn listener_closed(
        &mut self,
        listener: libp2p::core::transport::ListenerId,
        addresses: &[Multiaddr],
        reason: std::io::Result<()>,
    ) {
        let why = reason
            .err()
            .map_or(std::io::ErrorKind::Other, |error| error.kind());
        self.listening.closed(listener, why);
        for address in addresses {
            self.listening.remove(address);
        }
        self.listening_changed();
    }

    fn start_mdns(&mut self, now_ms: u64) {
        let me = *self.swarm.local_peer_id();
        let mdns = swarm::mdns(me, self.listening.addresses().iter());
        self.searching = if mdns.is_some() {
            Searching::On
        } else {
            Searching::Broken
        };
        self.mdns_due_ms = mdns.is_none().then_some(now_ms + MDNS_PAUSE_MS);
        self.swarm.behaviour_mut().mdns = Toggle::from(mdns);
        self.status_changed();
    }

    fn listening_changed(&mut self) {
        self.nearby = Nearby::look();
        self.news.listening = Some(self.listening.sorted());
        self.status_changed();
        self.make_plan();
    }

    fn status_changed(&mut self) {
        let status = status(&self.listening, self.searching);
        self.news.status = (self.news.told.as_ref() != Some(&status)).then_some(status);
    }

    fn make_plan(&mut self) {
        let plan = Plan {
            address: self.listening.loopback(),
            is_alone: self.roster.links() == 0,
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

fn view(roster: &Roster) -> View {
    View {
        links: roster.links(),
        links_outbound: roster.links_outbound(),
        linked: roster.linked(),
    }
}
