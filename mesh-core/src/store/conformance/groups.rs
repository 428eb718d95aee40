//! The promises of a profile store about groups.

use super::sample::{conversation_id, group, message};
use super::{ProfileContents, committed, misuse_is_refused_and_harmless, run_checks};
use crate::store::{GroupRow, ProfileStore, Queue, StoreError};
use crate::types::Wall;

type Checked = Result<(), StoreError>;

/// Checks every promise of [`GroupStore`](crate::store::GroupStore).
///
/// `make` gives an empty store; `reopen` drops one as a crash would and opens
/// what is left of it. Panics with the name of the check that failed.
pub fn groups<P: ProfileStore>(make: impl Fn() -> P, reopen: impl Fn(P) -> P) {
    run_checks! {
        misuse_is_refused_and_harmless(make(), |s: &mut P| s.put_group(&group(1)));
        groups_come_in_the_order_they_were_first_put(make());
        removed_conversation_takes_its_group_and_no_other(make());
        rollback_restores_the_groups_of_the_last_commit(make());
        crash_keeps_groups_of_any_length(make(), &reopen);
    }
}

fn groups_come_in_the_order_they_were_first_put<P: ProfileStore>(mut store: P) -> Checked {
    for number in [5, 2, 9] {
        committed(&mut store, |s| s.put_group(&group(number)))?;
    }
    let changed = GroupRow {
        conversation: conversation_id(5),
        joined_at: group(5).joined_at,
        ..group(7)
    };
    let told = GroupRow {
        joined_at: Wall(1),
        ..changed.clone()
    };
    committed(&mut store, |s| s.put_group(&told))?;
    assert!(store.groups()? == [changed, group(2), group(9)]);
    Ok(())
}

fn removed_conversation_takes_its_group_and_no_other<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, |s| {
        for number in [1, 2] {
            s.put_group(&group(number))?;
            s.insert_message(&message(number, 1))?;
            for queue in [Queue::Unsealed, Queue::Operations] {
                s.put_queued(queue, conversation_id(number), 7, b"waits")?;
            }
        }
        s.remove_conversation(conversation_id(1))
    })?;
    assert!(store.groups()? == [group(2)]);
    for queue in [Queue::Unsealed, Queue::Operations] {
        assert!(store.queued(queue, conversation_id(1))?.is_empty());
        assert_eq!(store.queued(queue, conversation_id(2))?.len(), 1);
    }
    Ok(())
}

fn rollback_restores_the_groups_of_the_last_commit<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, |s| s.put_group(&group(1)))?;
    let here = [conversation_id(1), conversation_id(2)];
    let before = ProfileContents::of(&store, &here)?;
    store.begin()?;
    let changed = GroupRow {
        conversation: conversation_id(1),
        ..group(3)
    };
    store.put_group(&changed)?;
    store.put_group(&group(2))?;
    assert_eq!(store.groups()?.len(), 2);
    store.rollback()?;
    assert!(ProfileContents::of(&store, &here)? == before);
    Ok(())
}

fn crash_keeps_groups_of_any_length<P: ProfileStore>(
    mut store: P,
    reopen: &impl Fn(P) -> P,
) -> Checked {
    let mut rows = Vec::new();
    for (number, length) in [(1, 0), (2, 1), (3, 300_000)] {
        rows.push(GroupRow {
            progress: vec![0xa5; length].into(),
            state: vec![0x5a; length].into(),
            // Beyond what an SQL column holds as a number.
            joined_at: Wall(u64::MAX - u64::from(number)),
            ..group(number)
        });
    }
    committed(&mut store, |s| {
        rows.iter().try_for_each(|row| s.put_group(row))
    })?;
    store.begin()?;
    store.put_group(&group(9))?;
    assert!(reopen(store).groups()? == rows);
    Ok(())
}
