//! The promises of a profile store about people.

use super::sample::{
    contact, contact_id, conversation, conversation_id, knock, message, prekey, session,
};
use super::waiting::{
    QUEUES, knock_is_known_through_its_last_day, knock_marked_again_stays_as_it_is,
    queue_comes_in_order_of_its_numbers, queued_thing_is_replaced_and_removed_alone,
    queues_and_conversations_are_apart,
};
use super::{ProfileContents, committed, misuse_is_refused_and_harmless, run_checks};
use crate::store::{ContactRow, PrekeyRow, ProfileStore, Queue, SessionRow, Setting, StoreError};
use crate::types::{Day, Standing, Trust, Wall};

type Checked = Result<(), StoreError>;

/// Checks every promise of [`PeopleStore`](crate::store::PeopleStore).
///
/// `make` gives an empty store; `reopen` drops one as a crash would and opens
/// what is left of it. Panics with the name of the check that failed.
pub fn people<P: ProfileStore>(make: impl Fn() -> P, reopen: impl Fn(P) -> P) {
    for write in WRITES {
        run_checks! { misuse_is_refused_and_harmless(make(), |s: &mut P| write(s)); }
    }
    run_checks! {
        contact_comes_back_as_it_was(make());
        contacts_come_in_the_order_they_were_first_put(make());
        removed_contact_takes_its_sessions_and_nothing_else(make());
        sessions_come_in_the_order_they_were_first_put(make());
        session_put_again_changes_its_state_alone(make());
        removed_session_goes_alone(make());
        prekeys_come_by_day_and_are_replaced(make());
        erased_prekeys_are_those_before_the_day(make());
        knock_is_known_through_its_last_day(make());
        knock_marked_again_stays_as_it_is(make());
        queue_comes_in_order_of_its_numbers(make());
        queued_thing_is_replaced_and_removed_alone(make());
        queues_and_conversations_are_apart(make());
        removed_conversation_takes_its_queues_and_leaves_people(make());
        settings_are_absent_then_set_then_replaced(make());
        values_of_any_length_come_back_whole(make(), &reopen);
        reads_see_the_open_transaction(make());
        rollback_restores_the_last_commit(make());
        crash_keeps_what_was_committed(make(), &reopen);
    }
}

/// One of every method that writes.
const WRITES: [fn(&mut dyn ProfileStore) -> Checked; 10] = [
    |s| s.put_contact(&contact(1)),
    |s| s.remove_contact(contact_id(1)),
    |s| s.put_session(&session(1, 1)),
    |s| s.remove_session(&session(1, 1).session),
    |s| s.put_prekey(&prekey(1)),
    |s| s.erase_prekeys(Day(1)),
    |s| s.mark_knock(&knock(1), Day(1)),
    |s| s.put_queued(Queue::Early, conversation_id(1), 1, b"1"),
    |s| s.remove_queued(Queue::Early, conversation_id(1), 1),
    |s| s.set_setting(Setting::Reachable, b"1"),
];

fn contact_comes_back_as_it_was<P: ProfileStore>(mut store: P) -> Checked {
    let standings = [Standing::Asking, Standing::Accepted, Standing::Blocked];
    let trusts = [Trust::Unverified, Trust::Introduced, Trust::Verified];
    let pairs = standings
        .iter()
        .flat_map(|standing| trusts.map(|trust| (*standing, trust)));
    let rows: Vec<ContactRow> = (1..)
        .zip(pairs)
        .map(|(number, (standing, trust))| ContactRow {
            standing,
            trust,
            // Beyond what an SQL column holds as a number.
            added_at: Wall(u64::MAX - u64::from(number)),
            ..contact(number)
        })
        .collect();
    assert!(rows.iter().any(|row| row.introduced_by.is_none()));
    assert!(rows.iter().any(|row| row.introduced_by.is_some()));
    for row in &rows {
        committed(&mut store, |s| s.put_contact(row))?;
    }
    assert!(store.contacts()? == rows);
    Ok(())
}

fn contacts_come_in_the_order_they_were_first_put<P: ProfileStore>(mut store: P) -> Checked {
    for number in [5, 2, 9] {
        committed(&mut store, |s| s.put_contact(&contact(number)))?;
    }
    // Everything of the first but its id, and back to nobody who introduced them.
    let changed = ContactRow {
        contact: contact_id(5),
        introduced_by: None,
        standing: Standing::Blocked,
        trust: Trust::Verified,
        petname: String::new(),
        ..contact(6)
    };
    committed(&mut store, |s| s.put_contact(&changed))?;
    committed(&mut store, |s| s.put_contact(&contact(1)))?;
    assert!(store.contacts()? == [changed, contact(2), contact(9), contact(1)]);
    Ok(())
}

fn removed_contact_takes_its_sessions_and_nothing_else<P: ProfileStore>(mut store: P) -> Checked {
    let there = contact(1).conversation;
    committed(&mut store, |s| {
        for number in [1, 2] {
            s.put_contact(&contact(number))?;
            s.put_session(&session(number, 10 * number))?;
            s.put_session(&session(number, 10 * number + 1))?;
        }
        s.put_queued(Queue::Early, there, 1, b"early")?;
        s.remove_contact(contact_id(1))?;
        s.remove_contact(contact_id(9))
    })?;
    assert!(store.contacts()? == [contact(2)]);
    assert!(store.sessions()? == [session(2, 20), session(2, 21)]);
    assert_eq!(store.queued(Queue::Early, there)?.len(), 1);
    // Whoever comes back comes last.
    committed(&mut store, |s| s.put_contact(&contact(1)))?;
    assert!(store.contacts()? == [contact(2), contact(1)]);
    Ok(())
}

fn sessions_come_in_the_order_they_were_first_put<P: ProfileStore>(mut store: P) -> Checked {
    let rows = [session(2, 7), session(1, 3), session(2, 9)];
    for row in &rows {
        committed(&mut store, |s| s.put_session(row))?;
    }
    committed(&mut store, |s| s.put_session(&session(2, 7)))?;
    assert!(store.sessions()? == rows);
    Ok(())
}

fn session_put_again_changes_its_state_alone<P: ProfileStore>(mut store: P) -> Checked {
    let first = session(1, 1);
    let again = SessionRow {
        contact: contact_id(2),
        state: b"later".to_vec().into(),
        ..first.clone()
    };
    committed(&mut store, |s| {
        s.put_session(&first)?;
        s.put_session(&session(1, 2))?;
        s.put_session(&again)
    })?;
    let expected = SessionRow {
        contact: contact_id(1),
        ..again
    };
    assert!(store.sessions()? == [expected, session(1, 2)]);
    Ok(())
}

fn removed_session_goes_alone<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, |s| {
        s.put_contact(&contact(1))?;
        s.put_session(&session(1, 1))?;
        s.put_session(&session(1, 2))?;
        s.remove_session(&session(1, 1).session)?;
        s.remove_session(&session(1, 9).session)
    })?;
    assert!(store.sessions()? == [session(1, 2)]);
    assert!(store.contacts()? == [contact(1)]);
    Ok(())
}

fn prekeys_come_by_day_and_are_replaced<P: ProfileStore>(mut store: P) -> Checked {
    let other = PrekeyRow {
        day: Day(7),
        ..prekey(8)
    };
    for row in [prekey(7), prekey(u32::MAX), prekey(0), other.clone()] {
        committed(&mut store, |s| s.put_prekey(&row))?;
    }
    assert!(store.prekeys()? == [prekey(0), other, prekey(u32::MAX)]);
    Ok(())
}

fn erased_prekeys_are_those_before_the_day<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, |s| {
        (3..=6).try_for_each(|day| s.put_prekey(&prekey(day)))?;
        s.erase_prekeys(Day(5))
    })?;
    assert!(store.prekeys()? == [prekey(5), prekey(6)]);
    Ok(())
}

fn removed_conversation_takes_its_queues_and_leaves_people<P: ProfileStore>(
    mut store: P,
) -> Checked {
    let here = contact(1).conversation;
    committed(&mut store, fill)?;
    let sessions = store.sessions()?;
    committed(&mut store, |s| s.remove_conversation(here))?;
    for queue in QUEUES {
        assert!(store.queued(queue, here)?.is_empty());
        assert_eq!(store.queued(queue, contact(2).conversation)?.len(), 2);
    }
    assert!(store.contacts()? == [contact(1), contact(2)]);
    assert!(store.sessions()? == sessions);
    Ok(())
}

fn settings_are_absent_then_set_then_replaced<P: ProfileStore>(mut store: P) -> Checked {
    assert_eq!(store.setting(Setting::Reachable)?, None);
    committed(&mut store, |s| s.set_setting(Setting::Reachable, b"one"))?;
    assert_eq!(store.setting(Setting::Receipts)?, None);
    committed(&mut store, |s| {
        s.set_setting(Setting::Receipts, b"")?;
        s.set_setting(Setting::Reachable, b"two")
    })?;
    assert_eq!(store.setting(Setting::Reachable)?, Some(b"two".to_vec()));
    assert_eq!(store.setting(Setting::Receipts)?, Some(vec![]));
    Ok(())
}

/// Empty, long, and empty again in the place of the long ones.
fn values_of_any_length_come_back_whole<P: ProfileStore>(
    mut store: P,
    reopen: &impl Fn(P) -> P,
) -> Checked {
    let here = conversation_id(1);
    for length in [0, 1, 4_096, 200_000, 0] {
        let bytes: Vec<u8> = (0..length).map(|at: u32| (at % 251) as u8).collect();
        let person = ContactRow {
            card: bytes.clone(),
            progress: bytes.clone(),
            ..contact(1)
        };
        let live = SessionRow {
            state: bytes.clone().into(),
            ..session(1, 1)
        };
        let keys = PrekeyRow {
            secret: bytes.clone().into(),
            ..prekey(1)
        };
        committed(&mut store, |s| {
            s.put_contact(&person)?;
            s.put_session(&live)?;
            s.put_prekey(&keys)?;
            s.put_queued(Queue::Early, here, 1, &bytes)?;
            s.set_setting(Setting::Receipts, &bytes)
        })?;
        store = reopen(store);
        assert!(store.contacts()? == [person], "{length}");
        assert!(store.sessions()? == [live], "{length}");
        assert!(store.prekeys()? == [keys], "{length}");
        let queued = store.queued(Queue::Early, here)?;
        assert!(queued == [(1, bytes.clone())], "{length}");
        assert!(store.setting(Setting::Receipts)? == Some(bytes), "{length}");
    }
    Ok(())
}

/// A little of everything with contacts 1 and 2.
fn fill<P: ProfileStore>(store: &mut P) -> Checked {
    for number in [1, 2] {
        let there = contact(number).conversation;
        store.put_contact(&contact(number))?;
        store.put_session(&session(number, 10 * number))?;
        store.put_session(&session(number, 10 * number + 1))?;
        store.put_prekey(&prekey(number))?;
        store.mark_knock(&knock(number), Day(5))?;
        for queue in QUEUES {
            store.put_queued(queue, there, 0, b"none")?;
            store.put_queued(queue, there, u32::MAX, b"last")?;
        }
    }
    store.set_setting(Setting::Reachable, b"on")
}

fn contents<P: ProfileStore>(store: &P) -> Result<ProfileContents, StoreError> {
    let conversations = [1, 2].map(|number| contact(number).conversation);
    ProfileContents::of(store, &conversations)
}

fn reads_see_the_open_transaction<P: ProfileStore>(mut store: P) -> Checked {
    let empty = contents(&store)?;
    store.begin()?;
    fill(&mut store)?;
    let inside = contents(&store)?;
    assert!(inside != empty);
    store.commit()?;
    assert!(contents(&store)? == inside);
    Ok(())
}

/// Each changes one thing; the caller takes it back.
const DISTURBANCES: [fn(&mut dyn ProfileStore) -> Checked; 14] = [
    |s| s.put_contact(&contact(3)),
    |s| {
        let contact = contact_id(1);
        s.put_contact(&ContactRow {
            contact,
            ..self::contact(4)
        })
    },
    |s| s.remove_contact(contact_id(1)),
    |s| s.put_session(&session(1, 30)),
    |s| s.remove_session(&session(1, 10).session),
    |s| s.put_prekey(&prekey(3)),
    |s| s.erase_prekeys(Day(2)),
    |s| s.mark_knock(&knock(3), Day(9)),
    |s| s.prune(Day(6)),
    |s| s.put_queued(Queue::Early, contact(1).conversation, 0, b"other"),
    |s| s.remove_queued(Queue::Unacknowledged, contact(2).conversation, u32::MAX),
    |s| s.set_setting(Setting::Reachable, b"off"),
    |s| s.set_setting(Setting::Receipts, b"none"),
    |s| s.remove_conversation(contact(1).conversation),
];

fn rollback_restores_the_last_commit<P: ProfileStore>(mut store: P) -> Checked {
    committed(&mut store, fill)?;
    let before = contents(&store)?;
    for (disturb, number) in DISTURBANCES.iter().zip(0..) {
        store.begin()?;
        disturb(&mut store)?;
        assert!(contents(&store)? != before, "{number}");
        store.rollback()?;
        assert!(contents(&store)? == before, "{number}");
    }
    // Nor does the order remember what was taken back.
    committed(&mut store, |s| s.put_contact(&contact(4)))?;
    assert!(store.contacts()? == [1, 2, 4].map(contact));
    Ok(())
}

fn crash_keeps_what_was_committed<P: ProfileStore>(
    mut store: P,
    reopen: &impl Fn(P) -> P,
) -> Checked {
    committed(&mut store, |s| {
        fill(s)?;
        s.add_conversation(&conversation(1))?;
        s.insert_message(&message(1, 1)).map(drop)
    })?;
    let before = contents(&store)?;
    for (disturb, number) in DISTURBANCES.iter().zip(0..) {
        store.begin()?;
        disturb(&mut store)?;
        store = reopen(store);
        assert!(contents(&store)? == before, "{number}");
    }
    Ok(())
}
