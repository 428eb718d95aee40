//! A01 · Bridgefy 2021 and 2022, bitchat 2025: who stood between two people when they
//! met read everything from then on, and nothing on their screens told them.
//!
//! Mallory gives each of two people a card of its own in the other's name, with keys,
//! knocks and random values to match, and passes on what they write. The six emoji of
//! the two differ in every run, so that neither comes to "verified". Once two people
//! have compared, keys in the name of one of them are another contact, and told as such.

use std::collections::BTreeMap;

use mesh_core::api::{CommandError, PeopleCommand};
use mesh_core::crypto::bundle::{Bundle, CardDay, bundle};
use mesh_core::crypto::identity::Card;
use mesh_core::crypto::knock::{Agreed, Arrival, PrekeySecret};
use mesh_core::crypto::prekeys::DayPrekey;
use mesh_core::crypto::verify::{SasAnswer, SasOffer, safety_number};
use mesh_core::testing::{SeededRng, rng};
use mesh_core::types::{ContactId, ConversationId, Standing, Trust};

use crate::people::Stranger;
use crate::size;
use crate::world::{START, World};

/// Somebody who can be knocked at.
struct Party {
    who: Stranger,
    prekey: DayPrekey,
    bundle: Bundle,
}

impl Party {
    fn new(number: u64, name: &str, rng: &mut SeededRng) -> Self {
        let who = Stranger::new(number, name);
        let prekey = DayPrekey::generate(START.day(), rng);
        let bundle = bundle(&who.identity, &prekey);
        Self {
            who,
            prekey,
            bundle,
        }
    }

    /// What both sides agree on when `from` knocks here.
    fn agreed_with(&self, from: &Stranger, rng: &mut SeededRng) -> [Agreed; 2] {
        let (started, envelope) = from.knock(&self.who.card, &self.bundle, START, rng, b"hello");
        let day = CardDay::new(&self.who.card, START.day());
        let arrival = Arrival::open(&day, envelope.as_bytes()).unwrap();
        let prekey = PrekeySecret::Day(&self.prekey);
        let opened = arrival.answer(&self.who.identity, prekey, START).unwrap();
        assert_eq!(opened.card.name, from.card.name);
        [started.agreed, opened.agreed]
    }
}

/// Emoji at both ends: Ana's of her session with who she takes for Bob, and Bob's of his
/// with who he takes for Ana. Mallory passes the random values on, or draws some.
fn shown(
    at_ana: &Agreed,
    at_bob: &Agreed,
    passes_on: [bool; 2],
    rng: &mut SeededRng,
) -> [[char; 6]; 2] {
    let offer = SasOffer::new(rng);
    let of_mallory = SasOffer::new(rng);
    let (first, second) = (passes_on[0], passes_on[1]);
    let commitment = match first {
        true => offer.commitment(),
        false => of_mallory.commitment(),
    };
    let answer = SasAnswer::new(commitment, rng);
    let to_ana = match second {
        true => answer.ours(),
        false => SasAnswer::new(offer.commitment(), rng).ours(),
    };
    let to_mallory = answer.ours();
    let (revealed, ana) = offer.answered(to_ana).reveal();
    let revealed = match first {
        true => revealed,
        false => of_mallory.answered(to_mallory).reveal().0,
    };
    let bob = answer.check(revealed, &at_bob.verify).unwrap();
    let ana = ana.sas(&at_ana.verify);
    [ana, bob].map(|sas| sas.emoji().map(|emoji| emoji.symbol))
}

/// Fails if the emoji stop following from the secret of the session, or if the secret
/// stops following from both cards.
#[test]
fn the_emoji_of_two_people_differ_whatever_is_put_between_them() {
    let runs = size(120, 10_000);
    for run in 0..runs {
        let mut rng = rng(run);
        let ana = Stranger::new(4 * run, "Ana");
        let bob = Party::new(4 * run + 1, "Bob", &mut rng);
        let as_bob = Party::new(4 * run + 2, "Bob", &mut rng);
        let as_ana = Stranger::new(4 * run + 3, "Ana");
        let [at_ana, _] = as_bob.agreed_with(&ana, &mut rng);
        let [_, at_bob] = bob.agreed_with(&as_ana, &mut rng);
        assert!(!at_bob.verify.is_return_code(&at_ana.verify.return_code()));
        let numbers = |one: &Card, other: &Card| safety_number(one, other);
        if run == 0 {
            // Slow by design.
            let ours = numbers(&ana.card, &as_bob.who.card);
            assert_ne!(ours, numbers(&bob.who.card, &as_ana.card));
        }
        for passes_on in [[true, true], [true, false], [false, true], [false, false]] {
            let [ana, bob] = shown(&at_ana, &at_bob, passes_on, &mut rng);
            assert_ne!(ana, bob, "run {run}, {passes_on:?}");
        }
    }
    println!("{runs} runs, four ways each");
}

/// The way of measuring is right: with nobody between, they agree.
#[test]
fn with_nobody_between_the_emoji_agree() {
    let mut rng = rng(1);
    let (ana, bob) = (Stranger::new(1, "Ana"), Party::new(2, "Bob", &mut rng));
    let [at_ana, at_bob] = bob.agreed_with(&ana, &mut rng);
    let [ana, bob] = shown(&at_ana, &at_bob, [true, true], &mut rng);
    assert_eq!(ana, bob);
}

const ANA: usize = 0;
const BOB: usize = 1;
/// Mallory, towards Ana and towards Bob.
const AS_BOB: usize = 2;
const AS_ANA: usize = 3;

/// Whoever Mallory stands between, in a line; all carry for all.
fn line() -> World {
    let mut world = World::new(4);
    world.recorded = Some(BTreeMap::new());
    for (node, name) in [(ANA, "Ana"), (BOB, "Bob"), (AS_BOB, "Bob"), (AS_ANA, "Ana")] {
        let name = name.to_owned().into();
        world.people(node, PeopleCommand::Rename { name }).unwrap();
    }
    for (one, other) in [(ANA, AS_BOB), (AS_BOB, AS_ANA), (AS_ANA, BOB)] {
        world.link(one, other);
    }
    world
}

fn only_contact(world: &mut World, node: usize) -> ContactId {
    let contacts = world.contacts(node);
    assert_eq!(contacts.len(), 1);
    contacts[0].contact
}

/// Both have heard from each other, and so has the check of their emoji.
fn talk(world: &mut World, pair: [usize; 2], conversation: ConversationId) {
    for turn in 0..2 {
        for node in pair {
            world.write(node, conversation, &format!("{turn} from {node}"));
            world.run(10_000);
        }
    }
}

/// Fails if a contact becomes verified by anything but equal emoji.
#[test]
fn two_people_with_mallory_between_never_come_to_verified() {
    let mut world = line();
    let with_ana = world.befriend(ANA, AS_BOB);
    let with_bob = world.befriend(AS_ANA, BOB);
    talk(&mut world, [ANA, AS_BOB], with_ana);
    talk(&mut world, [AS_ANA, BOB], with_bob);
    let (of_ana, of_bob) = (only_contact(&mut world, ANA), only_contact(&mut world, BOB));
    let ana_sees = world.emoji(ANA, of_ana).unwrap();
    let bob_sees = world.emoji(BOB, of_bob).unwrap();
    assert_ne!(ana_sees.emoji, bob_sees.emoji);
    assert_ne!(ana_sees.safety_number, bob_sees.safety_number);
    for (node, contact, read_out) in [(ANA, of_ana, &bob_sees), (BOB, of_bob, &ana_sees)] {
        let verified = world.verify(node, contact, read_out);
        assert_eq!(verified, Err(CommandError::EmojiDiffer));
        assert_eq!(world.contacts(node)[0].trust, Trust::Unverified);
    }
}

/// Ana and Bob compared their emoji; Mallory carries for them.
fn verified() -> (World, ConversationId) {
    let mut world = line();
    let conversation = world.befriend(ANA, BOB);
    talk(&mut world, [ANA, BOB], conversation);
    let of_ana = only_contact(&mut world, ANA);
    let of_bob = only_contact(&mut world, BOB);
    let read_out = world.emoji(BOB, of_bob).unwrap();
    world.verify(ANA, of_ana, &read_out).unwrap();
    (world, conversation)
}

/// Fails if a name leads to a contact, or if a card in another's name replaces theirs.
#[test]
fn after_they_compared_keys_in_the_others_name_are_somebody_new_and_told_to_look_alike() {
    let (mut world, conversation) = verified();
    let bob = only_contact(&mut world, ANA);
    // Mallory knocks as Bob.
    let link = world.share_card(ANA);
    let (_, theirs) = world.add_contact(AS_BOB, &link);
    world.write(AS_BOB, theirs, "new laptop, it is me");
    world.run(20_000);
    let request = world.requests(ANA).remove(0);
    assert_eq!((&*request.name.0, request.looks_like), ("Bob", vec![bob]));
    let contacts = world.contacts(ANA);
    assert_eq!((contacts.len(), contacts[0].trust), (1, Trust::Verified));

    // What Ana writes to Bob goes to Bob.
    world.write(ANA, conversation, "a secret");
    world.run(20_000);
    assert!(world.texts(BOB, conversation).contains(&"a secret".into()));
    assert_eq!(world.texts(AS_BOB, theirs), ["new laptop, it is me"]);

    // Even taken in, it is another contact, marked, and not verified.
    world.accept(ANA, request.request);
    world.run(20_000);
    let new = world.contacts(ANA).remove(1);
    assert_eq!(
        (new.trust, new.standing),
        (Trust::Unverified, Standing::Accepted)
    );
    assert_eq!(new.looks_like, [bob]);
    assert_ne!(new.conversation, conversation);
    world.write(ANA, conversation, "another secret");
    world.run(20_000);
    let read = world.texts(AS_BOB, theirs);
    assert!(read.iter().all(|text| !text.contains("secret")), "{read:?}");
}

/// Fails if adding a card by hand takes the place of another card with that name.
#[test]
fn a_card_in_the_others_name_pasted_by_hand_is_another_contact() {
    let (mut world, conversation) = verified();
    let bob = only_contact(&mut world, ANA);
    let link = world.share_card(AS_BOB);
    let (contact, theirs) = world.add_contact(ANA, &link);
    world.run(10_000);
    assert_ne!((contact, theirs), (bob, conversation));
    let views = world.contacts(ANA);
    let trusts: Vec<Trust> = views.iter().map(|view| view.trust).collect();
    assert_eq!(trusts, [Trust::Verified, Trust::Unverified]);
    assert_eq!(
        (&views[0].looks_like, &views[1].looks_like),
        (&vec![contact], &vec![bob])
    );
    world.write(ANA, conversation, "a secret");
    world.run(20_000);
    assert!(world.texts(BOB, conversation).contains(&"a secret".into()));
    let requests = world.requests(AS_BOB);
    assert!(requests.is_empty() && world.contacts(AS_BOB).is_empty());
}
