//! The world: all hosts, what is between them, and the order in which things happen.

mod break_down;
mod contact;
mod promises;
mod run;
mod silence;

use crate::engine::{Input, Output};
use crate::types::{LinkId, RequestId};

use super::bodies::Bodies;
use super::chance::Chance;
use super::crowd::Crowd;
use super::host::Host;
use super::links::Links;
use super::report::{Report, percentile, ratio};
use super::space::Ground;
use super::spec::{Spec, Strategy};
use super::spies::Spies;
use super::traffic::Ledger;
use super::waves::{Begun, Lane, Waves};
use super::wheel::Wheel;

use promises::Promises;

/// What can happen.
#[derive(Debug)]
enum Event {
    /// A transmission is out.
    Out { lane: Lane },
    /// Bytes come to a host.
    Received {
        host: u32,
        link: LinkId,
        bytes: Vec<u8>,
    },
    /// A timer of a host is due.
    Wake { host: u32 },
    /// A call becomes a link, or not.
    SetUp { link: LinkId },
    /// An end learns that a link is gone.
    Gone { host: u32, link: LinkId },
    /// A second is over: people move.
    Second,
    /// A host looks around for neighbours.
    Look { host: u32 },
    /// A person writes.
    Write { message: u32 },
    /// A message's life is over.
    Lapse { message: u32 },
    /// A host that was down starts again.
    Restart { host: u32 },
    /// Something breaks, by its place in the plan.
    Fault { number: usize },
    /// A disk has space again.
    Mend { host: u32 },
    /// A clock that had jumped jumps back by so much.
    ClockBack { host: u32, by_ms: i64 },
    /// On a network, links that are gone are called for again.
    Redial,
    /// Links of hosts that are jammed or switched off break.
    Silence,
}

/// Counts for the report.
#[derive(Debug, Default)]
struct Tally {
    events: u64,
    links: u64,
    calls_failed: u64,
    link_bytes: u64,
    sync_bytes: u64,
    /// Whole envelopes that came to a host.
    copies: u64,
    /// Envelopes that were new where they came, and their bytes.
    carried: u64,
    carried_bytes: u64,
}

/// A crowd that runs.
pub struct World {
    spec: Spec,
    seed: u64,
    wheel: Wheel<Event>,
    hosts: Vec<Host>,
    links: Links,
    waves: Waves,
    crowd: Crowd,
    ground: Ground,
    ledger: Ledger,
    bodies: Bodies,
    chance: Chance,
    tally: Tally,
    /// Hosts with something in their mailbox, in the order it came.
    ready: Vec<u32>,
    outputs: Vec<Output>,
    /// Room for mailboxes: a host has one only while something is in it.
    mailboxes: Vec<Vec<Input>>,
    begun: Vec<Begun>,
    arrived: Vec<u32>,
    promises: Promises,
    /// Who is to have a link with whom on a network.
    graph: Vec<(u32, u32)>,
    spies: Spies,
}

impl World {
    /// A world at its first moment.
    #[must_use]
    pub fn new(spec: Spec, seed: u64) -> Self {
        let mut chance = Chance::new(seed, 0);
        let bodies = Bodies::default();
        let people = spec.nodes + spec.adversaries.len();
        let hosts = (0..people as u32).map(|number| Host::new(number, &spec, seed, &bodies));
        let hosts: Vec<Host> = hosts.collect();
        let crowd = Crowd::new(spec.movement.clone(), people, spec.skipped_s, &mut chance);
        let waves = Waves::new(spec.medium.clone(), people, Chance::new(seed, 1));
        let promises = Promises::new(&spec);
        let ledger = Ledger::draw(&spec.traffic, spec.nodes, &mut Chance::new(seed, 2));
        let mut world = Self {
            links: Links::new(people),
            ground: Ground::new(spec.medium.range_m.unwrap_or(f32::MAX)),
            spec,
            seed,
            wheel: Wheel::new(),
            hosts,
            waves,
            crowd,
            ledger,
            bodies,
            chance,
            tally: Tally::default(),
            ready: Vec::new(),
            outputs: Vec::new(),
            mailboxes: Vec::new(),
            begun: Vec::new(),
            arrived: Vec::new(),
            promises,
            graph: Vec::new(),
            spies: Spies::default(),
        };
        world.begin();
        world
    }

    /// Runs to the end and says what came of it.
    #[must_use]
    pub fn run(mut self) -> Report {
        self.run_until(self.spec.seconds * 1_000);
        self.check_at_end();
        self.report()
    }

    /// Deliveries by minute of writing, `(minute, got, due)`: for diagnosis.
    #[must_use]
    pub fn run_by_minute(mut self) -> (Report, Vec<(u64, u64, u64)>) {
        self.run_until(self.spec.seconds * 1_000);
        self.check_at_end();
        let minutes = self.ledger.by_minute();
        let rows = minutes.into_iter().map(|(at, (got, due))| (at, got, due));
        let rows = rows.collect();
        (self.report(), rows)
    }

    fn begin(&mut self) {
        for host in 0..self.hosts.len() as u32 {
            self.wheel.put(0, Event::Restart { host });
        }
        match self.spec.medium.range_m {
            Some(_) => self.begin_looking(),
            None => self.begin_linked(),
        }
        self.begin_silence();
        for (number, planned) in self.spec.faults.iter().enumerate() {
            self.wheel.put(planned.at_ms, Event::Fault { number });
        }
        let messages: Vec<u64> = self.ledger.messages().iter().map(|m| m.at_ms).collect();
        for (message, at_ms) in (0..).zip(messages) {
            self.wheel.put(at_ms, Event::Write { message });
            if let Some(lifetime_s) = self.spec.traffic.lifetime_s {
                self.wheel
                    .put(at_ms + lifetime_s * 1_000 + 1, Event::Lapse { message });
            }
        }
    }

    fn report(&self) -> Report {
        let (deliveries, due) = self.ledger.delivered();
        let delays_s = self.ledger.delays_s();
        let counted = self.ledger.messages().iter().filter(|m| m.is_counted);
        let carried_bytes = self.tally.carried_bytes as f64;
        let honest = self.hosts.iter().filter(|host| host.hostile.is_none());
        let peaks = honest.map(|host| host.disk.body_bytes().1);
        let (copies, sync_bytes) = self.copies_and_sync_bytes();
        let strategy = match self.spec.strategy {
            Strategy::Offer => "offer",
            Strategy::Flood => "flood",
            Strategy::Jitter => "jitter",
        };
        Report {
            scenario: self.spec.name.clone(),
            strategy: strategy.to_owned(),
            seed: self.seed,
            nodes: self.spec.nodes,
            messages: counted.count() as u64,
            deliveries,
            delivered_ratio: ratio(deliveries as f64, due as f64),
            p50_s: percentile(&delays_s, 0.5),
            p95_s: percentile(&delays_s, 0.95),
            p99_s: percentile(&delays_s, 0.99),
            copies_per_delivery: ratio(copies as f64, self.tally.carried as f64),
            bytes_per_delivery_over_payload: ratio(self.tally.link_bytes as f64, carried_bytes),
            air_bytes_per_delivery_over_payload: ratio(self.waves.air_bytes as f64, carried_bytes),
            sync_bytes,
            links: self.tally.links,
            calls_failed: self.tally.calls_failed,
            peak_store_bytes: peaks.max().unwrap_or(0),
            events: self.tally.events,
            oracle_ratio: None,
            own_lost: self.own_lost(),
            recovery_s: self.ledger.recovery_ms().map(|ms| ms as f64 / 1_000.0),
            spied: self.spied(),
            broken_promises: self.promises.sentences(),
        }
    }

    /// Whole envelopes sent, and bytes of reconciliation.
    fn copies_and_sync_bytes(&self) -> (u64, u64) {
        let nodes = self.hosts.iter().filter_map(|host| host.node.as_ref());
        let counted = nodes.filter_map(|node| node.counted());
        let before = (self.tally.copies, self.tally.sync_bytes);
        counted.fold(before, |sum, (copies, sync)| (sum.0 + copies, sum.1 + sync))
    }

    fn host_mut(&mut self, host: u32) -> Option<&mut Host> {
        self.hosts.get_mut(host as usize)
    }

    fn request_of(message: u32) -> RequestId {
        RequestId(u64::from(message))
    }
}

impl core::fmt::Debug for World {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("World")
            .field("scenario", &self.spec.name)
            .field("seed", &self.seed)
            .field("now_ms", &self.wheel.now())
            .finish_non_exhaustive()
    }
}
