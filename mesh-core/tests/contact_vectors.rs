//! Replays the vectors of first contact, which `testdata/vectors/make_contact.py`
//! writes from the protocol pages alone, in both directions: what A makes must be the
//! same bytes, and B must open them.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a vector that cannot be read fails its test"
)]

use std::collections::BTreeMap;
use std::path::Path;

use mesh_core::crypto::bundle::{CardDay, bundle, open_bundle, seal_bundle};
use mesh_core::crypto::identity::{CARD_BYTES, Card, Identity};
use mesh_core::crypto::knock::{Arrival, Knock, PrekeySecret, RecoverySecret, Target, start};
use mesh_core::crypto::prekeys::{DayPrekey, OneTimePrekey, RecoveryPrekey};
use mesh_core::crypto::secret::Secret;
use mesh_core::crypto::verify::{
    ContactCode, NearbyAnswer, NearbyOffer, Sas, SasAnswer, SasOffer, VerifyKey, card_link,
    contact_code, parse_card_link, safety_number,
};
use mesh_core::types::{Day, Wall};
use rand_core::{TryCryptoRng, TryRng};

/// One file: `key: value` lines, the values hexadecimal unless read as text.
struct Vector(BTreeMap<String, String>);

impl Vector {
    fn load(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vectors");
        let text = std::fs::read_to_string(folder.join(name).with_extension("txt")).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let fields = lines.map(|line| line.split_once(": ").unwrap());
        Self(fields.map(|(k, v)| (k.into(), v.into())).collect())
    }

    fn text(&self, key: &str) -> &str {
        &self.0[key]
    }

    fn bytes(&self, key: &str) -> Vec<u8> {
        let digits = self.text(key).as_bytes().chunks(2);
        digits
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    fn array<const N: usize>(&self, key: &str) -> [u8; N] {
        self.bytes(key).try_into().unwrap()
    }

    fn secret<const N: usize>(&self, key: &str) -> Secret<N> {
        Secret::take(&mut self.array(key))
    }
}

/// The n-th draw is all bytes n.
struct Drawn(u8);

impl TryRng for Drawn {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        panic!("first contact draws bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        panic!("first contact draws bytes")
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Self::Error> {
        self.0 += 1;
        into.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Drawn {}

struct Person {
    identity: Identity,
    card: Card,
    bytes: [u8; CARD_BYTES],
}

/// Both people, and the prekeys of B.
struct World {
    vector: Vector,
    a: Person,
    b: Person,
    day: DayPrekey,
    once: OneTimePrekey,
    recovery: RecoveryPrekey,
}

fn world() -> World {
    let vector = Vector::load("contact");
    let person = |who: &str| {
        let identity = Identity::from_seed(&vector.secret(&format!("seed_{who}")));
        let secret = vector.array(&format!("card_secret_{who}"));
        let name = vector.text(&format!("name_{who}"));
        let card = identity.card(secret, name).unwrap();
        let bytes = identity.encode_card(&card).try_into().unwrap();
        Person {
            identity,
            card,
            bytes,
        }
    };
    World {
        a: person("a"),
        b: person("b"),
        day: DayPrekey::decode(&vector.bytes("day_prekey")).unwrap(),
        once: OneTimePrekey::decode(&vector.bytes("one_time_prekey")).unwrap(),
        recovery: RecoveryPrekey::from_row(vector.secret("recovery_prekey")),
        vector,
    }
}

fn words(sas: &Sas) -> String {
    sas.emoji().map(|emoji| emoji.word).join(" ")
}

#[test]
fn links_codes_and_safety_numbers_are_those_of_the_second_implementation() {
    let it = world();
    let link = it.vector.text("link_a");
    assert_eq!(card_link(&it.a.bytes), link);
    let parsed = parse_card_link(link).map(|(card, _)| card);
    assert_eq!(parsed, Ok(it.a.card.clone()));
    let text = contact_code(&it.b.identity, &it.b.card, &it.once, it.day.kem_id());
    assert_eq!(text, it.vector.text("code_b"));
    let code = ContactCode::parse(&text).unwrap();
    assert_eq!(
        (code.card, code.prekey),
        (it.b.card.clone(), it.once.public())
    );
    let number = safety_number(&it.b.card, &it.a.card);
    assert_eq!(number, it.vector.text("safety_number"));
}

#[test]
fn the_bundle_is_that_of_the_second_implementation() {
    let it = world();
    let made = bundle(&it.b.identity, &it.day);
    assert_eq!(made.encode(), it.vector.bytes("bundle"));
    let header = it.vector.array("header");
    let rng = &mut Drawn(0);
    let envelope = seal_bundle(&it.b.identity, &it.b.card, &it.day, header, rng);
    assert_eq!(envelope, it.vector.bytes("bundle_envelope"));
    let day = CardDay::new(&it.b.card, it.day.day());
    assert_eq!(open_bundle(&it.b.card, &day, &envelope), Ok(made));
    assert_eq!(day.knock_tag(63), it.vector.array("knock_tag_slot_63"));
}

fn replay(it: &World, name: &str, target: Target<'_>, secret: PrekeySecret<'_>) {
    let vector = Vector::load(name);
    let header = it.vector.array("header");
    let day = CardDay::new(&it.b.card, Day(it.vector.text("day").parse().unwrap()));
    let rng = &mut Drawn(0);
    let mut made = start(&it.a.identity, &it.a.card, &it.b.card, target, rng).unwrap();
    assert_eq!(made.knock.encode(), vector.bytes("head"), "{name}");
    let text = "Où est l’eau ?".as_bytes();
    let sealed = made.knock.seal(&mut made.session, &day, header, text, rng);
    assert_eq!(sealed.unwrap().envelope, vector.bytes("envelope"), "{name}");
    let arrival = Arrival::open(&day, &vector.bytes("envelope")).unwrap();
    let stored = Knock::decode(&vector.bytes("head")).unwrap();
    assert_eq!(arrival.ephemeral_id(), stored.ephemeral_id());
    let opened = arrival.answer(&it.b.identity, secret, Wall(0)).unwrap();
    assert_eq!((&opened.card, opened.data.as_slice()), (&it.a.card, text));
    assert_eq!(opened.agreed, made.agreed);
    assert_eq!(opened.agreed.session_id, vector.array("session_id"));
    let verify = &opened.agreed.verify;
    assert!(*verify == VerifyKey::from_row(vector.secret("verify")));
    assert_eq!(verify.return_code(), vector.text("return_code"));
    let recovery = RecoverySecret::from_row(Secret::take(&mut [0x66; 32]));
    let proof = recovery.proof(&opened.agreed.session_id);
    assert_eq!(proof, vector.array("recovery_proof"));
}

#[test]
fn knocks_of_every_kind_are_those_of_the_second_implementation() {
    let it = world();
    let bundle = bundle(&it.b.identity, &it.day);
    let code = &ContactCode::parse(it.vector.text("code_b")).unwrap();
    let once = PrekeySecret::OneTime {
        prekey: &it.once,
        day: Some(&it.day),
    };
    let kem = Some(&*bundle.kem);
    let day = PrekeySecret::Day(&it.day);
    replay(&it, "knock_bundle", Target::Bundle(&bundle), day);
    replay(&it, "knock_code", Target::Code { code, kem }, once);
    let kem = None;
    replay(&it, "knock_code_classic", Target::Code { code, kem }, once);
    let recovery = PrekeySecret::Recovery {
        prekey: &it.recovery,
        contact: &it.a.card.id(),
    };
    let target = Target::Recovery(it.recovery.public());
    replay(&it, "knock_recovery", target, recovery);
}

#[test]
fn emoji_are_those_of_the_second_implementation() {
    let it = world();
    let key = VerifyKey::from_row(Vector::load("knock_bundle").secret("verify"));
    let offer = SasOffer::from_row(it.vector.secret("sas_r_a"));
    assert_eq!(offer.commitment(), it.vector.array("sas_commitment"));
    let row = [offer.commitment(), it.vector.array("sas_r_b")].concat();
    let answer = SasAnswer::from_row(Secret::take(&mut row.try_into().unwrap()));
    let (revealed, shown) = offer.answered(answer.ours()).reveal();
    assert_eq!(words(&shown.sas(&key)), it.vector.text("sas_words"));
    let at_b = answer.check(revealed, &key).unwrap();
    assert_eq!(words(&at_b), it.vector.text("sas_words"));
}

#[test]
fn an_exchange_in_radio_range_is_that_of_the_second_implementation() {
    let it = world();
    let offer = NearbyOffer::new(&it.a.bytes, it.day.public(), &mut Drawn(0));
    assert_eq!(offer.commitment(), it.vector.array("nearby_commitment"));
    let prekey = it.once.public();
    let answer = NearbyAnswer::new(offer.commitment(), &it.b.bytes, prekey, &mut Drawn(0));
    let reveal = offer.answered(&answer.answer()).unwrap();
    let (opening, at_a) = reveal.reveal();
    assert_eq!(words(&at_a.sas), it.vector.text("nearby_words"));
    let at_b = answer.check(&opening).unwrap();
    assert_eq!(words(&at_b.sas), it.vector.text("nearby_words"));
}
