//! What hostile devices learn that keep every rule and compare notes: who was the
//! first to offer them each envelope. They take that one for its author (the
//! first-spy estimator: Fanti and Viswanath, *Deanonymization in the Bitcoin P2P
//! Network*, 2017).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::types::EnvelopeId;
use crate::wire::frame::{Record, decode_frame};

/// What spies learnt in one run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spied {
    /// Messages that reached a spy ÷ messages.
    pub spied_ratio: f64,
    /// Messages whose author a spy had as a neighbour when they were written ÷
    /// messages.
    pub spy_neighbour_ratio: f64,
    /// Messages of which the first to offer it to any spy was the author ÷ messages
    /// that reached a spy.
    pub first_spy_precision: f64,
    /// The same for a guess at random among the honest: 1 ÷ their number.
    pub first_spy_chance: f64,
}

/// Their common notes: by envelope, who offered it first to any of them.
#[derive(Debug, Default)]
pub(super) struct Spies {
    first: BTreeMap<EnvelopeId, u32>,
    /// Messages whose authors had a spy as a neighbour.
    beside: BTreeMap<u32, bool>,
}

impl Spies {
    /// Bytes of an ordered link came to a spy.
    pub(super) fn overheard(&mut self, from: u32, mut pipe: &[u8]) {
        while let Some((length, rest)) = pipe.split_first_chunk::<2>() {
            let length = usize::from(u16::from_le_bytes(*length));
            let Some((frame, rest)) = rest.split_at_checked(length) else {
                return;
            };
            for record in decode_frame(frame).unwrap_or_default() {
                match record {
                    Record::Offer { ids, .. } => ids.into_iter().for_each(|id| self.note(from, id)),
                    Record::Push(envelope) => self.note(from, envelope.id()),
                    _ => {}
                }
            }
            pipe = rest;
        }
    }

    fn note(&mut self, from: u32, id: EnvelopeId) {
        self.first.entry(id).or_insert(from);
    }

    /// A message is written, by somebody who has a spy as a neighbour or not.
    pub(super) fn written(&mut self, message: u32, is_beside: bool) {
        self.beside.insert(message, is_beside);
    }

    pub(super) fn was_beside(&self, message: u32) -> bool {
        self.beside.get(&message).copied().unwrap_or(false)
    }

    /// Whom they take for the author.
    pub(super) fn guess(&self, id: EnvelopeId) -> Option<u32> {
        self.first.get(&id).copied()
    }
}
