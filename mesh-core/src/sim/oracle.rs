//! The ceiling of a movement: how much could be delivered if every two people in
//! range exchanged everything at once, all the time.
//!
//! Reachability over time: in each second, whoever stands in one connected patch
//! with somebody who has a message has it too. No protocol can do better.

use super::chance::Chance;
use super::crowd::Crowd;
use super::report::ratio;
use super::space::Ground;
use super::spec::Spec;
use super::traffic::Ledger;

/// The delivered ratio that earliest arrival would give for the traffic of a seed.
#[must_use]
pub fn oracle_ratio(spec: &Spec, seed: u64) -> f64 {
    let Some(range_m) = spec.medium.range_m else {
        return 1.0;
    };
    let ledger = Ledger::draw(&spec.traffic, spec.nodes, &mut Chance::new(seed, 2));
    let mut chance = Chance::new(seed, 0);
    let mut crowd = Crowd::new(
        spec.movement.clone(),
        spec.nodes,
        spec.skipped_s,
        &mut chance,
    );
    let mut ground = Ground::new(range_m);
    let lifetime_s = spec.traffic.lifetime_s.unwrap_or(spec.seconds);
    let mut has: Vec<Vec<bool>> = ledger
        .messages()
        .iter()
        .map(|_| vec![false; spec.nodes])
        .collect();
    for second in 0..=spec.seconds {
        crowd.step(second, &mut chance);
        ground.put_all(crowd.places());
        let patches = patches(&ground, spec.nodes);
        for (message, has) in ledger.messages().iter().zip(&mut has) {
            let written_s = message.at_ms.div_ceil(1_000);
            if message.is_counted && (written_s..=written_s + lifetime_s).contains(&second) {
                if let Some(author) = has.get_mut(message.author as usize) {
                    *author = true;
                }
                spread(has, &patches);
            }
        }
    }
    let (mut got, mut due) = (0, 0);
    for (message, has) in ledger.messages().iter().zip(&has) {
        if message.is_counted {
            let reached = (0..)
                .zip(has)
                .filter(|(host, has)| **has && ledger.is_for(message, *host));
            got += reached.count() as u64;
            due += ledger.audience_of(message.author);
        }
    }
    ratio(got as f64, due as f64)
}

/// The number of the patch that each person stands in, below `people`.
fn patches(ground: &Ground, people: usize) -> Vec<usize> {
    let mut patch_of = vec![usize::MAX; people];
    let mut count = 0;
    for first in 0..people {
        if patch_of.get(first) != Some(&usize::MAX) {
            continue;
        }
        let mut ahead = vec![first];
        while let Some(who) = ahead.pop() {
            let Some(patch) = patch_of.get_mut(who).filter(|patch| **patch == usize::MAX) else {
                continue;
            };
            *patch = count;
            ahead.extend(
                ground
                    .near(who as u32)
                    .into_iter()
                    .map(|other| other as usize),
            );
        }
        count += 1;
    }
    patch_of
}

fn spread(has: &mut [bool], patches: &[usize]) {
    let mut is_reached = vec![false; patches.len()];
    for (has, patch) in has.iter().zip(patches) {
        if *has && let Some(reached) = is_reached.get_mut(*patch) {
            *reached = true;
        }
    }
    for (has, patch) in has.iter_mut().zip(patches) {
        *has |= is_reached.get(*patch).copied().unwrap_or(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::{Trace, trace_spec};

    /// Two who never meet, and a third who meets the first before the second: what
    /// the first writes early arrives, what the second writes never does.
    #[test]
    fn what_is_carried_in_time_counts_and_what_would_go_back_in_time_does_not() {
        let rows = (0..1_200).fold("head\n".to_owned(), |text, second| {
            let third_m = if second < 600 { 1 } else { 999 };
            format!("{text}{second},0,0,1000,0,{third_m},0\n")
        });
        let mut spec = trace_spec(Trace::parse(&rows).unwrap()).unwrap();
        // Each of three people writes once, to the two others.
        spec.traffic.counted_until_s = 60;
        // Of the first, both get it; of the second, the third alone; of the third, both.
        assert_eq!(oracle_ratio(&spec, 1), 0.8333);
    }
}
