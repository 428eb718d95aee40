//! The promises of a profile store about what others can make it keep.

use super::sample::{
    author, conversation, conversation_id, envelope_id, knock, message, message_id, own_message,
};
use super::{committed, run_checks};
use crate::limits::DELETED_DAYS;
use crate::store::{Bounds, MessageRow, ProfileStore, StoreError};
use crate::types::Day;

type Checked = Result<(), StoreError>;

/// So little that a few rows exceed it.
const FEW: Bounds = Bounds {
    history_messages: 3,
    history_bytes: 1_000,
    opened_ids: 3,
    deleted_ids: 3,
    knocks: 3,
};

/// Checks what [`ProfileStore`] promises of [`Bounds`].
///
/// `make` gives an empty store with these bounds. Panics with the name of the check
/// that failed.
pub fn bounds<P: ProfileStore>(make: impl Fn(Bounds) -> P) {
    run_checks! {
        oldest_message_of_others_goes_when_there_are_too_many(make(FEW));
        oldest_messages_of_others_go_when_they_are_too_long(make(FEW));
        flood_pushes_out_no_own_message_and_nothing_elsewhere(make(FEW));
        pushed_out_message_is_not_shown_again(make(FEW));
        pushing_out_is_taken_back_with_the_transaction(make(FEW));
        left_conversation_begins_to_count_anew(make(FEW));
        removed_message_no_longer_counts(make(FEW));
        removal_that_was_taken_back_counts_still(make(FEW));
        mark_made_first_goes_when_there_are_too_many(make(FEW));
        memory_of_a_deleted_message_goes_when_there_are_too_many(make(FEW));
        memory_of_a_removed_message_goes_when_there_are_too_many(make(FEW));
        knock_marked_first_goes_when_there_are_too_many(make(FEW));
    }
}

/// What is left in a conversation: numbers of the messages, oldest first.
fn kept<P: ProfileStore>(store: &P, place: u32) -> Result<Vec<u32>, StoreError> {
    let page = store.timeline(conversation_id(place), None, u16::MAX)?;
    let (rows, _) = page.unwrap_or_default();
    let number = |row: &MessageRow| u128::from_be_bytes(row.message_id.0) as u32;
    Ok(rows.iter().map(number).collect())
}

fn flood<P: ProfileStore>(store: &mut P, place: u32, numbers: core::ops::Range<u32>) -> Checked {
    committed(store, |s| {
        for number in numbers {
            assert!(s.insert_message(&message(place, number))?, "{number}");
        }
        Ok(())
    })
}

fn oldest_message_of_others_goes_when_there_are_too_many<P: ProfileStore>(mut store: P) -> Checked {
    flood(&mut store, 1, 0..10)?;
    assert_eq!(kept(&store, 1)?, [7, 8, 9]);
    assert_eq!(store.unread(conversation_id(1))?, 3);
    assert!(
        store
            .timeline(conversation_id(1), Some(message_id(6)), 1)?
            .is_none()
    );
    Ok(())
}

fn oldest_messages_of_others_go_when_they_are_too_long<P: ProfileStore>(mut store: P) -> Checked {
    let long = |number, text: String| MessageRow {
        text,
        ..message(1, number)
    };
    // Two bytes of name each; a letter of two bytes counts as two.
    let rows = [
        long(1, "é".repeat(199)),
        long(2, "x".repeat(398)),
        long(3, "x".repeat(198)),
    ];
    committed(&mut store, |s| {
        rows.iter()
            .try_for_each(|row| s.insert_message(row).map(drop))
    })?;
    assert_eq!(kept(&store, 1)?, [1, 2, 3], "exactly full");
    committed(&mut store, |s| s.insert_message(&long(4, "x".into())))?;
    assert_eq!(kept(&store, 1)?, [2, 3, 4]);
    committed(&mut store, |s| s.insert_message(&long(5, "x".repeat(998))))?;
    assert_eq!(kept(&store, 1)?, [5]);
    Ok(())
}

fn flood_pushes_out_no_own_message_and_nothing_elsewhere<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, |s| {
        for number in 100..110 {
            s.insert_message(&own_message(1, number))?;
        }
        s.insert_message(&message(2, 50)).map(drop)
    })?;
    flood(&mut store, 1, 0..20)?;
    let mut expected: Vec<u32> = (100..110).collect();
    expected.extend([17, 18, 19]);
    assert_eq!(kept(&store, 1)?, expected);
    assert_eq!(kept(&store, 2)?, [50]);
    Ok(())
}

fn pushed_out_message_is_not_shown_again<P: ProfileStore>(mut store: P) -> Checked {
    flood(&mut store, 1, 0..5)?;
    for number in [0, 1, 4] {
        let again = committed(&mut store, |s| s.insert_message(&message(1, number)))?;
        assert!(!again, "{number}");
    }
    // Nor does it count: nothing else was pushed out for it.
    assert_eq!(kept(&store, 1)?, [2, 3, 4]);
    let later = Day(DELETED_DAYS + 1);
    committed(&mut store, |s| s.prune(later))?;
    assert!(committed(&mut store, |s| s.insert_message(&message(1, 0)))?);
    Ok(())
}

fn pushing_out_is_taken_back_with_the_transaction<P: ProfileStore>(mut store: P) -> Checked {
    flood(&mut store, 1, 0..3)?;
    store.begin()?;
    (3..8).try_for_each(|number| store.insert_message(&message(1, number)).map(drop))?;
    store.rollback()?;
    assert_eq!(kept(&store, 1)?, [0, 1, 2]);
    flood(&mut store, 1, 3..4)?;
    assert_eq!(kept(&store, 1)?, [1, 2, 3]);
    Ok(())
}

fn left_conversation_begins_to_count_anew<P: ProfileStore>(mut store: P) -> Checked {
    flood(&mut store, 1, 0..3)?;
    committed(&mut store, |s| {
        s.remove_conversation(conversation_id(1))?;
        s.add_conversation(&conversation(1))
    })?;
    flood(&mut store, 1, 10..13)?;
    assert_eq!(kept(&store, 1)?, [10, 11, 12]);
    Ok(())
}

fn mark_made_first_goes_when_there_are_too_many<P: ProfileStore>(mut store: P) -> Checked {
    let mark = |store: &mut P, number, day| {
        committed(store, |s| s.mark_opened(envelope_id(number), Day(day)))
    };
    for number in [8, 2, 5] {
        mark(&mut store, number, 5)?;
    }
    // Marked again: no younger for it.
    mark(&mut store, 8, 6)?;
    assert_eq!(store.opened()?, [2, 5, 8].map(envelope_id));
    mark(&mut store, 3, 5)?;
    assert_eq!(store.opened()?, [2, 3, 5].map(envelope_id));
    store.begin()?;
    store.mark_opened(envelope_id(1), Day(5))?;
    store.rollback()?;
    assert_eq!(store.opened()?, [2, 3, 5].map(envelope_id));
    Ok(())
}

fn memory_of_a_deleted_message_goes_when_there_are_too_many<P: ProfileStore>(
    mut store: P,
) -> Checked {
    flood(&mut store, 1, 0..7)?;
    // 0 to 3 were pushed out, in this order, and three of them are remembered.
    assert!(!committed(&mut store, |s| s.insert_message(&message(1, 1)))?);
    assert!(committed(&mut store, |s| s.insert_message(&message(1, 0)))?);
    Ok(())
}

fn removed_message_no_longer_counts<P: ProfileStore>(mut store: P) -> Checked {
    let long = |number| MessageRow {
        text: "é".repeat(200),
        ..message(1, number)
    };
    committed(&mut store, |s| {
        s.insert_message(&own_message(1, 50))?;
        s.insert_message(&long(1))?;
        s.insert_message(&long(2))?;
        s.remove_message(conversation_id(1), &author(1), message_id(2))?;
        // An own message was never counted in, so it is not counted out.
        s.remove_message(conversation_id(1), &author(0), message_id(50))
    })?;
    committed(&mut store, |s| s.insert_message(&long(3)))?;
    assert_eq!(kept(&store, 1)?, [1, 3], "as long as before");
    flood(&mut store, 1, 10..11)?;
    assert_eq!(kept(&store, 1)?, [1, 3, 10], "as many as may be");
    flood(&mut store, 1, 11..12)?;
    assert_eq!(kept(&store, 1)?, [3, 10, 11]);
    Ok(())
}

fn removal_that_was_taken_back_counts_still<P: ProfileStore>(mut store: P) -> Checked {
    flood(&mut store, 1, 0..3)?;
    store.begin()?;
    store.remove_message(conversation_id(1), &author(1), message_id(1))?;
    store.rollback()?;
    assert_eq!(kept(&store, 1)?, [0, 1, 2]);
    flood(&mut store, 1, 3..4)?;
    assert_eq!(kept(&store, 1)?, [1, 2, 3]);
    Ok(())
}

fn memory_of_a_removed_message_goes_when_there_are_too_many<P: ProfileStore>(
    mut store: P,
) -> Checked {
    for number in 0..4 {
        flood(&mut store, 1, number..number + 1)?;
        committed(&mut store, |s| {
            s.remove_message(conversation_id(1), &author(1), message_id(number))
        })?;
    }
    let mut again = |number| committed(&mut store, |s| s.insert_message(&message(1, number)));
    assert_eq!([again(0)?, again(1)?, again(3)?], [true, false, false]);
    Ok(())
}

/// Which of the first knocks are known.
fn known<P: ProfileStore>(store: &P) -> Result<Vec<u32>, StoreError> {
    let mut numbers = Vec::new();
    for number in 0..10 {
        if store.knows_knock(&knock(number))? {
            numbers.push(number);
        }
    }
    Ok(numbers)
}

fn knock_marked_first_goes_when_there_are_too_many<P: ProfileStore>(mut store: P) -> Checked {
    for number in [8, 2, 5] {
        committed(&mut store, |s| s.mark_knock(&knock(number), Day(5)))?;
    }
    // Marked again: no younger for it, and no room taken.
    committed(&mut store, |s| s.mark_knock(&knock(8), Day(5)))?;
    assert_eq!(known(&store)?, [2, 5, 8]);
    committed(&mut store, |s| s.mark_knock(&knock(3), Day(5)))?;
    assert_eq!(known(&store)?, [2, 3, 5]);
    store.begin()?;
    store.mark_knock(&knock(1), Day(5))?;
    assert_eq!(known(&store)?, [1, 3, 5]);
    store.rollback()?;
    assert_eq!(known(&store)?, [2, 3, 5]);
    // What was pushed out can be marked anew.
    committed(&mut store, |s| s.mark_knock(&knock(8), Day(5)))?;
    assert_eq!(known(&store)?, [3, 5, 8]);
    Ok(())
}
