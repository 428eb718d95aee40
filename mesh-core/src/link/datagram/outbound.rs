//! What goes: cut to fit, kept until acknowledged, sent again when lost.
//!
//! A datagram is lost when one sent later was acknowledged and a little more than
//! that one's round trip has passed (RFC 8985, whose reordering window this
//! follows): neither reordering within the window nor a burst of losses fools it.
//! If nothing at all is acknowledged, one datagram goes again after a patience that
//! doubles each time.

use std::collections::{BTreeMap, VecDeque};

use crate::limits::SILENCE_MS_MAX;
use crate::types::Mono;

use super::rtt::Rtt;

/// The window for reordering in quarters of the shortest round trip, at first.
const QUARTERS_FIRST: u64 = 1;
/// And at most, after datagrams were sent again that had only been overtaken.
const QUARTERS_MAX: u64 = 16;
/// The window is never shorter than this.
const REORDER_MS_MIN: u64 = 10;

/// One datagram on its way.
#[derive(Debug)]
struct Flight {
    bytes: Vec<u8>,
    first_sent_at: Mono,
    /// When it was sent last, and as how manieth of all.
    sent: (Mono, u64),
    was_resent: bool,
    is_lost: bool,
}

/// The sending half of a link.
#[derive(Debug)]
pub(super) struct Outbound {
    /// Stream bytes of one datagram, at most.
    cut_bytes: usize,
    /// Datagrams not acknowledged, at most.
    flights_max: usize,
    /// Numbers beyond the first not acknowledged, at most: what the other side keeps.
    span_max: u64,
    uncut: VecDeque<u8>,
    flights: BTreeMap<u64, Flight>,
    next: u64,
    /// The first number that the other side misses, by its own word.
    missing_there: u64,
    sendings: u64,
    rtt: Rtt,
    /// Of what was acknowledged, the one sent last, and its round trip.
    newest_acked: Option<((Mono, u64), u64)>,
    reorder_quarters: u64,
    doublings: u32,
    /// When something new was acknowledged last, or sent for want of that.
    patient_since: Mono,
    progress_at: Mono,
}

impl Outbound {
    pub(super) fn new(cut_bytes: usize, flights_max: usize, span_max: usize) -> Self {
        Self {
            cut_bytes,
            flights_max,
            span_max: span_max as u64,
            uncut: VecDeque::new(),
            flights: BTreeMap::new(),
            next: 0,
            missing_there: 0,
            sendings: 0,
            rtt: Rtt::default(),
            newest_acked: None,
            reorder_quarters: QUARTERS_FIRST,
            doublings: 0,
            patient_since: Mono(0),
            progress_at: Mono(0),
        }
    }

    /// Appends stream bytes.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.uncut.extend(bytes);
    }

    /// Stream bytes that could leave at once, less those that wait already.
    pub(super) fn room(&self) -> usize {
        (self.free_flights() * self.cut_bytes).saturating_sub(self.uncut.len())
    }

    /// Whether everything was acknowledged.
    pub(super) fn is_idle(&self) -> bool {
        self.flights.is_empty() && self.uncut.is_empty()
    }

    fn free_flights(&self) -> usize {
        let span_used = self.next - self.missing_there;
        let span_free = usize::try_from(self.span_max.saturating_sub(span_used));
        let flights_free = self.flights_max.saturating_sub(self.flights.len());
        span_free.unwrap_or(0).min(flights_free)
    }

    /// The number after the last one sent.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The other side misses `missing` first, and has what `gaps` says. The caller
    /// has checked that `missing` is no more than [`Self::next`].
    pub(super) fn acknowledged(&mut self, now: Mono, missing: u64, gaps: u64) {
        if missing < self.missing_there {
            // Overtaken by a later one, which said all of this and more.
            return;
        }
        let in_gaps = (0..u64::from(u64::BITS))
            .filter(|bit| gaps >> bit & 1 == 1)
            .map(|bit| missing + 1 + bit);
        let later = self.flights.split_off(&missing);
        let mut acked: Vec<Flight> = std::mem::replace(&mut self.flights, later)
            .into_values()
            .collect();
        acked.extend(in_gaps.filter_map(|number| self.flights.remove(&number)));
        self.missing_there = missing;
        if acked.is_empty() {
            return;
        }
        for flight in acked {
            self.learn(now, &flight);
        }
        self.doublings = 0;
        self.patient_since = now;
        self.progress_at = now;
    }

    fn learn(&mut self, now: Mono, flight: &Flight) {
        let rtt_ms = now.ms_since(flight.sent.0);
        if flight.was_resent && rtt_ms < self.rtt.shortest_ms() / 2 {
            // The answer is to the first sending, which was not lost: wait longer
            // for stragglers from now on.
            self.reorder_quarters = (self.reorder_quarters + 1).min(QUARTERS_MAX);
            return;
        }
        if !flight.was_resent {
            self.rtt.measured(rtt_ms);
        }
        if self
            .newest_acked
            .is_none_or(|(newest, _)| newest < flight.sent)
        {
            self.newest_acked = Some((flight.sent, rtt_ms));
        }
    }

    /// The next datagram to send, by number; `None` when all are on their way, or
    /// as many as may be.
    pub(super) fn poll(&mut self, now: Mono) -> Option<(u64, &[u8])> {
        self.mark_lost(now);
        let lost = self.flights.iter().find(|(_, flight)| flight.is_lost);
        let number = match lost {
            Some((number, _)) => *number,
            None => self.cut(now)?,
        };
        self.sendings += 1;
        let flight = self.flights.get_mut(&number)?;
        flight.sent = (now, self.sendings);
        flight.was_resent |= std::mem::take(&mut flight.is_lost);
        Some((number, &flight.bytes))
    }

    fn cut(&mut self, now: Mono) -> Option<u64> {
        if self.uncut.is_empty() || self.free_flights() == 0 {
            return None;
        }
        let count = self.uncut.len().min(self.cut_bytes);
        let flight = Flight {
            bytes: self.uncut.drain(..count).collect(),
            first_sent_at: now,
            sent: (now, 0),
            was_resent: false,
            is_lost: false,
        };
        let number = self.next;
        self.next += 1;
        self.flights.insert(number, flight);
        Some(number)
    }

    fn mark_lost(&mut self, now: Mono) {
        let newest_acked = self.newest_acked;
        let reorder_ms = self.reorder_ms();
        for flight in self.flights.values_mut() {
            flight.is_lost |= lost_at(newest_acked, reorder_ms, flight).is_some_and(|at| at <= now);
        }
        if self.impatient_at().is_some_and(|at| at <= now) {
            let waiting = self.flights.values_mut().filter(|flight| !flight.is_lost);
            if let Some(oldest) = waiting.min_by_key(|flight| flight.sent) {
                oldest.is_lost = true;
            }
            self.doublings = self.doublings.saturating_add(1);
            self.patient_since = now;
        }
    }

    fn reorder_ms(&self) -> u64 {
        let window_ms = self.rtt.shortest_ms() * self.reorder_quarters / 4;
        window_ms.min(self.rtt.smoothed_ms()).max(REORDER_MS_MIN)
    }

    /// When something is sent again although nothing shows that it is lost.
    fn impatient_at(&self) -> Option<Mono> {
        let waiting = self.flights.values().filter(|flight| !flight.is_lost);
        let oldest = waiting.map(|flight| flight.sent.0).min()?;
        let patience_ms = self.rtt.patience_ms(self.doublings);
        Some(oldest.max(self.patient_since).plus_ms(patience_ms))
    }

    /// When [`Self::poll`] may have something although no acknowledgement came.
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        let reorder_ms = self.reorder_ms();
        self.flights
            .values()
            .filter_map(|flight| lost_at(self.newest_acked, reorder_ms, flight))
            .chain(self.impatient_at())
            .min()
    }

    /// When the other side has acknowledged nothing for too long.
    pub(super) fn gives_up_at(&self) -> Option<Mono> {
        let oldest = self
            .flights
            .values()
            .map(|flight| flight.first_sent_at)
            .min()?;
        Some(oldest.max(self.progress_at).plus_ms(SILENCE_MS_MAX))
    }

    /// Bytes kept for sending, the first time or again.
    pub(super) fn kept_bytes(&self) -> usize {
        let in_flight: usize = self.flights.values().map(|flight| flight.bytes.len()).sum();
        self.uncut.len() + in_flight
    }
}

/// When a datagram counts as lost, by the latest one that was acknowledged.
fn lost_at(
    newest_acked: Option<((Mono, u64), u64)>,
    reorder_ms: u64,
    flight: &Flight,
) -> Option<Mono> {
    let (newest, rtt_ms) = newest_acked?;
    let was_overtaken = !flight.is_lost && flight.sent < newest;
    was_overtaken.then(|| flight.sent.0.plus_ms(rtt_ms + reorder_ms))
}
