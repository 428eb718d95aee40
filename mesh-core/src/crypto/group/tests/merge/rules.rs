//! Each rule by one case.

use super::*;
use Role::{Admin, Member as Plain, Owner};

use crate::limits::{GROUP_ADMINS_MAX, GROUP_FOLD_MS, GROUP_MEMBERS_MAX, GROUP_OPS_MAX};

/// An owner, two admins, two members.
fn five() -> History {
    founded(&[Owner, Admin, Admin, Plain, Plain])
}

#[test]
fn who_is_removed_loses_what_they_did_meanwhile_and_what_came_of_it() {
    let group = five().with(&[
        op(1, &[0], 0, removing(&[1])),
        // Meanwhile Admin 1 adds an accomplice, who adds another, who writes nothing yet.
        op(2, &[0], 1, adding(&[(10, Admin)])),
        op(3, &[2], 10, adding(&[(11, Plain)])),
        op(4, &[0], 2, adding(&[(12, Plain)])),
    ]);
    assert_eq!(group.members(), [0, 2, 3, 4, 12]);
}

#[test]
fn what_was_added_before_a_removal_that_knew_of_it_stays() {
    let group = five().with(&[
        op(1, &[0], 1, adding(&[(10, Plain)])),
        op(2, &[1], 0, removing(&[1])),
    ]);
    assert_eq!(group.members(), [0, 2, 3, 4, 10]);
}

#[test]
fn of_two_who_remove_each_other_the_senior_stays() {
    // 3 was made admin and 2 stepped down; 2 does not know that yet.
    let apart = founded(&[Owner, Admin, Admin, Plain]).with(&[
        op(1, &[0], 0, giving(3, Admin)),
        op(2, &[1], 0, giving(2, Plain)),
        op(3, &[2], 3, removing(&[2])),
    ]);
    assert_eq!(apart.members(), [0, 1, 3]);
    for [first, second] in [[4, 5], [5, 4]] {
        let made = [
            op(1, &[0], 0, giving(3, Owner)),
            op(2, &[1], 0, giving(2, Plain)),
            op(first, &[2], 3, removing(&[2])),
            op(second, &[0], 2, removing(&[3])),
        ];
        let group = founded(&[Owner, Admin, Admin, Plain]).with(&made);
        assert_eq!(group.members(), [0, 1, 3], "an owner against an admin");
    }
}

#[test]
fn of_two_equals_who_remove_each_other_the_smaller_hash_stays() {
    for [first, second, left] in [[5, 6, 1], [6, 5, 2]] {
        let group = founded(&[Owner, Admin, Admin, Admin]).with(&[
            consented(op(first, &[0], 1, removing(&[2])), 3),
            consented(op(second, &[0], 2, removing(&[1])), 3),
        ]);
        assert_eq!(group.members(), [0, left, 3].map(|it| it as u16));
    }
}

#[test]
fn two_admins_remove_the_owner_whatever_the_owner_does_meanwhile() {
    let removal = consented(op(9, &[0], 1, removing(&[0])), 2);
    for other in [
        op(1, &[0], 0, removing(&[1])),
        op(1, &[0], 0, removing(&[2])),
        op(1, &[0], 0, removing(&[1, 2])),
    ] {
        let group = five().with(&[removal.clone(), other]);
        assert_eq!(group.members(), [1, 2, 3, 4]);
    }
    // Nor through somebody who was made an owner for it.
    let group = five().with(&[
        op(1, &[0], 0, giving(3, Owner)),
        op(2, &[1], 3, removing(&[1, 2])),
        removal,
    ]);
    assert_eq!(group.members(), [1, 2, 3, 4]);
    assert_eq!(group.role(3), Plain);
}

#[test]
fn a_consent_counts_from_another_admin_in_office_alone() {
    let removal = op(1, &[0], 1, removing(&[0]));
    assert!(five().refuses(&removal));
    for by in [0, 1, 3, 10] {
        assert!(five().refuses(&consented(removal.clone(), by)), "{by}");
    }
    let by_member = consented(op(1, &[0], 3, removing(&[4])), 2);
    assert!(five().refuses(&by_member));
    assert!(five().refuses(&consented(op(1, &[0], 1, Changes::default()), 2)));
    let group = five().with(&[consented(removal, 2)]);
    assert_eq!(group.members(), [1, 2, 3, 4]);
}

#[test]
fn a_removal_by_somebody_who_is_removed_meanwhile_does_not_hold() {
    let group = five().with(&[
        op(1, &[0], 1, removing(&[3])),
        op(2, &[0], 0, removing(&[1])),
    ]);
    assert_eq!(group.members(), [0, 2, 3, 4]);
    // Nor one with the consent of somebody who is.
    let group = founded(&[Owner, Admin, Admin, Admin]).with(&[
        consented(op(1, &[0], 2, removing(&[3])), 1),
        op(2, &[0], 0, removing(&[1])),
    ]);
    assert_eq!(group.members(), [0, 2, 3]);
}

#[test]
fn in_a_circle_of_removals_the_strongest_holds_and_the_rest_follows() {
    let four = [Owner, Admin, Admin, Admin, Admin];
    let circle = [
        consented(op(5, &[0], 1, removing(&[2])), 4),
        consented(op(6, &[0], 2, removing(&[3])), 4),
        consented(op(7, &[0], 3, removing(&[1])), 4),
    ];
    let group = founded(&four).with(&circle);
    // 5 holds, so what 2 did is void, and what 3 did struck at 5 from inside the circle.
    assert_eq!(group.members(), [0, 1, 3, 4]);
    // Somebody outside the circle decides it.
    let group = founded(&four)
        .with(&circle)
        .with(&[op(8, &[0], 0, removing(&[1]))]);
    assert_eq!(group.members(), [0, 2, 4]);
}

#[test]
fn rights_are_those_of_the_role_that_the_actor_knew_to_have() {
    let group = five();
    for (allowed, actor, changes) in [
        (true, 3, Changes::default()),
        (true, 3, removing(&[3])),
        (false, 3, removing(&[4])),
        (false, 3, adding(&[(10, Plain)])),
        (false, 3, giving(3, Admin)),
        (false, 3, giving(4, Plain)),
        (true, 1, adding(&[(10, Admin)])),
        (false, 1, adding(&[(10, Owner)])),
        (true, 1, removing(&[3, 4])),
        (false, 1, removing(&[2])),
        (true, 1, removing(&[1])),
        (true, 1, giving(3, Admin)),
        (false, 1, giving(3, Owner)),
        (false, 1, giving(2, Plain)),
        (true, 1, giving(1, Plain)),
        (true, 0, removing(&[1, 2])),
        (true, 0, giving(1, Owner)),
        (false, 10, Changes::default()),
        (false, 0, removing(&[10])),
        (false, 0, removing(&[1, 1])),
        (false, 0, adding(&[(1, Plain)])),
        (false, 0, adding(&[(10, Plain), (10, Plain)])),
        (false, 0, giving(10, Admin)),
        (false, 0, removing(&[0, 1, 2, 3, 4])),
    ] {
        let op = op(1, &[0], actor, changes);
        assert_eq!(group.refuses(&op), !allowed, "{op:?}");
    }
    let mut low_order = adding(&[(10, Plain)]);
    low_order.adds[0].mk = [0; 32];
    assert!(group.refuses(&op(1, &[0], 0, low_order)));
    let demoted = group.with(&[op(1, &[0], 0, giving(1, Plain))]);
    assert!(demoted.refuses(&op(2, &[1], 1, removing(&[3]))));
    // Who did not know yet that it is no admin any more was one.
    assert_eq!(
        demoted.with(&[op(2, &[0], 1, removing(&[3]))]).members(),
        [0, 1, 2, 4]
    );
}

#[test]
fn nobody_comes_back_under_the_same_id() {
    let group = five().with(&[
        op(1, &[0], 0, removing(&[3])),
        op(2, &[1], 0, adding(&[(10, Plain)])),
        op(3, &[2], 0, removing(&[10])),
    ]);
    for number in [3, 10] {
        assert!(group.refuses(&op(4, &[3], 0, adding(&[(number, Plain)]))));
    }
    // Two add the same person, one of them removes it again.
    let group = five().with(&[
        op(1, &[0], 0, adding(&[(10, Plain)])),
        op(2, &[1], 0, removing(&[10])),
        op(3, &[0], 1, adding(&[(10, Plain)])),
    ]);
    assert_eq!(group.members(), [0, 1, 2, 3, 4]);
}

#[test]
fn parents_come_first_and_once() {
    let group = five();
    let late = op(2, &[0, 1], 0, Changes::default());
    assert_eq!(
        group.clone().insert(late, NOW),
        Err(Refused::Parents(vec![eid(1)]))
    );
    let second_founding = op(2, &[], 0, Changes::default());
    assert_eq!(
        group.clone().insert(second_founding, NOW),
        Err(Refused::Parents(vec![]))
    );
    let mut group = group.with(&[op(1, &[0], 0, Changes::default())]);
    let again = op(1, &[0], 0, Changes::default());
    assert_eq!(group.insert(again, NOW), Err(Refused::Known));
    assert_eq!(
        group.insert(op(0, &[1], 0, Changes::default()), NOW),
        Err(Refused::Known)
    );
}

#[test]
fn messages_go_to_a_head_whose_readers_are_the_members() {
    let sendable =
        |group: &History| -> Vec<Eid> { group.sendable().iter().map(|it| it.op.eid).collect() };
    let group = five();
    assert_eq!(sendable(&group), [eid(0)]);
    // Two renewals: both will do, the senior's first.
    let group = group.with(&[
        op(1, &[0], 3, Changes::default()),
        op(2, &[0], 4, Changes::default()),
        op(3, &[0], 0, Changes::default()),
    ]);
    assert_eq!(sendable(&group), [3, 1, 2].map(eid));
    // Somebody is added: only what reaches them will do.
    let group = group.with(&[op(4, &[3], 0, adding(&[(10, Plain)]))]);
    assert_eq!(sendable(&group), [eid(4)]);
    // Another is added by somebody who does not know: none will do until one joins them.
    let group = group.with(&[op(5, &[3], 1, adding(&[(11, Plain)]))]);
    assert!(sendable(&group).is_empty());
    let group = group.with(&[op(6, &[4, 5, 1, 2], 3, Changes::default())]);
    assert_eq!(sendable(&group), [eid(6)]);
    // Who leaves knows the secret of the operation that says so.
    let group = group.with(&[op(7, &[6], 4, removing(&[4]))]);
    assert!(sendable(&group).is_empty());
    let group = group.with(&[op(8, &[7], 3, Changes::default())]);
    assert_eq!(sendable(&group), [eid(8)]);
}

#[test]
fn over_a_limit_that_two_reach_together_the_later_have_no_effect() {
    let mut roles = vec![Owner, Admin];
    roles.resize(GROUP_MEMBERS_MAX - 1, Plain);
    let group = founded(&roles);
    let people = |numbers: &[u16]| -> Vec<_> { numbers.iter().map(|it| (*it, Plain)).collect() };
    assert!(group.refuses(&op(1, &[0], 0, adding(&people(&[300, 301])))));
    let both = [
        op(1, &[0], 0, adding(&people(&[300]))),
        op(2, &[0], 1, adding(&people(&[301]))),
    ];
    let roster = group.with(&both).merged();
    assert_eq!(roster.len(), GROUP_MEMBERS_MAX);
    // The junior's is first in order, the senior has the last word: what is full is full.
    assert!(roster.contains_key(&id(301)) && !roster.contains_key(&id(300)));

    let mut roles = vec![Owner];
    roles.resize(GROUP_ADMINS_MAX - 1, Admin);
    roles.resize(20, Plain);
    let group = founded(&roles);
    let two = Changes {
        roles: vec![(id(10), Admin), (id(11), Admin)],
        ..Changes::default()
    };
    assert!(group.refuses(&op(1, &[0], 0, two)));
    let group = group.with(&[
        op(1, &[0], 0, giving(10, Admin)),
        op(2, &[0], 1, adding(&[(30, Admin)])),
    ]);
    assert_eq!((group.role(10), group.role(30)), (Plain, Admin));
}

#[test]
fn when_there_are_too_many_operations_only_removals_are_taken() {
    let mut group = five();
    let last = GROUP_OPS_MAX as u64;
    for number in 1..=last {
        group = group.with(&[op(number, &[number - 1], 3, Changes::default())]);
    }
    let more = op(last + 1, &[last], 3, Changes::default());
    assert_eq!(group.insert(more, NOW), Err(Refused::Full));
    let mut group = group.with(&[op(last + 1, &[last], 0, removing(&[3]))]);
    assert_eq!(group.members(), [0, 1, 2, 4]);
    // What is old is folded, and there is room again.
    let later = Wall(NOW.0 + GROUP_FOLD_MS - 1);
    group.fold(later);
    assert!(!group.entries.is_empty());
    group.fold(Wall(later.0 + 1));
    assert!(group.entries.is_empty());
    assert_eq!(group.members(), [0, 1, 2, 4]);
    let group = group.with(&[op(last + 2, &[last + 1], 0, Changes::default())]);
    assert_eq!(group.sendable().len(), 1);
    let forked = op(last + 3, &[1], 0, Changes::default());
    let refused = group.clone().insert(forked, NOW);
    assert_eq!(refused, Err(Refused::Parents(vec![eid(1)])));
}

#[test]
fn what_has_another_beside_it_is_not_folded() {
    let mut group = five().with(&[
        op(1, &[0], 0, Changes::default()),
        op(2, &[1], 0, removing(&[3])),
        op(3, &[1], 1, adding(&[(10, Plain)])),
    ]);
    let merged = group.merged();
    group.fold(Wall(NOW.0 + GROUP_FOLD_MS));
    assert_eq!((group.base.op.eid, group.entries.len()), (eid(1), 2));
    assert_eq!(group.merged(), merged);
    let mut group = group.with(&[op(4, &[2, 3], 0, Changes::default())]);
    group.fold(Wall(NOW.0 + GROUP_FOLD_MS));
    assert_eq!((group.base.op.eid, group.entries.len()), (eid(4), 0));
    assert_eq!(group.merged(), merged);
    assert_eq!(group.sendable().len(), 1);
}

/// What three admins could do to everybody's processor: hundreds of removals that did
/// not know each other, each striking at half of all others.
#[test]
fn a_circle_of_hundreds_is_settled() {
    let mut group = founded(&[Owner, Admin, Admin, Admin, Plain]);
    for number in 1..=120 {
        let (by, whom) = if number % 2 == 0 { (1, 2) } else { (2, 1) };
        let op = consented(op(number, &[0], by, removing(&[whom])), 3);
        group = group.with(&[op]);
    }
    assert_eq!(group.members(), [0, 2, 3, 4], "number 1 is the smallest");
    assert_eq!(group.sendable().len(), 60, "all that remove the same");
}
