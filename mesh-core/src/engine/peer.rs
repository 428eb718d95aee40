//! What the engine knows of one neighbour.

use std::collections::{BTreeMap, VecDeque};

use crate::api::LinkView;
use crate::gossip::Slot;
use crate::limits::{
    HELLO_TIMEOUT_MS, KEEP_ALIVE_MS, RESYNC_DELAY_MS, SILENCE_MS_MAX, SOS_BURST, SOS_INTERVAL_MS,
};
use crate::link::{Allowance, Bucket, Outgoing, Score, SosAllowance};
use crate::router::Admission;
use crate::sync::Session;
use crate::types::{EnvelopeId, LinkId, LinkInfo, Mono, Now};
use crate::wire::envelope::Class;
use crate::wire::frame::{Hello, Record};

use super::company::Company;
use super::pipe::Pipe;

/// One neighbour on one link.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) slot: Slot,
    pub(super) outgoing: Outgoing,
    pub(super) pipe: Pipe,
    pub(super) allowance: Allowance,
    pub(super) info: LinkInfo,
    pub(super) score: Score,
    /// SOS that it may push unasked, and that we may push to it. It gets twice the
    /// burst: the network may bunch up what it sent in time.
    pub(super) sos_in: Bucket,
    pub(super) sos_out: SosAllowance,
    /// What it may bring that is new while room is short.
    pub(super) admission: Admission,
    /// When it has room again for what it offered.
    pub(super) ask_at: Option<Mono>,
    /// It offered what there is no room for now.
    pub(super) waits_for_room: bool,
    pub(super) up_at: Now,
    pub(super) our_hello: Hello,
    pub(super) their_hello: Option<Hello>,
    /// Its clock less our monotonic one, milliseconds.
    pub(super) their_base_ms: i64,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) heard_at: Mono,
    /// When it gets a Pad, unless something else is said before.
    pub(super) pad_at: Mono,
    /// Our Hello is on its way; nothing else is before theirs came.
    pub(super) has_greeted: bool,
    pub(super) company: Company,
    /// Comparisons with it, since Hello.
    pub(super) session: Option<Session>,
    /// What a comparison found that it lacks, in the order to be offered.
    pub(super) due_offers: VecDeque<(Class, EnvelopeId)>,
    /// Classes of which it may lack what we hold: the arrival number to go on below.
    pub(super) sweeps: BTreeMap<Class, u64>,
    /// Whether the sweeps wait for it to say something.
    pub(super) sweep_is_unpaid: bool,
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
            waits_for_room: false,
            up_at: now,
            our_hello,
            their_hello: None,
            their_base_ms: 0,
            bytes_in: 0,
            bytes_out: 0,
            heard_at: now.mono,
            pad_at: now.mono.plus_ms(KEEP_ALIVE_MS),
            has_greeted: false,
            company: Company::default(),
            session: None,
            due_offers: VecDeque::new(),
            sweeps: BTreeMap::new(),
            sweep_is_unpaid: false,
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

    /// Whether it matters to it that its carrier takes bytes.
    pub(super) fn waits_for_carrier(&self) -> bool {
        let waits = self.outgoing.is_pressed() || self.outgoing.has_offers();
        waits || self.pipe.datagrams().is_some()
    }

    /// Something was lost between us: compare, but not at once.
    pub(super) fn resync_later(&mut self, now: Mono) {
        if let Some(session) = &mut self.session {
            session.repair(now.plus_ms(RESYNC_DELAY_MS));
        }
    }

    /// Says how many pushes were dealt with, unless that was said.
    pub(super) fn tell_took(&mut self) {
        if self.pushes_told < self.pushes_handled
            && self.outgoing.control(Record::Took(self.pushes_handled))
        {
            self.pushes_told = self.pushes_handled;
        }
        self.company.took_leaves();
    }

    /// When this link must be looked at again.
    pub(super) fn next_timeout(&self) -> Mono {
        let pipe = self.pipe.next_timeout();
        if !self.is_ready() {
            let greeted_by = self.up_at.mono.plus_ms(HELLO_TIMEOUT_MS);
            return pipe.map_or(greeted_by, |at| at.min(greeted_by));
        }
        if self.sweep_is_due() {
            return Mono(0);
        }
        let silence = self.heard_at.plus_ms(SILENCE_MS_MAX);
        let session = self.session.as_ref().map(Session::next_timeout);
        let others = [self.company.next_timeout(), session, self.ask_at, pipe];
        others
            .into_iter()
            .flatten()
            .fold(self.pad_at.min(silence), Mono::min)
    }

    /// Whether it waits for something that no timer tells of: every batch looks at it,
    /// whatever that is about.
    pub(super) fn is_restless(&self) -> bool {
        // What it pays for falls due again when older answers are forgotten.
        let waits_for_pay = self.session.as_ref().is_some_and(Session::is_speaking)
            || !self.due_offers.is_empty()
            || !self.sweeps.is_empty();
        let waits_for_company =
            self.pushes_told < self.pushes_handled && !self.company.holds_took();
        let waits_for_credit = self.outgoing.has_offers() && !self.company.holds_offers();
        self.is_ready()
            && (waits_for_pay || waits_for_company || waits_for_credit || self.waits_for_room)
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
