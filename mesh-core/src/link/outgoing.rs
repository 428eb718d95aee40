//! What to send one neighbour next.
//!
//! SOS first, then control (wants, offers and answers), then texts, then manifests
//! and keys; the first two keep to a share of the bytes, or everybody would mark SOS
//! and nothing but offers would flow. Within a class the links that brought what
//! waits are served alike (`fair.rs`). Queues hold ids, never bodies; a body is read
//! when its frame is built. Bytes given to the carrier and not yet taken stay below
//! the link's credit, so that an urgent message never waits behind more than that.

use std::collections::{HashMap, VecDeque};

use crate::limits::{
    CONTROL_QUEUED_BYTES_MAX, CONTROL_QUEUED_MAX, CONTROL_SHARE_PARTS, ENVELOPE_BYTES_SMALL,
    OFFERS_QUEUED_MAX, PUSHES_QUEUED_MAX, SOS_BURST, SOS_SHARE_PARTS, UNCONFIRMED_MAX,
};
use crate::types::EnvelopeId;
use crate::wire::envelope::Class;
use crate::wire::frame::{ID_BYTES, RECORD_HEAD_BYTES, Record, encode_push, encode_record};

use super::{Allowance, FairQueue, Item, Order, Share, put_frame};

/// Ids in one record, at most: leaves room for other records in a small frame.
const IDS_PER_RECORD_MAX: usize = 64;
/// Lists that had more than this many ids and are empty give their memory back.
const KEPT_IDS: usize = 64;
/// Turns in which classes go out: SOS, texts, and the rest.
const TURNS: usize = 3;

/// Everything waiting to go to one neighbour.
#[derive(Debug)]
pub struct Outgoing {
    frame_bytes_max: usize,
    /// The same, or less if the pipe has room for less just now.
    frame_bytes: usize,
    credit_bytes: usize,
    control: VecDeque<Record>,
    control_bytes: usize,
    wants: VecDeque<EnvelopeId>,
    offers: Turns,
    pushes: Turns,
    sos_share: Share,
    control_share: Share,
    in_flight_bytes: usize,
    pushed: u64,
    /// The last ones pushed, up to the last of all; `None` for what was refused.
    unconfirmed: VecDeque<Option<EnvelopeId>>,
    /// Their numbers.
    number_of: HashMap<EnvelopeId, u64>,
}

/// A queue for each turn; those of turns in which nothing ever waited do not exist.
#[derive(Debug)]
struct Turns {
    order: Order,
    len_max: usize,
    queues: [Option<Box<FairQueue>>; TURNS],
}

impl Turns {
    fn new(order: Order, len_max: usize) -> Self {
        Self {
            order,
            len_max,
            queues: Default::default(),
        }
    }

    /// To put something into it.
    fn queue(&mut self, turn: usize) -> Option<&mut FairQueue> {
        let fresh = || Box::new(FairQueue::new(self.order, self.len_max));
        let queue = self.queues.get_mut(turn)?;
        Some(queue.get_or_insert_with(fresh))
    }

    /// To take something out of it.
    fn begun(&mut self, turn: usize) -> Option<&mut FairQueue> {
        self.queues.get_mut(turn)?.as_deref_mut()
    }

    fn are_empty(&self) -> bool {
        let mut begun = self.queues.iter().flatten();
        begun.all(|queue| queue.is_empty())
    }

    fn free(&self, turn: usize) -> usize {
        let queue = self.queues.get(turn).and_then(Option::as_ref);
        queue.map_or(self.len_max, |queue| queue.free())
    }

    fn cancel(&mut self, id: EnvelopeId) {
        let begun = self.queues.iter_mut().flatten();
        begun.for_each(|queue| queue.cancel(id));
    }
}

/// Bytes of a record in a frame.
fn encoded_bytes(record: &Record) -> usize {
    let mut frame = Vec::new();
    encode_record(&mut frame, record);
    frame.len()
}

/// In which turn a class goes out.
fn turn(class: Class) -> usize {
    match class {
        Class::Sos => 0,
        Class::Text => 1,
        Class::Manifest | Class::Keys => 2,
    }
}

impl Outgoing {
    /// Nothing to send yet.
    #[must_use]
    pub fn new(allowance: Allowance) -> Self {
        // What was asked for goes in the order in which it was asked; of what is
        // offered the newest matters most.
        let pushes = Turns::new(Order::OldestFirst, PUSHES_QUEUED_MAX);
        let offers = Turns::new(Order::NewestFirst, OFFERS_QUEUED_MAX);
        let sos_burst_bytes = usize::try_from(SOS_BURST).unwrap_or(0) * ENVELOPE_BYTES_SMALL;
        Self {
            frame_bytes_max: allowance.frame_bytes_max,
            frame_bytes: 0,
            credit_bytes: allowance.credit_bytes,
            control: VecDeque::new(),
            control_bytes: 0,
            wants: VecDeque::new(),
            offers,
            pushes,
            sos_share: Share::one_in(SOS_SHARE_PARTS, sos_burst_bytes),
            control_share: Share::one_in(CONTROL_SHARE_PARTS, allowance.frame_bytes_max),
            in_flight_bytes: 0,
            pushed: 0,
            unconfirmed: VecDeque::new(),
            number_of: HashMap::new(),
        }
    }

    /// The neighbour takes smaller frames than we would send.
    pub fn limit_frames(&mut self, bytes: usize) {
        self.frame_bytes_max = self.frame_bytes_max.min(bytes);
    }

    /// Queues a control record that fits the neighbour's frames; `false` if the
    /// queue is full.
    pub fn control(&mut self, record: Record) -> bool {
        let bytes = encoded_bytes(&record);
        let fits = self.control.len() < CONTROL_QUEUED_MAX
            && self.control_bytes + bytes <= CONTROL_QUEUED_BYTES_MAX;
        if fits {
            self.control_bytes += bytes;
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

    /// Whether an envelope of so many bytes fits the neighbour's frames: what does not
    /// is neither offered nor compared.
    #[must_use]
    pub fn carries(&self, bytes: u32) -> bool {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        RECORD_HEAD_BYTES.saturating_add(bytes) <= self.frame_bytes_max
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

    /// Offers an envelope. When the queue is full, an offer of the source with most
    /// of them is dropped for it and named: reconciliation repairs that.
    pub fn offer(&mut self, item: Item) -> Option<EnvelopeId> {
        self.offers.queue(turn(item.class))?.put(item)
    }

    /// Sends an envelope that was asked for, or an SOS; `false` if the queue is full.
    pub fn push(&mut self, item: Item) -> bool {
        let queue = self.pushes.queue(turn(item.class));
        queue.is_some_and(|queue| {
            let fits = queue.free() > 0;
            if fits {
                queue.put(item);
            }
            fits
        })
    }

    /// The neighbour showed that it has it: nothing about it needs to go out.
    pub fn cancel(&mut self, id: EnvelopeId) {
        self.offers.cancel(id);
        self.pushes.cancel(id);
    }

    /// Whether anything but offers is to be sent.
    #[must_use]
    pub fn is_pressed(&self) -> bool {
        !self.pushes.are_empty() || !self.control.is_empty() || !self.wants.is_empty()
    }

    /// Whether offers are to be sent.
    #[must_use]
    pub fn has_offers(&self) -> bool {
        !self.offers.are_empty()
    }

    /// How many more offers of a class fit before others are dropped for them.
    #[must_use]
    pub fn offers_free(&self, class: Class) -> usize {
        self.offers.free(turn(class))
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
        let confirmed = self.unconfirmed.len().saturating_sub(
            // As many as were pushed after it stay.
            usize::try_from(self.pushed - count).unwrap_or(usize::MAX),
        );
        let ids: Vec<EnvelopeId> = self.unconfirmed.drain(..confirmed).flatten().collect();
        for id in &ids {
            self.number_of.remove(id);
        }
        if self.unconfirmed.is_empty() {
            self.unconfirmed.shrink_to(KEPT_IDS);
            self.number_of.shrink_to(KEPT_IDS);
        }
        Some(ids)
    }

    /// The neighbour did not keep a push: it confirms nothing of it.
    pub fn refused(&mut self, id: EnvelopeId) {
        if let Some(number) = self.number_of.remove(&id) {
            let back = usize::try_from(self.pushed - number).unwrap_or(usize::MAX);
            let at = self.unconfirmed.len().checked_sub(back.saturating_add(1));
            if let Some(refused) = at.and_then(|at| self.unconfirmed.get_mut(at)) {
                *refused = None;
            }
        }
    }

    /// The next bytes for the pipe, as much as credit, frame size and its `room`
    /// allow; `None` when there is nothing to send or no credit. `body` reads an
    /// envelope; one that is not held any more, or that no frame of this link can
    /// carry, is answered with Gone.
    ///
    /// What does not fit holds back everything after it: small records would take
    /// for ever the room that a large one waits for.
    ///
    /// # Errors
    /// Those of `body`.
    pub fn next_bytes<E>(
        &mut self,
        room: usize,
        mut body: impl FnMut(EnvelopeId) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<Vec<u8>>, E> {
        // Room for a whole frame and its length, or the carrier's bound would be passed.
        if self.in_flight_bytes + self.frame_bytes_max + 2 > self.credit_bytes {
            return Ok(None);
        }
        self.frame_bytes = self.frame_bytes_max.min(room.saturating_sub(2));
        let mut frame = Vec::new();
        let fits = self.put_pushes(&mut frame, 0, true, &mut body)?
            && (!self.control_share.goes_first() || self.put_control(&mut frame))
            && self.put_pushes(&mut frame, 1, false, &mut body)?
            && self.put_pushes(&mut frame, 2, false, &mut body)?;
        // What was over its share has what is left.
        if fits && self.put_pushes(&mut frame, 0, false, &mut body)? {
            self.put_control(&mut frame);
        }
        if frame.is_empty() {
            return Ok(None);
        }
        let mut pipe = Vec::with_capacity(frame.len() + 2);
        put_frame(&mut pipe, &frame);
        self.in_flight_bytes += pipe.len();
        Ok(Some(pipe))
    }

    fn free(&self, frame: &[u8]) -> usize {
        self.frame_bytes.saturating_sub(frame.len())
    }

    /// Whether all of it is in the frame, as it is with the others below.
    fn put_control(&mut self, frame: &mut Vec<u8>) -> bool {
        let before = frame.len();
        let fits = self.put_records(frame)
            && self.put_wants(frame)
            && (0..TURNS).all(|turn| self.put_offers(frame, turn));
        let bytes = frame.len() - before;
        self.control_share.took(bytes);
        self.sos_share.others_took(bytes);
        fits
    }

    fn put_records(&mut self, frame: &mut Vec<u8>) -> bool {
        while let Some(record) = self.control.front() {
            let start = frame.len();
            encode_record(frame, record);
            if frame.len() > self.frame_bytes {
                frame.truncate(start);
                return false;
            }
            self.control_bytes -= frame.len() - start;
            self.control.pop_front();
        }
        true
    }

    fn put_wants(&mut self, frame: &mut Vec<u8>) -> bool {
        while !self.wants.is_empty() {
            let fit = self.free(frame).saturating_sub(RECORD_HEAD_BYTES) / ID_BYTES;
            let count = fit.min(IDS_PER_RECORD_MAX).min(self.wants.len());
            if count == 0 {
                return false;
            }
            encode_record(frame, &Record::Want(self.wants.drain(..count).collect()));
        }
        true
    }

    /// One record for each run of a class; a frame carries one run of each turn.
    fn put_offers(&mut self, frame: &mut Vec<u8>, turn: usize) -> bool {
        let frame_bytes = self.frame_bytes;
        let Some(queue) = self.offers.begun(turn) else {
            return true;
        };
        while let Some(class) = queue.peek().map(|item| item.class) {
            let free = frame_bytes.saturating_sub(frame.len());
            let fit = free.saturating_sub(RECORD_HEAD_BYTES + 1) / ID_BYTES;
            if fit == 0 {
                return false;
            }
            let mut ids = Vec::new();
            while ids.len() < fit.min(IDS_PER_RECORD_MAX)
                && queue.peek().is_some_and(|item| item.class == class)
            {
                ids.extend(queue.pop().map(|item| item.id));
            }
            encode_record(frame, &Record::Offer { class, ids });
        }
        true
    }

    fn put_pushes<E>(
        &mut self,
        frame: &mut Vec<u8>,
        turn: usize,
        keeps_share: bool,
        body: &mut impl FnMut(EnvelopeId) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<bool, E> {
        while let Some(item) = self.pushes.begun(turn).and_then(FairQueue::peek) {
            // Asked for each: a frame holds many, and a burst forgives what is beyond it.
            if keeps_share && !self.sos_share.goes_first() {
                return Ok(true);
            }
            let bytes = usize::try_from(item.bytes).unwrap_or(usize::MAX);
            let is_carried = self.carries(item.bytes);
            // A body that is gone takes less than this.
            let needed = RECORD_HEAD_BYTES + if is_carried { bytes } else { ID_BYTES };
            if needed > self.free(frame) {
                return Ok(false);
            }
            let before = frame.len();
            let bytes = if is_carried { body(item.id)? } else { None };
            match bytes {
                Some(bytes) => {
                    encode_push(frame, &bytes);
                    self.await_confirmation(item.id);
                }
                None => encode_record(frame, &Record::Gone(vec![item.id])),
            }
            if let Some(queue) = self.pushes.begun(turn) {
                queue.pop();
            }
            self.count(turn, frame.len() - before);
        }
        Ok(true)
    }

    fn count(&mut self, turn: usize, bytes: usize) {
        match turn {
            0 => self.sos_share.took(bytes),
            _ => self.sos_share.others_took(bytes),
        }
        self.control_share.others_took(bytes);
    }

    fn await_confirmation(&mut self, id: EnvelopeId) {
        self.pushed += 1;
        self.unconfirmed.push_back(Some(id));
        self.number_of.insert(id, self.pushed);
        if self.unconfirmed.len() > UNCONFIRMED_MAX
            && let Some(Some(oldest)) = self.unconfirmed.pop_front()
        {
            self.number_of.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests;
