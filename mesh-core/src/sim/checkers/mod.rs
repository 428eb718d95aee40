//! Promises, each watched by a type of its own, whatever else happens in a world.
//!
//! A checker sees what a host transmits, stores, shows and has at the end. What it
//! finds ends in the report as one sentence; a run with none has kept all promises.

mod bounds;
mod confidentiality;
mod convergence;
mod delivery;
mod key_use;

pub(super) use bounds::Bounds;
pub(super) use confidentiality::Confidentiality;
pub(super) use convergence::Convergence;
pub(super) use delivery::Delivery;
pub(super) use key_use::KeyUse;

/// Sentences kept: the first ones say what went wrong.
const SENTENCES_MAX: usize = 16;

/// Broken promises so far, in order.
#[derive(Debug, Default)]
pub(super) struct Findings {
    sentences: Vec<String>,
}

impl Findings {
    pub(super) fn add(&mut self, sentence: String) {
        if self.sentences.len() < SENTENCES_MAX && !self.sentences.contains(&sentence) {
            self.sentences.push(sentence);
        }
    }

    pub(super) fn sentences(&self) -> &[String] {
        &self.sentences
    }
}
