//! Each limit of a session, on both of its sides.

use std::collections::BTreeSet;

use super::*;
use crate::limits::{
    SESSION_AHEAD, SESSION_AHEAD_NEXT, SESSION_ANCHOR_STEP, SESSION_SKIPPED_CHAINS_MAX,
    SESSION_SKIPPED_MAX, SESSION_SKIPPED_MS_MAX, SESSION_SKIPPED_STEP_MAX, SESSION_TAGS_MAX,
};

/// A copy, as a restart makes it.
fn copy(session: &Session) -> Session {
    Session::decode(&session.encode()).unwrap()
}

/// Messages of one chain, however few of them are acknowledged.
fn chain_of(from: &mut Session, rng: &mut SeededRng, count: u32) -> Vec<Vec<u8>> {
    let sealed = |n: u32| {
        from.acknowledged = from.sent;
        sealed(from, rng, &n.to_le_bytes())
    };
    (0..count).map(sealed).collect()
}

/// Numbers of the messages of one chain that are watched.
fn watched(session: &Session, chain: u32) -> BTreeSet<u32> {
    let of_chain = |(_, at): (Tag, Position)| (at.chain == chain).then_some(at.n);
    session.tags().filter_map(of_chain).collect()
}

fn expected(from: u32, ahead: u32) -> BTreeSet<u32> {
    let anchors =
        (from..from + SESSION_UNACKNOWLEDGED_MAX).filter(|n| n.is_multiple_of(SESSION_ANCHOR_STEP));
    (from..from + ahead).chain(anchors).collect()
}

#[test]
fn windows_reach_as_far_as_the_page_says_wherever_the_chain_is() {
    let mut rng = rng(20);
    let [mut ana, fresh] = pair(&mut rng);
    assert_eq!(watched(&fresh, 1), expected(0, SESSION_AHEAD_NEXT));
    let envelopes = chain_of(&mut ana, &mut rng, 2_049);
    for highest in [0, 1, 63, 64, 128, 960] {
        // Every edge, at a receiver that has got as far as `highest`.
        let mut bela = copy(&fresh);
        let hit = &envelopes[highest as usize];
        let is_found = expected(0, SESSION_AHEAD_NEXT).contains(&highest);
        assert_eq!(opened(&mut bela, hit).is_ok(), is_found);
        if !is_found {
            continue;
        }
        let ahead = expected(highest + 1, SESSION_AHEAD);
        let skipped = highest.saturating_sub(SESSION_SKIPPED_STEP_MAX)..highest;
        assert_eq!(watched(&bela, 1), skipped.chain(ahead.clone()).collect());
        assert_eq!(watched(&bela, 2), expected(0, SESSION_AHEAD_NEXT));
        let edges =
            [1, 127, 128, 129, 191, 192, 193, 1_023, 1_024, 1_025, 1_026].map(|far| highest + far);
        let anchors = [192, 1_024, 1_088].map(|far| highest / 64 * 64 + far);
        for n in edges.into_iter().chain(anchors) {
            let read = opened(&mut copy(&bela), &envelopes[n as usize]);
            assert_eq!(read.is_ok(), ahead.contains(&n), "{n} after {highest}");
        }
    }
}

#[test]
fn a_gap_leaves_its_newest_512_keys_and_never_rejects() {
    let mut rng = rng(21);
    let [mut ana, mut bela] = pair(&mut rng);
    let envelopes = chain_of(&mut ana, &mut rng, 961);
    opened(&mut bela, &envelopes[0]).unwrap();
    opened(&mut bela, &envelopes[960]).unwrap();
    let first_kept = 960 - SESSION_SKIPPED_STEP_MAX;
    assert_eq!(bela.skipped.iter().len(), 512);
    for n in 1..960_u32 {
        let read = opened(&mut bela, &envelopes[n as usize]);
        let wanted = (n, n.to_le_bytes().to_vec());
        assert_eq!(read.ok(), (n >= first_kept).then_some(wanted), "{n}");
    }
    assert_eq!(bela.skipped.iter().len(), 0);
}

#[test]
fn a_session_keeps_its_newest_2048_skipped_keys_and_2304_tags() {
    let mut rng = rng(22);
    let [mut ana, mut bela] = pair(&mut rng);
    let mut chains = Vec::new();
    for _ in 0..5 {
        let mut envelopes = chain_of(&mut ana, &mut rng, SESSION_SKIPPED_STEP_MAX + 65);
        opened(&mut bela, &envelopes[576]).unwrap();
        let tags = bela.tags().len();
        assert!(tags <= SESSION_TAGS_MAX, "{tags}");
        let answer = sealed(&mut bela, &mut rng, b"next");
        opened(&mut ana, &answer).unwrap();
        chains.push(envelopes.split_off(64));
    }
    assert_eq!(bela.skipped.iter().len(), SESSION_SKIPPED_MAX);
    assert!(bela.tags().len() > SESSION_TAGS_MAX - 64);
    for (index, envelopes) in chains.iter().enumerate() {
        let is_kept = index > 0;
        assert_eq!(opened(&mut bela, &envelopes[0]).is_ok(), is_kept);
        assert_eq!(opened(&mut bela, &envelopes[511]).is_ok(), is_kept);
    }
    assert!(bela.encode().len() <= 140_000);
}

#[test]
fn skipped_keys_of_the_newest_64_chains_are_kept() {
    let mut rng = rng(23);
    let [mut ana, mut bela] = pair(&mut rng);
    let mut late = Vec::new();
    for _ in 0..=SESSION_SKIPPED_CHAINS_MAX {
        late.push(sealed(&mut ana, &mut rng, b"late"));
        opened(&mut bela, &sealed(&mut ana, &mut rng, b"in time")).unwrap();
        opened(&mut ana, &sealed(&mut bela, &mut rng, b"answer")).unwrap();
    }
    assert_eq!(bela.skipped.iter().len(), SESSION_SKIPPED_CHAINS_MAX);
    let opened = late.iter().map(|late| opened(&mut bela, late).is_ok());
    let opened: Vec<_> = opened.collect();
    assert!(!opened[0] && opened[1..].iter().all(|is_open| *is_open));
}

#[test]
fn skipped_keys_are_erased_after_96_hours_through_restarts() {
    let mut rng = rng(24);
    let [mut ana, mut bela] = pair(&mut rng);
    let late = chain_of(&mut ana, &mut rng, 2);
    opened(&mut bela, &sealed(&mut ana, &mut rng, b"in time")).unwrap();
    let end = NOW.plus_ms(SESSION_SKIPPED_MS_MAX);
    let mut bela = copy(&bela);
    assert!(opened_at(end.minus_ms(1), &mut copy(&bela), &late[0]).is_ok());
    // Over, whether anybody erased them or not.
    assert_eq!(opened_at(end, &mut bela, &late[0]), Err(OpenError));
    let tags: BTreeSet<Tag> = late
        .iter()
        .map(|late| late[16..32].try_into().unwrap())
        .collect();
    assert_eq!(bela.expire(end.minus_ms(1)), TagChanges::default());
    let changes = bela.expire(end);
    assert_eq!(changes.added, []);
    assert_eq!(BTreeSet::from_iter(changes.removed), tags);
    assert_eq!(bela.skipped.iter().len(), 0);
    assert_eq!(opened_at(NOW, &mut bela, &late[0]), Err(OpenError));
}

#[test]
fn a_clock_that_was_ahead_keeps_no_key_longer_than_96_hours_after_it_was_set_right() {
    let mut rng = rng(25);
    let [mut ana, mut bela] = pair(&mut rng);
    let late = sealed(&mut ana, &mut rng, b"late");
    let in_time = sealed(&mut ana, &mut rng, b"in time");
    opened_at(Wall(u64::MAX), &mut bela, &in_time).unwrap();
    assert_eq!(bela.expire(NOW), TagChanges::default());
    let end = NOW.plus_ms(SESSION_SKIPPED_MS_MAX);
    assert!(opened_at(end.minus_ms(1), &mut copy(&bela), &late).is_ok());
    assert_eq!(bela.expire(end).removed.len(), 1);
}

/// Only whoever changed the program claims that.
#[test]
fn a_chain_said_to_be_longer_than_a_sender_goes_is_refused() {
    let mut rng = rng(26);
    for (claimed, is_open) in [(1_024 + 1, true), (1_024 + 2, false), (u32::MAX, false)] {
        let [mut ana, mut bela] = pair(&mut rng);
        opened(&mut bela, &sealed(&mut ana, &mut rng, b"hello")).unwrap();
        opened(&mut ana, &sealed(&mut bela, &mut rng, b"answer")).unwrap();
        let Sending::Due { previous, .. } = &mut ana.sending else {
            panic!("Ana was answered");
        };
        *previous = claimed;
        let envelope = sealed(&mut ana, &mut rng, b"on");
        let state = bela.encode();
        assert_eq!(opened(&mut bela, &envelope).is_ok(), is_open, "{claimed}");
        assert_eq!(bela.encode() != state, is_open);
    }
}
