//! Somebody has to go.

use super::*;

#[test]
fn whoever_was_removed_opens_none_of_the_next_thousand_messages() {
    let mut circle = Circle::new(4, 1, 20);
    circle.remove(0, 3).unwrap();
    circle.meet(&[0, 1, 2, 3]);
    assert_eq!(circle.views[1].roster().len(), 3);
    let (mut read, mut leaked) = (0, 0);
    for n in 0..1_000_u16 {
        let by = usize::from(n % 3);
        let envelope = circle.write(by, &n.to_le_bytes()).unwrap();
        read += u32::from(circle.read((by + 1) % 3, &envelope).is_some());
        let known = circle.views[3].tags().any(|tag| envelope[16..32] == tag);
        leaked += u32::from(known || circle.read(3, &envelope).is_some());
    }
    assert_eq!((read, leaked), (1_000, 0));
    // And what it wrote meanwhile is dropped, wherever it was written.
    let late = circle.write(3, b"late").unwrap();
    assert!((0..3).all(|at| circle.read(at, &late).is_none()));
}

#[test]
fn concurrent_removals_and_additions_give_everybody_the_same_group() {
    let mut circle = Circle::new(6, 2, 21);
    // In one place Admin 1 is removed; in another it adds somebody; in a third Admin 2
    // adds somebody else.
    circle.remove(0, 1).unwrap();
    circle.add(1, Role::Member);
    circle.add(2, Role::Member);
    let kept = [0, 2, 3, 4, 5];
    circle.meet(&[0, 1, 2, 3, 4, 5]);
    let expected = circle.views[0].roster().clone();
    assert_eq!(expected.len(), 6);
    assert!(expected.contains_key(&circle.views[7].me()));
    assert!(!expected.contains_key(&circle.views[6].me()));
    for at in kept {
        assert_eq!(*circle.views[at].roster(), expected);
        assert_eq!(circle.views[at].sending_epoch(), None);
    }
    // Anybody makes the keys that all of them have; the newcomer is told what came before.
    let (view, rng) = (&mut circle.views[3], &mut circle.rng);
    let made = view.rekey(Changes::default(), None, rng, NOW).unwrap();
    assert_eq!(made.newcomers, [circle.views[7].me()]);
    circle.ops.insert(made.eid, made.op.clone());
    circle.meet(&kept);
    let early = circle.views[7].take_op(&made.op, NOW);
    assert!(matches!(
        early,
        Err(TakeError::Refused(Refused::Parents(_)))
    ));
    // Of all that came before, the newcomer saw its own addition alone.
    assert_eq!(circle.views[7].take_welcome(&made.welcome, NOW), Some(2));
    circle.views[7].take_op(&made.op, NOW).unwrap();
    for at in [0, 2, 3, 4, 5, 7] {
        assert_eq!(circle.readers(at).len(), 5, "{at}");
        assert_eq!(*circle.views[at].roster(), expected);
    }
}

#[test]
fn two_admins_remove_the_owner() {
    let mut circle = Circle::new(5, 2, 22);
    let owner = circle.id(0);
    assert_eq!(circle.remove(1, 0), Err(RekeyError::NotAllowed));
    let consent = circle.views[2].consent(&[owner]).unwrap();
    let consent = consent.consent(circle.id(2));
    let changes = Changes {
        removes: vec![owner],
        ..Changes::default()
    };
    // A consent to something else, or by another than says so.
    let other = circle.views[2].consent(&[circle.id(3)]).unwrap();
    let other = other.consent(circle.id(2));
    for wrong in [
        other,
        consent.map(|it| Consent {
            signer: circle.id(3),
            ..it
        }),
    ] {
        let made = circle.rekey_with(1, changes.clone(), wrong);
        assert_eq!(made, Err(RekeyError::NotAllowed));
    }
    let admins = vec![circle.id(1), circle.id(2)];
    let mut meanwhile = circle.views[0].rekey(
        Changes {
            removes: admins,
            ..Changes::default()
        },
        None,
        &mut circle.rng,
        NOW,
    );
    let made = meanwhile.as_mut().unwrap();
    circle.ops.insert(made.eid, made.op.clone());
    circle.rekey_with(1, changes, consent).unwrap();
    circle.meet(&[0, 1, 2, 3, 4]);
    for at in 1..5 {
        assert_eq!(circle.views[at].roster().len(), 4);
        assert!(!circle.views[at].roster().contains_key(&owner));
    }
    circle.rekey(3, Changes::default()).unwrap();
    circle.meet(&[1, 2, 3, 4]);
    assert_eq!(circle.readers(1), [2, 3, 4]);
}

#[test]
fn what_somebody_wrote_is_refused_while_their_removal_stands_and_opens_if_it_falls() {
    let mut circle = Circle::new(4, 1, 23);
    let text = circle.write(3, b"hello").unwrap();
    circle.remove(1, 3).unwrap();
    circle.meet(&[1, 2]);
    assert!(circle.read(2, &text).is_none());
    // The owner had removed the admin before it did that.
    circle.remove(0, 1).unwrap();
    circle.meet(&[0, 2]);
    assert!(circle.views[2].roster().contains_key(&circle.views[3].me()));
    assert!(circle.read(2, &text).is_some());
}

#[test]
fn a_forged_operation_changes_nothing() {
    let mut circle = Circle::new(3, 1, 24);
    let before = circle.views[2].encode();
    let eid = circle.rekey(0, Changes::default()).unwrap();
    let op = circle.ops[&eid].clone();
    for at in (0..op.len()).step_by(7) {
        let mut altered = op.clone();
        altered[at] ^= 1;
        assert!(circle.views[2].take_op(&altered, NOW).is_err(), "{at}");
    }
    assert!(matches!(
        circle.views[2].take_op(&[], NOW),
        Err(TakeError::Malformed)
    ));
    assert_eq!(circle.views[2].encode(), before);
    circle.take(2, &eid).unwrap();
    let again = circle.take(2, &eid);
    assert_eq!(again, Err(TakeError::Refused(Refused::Known)));
}

/// A member who makes the operation by hand, as somebody who runs other software would.
#[test]
fn an_operation_that_leaves_somebody_out_silently_is_refused_by_everybody() {
    use super::super::super::op::Draft;
    let mut circle = Circle::new(5, 1, 25);
    let secret = crate::crypto::primitives::draw_secret(&mut circle.rng);
    let view = &circle.views[1];
    let all: Vec<_> = view
        .roster()
        .iter()
        .map(|(id, member)| (*id, member.mk))
        .collect();
    let left_out = circle.views[4].me();
    let fewer: Vec<_> = all
        .iter()
        .copied()
        .filter(|(id, _)| *id != left_out)
        .collect();
    let changes = Changes::default();
    let parents = view.heads();
    let mut results = Vec::new();
    for readers in [&fewer, &all] {
        let op = Draft {
            gid: view.gid(),
            parents: &parents,
            actor: view.me(),
            seed: &view.seed,
            changes: &changes,
            consent: None,
            readers,
        };
        let op = op.seal(&secret).unwrap();
        let mut reader = Group::decode(&circle.views[2].encode()).unwrap();
        results.push(reader.take_op(&op, NOW).map(|_| ()));
    }
    assert_eq!(results, [Err(TakeError::Forged), Ok(())]);
}
