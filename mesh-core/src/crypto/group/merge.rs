//! Which of the operations that did not know each other are in force: strong removal.
//!
//! An operation *strikes* another that did not know it, nor it the other, if it removes
//! who made or consented to that one. What is struck by an operation in force is not in
//! force, nor is what would not be allowed without it, and so on. Where operations
//! strike in a circle, the strongest stands: two signatures, then the senior, then the
//! smaller hash.
//!
//! The rules look at the set of operations and never at the order in which they came.

use std::collections::{BTreeMap, BTreeSet};

use super::history::{Entry, History};
use super::op::Eid;
use super::roster::{is_allowed, merged};

/// A set of small numbers.
#[derive(Clone, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn insert(&mut self, at: usize) {
        let word = at / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(word) = self.0.get_mut(word) {
            *word |= 1 << (at % 64);
        }
    }

    fn contains(&self, at: usize) -> bool {
        self.0
            .get(at / 64)
            .is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        let words = self.0.iter_mut().zip(&other.0);
        words.for_each(|(word, more)| *word |= more);
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        let words = self.0.iter().enumerate();
        words.flat_map(|(at, word)| {
            (0..64).filter_map(move |bit| (word & (1 << bit) != 0).then_some(64 * at + bit))
        })
    }
}

/// One operation of the set.
struct Node<'a> {
    entry: &'a Entry,
    before: Bits,
    strikers: Bits,
    /// Whether it is allowed without those before it that are not in force; known once
    /// all of them are decided.
    allowed: Option<bool>,
    in_force: Option<bool>,
}

/// The verdict on a set of operations that holds all that came before any of them.
pub(super) struct Settlement<'a> {
    history: &'a History,
    nodes: Vec<Node<'a>>,
}

impl<'a> Settlement<'a> {
    pub(super) fn of(history: &'a History, set: &BTreeSet<Eid>) -> Self {
        let nodes = nodes(history.in_order(set));
        let mut settlement = Self { history, nodes };
        if settlement.nodes.iter().all(|it| it.strikers.0.is_empty()) {
            let nodes = settlement.nodes.iter_mut();
            nodes.for_each(|node| node.in_force = Some(true));
        } else {
            settlement.settle();
        }
        settlement
    }

    /// Those in force, in order.
    pub(super) fn in_force(&self) -> impl Iterator<Item = &'a Entry> + Clone + '_ {
        let nodes = self.nodes.iter();
        nodes
            .filter(|node| node.in_force == Some(true))
            .map(|node| node.entry)
    }

    pub(super) fn is_in_force(&self, eid: &Eid) -> bool {
        self.in_force().any(|entry| entry.op.eid == *eid)
    }

    fn settle(&mut self) {
        loop {
            let mut has_moved = false;
            for at in 0..self.nodes.len() {
                if self.verdict(at).is_none()
                    && let Some(verdict) = self.judge(at)
                {
                    self.decide(at, verdict);
                    has_moved = true;
                }
            }
            if !has_moved && !self.break_circle() {
                return;
            }
        }
    }

    fn verdict(&self, at: usize) -> Option<bool> {
        self.nodes.get(at).and_then(|node| node.in_force)
    }

    fn decide(&mut self, at: usize, verdict: bool) {
        if let Some(node) = self.nodes.get_mut(at) {
            node.in_force.get_or_insert(verdict);
        }
    }

    /// Whether one is in force, as soon as what is decided of others decides on it.
    fn judge(&mut self, at: usize) -> Option<bool> {
        let node = self.nodes.get(at)?;
        let is_struck = |by| self.verdict(by) == Some(true);
        if node.strikers.iter().any(is_struck) {
            return Some(false);
        }
        if !self.is_ready(node) {
            return None;
        }
        let allowed = node.allowed.unwrap_or_else(|| self.is_allowed(node));
        let is_decided = |by| self.verdict(by).is_some();
        let is_free = node.strikers.iter().all(is_decided);
        self.nodes.get_mut(at)?.allowed = Some(allowed);
        match allowed {
            true => is_free.then_some(true),
            false => Some(false),
        }
    }

    fn is_ready(&self, node: &Node<'_>) -> bool {
        node.before.iter().all(|at| self.verdict(at).is_some())
    }

    /// Whether it is allowed without those before it that are not in force.
    fn is_allowed(&self, node: &Node<'_>) -> bool {
        let before = node.before.iter().filter_map(|at| self.nodes.get(at));
        let standing = before.filter(|it| it.in_force == Some(true));
        let ops = standing.map(|it| &it.entry.op).collect::<Vec<_>>();
        let history = self.history;
        let roster = merged(&history.gid, &history.roster, ops.iter().copied());
        is_allowed(&history.gid, &node.entry.op, &roster)
    }

    /// Decides on one of a circle that waits for nothing outside it. `false` if
    /// everything is decided.
    fn break_circle(&mut self) -> bool {
        let Some(circle) = self.first_circle() else {
            return false;
        };
        let ready = circle
            .iter()
            .filter_map(|at| Some((at, self.nodes.get(at)?)));
        let strongest = ready
            .filter(|(_, node)| self.is_ready(node))
            .max_by_key(|(_, node)| node.entry.strength());
        let Some((at, node)) = strongest else {
            // There is always one; this ends the loop whatever happens.
            circle.iter().for_each(|at| self.decide(at, false));
            return true;
        };
        let strikers = node.strikers.iter().filter(|by| circle.contains(*by));
        let strikers: Vec<usize> = strikers.collect();
        self.decide(at, true);
        strikers.iter().for_each(|by| self.decide(*by, false));
        true
    }

    /// Undecided ones that wait for each other and for nobody else.
    fn first_circle(&self) -> Option<Bits> {
        // Whoever waits for one. Searched from each that was not found yet, the last to
        // start from is waited for by whomever it waits for: or it had been found.
        let mut waiting: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let open = (0..self.nodes.len()).filter(|at| self.verdict(*at).is_none());
        let open: Vec<usize> = open.collect();
        for at in &open {
            for awaited in self.awaited(*at) {
                waiting.entry(awaited).or_default().push(*at);
            }
        }
        let mut seen = Bits::default();
        let mut last = None;
        for at in open {
            if !seen.contains(at) {
                last = Some(at);
                let next = |at| waiting.get(&at).cloned().unwrap_or_default();
                reach(at, &mut seen, next);
            }
        }
        let mut circle = Bits::default();
        reach(last?, &mut circle, |at| self.awaited(at));
        Some(circle)
    }

    /// Everything undecided that the verdict on one waits for.
    fn awaited(&self, at: usize) -> Vec<usize> {
        let node = self.nodes.get(at);
        let all = node.map(|node| node.before.iter().chain(node.strikers.iter()));
        let all = all.into_iter().flatten();
        all.filter(|at| self.verdict(*at).is_none()).collect()
    }
}

/// Adds a number and all that is reached from it.
fn reach(from: usize, found: &mut Bits, next: impl Fn(usize) -> Vec<usize>) {
    let mut ahead = vec![from];
    while let Some(at) = ahead.pop() {
        if !found.contains(at) {
            found.insert(at);
            ahead.extend(next(at));
        }
    }
}

/// Who knew of whom, and who strikes whom. Entries come with parents first.
fn nodes(entries: Vec<&Entry>) -> Vec<Node<'_>> {
    let mut nodes: Vec<Node<'_>> = Vec::with_capacity(entries.len());
    let mut places: BTreeMap<&Eid, usize> = BTreeMap::new();
    for entry in entries {
        let mut before = Bits::default();
        for parent in &entry.op.parents {
            let at = places.get(parent);
            if let Some((at, node)) = at.and_then(|at| Some((*at, nodes.get(*at)?))) {
                before.extend(&node.before);
                before.insert(at);
            }
        }
        places.insert(&entry.op.eid, nodes.len());
        nodes.push(Node {
            entry,
            before,
            strikers: Bits::default(),
            allowed: None,
            in_force: None,
        });
    }
    let striking: Vec<(usize, &Entry)> = nodes
        .iter()
        .map(|node| node.entry)
        .enumerate()
        .filter(|(_, entry)| !entry.op.changes.removes.is_empty())
        .collect();
    let pasts: Vec<Bits> = nodes.iter().map(|node| node.before.clone()).collect();
    for (at, node) in nodes.iter_mut().enumerate() {
        for (by, striker) in &striking {
            let knew =
                |one: usize, other: usize| pasts.get(one).is_some_and(|past| past.contains(other));
            let is_apart = at != *by && !knew(at, *by) && !knew(*by, at);
            if is_apart && strikes(striker, node.entry) {
                node.strikers.insert(*by);
            }
        }
    }
    nodes
}

/// Whether one removes who made or consented to another. Who leaves strikes nobody.
fn strikes(one: &Entry, other: &Entry) -> bool {
    let signers = [Some(other.op.actor), other.op.consent.map(|it| it.signer)];
    let removes = one.op.changes.removes.iter();
    removes
        .filter(|id| **id != one.op.actor)
        .any(|id| signers.contains(&Some(*id)))
}
