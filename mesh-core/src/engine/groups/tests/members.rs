//! What one member of a group can make others believe, store and send.

use super::*;
use crate::limits::GROUP_HISTORY_WAIT_MS;

/// An operation on top of `parent` that none of our keys opens, in the name of `actor`.
fn unreadable(parent: [u8; 32], actor: MemberId) -> Vec<u8> {
    let mut op = vec![1];
    op.extend(parent);
    op.extend(actor.0);
    op.extend([0; 2]);
    op.extend([5; 300]);
    op
}

/// Somebody of a group whom an operation never reached, in a crowd where others have it.
fn parted_from_an_operation() -> (Crowd, ConversationId, ([u8; 32], Vec<u8>)) {
    let (mut crowd, kitchen, _) = group(4);
    let member = crowd.me_in(3, kitchen);
    for link in crowd.links_of(1) {
        crowd.cut(1, link);
    }
    let ask = GroupCommand::SetRole {
        conversation: kitchen,
        member,
        role: Role::Admin,
    };
    assert_eq!(crowd.group_ask(0, ask), Ok(Answer::Done));
    let newest = crowd.room(0, kitchen).ops.values().last().unwrap().clone();
    (crowd, kitchen, newest)
}

#[test]
fn who_brings_a_missing_operation_does_not_vouch_for_what_waited_for_it() {
    let (mut crowd, kitchen, (parent, honest)) = parted_from_an_operation();
    let [founder, liar, third] = [0, 2, 3].map(|person| crowd.me_in(person, kitchen));
    let forged = unreadable(parent, founder);
    for (from, op) in [(liar, &forged), (founder, &honest), (liar, &forged)] {
        crowd.inside(1, |engine, profile, now| {
            engine.take_op(now, profile, kitchen, from, op)
        });
    }
    let tellers = crowd.room(1, kitchen).doubts.values().next().unwrap();
    assert_eq!(*tellers, BTreeSet::from([liar]));
    assert_eq!(crowd.group_of(1, kitchen).role, Some(Role::Member));
    // Two who do send it are believed, also when its parent came last.
    crowd.inside(1, |engine, profile, now| {
        engine.take_op(now, profile, kitchen, third, &forged)
    });
    assert_eq!(crowd.group_of(1, kitchen).role, None);
}

#[test]
fn what_two_members_sent_before_its_parents_is_believed_when_those_come() {
    let (mut crowd, kitchen, (parent, honest)) = parted_from_an_operation();
    let [founder, second, third] = [0, 2, 3].map(|person| crowd.me_in(person, kitchen));
    let cutting = unreadable(parent, founder);
    for (from, op) in [(second, &cutting), (third, &cutting), (founder, &honest)] {
        crowd.inside(1, |engine, profile, now| {
            engine.take_op(now, profile, kitchen, from, op)
        });
    }
    assert_eq!(crowd.group_of(1, kitchen).role, None);
}

#[test]
fn operations_that_somebody_lacks_are_forgotten_with_their_bytes() {
    let (mut crowd, kitchen, _) = group(3);
    let member = crowd.me_in(2, kitchen);
    for number in 0..GROUP_OPS_KEPT_MAX + 6 {
        let role = [Role::Admin, Role::Member][number % 2];
        let ask = GroupCommand::SetRole {
            conversation: kitchen,
            member,
            role,
        };
        assert_eq!(crowd.group_ask(0, ask), Ok(Answer::Done));
        crowd.inside(0, |engine, profile, now| {
            let epoch = profile.room(kitchen).unwrap().group.epochs()[0];
            let heads = Control::Heads(vec![[9; 32]]);
            engine.take_control(now, profile, kitchen, (member, epoch), heads)
        });
    }
    let room = crowd.room(0, kitchen);
    assert_eq!(room.lacked.len(), GROUP_OPS_KEPT_MAX);
    let mut kept = room.ops.values();
    assert!(kept.all(|(eid, _)| room.lacked.contains_key(eid)));
}

#[test]
fn a_member_who_joins_branches_again_and_again_has_others_told_seldom() {
    let mut crowd = Crowd::new(4);
    let contacts: Vec<ContactId> = (1..4).map(|other| crowd.befriend(0, other).0).collect();
    crowd.link_all();
    crowd.run(20_000);
    let kitchen = crowd.create(0, contacts[..2].to_vec());
    crowd.run(MINUTE_MS);
    let old = crowd.room(2, kitchen).group.encode();
    let add = GroupCommand::Add {
        conversation: kitchen,
        contact: contacts[2],
    };
    assert_eq!(crowd.group_ask(0, add), Ok(Answer::Done));
    crowd.run(MINUTE_MS);
    let member = crowd.me_in(2, kitchen);
    let mut current = Group::decode(&crowd.room(2, kitchen).group.encode()).unwrap();
    let mut random = rng(11);
    let begun = crowd.mono;
    let mut told = BTreeSet::new();
    // Slowly: who makes more than eight operations between two tellings parts the one who
    // is told from the others (docs/THREAT_MODEL.md, "Floods").
    for round in 1..=12 {
        // Each branch forks off before the last member came, who so knows none of it.
        let late = crowd.now().wall.plus_ms(round * 7 * HOUR_MS);
        let mut fork = Group::decode(&old).unwrap();
        let none = Changes::default;
        let branch = fork.rekey(none(), None, &mut random, late).unwrap().op;
        current.take_op(&branch, late).unwrap();
        let join = current.rekey(none(), None, &mut random, late).unwrap().op;
        for op in [branch, join] {
            crowd.inside(0, |engine, profile, now| {
                engine.take_op(now, profile, kitchen, member, &op)
            });
        }
        crowd.run(3 * MINUTE_MS);
        told.extend(crowd.room(0, kitchen).told.get(&contacts[2]).copied());
    }
    let heads = current.heads();
    crowd.run(GROUP_HISTORY_WAIT_MS + MINUTE_MS);
    told.extend(crowd.room(0, kitchen).told.get(&contacts[2]).copied());
    let most = (crowd.mono - begun) / GROUP_HISTORY_WAIT_MS + 1;
    assert!((2..=most).contains(&(told.len() as u64)), "{told:?}");
    assert!(crowd.room(0, kitchen).behind.is_empty());
    assert_eq!(crowd.room(0, kitchen).group.missing(&heads), [[0; 32]; 0]);
    assert_eq!(crowd.room(3, kitchen).group.missing(&heads), [[0; 32]; 0]);
}
