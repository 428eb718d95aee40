//! Jammed ground and dead radios; and what spies and broken links come to at the end.

use std::collections::BTreeSet;

use crate::sim::adversary::Adversary;
use crate::sim::links::Stage;
use crate::sim::report::ratio;
use crate::sim::spies::Spied;
use crate::types::{EnvelopeId, LinkId};

use super::{Event, World};

/// Links of hosts that were silenced break this often.
const SILENCE_MS: u64 = 1_000;

impl World {
    pub(super) fn begin_silence(&mut self) {
        if let Some(end_ms) = self.spec.trial.silence_end_ms() {
            self.ledger.silent_until(end_ms);
            self.wheel.put(SILENCE_MS, Event::Silence);
        }
    }

    /// Whether a host hears nothing now.
    pub(super) fn is_silent(&self, host: u32) -> bool {
        let trial = &self.spec.trial;
        trial.is_silencing() && trial.silences(self.wheel.now(), self.ground.place(host))
    }

    pub(super) fn silence(&mut self) {
        let links = self.links.live();
        let broken: Vec<LinkId> = links
            .filter(|(_, link)| link.stage == Stage::Up)
            .filter(|(_, link)| link.ends.iter().any(|end| self.is_silent(*end)))
            .map(|(id, _)| id)
            .collect();
        broken.into_iter().for_each(|link| self.break_link(link));
        self.wheel
            .put(self.wheel.now() + SILENCE_MS, Event::Silence);
    }

    /// Messages that were acknowledged to their authors and are nowhere any more:
    /// neither in the author's outbox nor with anybody else. `None` where links were
    /// not cut.
    pub(super) fn own_lost(&self) -> Option<u64> {
        if !self.spec.trial.is_silencing() {
            return None;
        }
        let mut kept: BTreeSet<EnvelopeId> = BTreeSet::new();
        for (number, host) in (0..).zip(&self.hosts) {
            kept.extend(host.disk.outbox());
            let held = host.disk.held().into_iter();
            let bodies = held.filter_map(|body| self.bodies.body(body));
            kept.extend(bodies.map(|body| body.meta.id).filter(|id| {
                let message = self.ledger.message_of(*id);
                let known = message.and_then(|at| self.ledger.messages().get(at as usize));
                known.is_some_and(|message| message.author != number)
            }));
        }
        let written = self.ledger.messages().iter().filter(|m| m.is_written);
        let lost = written.filter(|message| {
            let is_kept = message.envelope.is_some_and(|id| kept.contains(&id));
            !is_kept && !message.has_lapsed
        });
        Some(lost.count() as u64)
    }

    fn is_spy(&self, host: u32) -> bool {
        let state = self.hosts.get(host as usize);
        state.is_some_and(|state| state.hostile == Some(Adversary::Spy))
    }

    /// Bytes come to a host; if it is a spy, it reads them for itself too.
    pub(super) fn overhear(&mut self, host: u32, link: LinkId, bytes: &[u8]) {
        if self.is_spy(host)
            && let Some(stands) = self.links.get(link)
        {
            let from = stands.other(host);
            self.spies.overheard(from, bytes);
        }
    }

    /// Notes whether the author of a message has a spy as a neighbour now.
    pub(super) fn note_author(&mut self, author: u32, message: u32) {
        let mut others = self.links.of(author).iter().map(|(_, other)| *other);
        let is_beside = others.any(|other| self.is_spy(other));
        self.spies.written(message, is_beside);
    }

    /// What spies learnt; `None` if there are none.
    pub(super) fn spied(&self) -> Option<Spied> {
        if !(0..self.hosts.len() as u32).any(|host| self.is_spy(host)) {
            return None;
        }
        let (mut written, mut beside, mut seen, mut right) = (0.0, 0.0, 0.0, 0.0);
        for (number, message) in (0..).zip(self.ledger.messages()) {
            let Some(id) = message.envelope.filter(|_| message.is_counted) else {
                continue;
            };
            let guess = self.spies.guess(id);
            written += 1.0;
            beside += f64::from(u8::from(self.spies.was_beside(number)));
            seen += f64::from(u8::from(guess.is_some()));
            right += f64::from(u8::from(guess == Some(message.author)));
        }
        Some(Spied {
            spied_ratio: ratio(seen, written),
            spy_neighbour_ratio: ratio(beside, written),
            first_spy_precision: ratio(right, seen),
            first_spy_chance: ratio(1.0, self.spec.nodes as f64),
        })
    }
}
