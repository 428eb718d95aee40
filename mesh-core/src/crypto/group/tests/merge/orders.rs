//! The same operations in every order give the same group.

use rand_core::Rng as _;

use super::*;
use crate::testing::{SeededRng, rng};

const ROLES: [Role; 7] = [
    Role::Owner,
    Role::Owner,
    Role::Admin,
    Role::Admin,
    Role::Admin,
    Role::Member,
    Role::Member,
];

fn below(rng: &mut SeededRng, end: usize) -> usize {
    (rng.next_u32() as usize) % end
}

/// Changes of one kind or another, more often than not removals.
fn changes(rng: &mut SeededRng, newcomer: u16) -> Changes {
    let somebody = |rng: &mut SeededRng| below(rng, ROLES.len()) as u16;
    let role = [Role::Member, Role::Admin, Role::Owner][below(rng, 3)];
    match below(rng, 8) {
        0 => Changes::default(),
        1 => giving(somebody(rng), role),
        2 | 3 => adding(&[(newcomer, role)]),
        4 => Changes {
            removes: vec![id(somebody(rng))],
            ..adding(&[(newcomer, Role::Member)])
        },
        _ => removing(&[somebody(rng)]),
    }
}

/// Five operations that are allowed, each by somebody who knows some of those before.
fn story(seed: u64) -> Vec<Operation> {
    let mut rng = rng(seed);
    let mut whole = founded(&ROLES);
    let mut story: Vec<Operation> = Vec::new();
    while story.len() < 5 {
        let mut known = founded(&ROLES);
        for op in &story {
            if below(&mut rng, 2) == 0 {
                let _ = known.insert(op.clone(), NOW);
            }
        }
        let newcomer = 20 + story.len() as u16;
        let actor = match below(&mut rng, 4) {
            0 => 20 + below(&mut rng, 5) as u16,
            _ => below(&mut rng, ROLES.len()) as u16,
        };
        let mut op = op(
            1 + rng.next_u64() % (1 << 32),
            &[],
            actor,
            changes(&mut rng, newcomer),
        );
        op.parents = known.heads().iter().map(|head| head.op.eid).collect();
        if below(&mut rng, 2) == 0 {
            op = consented(op, below(&mut rng, ROLES.len()) as u16);
        }
        if whole.insert(op.clone(), NOW).is_ok() {
            story.push(op);
        }
    }
    story
}

/// What everybody must agree on.
fn outcome(group: &History) -> (Roster, Vec<Eid>, Option<Eid>) {
    let heads = group.heads().iter().map(|head| head.op.eid).collect();
    let best = group.sendable().first().map(|head| head.op.eid);
    (group.merged(), heads, best)
}

/// Delivered in an order; what comes before its parents is tried again.
fn delivered(story: &[Operation], order: &[usize]) -> History {
    let mut group = founded(&ROLES);
    let mut waiting: Vec<&Operation> = order.iter().map(|at| &story[*at]).collect();
    while !waiting.is_empty() {
        let before = waiting.len();
        waiting.retain(|op| match group.insert((*op).clone(), NOW) {
            Ok(()) => false,
            Err(Refused::Parents(_)) => true,
            Err(refused) => panic!("{refused}: {op:?}"),
        });
        assert!(waiting.len() < before);
    }
    group
}

fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![vec![]];
    }
    let shorter = orders(count - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, count - 1);
        order
    };
    let all = shorter.iter();
    all.flat_map(|order| (0..count).map(move |at| insert(order, at)))
        .collect()
}

/// Larger with `STARLING_GROUP_STORIES=10000`.
#[test]
fn five_operations_in_any_order_of_arrival_give_one_group() {
    let stories = std::env::var("STARLING_GROUP_STORIES");
    let stories = stories.ok().and_then(|it| it.parse().ok()).unwrap_or(200);
    let orders = orders(5);
    assert_eq!(orders.len(), 120);
    let (mut struck, mut unsendable) = (0, 0);
    for seed in 0..stories {
        let story = story(seed);
        let expected = outcome(&delivered(&story, &[0, 1, 2, 3, 4]));
        for order in &orders {
            let found = outcome(&delivered(&story, order));
            assert_eq!(found, expected, "seed {seed}, order {order:?}");
        }
        // What the stories are about: removals that voided something, and heads apart.
        let all = delivered(&story, &[0, 1, 2, 3, 4]);
        struck += u32::from(has_void(&all));
        unsendable += u32::from(expected.2.is_none());
    }
    let share = |count: u32| f64::from(count) / stories as f64;
    assert!(
        share(struck) > 0.1 && share(unsendable) > 0.1,
        "{struck} {unsendable}"
    );
}

fn has_void(group: &History) -> bool {
    let all = group.entries.keys().copied().collect();
    let settlement = super::super::super::merge::Settlement::of(group, &all);
    settlement.in_force().count() < all.len()
}

/// A device that folded what is old agrees with one that did not.
#[test]
fn folding_changes_nothing_of_what_follows() {
    for seed in 0..200 {
        let story = story(seed);
        let plain = delivered(&story, &[0, 1, 2, 3, 4]);
        let mut folding = founded(&ROLES);
        for op in &story {
            folding.fold(Wall(NOW.0 + crate::limits::GROUP_FOLD_MS));
            if folding.insert(op.clone(), NOW).is_err() {
                // It forked off before what was folded.
                continue;
            }
        }
        if folding.entries.len() + 1 > plain.entries.len() {
            assert_eq!(outcome(&folding), outcome(&plain), "seed {seed}");
        }
    }
}
