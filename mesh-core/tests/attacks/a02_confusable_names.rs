//! A02 · bitchat, issue 42, and Bridgefy: any name was taken as it came, and two people
//! with one name looked the same.
//!
//! A name is a claim beside something that follows from keys: a contact, its badge and
//! its trust. A thousand names that are drawn like "Ana" come as cards, as requests and
//! as channel posts: each is somebody of its own, told to look like the verified Ana, and
//! none can be mistaken for her in what the window is given. Marks that are not seen, or
//! turn the writing round, are in no name.

use std::collections::{BTreeMap, BTreeSet};

use mesh_core::api::{CommandError, ContactView, PeopleCommand};
use mesh_core::crypto::identity::Identity;
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::verify::card_link;
use mesh_core::testing::rng;
use mesh_core::types::{ContactId, Trust};

use crate::by_hand;
use crate::forgery;
use crate::people::{Stranger, said, text_items};
use crate::size;
use crate::world::{START, World};

const CAPITALS: &str = "Aa\u{410}\u{391}\u{ff21}\u{1d400}\u{1d5a0}\u{1d670}\u{13aa}\u{a4ee}";
const MIDDLES: &str = "nN\u{578}\u{ff4e}\u{1d427}\u{1d5c7}";
const SMALLS: &str = "aA\u{430}\u{3b1}\u{ff41}\u{1d41a}\u{1d5ba}\u{251}\u{237a}";
const SPACES: [&str; 2] = ["", " "];

/// 1,080 names, each drawn like "Ana".
fn names() -> Vec<String> {
    let mut names = Vec::new();
    for (space, capital) in SPACES
        .iter()
        .flat_map(|s| CAPITALS.chars().map(move |c| (s, c)))
    {
        for (middle, small) in MIDDLES
            .chars()
            .flat_map(|m| SMALLS.chars().map(move |s| (m, s)))
        {
            names.push(format!("{capital}{space}{middle}{small}"));
        }
    }
    names
}

/// Every so many of them in every run, all when asked for.
fn tried(often: u64) -> Vec<String> {
    let names = names();
    let step = names.len() / size(often, names.len() as u64) as usize;
    names.into_iter().step_by(step).collect()
}

/// Ana, verified, at node 0.
fn with_ana() -> (World, ContactId) {
    let mut world = World::new(2);
    world.recorded = Some(BTreeMap::new());
    let name = "Ana".to_owned().into();
    world.people(1, PeopleCommand::Rename { name }).unwrap();
    world.link(0, 1);
    world.befriend(0, 1);
    for node in [1, 0] {
        let conversation = world.contacts(node)[0].conversation;
        world.write(node, conversation, "hello again");
        world.run(10_000);
    }
    let [ana, theirs] = [0, 1].map(|node| world.contacts(node)[0].contact);
    let read_out = world.emoji(1, theirs).unwrap();
    world.verify(0, ana, &read_out).unwrap();
    (world, ana)
}

fn ana_of(views: &[ContactView], ana: ContactId) -> &ContactView {
    views.iter().find(|view| view.contact == ana).unwrap()
}

/// Fails if people are told apart by their names, or if a look-alike is not told.
#[test]
fn each_card_in_a_name_like_anas_is_somebody_else_and_told_to_look_like_her() {
    let (mut world, ana) = with_ana();
    let mut contacts = BTreeSet::new();
    let names = tried(270);
    for (number, name) in names.iter().enumerate() {
        let link = Stranger::new(number as u64, name).link();
        let (contact, _) = world.add_contact(0, &link);
        assert!(contacts.insert(contact), "{name:?}");
        let views = world.contacts(0);
        let [hers, new] = [ana, contact].map(|of| ana_of(&views, of));
        assert_eq!(new.looks_like, [ana], "{name:?}");
        assert_eq!(hers.looks_like, [contact], "{name:?}");
        let shown = |view: &ContactView| (view.contact, view.conversation, view.trust);
        assert_ne!(shown(new), shown(hers));
        assert_eq!(
            (hers.trust, new.trust),
            (Trust::Verified, Trust::Unverified)
        );
        world.people(0, PeopleCommand::Remove { contact }).unwrap();
    }
    println!("{} names", names.len());
}

/// The same where they write first. Fails if requests do not tell of look-alikes.
#[test]
fn each_request_in_a_name_like_anas_is_told_to_look_like_her() {
    let (mut world, ana) = with_ana();
    let owner = world.card(0);
    world.run(5_000);
    let (bundle, now, mut rng) = (world.overheard_bundle(&owner), world.now(0).wall, rng(2));
    let names = tried(30);
    for (number, name) in names.iter().enumerate() {
        let stranger = Stranger::new(number as u64, name);
        let data = said(now, 1, name, &text_items("it is me"));
        let knock = stranger.knock(&owner, &bundle, now, &mut rng, &data);
        let link = world.neighbour(0);
        world.plant(link, knock.1);
        world.run(1_000);
        world.leave(link);
        let requests = world.requests(0);
        assert_eq!(requests.len(), 1, "{name:?}");
        assert_eq!(requests[0].looks_like, [ana], "{name:?}");
        let request = requests[0].request;
        world.people(0, PeopleCommand::Decline { request }).unwrap();
    }
}

/// Fails if a card's name is not looked at.
#[test]
fn names_with_what_is_not_seen_are_on_no_card() {
    let seed = [8; 32];
    let identity = Identity::from_seed(&Secret::take(&mut seed.clone()));
    let mut world = World::new(1);
    for mark in [
        "\u{202e}", "\u{200b}", "\u{2066}", "\u{feff}", "\u{200d}", "\u{ad}", "\n",
    ] {
        for name in [
            format!("{mark}Ana"),
            format!("A{mark}na"),
            format!("Ana{mark}"),
        ] {
            assert!(identity.card([9; 32], &name).is_none());
            // By hand, with a signature.
            let mut unsigned = identity.encode_card(&identity.card([9; 32], "").unwrap());
            unsigned.truncate(122);
            unsigned[97] = name.len() as u8;
            unsigned[98..98 + name.len()].copy_from_slice(name.as_bytes());
            let link = card_link(&by_hand::signed_card(&seed, &unsigned)).into();
            let added = world.people(
                0,
                PeopleCommand::Add {
                    link,
                    petname: None,
                },
            );
            assert_eq!(added, Err(CommandError::CardLink), "{name:?}");
        }
    }
}

/// In a channel the badge tells authors apart. Fails if it does not follow from the key.
#[test]
fn posts_in_a_name_like_anas_bear_badges_of_their_own() {
    let mut world = World::new(1);
    let channel = world.join(0, "nearby");
    let names = tried(60);
    for (number, name) in names.iter().enumerate() {
        let seed = [number as u8, (number >> 8) as u8 + 1].repeat(16);
        let mut inner = forgery::text(START, number as u64, b"it is me");
        inner.name.clone_from(name);
        let post = forgery::post_by(seed.try_into().unwrap(), START, number as u64, &inner, 480);
        let link = world.neighbour(0);
        world.plant(link, post);
        world.run(500);
        world.leave(link);
    }
    let lines = world.timeline(0, channel);
    let badges: BTreeSet<[u8; 8]> = lines.iter().map(|line| line.from.badge).collect();
    assert_eq!(lines.len(), names.len().min(200));
    assert_eq!(badges.len(), lines.len());
}
