//! Whichever write fails, the handle refuses everything afterwards, and opening
//! again shows the last commit: nothing more, nothing less.

#![cfg(all(feature = "testing", feature = "sqlite"))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod store_support;

use mesh_core::store::conformance::{ProfileContents, RelayContents, sample};
use mesh_core::store::{
    FaultStore, MarksRow, MemoryProfile, MemoryRelay, PeopleStore as _, ProfileStore, Queue,
    RelayStore, Setting, SqliteProfile, SqliteRelay, StoreError, Transact,
};
use mesh_core::types::{Day, Delivery, Wall};
use mesh_core::wire::items::Timer;
use store_support::{Files, KEY};

/// Three transactions of several writes; `committed` learns after each commit.
fn use_relay<R: RelayStore>(store: &mut R, committed: &mut u32) -> Result<(), StoreError> {
    for round in 0..3 {
        store.begin()?;
        for number in 0..4 {
            let number = 4 * round + number;
            store.insert(&sample::meta(number), &sample::body(number))?;
        }
        store.evict(sample::envelope_id(round))?;
        store.forget(sample::envelope_id(2 * round + 1))?;
        store.commit()?;
        *committed += 1;
    }
    Ok(())
}

/// One of every method that writes, in three transactions.
fn use_profile<P: ProfileStore>(store: &mut P, committed: &mut u32) -> Result<(), StoreError> {
    let here = sample::conversation_id(1);
    for round in 0..3 {
        store.begin()?;
        store.set_identity(&sample::identity(round as u8))?;
        store.add_conversation(&sample::conversation(1 + round))?;
        store.insert_message(&sample::own_message(1, round))?;
        store.insert_message(&sample::message(1 + round, 10 + round))?;
        store.set_state(here, sample::message_id(round), Delivery::WithMesh)?;
        store.mark_seen(here)?;
        store.put_part(&sample::part(1, 20 + round, 0))?;
        store.remove_parts(here, &sample::author(1), sample::message_id(20))?;
        store.put_outbox(&sample::outgoing(1, round, 30 + round))?;
        store.take_outbox(sample::envelope_id(29 + round))?;
        store.mark_opened(sample::envelope_id(40 + round), Day(round))?;
        use_marks(store, round)?;
        store.remove_message(here, &sample::author(0), sample::message_id(round))?;
        use_people(store, round)?;
        store.prune(Day(round))?;
        store.remove_conversation(sample::conversation_id(round))?;
        store.commit()?;
        *committed += 1;
    }
    Ok(())
}

/// One of every method that writes beside messages.
fn use_marks<P: ProfileStore>(store: &mut P, round: u32) -> Result<(), StoreError> {
    let of = sample::message_ref(&sample::message(1 + round, 10 + round));
    let row = MarksRow {
        expire_s: 1 + round,
        ..MarksRow::default()
    };
    store.set_marks(&of, &row)?;
    store.set_text(&of, "changed")?;
    store.put_reaction(&of, &sample::reaction(1, u64::from(round), "👍"))?;
    store.start_timers(of.conversation, Wall(u64::from(round)))?;
    store.limit_deadlines(Wall(0))?;
    let timer = Timer {
        set_at: Wall(0),
        seconds: round,
    };
    store.set_timer(of.conversation, timer)?;
    let own = sample::message_ref(&sample::own_message(1, round));
    store.put_reaction(&own, &sample::reaction(2, 1, "👍"))?;
    store.remove_reactions(&own)
}

/// One of every method that writes about people.
fn use_people<P: ProfileStore>(store: &mut P, round: u32) -> Result<(), StoreError> {
    let here = sample::conversation_id(1);
    store.put_contact(&sample::contact(round))?;
    store.put_session(&sample::session(round, 50 + round))?;
    store.put_session(&sample::session(9, 60 + round))?;
    store.remove_session(&sample::session(9, 59 + round).session)?;
    store.put_prekey(&sample::prekey(round))?;
    store.erase_prekeys(Day(round))?;
    store.mark_knock(&sample::knock(round), Day(1 + round))?;
    store.put_queued(Queue::Unacknowledged, here, round, b"sent")?;
    store.put_queued(Queue::Early, here, u32::MAX - round, b"early")?;
    store.remove_queued(Queue::Unacknowledged, here, round.saturating_sub(1))?;
    store.set_setting(Setting::Receipts, &round.to_le_bytes())?;
    store.remove_contact(sample::contact_id(round.saturating_sub(1)))
}

fn relay_contents(store: &impl RelayStore) -> RelayContents {
    RelayContents::of(store).unwrap()
}

fn profile_contents(store: &impl ProfileStore) -> ProfileContents {
    let conversations = [1, 2, 3].map(sample::conversation_id);
    ProfileContents::of(store, &conversations).unwrap()
}

/// A store in memory that went through the first `commits` transactions.
fn relay_after(commits: u32) -> MemoryRelay {
    for fail_at in 1.. {
        let (store, committed) = fail_relay(MemoryRelay::new(), fail_at);
        if committed == commits {
            return MemoryRelay::restore(&store.snapshot());
        }
    }
    MemoryRelay::new()
}

fn profile_after(commits: u32) -> MemoryProfile {
    for fail_at in 1.. {
        let (store, committed) = fail_profile(MemoryProfile::new(), fail_at);
        if committed == commits {
            return MemoryProfile::restore(&store.snapshot());
        }
    }
    MemoryProfile::new()
}

/// Uses a store until it fails; gives it back with the number of commits.
fn fail_relay<R: RelayStore>(store: R, fail_at: u64) -> (R, u32) {
    let mut committed = 0;
    let mut store = FaultStore::new(store, fail_at);
    let result = use_relay(&mut store, &mut committed);
    assert_eq!(result.is_err(), store.is_poisoned());
    if store.is_poisoned() {
        assert!(matches!(store.load(), Err(StoreError::Poisoned)));
        assert!(matches!(store.begin(), Err(StoreError::Poisoned)));
        assert!(matches!(store.commit(), Err(StoreError::Poisoned)));
        assert!(matches!(store.rollback(), Err(StoreError::Poisoned)));
    }
    (store.into_inner(), committed)
}

fn fail_profile<P: ProfileStore>(store: P, fail_at: u64) -> (P, u32) {
    let mut committed = 0;
    let mut store = FaultStore::new(store, fail_at);
    let result = use_profile(&mut store, &mut committed);
    assert_eq!(result.is_err(), store.is_poisoned());
    if store.is_poisoned() {
        assert!(matches!(store.identity(), Err(StoreError::Poisoned)));
        assert!(matches!(store.contacts(), Err(StoreError::Poisoned)));
        assert!(matches!(store.begin(), Err(StoreError::Poisoned)));
    }
    (store.into_inner(), committed)
}

const RELAY_WRITES: u64 = 3 * 7;
const PROFILE_WRITES: u64 = 3 * 35;

#[test]
fn relay_file_shows_the_last_commit_whichever_write_failed() {
    let expected = [0, 1, 2, 3].map(|commits| relay_contents(&relay_after(commits)));
    let files = Files::new();
    for fail_at in 1..=RELAY_WRITES + 1 {
        let path = files.fresh();
        let (store, committed) = fail_relay(SqliteRelay::open(&path, &KEY).unwrap(), fail_at);
        drop(store);
        let reopened = SqliteRelay::open(&path, &KEY).unwrap();
        assert!(
            relay_contents(&reopened) == expected[committed as usize],
            "{fail_at}"
        );
        assert_eq!(committed == 3, fail_at > RELAY_WRITES);
    }
}

#[test]
fn profile_file_shows_the_last_commit_whichever_write_failed() {
    let expected = [0, 1, 2, 3].map(|commits| profile_contents(&profile_after(commits)));
    let files = Files::new();
    for fail_at in 1..=PROFILE_WRITES + 1 {
        let path = files.fresh();
        let (store, committed) = fail_profile(SqliteProfile::open(&path, &KEY).unwrap(), fail_at);
        drop(store);
        let reopened = SqliteProfile::open(&path, &KEY).unwrap();
        assert!(
            profile_contents(&reopened) == expected[committed as usize],
            "{fail_at}"
        );
        assert_eq!(committed == 3, fail_at > PROFILE_WRITES);
    }
}

#[test]
fn memory_shows_the_last_commit_whichever_write_failed() {
    let mut last = None;
    for fail_at in 1..=RELAY_WRITES {
        let (store, committed) = fail_relay(MemoryRelay::new(), fail_at);
        let restored = relay_contents(&MemoryRelay::restore(&store.snapshot()));
        // Between two commits nothing changes; a commit always does.
        match &last {
            Some((before, contents)) => assert_eq!(*before == committed, *contents == restored),
            None => assert!(restored == relay_contents(&MemoryRelay::new())),
        }
        last = Some((committed, restored));
    }
}
