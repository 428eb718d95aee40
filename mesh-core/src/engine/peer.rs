//! What the engine knows of one neighbour.

use std::collections::{BTreeMap, VecDeque};

use crate::api::LinkView;
use crate::gossip::Slot;
use crate::limits::{
    HELLO_TIMEOUT_MS, KEEP_ALIVE_MS, LIST_INTERVAL_MS_MIN, RESYNC_DELAY_MS, SILENCE_MS_MAX,
    SOS_BURST, SOS_INTERVAL_MS,
};
use crate::link::{Allowance, Bucket, Outgoing, Score, SosAllowance};
use crate::router::Admission;
use crate::types::{LinkId, LinkInfo, Mono, Now};
use crate::wire::envelope::Class;
use crate::wire::frame::Hello;

use super::pipe::Pipe;

/// One neighbour on one link.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) info: LinkInfo,
    pub(super) allowance: Allowance,
    pub(super) slot: Slot,
    pub(super) pipe: Pipe,
    pub(super) outgoing: Outgoing,
    pub(super) score: Score,
    /// SOS that it may push unasked, and that we may push to it. It gets twice the
    /// burst: the network may bunch up what it sent in time.
    pub(super) sos_in: Bucket,
    pub(super) sos_out: SosAllowance,
    /// What it may bring that is new while room is short.
    pub(super) admission: Admission,
    /// When it has room again for what it offered.
    pub(super) ask_at: Option<Mono>,
    pub(super) up_at: Now,
    pub(super) our_hello: Hello,
    pub(super) their_hello: Option<Hello>,
    /// Its clock less our monotonic one, milliseconds.
    pub(super) their_base_ms: i64,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) heard_at: Mono,
    pub(super) said_at: Mono,
    /// Our Hello is on its way; nothing else is before theirs came.
    pub(super) has_greeted: bool,
    /// Offers queued since then wait until this moment for company.
    pub(super) offers_at: Option<Mono>,
    /// Lists that we owe it: class, and the arrival number to go on below.
    pub(super) lists: VecDeque<(Class, u64)>,
    /// Classes of which it may lack what we hold: the arrival number to go on below.
    pub(super) sweeps: BTreeMap<Class, u64>,
    /// When it last began a list of a class, and whether it is in the middle of it.
    pub(super) list_begun: BTreeMap<Class, (Mono, bool)>,
    pub(super) resync_at: Option<Mono>,
    /// Pushes that came, and how many of them it was told of.
    pub(super) pushes_handled: u64,
    pub(super) pushes_told: u64,
}

impl Peer {
    pub(super) fn new(now: Now, info: LinkInfo, pipe: Pipe, slot: Slot, our_hello: Hello) -> Self {
        let allowance = Allowance::of(info.kind);
        let admission = Admission::of(info.kind);
        Self {
            info,
            slot,
            outgoing: Outgoing::new(Allowance {
                credit_bytes: pipe.outgoing_credit(allowance),
                ..allowance
            }),
            pipe,
            allowance,
            score: Score::default(),
            sos_in: Bucket::new(2 * SOS_BURST, SOS_INTERVAL_MS),
            sos_out: SosAllowance::default(),
            admission,
            ask_at: None,
            up_at: now,
            our_hello,
            their_hello: None,
            their_base_ms: 0,
            bytes_in: 0,
            bytes_out: 0,
            heard_at: now.mono,
            said_at: now.mono,
            has_greeted: false,
            offers_at: None,
            lists: VecDeque::new(),
            sweeps: BTreeMap::new(),
            list_begun: BTreeMap::new(),
            resync_at: None,
            pushes_handled: 0,
            pushes_told: 0,
        }
    }

    /// Hello went both ways.
    pub(super) fn is_ready(&self) -> bool {
        self.their_hello.is_some()
    }

    /// Envelopes moved on this link, both ways together.
    pub(super) fn moved(&self) -> u64 {
        self.pushes_handled + self.outgoing.pushed()
    }

    /// The carrier took bytes.
    pub(super) fn sent(&mut self, bytes: usize) {
        if !self.pipe.sent(bytes) {
            self.outgoing.sent(bytes);
        }
    }

    /// Something was lost between us: exchange lists again, but not at once.
    pub(super) fn resync_later(&mut self, now: Mono) {
        self.resync_at.get_or_insert(now.plus_ms(RESYNC_DELAY_MS));
    }

    /// Queues our lists of every class, SOS first.
    pub(super) fn list_everything(&mut self) {
        self.lists = Class::ALL
            .into_iter()
            .map(|class| (class, u64::MAX))
            .collect();
        self.resync_at = None;
    }

    /// Notes a page of its list. `None` if it lists too often; else whether this
    /// page is the first of a list.
    pub(super) fn page_came(&mut self, now: Mono, class: Class, last: bool) -> Option<bool> {
        let is_first = match self.list_begun.get(&class) {
            Some((_, true)) => false,
            Some((begun, false)) if now.ms_since(*begun) < LIST_INTERVAL_MS_MIN => return None,
            _ => true,
        };
        let begun = self.list_begun.entry(class).or_insert((now, true));
        if is_first {
            begun.0 = now;
        }
        begun.1 = !last;
        Some(is_first)
    }

    /// When this link must be looked at again.
    pub(super) fn next_timeout(&self) -> Mono {
        let pipe = self.pipe.next_timeout();
        if !self.is_ready() {
            let greeted_by = self.up_at.mono.plus_ms(HELLO_TIMEOUT_MS);
            return pipe.map_or(greeted_by, |at| at.min(greeted_by));
        }
        let keep_alive = self.said_at.plus_ms(KEEP_ALIVE_MS);
        let silence = self.heard_at.plus_ms(SILENCE_MS_MAX);
        let others = [self.offers_at, self.resync_at, self.ask_at, pipe];
        others
            .into_iter()
            .flatten()
            .fold(keep_alive.min(silence), Mono::min)
    }

    /// Whether it broke off without a word.
    pub(super) fn is_silent(&self, now: Mono) -> bool {
        let (since, limit) = match self.is_ready() {
            true => (self.heard_at, SILENCE_MS_MAX),
            false => (self.up_at.mono, HELLO_TIMEOUT_MS),
        };
        now.ms_since(since) >= limit || self.pipe.is_broken(now)
    }

    pub(super) fn view(&self, link: LinkId) -> LinkView {
        LinkView {
            link,
            kind: self.info.kind,
            address: self.info.address.clone(),
            since: self.up_at.wall,
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out,
        }
    }
}
