//! Hostile nodes that speak real frames.
//!
//! Each says Hello like anybody, and then does its worst on every link that it gets:
//! what a modified client in the crowd could do. They hold no keys.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;

use crate::engine::{Input, Output};
use crate::limits::{ENVELOPE_BYTES_SMALL, FRAME_BYTES_BLE_MAX, TICK_MS};
use crate::link::{Allowance, FrameReader, put_frame};
use crate::types::{EnvelopeId, LinkId, Mono, Now};
use crate::wire::envelope::{Class, Envelope, Header};
use crate::wire::frame::{Hello, Record, clock_quarters, decode_frame, encode_record, held_log2};

use super::chance::Chance;
use super::node::{Broken, Node};

/// How a hostile node behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Adversary {
    /// Offers and pushes fresh envelopes that nobody can open, as fast as it can.
    Flooder,
    /// Takes everything, confirms it, and never says a word of it.
    Dropper,
    /// Sends what it heard again, on every link, for ever.
    Replayer,
    /// Passes on altered copies, and frames that are not whole.
    Corrupter,
    /// Offers what it does not have, claims every slot, and serves nothing.
    Eclipser,
    /// Lists, sketches and counts that are lies.
    Liar,
    /// Keeps to every rule, and brings envelopes that nobody can open, at the rate
    /// that [`super::Trial`] says ([`super::spammer`]).
    Spammer,
    /// Runs the engine that ships, and notes who offers what first.
    Spy,
    /// Runs the engine that ships and writes nothing: an honest device to compare
    /// the others with.
    Bystander,
}

impl Adversary {
    /// Those that break the rules.
    pub const ALL: [Self; 6] = [
        Self::Flooder,
        Self::Dropper,
        Self::Replayer,
        Self::Corrupter,
        Self::Eclipser,
        Self::Liar,
    ];

    /// By its name in scenario files.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let value = toml::Value::String(name.to_owned());
        value.try_into().ok()
    }
}

/// It acts this often, beside answering.
const ACT_MS: u64 = 250;
/// Envelopes that it keeps for its purposes.
const KEPT_MAX: usize = 256;

#[derive(Debug)]
struct Line {
    reader: FrameReader,
    frame_bytes_max: usize,
    credit_bytes: usize,
    in_flight_bytes: usize,
    taken: u64,
    frames: VecDeque<Vec<u8>>,
}

/// A hostile node.
pub(super) struct HostileNode {
    kind: Adversary,
    chance: Chance,
    lines: BTreeMap<LinkId, Line>,
    /// Envelopes made or heard, and frames heard.
    kept: VecDeque<Envelope>,
    heard: VecDeque<Vec<u8>>,
    acts_at: Mono,
}

impl HostileNode {
    pub(super) fn start(kind: Adversary, now: Now, chance: Chance) -> Self {
        Self {
            kind,
            chance,
            lines: BTreeMap::new(),
            kept: VecDeque::new(),
            heard: VecDeque::new(),
            acts_at: now.mono.plus_ms(ACT_MS),
        }
    }

    fn input(&mut self, now: Now, input: Input) {
        match input {
            Input::LinkUp { link, info } => {
                let allowance = Allowance::of(info.kind);
                let line = Line {
                    reader: FrameReader::new(allowance.frame_bytes_max),
                    frame_bytes_max: allowance.frame_bytes_max.min(FRAME_BYTES_BLE_MAX),
                    credit_bytes: allowance.credit_bytes,
                    in_flight_bytes: 0,
                    taken: 0,
                    frames: VecDeque::new(),
                };
                self.lines.insert(link, line);
                let hello = self.hello(now, allowance.frame_bytes_max);
                self.say(link, &[hello]);
            }
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

    fn hello(&mut self, now: Now, frame_bytes_max: usize) -> Record {
        let held = match self.kind {
            Adversary::Liar => 1 << self.chance.below(21),
            Adversary::Eclipser => 1 << 16,
            _ => 0,
        };
        Record::Hello(Hello {
            frame_bytes_max: frame_bytes_max as u32,
            random: core::array::from_fn(|_| self.chance.draw() as u8),
            clock_quarters: clock_quarters(now.wall.tick()),
            held_log2: Class::ALL.map(|_| held_log2(held)),
        })
    }

    fn received(&mut self, now: Now, link: LinkId, bytes: &[u8]) {
        let Some(line) = self.lines.get_mut(&link) else {
            return;
        };
        for frame in line.reader.read(bytes).unwrap_or_default() {
            for record in decode_frame(&frame).unwrap_or_default() {
                self.heard(now, link, record);
            }
            keep(&mut self.heard, frame);
        }
    }

    /// Answers what keeps it in company.
    fn heard(&mut self, now: Now, link: LinkId, record: Record) {
        match record {
            Record::Offer { ids, .. } if self.kind != Adversary::Flooder => {
                self.say(link, &[Record::Want(ids)]);
            }
            Record::Want(ids) => self.serve(link, &ids),
            Record::Push(envelope) => {
                let taken = self.lines.get_mut(&link).map(|line| {
                    line.taken += 1;
                    line.taken
                });
                self.say(link, &[Record::Took(taken.unwrap_or(0))]);
                let envelope = match self.kind {
                    Adversary::Corrupter => self.alter(now, &envelope),
                    _ => Some(envelope),
                };
                if let Some(envelope) = envelope {
                    keep(&mut self.kept, envelope);
                }
            }
            _ => {}
        }
    }

    /// Who wants what it offered gets what it is there for.
    fn serve(&mut self, link: LinkId, ids: &[EnvelopeId]) {
        match self.kind {
            Adversary::Flooder | Adversary::Replayer | Adversary::Corrupter => {
                let wanted = self.kept.iter().filter(|kept| ids.contains(&kept.id()));
                let pushes: Vec<Record> = wanted.cloned().map(Record::Push).collect();
                pushes
                    .iter()
                    .for_each(|push| self.say(link, std::slice::from_ref(push)));
            }
            Adversary::Liar => self.say(link, &[Record::Gone(ids.to_vec())]),
            _ => {}
        }
    }

    /// What it does unasked.
    fn act(&mut self, now: Now) {
        let links: Vec<LinkId> = self.lines.keys().copied().collect();
        for link in links {
            match self.kind {
                Adversary::Flooder => self.flood(now, link),
                Adversary::Replayer => self.replay(link),
                Adversary::Corrupter => self.corrupt(link),
                Adversary::Eclipser => {
                    let ids = self.ids_of_nothing();
                    self.say(
                        link,
                        &[Record::Offer {
                            class: Class::Text,
                            ids,
                        }],
                    );
                }
                Adversary::Liar => self.lie(link),
                _ => {}
            }
        }
    }

    fn flood(&mut self, now: Now, link: LinkId) {
        let class = match self.chance.below(4) {
            0 => Class::Sos,
            _ => Class::Text,
        };
        let made: Vec<Envelope> = (0..4).filter_map(|_| self.make(now, class)).collect();
        let ids = made.iter().map(Envelope::id).collect();
        self.say(link, &[Record::Offer { class, ids }]);
        if class == Class::Sos {
            made.iter()
                .for_each(|sos| self.say(link, &[Record::Push(sos.clone())]));
        }
        made.into_iter()
            .for_each(|envelope| keep(&mut self.kept, envelope));
    }

    fn replay(&mut self, link: LinkId) {
        let ids = self.kept.iter().rev().take(64).map(Envelope::id).collect();
        self.say(
            link,
            &[Record::Offer {
                class: Class::Text,
                ids,
            }],
        );
        let at = self.chance.below(self.heard.len() as u64) as usize;
        if let Some(frame) = self.heard.get(at).cloned() {
            self.put(link, frame);
        }
    }

    fn corrupt(&mut self, link: LinkId) {
        let ids = self.kept.iter().rev().take(16).map(Envelope::id).collect();
        self.say(
            link,
            &[Record::Offer {
                class: Class::Text,
                ids,
            }],
        );
        // Now and then a frame with one bit turned: whoever gets it may hang up.
        let at = self.chance.below(self.heard.len() as u64) as usize;
        if self.chance.happens(0.02)
            && let Some(mut frame) = self.heard.get(at).cloned()
        {
            let place = self.chance.below(frame.len() as u64) as usize;
            if let Some(byte) = frame.get_mut(place) {
                *byte ^= 1 << self.chance.below(8);
            }
            self.put(link, frame);
        }
    }

    /// Records of every kind of reconciliation with what looks like content.
    fn lie(&mut self, link: LinkId) {
        let kind = 6 + self.chance.below(4) as u8;
        let length = 16 * self.chance.below(24) as usize + 2 * usize::from(kind == 9);
        let mut frame = vec![kind];
        frame.extend((length as u16).to_le_bytes());
        let mut payload: Vec<u8> = (0..length).map(|_| self.chance.draw() as u8).collect();
        if let Some(class) = payload.first_mut() {
            *class = 1;
        }
        if let Some(last) = payload.get_mut(1) {
            *last = u8::from(self.chance.happens(0.5));
        }
        frame.extend(payload);
        self.put(link, frame);
    }

    fn ids_of_nothing(&mut self) -> Vec<EnvelopeId> {
        (0..32)
            .map(|_| EnvelopeId(core::array::from_fn(|_| self.chance.draw() as u8)))
            .collect()
    }

    /// A well-formed envelope that nobody can open.
    fn make(&mut self, now: Now, class: Class) -> Option<Envelope> {
        let expiry = now
            .wall
            .plus_ms(TICK_MS * (2 + self.chance.below(50)))
            .tick();
        let mut bytes = Header { class, expiry }.encode().to_vec();
        bytes.resize_with(ENVELOPE_BYTES_SMALL, || self.chance.draw() as u8);
        Envelope::parse(bytes).ok()
    }

    /// The same with another expiry, or one bit turned in what is sealed.
    fn alter(&mut self, now: Now, envelope: &Envelope) -> Option<Envelope> {
        let mut bytes = envelope.as_bytes().to_vec();
        if self.chance.happens(0.5) {
            let class = envelope.header().class;
            let expiry = now.wall.plus_ms(TICK_MS * 100).tick();
            let header = Header { class, expiry }.encode();
            bytes
                .iter_mut()
                .zip(header)
                .for_each(|(slot, byte)| *slot = byte);
        } else {
            let place = 16 + self.chance.below(bytes.len() as u64 - 16) as usize;
            *bytes.get_mut(place)? ^= 1 << self.chance.below(8);
        }
        Envelope::parse(bytes).ok()
    }

    fn say(&mut self, link: LinkId, records: &[Record]) {
        let mut frame = Vec::new();
        records
            .iter()
            .for_each(|record| encode_record(&mut frame, record));
        self.put(link, frame);
    }

    /// Puts a frame on a link; one that is too large or too much is not said.
    fn put(&mut self, link: LinkId, frame: Vec<u8>) {
        if let Some(line) = self.lines.get_mut(&link)
            && !frame.is_empty()
            && frame.len() <= line.frame_bytes_max
            && line.frames.len() < KEPT_MAX
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

fn keep<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() >= KEPT_MAX {
        queue.pop_front();
    }
    queue.push_back(item);
}

impl Node for HostileNode {
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
        self.lines.get(&link).map_or(0, |line| line.taken)
    }

    fn forget(&mut self, _: EnvelopeId) -> Result<(), Broken> {
        Ok(())
    }
}
