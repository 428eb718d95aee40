//! What the engine is compared with: flooding, plain and with a wait.
//!
//! Two rules on one node. *Flood* pushes what is new to every other link at once, and
//! everything it has to a link that comes up. *Jitter* does as bitchat did in 2025
//! (from its sources): seven hops, a random wait of 10 to 220 ms, silence if somebody
//! else is heard to pass it on meanwhile, a chance to pass it on that falls with the
//! number of links, and nothing for whoever comes later. Both use the framing, the
//! credit and the envelope size of the real thing; envelopes hold random bytes.

use std::collections::{BTreeMap, VecDeque};

use crate::api::{Answer, Event};
use crate::engine::{Input, Output, Request};
use crate::limits::{ENVELOPE_BYTES_SMALL, RECEIVED_STEP_MS, TEXT_LIFETIME_MS};
use crate::link::{Allowance, FrameReader, put_frame};
use crate::store::{RelayMeta, RelayStore};
use crate::types::{EnvelopeId, LinkId, MessageId, Mono, Now, RequestId, Wall};
use crate::wire::envelope::{Class, Envelope, Header};
use crate::wire::frame::{Record, decode_frame, encode_push};

use super::chance::Chance;
use super::disk::Disk;
use super::node::{Broken, Node};

/// Hops of a message under *jitter*.
const HOPS: u8 = 7;
/// Waits under *jitter*, milliseconds.
const WAIT_MS: core::ops::Range<u64> = 10..221;
/// A record kind that nobody else uses; its length says the hops left.
const HOPS_KIND: u8 = 0xf0;

/// Stands where there is no link that something came from.
const NO_LINK: LinkId = LinkId(u64::MAX);

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    Flood,
    Jitter,
}

#[derive(Debug)]
struct Line {
    reader: FrameReader,
    queue: VecDeque<(EnvelopeId, u8)>,
    credit_bytes: usize,
    in_flight_bytes: usize,
    moved: u64,
}

/// A node that floods.
pub(super) struct PlainNode {
    rule: Rule,
    disk: Disk,
    relay: Box<dyn RelayStore + Send>,
    bytes_max: u64,
    /// Own messages wait for up to this, at random, milliseconds.
    own_hold_ms: u64,
    chance: Chance,
    lines: BTreeMap<LinkId, Line>,
    /// Everything held, oldest first.
    held: BTreeMap<u64, EnvelopeId>,
    order_of: BTreeMap<EnvelopeId, u64>,
    order_next: u64,
    /// Passed on at this moment, unless heard again before: hops left, and from whom.
    waiting: BTreeMap<(Mono, EnvelopeId), (u8, LinkId)>,
}

impl PlainNode {
    pub(super) fn start(
        rule: Rule,
        disk: Disk,
        bytes_max: u64,
        own_hold_ms: u64,
        chance: Chance,
    ) -> Result<Self, Broken> {
        let relay = disk.relay();
        let rows = relay.load().map_err(|_| Broken)?;
        let mut node = Self {
            rule,
            disk,
            relay,
            bytes_max,
            own_hold_ms,
            chance,
            lines: BTreeMap::new(),
            held: BTreeMap::new(),
            order_of: BTreeMap::new(),
            order_next: 0,
            waiting: BTreeMap::new(),
        };
        rows.iter().for_each(|meta| node.note(meta.id));
        Ok(node)
    }

    fn note(&mut self, id: EnvelopeId) {
        self.held.insert(self.order_next, id);
        self.order_of.insert(id, self.order_next);
        self.order_next += 1;
    }

    fn input(&mut self, now: Now, input: Input, outputs: &mut Vec<Output>) -> Result<(), Broken> {
        match input {
            Input::LinkUp { link, info } => {
                let allowance = Allowance::of(info.kind);
                let queue = match self.rule {
                    Rule::Flood => self.held.values().rev().map(|id| (*id, HOPS)).collect(),
                    Rule::Jitter => VecDeque::new(),
                };
                let line = Line {
                    reader: FrameReader::new(allowance.frame_bytes_max),
                    queue,
                    credit_bytes: allowance.credit_bytes,
                    in_flight_bytes: 0,
                    moved: 0,
                };
                self.lines.insert(link, line);
            }
            Input::LinkDown { link } => {
                self.lines.remove(&link);
            }
            Input::Sent { link, bytes } => {
                if let Some(line) = self.lines.get_mut(&link) {
                    line.in_flight_bytes = line.in_flight_bytes.saturating_sub(bytes);
                }
            }
            Input::Received { link, bytes } => self.received(now, link, &bytes)?,
            Input::Request(request, Request::Send(..)) => {
                self.write(now, request, outputs)?;
            }
            Input::Request(..) | Input::Carrier(_) | Input::DiskFree(_) => {}
        }
        Ok(())
    }

    fn received(&mut self, now: Now, link: LinkId, bytes: &[u8]) -> Result<(), Broken> {
        let Some(line) = self.lines.get_mut(&link) else {
            return Ok(());
        };
        let Ok(frames) = line.reader.read(bytes) else {
            return Ok(());
        };
        for frame in frames {
            let hops = match frame.first_chunk::<2>() {
                Some([HOPS_KIND, hops]) => *hops,
                _ => HOPS,
            };
            for record in decode_frame(&frame).unwrap_or_default() {
                if let Record::Push(envelope) = record {
                    self.came(now, link, &envelope, hops)?;
                }
            }
        }
        Ok(())
    }

    fn came(
        &mut self,
        now: Now,
        link: LinkId,
        envelope: &Envelope,
        hops: u8,
    ) -> Result<(), Broken> {
        let id = envelope.id();
        if let Some(line) = self.lines.get_mut(&link) {
            line.moved += 1;
            line.queue.retain(|(queued, _)| *queued != id);
        }
        if self.order_of.contains_key(&id) {
            // Somebody else passed it on already.
            self.waiting.retain(|(_, waiting), _| *waiting != id);
            return Ok(());
        }
        self.keep(now, id, envelope)?;
        match self.rule {
            Rule::Flood => self.pass_on(id, HOPS, Some(link)),
            Rule::Jitter if hops > 1 && self.chance.happens(self.pass_on_chance()) => {
                let at = now.mono.plus_ms(self.chance.within(WAIT_MS));
                self.waiting.insert((at, id), (hops - 1, link));
            }
            Rule::Jitter => {}
        }
        Ok(())
    }

    /// The chance to pass a broadcast on, by the number of links.
    fn pass_on_chance(&self) -> f64 {
        match self.lines.len() {
            0..=2 => 1.0,
            3..=4 => 0.9,
            5..=6 => 0.7,
            7..=9 => 0.55,
            _ => 0.45,
        }
    }

    fn pass_on(&mut self, id: EnvelopeId, hops: u8, but: Option<LinkId>) {
        let others = self
            .lines
            .iter_mut()
            .filter(|(link, _)| Some(**link) != but);
        others.for_each(|(_, line)| line.queue.push_back((id, hops)));
    }

    fn keep(&mut self, now: Now, id: EnvelopeId, envelope: &Envelope) -> Result<(), Broken> {
        let meta = RelayMeta {
            id,
            class: envelope.header().class.code(),
            expiry: envelope.header().expiry,
            tag: envelope.tag(),
            bytes: envelope.as_bytes().len() as u32,
            received_at: Wall(now.wall.0 / RECEIVED_STEP_MS * RECEIVED_STEP_MS),
        };
        let stored = self
            .relay
            .begin()
            .and_then(|()| self.relay.insert(&meta, envelope.as_bytes()));
        stored.map_err(|_| Broken)?;
        self.note(id);
        while self.disk.body_bytes().0 > self.bytes_max {
            let Some((_, oldest)) = self.held.pop_first() else {
                break;
            };
            self.relay.evict(oldest).map_err(|_| Broken)?;
        }
        self.relay.commit().map_err(|_| Broken)
    }

    fn write(
        &mut self,
        now: Now,
        request: RequestId,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Broken> {
        let header = Header {
            class: Class::Text,
            expiry: now.wall.plus_ms(TEXT_LIFETIME_MS).tick(),
        };
        let mut bytes = header.encode().to_vec();
        bytes.resize_with(ENVELOPE_BYTES_SMALL, || self.chance.draw() as u8);
        let envelope = Envelope::parse(bytes).map_err(|_| Broken)?;
        let id = envelope.id();
        let message_id = MessageId(id.0);
        self.disk.note_sealed(id, message_id);
        self.keep(now, id, &envelope)?;
        match self.own_hold_ms {
            0 => self.pass_on(id, HOPS, None),
            hold_ms => {
                let at = now.mono.plus_ms(self.chance.below(hold_ms + 1));
                self.waiting.insert((at, id), (HOPS, NO_LINK));
            }
        }
        let result = Ok(Answer::Sent { message_id });
        outputs.push(Output::Event(Event::Answer { request, result }));
        Ok(())
    }

    fn flush(&mut self, outputs: &mut Vec<Output>) -> Result<(), Broken> {
        for (link, line) in &mut self.lines {
            while line.in_flight_bytes < line.credit_bytes {
                let Some((id, hops)) = line.queue.pop_front() else {
                    break;
                };
                let Some(body) = self.relay.body(id).map_err(|_| Broken)? else {
                    continue;
                };
                let mut frame = match self.rule {
                    Rule::Flood => Vec::new(),
                    // An empty record would do; its length is the number.
                    Rule::Jitter => hops_record(hops),
                };
                encode_push(&mut frame, &body);
                let mut bytes = Vec::with_capacity(frame.len() + 2);
                put_frame(&mut bytes, &frame);
                line.in_flight_bytes += bytes.len();
                line.moved += 1;
                outputs.push(Output::Transmit { link: *link, bytes });
            }
        }
        Ok(())
    }
}

/// A record of unknown kind that is `hops` bytes long.
fn hops_record(hops: u8) -> Vec<u8> {
    let mut record = vec![HOPS_KIND, hops, 0];
    record.resize(3 + usize::from(hops), 0);
    record
}

impl Node for PlainNode {
    fn handle(
        &mut self,
        now: Now,
        inputs: &mut Vec<Input>,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Broken> {
        for input in inputs.drain(..) {
            self.input(now, input, outputs)?;
        }
        while let Some(due) = self
            .waiting
            .first_entry()
            .filter(|due| due.key().0 <= now.mono)
        {
            let ((_, id), (hops, from)) = due.remove_entry();
            self.pass_on(id, hops, Some(from));
        }
        self.flush(outputs)
    }

    fn next_timeout(&self) -> Option<Mono> {
        self.waiting.keys().next().map(|(at, _)| *at)
    }

    fn moved(&self, link: LinkId) -> u64 {
        self.lines.get(&link).map_or(0, |line| line.moved)
    }

    fn forget(&mut self, id: EnvelopeId) -> Result<(), Broken> {
        if let Some(order) = self.order_of.get(&id) {
            self.held.remove(order);
        } else {
            // Known from now on, and never taken.
            self.order_of.insert(id, u64::MAX);
        }
        self.relay
            .begin()
            .and_then(|()| self.relay.forget(id))
            .and_then(|()| self.relay.commit())
            .map_err(|_| Broken)
    }
}
