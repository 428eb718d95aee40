//! The other side began a comparison: what we say to each class.

use crate::limits::{SYNC_OPENING_MS_MIN, SYNC_SKETCH_MS_MIN};
use crate::sync::snapshot::Snapshot;
use crate::types::{Mono, Now, Tick};
use crate::wire::envelope::Class;
use crate::wire::sync::{Done, Opening, Summary, bit};

use super::listing::{Listening, Listing};
use super::sketching::Encoding;
use super::turn::Turn;
use super::way::Way;
use super::{Epoch, Finding, Held, Offence, Session, own_cut};

impl Session {
    pub(super) fn answer(
        &mut self,
        now: Now,
        opening: &Opening,
        held: impl Iterator<Item = Held>,
    ) -> Result<Vec<Finding>, Offence> {
        let ours_stands = self.is_senior
            && self
                .epoch
                .as_ref()
                .is_some_and(|epoch| epoch.is_ours && !epoch.is_answered);
        if ours_stands {
            // They crossed: the other side answers ours.
            return Ok(Vec::new());
        }
        let is_early = |since: Option<Mono>, span_ms: u64| {
            since.is_some_and(|since| now.mono.ms_since(since) < span_ms)
        };
        // One that is broken off for this one counts as much as one that ended.
        let running = self.epoch.as_ref().filter(|epoch| epoch.is_long);
        self.long_begun = self.long_begun.max(running.map(|epoch| epoch.begun));
        // Half of what we keep to ourselves: the network may bunch up what was sent in time.
        if is_early(self.opening_heard, SYNC_OPENING_MS_MIN)
            || is_early(self.long_begun, SYNC_SKETCH_MS_MIN / 2)
        {
            return Err(Offence::Overrun);
        }
        self.opening_heard = Some(now.mono);
        self.repair_at = None;
        let own_cut = own_cut(now);
        let cut = opening.cut.max(own_cut);
        let sets = Snapshot::take(&self.key, opening.cut, held);
        let mut epoch = Epoch {
            number: opening.epoch,
            is_ours: false,
            cut,
            own_cut,
            begun: now.mono,
            heard_at: now.mono,
            is_answered: true,
            is_long: false,
            has_differed: false,
            turns: Default::default(),
            opening: None,
            agreed: None,
        };
        let findings = self.answer_classes(&mut epoch, opening, sets);
        let agreed = epoch.agreed(opening);
        epoch.agreed = (agreed != 0).then(|| Done {
            epoch: opening.epoch,
            classes: agreed,
            more: false,
            lacks: Vec::new(),
        });
        self.epoch = Some(Box::new(epoch));
        Ok(findings)
    }

    fn answer_classes(
        &self,
        epoch: &mut Epoch,
        opening: &Opening,
        sets: [Snapshot; Class::ALL.len()],
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for ((class, theirs), set) in Class::ALL.into_iter().zip(opening.held).zip(sets) {
            if set.summary() == theirs {
                continue;
            }
            if theirs.count == 0 {
                // Whoever holds nothing is simply fed.
                epoch.has_differed = true;
                findings.push(Finding::HoldsOnly {
                    class,
                    cut: epoch.cut,
                    ids: Vec::new(),
                });
                continue;
            }
            epoch.is_long = true;
            *epoch.turn(class) = self.begin(theirs, set, epoch.cut);
        }
        findings
    }

    fn begin(&self, theirs: Summary, mut set: Snapshot, cut: Tick) -> Turn {
        set.cut(cut);
        match Way::of(set.count(), theirs.count, self.cells_max) {
            Way::WeList => Turn::Listing(Listing::new(set)),
            Way::TheyList => Turn::Listening(Listening::new(set, Some(theirs.count))),
            Way::Sketch { cells_max } => {
                Turn::Encoding(Encoding::new(&self.key, set, theirs.count, cells_max))
            }
        }
    }
}

impl Epoch {
    /// The classes of an opening about which nothing more is to be said.
    fn agreed(&mut self, opening: &Opening) -> u8 {
        let listed = Class::ALL.into_iter().zip(opening.held);
        let mut mask = 0;
        for (class, _) in listed.filter(|(_, theirs)| theirs.count > 0) {
            if matches!(self.turn(class), Turn::Closed) {
                mask |= bit(class);
            }
        }
        mask
    }
}
