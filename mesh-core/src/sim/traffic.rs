//! What is written in a world, and what became of it.

use std::collections::{BTreeMap, HashMap};

use crate::types::{EnvelopeId, MessageId, RequestId};

use super::chance::Chance;
use super::spec::{Audience, Traffic};

/// One message.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) author: u32,
    pub(super) at_ms: u64,
    pub(super) is_counted: bool,
    /// Whether the author's device took it.
    pub(super) is_written: bool,
    /// One bit for each host that got it.
    got: Vec<u64>,
    pub(super) envelope: Option<EnvelopeId>,
    pub(super) has_lapsed: bool,
    /// Whether no promise holds for it: its author's clock was wrong.
    pub(super) is_exempt: bool,
}

impl Message {
    fn reached(&self, host: u32) -> bool {
        let word = self.got.get(host as usize / 64).copied().unwrap_or(0);
        word >> (host % 64) & 1 == 1
    }
}

/// All messages of a world.
#[derive(Debug)]
pub(super) struct Ledger {
    spec: Traffic,
    nodes: u32,
    messages: Vec<Message>,
    of_message_id: HashMap<MessageId, u32>,
    of_envelope: HashMap<EnvelopeId, u32>,
    delays_ms: Vec<u32>,
    /// When links could last be made again after they were cut, if they were.
    silence_end_ms: Option<u64>,
    /// Longest time from there to a delivery of what was written before.
    recovery_ms: u64,
}

impl Ledger {
    /// Draws who writes what when.
    pub(super) fn draw(spec: &Traffic, nodes: usize, chance: &mut Chance) -> Self {
        let writers = spec.writers.unwrap_or(nodes).clamp(1, nodes) as u64;
        let (from_ms, until_ms) = (spec.from_s * 1_000, spec.until_s * 1_000);
        let mut drawn: Vec<(u64, u32)> = Vec::new();
        match spec.per_s {
            Some(per_s) => {
                let step_ms = 1_000.0 / per_s;
                let count = ((until_ms.saturating_sub(from_ms)) as f64 / step_ms) as u64;
                for number in 0..count {
                    let at_ms = from_ms + ((number as f64 + chance.unit()) * step_ms) as u64;
                    drawn.push((at_ms, chance.below(writers) as u32));
                }
            }
            None => {
                let step_ms = (spec.every_s * 1_000.0) as u64;
                for author in 0..writers as u32 {
                    let mut at_ms = from_ms + chance.below(step_ms);
                    while at_ms < until_ms {
                        drawn.push((at_ms, author));
                        at_ms += step_ms;
                    }
                }
            }
        }
        drawn.sort_unstable();
        let messages = drawn.into_iter().map(|(at_ms, author)| Message {
            author,
            at_ms,
            is_counted: at_ms < spec.counted_until_s * 1_000,
            is_written: false,
            got: Vec::new(),
            envelope: None,
            has_lapsed: false,
            is_exempt: false,
        });
        Self {
            messages: messages.collect(),
            spec: spec.clone(),
            nodes: nodes as u32,
            of_message_id: HashMap::new(),
            of_envelope: HashMap::new(),
            delays_ms: Vec::new(),
            silence_end_ms: None,
            recovery_ms: 0,
        }
    }

    /// Links are cut now and then, until this moment.
    pub(super) fn silent_until(&mut self, end_ms: u64) {
        self.silence_end_ms = Some(end_ms);
    }

    /// Longest time from the end of all silence to a delivery that it had put off;
    /// `None` if there was no silence.
    pub(super) fn recovery_ms(&self) -> Option<u64> {
        self.silence_end_ms.map(|_| self.recovery_ms)
    }

    pub(super) fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(super) fn message_mut(&mut self, number: u32) -> Option<&mut Message> {
        self.messages.get_mut(number as usize)
    }

    /// The text of a message: its number, and letters up to its length.
    pub(super) fn text(&self, number: u32) -> String {
        let mut text = format!("#{number} {CANARY} ");
        while text.len() < self.spec.bytes {
            text.push(char::from(b'a' + (text.len() % 26) as u8));
        }
        text
    }

    /// The author's device answered that it has the message.
    pub(super) fn written(&mut self, request: RequestId, message_id: MessageId) {
        let number = u32::try_from(request.0).unwrap_or(u32::MAX);
        if let Some(message) = self.message_mut(number) {
            message.is_written = true;
            self.of_message_id.insert(message_id, number);
        }
    }

    /// The author's device sealed it.
    pub(super) fn sealed(&mut self, id: EnvelopeId, message_id: MessageId) {
        if let Some(number) = self.of_message_id.get(&message_id).copied() {
            self.of_envelope.insert(id, number);
            if let Some(message) = self.message_mut(number) {
                message.envelope = Some(id);
            }
        }
    }

    /// Which message an envelope carries; `None` if nobody in the plan wrote it.
    pub(super) fn message_of(&self, id: EnvelopeId) -> Option<u32> {
        self.of_envelope.get(&id).copied()
    }

    /// Which message a text is, if any.
    pub(super) fn number_in(text: &str) -> Option<u32> {
        text.strip_prefix('#')?.split(' ').next()?.parse().ok()
    }

    /// Whether a host is to get a message.
    pub(super) fn is_for(&self, message: &Message, host: u32) -> bool {
        message.author != host
            && match self.spec.audience {
                Audience::Everybody => true,
                Audience::Block(people) => message.author / people == host / people,
            }
    }

    /// A host got a message, in the way that counts. `false` if it had it before.
    pub(super) fn got(&mut self, now_ms: u64, number: u32, host: u32) -> bool {
        let lifetime_ms = self.spec.lifetime_s.map_or(u64::MAX, |s| s * 1_000);
        if host >= self.nodes {
            return false;
        }
        let words = (self.nodes as usize).div_ceil(64);
        let Some(message) = self.messages.get(number as usize) else {
            return false;
        };
        let delay_ms = now_ms.saturating_sub(message.at_ms);
        let counts = message.is_counted && self.is_for(message, host) && delay_ms <= lifetime_ms;
        let Some(message) = self.messages.get_mut(number as usize) else {
            return false;
        };
        message.got.resize(words, 0);
        let Some(word) = message.got.get_mut(host as usize / 64) else {
            return false;
        };
        let bit = 1 << (host % 64);
        let is_new = *word & bit == 0;
        *word |= bit;
        if is_new && counts {
            let end_ms = self.silence_end_ms.filter(|end_ms| message.at_ms < *end_ms);
            let waited_ms = end_ms.map_or(0, |end_ms| now_ms.saturating_sub(end_ms));
            self.recovery_ms = self.recovery_ms.max(waited_ms);
            self.delays_ms
                .push(u32::try_from(delay_ms).unwrap_or(u32::MAX));
        }
        is_new
    }

    /// Who was to get a message and did not.
    pub(super) fn missing(&self, message: &Message) -> Vec<u32> {
        let due = (0..self.nodes).filter(|host| self.is_for(message, *host));
        due.filter(|host| !message.reached(*host)).collect()
    }

    /// Deliveries that there were, and that there should have been.
    pub(super) fn delivered(&self) -> (u64, u64) {
        let counted = self.messages.iter().filter(|message| message.is_counted);
        let due = counted
            .map(|message| self.audience_of(message.author))
            .sum();
        (self.delays_ms.len() as u64, due)
    }

    /// Delays of all deliveries, shortest first, seconds.
    pub(super) fn delays_s(&self) -> Vec<f64> {
        let mut delays = self.delays_ms.clone();
        delays.sort_unstable();
        delays
            .into_iter()
            .map(|ms| f64::from(ms) / 1_000.0)
            .collect()
    }

    /// How many are to get what this one writes.
    pub(super) fn audience_of(&self, author: u32) -> u64 {
        let people = match self.spec.audience {
            Audience::Everybody => self.nodes,
            Audience::Block(people) => {
                let first = author / people * people;
                people.min(self.nodes.saturating_sub(first))
            }
        };
        u64::from(people.saturating_sub(1))
    }

    /// Shares of deliveries in time, by minute of writing: where a run went wrong.
    pub(super) fn by_minute(&self) -> BTreeMap<u64, (u64, u64)> {
        let mut minutes: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for message in self.messages.iter().filter(|message| message.is_counted) {
            let due = (0..self.nodes).filter(|host| self.is_for(message, *host));
            let got = due.filter(|host| message.reached(*host));
            let minute = minutes.entry(message.at_ms / 60_000).or_default();
            minute.0 += got.count() as u64;
            minute.1 += self.audience_of(message.author);
        }
        minutes
    }
}

/// Stands in every text, and must stand in no transmitted byte.
pub(super) const CANARY: &str = "canary-7f3a";
