//! Two sessions that talk to each other over a perfect pipe, and how much they say.

mod hostile;
mod limits;
mod oracle;

use std::collections::BTreeSet;

use rand_core::Rng as _;

use super::*;
use crate::limits::{DAY_MS, TICK_MS};
use crate::testing::{SeededRng, rng};
use crate::types::{EnvelopeId, LinkKind, Mono, Now, Tick, Wall};
use crate::wire::envelope::Class;
use crate::wire::frame::{Record, encode_record};

const WALL: Wall = Wall(20_780 * DAY_MS);

pub(super) type Set = BTreeSet<EnvelopeId>;

pub(super) fn now(mono: u64) -> Now {
    Now {
        mono: Mono(mono),
        wall: WALL.plus_ms(mono),
    }
}

pub(super) fn ids(rng: &mut SeededRng, count: usize) -> Set {
    let id = |_| {
        let mut id = [0; 16];
        rng.fill_bytes(&mut id);
        EnvelopeId(id)
    };
    (0..count).map(id).collect()
}

pub(super) fn bytes(record: &Record) -> usize {
    let mut frame = Vec::new();
    encode_record(&mut frame, record);
    frame.len()
}

/// One side: its session, what it holds, what it learned.
pub(super) struct Side {
    pub(super) session: Session,
    pub(super) held: [Set; 4],
    pub(super) lacking_there: Set,
    /// Of classes that the other side listed in full.
    pub(super) only_held_there: Vec<(Class, Set)>,
    pub(super) said: usize,
    pub(super) expiry: Tick,
}

impl Side {
    pub(super) fn new(kind: LinkKind, number: u8, held: [Set; 4]) -> Self {
        let carried = Carried {
            kind,
            payload_bytes_max: match kind {
                LinkKind::Ble => 2_045,
                _ => 16_381,
            },
        };
        let mut session = Session::new(Mono(0), 9, carried, &[number; 32], &[3 - number; 32]);
        // Hello went both ways.
        session.heard(Mono(0), 53);
        session.said(Mono(0), 53);
        Self {
            session,
            held,
            lacking_there: Set::new(),
            only_held_there: Vec::new(),
            said: 0,
            expiry: WALL.plus_ms(DAY_MS).tick(),
        }
    }

    pub(super) fn held(&self) -> Vec<Held> {
        let classes = Class::ALL.into_iter().zip(&self.held);
        let entries = classes.flat_map(|(class, ids)| ids.iter().map(move |id| (*id, class)));
        entries
            .map(|(id, class)| (id, class, self.expiry))
            .collect()
    }

    pub(super) fn open(&mut self, now: Now) {
        let held = self.held();
        self.session.open(now, held.into_iter());
    }

    pub(super) fn hear(&mut self, now: Now, record: Record) {
        self.session.heard(now.mono, bytes(&record) + 2);
        let held = match record {
            Record::Sync(_) => self.held(),
            _ => Vec::new(),
        };
        for finding in self.session.came(now, record, 0, held.into_iter()).unwrap() {
            match finding {
                Finding::Lacks { ids, .. } => self.lacking_there.extend(ids),
                Finding::HoldsOnly { cut, .. } if self.expiry <= cut => {}
                Finding::HoldsOnly { class, ids, .. } => {
                    self.only_held_there
                        .push((class, ids.into_iter().collect()));
                }
            }
        }
    }

    /// What this side will offer.
    pub(super) fn offers(&self) -> Set {
        let mut offers = self.lacking_there.clone();
        for (class, common) in &self.only_held_there {
            let of_class = &self.held[usize::from(class.code())];
            offers.extend(of_class.difference(common));
        }
        offers
    }
}

/// Lets both talk until neither has more to say. Returns the number of half round trips.
pub(super) fn talk(now: Now, a: &mut Side, b: &mut Side) -> usize {
    for turn in 0..10_000 {
        let (speaker, listener) = match turn % 2 {
            0 => (&mut *a, &mut *b),
            _ => (&mut *b, &mut *a),
        };
        let records: Vec<Record> = std::iter::from_fn(|| speaker.session.poll(now.mono)).collect();
        if records.is_empty() && turn > 0 {
            return turn;
        }
        for record in records {
            speaker.said += bytes(&record) + 2;
            speaker.session.said(now.mono, bytes(&record) + 2);
            listener.hear(now, record);
        }
    }
    panic!("they never stop");
}

/// Two sides that hold `common` texts and each `apart` of their own.
pub(super) fn sides(kind: LinkKind, seed: u64, common: usize, apart: [usize; 2]) -> [Side; 2] {
    let mut rng = rng(seed);
    let common = ids(&mut rng, common);
    [(1, apart[0]), (2, apart[1])].map(|(number, apart)| {
        let mut held = common.clone();
        held.extend(ids(&mut rng, apart));
        Side::new(kind, number, [Set::new(), held, Set::new(), Set::new()])
    })
}

fn check(kind: LinkKind, seed: u64, common: usize, apart: [usize; 2]) -> usize {
    let [mut a, mut b] = sides(kind, seed, common, apart);
    // Who holds nothing does not begin.
    match a.held[1].is_empty() {
        true => b.open(now(0)),
        false => a.open(now(0)),
    }
    talk(now(0), &mut a, &mut b);
    let what = format!("seed {seed}: {common} in common, {apart:?} apart");
    let lacks = |ours: &Side, theirs: &Side| -> Set {
        ours.held[1].difference(&theirs.held[1]).copied().collect()
    };
    assert_eq!(a.offers(), lacks(&a, &b), "{what}");
    assert_eq!(b.offers(), lacks(&b, &a), "{what}");
    assert!(a.session.is_idle() && b.session.is_idle(), "{what}");
    a.said + b.said
}

#[test]
fn both_sides_learn_what_the_other_lacks_whatever_the_sizes() {
    let cases = [
        (0, [1, 0]),
        (0, [0, 1]),
        (1, [1, 1]),
        (30, [0, 1]),
        (30, [2, 0]),
        (100, [100, 0]),
        (100, [0, 100]),
        (100, [40, 3]),
        (1_000, [5, 5]),
        (1_000, [300, 400]),
        (1_000, [1_000, 900]),
        (5_000, [700, 900]),
        (1_000, [9_000, 3]),
        (3, [9_000, 1]),
        (0, [500, 400]),
        (0, [3_000, 3_000]),
    ];
    for kind in [LinkKind::Lan, LinkKind::Ble] {
        for (seed, (common, apart)) in (0..).zip(cases) {
            check(kind, seed, common, apart);
        }
    }
}

/// Bytes that no way of telling 64-bit numbers apart can stay below.
fn information_limit(difference: usize) -> f64 {
    let d = difference as f64;
    let log2_factorial = (1..=difference).map(|n| (n as f64).log2()).sum::<f64>();
    (d * 64.0 - log2_factorial) / 8.0
}

#[test]
fn bytes_follow_the_difference_and_stay_near_the_information_limit() {
    for (difference, cells_goal, trials) in [(10, 3.0, 200), (100, 3.0, 40), (1_000, 3.0, 6)] {
        let (mut all, mut cells, mut turns) = (0, 0, 0);
        for seed in 0..trials {
            let apart = [difference / 2, difference - difference / 2];
            let [mut a, mut b] = sides(LinkKind::Lan, seed, 4_000, apart);
            a.open(now(0));
            turns += talk(now(0), &mut a, &mut b);
            all += a.said + b.said;
            cells += b.said;
        }
        let limit = information_limit(difference) * trials as f64;
        let (all, cells) = (all as f64 / limit, cells as f64 / limit);
        let trips = turns as f64 / 2.0 / trials as f64;
        println!(
            "difference {difference}: sketch {cells:.2}, with asks and answers {all:.2} \
             times the information limit, {trips:.1} round trips"
        );
        assert!(cells <= cells_goal + 0.45, "{difference}: {cells}");
    }
}

#[test]
fn equal_sets_of_three_classes_cost_48_bytes_in_all() {
    let mut rng = rng(1);
    let held = [300, 10_000, 2_000, 0].map(|count| ids(&mut rng, count));
    let [mut a, mut b] = [1, 2].map(|n| Side::new(LinkKind::Ble, n, held.clone()));
    a.open(now(0));
    let turns = talk(now(0), &mut a, &mut b);
    println!("equal sets: {} bytes", a.said + b.said);
    assert!(a.said + b.said <= 48 && turns <= 3);
    assert!(a.offers().is_empty() && b.offers().is_empty());
}

#[test]
fn clocks_apart_compare_what_both_still_hold() {
    let [mut a, mut b] = sides(LinkKind::Lan, 5, 500, [3, 4]);
    a.open(now(0));
    // The other clock is 20 minutes ahead; all that is held expires soon after.
    let ahead = Now {
        mono: Mono(0),
        wall: WALL.plus_ms(20 * 60 * 1_000),
    };
    let soon = WALL.plus_ms(2 * TICK_MS).tick();
    (a.expiry, b.expiry) = (soon, soon);
    for turn in 0..20 {
        let (speaker, listener, clock) = match turn % 2 {
            0 => (&mut a, &mut b, ahead),
            _ => (&mut b, &mut a, now(0)),
        };
        while let Some(record) = speaker.session.poll(Mono(0)) {
            listener.hear(clock, record);
        }
    }
    // Nothing expires after the later cut, so nothing is compared, and nobody is blamed.
    assert!(a.offers().is_empty() && b.offers().is_empty());
    assert!(a.session.is_idle());
}

#[test]
fn of_two_openings_that_cross_the_senior_one_stands() {
    let [mut a, mut b] = sides(LinkKind::Lan, 6, 500, [3, 4]);
    a.open(now(0));
    b.open(now(0));
    let crossed = [a.session.poll(Mono(0)), b.session.poll(Mono(0))].map(Option::unwrap);
    let [from_a, from_b] = crossed;
    a.hear(now(0), from_b);
    b.hear(now(0), from_a);
    talk(now(0), &mut a, &mut b);
    assert_eq!((a.offers().len(), b.offers().len()), (3, 4));
}
