//! A queue that is fair between the links which brought what waits in it.
//!
//! Whoever floods fills its own line: each source gets an equal share of the bytes
//! that leave, so spam is thinned out again at every hop. Start-time fair queueing
//! (Goyal, Vin and Cheng 1996): serve the source that was served least; one that
//! comes back from being idle has saved nothing up. With equal packets it is deficit
//! round-robin without the rounds.

use std::collections::{HashSet, VecDeque};

use crate::types::{EnvelopeId, Source};
use crate::wire::envelope::Class;

/// An envelope that waits for a link, without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Which.
    pub id: EnvelopeId,
    /// From its header.
    pub class: Class,
    /// Who brought it here.
    pub source: Source,
    /// Its length: what a turn costs.
    pub bytes: u32,
}

/// Which end of a source's line is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// As they came.
    OldestFirst,
    /// The last one first.
    NewestFirst,
}

#[derive(Debug, Default)]
struct Line {
    items: VecDeque<Item>,
    /// Bytes served to it, or as if: never behind the queue's own count for long.
    served: u64,
}

/// A queue that had more than this many ids and is empty gives their memory back.
const KEPT_IDS: usize = 64;

/// The queue. Cancelled items stay in their line until their turn and count until
/// then; nothing is ever searched.
#[derive(Debug)]
pub struct FairQueue {
    order: Order,
    len_max: usize,
    /// In order of their sources, of which there are a few.
    lines: Vec<(Source, Line)>,
    len: usize,
    /// Ids that wait and were not cancelled.
    waiting: HashSet<EnvelopeId>,
    /// What the source served last had been served.
    served: u64,
}

impl FairQueue {
    /// An empty queue of at most `len_max` items.
    #[must_use]
    pub fn new(order: Order, len_max: usize) -> Self {
        Self {
            order,
            len_max,
            lines: Vec::new(),
            len: 0,
            waiting: HashSet::new(),
            served: 0,
        }
    }

    /// Queues an item; again for one that waits already changes nothing. When the
    /// queue is full, the longest line loses its item that would go last, and its
    /// id comes back: it may be the new one.
    pub fn put(&mut self, item: Item) -> Option<EnvelopeId> {
        if !self.waiting.insert(item.id) {
            return None;
        }
        let served = self.served;
        if let Some(line) = self.line(item.source) {
            if line.items.is_empty() {
                line.served = line.served.max(served);
            }
            line.items.push_back(item);
        }
        self.len += 1;
        (self.len > self.len_max).then(|| self.drop_one()).flatten()
    }

    /// It need not go out any more.
    pub fn cancel(&mut self, id: EnvelopeId) {
        self.waiting.remove(&id);
    }

    /// What goes next, left where it is.
    pub fn peek(&mut self) -> Option<Item> {
        if self.len == 0 {
            return None;
        }
        if self.waiting.is_empty() {
            self.clear();
            return None;
        }
        loop {
            let order = self.order;
            let (_, line) = self.next_line()?;
            let item = match order {
                Order::OldestFirst => line.items.front(),
                Order::NewestFirst => line.items.back(),
            };
            let item = *item?;
            if self.waiting.contains(&item.id) {
                return Some(item);
            }
            self.take(item.source);
        }
    }

    /// What goes next; its source has had its turn.
    pub fn pop(&mut self) -> Option<Item> {
        let item = self.peek()?;
        self.take(item.source);
        self.waiting.remove(&item.id);
        let line = self.line(item.source)?;
        let served = line.served;
        line.served = served.saturating_add(u64::from(item.bytes));
        self.served = served;
        Some(item)
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// How many more fit before something is dropped.
    #[must_use]
    pub fn free(&self) -> usize {
        self.len_max.saturating_sub(self.len)
    }

    /// The source with something in line that was served least.
    fn next_line(&mut self) -> Option<(Source, &mut Line)> {
        let waiting = self.lines.iter_mut();
        waiting
            .filter(|(_, line)| !line.items.is_empty())
            .min_by_key(|(source, line)| (line.served, *source))
            .map(|(source, line)| (*source, line))
    }

    /// The line of a source, which comes into being with its first item.
    fn line(&mut self, source: Source) -> Option<&mut Line> {
        let at = match self.lines.binary_search_by_key(&source, |(of, _)| *of) {
            Ok(at) => at,
            Err(at) => {
                self.lines.insert(at, (source, Line::default()));
                at
            }
        };
        self.lines.get_mut(at).map(|(_, line)| line)
    }

    fn take(&mut self, source: Source) {
        let order = self.order;
        let taken = self.line(source).and_then(|line| match order {
            Order::OldestFirst => line.items.pop_front(),
            Order::NewestFirst => line.items.pop_back(),
        });
        self.len -= usize::from(taken.is_some());
    }

    /// All that is in line was cancelled.
    fn clear(&mut self) {
        for (_, line) in &mut self.lines {
            line.items.clear();
            line.items.shrink_to(KEPT_IDS);
        }
        self.waiting.shrink_to(KEPT_IDS);
        self.len = 0;
    }

    fn drop_one(&mut self) -> Option<EnvelopeId> {
        let longest = self
            .lines
            .iter_mut()
            .map(|(_, line)| line)
            .max_by_key(|line| line.items.len())?;
        let dropped = match self.order {
            Order::OldestFirst => longest.items.pop_back(),
            Order::NewestFirst => longest.items.pop_front(),
        }?;
        self.len -= 1;
        self.waiting.remove(&dropped.id).then_some(dropped.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(number: u32, source: u8) -> Item {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_le_bytes());
        Item {
            id: EnvelopeId(id),
            class: Class::Text,
            source: Source(source),
            bytes: 480,
        }
    }

    fn sources(queue: &mut FairQueue, count: usize) -> Vec<u8> {
        let popped = (0..count).filter_map(|_| queue.pop());
        popped.map(|item| item.source.0).collect()
    }

    #[test]
    fn a_flooder_waits_behind_its_own_and_nobody_else_does() {
        let mut queue = FairQueue::new(Order::OldestFirst, 9_999);
        (0..1_000).for_each(|n| assert_eq!(queue.put(item(n, 1)), None));
        assert_eq!(sources(&mut queue, 100), [1; 100]);
        (2_000..2_003).for_each(|n| assert_eq!(queue.put(item(n, 2)), None));
        assert_eq!(sources(&mut queue, 7), [2, 1, 2, 1, 2, 1, 1]);
    }

    #[test]
    fn shares_are_of_bytes_and_not_of_items() {
        let mut queue = FairQueue::new(Order::OldestFirst, 9_999);
        for number in 0..100 {
            let large = Item {
                bytes: 1_920,
                ..item(number, 1)
            };
            queue.put(large);
            queue.put(item(1_000 + number, 2));
        }
        let popped = sources(&mut queue, 50);
        assert_eq!(popped.iter().filter(|source| **source == 1).count(), 10);
    }

    #[test]
    fn newest_goes_first_within_one_source() {
        let mut queue = FairQueue::new(Order::NewestFirst, 9_999);
        (0..3).for_each(|n| assert_eq!(queue.put(item(n, 1)), None));
        assert_eq!(queue.pop(), Some(item(2, 1)));
        assert_eq!(queue.pop(), Some(item(1, 1)));
    }

    #[test]
    fn a_full_queue_drops_from_the_longest_line() {
        let mut queue = FairQueue::new(Order::NewestFirst, 10);
        (0..10).for_each(|n| assert_eq!(queue.put(item(n, 1)), None));
        assert_eq!(queue.put(item(50, 2)), Some(item(0, 1).id));
        assert_eq!((queue.free(), queue.pop()), (0, Some(item(9, 1))));
    }

    #[test]
    fn what_was_cancelled_is_passed_over_and_may_come_again() {
        let mut queue = FairQueue::new(Order::OldestFirst, 10);
        (0..3).for_each(|n| assert_eq!(queue.put(item(n, 1)), None));
        queue.cancel(item(0, 1).id);
        assert_eq!(queue.pop(), Some(item(1, 1)));
        queue.put(item(0, 1));
        assert_eq!(sources(&mut queue, 9).len(), 2);
        assert!(queue.is_empty() && queue.peek().is_none());
    }
}
