//! Groups as bytes.

use proptest::prelude::ProptestConfig;
use std::sync::LazyLock;

use super::*;
use crate::limits::GROUP_FOLD_MS;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A state with two epochs, a branch, a consent, announced keys and skipped messages.
fn full() -> Circle {
    let mut circle = Circle::new(4, 2, 50);
    let told = circle.views[1].new_key(&mut circle.rng, NOW).unwrap();
    let Control::Key { seq, mk } = told else {
        panic!("no key");
    };
    let from = circle.id(1);
    assert!(circle.views[0].take_key(from, seq, mk));
    let consent = circle.views[2].consent(&[circle.id(3)]).unwrap();
    let changes = Changes {
        removes: vec![circle.id(3)],
        ..Changes::default()
    };
    circle
        .rekey_with(1, changes, consent.consent(circle.id(2)))
        .unwrap();
    circle.add(0, Role::Admin);
    circle.meet(&[0, 1, 2]);
    let mut last = Vec::new();
    for _ in 0..3 {
        let (view, rng) = (&mut circle.views[1], &mut circle.rng);
        let eid = view.epochs()[0];
        let heads = Control::Heads(view.heads());
        last = view.seal_control(&eid, rng, HEADER, 480, &heads).unwrap();
    }
    assert!(circle.read(0, &last).is_some());
    circle
}

#[test]
fn a_group_comes_back_with_its_tags_and_goes_on() {
    let mut circle = full();
    for at in 0..3 {
        let state = circle.views[at].encode();
        let restored = Group::decode(&state).unwrap();
        assert_eq!(restored.encode(), state);
        assert!(restored.tags().eq(circle.views[at].tags()));
        assert_eq!(restored.roster(), circle.views[at].roster());
        circle.views[at] = restored;
    }
    circle.rekey(2, Changes::default()).unwrap();
    circle.meet(&[0, 1, 2]);
    assert_eq!(circle.readers(0), [1, 2]);
    circle.later(GROUP_FOLD_MS);
    circle.views[0].expire(circle.now);
    assert_eq!(circle.views[0].history.entries.len(), 0);
    let state = circle.views[0].encode();
    assert_eq!(Group::decode(&state).unwrap().encode(), state);
}

/// The layout cannot change without its version: stored groups would be lost.
#[test]
fn golden_state() {
    let golden = include_str!("../../../../../testdata/vectors/group_state.txt");
    let line = hex(&full().views[0].encode());
    assert_eq!(golden.trim_end(), line);
}

#[test]
fn states_cut_short_or_lengthened_are_refused() {
    let state = full().views[0].encode();
    for len in (0..state.len()).step_by(41) {
        assert!(Group::decode(&state[..len]).is_none(), "{len}");
    }
    assert!(Group::decode(&[&state[..], &[0]].concat()).is_none());
    let mut other = state.to_vec();
    other[0] = 2;
    assert!(Group::decode(&other).is_none());
}

static STATE: LazyLock<Vec<u8>> = LazyLock::new(|| full().views[0].encode().to_vec());

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_bytes_are_refused_or_are_the_only_form_of_a_state(
        changes in proptest::collection::vec((0_usize..4_000, 0_u8..255), 1..3),
    ) {
        let mut state = STATE.clone();
        for (at, byte) in changes {
            if let Some(slot) = state.get_mut(at) {
                *slot = byte;
            }
        }
        if let Some(group) = Group::decode(&state) {
            assert_eq!(group.encode().to_vec(), state);
        }
    }

    #[test]
    fn any_welcome_is_refused_or_joined_without_a_panic(
        changes in proptest::collection::vec((0_usize..1_000, 0_u8..255), 1..4),
    ) {
        let mut rng = rng(51);
        let (owner, keys) = (OwnKeys::draw(&mut rng), OwnKeys::draw(&mut rng));
        let members = vec![keys.member(Role::Member)];
        let (_, made) = Group::found(&mut rng, owner, members, NOW).unwrap();
        let mut welcome = made.welcome.to_vec();
        for (at, byte) in changes {
            if let Some(slot) = welcome.get_mut(at) {
                *slot = byte;
            }
        }
        let _ = Group::join(keys, &welcome, NOW);
    }
}
