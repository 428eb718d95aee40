//! The promises of a relay store.

use super::sample::{body, envelope_id, meta};
use super::{RelayContents, committed, misuse_is_refused_and_harmless, run_checks};
use crate::store::{RelayMeta, RelayStore, StoreError};

type Checked = Result<(), StoreError>;

/// Checks every promise of [`RelayStore`].
///
/// `make` gives an empty store; `reopen` drops one as a crash would and opens
/// what is left of it. Panics with the name of the check that failed.
pub fn relay<R: RelayStore>(make: impl Fn() -> R, reopen: impl Fn(R) -> R) {
    run_checks! {
        misuse_is_refused_and_harmless(make(), |store: &mut R| put(store, 1));
        envelope_comes_back_as_it_was(make());
        known_id_is_not_stored_again(make());
        evicted_envelope_is_known_without_bytes(make());
        empty_body_is_remembered_as_evicted(make());
        forgotten_envelope_can_be_stored_again(make());
        unknown_ids_are_ignored(make());
        order_is_that_of_storing(make());
        reads_see_the_open_transaction(make());
        rollback_restores_the_last_commit(make());
        crash_keeps_what_was_committed(make(), &reopen);
    }
}

fn put<R: RelayStore>(store: &mut R, number: u32) -> Checked {
    store.insert(&meta(number), &body(number)).map(drop)
}

fn envelope_comes_back_as_it_was<R: RelayStore>(mut store: R) -> Checked {
    assert!(committed(&mut store, |s| s.insert(&meta(1), &body(1)))?);
    assert_eq!(store.load()?, [meta(1)]);
    assert_eq!(store.body(envelope_id(1))?, Some(body(1)));
    Ok(())
}

fn known_id_is_not_stored_again<R: RelayStore>(mut store: R) -> Checked {
    committed(&mut store, |s| put(s, 1))?;
    let other = RelayMeta {
        class: 0,
        ..meta(1)
    };
    assert!(!committed(&mut store, |s| s.insert(&other, &body(2)))?);
    assert_eq!(store.load()?, [meta(1)]);
    assert_eq!(store.body(envelope_id(1))?, Some(body(1)));
    Ok(())
}

fn evicted_envelope_is_known_without_bytes<R: RelayStore>(mut store: R) -> Checked {
    committed(&mut store, |s| {
        put(s, 1)?;
        put(s, 2)?;
        s.evict(envelope_id(1))
    })?;
    let evicted = RelayMeta {
        bytes: 0,
        ..meta(1)
    };
    assert_eq!(store.load()?, [evicted, meta(2)]);
    assert_eq!(store.body(envelope_id(1))?, None);
    assert!(!committed(&mut store, |s| s.insert(&meta(1), &body(1)))?);
    assert_eq!(store.body(envelope_id(1))?, None);
    Ok(())
}

fn empty_body_is_remembered_as_evicted<R: RelayStore>(mut store: R) -> Checked {
    assert!(committed(&mut store, |s| s.insert(&meta(1), &[]))?);
    let evicted = RelayMeta {
        bytes: 0,
        ..meta(1)
    };
    assert_eq!(store.load()?, [evicted]);
    assert_eq!(store.body(envelope_id(1))?, None);
    Ok(())
}

fn forgotten_envelope_can_be_stored_again<R: RelayStore>(mut store: R) -> Checked {
    committed(&mut store, |s| {
        put(s, 1)?;
        put(s, 2)?;
        s.forget(envelope_id(1))
    })?;
    assert_eq!(store.load()?, [meta(2)]);
    assert_eq!(store.body(envelope_id(1))?, None);
    assert!(committed(&mut store, |s| s.insert(&meta(1), &body(1)))?);
    assert_eq!(store.load()?, [meta(2), meta(1)]);
    Ok(())
}

fn unknown_ids_are_ignored<R: RelayStore>(mut store: R) -> Checked {
    committed(&mut store, |s| {
        put(s, 1)?;
        s.evict(envelope_id(9))?;
        s.forget(envelope_id(9))
    })?;
    assert_eq!(store.body(envelope_id(9))?, None);
    assert_eq!(store.load()?, [meta(1)]);
    Ok(())
}

fn order_is_that_of_storing<R: RelayStore>(mut store: R) -> Checked {
    let numbers = [7, 3, 9, 1, 8];
    for number in numbers {
        committed(&mut store, |s| put(s, number))?;
    }
    committed(&mut store, |s| s.evict(envelope_id(3)))?;
    let order: Vec<_> = store.load()?.iter().map(|meta| meta.id).collect();
    assert_eq!(order, numbers.map(envelope_id));
    Ok(())
}

fn reads_see_the_open_transaction<R: RelayStore>(mut store: R) -> Checked {
    store.begin()?;
    put(&mut store, 1)?;
    assert_eq!(store.load()?, [meta(1)]);
    assert_eq!(store.body(envelope_id(1))?, Some(body(1)));
    store.forget(envelope_id(1))?;
    assert_eq!(store.load()?, []);
    store.commit()
}

fn rollback_restores_the_last_commit<R: RelayStore>(mut store: R) -> Checked {
    committed(&mut store, |s| (1..=3).try_for_each(|n| put(s, n)))?;
    let before = RelayContents::of(&store)?;
    store.begin()?;
    put(&mut store, 4)?;
    store.evict(envelope_id(1))?;
    store.forget(envelope_id(2))?;
    put(&mut store, 2)?;
    assert!(RelayContents::of(&store)? != before);
    store.rollback()?;
    assert!(RelayContents::of(&store)? == before);
    // The store goes on after a rollback.
    assert!(committed(&mut store, |s| s.insert(&meta(4), &body(4)))?);
    Ok(())
}

fn crash_keeps_what_was_committed<R: RelayStore>(
    mut store: R,
    reopen: &impl Fn(R) -> R,
) -> Checked {
    committed(&mut store, |s| (1..=3).try_for_each(|n| put(s, n)))?;
    committed(&mut store, |s| s.evict(envelope_id(2)))?;
    let before = RelayContents::of(&store)?;
    store.begin()?;
    put(&mut store, 4)?;
    store.forget(envelope_id(1))?;
    let mut store = reopen(store);
    assert!(RelayContents::of(&store)? == before);
    assert!(committed(&mut store, |s| s.insert(&meta(4), &body(4)))?);
    Ok(())
}
