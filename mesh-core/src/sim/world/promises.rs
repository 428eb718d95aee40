//! Where the checkers look: what hosts send, store, show, and have at the end.

use std::collections::BTreeSet;

use crate::sim::checkers::{Bounds, Confidentiality, Convergence, Delivery, Findings, KeyUse};
use crate::sim::node::channel_of;
use crate::sim::spec::Spec;
use crate::sim::traffic::CANARY;
use crate::sim::waves::Lane;
use crate::types::EnvelopeId;

use super::World;

/// All checkers of one world, and what they found.
#[derive(Debug)]
pub(super) struct Promises {
    is_checked: bool,
    bounds: Bounds,
    confidentiality: Confidentiality,
    key_use: KeyUse,
    findings: Findings,
}

impl Promises {
    pub(super) fn new(spec: &Spec) -> Self {
        // All keys of blocks end alike, and so do all seeds of pseudonyms.
        let root = channel_of(0).to_bytes().into_iter().skip(16).collect();
        let secrets = vec![
            ("a text", CANARY.as_bytes().to_vec()),
            ("a channel key", root),
            ("a pseudonym's seed", vec![0x11; 16]),
        ];
        Self {
            is_checked: spec.is_checked,
            bounds: Bounds::new(spec.buffer_bytes, spec.medium.kind),
            confidentiality: Confidentiality::new(secrets),
            key_use: KeyUse::default(),
            findings: Findings::default(),
        }
    }

    pub(super) fn sentences(&self) -> Vec<String> {
        self.findings.sentences().to_vec()
    }
}

impl World {
    pub(super) fn check_transmitted(&mut self, lane: Lane, bytes: &[u8]) {
        if self.promises.is_checked && (lane.from as usize) < self.spec.nodes {
            let waiting_bytes = self.waves.waiting_bytes(lane) + bytes.len();
            let promises = &mut self.promises;
            let (host, findings) = (lane.from, &mut promises.findings);
            promises.confidentiality.transmitted(host, bytes, findings);
            promises
                .bounds
                .transmitted(host, bytes.len(), waiting_bytes, findings);
        }
    }

    pub(super) fn check_stored(&mut self, host: u32) {
        if self.promises.is_checked
            && let Some(state) = self.hosts.get(host as usize)
        {
            let (bytes, _) = state.disk.body_bytes();
            let promises = &mut self.promises;
            promises.bounds.stored(host, bytes, &mut promises.findings);
        }
    }

    pub(super) fn check_sealed(&mut self, id: EnvelopeId, bytes: &[u8]) {
        if self.promises.is_checked {
            let promises = &mut self.promises;
            promises.key_use.sealed(id, bytes, &mut promises.findings);
        }
    }

    pub(super) fn check_shown(&mut self, host: u32, number: u32) {
        if self.promises.is_checked
            && let Some(message) = self.ledger.messages().get(number as usize)
        {
            let is_for = self.ledger.is_for(message, host);
            let promises = &mut self.promises;
            promises
                .confidentiality
                .shown(host, number, is_for, &mut promises.findings);
        }
    }

    /// Who lacks what, when all is over.
    pub(super) fn check_at_end(&mut self) {
        if !self.promises.is_checked {
            return;
        }
        let findings = &mut self.promises.findings;
        for (number, message) in (0..).zip(self.ledger.messages()) {
            if message.is_written && message.is_counted && !message.is_exempt {
                let due = self.ledger.audience_of(message.author);
                let missing = self.ledger.missing(message);
                Delivery.at_end(number, due, &missing, findings);
            }
        }
        let honest_envelopes = |number: &u32| {
            let id = self.bodies.body(*number).map(|body| body.meta.id);
            let message = id.and_then(|id| self.ledger.message_of(id));
            let known = message.and_then(|number| self.ledger.messages().get(number as usize));
            known.is_some_and(|message| !message.has_lapsed && !message.is_exempt)
        };
        let held: Vec<(u32, BTreeSet<u32>)> = (0..)
            .zip(&self.hosts)
            .filter(|(_, host)| host.hostile.is_none())
            .map(|(number, host)| {
                let held = host.disk.held().into_iter().filter(honest_envelopes);
                (number, held.collect())
            })
            .collect();
        Convergence.at_end(&held, findings);
    }
}
