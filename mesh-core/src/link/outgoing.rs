//! What to send one neighbour next: SOS, control, wants, offers, then texts.
//!
//! Queues hold ids, never bodies; a body is read when its frame is built. Bytes
//! given to the carrier and not yet taken stay below the link's credit, so that
//! an urgent message never waits behind more than that.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::limits::{CONTROL_QUEUED_MAX, OFFERS_QUEUED_MAX, PUSHES_QUEUED_MAX, UNCONFIRMED_MAX};
use crate::types::EnvelopeId;
use crate::wire::envelope::Class;
use crate::wire::frame::{ID_BYTES, RECORD_HEAD_BYTES, Record, encode_push, encode_record};

use super::{Allowance, put_frame};

/// Ids in one record, at most: leaves room for other records in a small frame.
const IDS_PER_RECORD_MAX: usize = 64;

/// Everything waiting to go to one neighbour.
#[derive(Debug)]
pub struct Outgoing {
    frame_bytes_max: usize,
    credit_bytes: usize,
    control: VecDeque<Record>,
    wants: VecDeque<EnvelopeId>,
    offers: VecDeque<(Class, EnvelopeId)>,
    urgent: VecDeque<EnvelopeId>,
    pushes: VecDeque<EnvelopeId>,
    in_flight_bytes: usize,
    pushed: u64,
    unconfirmed: BTreeMap<u64, EnvelopeId>,
    /// The same the other way round.
    number_of: HashMap<EnvelopeId, u64>,
    /// Ids in `offers` that were not cancelled.
    offered: HashSet<EnvelopeId>,
    /// Ids in `urgent` and `pushes` that were not cancelled.
    to_push: HashSet<EnvelopeId>,
}

impl Outgoing {
    /// Nothing to send yet.
    #[must_use]
    pub fn new(allowance: Allowance) -> Self {
        Self {
            frame_bytes_max: allowance.frame_bytes_max,
            credit_bytes: allowance.credit_bytes,
            control: VecDeque::new(),
            wants: VecDeque::new(),
            offers: VecDeque::new(),
            urgent: VecDeque::new(),
            pushes: VecDeque::new(),
            in_flight_bytes: 0,
            pushed: 0,
            unconfirmed: BTreeMap::new(),
            number_of: HashMap::new(),
            offered: HashSet::new(),
            to_push: HashSet::new(),
        }
    }

    /// The neighbour takes smaller frames than we would send.
    pub fn limit_frames(&mut self, bytes: usize) {
        self.frame_bytes_max = self.frame_bytes_max.min(bytes);
    }

    /// Queues a control record that fits the neighbour's frames; `false` if the
    /// queue is full.
    pub fn control(&mut self, record: Record) -> bool {
        let fits = self.control.len() < CONTROL_QUEUED_MAX;
        if fits {
            self.control.push_back(record);
        }
        fits
    }

    /// Whether all control records are on their way.
    #[must_use]
    pub fn control_is_empty(&self) -> bool {
        self.control.is_empty()
    }

    /// Envelopes sent so far.
    #[must_use]
    pub fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Ids that one control record may carry to this neighbour.
    #[must_use]
    pub fn ids_per_record(&self) -> usize {
        self.frame_bytes_max.saturating_sub(RECORD_HEAD_BYTES + 2) / ID_BYTES
    }

    /// Asks for an envelope.
    pub fn want(&mut self, id: EnvelopeId) {
        self.wants.push_back(id);
    }

    /// Offers an envelope; `false` if the queue is full.
    pub fn offer(&mut self, class: Class, id: EnvelopeId) -> bool {
        let fits = self.offers.len() < OFFERS_QUEUED_MAX;
        if fits {
            self.offers.push_back((class, id));
            self.offered.insert(id);
        }
        fits
    }

    /// Sends an envelope that was asked for, or an SOS; `false` if the queue is full.
    pub fn push(&mut self, class: Class, id: EnvelopeId) -> bool {
        let queue = if class == Class::Sos {
            &mut self.urgent
        } else {
            &mut self.pushes
        };
        if self.to_push.contains(&id) {
            return true;
        }
        let fits = queue.len() < PUSHES_QUEUED_MAX;
        if fits {
            queue.push_back(id);
            self.to_push.insert(id);
        }
        fits
    }

    /// The neighbour showed that it has it: nothing about it needs to go out.
    pub fn cancel(&mut self, id: EnvelopeId) {
        self.offered.remove(&id);
        self.to_push.remove(&id);
    }

    /// How many more offers fit.
    #[must_use]
    pub fn offers_free(&self) -> usize {
        OFFERS_QUEUED_MAX.saturating_sub(self.offers.len())
    }

    /// The carrier took bytes.
    pub fn sent(&mut self, bytes: usize) {
        self.in_flight_bytes = self.in_flight_bytes.saturating_sub(bytes);
    }

    /// The neighbour dealt with its first `count` pushes. Returns those that it
    /// had not confirmed before; `None` if it claims more than were sent.
    pub fn confirmed(&mut self, count: u64) -> Option<Vec<EnvelopeId>> {
        if count > self.pushed {
            return None;
        }
        let later = self.unconfirmed.split_off(&count.saturating_add(1));
        let confirmed = std::mem::replace(&mut self.unconfirmed, later);
        let ids: Vec<EnvelopeId> = confirmed.into_values().collect();
        for id in &ids {
            self.number_of.remove(id);
        }
        Some(ids)
    }

    /// The neighbour did not keep a push: it confirms nothing of it.
    pub fn refused(&mut self, id: EnvelopeId) {
        if let Some(number) = self.number_of.remove(&id) {
            self.unconfirmed.remove(&number);
        }
    }

    /// The next bytes for the pipe, as much as credit and frame size allow; `None`
    /// when there is nothing to send or no credit. Offers wait while `with_offers`
    /// is false. `body` reads an envelope; one that is not held any more is
    /// answered with Gone.
    pub fn next_bytes<E>(
        &mut self,
        with_offers: bool,
        mut body: impl FnMut(EnvelopeId) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<Vec<u8>>, E> {
        // Room for a whole frame and its length, or the carrier's bound would be passed.
        if self.in_flight_bytes + self.frame_bytes_max + 2 > self.credit_bytes {
            return Ok(None);
        }
        let mut frame = Vec::new();
        self.put_pushes(&mut frame, true, &mut body)?;
        self.put_control(&mut frame);
        self.put_wants(&mut frame);
        if with_offers {
            self.put_offers(&mut frame);
        }
        self.put_pushes(&mut frame, false, &mut body)?;
        if frame.is_empty() {
            return Ok(None);
        }
        let mut pipe = Vec::with_capacity(frame.len() + 2);
        put_frame(&mut pipe, &frame);
        self.in_flight_bytes += pipe.len();
        Ok(Some(pipe))
    }

    fn free(&self, frame: &[u8]) -> usize {
        self.frame_bytes_max.saturating_sub(frame.len())
    }

    fn put_control(&mut self, frame: &mut Vec<u8>) {
        while let Some(record) = self.control.front() {
            let start = frame.len();
            encode_record(frame, record);
            if frame.len() > self.frame_bytes_max {
                frame.truncate(start);
                return;
            }
            self.control.pop_front();
        }
    }

    fn put_wants(&mut self, frame: &mut Vec<u8>) {
        while !self.wants.is_empty() {
            let fit = self.free(frame).saturating_sub(RECORD_HEAD_BYTES) / ID_BYTES;
            let count = fit.min(IDS_PER_RECORD_MAX).min(self.wants.len());
            if count == 0 {
                return;
            }
            encode_record(frame, &Record::Want(self.wants.drain(..count).collect()));
        }
    }

    /// One record for each run of a class; a frame carries one run of each turn.
    fn put_offers(&mut self, frame: &mut Vec<u8>) {
        while let Some((class, _)) = self.offers.front().copied() {
            let fit = self.free(frame).saturating_sub(RECORD_HEAD_BYTES + 1) / ID_BYTES;
            if fit == 0 {
                return;
            }
            let mut ids = Vec::new();
            while ids.len() < fit.min(IDS_PER_RECORD_MAX) {
                match self.offers.pop_front_if(|(next, _)| *next == class) {
                    Some((_, id)) if self.offered.remove(&id) => ids.push(id),
                    Some(_) => {}
                    None => break,
                }
            }
            if !ids.is_empty() {
                encode_record(frame, &Record::Offer { class, ids });
            }
        }
    }

    fn put_pushes<E>(
        &mut self,
        frame: &mut Vec<u8>,
        urgent: bool,
        body: &mut impl FnMut(EnvelopeId) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<(), E> {
        loop {
            let queue = match urgent {
                true => &mut self.urgent,
                false => &mut self.pushes,
            };
            let Some(id) = queue.front().copied() else {
                return Ok(());
            };
            if !self.to_push.contains(&id) {
                queue.pop_front();
                continue;
            }
            let bytes = body(id)?;
            let needed = RECORD_HEAD_BYTES + bytes.as_ref().map_or(ID_BYTES, Vec::len);
            if needed > self.frame_bytes_max.saturating_sub(frame.len()) {
                return Ok(());
            }
            queue.pop_front();
            self.to_push.remove(&id);
            match bytes {
                Some(bytes) => {
                    encode_push(frame, &bytes);
                    self.await_confirmation(id);
                }
                None => encode_record(frame, &Record::Gone(vec![id])),
            }
        }
    }

    fn await_confirmation(&mut self, id: EnvelopeId) {
        self.pushed += 1;
        self.unconfirmed.insert(self.pushed, id);
        self.number_of.insert(id, self.pushed);
        if self.unconfirmed.len() > UNCONFIRMED_MAX
            && let Some((_, oldest)) = self.unconfirmed.pop_first()
        {
            self.number_of.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests;
