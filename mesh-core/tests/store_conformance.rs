//! Every implementation of the stores keeps the same promises; and random use of
//! the files, closed and opened in between, never differs from the model in memory.

#![cfg(all(feature = "testing", feature = "sqlite"))]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

mod store_support;

use std::path::Path;

use mesh_core::limits::{
    DELETED_IDS_MAX, HISTORY_BYTES_MAX, HISTORY_MESSAGES_MAX, KNOCKS_REMEMBERED_MAX, OPENED_IDS_MAX,
};
use mesh_core::store::conformance::{self, ProfileContents, RelayContents, sample};
use mesh_core::store::{
    Bounds, ContactRow, GroupRow, MemoryProfile, MemoryRelay, MessageRow, PeopleStore as _,
    ProfileStore, Queue, RelayStore, SessionRow, Setting, SqliteProfile, SqliteRelay, Transact,
};
use mesh_core::types::{Day, Delivery};
use store_support::{Files, KEY, Random, each_seed};

#[test]
fn memory_relay_keeps_its_promises() {
    conformance::relay(MemoryRelay::new, |store| {
        MemoryRelay::restore(&store.snapshot())
    });
}

#[test]
fn memory_profile_keeps_its_promises() {
    conformance::profile(MemoryProfile::new, |store| {
        MemoryProfile::restore(&store.snapshot())
    });
}

#[test]
fn sqlite_relay_keeps_its_promises() {
    let files = Files::new();
    let open = |path: &Path| SqliteRelay::open(path, &KEY).unwrap();
    conformance::relay(
        || open(&files.fresh()),
        |store| {
            drop(store);
            open(&files.latest())
        },
    );
}

#[test]
fn sqlite_profile_keeps_its_promises() {
    let files = Files::new();
    let open = |path: &Path| SqliteProfile::open(path, &KEY).unwrap();
    conformance::profile(
        || open(&files.fresh()),
        |store| {
            drop(store);
            open(&files.latest())
        },
    );
}

#[test]
fn memory_profile_keeps_its_promises_about_people() {
    conformance::people(MemoryProfile::new, |store| {
        MemoryProfile::restore(&store.snapshot())
    });
}

#[test]
fn sqlite_profile_keeps_its_promises_about_people() {
    let files = Files::new();
    let open = |path: &Path| SqliteProfile::open(path, &KEY).unwrap();
    conformance::people(
        || open(&files.fresh()),
        |store| {
            drop(store);
            open(&files.latest())
        },
    );
}

#[test]
fn memory_profile_keeps_its_promises_about_groups() {
    conformance::groups(MemoryProfile::new, |store| {
        MemoryProfile::restore(&store.snapshot())
    });
}

#[test]
fn sqlite_profile_keeps_its_promises_about_groups() {
    let files = Files::new();
    let open = |path: &Path| SqliteProfile::open(path, &KEY).unwrap();
    conformance::groups(
        || open(&files.fresh()),
        |store| {
            drop(store);
            open(&files.latest())
        },
    );
}

#[test]
fn memory_profile_keeps_no_more_than_it_may() {
    conformance::bounds(MemoryProfile::bounded);
}

#[test]
fn sqlite_profile_keeps_no_more_than_it_may() {
    let files = Files::new();
    conformance::bounds(|bounds| {
        SqliteProfile::open_bounded(&files.fresh(), &KEY, bounds).unwrap()
    });
}

#[test]
fn sqlite_in_memory_keeps_its_promises_but_for_crashes() {
    let relay = SqliteRelay::open_in_memory().unwrap();
    relay.check().unwrap();
    let mut profile = SqliteProfile::open_in_memory().unwrap();
    conformance::committed(&mut profile, |s| s.set_identity(&sample::identity(1))).unwrap();
    assert!(profile.identity().unwrap() == Some(sample::identity(1)));
}

const ROUNDS: usize = 40;
const STEPS_IN_ROUND: u64 = 30;

/// Ends a round: commit, roll back, or crash; the file is then opened anew.
fn end_round<S: Transact>(random: &mut Random, store: &mut S) {
    match random.below(4) {
        0 => store.rollback().unwrap(),
        _ => store.commit().unwrap(),
    }
}

#[test]
fn relay_file_never_differs_from_the_model() {
    each_seed(|seed| {
        let files = Files::new();
        let path = files.fresh();
        let mut model = MemoryRelay::new();
        let mut file = SqliteRelay::open(&path, &KEY).unwrap();
        let mut random = Random::new(seed);
        for _ in 0..ROUNDS {
            model.begin().unwrap();
            file.begin().unwrap();
            for _ in 0..random.below(STEPS_IN_ROUND) {
                relay_step(&mut random, &mut model, &mut file);
            }
            assert!(RelayContents::of(&model).unwrap() == RelayContents::of(&file).unwrap());
            let crash = random.below(4) == 0;
            if crash {
                model = MemoryRelay::restore(&model.snapshot());
            } else {
                let mut same = random.clone();
                end_round(&mut same, &mut model);
                end_round(&mut random, &mut file);
            }
            if crash || random.below(2) == 0 {
                drop(file);
                file = SqliteRelay::open(&path, &KEY).unwrap();
            }
            assert!(RelayContents::of(&model).unwrap() == RelayContents::of(&file).unwrap());
        }
        file.check().unwrap();
    });
}

fn relay_step(random: &mut Random, model: &mut MemoryRelay, file: &mut SqliteRelay) {
    let number = random.small();
    let id = sample::envelope_id(number);
    match random.below(5) {
        0 => {
            model.evict(id).unwrap();
            file.evict(id).unwrap();
        }
        1 => {
            model.forget(id).unwrap();
            file.forget(id).unwrap();
        }
        _ => {
            let (meta, body) = (sample::meta(number), sample::body(number));
            let expected = model.insert(&meta, &body).unwrap();
            assert_eq!(file.insert(&meta, &body).unwrap(), expected);
        }
    }
}

#[test]
fn profile_file_never_differs_from_the_model() {
    each_seed(|seed| {
        let files = Files::new();
        let path = files.fresh();
        // So little that a round pushes things out.
        let bounds = Bounds {
            history_messages: 6,
            history_bytes: 80,
            opened_ids: 8,
            deleted_ids: 8,
            knocks: 8,
        };
        let mut model = MemoryProfile::bounded(bounds);
        let open = || SqliteProfile::open_bounded(&path, &KEY, bounds).unwrap();
        let mut file = open();
        let mut random = Random::new(seed);
        for _ in 0..ROUNDS {
            model.begin().unwrap();
            file.begin().unwrap();
            for _ in 0..random.below(STEPS_IN_ROUND) {
                let mut same = random.clone();
                let expected = profile_step(&mut same, &mut model);
                assert!(profile_step(&mut random, &mut file) == expected);
            }
            assert!(profile_contents(&model) == profile_contents(&file));
            let crash = random.below(4) == 0;
            if crash {
                model = MemoryProfile::restore(&model.snapshot());
            } else {
                let mut same = random.clone();
                end_round(&mut same, &mut model);
                end_round(&mut random, &mut file);
            }
            if crash || random.below(2) == 0 {
                drop(file);
                file = open();
            }
            assert!(profile_contents(&model) == profile_contents(&file));
        }
        file.check().unwrap();
    });
}

fn profile_contents(store: &impl ProfileStore) -> ProfileContents {
    let conversations = [0, 1, 2].map(sample::conversation_id);
    ProfileContents::of(store, &conversations).unwrap()
}

/// What a step answered: compared, not read.
#[derive(PartialEq)]
enum Answer {
    None,
    Inserted(bool),
    Page(Option<mesh_core::store::TimelinePage>),
    Parts(Vec<mesh_core::store::PartRow>),
    Taken(Option<mesh_core::store::Taken>),
    Message(Option<MessageRow>),
    Removed(bool),
}

fn profile_step(random: &mut Random, store: &mut impl ProfileStore) -> Answer {
    let place = random.below(3) as u32;
    let conversation = sample::conversation_id(place);
    let number = random.small();
    let envelope = random.small();
    match random.below(36) {
        0 => store.set_identity(&sample::identity(place as u8)).unwrap(),
        1 => store
            .add_conversation(&sample::conversation(place))
            .unwrap(),
        2 => store.remove_conversation(conversation).unwrap(),
        3..=6 => {
            let row = sample::message(place, number);
            return Answer::Inserted(store.insert_message(&row).unwrap());
        }
        7 | 8 => {
            let row = sample::own_message(place, number);
            return Answer::Inserted(store.insert_message(&row).unwrap());
        }
        9 => {
            let message = sample::message_id(number);
            store
                .set_state(conversation, message, Delivery::Read)
                .unwrap();
        }
        10 => {
            let before = Some(sample::message_id(number));
            let limit = envelope as u16 % 8;
            return Answer::Page(store.timeline(conversation, before, limit).unwrap());
        }
        11 => store.mark_seen(conversation).unwrap(),
        12 => {
            let row = sample::part(place, number, envelope as u8 % 3);
            return Answer::Parts(store.put_part(&row).unwrap());
        }
        13 => {
            let message = sample::message_id(number);
            store
                .remove_parts(conversation, &sample::author(1), message)
                .unwrap();
        }
        14 | 15 => store
            .put_outbox(&sample::outgoing(place, number % 4, envelope))
            .unwrap(),
        16 | 17 => {
            let envelope = sample::envelope_id(envelope);
            return Answer::Taken(store.take_outbox(envelope).unwrap());
        }
        18 => store
            .mark_opened(sample::envelope_id(envelope), Day(number))
            .unwrap(),
        19 => store.prune(Day(number / 4)).unwrap(),
        20 => {
            let message = sample::message_id(number);
            return Answer::Message(store.message(conversation, message).unwrap());
        }
        21 => {
            let author = sample::author(envelope as u8 % 2);
            let message = sample::message_id(number);
            let removed = store.remove_message(conversation, &author, message);
            return Answer::Removed(removed.unwrap());
        }
        _ => people_step(random, store),
    }
    Answer::None
}

fn people_step(random: &mut Random, store: &mut impl ProfileStore) {
    let conversation = sample::conversation_id(random.below(3) as u32);
    let (person, number) = (random.below(4) as u32, random.small());
    let (queue, setting) = match random.below(2) {
        0 => (Queue::Unacknowledged, Setting::Reachable),
        _ => (Queue::Early, Setting::Receipts),
    };
    let bytes = number.to_le_bytes().repeat(number as usize);
    let step = match random.below(13) {
        12 => store.put_group(&GroupRow {
            conversation,
            state: bytes.into(),
            ..sample::group(number)
        }),
        0 | 1 => {
            let contact = sample::contact_id(person);
            store.put_contact(&ContactRow {
                contact,
                ..sample::contact(number)
            })
        }
        2 => store.remove_contact(sample::contact_id(person)),
        3 | 4 => store.put_session(&SessionRow {
            state: bytes,
            ..sample::session(person, number % 8)
        }),
        5 => store.remove_session(&sample::session(person, number % 8).session),
        6 => store.put_prekey(&sample::prekey(number)),
        7 => store.erase_prekeys(Day(number)),
        8 => store.mark_knock(&sample::knock(number), Day(person)),
        9 => store.put_queued(queue, conversation, number % 8, &bytes),
        10 => store.remove_queued(queue, conversation, number % 8),
        _ => store.set_setting(setting, &bytes),
    };
    step.unwrap();
}

#[test]
fn a_profile_store_keeps_no_more_of_others_than_the_limits_say() {
    let mut store = MemoryProfile::new();
    store.begin().unwrap();
    for place in [1, 2] {
        store
            .add_conversation(&sample::conversation(place))
            .unwrap();
    }
    let few = u32::try_from(HISTORY_MESSAGES_MAX).unwrap() + 10;
    for number in 0..few {
        store.insert_message(&sample::message(1, number)).unwrap();
    }
    let long = sample::message(2, 0);
    let text = "x".repeat(100_000);
    let many = u32::try_from(HISTORY_BYTES_MAX / 100_000).unwrap() + 10;
    for number in 0..many {
        let text = text.clone();
        let message_id = sample::message_id(few + number);
        let row = MessageRow {
            text,
            message_id,
            ..long.clone()
        };
        store.insert_message(&row).unwrap();
    }
    for number in 0..u32::try_from(OPENED_IDS_MAX).unwrap() + 10 {
        store
            .mark_opened(sample::envelope_id(number), Day(5))
            .unwrap();
    }
    let knocks = u32::try_from(KNOCKS_REMEMBERED_MAX).unwrap();
    for number in 0..knocks + 10 {
        store.mark_knock(&sample::knock(number), Day(5)).unwrap();
    }
    store.commit().unwrap();
    for (number, known) in [(9, false), (10, true), (knocks + 9, true)] {
        assert_eq!(store.knows_knock(&sample::knock(number)).unwrap(), known);
    }
    let unread = store.unread(sample::conversation_id(1)).unwrap();
    assert_eq!(u64::from(unread), HISTORY_MESSAGES_MAX);
    let kept = store
        .timeline(sample::conversation_id(2), None, u16::MAX)
        .unwrap()
        .unwrap();
    let bytes: usize = kept
        .0
        .iter()
        .map(|row| row.text.len() + row.name.len())
        .sum();
    assert!(bytes as u64 <= HISTORY_BYTES_MAX && (bytes + 200_000) as u64 > HISTORY_BYTES_MAX);
    assert_eq!(store.opened().unwrap().len() as u64, OPENED_IDS_MAX);
    // To drive past this one takes a quarter of a million messages pushed out; the
    // promises of every store are checked with a smaller one.
    assert_eq!(Bounds::default().deleted_ids, DELETED_IDS_MAX);
}
