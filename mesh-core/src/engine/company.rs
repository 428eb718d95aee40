//! What may wait a moment so that it leaves in company: offers and confirmations.
//!
//! On a LAN a record of twenty bytes that leaves alone costs a hundred and sixty more
//! in headers and acknowledgements, and for each envelope a node says six such
//! things. So an offer after a pause leaves at once, those that follow at a steady
//! beat, and whatever leaves for another reason takes along all that waits.

use rand_core::CryptoRng;

use crate::link::Allowance;
use crate::types::Mono;

/// When what waits on one link must leave, company or not.
#[derive(Debug, Default)]
pub(super) struct Company {
    offers_at: Option<Mono>,
    /// When offers left last.
    offered_at: Option<Mono>,
    took_at: Option<Mono>,
}

impl Company {
    /// Offers were queued. They wait at random for others of the same moment; after
    /// others left, for the next beat, unless they are urgent.
    pub(super) fn hold_offers(
        &mut self,
        now: Mono,
        rng: &mut dyn CryptoRng,
        allowance: Allowance,
        is_urgent: bool,
    ) {
        let wait_ms = u64::from(rng.next_u32()) % (allowance.offer_batch_ms + 1);
        let soon = now.plus_ms(wait_ms);
        if is_urgent {
            self.offers_at = Some(self.offers_at.map_or(soon, |at| at.min(soon)));
            return;
        }
        let beat = |last: Mono| last.plus_ms(allowance.offer_beat_ms);
        let at = self.offered_at.map_or(soon, |last| soon.max(beat(last)));
        self.offers_at.get_or_insert(at);
    }

    /// There are pushes to be confirmed.
    pub(super) fn hold_took(&mut self, now: Mono, allowance: Allowance) {
        self.took_at
            .get_or_insert(now.plus_ms(allowance.took_wait_ms));
    }

    /// Whether queued offers have waited long enough.
    pub(super) fn offers_are_due(&self, now: Mono) -> bool {
        self.offers_at.is_none_or(|at| at <= now)
    }

    /// Whether a confirmation has waited long enough.
    pub(super) fn took_is_due(&self, now: Mono) -> bool {
        self.took_at.is_some_and(|at| at <= now)
    }

    /// All offers leave, if there are any.
    pub(super) fn offers_leave(&mut self, now: Mono, are_any: bool) {
        self.offers_at = None;
        if are_any {
            self.offered_at = Some(now);
        }
    }

    /// The confirmation leaves.
    pub(super) fn took_leaves(&mut self) {
        self.took_at = None;
    }

    /// When to look again.
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        let waits = [self.offers_at, self.took_at];
        waits.into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rng;
    use crate::types::LinkKind;

    fn lan() -> Allowance {
        Allowance::of(LinkKind::Lan)
    }

    #[test]
    fn the_first_offer_leaves_soon_and_the_next_at_the_beat() {
        let mut company = Company::default();
        let mut rng = rng(1);
        company.hold_offers(Mono(1_000), &mut rng, lan(), false);
        let soon = company.next_timeout().unwrap();
        assert!(soon <= Mono(1_000).plus_ms(lan().offer_batch_ms));
        company.offers_leave(soon, true);
        company.hold_offers(soon.plus_ms(1), &mut rng, lan(), false);
        company.hold_offers(soon.plus_ms(9), &mut rng, lan(), false);
        let beat = soon.plus_ms(lan().offer_beat_ms);
        assert_eq!(company.next_timeout(), Some(beat));
        assert!(!company.offers_are_due(Mono(beat.0 - 1)) && company.offers_are_due(beat));
    }

    #[test]
    fn an_urgent_offer_waits_for_no_beat() {
        let mut company = Company::default();
        let mut rng = rng(2);
        company.offers_leave(Mono(1_000), true);
        company.hold_offers(Mono(1_001), &mut rng, lan(), false);
        company.hold_offers(Mono(1_002), &mut rng, lan(), true);
        let soonest = Mono(1_002).plus_ms(lan().offer_batch_ms);
        assert!(company.next_timeout().unwrap() <= soonest);
    }

    #[test]
    fn a_frame_without_offers_moves_no_beat() {
        let mut company = Company::default();
        company.offers_leave(Mono(1_000), false);
        company.hold_offers(Mono(1_001), &mut rng(3), lan(), false);
        let soonest = Mono(1_001).plus_ms(lan().offer_batch_ms);
        assert!(company.next_timeout().unwrap() <= soonest);
    }
}
