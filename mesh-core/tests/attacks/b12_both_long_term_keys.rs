//! B12 · Briar, issue 3: what two people agreed on could be computed again from both
//! long-term keys, so whoever recorded a conversation and later got both laptops read it.
//! And whoever has one laptop must not be able to write to its owner in others' names.
//!
//! The long-term keys of both people and both cards are given to the attacker, with
//! everything that was recorded. Every combination of all agreements that these keys and
//! the recorded ones allow is put into the formulas; none opens anything. The argument
//! behind it: SK takes in DH3, of two keys that were drawn for the day and for the knock,
//! and the secret of X-Wing.

use mesh_core::crypto::bundle::{Bundle, CardDay, bundle};
use mesh_core::crypto::kem::{KEM_CIPHERTEXT_BYTES, KemSecret};
use mesh_core::crypto::knock::{Arrival, PrekeySecret};
use mesh_core::crypto::prekeys::DayPrekey;
use mesh_core::crypto::secret::Secret;
use mesh_core::testing::rng;
use mesh_core::types::Day;
use mesh_core::wire::envelope::{Class, Envelope};

use crate::by_hand::{self, CLEAR_BYTES, Key, Knock, SENDER_BYTES, agree};
use crate::people::{Stranger, header};
use crate::world::START;

/// Bob, his keys of the day, and what went by.
struct Recorded {
    ana: Stranger,
    bob: Stranger,
    prekey: DayPrekey,
    bundle: Bundle,
    knock: Envelope,
    answer: Vec<u8>,
}

fn today() -> Day {
    START.day()
}

fn recorded() -> Recorded {
    let rng = &mut rng(12);
    let (ana, bob) = (Stranger::new(1, "Ana"), Stranger::new(2, "Bob"));
    let prekey = DayPrekey::generate(today(), rng);
    let bundle = bundle(&bob.identity, &prekey);
    let (_, knock) = ana.knock(&bob.card, &bundle, START, rng, b"meet me at six");
    let day = CardDay::new(&bob.card, today());
    let arrival = Arrival::open(&day, knock.as_bytes()).unwrap();
    let secret = PrekeySecret::Day(&prekey);
    let mut opened = arrival.answer(&bob.identity, secret, START).unwrap();
    let header = header(Class::Text, START).encode();
    let answer = opened.session.seal(rng, header, 480, b"I will").unwrap();
    Recorded {
        ana,
        bob,
        prekey,
        bundle,
        knock,
        answer: answer.envelope,
    }
}

/// The recorded knock, taken apart by somebody who has the card.
struct Parts {
    ephemeral: Key,
    ciphertext: [u8; KEM_CIPHERTEXT_BYTES],
    said: Key,
    sender: Vec<u8>,
    /// Tags of the first message of either side.
    tags: [[u8; 16]; 2],
}

impl Parts {
    fn of(recorded: &Recorded) -> Self {
        let card = &recorded.bob.card;
        let plain = by_hand::unwrap(card, today(), recorded.knock.as_bytes()).unwrap();
        let (before, rest) = plain.split_at(CLEAR_BYTES + KEM_CIPHERTEXT_BYTES);
        let (sender, message) = rest.split_at(SENDER_BYTES);
        let keys = by_hand::hash(&[&recorded.bundle.encode()]);
        Self {
            ephemeral: before[9..CLEAR_BYTES].try_into().unwrap(),
            ciphertext: before[CLEAR_BYTES..].try_into().unwrap(),
            said: by_hand::hash(&[before, &card.id(), &keys]),
            sender: sender.to_vec(),
            tags: [&message[16..32], &recorded.answer[16..32]].map(|tag| tag.try_into().unwrap()),
        }
    }

    /// Whether these agreements, in this order, show the sender; and whether they lead to
    /// the session.
    fn opens(&self, agreed: &[&[u8]]) -> [bool; 2] {
        let key = by_hand::sender_key(&self.said, agreed);
        let shows = by_hand::open(&key, &self.sender, &self.said).is_some();
        let secret = by_hand::session_secret(&self.said, &self.sender, agreed);
        let tags = by_hand::first_tags(&secret);
        let leads = tags.iter().any(|tag| self.tags.contains(tag));
        [shows, leads]
    }
}

/// All that can be agreed on with the long-term keys alone and what was said in clear.
fn without_ephemeral_secrets(recorded: &Recorded, parts: &Parts) -> Vec<Key> {
    let secrets = [&recorded.ana, &recorded.bob].map(|who| by_hand::identity_secret(&who.seed));
    let publics = [
        recorded.ana.card.dh_key,
        recorded.bob.card.dh_key,
        recorded.bundle.prekey,
        parts.ephemeral,
    ];
    let mut agreed: Vec<Key> = secrets
        .iter()
        .flat_map(|secret| publics.map(|public| agree(secret, &public)))
        .chain([[0; 32]])
        .collect();
    agreed.sort_unstable();
    agreed.dedup();
    agreed
}

/// Every list of up to `most` of them.
fn lists(of: &[Key], most: usize) -> Vec<Vec<&[u8]>> {
    let mut lists: Vec<Vec<&[u8]>> = vec![Vec::new()];
    let mut from = 0;
    for _ in 0..most {
        let end = lists.len();
        for at in from..end {
            for key in of {
                let mut longer = lists[at].clone();
                longer.push(key);
                lists.push(longer);
            }
        }
        from = end;
    }
    lists
}

/// Fails if the secret of the prekey or that of X-Wing is left out of either formula, so
/// that long-term keys are enough.
#[test]
fn both_long_term_keys_open_no_recorded_first_message_and_no_answer() {
    let recorded = recorded();
    let parts = Parts::of(&recorded);
    let agreed = without_ephemeral_secrets(&recorded, &parts);
    assert_eq!(agreed.len(), 8, "IKd × IKd is one for both");
    let mut tried = 0;
    for list in lists(&agreed, 4) {
        assert_eq!(parts.opens(&list), [false, false], "{} keys", list.len());
        tried += 1;
    }
    println!("{tried} combinations");
}

/// Seven of eight parts of the key are not enough: with the secret of X-Wing but not that
/// of the prekey, and the reverse. Fails if one of the two is left out.
#[test]
fn neither_half_of_the_days_keys_opens_it_alone_and_both_do() {
    let recorded = recorded();
    let parts = Parts::of(&recorded);
    let row = recorded.prekey.encode();
    let (spk, seed) = row.expose()[4..].split_at(32);
    let spk: Key = spk.try_into().unwrap();
    let kem = KemSecret::from_seed(&Secret::take(&mut seed.try_into().unwrap()));
    let shared = kem.decapsulate(&parts.ciphertext).unwrap();
    let dh1 = agree(
        &by_hand::identity_secret(&recorded.ana.seed),
        &recorded.bundle.prekey,
    );
    let dh2 = agree(
        &by_hand::identity_secret(&recorded.bob.seed),
        &parts.ephemeral,
    );
    let dh3 = agree(&spk, &parts.ephemeral);
    let all: [&[u8]; 4] = [&dh1, &dh2, &dh3, shared.expose()];
    assert_eq!(parts.opens(&all[1..]), [true, false]);
    assert_eq!(parts.opens(&all), [false, true]);
    let known = without_ephemeral_secrets(&recorded, &parts);
    for half in [&dh3, shared.expose()] {
        let known = [known.clone(), vec![*half]].concat();
        for list in lists(&known, 3) {
            assert_eq!(parts.opens(&list), [false, false]);
        }
        for guess in &known {
            let rests: [[&[u8]; 4]; 2] = [[&dh1, &dh2, half, guess], [&dh1, &dh2, guess, half]];
            for list in rests {
                assert_eq!(parts.opens(&list), [false, false]);
                assert_eq!(parts.opens(&list[1..]), [false, false]);
            }
        }
    }
}

/// Key compromise impersonation: with Bob's long-term keys nobody writes to Bob as Ana.
/// Fails if the agreement that needs Ana's key is left out of SK.
#[test]
fn with_bobs_long_term_keys_nobody_writes_to_bob_as_ana() {
    let recorded = recorded();
    let Recorded {
        ana, bob, bundle, ..
    } = &recorded;
    let rng = &mut rng(13);
    let ephemeral = Knock::draw(rng);
    let own = by_hand::identity_secret(&bob.seed);
    let publics = [
        ana.card.dh_key,
        bob.card.dh_key,
        bundle.prekey,
        by_hand::public_key(&ephemeral),
    ];
    let mut in_place: Vec<Vec<u8>> = [own, ephemeral]
        .iter()
        .flat_map(|secret| publics.map(|public| agree(secret, &public).to_vec()))
        .chain([vec![0; 32], Vec::new()])
        .collect();
    let needed = agree(&by_hand::identity_secret(&ana.seed), &bundle.prekey);
    assert!(!in_place.contains(&needed.to_vec()));
    in_place.push(needed.to_vec());
    let day = CardDay::new(&bob.card, today());
    let mut taken = Vec::new();
    for dh1 in in_place {
        let knock = Knock {
            kind: 1,
            to: &bob.card,
            bundle,
            card: &ana.identity.encode_card(&ana.card),
            card_id: ana.card.id(),
            ephemeral,
            ephemeral_public: None,
            dh1,
        };
        let header = header(Class::Text, START).encode();
        let envelope = knock.envelope(today(), header, b"it is me, Ana", rng);
        let arrival = Arrival::open(&day, envelope.as_bytes()).unwrap();
        let secret = PrekeySecret::Day(&recorded.prekey);
        taken.push(arrival.answer(&bob.identity, secret, START).is_ok());
    }
    let (last, others) = taken.split_last().unwrap();
    assert!(*last, "with Ana's own key it opens");
    assert!(others.iter().all(|taken| !taken), "{others:?}");
}
