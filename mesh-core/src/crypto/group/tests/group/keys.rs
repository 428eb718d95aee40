//! Wrapping keys come and go.

use super::*;
use crate::limits::{
    GROUP_KEY_ANNOUNCE_MS, GROUP_KEY_KEPT_MS, GROUP_KEY_KEPT_MS_MAX, GROUP_KEYS_KNOWN_MAX,
    GROUP_OWN_KEYS_MAX,
};

impl Circle {
    /// Somebody announces a new key, and these hear of it.
    fn announce(&mut self, by: usize, who: &[usize]) -> Option<(u32, [u8; 32])> {
        let told = self.views[by].new_key(&mut self.rng, self.now)?;
        let Control::Key { seq, mk } = told else {
            panic!("no key");
        };
        let from = self.id(by);
        for at in who {
            assert!(self.views[*at].take_key(from, seq, mk));
        }
        Some((seq, mk))
    }

    fn acknowledge(&mut self, to: usize, who: &[usize]) {
        for at in who {
            let (from, heads) = (self.id(*at), self.views[*at].heads());
            let now = self.now;
            self.views[to].take_heads(from, &heads, now);
        }
    }

    fn kept(&mut self, at: usize) -> usize {
        self.views[at].expire(self.now);
        self.views[at].own.publics().len()
    }
}

#[test]
fn a_key_is_erased_72_hours_after_everybody_acknowledged_its_successor() {
    let mut circle = Circle::new(3, 1, 40);
    let due = Wall(NOW.0 + GROUP_KEY_ANNOUNCE_MS);
    assert_eq!(circle.views[2].key_due(), Some(due));
    circle.announce(2, &[0, 1]).unwrap();
    assert_eq!(
        circle.views[2].key_due(),
        None,
        "the new one was not used yet"
    );
    assert_eq!(circle.announce(2, &[]), None);
    circle.rekey(0, Changes::default()).unwrap();
    circle.meet(&[0, 1, 2]);
    circle.acknowledge(2, &[0]);
    circle.later(GROUP_KEY_KEPT_MS);
    assert_eq!(circle.kept(2), 2, "somebody did not acknowledge");
    circle.acknowledge(2, &[1]);
    circle.later(GROUP_KEY_KEPT_MS - 1);
    assert_eq!(circle.kept(2), 2);
    circle.later(1);
    assert_eq!(circle.kept(2), 1);
    circle.rekey(0, Changes::default()).unwrap();
    circle.meet(&[0, 1, 2]);
    assert_eq!(circle.readers(0), [1, 2]);
}

#[test]
fn a_key_is_erased_14_days_after_it_was_replaced_whoever_is_silent() {
    let mut circle = Circle::new(3, 1, 41);
    circle.announce(2, &[0, 1]).unwrap();
    circle.later(GROUP_KEY_KEPT_MS_MAX - 1);
    assert_eq!(circle.kept(2), 2);
    circle.later(1);
    assert_eq!(circle.kept(2), 1);
}

#[test]
fn who_has_not_heard_of_a_new_key_still_reaches_its_owner_and_others_can_check() {
    let mut circle = Circle::new(4, 1, 42);
    circle.announce(3, &[0]).unwrap();
    // Admin 1 wraps to the old key; the owner, who knows the new one, checks that.
    let old = circle.rekey(1, Changes::default()).unwrap();
    for at in [0, 2, 3] {
        circle.take(at, &old).unwrap();
    }
    assert_eq!(circle.views[3].own.publics().len(), 2);
    // The owner wraps to the new one; who does not know it can only count.
    let new = circle.rekey(0, Changes::default()).unwrap();
    for at in [1, 2, 3] {
        circle.take(at, &new).unwrap();
    }
    assert_eq!(circle.readers(2), [0, 1, 3]);
}

/// What a thief of one key reads.
#[test]
fn keys_that_were_stolen_open_nothing_that_was_wrapped_to_their_successors() {
    let mut circle = Circle::new(3, 1, 43);
    let stolen = circle.views[2].encode();
    circle.announce(2, &[0, 1]).unwrap();
    let eid = circle.rekey(0, Changes::default()).unwrap();
    let mut thief = Group::decode(&stolen).unwrap();
    let op = circle.ops[&eid].clone();
    assert_eq!(thief.take_op(&op, NOW), Err(TakeError::NotForUs));
    circle.meet(&[0, 1, 2]);
    let text = circle.write(0, b"healed").unwrap();
    assert!(thief.open(NOW, &text).is_err());
    assert!(circle.read(2, &text).is_some());
}

#[test]
fn announcements_are_newer_usable_and_bounded() {
    let mut circle = Circle::new(3, 1, 44);
    let from = circle.id(2);
    let view = &mut circle.views[0];
    assert!(!view.take_key(from, 0, [9; 32]) && !view.take_key(from, 1, [0; 32]));
    assert!(!view.take_key(MemberId([9; 16]), 1, [9; 32]));
    for seq in 1..=2 * GROUP_KEYS_KNOWN_MAX as u32 {
        assert!(view.take_key(from, seq, [seq as u8 + 8; 32]));
    }
    assert!(!view.take_key(from, 3, [9; 32]));
    let member = view.roster()[&from];
    assert_eq!(view.keys_of(from, &member).len(), GROUP_KEYS_KNOWN_MAX + 1);
    assert_eq!(view.keys_of(from, &member)[0], [16; 32]);
    // Our own end too: with as many as may be kept, no new one is drawn.
    for _ in 1..GROUP_OWN_KEYS_MAX {
        circle.announce(1, &[]).unwrap();
        circle.rekey(1, Changes::default()).unwrap();
    }
    assert_eq!(
        (circle.views[1].key_due(), circle.announce(1, &[])),
        (None, None)
    );
}
