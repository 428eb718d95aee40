//! A04, A05 · bitchat 2026 and Meshtastic CVE-2025-55293: an announcement, checked
//! against the key that it carried itself, took the place of a contact's stored key.
//!
//! A contact's keys come from the card that their owner gave, and nothing that is
//! received changes a byte of them: keys for strangers signed by another, first messages
//! in the contact's name, their own old ones again, and damage. Before the contact is
//! known, while they are, and after restarts.

use std::collections::BTreeMap;
use std::path::Path;

use mesh_core::crypto::identity::CARD_BYTES;
use mesh_core::crypto::prekeys::DayPrekey;
use mesh_core::engine::Config;
use mesh_core::store::{ContactRow, ProfileStore, RelayStore, SqliteProfile, SqliteRelay};
use mesh_core::testing::{SeededRng, rng};
use mesh_core::types::{ContactId, Day, Delivery, Standing, Trust};
use mesh_core::wire::envelope::{Class, Envelope};
use rand_core::Rng as _;

use crate::by_hand::{self, Knock};
use crate::people::{Stranger, header, said, text_items};
use crate::size;
use crate::world::World;

const KEY: [u8; 32] = [0x5c; 32];
/// The one whose keys are to be changed, and the one whose disk they lie on.
const VICTIM: usize = 0;
const OWNER: usize = 1;

fn stores(folder: &Path) -> (Box<dyn RelayStore + Send>, Box<dyn ProfileStore + Send>) {
    let relay = SqliteRelay::open(&folder.join("relay.db"), &KEY).unwrap();
    let profile = SqliteProfile::open(&folder.join("profile.db"), &KEY).unwrap();
    (Box::new(relay), Box::new(profile))
}

struct Attack {
    world: World,
    folder: tempfile::TempDir,
    mallory: Stranger,
    /// As Mallory knows them: everything public, and the card with its secret.
    victim: Stranger,
    rng: SeededRng,
    count: u32,
}

impl Attack {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut world = World::new(1);
        world.recorded = Some(BTreeMap::new());
        let (relay, mut profile) = stores(folder.path());
        world.set_identity(profile.as_mut());
        assert_eq!(world.add(relay, profile, Config::new("test")), OWNER);
        world.link(VICTIM, OWNER);
        world.share_card(VICTIM);
        world.share_card(OWNER);
        world.run(5_000);
        Self {
            world,
            folder,
            mallory: Stranger::new(66, "person 0"),
            victim: Stranger::of_node(0, "person 0"),
            rng: rng(4),
            count: 0,
        }
    }

    /// Restarts the owner; gives what lies on its disk of each contact.
    fn rows(&mut self) -> BTreeMap<ContactId, ContactRow> {
        let mut rows = BTreeMap::new();
        let folder = self.folder.path();
        self.world.restart(OWNER, || {
            let (relay, profile) = stores(folder);
            let contacts = profile.contacts().unwrap();
            rows.extend(contacts.into_iter().map(|row| (row.contact, row)));
            (relay, profile)
        });
        self.world.link(VICTIM, OWNER);
        self.world.run(5_000);
        rows
    }

    fn data(&mut self) -> Vec<u8> {
        self.count += 1;
        let now = self.world.now(OWNER).wall;
        let items = text_items("by Mallory");
        said(now, self.count, "person 0", &items)
    }

    /// Keys for strangers under the victim's tags, which Mallory made.
    fn bundles(&mut self) -> Vec<Envelope> {
        let now = self.world.now(OWNER).wall;
        let mut bundles = Vec::new();
        for day in [now.day().0, now.day().0 + 1] {
            let prekey = DayPrekey::generate(Day(day), &mut self.rng);
            // Sealed with the victim's card secret, signed by Mallory.
            let forged = Stranger {
                card: self.victim.card.clone(),
                ..Stranger::new(66, "person 0")
            };
            bundles.push(forged.bundle(&prekey, &mut self.rng, now));
            bundles.push(self.mallory.bundle(&prekey, &mut self.rng, now));
        }
        bundles
    }

    /// First messages in the victim's name.
    fn knocks(&mut self) -> Vec<Envelope> {
        let now = self.world.now(OWNER).wall;
        let owner = Stranger::of_node(1, "person 1").card;
        let bundle = self.world.overheard_bundle(&owner);
        let day = bundle.knock_day(now.day()).unwrap();
        let data = self.data();
        let rng = &mut self.rng;
        // With the victim's keys in a card that Mallory signed.
        let forged = Stranger {
            card: self.victim.card.clone(),
            ..Stranger::new(66, "person 0")
        };
        let mut knocks = vec![forged.knock(&owner, &bundle, now, rng, &data).1];
        // With the victim's true card, and every key that Mallory has in the place of
        // the victim's.
        let card = self.victim.identity.encode_card(&self.victim.card);
        let ephemeral = Knock::draw(rng);
        let mallory = by_hand::identity_secret(&self.mallory.seed);
        let in_their_place = [
            by_hand::agree(&mallory, &bundle.prekey),
            by_hand::agree(&ephemeral, &bundle.prekey),
            by_hand::agree(&ephemeral, &self.victim.card.dh_key),
            [0; 32],
        ];
        let in_their_place = in_their_place.map(|key| key.to_vec());
        // Or nothing.
        let in_their_place = in_their_place.into_iter().chain([Vec::new()]);
        for (dh1, card_id) in in_their_place.flat_map(|dh1| {
            [self.victim.card.id(), self.mallory.card.id()].map(|id| (dh1.clone(), id))
        }) {
            let knock = Knock {
                kind: 1,
                to: &owner,
                bundle: &bundle,
                card: &card,
                card_id,
                ephemeral,
                ephemeral_public: None,
                dh1,
            };
            let header = header(Class::Text, now).encode();
            knocks.push(knock.envelope(day, header, &data, rng));
        }
        knocks
    }

    /// A true first message of Mallory in the victim's name, damaged inside by whoever
    /// has the owner's card.
    fn damaged(&mut self, count: u64) -> Vec<Envelope> {
        let now = self.world.now(OWNER).wall;
        let owner = Stranger::of_node(1, "person 1").card;
        let bundle = self.world.overheard_bundle(&owner);
        let day = bundle.knock_day(now.day()).unwrap();
        let data = self.data();
        let true_one = self
            .mallory
            .knock(&owner, &bundle, now, &mut self.rng, &data);
        let plain = by_hand::unwrap(&owner, day, true_one.1.as_bytes()).unwrap();
        let mut damaged = Vec::new();
        for _ in 0..count {
            let mut plain = plain.clone();
            let bit = self.rng.next_u32() as usize % (8 * plain.len());
            plain[bit / 8] ^= 1 << (bit % 8);
            let header = header(Class::Text, now).encode();
            let bytes = by_hand::wrap(&owner, day, &header, &plain);
            damaged.push(Envelope::parse(bytes).unwrap());
        }
        damaged
    }

    fn bring(&mut self, envelopes: Vec<Envelope>) {
        let link = self.world.neighbour(OWNER);
        self.world.deafen(link);
        for envelope in envelopes {
            self.world.plant(link, envelope);
        }
        self.world.run(5_000);
        self.world.leave(link);
    }
}

/// All but what writing to each other changes.
fn keys(row: &ContactRow) -> (Vec<u8>, String, Standing, Trust) {
    let ContactRow {
        card,
        name,
        standing,
        trust,
        ..
    } = row;
    assert_eq!(card.len(), CARD_BYTES);
    (card.clone(), name.clone(), *standing, *trust)
}

/// Fails if a card in a first message is kept before the message opened, or if the
/// agreement that needs the card's own key is left out.
#[test]
fn nothing_that_comes_in_changes_the_stored_keys_of_a_contact() {
    let mut attack = Attack::new();
    // Before the victim is known: nobody is known by what Mallory made.
    let forged = [attack.bundles(), attack.knocks()].concat();
    attack.bring(forged);
    assert!(attack.rows().is_empty(), "somebody who never wrote");

    let conversation = attack.world.befriend(VICTIM, OWNER);
    let theirs = attack.world.contacts(OWNER)[0].contact;
    let ours = attack.world.contacts(VICTIM)[0].contact;
    let read_out = attack.world.emoji(VICTIM, ours).unwrap();
    attack.world.verify(OWNER, theirs, &read_out).unwrap();
    let before = keys(&attack.rows()[&theirs]);
    assert_eq!(before.3, Trust::Verified);
    let card = attack.victim.identity.encode_card(&attack.victim.card);
    assert_eq!(before.0, card, "what the victim signed, to the byte");

    let old: Vec<Envelope> = attack.world.pushed();
    for round in 0..3 {
        let damaged = attack.damaged(size(60, 2_000));
        let all = [attack.bundles(), attack.knocks(), damaged, old.clone()];
        attack.bring(all.concat());
        let rows = attack.rows();
        assert_eq!(keys(&rows[&theirs]), before, "round {round}");
        assert_eq!(
            rows.len(),
            1,
            "round {round}: only true first messages add rows"
        );
    }
    // And the session goes on: nothing of the victim's was put out of use.
    attack.world.write(VICTIM, conversation, "still me");
    attack.world.run(20_000);
    assert!(
        attack
            .world
            .texts(OWNER, conversation)
            .contains(&"still me".into())
    );
}

/// Fails if a bundle is checked by another key than that of the card.
#[test]
fn nothing_is_written_to_keys_that_the_contact_did_not_sign() {
    let mut attack = Attack::new();
    let forged = attack.bundles();
    let mut fresh = World::new(2);
    let link = attack.victim.link();
    let (_, conversation) = fresh.add_contact(OWNER, &link);
    fresh.write(OWNER, conversation, "only for the victim");
    let mallory = fresh.neighbour(OWNER);
    for envelope in forged {
        fresh.plant(mallory, envelope);
    }
    fresh.run(60_000);
    let state = fresh.delivery(OWNER, conversation, "only for the victim");
    assert_eq!(state, Delivery::Waiting);
    assert!(!fresh.contacts(OWNER)[0].connected);
    // The victim's own are taken.
    let prekey = DayPrekey::generate(fresh.now(OWNER).wall.day(), &mut attack.rng);
    let now = fresh.now(OWNER).wall;
    let true_one = attack.victim.bundle(&prekey, &mut attack.rng, now);
    let neighbour = fresh.neighbour(OWNER);
    fresh.plant(neighbour, true_one);
    let before = fresh.held(OWNER);
    fresh.run(60_000);
    assert_eq!(fresh.held(OWNER), before + 1, "the first message leaves");
}

/// Who has a true card of their own in the victim's name is somebody else. Fails if a
/// contact is found by name.
#[test]
fn a_true_first_message_in_the_victims_name_is_a_row_of_its_own() {
    let mut attack = Attack::new();
    attack.world.befriend(VICTIM, OWNER);
    let before = attack.rows();
    let owner = Stranger::of_node(1, "person 1").card;
    let bundle = attack.world.overheard_bundle(&owner);
    let now = attack.world.now(OWNER).wall;
    let data = attack.data();
    let knock = attack
        .mallory
        .knock(&owner, &bundle, now, &mut attack.rng, &data);
    attack.bring(vec![knock.1]);
    let rows = attack.rows();
    assert_eq!((before.len(), rows.len()), (1, 2));
    for (contact, row) in &rows {
        match before.get(contact) {
            Some(kept) => assert_eq!(keys(row), keys(kept)),
            None => assert_eq!(
                (row.standing, row.trust),
                (Standing::Asking, Trust::Unverified)
            ),
        }
    }
}

/// The victim's identity key with another card: what a thief of the whole laptop, or the
/// victim itself after a change, may send. The card that the owner was given stays. Fails
/// if a first message of a contact writes its card over the stored one.
#[test]
fn another_card_of_the_same_keys_in_a_first_message_is_not_kept() {
    let mut attack = Attack::new();
    attack.world.befriend(VICTIM, OWNER);
    let theirs = attack.world.contacts(OWNER)[0].contact;
    let before = keys(&attack.rows()[&theirs]);
    let owner = Stranger::of_node(1, "person 1").card;
    let bundle = attack.world.overheard_bundle(&owner);
    let now = attack.world.now(OWNER).wall;
    let data = attack.data();
    let mut other = Stranger::of_node(0, "person 0");
    other.card.card_secret = [0x66; 32];
    let knock = other.knock(&owner, &bundle, now, &mut attack.rng, &data);
    attack.bring(vec![knock.1]);
    assert!(attack.world.contacts(OWNER)[0].restarted, "it came in");
    assert_eq!(keys(&attack.rows()[&theirs]), before);
}
