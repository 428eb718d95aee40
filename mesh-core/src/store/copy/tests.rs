//! Tests of the copy of a profile's people.

#![cfg(feature = "testing")]

use super::*;
use crate::crypto::identity::CARD_BYTES;
use crate::limits::{
    CONTACTS_MAX, CONVERSATIONS_MAX, NAME_BYTES_MAX, PETNAME_BYTES_MAX, PHRASE_BYTES_MAX,
};
use crate::store::conformance::sample;
use crate::store::{GroupStore as _, MemoryProfile, PeopleStore as _, Transact as _};

/// A used profile: two channels, a verified contact, one who is blocked and one who asks,
/// and a session, a group and a message that are to stay behind.
fn used() -> MemoryProfile {
    let mut store = MemoryProfile::new();
    store.begin().unwrap();
    store.set_identity(&sample::identity(1)).unwrap();
    store.add_conversation(&sample::conversation(1)).unwrap();
    store.add_conversation(&sample::conversation(2)).unwrap();
    for (number, standing, trust) in [
        (3, Standing::Accepted, Trust::Verified),
        (4, Standing::Blocked, Trust::Introduced),
        (5, Standing::Asking, Trust::Unverified),
    ] {
        let row = ContactRow {
            standing,
            trust,
            ..sample::contact(number)
        };
        store.put_contact(&row).unwrap();
    }
    store.put_session(&sample::session(3, 1)).unwrap();
    store.put_group(&sample::group(9)).unwrap();
    store.put_prekey(&sample::prekey(20_000)).unwrap();
    store.insert_message(&sample::message(1, 1)).unwrap();
    store.set_setting(Setting::Reachable, &[1, 2, 3]).unwrap();
    store.set_setting(Setting::Receipts, &[1]).unwrap();
    store.set_setting(Setting::Codes, &[9; 40]).unwrap();
    store.commit().unwrap();
    store
}

#[test]
fn people_and_channels_come_back_and_sessions_and_messages_do_not() {
    let store = used();
    let copy = PeopleCopy::of(&store).unwrap().unwrap();
    let bytes = copy.encode().unwrap();
    let read = PeopleCopy::decode(&bytes).unwrap();
    assert!(read == copy);
    let mut fresh = MemoryProfile::new();
    read.restore(&mut fresh).unwrap();
    assert!(fresh.identity().unwrap() == store.identity().unwrap());
    assert!(fresh.conversations().unwrap() == store.conversations().unwrap());
    let expected: Vec<ContactRow> = store.contacts().unwrap()[..2]
        .iter()
        .map(|row| ContactRow {
            progress: Vec::new(),
            ..row.clone()
        })
        .collect();
    assert!(fresh.contacts().unwrap() == expected);
    assert!(fresh.sessions().unwrap().is_empty());
    assert!(fresh.prekeys().unwrap().is_empty());
    assert!(fresh.groups().unwrap().is_empty());
    let id = sample::conversation_id(1);
    assert!(fresh.timeline(id, None, 9).unwrap().unwrap().0.is_empty());
    let setting = |setting| fresh.setting(setting).unwrap();
    assert_eq!(setting(Setting::Reachable), Some(Vec::new()));
    assert_eq!(setting(Setting::Receipts), Some(vec![1]));
    assert_eq!(setting(Setting::Codes), None);
}

#[test]
fn a_store_without_an_identity_gives_no_copy() {
    assert!(PeopleCopy::of(&MemoryProfile::new()).unwrap().is_none());
}

#[test]
fn every_truncation_and_every_extension_is_refused() {
    let bytes = PeopleCopy::of(&used()).unwrap().unwrap().encode().unwrap();
    for length in 0..bytes.len() {
        assert!(PeopleCopy::decode(&bytes[..length]).is_none(), "{length}");
    }
    assert!(PeopleCopy::decode(&[bytes.as_slice(), &[0]].concat()).is_none());
    let mut newer = bytes.to_vec();
    newer[0] = VERSION + 1;
    assert!(PeopleCopy::decode(&newer).is_none());
}

#[test]
fn a_count_without_rows_reserves_nothing_and_is_refused() {
    let mut copy = PeopleCopy::of(&used()).unwrap().unwrap();
    copy.contacts.clear();
    let mut bytes = copy.encode().unwrap().to_vec();
    let count = bytes.len() - 4;
    bytes[count..].fill(0xff);
    assert!(PeopleCopy::decode(&bytes).is_none());
}

#[test]
fn all_people_and_channels_that_there_may_be_fit_the_smallest_size() {
    let mut copy = PeopleCopy::of(&used()).unwrap().unwrap();
    let row = ContactRow {
        card: vec![7; CARD_BYTES],
        name: "n".repeat(NAME_BYTES_MAX),
        petname: "p".repeat(PETNAME_BYTES_MAX),
        ..sample::contact(2)
    };
    copy.contacts = vec![row; CONTACTS_MAX];
    let row = ConversationRow {
        words: "w".repeat(PHRASE_BYTES_MAX),
        ..sample::conversation(1)
    };
    copy.conversations = vec![row; CONVERSATIONS_MAX];
    let length = copy.encode().unwrap().len();
    assert!(length < PEOPLE_COPY_BYTES_MIN, "{length}");
}
