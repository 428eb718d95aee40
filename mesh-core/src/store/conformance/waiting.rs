//! The promises of a profile store about knocks and queues.

use super::committed;
use super::sample::{conversation_id, knock};
use crate::store::{ProfileStore, Queue, StoreError};
use crate::types::Day;

type Checked = Result<(), StoreError>;

pub(super) const QUEUES: [Queue; 5] = [
    Queue::Unacknowledged,
    Queue::Early,
    Queue::Unsealed,
    Queue::Operations,
    Queue::Introductions,
];

pub(super) fn knock_is_known_through_its_last_day<P: ProfileStore>(mut store: P) -> Checked {
    assert!(!store.knows_knock(&knock(1))?);
    committed(&mut store, |s| {
        s.mark_knock(&knock(1), Day(5))?;
        s.mark_knock(&knock(2), Day(u32::MAX))
    })?;
    committed(&mut store, |s| s.prune(Day(5)))?;
    assert!(store.knows_knock(&knock(1))?);
    assert!(!store.knows_knock(&knock(3))?);
    committed(&mut store, |s| s.prune(Day(6)))?;
    assert!(!store.knows_knock(&knock(1))?);
    assert!(store.knows_knock(&knock(2))?);
    Ok(())
}

/// Whoever repeats a knock must not lengthen what is remembered of it.
pub(super) fn knock_marked_again_stays_as_it_is<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, |s| {
        for (number, days) in [(1, [5, 9]), (2, [9, 5])] {
            for day in days {
                s.mark_knock(&knock(number), Day(day))?;
            }
        }
        s.prune(Day(6))
    })?;
    assert!(!store.knows_knock(&knock(1))?);
    assert!(store.knows_knock(&knock(2))?);
    Ok(())
}

pub(super) fn queue_comes_in_order_of_its_numbers<P: ProfileStore>(mut store: P) -> Checked {
    let here = conversation_id(1);
    let half = i32::MAX.unsigned_abs();
    for queue in QUEUES {
        for number in [half + 1, 0, u32::MAX, 256, half, 255] {
            let bytes = number.to_le_bytes();
            committed(&mut store, |s| s.put_queued(queue, here, number, &bytes))?;
        }
        let expected = [0, 255, 256, half, half + 1, u32::MAX]
            .map(|number| (number, number.to_le_bytes().to_vec()));
        assert_eq!(store.queued(queue, here)?, expected);
    }
    Ok(())
}

pub(super) fn queued_thing_is_replaced_and_removed_alone<P: ProfileStore>(mut store: P) -> Checked {
    let here = conversation_id(1);
    committed(&mut store, |s| {
        for number in [1, 2, u32::MAX] {
            s.put_queued(Queue::Early, here, number, b"first")?;
        }
        s.put_queued(Queue::Early, here, 1, b"second")?;
        s.remove_queued(Queue::Early, here, u32::MAX)?;
        s.remove_queued(Queue::Early, here, 9)
    })?;
    let expected = [(1, b"second".to_vec()), (2, b"first".to_vec())];
    assert_eq!(store.queued(Queue::Early, here)?, expected);
    Ok(())
}

pub(super) fn queues_and_conversations_are_apart<P: ProfileStore>(mut store: P) -> Checked {
    let places = [1, 2].map(conversation_id);
    let all = || QUEUES.into_iter().flat_map(|q| places.map(|p| (q, p)));
    committed(&mut store, |s| {
        for ((queue, place), byte) in all().zip(0..) {
            s.put_queued(queue, place, 5, &[byte])?;
        }
        s.remove_queued(Queue::Unacknowledged, conversation_id(1), 5)
    })?;
    let held: Result<Vec<_>, _> = all().map(|(q, p)| store.queued(q, p)).collect();
    let one = |byte| vec![(5, vec![byte])];
    let expected: Vec<_> = (1..).take(all().count() - 1).map(one).collect();
    assert_eq!(held?, [&[vec![]][..], &expected].concat());
    Ok(())
}
