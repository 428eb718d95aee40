//! C14 · CVE-2022-47547 (gossipsub): a peer that dropped every message could keep its
//! score above zero for ever, by conduct that earned credit elsewhere.
//!
//! Here nothing earns credit. A neighbour that was asked for fifty envelopes and sent
//! none is asked last and for four at once from then on, whatever else it does, and
//! faults add up for as long as its link lives.

use mesh_core::gossip::Wants;
use mesh_core::limits::{PENALTY_MAX, WANTS_OUTSTANDING_POOR_MAX};
use mesh_core::link::{Fault, Score};
use mesh_core::types::{LinkId, LinkKind, Mono};
use proptest::prelude::*;

use crate::forgery::fake_id;

const DROPPER: LinkId = LinkId(1);
const HONEST: LinkId = LinkId(2);

/// What a dropper may do beside not sending what it is asked for.
#[derive(Debug, Clone)]
enum Deed {
    Offer(u8),
    TakeBack(u8),
    Wait(u16),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (1_u8..40).prop_map(Deed::Offer),
        (1_u8..4).prop_map(Deed::TakeBack),
        (1_u16..20_000).prop_map(Deed::Wait),
    ]
}

/// A dropper that has been asked for at least fifty envelopes and sent none.
fn dropper(kind: LinkKind, deeds: &[Deed]) -> (Wants, Mono, u64) {
    let mut wants = Wants::default();
    wants.link_up(DROPPER, kind);
    let (mut now, mut next, mut asked) = (Mono(0), 0, Vec::new());
    for deed in deeds.iter().cycle().take(10_000) {
        match deed {
            Deed::Offer(count) => {
                for _ in 0..*count {
                    wants.offered(DROPPER, fake_id(next), 1);
                    next += 1;
                }
            }
            Deed::TakeBack(count) => {
                for id in asked.iter().rev().take(usize::from(*count)) {
                    wants.gone(now, DROPPER, *id);
                }
            }
            Deed::Wait(span_ms) => now = now.plus_ms(u64::from(*span_ms)),
        }
        wants.expire(now);
        asked.extend(wants.ask(now, DROPPER, usize::MAX, &[]));
        if wants.deliveries(DROPPER).0 >= 50 {
            break;
        }
    }
    // What is on its way is judged when its time is over.
    now = now.plus_ms(60_000);
    wants.expire(now);
    (wants, now, next)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whoever_delivers_nothing_is_asked_last_whatever_else_it_does(
        deeds in prop::collection::vec(deed(), 1..20),
    ) {
        for kind in [LinkKind::Lan, LinkKind::Ble] {
            let (mut wants, now, next) = dropper(kind, &deeds);
            if wants.deliveries(DROPPER).0 < 50 {
                // These deeds offer nothing: nobody is harmed.
                continue;
            }
            for number in next..next + 100 {
                wants.offered(DROPPER, fake_id(number), 1);
            }
            let asked = wants.ask(now, DROPPER, usize::MAX, &[]).len();
            prop_assert!(asked <= WANTS_OUTSTANDING_POOR_MAX, "{asked}");
            // An honest one that offers the same gets the rest at once.
            wants.link_up(HONEST, kind);
            for number in next..next + 20 {
                wants.offered(HONEST, fake_id(number), 1);
            }
            let rest = wants.ask(now, HONEST, usize::MAX, &[]).len();
            prop_assert!(rest >= 20 - asked, "{rest}");
        }
    }
}

#[test]
fn faults_add_up_and_nothing_takes_them_back() {
    for fault in [Fault::Unasked, Fault::Overrun] {
        let mut score = Score::default();
        let closes = (1..=PENALTY_MAX).find(|_| score.blame(fault));
        assert!(closes.is_some(), "{fault:?}");
        assert!(score.blame(fault), "a closed one stays closed");
    }
}
