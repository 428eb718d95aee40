//! A group from its founding on, while everybody is well.

use super::*;
use crate::limits::{
    GROUP_EPOCH_KEPT_MS, GROUP_EPOCHS_MAX, GROUP_MEMBERS_MAX, GROUP_NEUTRAL_HOLD_MS_MAX,
    GROUP_NEUTRAL_MS, GROUP_REFRESH_MS,
};

#[test]
fn everybody_reads_everybody_and_sees_who_reads() {
    let mut circle = Circle::new(4, 1, 1);
    for by in 0..4 {
        let others: Vec<_> = (0..4).filter(|at| *at != by).collect();
        assert_eq!(circle.readers(by), others);
        let mut ids: Vec<_> = others.iter().map(|at| circle.id(*at)).collect();
        ids.sort_unstable();
        assert_eq!(circle.views[by].who_can_read(), ids);
        assert_eq!(circle.views[by].sent(), 1);
    }
    let long = circle.write(0, &[0; 359]);
    assert_eq!(long, Err(SealError::Size));
}

#[test]
fn somebody_comes_and_reads_what_is_written_from_then_on() {
    let mut circle = Circle::new(3, 0, 2);
    let before = circle.write(0, b"before").unwrap();
    let eid = circle.add(0, Role::Member);
    assert!(circle.read(3, &before).is_none());
    for at in [1, 2] {
        let taken = circle.take(at, &eid).unwrap();
        assert_eq!(taken.operation.changes.adds.len(), 1);
    }
    for by in 0..4 {
        assert_eq!(circle.readers(by).len(), 3);
    }
    assert_eq!(circle.views[1].roster().len(), 4);
    // Not yet superseded for long: what was written before still opens for the others.
    assert!(circle.read(1, &before).is_some());
}

#[test]
fn operations_travel_in_pieces_in_the_control_chain_of_every_epoch() {
    let mut circle = Circle::new(3, 0, 3);
    let old = circle.views[0].epochs();
    let eid = circle.add(0, Role::Member);
    let op = circle.ops[&eid].clone();
    let pieces = Control::pieces(&eid, &op, 200);
    assert!(pieces.len() > 2);
    let mut whole = Vec::new();
    let owner = circle.id(0);
    for piece in pieces {
        let (view, rng) = (&mut circle.views[0], &mut circle.rng);
        let envelope = view
            .seal_control(&old[0], rng, HEADER, ENVELOPE_BYTES_MEDIUM, &piece)
            .unwrap();
        let opening = circle.views[1].open(circle.now, &envelope).unwrap();
        assert_eq!(opening.purpose(), Purpose::Control);
        assert_eq!((opening.author(), opening.epoch()), (owner, old[0]));
        let Some(Control::Piece { bytes, .. }) = Control::decode(opening.data()) else {
            panic!("no piece");
        };
        whole.extend(bytes);
        opening.commit();
    }
    assert_eq!(whole, op);
    let heads = circle.views[0].heads();
    assert_eq!(circle.views[1].missing(&heads), [eid]);
    assert_eq!(circle.views[0].lacking(&circle.views[1].heads()), [eid]);
    circle.views[1].take_op(&whole, circle.now).unwrap();
    assert!(circle.views[1].missing(&heads).is_empty());
}

#[test]
fn control_messages_come_back_and_nothing_else_is_one() {
    let circle = Circle::new(3, 1, 4);
    let consent = circle.views[1]
        .consent(&[circle.id(0), circle.id(2)])
        .unwrap();
    assert!(consent.consent(circle.id(1)).is_some());
    let all = [
        consent,
        Control::Heads(vec![[1; 32], [2; 32]]),
        Control::Key {
            seq: 7,
            mk: [9; 32],
        },
        Control::pieces(&[1; 32], &[5; 100], 60).remove(1),
    ];
    for control in &all {
        let data = control.encode();
        assert_eq!(Control::decode(&data).as_ref(), Some(control));
        let is_piece = matches!(control, Control::Piece { .. });
        for len in 0..data.len() {
            let is_shorter_piece = is_piece && len > 11;
            assert_eq!(Control::decode(&data[..len]).is_some(), is_shorter_piece);
        }
        assert!(is_piece || Control::decode(&[&data[..], &[0]].concat()).is_none());
        // What people write begins with 1.
        assert!(data[0] >= 0x80);
        assert!(control.consent(circle.id(1)).is_some() == (data[0] == 0x84));
    }
    let nine = Control::Heads(vec![[1; 32]; 9]).encode();
    assert!(Control::decode(&nine).is_none() && Control::decode(&[0x82, 0]).is_none());
    assert!(Control::decode(&[1]).is_none());
    assert!(Control::pieces(&[1; 32], &[5; 100], 11).is_empty());
}

#[test]
fn whoever_waits_longest_renews_the_keys_and_not_too_often() {
    let mut circle = Circle::new(3, 0, 5);
    assert_eq!(circle.views[1].renewal_due(circle.now), None);
    assert_eq!(
        circle.rekey(1, Changes::default()),
        Err(RekeyError::TooSoon)
    );
    circle.later(GROUP_NEUTRAL_MS);
    let first = circle.rekey(1, Changes::default()).unwrap();
    circle.meet(&[0, 1, 2]);
    circle.later(GROUP_NEUTRAL_MS - 1);
    // Neither the same member, nor another while the keys are new; an admin may.
    assert_eq!(
        circle.rekey(1, Changes::default()),
        Err(RekeyError::TooSoon)
    );
    assert_eq!(
        circle.rekey(2, Changes::default()),
        Err(RekeyError::TooSoon)
    );
    assert!(circle.rekey(0, Changes::default()).is_ok());
    circle.meet(&[0, 1, 2]);
    circle.later(GROUP_REFRESH_MS);
    let due = circle.views[2].renewal_due(circle.now);
    assert_eq!(due, Some(GROUP_NEUTRAL_HOLD_MS_MAX));
    circle.rekey(2, Changes::default()).unwrap();
    assert!(circle.views[0].get_entry(&first).is_some());
    assert_eq!(circle.views[2].renewal_due(circle.now), None);
}

#[test]
fn an_epoch_opens_for_72_hours_after_another_took_its_place() {
    let mut circle = Circle::new(3, 0, 6);
    let [early, late] = [b"one", b"two"].map(|text| circle.write(1, text).unwrap());
    circle.rekey(0, Changes::default()).unwrap();
    circle.meet(&[0, 1, 2]);
    circle.later(GROUP_EPOCH_KEPT_MS - 1);
    let gone = |circle: &mut Circle| circle.views[2].expire(circle.now).removed.len();
    assert_eq!(gone(&mut circle), 0);
    assert!(circle.read(2, &early).is_some());
    circle.later(1);
    // Two others, 64 control tags each, 32 of messages each, and one skipped none.
    assert_eq!(gone(&mut circle), 2 * (64 + 32));
    assert!(circle.read(2, &late).is_none());
    assert_eq!(circle.readers(0), [1, 2]);
}

#[test]
fn at_most_eight_epochs_are_live_and_the_one_in_use_stays() {
    let mut circle = Circle::new(3, 1, 7);
    let mut last = circle.views[0].epochs()[0];
    for _ in 0..GROUP_EPOCHS_MAX + 2 {
        last = circle.rekey(0, Changes::default()).unwrap();
    }
    assert_eq!(circle.views[0].epochs().len(), GROUP_EPOCHS_MAX);
    assert_eq!(circle.views[0].sending_epoch(), Some(last));
    // Heads of somebody who is no admin go before anything else.
    circle.meet(&[0, 1, 2]);
    let forks: Vec<Eid> = (0..2)
        .map(|_| {
            let mut apart = Group::decode(&circle.views[2].encode()).unwrap();
            circle.later(GROUP_NEUTRAL_MS);
            let made = apart.rekey(Changes::default(), None, &mut circle.rng, circle.now);
            let made = made.unwrap();
            circle.ops.insert(made.eid, made.op);
            made.eid
        })
        .collect();
    let own = circle.rekey(1, Changes::default()).unwrap();
    let before = circle.views[1].epochs();
    for fork in &forks {
        circle.take(1, fork).unwrap();
    }
    let after = circle.views[1].epochs();
    assert_eq!(
        (after.len(), circle.views[1].sending_epoch()),
        (GROUP_EPOCHS_MAX, Some(own))
    );
    assert_eq!(before, after);
}

#[test]
fn whoever_leaves_reads_no_more_and_somebody_renews_the_keys() {
    let mut circle = Circle::new(4, 0, 8);
    let op = circle.views[3].leave(&mut circle.rng).unwrap();
    for at in 0..3 {
        circle.views[at].take_op(&op, circle.now).unwrap();
        assert_eq!(circle.views[at].sending_epoch(), None);
        assert_eq!(circle.write(at, b"x"), Err(SealError::NoEpoch));
        assert!(circle.views[at].renewal_due(circle.now).is_some());
    }
    assert!(matches!(
        circle.views[3].take_op(&op, circle.now),
        Err(TakeError::NotForUs)
    ));
    let eid = circle.rekey(1, Changes::default()).unwrap();
    for at in [0, 2] {
        circle.take(at, &eid).unwrap();
    }
    assert_eq!(circle.readers(1), [0, 2]);
}

#[test]
fn people_are_found_again_without_somebody() {
    let mut circle = Circle::new(4, 1, 9);
    let (who, rng) = (circle.id(0), &mut circle.rng);
    let (again, made) = circle.views[2]
        .found_again_without(who, rng, circle.now)
        .unwrap();
    assert_eq!((again.roster().len(), made.newcomers.len()), (3, 2));
    assert!(
        circle.views[0]
            .join_again(&made.welcome, circle.now)
            .is_none()
    );
    let mut others: Vec<Group> = [1, 3]
        .into_iter()
        .map(|at| {
            circle.views[at]
                .join_again(&made.welcome, circle.now)
                .unwrap()
                .0
        })
        .collect();
    let mut again = again;
    let envelope = again.seal(&mut circle.rng, HEADER, 480, b"again").unwrap();
    for other in &mut others {
        assert_eq!(other.open(NOW, &envelope).unwrap().data(), b"again");
    }
    assert!(circle.views[0].open(NOW, &envelope).is_err());
    let nobody = circle.views[2].me();
    assert!(
        circle.views[2]
            .found_again_without(nobody, &mut circle.rng, NOW)
            .is_none()
    );
}

#[test]
fn a_group_has_no_more_than_200_members() {
    let mut rng = rng(10);
    let keys = OwnKeys::draw(&mut rng);
    let one = keys.member(Role::Member);
    let crowd: Vec<_> = (0..GROUP_MEMBERS_MAX)
        .map(|n| {
            let mut gsk = one.gsk;
            gsk[..2].copy_from_slice(&(n as u16).to_le_bytes());
            Member { gsk, ..one }
        })
        .collect();
    let owner = || OwnKeys::from_secrets(Secret::take(&mut [1; 32]), Secret::take(&mut [2; 32]));
    assert!(Group::found(&mut rng, owner(), crowd.clone(), NOW).is_none());
    let mut unusable = crowd[..2].to_vec();
    unusable[0].mk = [0; 32];
    assert!(Group::found(&mut rng, owner(), unusable, NOW).is_none());
    assert!(Group::found(&mut rng, owner(), vec![one, one], NOW).is_none());
}

#[test]
fn active_members_are_watched_twice_as_far() {
    let mut circle = Circle::new(3, 0, 11);
    let active = std::collections::BTreeSet::from([circle.id(0)]);
    let tags = circle.views[1].set_active(active);
    assert_eq!(tags.added.len(), 32);
    let sent: Vec<_> = (0..64).map(|n| circle.write(0, &[n]).unwrap()).collect();
    assert!(circle.read(2, &sent[63]).is_none());
    assert!(circle.read(1, &sent[63]).is_some());
    assert_eq!(circle.views[1].tags().count(), 2 * 64 + 64 + 32 + 63);
}

#[test]
fn snapshot_debug() {
    let mut circle = Circle::new(3, 0, 12);
    let shown = format!("{:?}", circle.views[0]);
    assert_eq!(shown, "Group { members: 3, operations: 0, epochs: 1, .. }");
    let envelope = circle.write(0, b"x").unwrap();
    let opening = circle.views[1].open(NOW, &envelope).unwrap();
    assert_eq!(
        format!("{opening:?}"),
        "GroupOpening { purpose: Message, .. }"
    );
    let (view, rng) = (&mut circle.views[0], &mut circle.rng);
    let made = view.rekey(Changes::default(), None, rng, NOW).unwrap();
    let shown = format!("{made:?}");
    assert_eq!(
        shown,
        format!("Rekeyed {{ bytes: {}, newcomers: 0, .. }}", made.op.len())
    );
}

/// What `docs/BENCHMARKS.md` says of bytes.
#[test]
fn an_operation_of_50_members_takes_three_envelopes_and_of_200_ten() {
    let room = ENVELOPE_BYTES_MEDIUM - GROUP_MESSAGE_OVERHEAD_BYTES;
    for (count, bytes, envelopes) in [(5, 579, 1), (50, 4_539, 3), (200, 17_739, 10)] {
        let mut rng = rng(13);
        let owner = OwnKeys::draw(&mut rng);
        let keys = (1..count).map(|_| OwnKeys::draw(&mut rng).member(Role::Member));
        let members = keys.collect();
        let (mut group, made) = Group::found(&mut rng, owner, members, NOW).unwrap();
        let (joining, told) = (made.op.len(), made.welcome.len());
        let made = group
            .rekey(Changes::default(), None, &mut rng, NOW)
            .unwrap();
        let pieces = Control::pieces(&made.eid, &made.op, room).len();
        println!("{count} members: operation {bytes}, founding {joining}, welcome {told} bytes");
        assert_eq!((made.op.len(), pieces), (bytes, envelopes));
        let state = group.encode().len();
        println!("{count} members: state with two epochs {state} bytes");
    }
}
