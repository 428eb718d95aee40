//! Virtual time: what happens when, in milliseconds, in a fixed order.

use std::collections::BTreeMap;

/// Milliseconds that stand in the ring; what is later waits in a map.
const SPAN: u64 = 1 << 15;

/// An event queue. Events of one millisecond come in the order they were put in,
/// those that were put in long before first.
#[derive(Debug)]
pub(super) struct Wheel<T> {
    now: u64,
    near: Vec<Vec<T>>,
    near_count: usize,
    far: BTreeMap<u64, Vec<T>>,
    /// Lists that were handed out and came back: slots that keep the room of their
    /// fullest moment would be most of a large world's memory.
    spare: Vec<Vec<T>>,
}

/// Lists kept for reuse.
const SPARE_MAX: usize = 256;

impl<T> Wheel<T> {
    pub(super) fn new() -> Self {
        Self {
            now: 0,
            near: (0..SPAN).map(|_| Vec::new()).collect(),
            near_count: 0,
            far: BTreeMap::new(),
            spare: Vec::new(),
        }
    }

    /// The current millisecond.
    pub(super) fn now(&self) -> u64 {
        self.now
    }

    /// Puts an event at a moment; what is past happens now.
    pub(super) fn put(&mut self, at: u64, event: T) {
        let at = at.max(self.now);
        if at - self.now >= SPAN {
            self.far.entry(at).or_default().push(event);
        } else if let Some(slot) = self.near.get_mut(slot(at)) {
            if slot.capacity() == 0
                && let Some(spare) = self.spare.pop()
            {
                *slot = spare;
            }
            slot.push(event);
            self.near_count += 1;
        }
    }

    /// Goes to the next moment at which anything happens, if that is not after
    /// `end`, and hands out all of its events. Give the list back with
    /// [`Self::recycle`].
    pub(super) fn next(&mut self, end: u64) -> Option<Vec<T>> {
        loop {
            let next_far = self.far.keys().next().copied().unwrap_or(u64::MAX);
            if self.near_count == 0 {
                self.now = next_far.min(end);
            }
            if self.now >= end {
                self.now = end;
                return None;
            }
            let mut due = match next_far <= self.now {
                true => self.far.remove(&self.now).unwrap_or_default(),
                false => Vec::new(),
            };
            if let Some(near) = self.near.get_mut(slot(self.now))
                && !near.is_empty()
            {
                self.near_count -= near.len();
                if due.is_empty() {
                    due = std::mem::take(near);
                } else {
                    due.append(near);
                    *near = Vec::new();
                }
            }
            if !due.is_empty() {
                return Some(due);
            }
            self.now += 1;
        }
    }

    /// Takes a list back, so that its room is used again.
    pub(super) fn recycle(&mut self, mut list: Vec<T>) {
        list.clear();
        if self.spare.len() < SPARE_MAX {
            self.spare.push(list);
        }
    }
}

fn slot(at: u64) -> usize {
    usize::try_from(at % SPAN).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_and_then_in_the_order_they_were_put() {
        let mut wheel = Wheel::new();
        for (at, name) in [(5, 'a'), (SPAN * 3, 'z'), (5, 'b'), (0, 'c'), (SPAN, 'y')] {
            wheel.put(at, name);
        }
        let mut order = Vec::new();
        while let Some(due) = wheel.next(u64::MAX) {
            order.extend(due.iter().map(|name| (wheel.now(), *name)));
            if due == ['c'] {
                wheel.put(0, 'd');
                wheel.put(SPAN * 3, 'x');
            }
            wheel.recycle(due);
        }
        let expected = [
            (0, 'c'),
            (0, 'd'),
            (5, 'a'),
            (5, 'b'),
            (SPAN, 'y'),
            (SPAN * 3, 'z'),
            (SPAN * 3, 'x'),
        ];
        assert_eq!(order, expected);
    }

    #[test]
    fn nothing_at_or_after_the_end_happens() {
        let mut wheel = Wheel::new();
        wheel.put(10, ());
        wheel.put(SPAN * 2, ());
        assert_eq!(wheel.next(10), None);
        assert_eq!(wheel.now(), 10);
        assert_eq!(wheel.next(11), Some(vec![()]));
        assert_eq!(wheel.next(SPAN), None);
        assert_eq!(wheel.now(), SPAN);
    }
}
