//! A10 · Meshtastic CVE-2025-52464: laptops that came from one image had one key.
//!
//! A program holds no key; each profile draws its own when it is made. Profiles made at
//! the same time, in one process and from nothing, have cards that share no key. That one
//! profile runs twice, copied, is not noticed by anybody yet.
//!
//! `ATTACK_SIZE=full` makes a thousand.

use std::collections::BTreeSet;

use mesh_core::api::{Answer, Command, PeopleCommand};
use mesh_core::crypto::identity::Card;
use mesh_core::crypto::verify::parse_card_link;

use crate::person::{Person, quiet};
use crate::size;

/// Made at once; each key derivation takes 64 MiB.
const TOGETHER: u64 = 4;

fn card_of_fresh_profile(folder: &std::path::Path, number: u64) -> Card {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let profile = folder.join(format!("profile {number}"));
        let mut person = Person::start(quiet(profile), "clone").await;
        let ask = PeopleCommand::ShareCard;
        let shared = person.ask(|request| Command::People { request, ask }).await;
        let Answer::Card { link } = shared else {
            panic!("no card");
        };
        person.stop().await;
        parse_card_link(&link.0).unwrap().0
    })
}

/// Fails if keys follow from anything but random numbers drawn for that profile.
#[test]
fn profiles_made_at_once_share_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let count = size(8, 1_000);
    let mut keys = BTreeSet::new();
    for batch in 0..count / TOGETHER {
        let numbers = batch * TOGETHER..(batch + 1) * TOGETHER;
        let cards: Vec<Card> = std::thread::scope(|scope| {
            let folder = folder.path();
            let made =
                numbers.map(|number| scope.spawn(move || card_of_fresh_profile(folder, number)));
            let made: Vec<_> = made.collect();
            made.into_iter().map(|it| it.join().unwrap()).collect()
        });
        for card in cards {
            for key in [card.sign_key, card.dh_key, card.card_secret] {
                assert!(keys.insert(key), "a key again");
                assert!(key.iter().any(|byte| *byte != key[0]), "all bytes equal");
            }
        }
    }
    assert_eq!(keys.len() as u64, 3 * count);
}
