//! States as bytes.

use std::sync::LazyLock;

use proptest::prelude::ProptestConfig;

use super::*;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One state of each kind, the last with skipped keys of two chains.
fn states() -> [Vec<u8>; 4] {
    let mut rng = rng(30);
    let [mut ana, mut bela] = pair(&mut rng);
    let waiting = bela.encode().to_vec();
    let begun = ana.encode().to_vec();
    sealed(&mut ana, &mut rng, b"lost");
    opened(&mut bela, &sealed(&mut ana, &mut rng, b"hello")).unwrap();
    let due = bela.encode().to_vec();
    opened(&mut ana, &sealed(&mut bela, &mut rng, b"answer")).unwrap();
    sealed(&mut ana, &mut rng, b"lost too");
    opened(&mut bela, &sealed(&mut ana, &mut rng, b"on")).unwrap();
    sealed(&mut bela, &mut rng, b"and on");
    bela.acknowledge(0).unwrap();
    [waiting, begun, due, bela.encode().to_vec()]
}

#[test]
fn a_state_of_each_kind_comes_back_with_its_tags() {
    for (state, length) in states().into_iter().zip([209, 281, 353, 489]) {
        assert_eq!(state.len(), length);
        assert_eq!(Session::decode(&state).unwrap().encode().to_vec(), state);
    }
    let mut rng = rng(31);
    let [mut ana, mut bela] = pair(&mut rng);
    for _ in 0..3 {
        sealed(&mut ana, &mut rng, b"lost");
        opened(&mut bela, &sealed(&mut ana, &mut rng, b"on")).unwrap();
        let restored = Session::decode(&bela.encode()).unwrap();
        assert!(restored.tags().eq(bela.tags()));
        core::mem::swap(&mut ana, &mut bela);
    }
}

/// The layout cannot change without its version: stored sessions would be lost.
#[test]
fn golden_state() {
    let golden = include_str!("../../../../testdata/session_states.txt");
    let lines = states().map(|state| hex(&state));
    assert!(golden.lines().eq(lines.iter()), "{}", lines.join("\n"));
}

#[test]
fn states_cut_short_lengthened_or_inconsistent_are_refused() {
    for state in states() {
        for len in 0..state.len() {
            assert!(Session::decode(&state[..len]).is_none(), "{len}");
        }
        let longer = [&state[..], &[0]].concat();
        assert!(Session::decode(&longer).is_none());
    }
    let [_, begun, due, full] = states();
    let with = |state: &[u8], at: usize, byte: u8| {
        let mut state = state.to_vec();
        state[at] = byte;
        Session::decode(&state)
    };
    let sent = 1 + 64 + 96;
    let skipped = full.len() - 2 * 68;
    for (state, at, byte, what) in [
        (&full, 0, 2, "another version"),
        (&full, sent + 4, 9, "more acknowledged than sent"),
        (&begun, sent + 8, 1, "a chain counted that is not there"),
        (&due, sent + 8, 0, "a chain there that is not counted"),
        (&full, sent + 12, 3, "another way of sending"),
        (&due, sent + 12 + 37, 2, "no boolean"),
        (&full, skipped - 2, 3, "more skipped keys than there are"),
        (&full, skipped - 1, 9, "more skipped keys than there may be"),
        (&full, skipped, 3, "a skipped key of a chain to come"),
        (&full, skipped, 2, "one skipped key before another"),
        (
            &full,
            skipped + 68 + 4,
            2,
            "a skipped key ahead of its chain",
        ),
    ] {
        assert!(with(state, at, byte).is_none(), "{what}");
    }
}

static STATES: LazyLock<[Vec<u8>; 4]> = LazyLock::new(states);

proptest::proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn any_bytes_are_refused_or_are_the_only_form_of_a_state(
        index in 0_usize..4,
        changes in proptest::collection::vec((0_usize..489, 0_u8..255), 1..4),
    ) {
        let mut state = STATES[index].clone();
        for (at, byte) in changes {
            if let Some(slot) = state.get_mut(at) {
                *slot = byte;
            }
        }
        if let Some(session) = Session::decode(&state) {
            assert_eq!(session.encode().to_vec(), state);
        }
    }
}
