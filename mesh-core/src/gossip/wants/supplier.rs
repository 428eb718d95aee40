//! One neighbour as a supplier: what it may be asked, what it was asked, how long
//! it takes.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::ops::Bound;

use crate::limits::{
    WANT_AGE_MS_MAX, WANT_FIRST_BLE_MS, WANT_FIRST_LAN_MS, WANT_QUIET_MS_MAX, WANT_SLACK_BLE_MS,
    WANT_SLACK_LAN_MS, WANTS_JUDGED_MAX, WANTS_LATE_MAX, WANTS_OUTSTANDING_BLE_MAX,
    WANTS_OUTSTANDING_LAN_MAX, WANTS_OUTSTANDING_POOR_MAX, WANTS_QUEUED_MAX,
};
use crate::types::{EnvelopeId, LinkKind, Mono};

/// Most urgent class first, then the newest offer.
pub(super) type Key = (u8, Reverse<u64>, EnvelopeId);

/// What a supplier may hold up, by what carries its link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    /// How long it may be silent before anything is known of it, milliseconds.
    first_ms: u64,
    /// The same on top of what it usually takes, milliseconds: laptops get busy.
    least_ms: u64,
    /// Ids that it is asked for at once.
    outstanding_max: usize,
}

impl Patience {
    fn of(kind: LinkKind) -> Self {
        match kind {
            LinkKind::Lan | LinkKind::Courier => Self {
                first_ms: WANT_FIRST_LAN_MS,
                least_ms: WANT_SLACK_LAN_MS,
                outstanding_max: WANTS_OUTSTANDING_LAN_MAX,
            },
            LinkKind::Ble => Self {
                first_ms: WANT_FIRST_BLE_MS,
                least_ms: WANT_SLACK_BLE_MS,
                outstanding_max: WANTS_OUTSTANDING_BLE_MAX,
            },
        }
    }
}

#[derive(Debug)]
pub(super) struct Supplier {
    patience: Patience,
    /// Everything offered here that is still wanted; its room.
    offered: BTreeSet<EnvelopeId>,
    /// Of these, what nobody is asked for yet.
    queued: BTreeSet<Key>,
    /// Asked here, and when.
    outstanding: HashMap<EnvelopeId, Mono>,
    /// The same in order; what was settled leaves when it comes to the front.
    asked: VecDeque<(Mono, EnvelopeId)>,
    /// Asked here and given up: may still come, and is no fault then.
    late: VecDeque<EnvelopeId>,
    /// When something that was asked came last.
    progress_at: Mono,
    /// From asking to arrival, smoothed, and how much it varies (RFC 6298),
    /// milliseconds; none before the first arrival.
    latency_ms: Option<(u64, u64)>,
    /// Asks that are over, and those that brought it in time, since the link is up.
    judged: u64,
    delivered: u64,
    /// The same lately: halved whenever they reach [`WANTS_JUDGED_MAX`], so that good
    /// conduct of long ago excuses nothing.
    lately: (u64, u64),
}

impl Supplier {
    pub(super) fn new(kind: LinkKind) -> Self {
        Self {
            patience: Patience::of(kind),
            offered: BTreeSet::new(),
            queued: BTreeSet::new(),
            outstanding: HashMap::new(),
            asked: VecDeque::new(),
            late: VecDeque::new(),
            progress_at: Mono(0),
            latency_ms: None,
            judged: 0,
            delivered: 0,
            lately: (0, 0),
        }
    }

    /// Everything offered here, in a defined order.
    pub(super) fn into_ids(self) -> BTreeSet<EnvelopeId> {
        self.offered
    }

    pub(super) fn has_room(&self) -> bool {
        self.offered.len() < WANTS_QUEUED_MAX
    }

    pub(super) fn has_offers(&self) -> bool {
        !self.queued.is_empty()
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.queued.is_empty() || !self.outstanding.is_empty()
    }

    /// Whether it was asked for this id and did not bring it in time.
    pub(super) fn has_failed(&self, id: EnvelopeId) -> bool {
        self.late.contains(&id)
    }

    /// It offers an id.
    pub(super) fn note(&mut self, id: EnvelopeId) {
        self.offered.insert(id);
    }

    /// It offers it no longer, or nobody wants it any more.
    pub(super) fn forget(&mut self, key: Key) {
        self.unqueue(key);
        self.offered.remove(&key.2);
    }

    pub(super) fn queue(&mut self, key: Key) {
        self.queued.insert(key);
    }

    pub(super) fn unqueue(&mut self, key: Key) -> bool {
        self.queued.remove(&key)
    }

    /// The next id to ask here, if the neighbour has room for a want. Classes that are
    /// `held_back` are passed over.
    pub(super) fn ask(&mut self, now: Mono, held_back: &[u8]) -> Option<EnvelopeId> {
        if self.outstanding.len() >= self.outstanding_max() {
            return None;
        }
        let key = *self.first_of(held_back)?;
        self.queued.remove(&key);
        let (_, _, id) = key;
        if self.outstanding.is_empty() {
            self.progress_at = now;
            self.asked.clear();
        }
        self.outstanding.insert(id, now);
        self.asked.push_back((now, id));
        Some(id)
    }

    fn first_of(&self, held_back: &[u8]) -> Option<&Key> {
        let mut first = self.queued.first()?;
        while held_back.contains(&first.0) {
            // The greatest key of that class: what comes after it is of the next.
            let last = (first.0, Reverse(0), EnvelopeId([u8::MAX; 16]));
            first = self
                .queued
                .range((Bound::Excluded(last), Bound::Unbounded))
                .next()?;
        }
        Some(first)
    }

    /// Something came from it. Whether it was asked here, be it long ago.
    pub(super) fn arrived(&mut self, now: Mono, id: EnvelopeId) -> bool {
        if let Some(asked_at) = self.outstanding.get(&id).copied() {
            self.progress_at = now;
            self.took(now.ms_since(asked_at));
            self.settle(id);
            self.judge(true);
            return true;
        }
        // What comes late is welcome, and earns nothing: it was withheld once.
        let at = self.late.iter().position(|late| *late == id);
        at.is_some_and(|at| self.late.remove(at).is_some())
    }

    /// It says that it holds the id no more. That is honest if it says so at once, and
    /// as bad as silence if it took its time.
    pub(super) fn gone(&mut self, now: Mono, id: EnvelopeId) {
        if let Some(asked_at) = self.outstanding.get(&id).copied() {
            self.settle(id);
            if now.ms_since(asked_at) * 2 > self.quiet_ms() {
                self.judge(false);
            }
        }
    }

    /// Somebody else brought it, and it is not waited for here; whether it was.
    pub(super) fn excuse(&mut self, id: EnvelopeId) -> bool {
        let was_asked = self.outstanding.remove(&id).is_some();
        if was_asked {
            self.remember_late(id);
            self.tidy();
        }
        was_asked
    }

    /// Gives up what is over time, and names it.
    pub(super) fn expire(&mut self, now: Mono) -> Vec<EnvelopeId> {
        let mut given_up = Vec::new();
        while let Some((asked_at, id)) = self.asked.front().copied()
            && self.gives_up_at(asked_at) <= now
        {
            self.settle(id);
            self.remember_late(id);
            self.judge(false);
            given_up.push(id);
        }
        given_up
    }

    /// An ask is answered, one way or the other.
    fn settle(&mut self, id: EnvelopeId) {
        self.outstanding.remove(&id);
        self.tidy();
    }

    fn remember_late(&mut self, id: EnvelopeId) {
        self.late.push_back(id);
        if self.late.len() > WANTS_LATE_MAX {
            self.late.pop_front();
        }
    }

    fn judge(&mut self, is_delivered: bool) {
        let delivered = u64::from(is_delivered);
        self.judged += 1;
        self.delivered += delivered;
        self.lately.0 += 1;
        self.lately.1 += delivered;
        if self.lately.0 >= WANTS_JUDGED_MAX {
            self.lately = (self.lately.0 / 2, self.lately.1 / 2);
        }
    }

    /// When its oldest want is given up.
    pub(super) fn deadline(&self) -> Option<Mono> {
        self.asked.front().map(|(at, _)| self.gives_up_at(*at))
    }

    /// Asks that are over since the link is up, and those that brought it in time.
    pub(super) fn deliveries(&self) -> (u64, u64) {
        (self.judged, self.delivered)
    }

    /// Whether it let us down for more than half of what it was asked lately.
    pub(super) fn is_poor(&self) -> bool {
        let (judged, delivered) = self.lately;
        judged >= 16 && delivered * 2 < judged
    }

    /// How much of what it was asked lately it brought, in thousandths: who was never
    /// asked stands in the middle.
    pub(super) fn merit(&self) -> u64 {
        let (judged, delivered) = self.lately;
        (delivered * 1_000 + 500) / (judged + 1)
    }

    /// A neighbour that lets us down can hold up few ids at a time; the others
    /// that offered them are asked meanwhile.
    fn outstanding_max(&self) -> usize {
        match self.is_poor() {
            true => WANTS_OUTSTANDING_POOR_MAX,
            false => self.patience.outstanding_max,
        }
    }

    /// An id is given up when nothing that was asked came for a while, and in any
    /// case when it is old: other deliveries must not buy time for one withheld.
    fn gives_up_at(&self, asked_at: Mono) -> Mono {
        let quiet = asked_at.max(self.progress_at).plus_ms(self.quiet_ms());
        quiet.min(asked_at.plus_ms(WANT_AGE_MS_MAX))
    }

    fn quiet_ms(&self) -> u64 {
        let least = self.patience.least_ms;
        self.latency_ms
            .map_or(self.patience.first_ms, |(mean, varies)| {
                (least + mean + 4 * varies).min(WANT_QUIET_MS_MAX)
            })
    }

    fn took(&mut self, latency_ms: u64) {
        self.latency_ms = Some(match self.latency_ms {
            None => (latency_ms, latency_ms / 2),
            Some((mean, varies)) => (
                (7 * mean + latency_ms) / 8,
                (3 * varies + mean.abs_diff(latency_ms)) / 4,
            ),
        });
    }

    fn tidy(&mut self) {
        while let Some((at, id)) = self.asked.front()
            && self.outstanding.get(id) != Some(at)
        {
            self.asked.pop_front();
        }
    }
}
