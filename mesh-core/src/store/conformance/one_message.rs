//! The promises of a profile store about a single message.

use super::committed;
use super::sample::{author, conversation_id, message, message_id, outgoing, own_message, part};
use crate::limits::DELETED_DAYS;
use crate::store::{MessageRow, ProfileStore, StoreError};
use crate::types::Day;

type Checked = Result<(), StoreError>;

/// Somebody else who drew the same id.
fn by_another(place: u32, number: u32) -> MessageRow {
    MessageRow {
        author: author(2),
        ..message(place, number)
    }
}

fn put<P: ProfileStore>(store: &mut P, rows: &[MessageRow]) -> Checked {
    committed(store, |s| {
        rows.iter()
            .try_for_each(|row| s.insert_message(row).map(drop))
    })
}

fn remove<P: ProfileStore>(store: &mut P, row: &MessageRow) -> Result<bool, StoreError> {
    committed(store, |s| {
        s.remove_message(row.conversation, &row.author, row.message_id)
    })
}

pub(super) fn message_is_found_by_its_id<P: ProfileStore>(mut store: P) -> Checked {
    assert!(store.message(conversation_id(1), message_id(1))?.is_none());
    put(&mut store, &[own_message(1, 1), message(1, 2)])?;
    let found = store.message(conversation_id(1), message_id(1))?;
    assert!(found == Some(own_message(1, 1)));
    assert!(store.message(conversation_id(1), message_id(3))?.is_none());
    assert!(store.message(conversation_id(2), message_id(1))?.is_none());
    Ok(())
}

/// A hostile author repeats somebody else's id.
pub(super) fn first_stored_is_found_if_authors_drew_one_id<P: ProfileStore>(
    mut store: P,
) -> Checked {
    // The author stored second has the lower key.
    put(&mut store, &[by_another(1, 1), message(1, 1)])?;
    let find = |store: &P| store.message(conversation_id(1), message_id(1));
    assert!(find(&store)? == Some(by_another(1, 1)));
    assert!(remove(&mut store, &by_another(1, 1))?);
    assert!(find(&store)? == Some(message(1, 1)));
    Ok(())
}

pub(super) fn removed_message_goes_alone<P: ProfileStore>(mut store: P) -> Checked {
    let (own, other) = (own_message(1, 1), message(1, 3));
    let rows = [own.clone(), message(1, 2), by_another(1, 2), other.clone()];
    put(&mut store, &rows)?;
    put(&mut store, &[message(2, 2)])?;
    committed(&mut store, |s| {
        s.put_part(&part(1, 2, 0))?;
        s.put_outbox(&outgoing(1, 1, 7))
    })?;
    assert!(remove(&mut store, &message(1, 2))?);
    assert!(!remove(&mut store, &message(1, 2))?);
    assert!(!remove(&mut store, &message(1, 9))?);
    let page = store.timeline(conversation_id(1), None, 10)?;
    assert!(page == Some((vec![own, by_another(1, 2), other.clone()], false)));
    assert_eq!(store.unread(conversation_id(1))?, 2);
    assert_eq!(store.unread(conversation_id(2))?, 1);

    assert!(remove(&mut store, &own_message(1, 1))?);
    let page = store.timeline(conversation_id(1), None, 10)?;
    assert!(page == Some((vec![by_another(1, 2), other], false)));
    assert!(store.outbox()? == [outgoing(1, 1, 7)]);
    let pieces = committed(&mut store, |s| s.put_part(&part(1, 2, 1)))?;
    assert!(pieces == [part(1, 2, 0), part(1, 2, 1)]);
    Ok(())
}

pub(super) fn removed_message_is_not_stored_again_until_pruned<P: ProfileStore>(
    mut store: P,
) -> Checked {
    let last_day = DELETED_DAYS;
    let rows = [message(1, 1), own_message(1, 2)];
    put(&mut store, &rows)?;
    for row in &rows {
        assert!(remove(&mut store, row)?);
    }
    committed(&mut store, |s| s.prune(Day(last_day)))?;
    for row in &rows {
        assert!(!committed(&mut store, |s| s.insert_message(row))?);
    }
    assert!(committed(&mut store, |s| s.insert_message(&by_another(1, 1)))?);
    committed(&mut store, |s| s.prune(Day(last_day + 1)))?;
    for row in &rows {
        assert!(committed(&mut store, |s| s.insert_message(row))?);
    }
    Ok(())
}

pub(super) fn message_after_a_removed_one_that_was_seen_is_unread<P: ProfileStore>(
    mut store: P,
) -> Checked {
    let here = conversation_id(1);
    put(&mut store, &[message(1, 1), message(1, 2)])?;
    committed(&mut store, |s| s.mark_seen(here))?;
    assert!(remove(&mut store, &message(1, 2))?);
    assert_eq!(store.unread(here)?, 0);
    put(&mut store, &[message(1, 3)])?;
    assert_eq!(store.unread(here)?, 1);
    Ok(())
}
