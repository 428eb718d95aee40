//! A lost or damaged database, on real files.

#![cfg(feature = "testing")]

use std::path::PathBuf;

use super::*;
use crate::api::{Answer, Command, Event, Query, Status};
use crate::node::{KdfCost, Node, NodeConfig, NodeError, sealed};
use crate::store::conformance::sample;
use crate::store::{PeopleCopy, PeopleStore as _, Transact as _};

const PASSPHRASE: &str = "six words";

struct Used {
    _temp: tempfile::TempDir,
    path: PathBuf,
    folder: ProfileFolder,
    keys: OpenKeys,
}

/// A profile with so many messages, and its copy.
fn used(messages: u32) -> Used {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("profile");
    let folder = ProfileFolder::hold(&path).unwrap();
    let new = folder.create(PASSPHRASE, KdfCost::Floor).unwrap();
    start::make_profile(&folder, &new, "Ana").unwrap();
    let mut store = folder.profile_store(&new.keys).unwrap();
    store.begin().unwrap();
    for number in 0..messages {
        store
            .insert_message(&sample::own_message(1, number))
            .unwrap();
    }
    store.commit().unwrap();
    drop(store);
    let keys = folder.unlock(PASSPHRASE).unwrap();
    Used {
        _temp: temp,
        path,
        folder,
        keys,
    }
}

fn name(store: &SqliteProfile) -> String {
    store.identity().unwrap().unwrap().name
}

#[test]
fn a_damaged_database_is_set_aside_and_the_people_are_back() {
    for place in [100, 40_000, usize::MAX] {
        let used = used(400);
        let database = used.path.join(PROFILE_DB);
        let mut bytes = fs::read(&database).unwrap();
        let place = place.min(bytes.len() - 100);
        bytes[place] ^= 1;
        fs::write(&database, &bytes).unwrap();
        let opened = open(&used.folder, &used.keys, Check::AtStart).unwrap();
        assert_eq!(name(&opened.store), "Ana");
        assert_eq!(opened.store.conversations().unwrap().len(), 1);
        assert!(opened.store.sessions().unwrap().is_empty());
        let notice = opened.notice.unwrap();
        assert_eq!(notice.code, "restored");
        assert!(
            notice.text.contains("profile.db.damaged"),
            "{}",
            notice.text
        );
        assert!(fs::read(used.path.join("profile.db.damaged")).unwrap() == bytes);
        drop(opened.store);
        let again = open(&used.folder, &used.keys, Check::Whole).unwrap();
        assert!(again.notice.is_none());
    }
}

#[test]
fn a_missing_or_empty_database_is_begun_anew_and_one_set_aside_before_stays() {
    let used = used(1);
    let database = used.path.join(PROFILE_DB);
    fs::write(used.path.join("profile.db.damaged"), b"earlier").unwrap();
    for is_empty in [true, false] {
        match is_empty {
            true => fs::write(&database, b"").unwrap(),
            false => fs::remove_file(&database).unwrap(),
        }
        let opened = open(&used.folder, &used.keys, Check::AtStart).unwrap();
        assert_eq!(name(&opened.store), "Ana");
        let text = opened.notice.unwrap().text;
        assert!(
            text.contains("was missing") && !text.contains("damaged"),
            "{text}"
        );
    }
    let earlier = fs::read(used.path.join("profile.db.damaged")).unwrap();
    assert_eq!(earlier, b"earlier");
}

/// Written by us, whole, and of no use.
#[test]
fn a_database_with_a_malformed_row_is_begun_anew() {
    let used = used(1);
    let mut store = used.folder.profile_store(&used.keys).unwrap();
    store.begin().unwrap();
    store.put_contact(&sample::contact(1)).unwrap();
    store.commit().unwrap();
    drop(store);
    let opened = open(&used.folder, &used.keys, Check::AtStart).unwrap();
    assert!(opened.notice.is_some());
    assert!(opened.store.contacts().unwrap().is_empty());
}

#[test]
fn a_restoration_cut_short_anywhere_is_done_again() {
    let used = used(1);
    let database = used.path.join(PROFILE_DB);
    fs::write(&database, [0x5a; 8_192]).unwrap();
    let copy = sealed::read(&used.path, &used.keys.database_key).unwrap();
    // Before the old file gave way.
    let begun = used.path.join("profile.db.new");
    fs::write(&begun, b"half").unwrap();
    // After it did, and before the new one took its place.
    set_aside(&used.path).unwrap();
    let opened = open(&used.folder, &used.keys, Check::AtStart).unwrap();
    assert!(PeopleCopy::of(&opened.store).unwrap().unwrap() == copy);
    assert!(!begun.exists());
    let aside = fs::read(used.path.join("profile.db.damaged")).unwrap();
    assert_eq!(aside, [0x5a; 8_192]);
}

#[test]
fn a_damaged_copy_of_people_leaves_a_damaged_database_where_it_is() {
    let used = used(1);
    let database = used.path.join(PROFILE_DB);
    fs::write(&database, [0x5a; 8_192]).unwrap();
    fs::write(used.path.join(sealed::PEOPLE), [7; 300]).unwrap();
    let refused = open(&used.folder, &used.keys, Check::AtStart).map(drop);
    match refused {
        Err(NodeError::Unreadable { reason, .. }) => {
            assert_eq!(reason, "profile.db is damaged");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(&database).unwrap(), [0x5a; 8_192]);
}

/// A larger one is read whole only if something is amiss: the damage lies where no
/// people are.
#[test]
fn what_is_read_of_a_large_database_is_its_people() {
    let used = used(1);
    let wal = used.path.join("profile.db-wal");
    let is_whole = |bytes: u64, check| {
        let database = used.path.join(PROFILE_DB);
        let file = fs::OpenOptions::new().write(true).open(database).unwrap();
        file.set_len(bytes).unwrap();
        is_read_whole(&used.path, check)
    };
    assert!(is_whole(PROFILE_CHECK_BYTES_MAX, Check::AtStart));
    assert!(!is_whole(PROFILE_CHECK_BYTES_MAX + 1, Check::AtStart));
    assert!(is_whole(PROFILE_CHECK_BYTES_MAX + 1, Check::Whole));
    fs::write(&wal, b"left by a crash").unwrap();
    assert!(is_whole(PROFILE_CHECK_BYTES_MAX + 1, Check::AtStart));
}

async fn status(node: &crate::node::NodeHandle, events: &mut crate::node::EventStream) -> Status {
    let request = node.fresh_request();
    let query = Query::Status;
    node.send(Command::Query { request, query }).unwrap();
    while let Some(event) = events.next().await {
        if let Event::Answer {
            result: Ok(Answer::Status(status)),
            ..
        } = event
        {
            return status;
        }
    }
    panic!("no status");
}

#[tokio::test]
async fn a_node_on_a_damaged_database_starts_and_says_what_is_lost() {
    let used = used(1);
    fs::write(used.path.join(PROFILE_DB), [0x5a; 8_192]).unwrap();
    drop(used.folder);
    let config = NodeConfig {
        listen: Vec::new(),
        ..NodeConfig::new(used.path.clone())
    };
    let (node, mut events) = Node::unlock(config, PASSPHRASE).unwrap();
    let status = status(&node, &mut events).await;
    assert_eq!(status.name.unwrap().0, "Ana");
    assert_eq!(status.notices[0].code, "restored");
}

/// How long the check at start takes: prints it. `CHECK_MESSAGES` for more.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long it takes is what is measured"
)]
fn the_check_at_start_is_measured() {
    let messages = match std::env::var("CHECK_MESSAGES") {
        Ok(messages) => messages.parse().unwrap(),
        Err(_) => 2_000,
    };
    let used = used(messages);
    let bytes = fs::metadata(used.path.join(PROFILE_DB)).unwrap().len();
    let began = std::time::Instant::now();
    let opened = open(&used.folder, &used.keys, Check::Whole).unwrap();
    let took = began.elapsed();
    println!("{messages} messages, {bytes} bytes: {took:?}");
    assert!(opened.notice.is_none());
}
