//! What the engine knows of one neighbour.

use std::collections::{BTreeMap, VecDeque};

use crate::api::LinkView;
use crate::gossip::Slot;
use crate::limits::{
    HELLO_TIMEOUT_MS, KEEP_ALIVE_MS, RESYNC_DELAY_MS, SILENCE_MS_MAX, SOS_BURST, SOS_INTERVAL_MS,
};
use crate::link::{Allowance, Bucket, FrameReader, Outgoing, Score};
use crate::sync::Session;
use crate::types::{EnvelopeId, LinkId, LinkInfo, Mono, Now};
use crate::wire::envelope::Class;
use crate::wire::frame::Hello;

/// One neighbour on one link.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) info: LinkInfo,
    pub(super) allowance: Allowance,
    pub(super) slot: Slot,
    pub(super) reader: FrameReader,
    pub(super) outgoing: Outgoing,
    pub(super) score: Score,
    /// SOS that it may push unasked, and that we may push to it. It gets twice the
    /// burst: the network may bunch up what it sent in time.
    pub(super) sos_in: Bucket,
    pub(super) sos_out: Bucket,
    pub(super) up_at: Now,
    pub(super) our_hello: Hello,
    pub(super) their_hello: Option<Hello>,
    /// Its clock less ours, seconds, when it said Hello.
    pub(super) clock_offset_s: i64,
    pub(super) bytes_in: u64,
    pub(super) bytes_out: u64,
    pub(super) heard_at: Mono,
    pub(super) said_at: Mono,
    /// Offers queued since then wait until this moment for company.
    pub(super) offers_at: Option<Mono>,
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
    pub(super) fn new(now: Now, info: LinkInfo, slot: Slot, our_hello: Hello) -> Self {
        let allowance = Allowance::of(info.kind);
        Self {
            info,
            slot,
            reader: FrameReader::default(),
            outgoing: Outgoing::new(allowance),
            allowance,
            score: Score::default(),
            sos_in: Bucket::new(2 * SOS_BURST, SOS_INTERVAL_MS),
            sos_out: Bucket::new(SOS_BURST, SOS_INTERVAL_MS),
            up_at: now,
            our_hello,
            their_hello: None,
            clock_offset_s: 0,
            bytes_in: 0,
            bytes_out: 0,
            heard_at: now.mono,
            said_at: now.mono,
            offers_at: None,
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

    /// Something was lost between us: compare, but not at once.
    pub(super) fn resync_later(&mut self, now: Mono) {
        if let Some(session) = &mut self.session {
            session.repair(now.plus_ms(RESYNC_DELAY_MS));
        }
    }

    /// When this link must be looked at again.
    pub(super) fn next_timeout(&self) -> Mono {
        if !self.is_ready() {
            return self.up_at.mono.plus_ms(HELLO_TIMEOUT_MS);
        }
        let keep_alive = self.said_at.plus_ms(KEEP_ALIVE_MS);
        let silence = self.heard_at.plus_ms(SILENCE_MS_MAX);
        let session = self.session.as_ref().map(Session::next_timeout);
        let others = [self.offers_at, session];
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
        now.ms_since(since) >= limit
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
