//! Databases that earlier versions left open here, with everything in them.

#![cfg(all(feature = "testing", feature = "sqlite"))]
#![allow(
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a database that does not open fails its test"
)]

mod store_support;

use std::path::Path;

use mesh_core::limits::{CHANNEL_DAYS_AHEAD, CHANNEL_DAYS_BACK};
use mesh_core::store::conformance::{committed, sample};
use mesh_core::store::{
    Bounds, MarksRow, MarksStore as _, MessageRow, PeopleStore as _, ProfileStore, Queue, Setting,
    SqliteProfile, Transact as _,
};
use mesh_core::types::{Day, MessageClass, Wall};
use store_support::{Files, KEY};

/// A copy of an old file, opened by this program.
fn opened(files: &Files, name: &str, bounds: Bounds) -> SqliteProfile {
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/db");
    let path = files.fresh();
    std::fs::copy(old.join(name), &path).unwrap();
    SqliteProfile::open_bounded(&path, &KEY, bounds).unwrap()
}

#[test]
fn schema_1_opens_with_all_that_was_in_it() {
    let files = Files::new();
    let mut store = opened(&files, "profile_1.db", Bounds::default());
    store.check().unwrap();
    assert!(store.identity().unwrap() == Some(sample::identity(1)));
    assert!(store.conversations().unwrap() == [1, 2].map(sample::conversation));
    for place in [1, 2] {
        let here = sample::conversation_id(place);
        let page = store.timeline(here, None, 10).unwrap();
        let expected = vec![
            sample::message(place, 1),
            sample::own_message(place, 2),
            sample::message(place, 3),
        ];
        assert!(expected.iter().all(|row| row.class == MessageClass::Text));
        assert!(page == Some((expected, false)));
        assert_eq!(store.unread(here).unwrap(), 1);
    }
    let outbox = [1, 2].map(|place| sample::outgoing(place, 2, 10 * place + 1));
    assert!(store.outbox().unwrap() == outbox);
    assert_eq!(
        store.opened().unwrap(),
        [12, 22, 32].map(sample::envelope_id)
    );

    // Pieces, and what was deleted, are still known.
    store.begin().unwrap();
    let pieces = store.put_part(&sample::part(1, 4, 1)).unwrap();
    assert!(pieces == [sample::part(1, 4, 0), sample::part(1, 4, 1)]);
    assert!(!store.insert_message(&sample::message(3, 1)).unwrap());
    store.prune(Day(7)).unwrap();
    assert_eq!(store.opened().unwrap(), [22, 32].map(sample::envelope_id));
    let later = CHANNEL_DAYS_AHEAD + CHANNEL_DAYS_BACK + 1;
    store.prune(Day(later.max(8))).unwrap();
    assert!(store.insert_message(&sample::message(3, 1)).unwrap());
    store.commit().unwrap();
}

#[test]
fn history_of_schema_1_counts_against_the_bound() {
    let files = Files::new();
    let bounds = Bounds {
        history_messages: 2,
        ..Bounds::default()
    };
    let mut store = opened(&files, "profile_1.db", bounds);
    committed(&mut store, |s| s.insert_message(&sample::message(1, 9))).unwrap();
    let here = sample::conversation_id(1);
    let (rows, _) = store.timeline(here, None, 10).unwrap().unwrap();
    let expected = [
        sample::own_message(1, 2),
        sample::message(1, 3),
        sample::message(1, 9),
    ];
    assert!(rows == expected);
}

fn sos(row: MessageRow) -> MessageRow {
    MessageRow {
        class: MessageClass::Sos,
        ..row
    }
}

#[test]
fn schema_2_opens_with_all_that_was_in_it() {
    let files = Files::new();
    let mut store = opened(&files, "profile_2.db", Bounds::default());
    store.check().unwrap();
    assert!(store.identity().unwrap() == Some(sample::identity(1)));
    assert!(store.conversations().unwrap() == [1, 2].map(sample::conversation));
    for place in [1, 2] {
        let here = sample::conversation_id(place);
        let page = store.timeline(here, None, 10).unwrap();
        let expected = vec![
            sample::message(place, 1),
            sos(sample::own_message(place, 2)),
            sos(sample::message(place, 3)),
        ];
        assert!(page == Some((expected, false)));
        assert_eq!(store.unread(here).unwrap(), 1);
    }
    let outbox = [1, 2].map(|place| sample::outgoing(place, 2, 10 * place + 1));
    assert!(store.outbox().unwrap() == outbox);
    assert_eq!(
        store.opened().unwrap(),
        [12, 22, 32].map(sample::envelope_id)
    );

    // Pieces, and what was deleted, are still known.
    store.begin().unwrap();
    let pieces = store.put_part(&sample::part(1, 4, 1)).unwrap();
    assert!(pieces == [sample::part(1, 4, 0), sample::part(1, 4, 1)]);
    assert!(!store.insert_message(&sample::message(3, 1)).unwrap());
    assert!(!store.insert_message(&sample::own_message(3, 2)).unwrap());
    store.prune(Day(7)).unwrap();
    assert_eq!(store.opened().unwrap(), [22, 32].map(sample::envelope_id));
    store.commit().unwrap();
}

#[test]
fn profile_of_schema_2_knows_nobody_and_can_get_to_know_them() {
    let files = Files::new();
    let mut store = opened(&files, "profile_2.db", Bounds::default());
    assert!(store.contacts().unwrap().is_empty());
    assert!(store.sessions().unwrap().is_empty());
    committed(&mut store, |s| {
        s.put_contact(&sample::contact(1))?;
        s.put_session(&sample::session(1, 1))
    })
    .unwrap();
    drop(store);
    let store = SqliteProfile::open(&files.latest(), &KEY).unwrap();
    assert!(store.contacts().unwrap() == [sample::contact(1)]);
    assert!(store.sessions().unwrap() == [sample::session(1, 1)]);
    assert!(store.conversations().unwrap() == [1, 2].map(sample::conversation));
}

#[test]
fn rings_and_history_of_schema_2_count_against_the_bounds() {
    let files = Files::new();
    let bounds = Bounds {
        history_messages: 2,
        opened_ids: 3,
        ..Bounds::default()
    };
    let mut store = opened(&files, "profile_2.db", bounds);
    committed(&mut store, |s| {
        s.mark_opened(sample::envelope_id(40), Day(9))?;
        s.insert_message(&sample::message(1, 9))
    })
    .unwrap();
    // 32 was marked first.
    let opened = [12, 22, 40].map(sample::envelope_id);
    assert_eq!(store.opened().unwrap(), opened);
    let here = sample::conversation_id(1);
    let (rows, _) = store.timeline(here, None, 10).unwrap().unwrap();
    let expected = [
        sos(sample::own_message(1, 2)),
        sos(sample::message(1, 3)),
        sample::message(1, 9),
    ];
    assert!(rows == expected);
}

#[test]
fn schema_3_opens_with_all_that_was_in_it() {
    let files = Files::new();
    let store = opened(&files, "profile_3.db", Bounds::default());
    store.check().unwrap();
    assert!(store.identity().unwrap() == Some(sample::identity(1)));
    for place in [1, 2] {
        let here = sample::conversation_id(place);
        let expected = vec![
            sample::message(place, 1),
            sos(sample::own_message(place, 2)),
            sos(sample::message(place, 3)),
        ];
        for row in &expected {
            let of = sample::message_ref(row);
            assert_eq!(store.marks(&of).unwrap(), Some(MarksRow::default()));
            assert!(store.reactions(&of).unwrap().is_empty());
        }
        assert!(store.timeline(here, None, 10).unwrap() == Some((expected, false)));
        assert_eq!(store.unread(here).unwrap(), 1);
        assert_eq!(store.timer(here).unwrap(), None);
        let waiting = store.queued(Queue::Unacknowledged, here).unwrap();
        assert!(waiting == [(1, b"sent".to_vec())]);
        let early = store.queued(Queue::Early, here).unwrap();
        assert!(early == [(9, b"early".to_vec())]);
        assert!(store.queued(Queue::Marks, here).unwrap().is_empty());
    }
    assert!(store.contacts().unwrap() == [1, 2].map(sample::contact));
    assert!(store.sessions().unwrap() == [1, 2].map(|of| sample::session(of, of)));
    assert!(store.prekeys().unwrap() == [sample::prekey(3)]);
    assert!(store.knows_knock(&sample::knock(1)).unwrap());
    assert_eq!(store.setting(Setting::Receipts).unwrap(), Some(vec![1]));
    assert_eq!(store.next_to_disappear().unwrap(), None);
}

#[test]
fn messages_of_schema_3_take_marks() {
    let files = Files::new();
    let mut store = opened(&files, "profile_3.db", Bounds::default());
    let of = sample::message_ref(&sample::message(1, 1));
    let reaction = sample::reaction(2, 1, "👍");
    committed(&mut store, |s| {
        let row = MarksRow {
            expire_s: 5,
            ..MarksRow::default()
        };
        s.set_marks(&of, &row)?;
        s.put_reaction(&of, &reaction)
    })
    .unwrap();
    drop(store);
    let mut store = SqliteProfile::open(&files.latest(), &KEY).unwrap();
    assert!(store.reactions(&of).unwrap() == [reaction]);
    let begun = committed(&mut store, |s| s.start_timers(of.conversation, Wall(1_000)));
    assert_eq!(begun.unwrap(), [of]);
    assert_eq!(store.disappearing(Wall(6_000), 9).unwrap(), [of]);
}
