//! One neighbour as a supplier: what it may be asked, what it was asked, how long
//! it takes.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::limits::{
    WANT_AGE_MS_MAX, WANT_FIRST_BLE_MS, WANT_FIRST_LAN_MS, WANT_QUIET_MS_MAX, WANT_SLACK_BLE_MS,
    WANT_SLACK_LAN_MS, WANTS_LATE_MAX, WANTS_OUTSTANDING_BLE_MAX, WANTS_OUTSTANDING_LAN_MAX,
    WANTS_OUTSTANDING_POOR_MAX, WANTS_QUEUED_MAX,
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
    /// Offered here and not asked from anybody yet.
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
    wanted: u64,
    delivered: u64,
}

impl Supplier {
    pub(super) fn new(kind: LinkKind) -> Self {
        Self {
            patience: Patience::of(kind),
            queued: BTreeSet::new(),
            outstanding: HashMap::new(),
            asked: VecDeque::new(),
            late: VecDeque::new(),
            progress_at: Mono(0),
            latency_ms: None,
            wanted: 0,
            delivered: 0,
        }
    }

    /// Everything that it was or could be asked for, in a defined order.
    pub(super) fn into_ids(self) -> Vec<EnvelopeId> {
        let asked = self
            .asked
            .into_iter()
            .filter(|(at, id)| self.outstanding.get(id) == Some(at));
        let queued = self.queued.into_iter().map(|(_, _, id)| id);
        queued.chain(asked.map(|(_, id)| id)).collect()
    }

    pub(super) fn has_room(&self) -> bool {
        self.queued.len() < WANTS_QUEUED_MAX
    }

    pub(super) fn has_offers(&self) -> bool {
        !self.queued.is_empty()
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.queued.is_empty() || !self.outstanding.is_empty()
    }

    pub(super) fn queue(&mut self, key: Key) {
        self.queued.insert(key);
    }

    pub(super) fn unqueue(&mut self, key: Key) {
        self.queued.remove(&key);
    }

    /// The next id to ask here, if the neighbour has room for a want.
    pub(super) fn ask(&mut self, now: Mono) -> Option<EnvelopeId> {
        if self.outstanding.len() >= self.outstanding_max() {
            return None;
        }
        let (_, _, id) = self.queued.pop_first()?;
        if self.outstanding.is_empty() {
            self.progress_at = now;
            self.asked.clear();
        }
        self.outstanding.insert(id, now);
        self.asked.push_back((now, id));
        self.wanted += 1;
        Some(id)
    }

    /// Something came from it. Whether it was asked here, be it long ago.
    pub(super) fn arrived(&mut self, now: Mono, id: EnvelopeId) -> bool {
        if let Some(asked_at) = self.outstanding.get(&id).copied() {
            self.progress_at = now;
            self.delivered += 1;
            self.took(now.ms_since(asked_at));
            self.settle(id);
            return true;
        }
        let Some(at) = self.late.iter().position(|late| *late == id) else {
            return false;
        };
        self.late.remove(at);
        self.delivered += 1;
        true
    }

    /// An ask is answered, one way or the other.
    pub(super) fn settle(&mut self, id: EnvelopeId) {
        self.outstanding.remove(&id);
        self.tidy();
    }

    /// An ask is not waited for any longer.
    pub(super) fn give_up(&mut self, id: EnvelopeId) {
        if self.outstanding.remove(&id).is_some() {
            self.late.push_back(id);
            if self.late.len() > WANTS_LATE_MAX {
                self.late.pop_front();
            }
        }
        self.tidy();
    }

    /// Gives up what is over time, and names it.
    pub(super) fn expire(&mut self, now: Mono) -> Vec<EnvelopeId> {
        let mut given_up = Vec::new();
        while let Some((asked_at, id)) = self.asked.front().copied()
            && self.gives_up_at(asked_at) <= now
        {
            self.give_up(id);
            given_up.push(id);
        }
        given_up
    }

    /// When its oldest want is given up.
    pub(super) fn deadline(&self) -> Option<Mono> {
        self.asked.front().map(|(at, _)| self.gives_up_at(*at))
    }

    /// Wants that it had time for.
    pub(super) fn judged(&self) -> u64 {
        self.wanted.saturating_sub(self.outstanding.len() as u64)
    }

    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// Whether it let us down for more than half of what it was asked.
    pub(super) fn is_poor(&self) -> bool {
        self.judged() >= 16 && self.delivered * 2 < self.judged()
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
