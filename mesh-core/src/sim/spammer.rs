//! A hostile device that nobody can blame: it answers what it is asked, breaks no
//! rule, and has nothing to say but envelopes that nobody can open.
//!
//! It passes nothing on. With a rate all its links hear of the same envelopes; without
//! one each link hears of others, as fast as it takes them. Of its calls for help, which
//! need no want, it pushes as many on each link as an honest neighbour may.

use std::collections::{BTreeMap, VecDeque};

use crate::engine::{Input, Output};
use crate::limits::{ENVELOPE_BYTES_SMALL, FRAME_BYTES_BLE_MAX, TICK_MS};
use crate::link::{Allowance, FrameReader, put_frame};
use crate::types::{EnvelopeId, LinkId, Mono, Now};
use crate::wire::envelope::{Class, Envelope, Header};
use crate::wire::frame::{
    Hello, Record, clock_quarters, decode_frame, encode_push, encode_record, held_log2,
};

use super::chance::Chance;
use super::node::{Broken, Node};

/// It acts this often, beside answering.
const ACT_MS: u64 = 100;
/// A call for help on each link once in this time.
const SOS_EVERY_MS: u64 = 10_000;
/// Ids in one offer.
const OFFER_IDS: usize = 64;
/// Ids that a link may have been offered and not have asked for, at line rate.
const OFFERED_MAX: usize = 4 * OFFER_IDS;
/// What was not asked for in this time never will be.
const FORGOTTEN_MS: u64 = 2_000;
/// Envelopes that it keeps to be asked for.
const KEPT_MAX: usize = 8_192;
/// Frames that wait on one link.
const FRAMES_MAX: usize = 1_024;

#[derive(Debug)]
struct Line {
    reader: FrameReader,
    credit_bytes: usize,
    in_flight_bytes: usize,
    taken: u64,
    moved: u64,
    offered: usize,
    /// When unanswered offers are given up.
    forgets_at: Mono,
    sos_at: Mono,
    frames: VecDeque<Vec<u8>>,
}

/// A device that spams.
pub(super) struct Spammer {
    /// Fresh envelopes a second; as many as go without.
    per_s: Option<f64>,
    /// Of these, due and not yet made.
    due: f64,
    chance: Chance,
    lines: BTreeMap<LinkId, Line>,
    kept: BTreeMap<EnvelopeId, Envelope>,
    /// The same, oldest first.
    order: VecDeque<EnvelopeId>,
    acts_at: Mono,
}

impl Spammer {
    pub(super) fn start(per_s: Option<f64>, now: Now, chance: Chance) -> Self {
        Self {
            per_s,
            due: 0.0,
            chance,
            lines: BTreeMap::new(),
            kept: BTreeMap::new(),
            order: VecDeque::new(),
            acts_at: now.mono.plus_ms(ACT_MS),
        }
    }

    fn input(&mut self, now: Now, input: Input) {
        match input {
            Input::LinkUp { link, info } => self.link_up(now, link, Allowance::of(info.kind)),
            Input::LinkDown { link } => {
                self.lines.remove(&link);
            }
            Input::Sent { link, bytes } => {
                if let Some(line) = self.lines.get_mut(&link) {
                    line.in_flight_bytes = line.in_flight_bytes.saturating_sub(bytes);
                }
            }
            Input::Received { link, bytes } => self.received(now, link, &bytes),
            Input::Request(..) | Input::Carrier(_) | Input::DiskFree(_) => {}
        }
    }

    fn link_up(&mut self, now: Now, link: LinkId, allowance: Allowance) {
        let line = Line {
            reader: FrameReader::new(allowance.frame_bytes_max),
            credit_bytes: allowance.credit_bytes,
            in_flight_bytes: 0,
            taken: 0,
            moved: 0,
            offered: 0,
            forgets_at: now.mono,
            sos_at: now.mono.plus_ms(SOS_EVERY_MS),
            frames: VecDeque::new(),
        };
        self.lines.insert(link, line);
        let hello = Record::Hello(Hello {
            frame_bytes_max: allowance.frame_bytes_max as u32,
            random: core::array::from_fn(|_| self.chance.draw() as u8),
            clock_quarters: clock_quarters(now.wall.tick()),
            held_log2: Class::ALL.map(|_| held_log2(0)),
        });
        self.say(link, &hello);
        // Whoever comes later hears of the newest too.
        let ids = self.order.iter().rev().take(OFFER_IDS).copied().collect();
        self.offer(link, ids);
    }

    fn received(&mut self, now: Now, link: LinkId, bytes: &[u8]) {
        let Some(line) = self.lines.get_mut(&link) else {
            return;
        };
        for frame in line.reader.read(bytes).unwrap_or_default() {
            for record in decode_frame(&frame).unwrap_or_default() {
                match record {
                    Record::Want(ids) => self.serve(now, link, &ids),
                    Record::Push(_) => self.took(link),
                    _ => {}
                }
            }
        }
    }

    fn took(&mut self, link: LinkId) {
        if let Some(line) = self.lines.get_mut(&link) {
            line.taken += 1;
            let took = Record::Took(line.taken);
            self.say(link, &took);
        }
    }

    fn serve(&mut self, now: Now, link: LinkId, ids: &[EnvelopeId]) {
        for id in ids {
            let envelope = match self.per_s {
                Some(_) => self.kept.get(id).cloned(),
                // Nobody else heard of it.
                None => self.kept.remove(id),
            };
            match envelope {
                Some(envelope) => self.push(link, &envelope),
                None => self.say(link, &Record::Gone(vec![*id])),
            }
            if let Some(line) = self.lines.get_mut(&link) {
                line.offered = line.offered.saturating_sub(1);
            }
        }
        self.fill(now, link);
    }

    /// What it does unasked.
    fn act(&mut self, now: Now) {
        let links: Vec<LinkId> = self.lines.keys().copied().collect();
        if let Some(per_s) = self.per_s {
            self.due += per_s * ACT_MS as f64 / 1_000.0;
            let count = self.due as usize;
            self.due -= count as f64;
            let ids = self.make_some(now, count);
            links.iter().for_each(|link| self.offer(*link, ids.clone()));
        }
        for link in links {
            self.fill(now, link);
            let is_due = self.lines.get_mut(&link).is_some_and(|line| {
                let is_due = line.sos_at <= now.mono;
                if is_due {
                    line.sos_at = now.mono.plus_ms(SOS_EVERY_MS);
                }
                is_due
            });
            if is_due && let Some(sos) = self.make(now, Class::Sos) {
                self.push(link, &sos);
            }
        }
    }

    /// Without a rate: offers a link as many as it may ask for.
    fn fill(&mut self, now: Now, link: LinkId) {
        let Some(line) = self.lines.get_mut(&link).filter(|_| self.per_s.is_none()) else {
            return;
        };
        if line.forgets_at <= now.mono {
            line.forgets_at = now.mono.plus_ms(FORGOTTEN_MS);
            line.offered = 0;
        }
        if line.offered + OFFER_IDS <= OFFERED_MAX {
            let ids = self.make_some(now, OFFER_IDS);
            self.offer(link, ids);
        }
    }

    fn make_some(&mut self, now: Now, count: usize) -> Vec<EnvelopeId> {
        let made = (0..count).filter_map(|_| self.make(now, Class::Text));
        let made: Vec<Envelope> = made.collect();
        made.into_iter()
            .map(|envelope| self.keep(envelope))
            .collect()
    }

    fn keep(&mut self, envelope: Envelope) -> EnvelopeId {
        let id = envelope.id();
        self.kept.insert(id, envelope);
        self.order.push_back(id);
        if self.order.len() > KEPT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.kept.remove(&oldest);
        }
        id
    }

    /// A well-formed envelope that nobody can open, and that lives long.
    fn make(&mut self, now: Now, class: Class) -> Option<Envelope> {
        let ticks = match class {
            Class::Sos => 48 + self.chance.below(20),
            _ => 200 + self.chance.below(80),
        };
        let expiry = now.wall.plus_ms(TICK_MS * ticks).tick();
        let mut bytes = Header { class, expiry }.encode().to_vec();
        while bytes.len() < ENVELOPE_BYTES_SMALL {
            bytes.extend(self.chance.draw().to_le_bytes());
        }
        Envelope::parse(bytes).ok()
    }

    fn offer(&mut self, link: LinkId, ids: Vec<EnvelopeId>) {
        if ids.is_empty() {
            return;
        }
        if let Some(line) = self.lines.get_mut(&link) {
            line.offered += ids.len();
        }
        let class = Class::Text;
        self.say(link, &Record::Offer { class, ids });
    }

    fn push(&mut self, link: LinkId, envelope: &Envelope) {
        let mut frame = Vec::new();
        encode_push(&mut frame, envelope.as_bytes());
        if let Some(line) = self.lines.get_mut(&link) {
            line.moved += 1;
        }
        self.put(link, frame);
    }

    fn say(&mut self, link: LinkId, record: &Record) {
        let mut frame = Vec::new();
        encode_record(&mut frame, record);
        self.put(link, frame);
    }

    fn put(&mut self, link: LinkId, frame: Vec<u8>) {
        if let Some(line) = self.lines.get_mut(&link)
            && frame.len() <= FRAME_BYTES_BLE_MAX
            && line.frames.len() < FRAMES_MAX
        {
            line.frames.push_back(frame);
        }
    }

    fn flush(&mut self, outputs: &mut Vec<Output>) {
        for (link, line) in &mut self.lines {
            while line.in_flight_bytes < line.credit_bytes {
                let Some(frame) = line.frames.pop_front() else {
                    break;
                };
                let mut bytes = Vec::with_capacity(frame.len() + 2);
                put_frame(&mut bytes, &frame);
                line.in_flight_bytes += bytes.len();
                outputs.push(Output::Transmit { link: *link, bytes });
            }
        }
    }
}

impl Node for Spammer {
    fn handle(
        &mut self,
        now: Now,
        inputs: &mut Vec<Input>,
        outputs: &mut Vec<Output>,
    ) -> Result<(), Broken> {
        inputs.drain(..).for_each(|input| self.input(now, input));
        if self.acts_at <= now.mono {
            self.acts_at = now.mono.plus_ms(ACT_MS);
            self.act(now);
        }
        self.flush(outputs);
        Ok(())
    }

    fn next_timeout(&self) -> Option<Mono> {
        Some(self.acts_at)
    }

    fn moved(&self, link: LinkId) -> u64 {
        self.lines.get(&link).map_or(0, |line| line.moved)
    }

    fn forget(&mut self, _: EnvelopeId) -> Result<(), Broken> {
        Ok(())
    }
}
