//! What may wait a moment so that it leaves in company: offers and confirmations.
//!
//! On a LAN a record of twenty bytes that leaves alone costs a hundred and sixty more
//! in headers and acknowledgements, and for each envelope a node says six such
//! things. So of the neighbours that lack an envelope a few, drawn anew each time, are
//! offered it at once, and the others after a while in which most hear of it from
//! somebody else, and then say so themselves. Offers that follow others keep a beat,
//! and whatever leaves for another reason takes along all that waits.

use rand_core::CryptoRng;

use crate::limits::OFFERS_AT_ONCE_LAN;
use crate::link::Allowance;
use crate::types::Mono;

/// How long an offer may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// For others of the same moment only: an SOS.
    None,
    /// Until the next beat.
    Beat,
    /// Until the neighbour is likely to know from somebody else.
    Long,
}

/// Draws who is offered an envelope first.
#[derive(Debug)]
pub(super) struct Firsts {
    lacking: usize,
    wanted: usize,
}

impl Firsts {
    /// Among so many LAN neighbours that lack it.
    pub(super) fn of(lacking: usize) -> Self {
        Self {
            lacking,
            wanted: OFFERS_AT_ONCE_LAN,
        }
    }

    /// Whether the next of them is: each has the same chance.
    pub(super) fn draw(&mut self, rng: &mut dyn CryptoRng) -> bool {
        let drawn = rng.next_u32() as usize % self.lacking.max(1);
        let is_first = drawn < self.wanted;
        self.lacking = self.lacking.saturating_sub(1);
        self.wanted -= usize::from(is_first);
        is_first
    }
}

/// When what waits on one link must leave, company or not.
#[derive(Debug, Default)]
pub(super) struct Company {
    offers_at: Option<Mono>,
    /// When offers left last.
    offered_at: Option<Mono>,
    took_at: Option<Mono>,
}

impl Company {
    /// Offers were queued. All wait at random for others of the same moment; the
    /// patient ones, after others left, for the next beat or longer.
    pub(super) fn hold_offers(
        &mut self,
        now: Mono,
        rng: &mut dyn CryptoRng,
        allowance: Allowance,
        patience: Patience,
    ) {
        let mut drawn = |span_ms: u64| u64::from(rng.next_u32()) % (span_ms + 1);
        let soon = now.plus_ms(drawn(allowance.offer_batch_ms));
        let at = match patience {
            Patience::None => soon,
            Patience::Beat => self
                .offered_at
                .map_or(soon, |last| soon.max(last.plus_ms(allowance.offer_beat_ms))),
            Patience::Long => {
                let half_ms = allowance.offer_long_ms / 2;
                soon.plus_ms(half_ms + drawn(half_ms))
            }
        };
        self.offers_at = Some(self.offers_at.map_or(at, |before| before.min(at)));
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

    /// Whether offers wait for their time.
    pub(super) fn holds_offers(&self) -> bool {
        self.offers_at.is_some()
    }

    /// Whether a confirmation waits for its time.
    pub(super) fn holds_took(&self) -> bool {
        self.took_at.is_some()
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
    use crate::limits::{
        OFFER_BATCH_BLE_MS, OFFER_BATCH_LAN_MS, OFFER_BEAT_BLE_MS, OFFER_BEAT_LAN_MS,
        OFFER_LONG_BLE_MS, OFFER_LONG_LAN_MS, TOOK_WAIT_BLE_MS, TOOK_WAIT_LAN_MS,
    };
    use crate::testing::rng;
    use crate::types::LinkKind;

    fn lan() -> Allowance {
        Allowance::of(LinkKind::Lan)
    }

    #[test]
    fn the_first_offer_leaves_soon_and_the_next_at_the_beat() {
        let mut company = Company::default();
        let mut rng = rng(1);
        company.hold_offers(Mono(1_000), &mut rng, lan(), Patience::Beat);
        let soon = company.next_timeout().unwrap();
        assert!(soon <= Mono(1_000).plus_ms(OFFER_BATCH_LAN_MS));
        company.offers_leave(soon, true);
        company.hold_offers(soon.plus_ms(1), &mut rng, lan(), Patience::Beat);
        company.hold_offers(soon.plus_ms(9), &mut rng, lan(), Patience::Beat);
        let beat = soon.plus_ms(OFFER_BEAT_LAN_MS);
        assert_eq!(company.next_timeout(), Some(beat));
        assert!(!company.offers_are_due(Mono(beat.0 - 1)) && company.offers_are_due(beat));
    }

    #[test]
    fn over_bluetooth_no_offer_waits_for_others() {
        let ble = Allowance::of(LinkKind::Ble);
        let mut company = Company::default();
        company.offers_leave(Mono(1_000), true);
        company.hold_offers(Mono(1_001), &mut rng(6), ble, Patience::Beat);
        let beat = Mono(1_000).plus_ms(OFFER_BEAT_BLE_MS);
        let soonest = Mono(1_001).plus_ms(OFFER_BATCH_BLE_MS);
        let at = company.next_timeout().unwrap();
        assert!((beat..=beat.max(soonest)).contains(&at), "{at:?}");
        let mut company = Company::default();
        company.hold_offers(Mono(0), &mut rng(7), ble, Patience::Long);
        let longest = Mono(OFFER_LONG_BLE_MS + OFFER_BATCH_BLE_MS);
        assert!(company.next_timeout().unwrap() <= longest);
    }

    #[test]
    fn a_confirmation_waits_for_company_as_long_as_its_kind_may() {
        for (kind, wait_ms) in [
            (LinkKind::Lan, TOOK_WAIT_LAN_MS),
            (LinkKind::Ble, TOOK_WAIT_BLE_MS),
        ] {
            let mut company = Company::default();
            company.hold_took(Mono(5), Allowance::of(kind));
            assert!(!company.took_is_due(Mono(5 + wait_ms - 1)), "{kind:?}");
            assert!(company.took_is_due(Mono(5 + wait_ms)), "{kind:?}");
        }
    }

    #[test]
    fn an_urgent_offer_waits_for_no_beat() {
        let mut company = Company::default();
        let mut rng = rng(2);
        company.offers_leave(Mono(1_000), true);
        company.hold_offers(Mono(1_001), &mut rng, lan(), Patience::Beat);
        company.hold_offers(Mono(1_002), &mut rng, lan(), Patience::None);
        let soonest = Mono(1_002).plus_ms(OFFER_BATCH_LAN_MS);
        assert!(company.next_timeout().unwrap() <= soonest);
    }

    #[test]
    fn a_frame_without_offers_moves_no_beat() {
        let mut company = Company::default();
        company.offers_leave(Mono(1_000), false);
        company.hold_offers(Mono(1_001), &mut rng(3), lan(), Patience::Beat);
        let soonest = Mono(1_001).plus_ms(OFFER_BATCH_LAN_MS);
        assert!(company.next_timeout().unwrap() <= soonest);
    }

    #[test]
    fn a_patient_offer_waits_long_and_an_impatient_one_takes_it_along() {
        let mut company = Company::default();
        let mut rng = rng(4);
        company.hold_offers(Mono(0), &mut rng, lan(), Patience::Long);
        let long_ms = OFFER_LONG_LAN_MS;
        let at = company.next_timeout().unwrap();
        assert!((Mono(long_ms / 2)..=Mono(long_ms).plus_ms(OFFER_BATCH_LAN_MS)).contains(&at));
        company.hold_offers(Mono(1), &mut rng, lan(), Patience::Beat);
        let soonest = Mono(1).plus_ms(OFFER_BATCH_LAN_MS);
        assert!(company.next_timeout().unwrap() <= soonest);
    }

    #[test]
    fn as_many_are_first_as_there_may_be_and_everybody_in_turn() {
        let mut rng = rng(5);
        let mut often = [0; 7];
        for _ in 0..1_000 {
            let mut firsts = Firsts::of(often.len());
            let drawn = often.each_mut().map(|count| {
                let is_first = firsts.draw(&mut rng);
                *count += usize::from(is_first);
                is_first
            });
            let count = drawn.into_iter().filter(|is_first| *is_first).count();
            assert_eq!(count, OFFERS_AT_ONCE_LAN);
        }
        let fair = 1_000 * OFFERS_AT_ONCE_LAN / often.len();
        let near = fair * 3 / 4..fair * 5 / 4;
        assert!(often.iter().all(|count| near.contains(count)), "{often:?}");
        let mut few = Firsts::of(2);
        assert!(few.draw(&mut rng) && few.draw(&mut rng));
    }
}
