use super::*;
use crate::testing::{SeededRng, rng};

struct Radio {
    rule: BleNeighbours<u32>,
    rng: SeededRng,
    now: Mono,
    near: Vec<u32>,
}

impl Radio {
    fn new(near: impl IntoIterator<Item = u32>) -> Self {
        Self {
            rule: BleNeighbours::default(),
            rng: rng(1),
            now: Mono(0),
            near: near.into_iter().collect(),
        }
    }

    /// Seconds pass in which everybody near is heard and every call becomes a link.
    fn pass(&mut self, seconds: u64) -> Vec<Decision<u32>> {
        let mut decided = Vec::new();
        for _ in 0..seconds {
            self.now = self.now.plus_ms(1_000);
            for key in self.near.clone() {
                self.rule.heard(self.now, key, true);
            }
            for decision in self.rule.decide(self.now, &mut self.rng) {
                match decision {
                    Decision::Connect(key) => self.rule.linked(self.now, key),
                    Decision::Disconnect(key) => self.rule.unlinked(self.now, key),
                }
                decided.push(decision);
            }
        }
        decided
    }

    fn called(decided: &[Decision<u32>]) -> Vec<u32> {
        let called = decided.iter().filter_map(|decision| match decision {
            Decision::Connect(key) => Some(*key),
            Decision::Disconnect(_) => None,
        });
        called.collect()
    }
}

#[test]
fn calls_go_out_one_at_a_time_until_there_are_enough_links() {
    let mut radio = Radio::new(0..2);
    radio.now = Mono(1_000);
    (0..2).for_each(|key| radio.rule.heard(radio.now, key, true));
    let first = radio.rule.decide(radio.now, &mut radio.rng);
    assert_eq!(first.len(), 1);
    // The call stands: nothing else is begun.
    assert_eq!(radio.rule.decide(radio.now, &mut radio.rng), []);
    let mut radio = Radio::new(0..2);
    assert_eq!(Radio::called(&radio.pass(10)).len(), 2);
    let mut radio = Radio::new(0..BLE_LINKS_AIM as u32);
    assert_eq!(Radio::called(&radio.pass(10)).len(), BLE_LINKS_AIM);
    assert!(radio.rule.has_room());
}

#[test]
fn a_call_without_an_answer_ends_and_somebody_else_is_called() {
    let mut radio = Radio::new([]);
    radio.rule.heard(radio.now, 1, true);
    assert_eq!(
        radio.rule.decide(radio.now, &mut radio.rng),
        [Decision::Connect(1)]
    );
    radio.now = Mono(BLE_CALL_MS_MAX);
    radio.rule.heard(radio.now, 1, true);
    radio.rule.heard(radio.now, 2, true);
    assert_eq!(
        radio.rule.decide(radio.now, &mut radio.rng),
        [Decision::Connect(2)]
    );
}

#[test]
fn nobody_without_room_or_out_of_hearing_is_called() {
    let mut radio = Radio::new([]);
    radio.rule.heard(radio.now, 1, false);
    assert_eq!(radio.rule.decide(radio.now, &mut radio.rng), []);
    radio.rule.heard(radio.now, 2, true);
    radio.now = radio.now.plus_ms(BLE_HEARD_MS + 1);
    assert_eq!(radio.rule.decide(radio.now, &mut radio.rng), []);
}

#[test]
fn an_idle_link_makes_room_for_whoever_was_never_met() {
    let mut radio = Radio::new(0..BLE_LINKS_AIM as u32);
    radio.pass(BLE_LINKS_AIM as u64 + 1);
    radio.near.push(77);
    let decided = radio.pass(BLE_SETTLE_MS / 1_000 + 2);
    assert!(
        matches!(decided.first(), Some(Decision::Disconnect(_))),
        "{decided:?}"
    );
    assert_eq!(Radio::called(&decided), [77]);
}

#[test]
fn busy_links_stay_until_it_is_time_and_then_the_one_that_moved_least_goes() {
    let mut radio = Radio::new(0..BLE_LINKS_AIM as u32);
    radio.pass(BLE_LINKS_AIM as u64 + 1);
    radio.near.push(77);
    let mut seconds = 0;
    let decided = loop {
        seconds += 1;
        for key in 0..BLE_LINKS_AIM as u32 {
            let per_s = if key == 1 { 1 } else { 10 };
            radio
                .rule
                .moved(radio.now.plus_ms(1_000), key, seconds * per_s);
        }
        let decided = radio.pass(1);
        if !decided.is_empty() {
            break decided;
        }
        assert!(seconds < 200, "no link was ever given up");
    };
    assert!(seconds * 1_000 >= BLE_ROTATE_MS.start - 10_000, "{seconds}");
    assert_eq!(decided, [Decision::Disconnect(1), Decision::Connect(77)]);
}

#[test]
fn whoever_was_met_a_moment_ago_is_not_worth_a_link_in_use() {
    let mut radio = Radio::new(0..BLE_LINKS_AIM as u32);
    radio.pass(BLE_LINKS_AIM as u64 + 1);
    radio.rule.heard(radio.now, 77, true);
    radio.rule.linked(radio.now, 77);
    radio.rule.unlinked(radio.now, 77);
    radio.near.push(77);
    let decided = radio.pass(BLE_MEET_AGAIN_MS / 1_000 - 2);
    assert_eq!(decided, []);
    assert_eq!(Radio::called(&radio.pass(4)), [77]);
}

#[test]
fn of_two_strangers_the_one_who_has_been_near_longer_is_called() {
    let mut radio = Radio::new([]);
    (0..10).for_each(|second| radio.rule.heard(Mono(second * 1_000), 1, true));
    radio.now = Mono(9_000);
    (100..120).for_each(|key| radio.rule.heard(radio.now, key, true));
    assert_eq!(
        radio.rule.decide(radio.now, &mut radio.rng),
        [Decision::Connect(1)]
    );
}

#[test]
fn however_many_are_heard_a_bounded_number_is_remembered() {
    let mut radio = Radio::new(0..BLE_LINKS_AIM as u32);
    radio.pass(10);
    let now = radio.now;
    (1_000..9_000).for_each(|key| radio.rule.heard(now, key, true));
    assert_eq!(radio.rule.candidates.len(), BLE_CANDIDATES_MAX);
    assert!((0..BLE_LINKS_AIM as u32).all(|key| radio.rule.candidates.contains_key(&key)));
}

/// Thirty people who all hear each other, never in one knot: everybody is met.
#[test]
fn in_time_everybody_near_is_met() {
    let mut radio = Radio::new(0..30);
    let mut met: Vec<u32> = Radio::called(&radio.pass(900));
    met.sort_unstable();
    met.dedup();
    assert_eq!(met.len(), 30);
}
